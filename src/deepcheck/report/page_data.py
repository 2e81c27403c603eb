"""What the script of a page gets of an exhibit, and what is left out where the page would grow too large."""

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.report.page_answers import Answer
from deepcheck.report.page_facts import Json

LEFT_OUT = (
    "",
    "coefficients are those of the predicted label, the runner-up and the labels that an attack reaches",
    "coefficients are those of the predicted label, the runner-up and the labels that an attack reaches, and which "
    "values of a feature attack is not listed, only whether any does",
)
"""What a page says was left out of its exhibits at each level of thinning."""


def decoded(text: str, shape: tuple[int, ...]) -> Array:
    """The numbers of an array as an exhibit holds it."""
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(shape)


def encoded(values: Array) -> str:
    """An array as an exhibit holds it."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def label_scores(exhibit: Json) -> list[float]:
    """The score of each label; of a single output, its two signs."""
    outputs = [math.nan if value is None else float(value) for value in exhibit["outputs"]]
    if len(outputs) == 1:
        return [-outputs[0], outputs[0]]
    sign = -1.0 if exhibit["model"].get("decision") == "arg min" else 1.0
    return [sign * value for value in outputs]


def runner_up(exhibit: Json) -> int | None:
    """The label that comes second."""
    scores, label = label_scores(exhibit), exhibit["label"]
    others = [other for other in range(len(scores)) if other != label]
    return max(others, key=lambda other: scores[other]) if others else None


def margin(exhibit: Json) -> float | None:
    """How far the label is ahead of the one that comes second."""
    second, scores = runner_up(exhibit), label_scores(exhibit)
    return None if second is None else scores[exhibit["label"]] - scores[second]


def data_of(exhibit: Json, answers: Sequence[Answer], thinned: int) -> dict[str, Any]:
    """The data of an exhibit; `feature_data` says how it is thinned."""
    return text_data(exhibit, answers) if exhibit["kind"] == "text" else feature_data(exhibit, answers, thinned)


def feature_data(exhibit: Json, answers: Sequence[Answer], thinned: int) -> dict[str, Any]:
    """The data of an exhibit about features.

    Args:
        exhibit: The exhibit.
        answers: Its answers.
        thinned: 0 for everything, 1 without coefficients of most labels, 2 without listed attacks too.
    """
    features = exhibit["features"]
    kept = ("kind", "name", "label", "labels", "values", "picture", "bounds", "scores")
    return {
        **{name: exhibit.get(name) for name in kept},
        **{name: features.get(name) for name in ("count", "grid", "names", "elements", "grouping")},
        "label_scores": [_finite(score) for score in label_scores(exhibit)],
        "coefficients": _coefficients(exhibit) if thinned else exhibit["coefficients"],
        "answers": [_answer(answer, at, thinned) for at, answer in enumerate(answers)],
    }


def text_data(exhibit: Json, answers: Sequence[Answer]) -> dict[str, Any]:
    """The data of an exhibit about words: what replaces which stands in the page's tables already."""
    kept = ("kind", "name", "label", "labels", "words", "scores")
    return {name: exhibit[name] for name in kept} | {"answers": [answer.words for answer in answers]}


def _coefficients(exhibit: Json) -> dict[str, Any]:
    """The coefficients of the labels that matter most."""
    held = exhibit["coefficients"]
    labels = [int(label) for label in held["labels"]]
    wanted = {exhibit["label"], runner_up(exhibit)}
    for answer in exhibit["answers"]:
        wanted |= {int(label) for label in answer.get("labels_reached") or {}}
    rows = [row for row, label in enumerate(labels) if label in wanted]
    values = decoded(held["values"], (len(labels), exhibit["features"]["count"]))
    return {"labels": [labels[row] for row in rows], "values": encoded(values[rows])}


def marked_features(found: Json) -> list[int]:
    """The features of attackable sets: of all sets where the answer says so, of those listed where it does not."""
    listed = sorted({int(feature) for features in found.get("attackable") or [] for feature in features})
    return [int(feature) for feature in found.get("members", listed)]


def _answer(answer: Answer, at: int, thinned: int) -> dict[str, Any]:
    found = answer.found
    attacks = [] if thinned > 1 and answer.single else found.get("attacks") or []
    return {
        "at": at,
        "title": answer.title,
        "paths": answer.paths,
        "single": answer.single,
        "verdict": answer.verdict,
        "words": answer.words,
        "reason": found.get("reason") or "",
        "domain": found.get("domain_said") or "",
        "levels": (found.get("domain") or {}).get("levels"),
        "counts": found["counts"],
        "asked": found.get("features_asked"),
        "target": found.get("target"),
        "open": found.get("open"),
        "attackable": marked_features(found),
        "attacks": [_attack(attack) for attack in attacks],
        "runtime": found.get("runtime") or "",
    }


def _attack(attack: Json) -> list[Any]:
    """One attack, without the names of its parts: there may be thousands."""
    witness = attack["witness"]
    return [
        attack["features"],
        attack["labels"],
        attack["intervals"],
        attack["levels"],
        witness["values"][0],
        witness["label"],
        witness["margin"],
        [witness.get(name) for name in ("replayed", "flips", "eight_bit", "beats_rounding")],
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
