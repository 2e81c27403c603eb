"""An attack in words: which features, from what value to what value, and the new label."""

import unicodedata
from collections.abc import Sequence

import numpy as np

from deepcheck.attacks import Attack, Result

MOST_VALUES = 4
"""So many values of a feature, and of its set so many features, are written out."""


def least_attack(result: Result) -> Attack | None:
    """The attack to show: of those with the fewest features one that replays, with the largest lead."""
    shown = [attack for attack in result.attacks[: result.replays] if attack.witness.replayed]
    return min(shown, key=lambda attack: (len(attack.features), -attack.witness.margin), default=None)


def attack_in_words(attack: Attack, result: Result, names: Sequence[str] = (), label_names: Sequence[str] = ()) -> str:
    """One attack, such as "feature 21 (mean radius) from 0.1 to 0.93 turns the label 7 into 3 (lead 0.4)".

    Args:
        attack: One of the result's attacks.
        result: The result.
        names: Of the features, or none.
        label_names: Of the labels, or none.
    """
    changes = [_change(attack, result, position, names) for position in range(min(len(attack.features), MOST_VALUES))]
    more = len(attack.features) - len(changes)
    changed = ", ".join(changes) + f" and {more} more" * (more > 0)
    verb = "turns" if len(attack.features) == 1 else "turn"
    old, new = (label_in_words(label, label_names) for label in (result.label, attack.witness.label))
    return f"{changed} {verb} the label {old} into {new} (lead {attack.witness.margin:.4g}{_interval(attack)})"


def feature_in_words(feature: int, shape: tuple[int, ...], names: Sequence[str] = ()) -> str:
    """A feature by index, with its name or its place."""
    if names:
        return f"feature {feature} ({one_line(names[feature])})"
    place = ", ".join(str(int(i)) for i in np.unravel_index(feature, shape)) if len(shape) > 1 else ""
    return f"feature {feature} at ({place})" if place else f"feature {feature}"


def label_in_words(label: int, label_names: Sequence[str] = ()) -> str:
    """A label by index, with its name."""
    return f"{label} ({one_line(label_names[label])})" if label < len(label_names) else str(label)


def one_line(text: str) -> str:
    """A text from outside on one line: what is no printable character is a space, and it has at most 80 letters."""
    hidden = ("C", "Z")
    shown = "".join(" " if unicodedata.category(letter)[0] in hidden else letter for letter in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _change(attack: Attack, result: Result, position: int, names: Sequence[str]) -> str:
    features, feature = result.study.features, attack.features[position]
    members = features.members[feature]
    program = result.study.program
    before = program.preprocessing.pixels(result.study.x[result.item][None])[0].ravel()[members]
    after = attack.witness.pixels.ravel()[members]
    named = feature_in_words(feature, features.shape, names)
    return f"{named} from {_numbers(before)} to {_numbers(after)}"


def _numbers(values: "np.ndarray") -> str:
    written = [f"{value:.6g}" for value in values[:MOST_VALUES]]
    if len(values) == 1:
        return written[0]
    return f"({', '.join(written)}{', ...' * (len(values) > MOST_VALUES)})"


def _interval(attack: Attack) -> str:
    """The attacking values of a single feature for the witness's label."""
    pieces = attack.intervals.get(attack.witness.label, ())
    if not pieces:
        return ""
    return "; attacking values " + " ".join(f"[{lower:.6g}, {upper:.6g}]" for lower, upper in pieces)
