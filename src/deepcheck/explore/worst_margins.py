"""The exact worst margin that each feature alone can cause over its range, along one path or over all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from deepcheck.attacks.peaks import Peaks, at_inputs, not_below
from deepcheck.attacks.search import Search
from deepcheck.attacks.worst_along import highest_along
from deepcheck.domains import Features, Pixels
from deepcheck.explore.worst_lines import highest_on_lines
from deepcheck.explore.worst_unbounded import highest_unbounded
from deepcheck.program import Array
from deepcheck.symbolic import Run


@dataclass(frozen=True)
class WorstMargins:
    """What each feature alone can do to each input of a batch.

    The *margin* is ``max over j != label of f[j] - f[label]``: above 0 the label has changed.

    Attributes:
        margins: The supremum of the margin over a feature's range, all else unchanged, ``(n, features)``; infinite
            where it grows without end; NaN where nothing is certain: the network overflows float64 there or on the way,
            its path depends on rounding in a network too large for exact arithmetic, or it bends very far away.
        errors: The true supremum lies within so much of it.
        labels: The label that leads there; -1 where the margin is NaN.
        values: The pixel value at which it is attained; NaN where it is not attained.
        current: The margin at the input itself, ``(n,)``.
        current_errors: How far that may be off.
        own_labels: The label of each input.
        paths: "same": over the part of the range on the input's own path (closed). "all": over the whole range.
        domain: The range.
        target: The only label that counts, or None for any other label.
        shape: The features' shape.
        model: The model's name, and the SHA-256 of its file.
    """

    margins: Array
    errors: Array
    labels: Array
    values: Array
    current: Array
    current_errors: Array
    own_labels: Array
    paths: str
    domain: Pixels
    target: int | None
    shape: tuple[int, ...]
    model: tuple[str, str | None]

    arithmetic = "rounded outward"

    def __len__(self) -> int:
        return len(self.margins)

    @cached_property
    def attackable(self) -> Array:
        """Which features certainly change the label by themselves, ``(n, features)``."""
        return np.asarray(self.margins > self.errors)

    @cached_property
    def undecided(self) -> Array:
        """Of which features that is not known: the margin is NaN, or 0 up to its error (a tie, or nearly one)."""
        return np.isnan(self.margins) | (np.abs(self.margins) <= self.errors)

    @property
    def gains(self) -> Array:
        """How much more than the input itself each feature can cause, never below 0, ``(n, features)``."""
        return np.asarray(np.maximum(self.margins - self.current[:, None], 0.0))

    @property
    def scope(self) -> dict[str, object]:
        """What was asked, in words and numbers for JSON."""
        lower, upper = (None, None) if self.domain.unbounded else self.domain.bounds
        return {
            "model": {"name": self.model[0], "sha256": self.model[1]},
            "paths": self.paths,
            "domain": {"lower": lower, "upper": upper, "levels": self.domain.levels},
            "features": int(self.margins.shape[1]),
            "target": self.target,
            "arithmetic": self.arithmetic,
        }

    def take(self, items: Array) -> "WorstMargins":
        """Some of the inputs."""
        per_item = ("margins", "errors", "labels", "values", "current", "current_errors", "own_labels")
        return replace(self, **{name: getattr(self, name)[items] for name in per_item})

    def __str__(self) -> str:
        count, known = len(self), ~np.isnan(self.margins).any(axis=1)
        some = self.attackable.any(axis=1)
        paths = "all paths" if self.paths == "all" else "their own paths"
        return (
            f"worst margins of {self.margins.shape[1]} features of {count} inputs over {paths}, "
            f"{self.domain.describe()}, {self.arithmetic}: {int(some.sum())} of {count} inputs have an attackable "
            f"feature; {int((~known).sum())} open"
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.explore.markup import worst_margins_html

        return worst_margins_html(self)


def find_worst_margins(
    query: Search,
    x: Array,
    outcome: Run,
    features: Features,
    pixels: Pixels,
    paths: str,
    progress: Callable[[float], None] | None = None,
) -> WorstMargins:
    """The worst margin of every feature of a batch; each feature owns one element.

    Args:
        query: Program, domain and target, and the memory that columns may take.
        x: What the model receives, ``(items, *input_shape)``.
        outcome: The run of it.
        features: The features.
        pixels: The domain as asked.
        paths: "same" or "all".
        progress: Called with how many inputs are done.
    """
    program, box = query.program, query.box
    sure = ~(outcome.overflow | outcome.unsettled)
    flat = x.reshape(len(x), -1).astype(np.float64)
    margin, error, label = at_inputs(program, outcome, query.target)
    wide = np.ones((1, program.size))
    own = Peaks(margin[:, None] * wide, error[:, None] * wide, label[:, None] * wide.astype(np.int64), flat)
    asked = sure[:, None] & (box.lower < box.upper)
    done = _Progress(progress)
    if paths == "same":
        peaks = highest_along(query, x, outcome, asked, advance=done.more)
    elif box.bounded:
        peaks = highest_on_lines(query, x, outcome, asked, advance=done.so_far)
    else:
        peaks = highest_unbounded(query, x, outcome, asked, advance=done.so_far)
    fixed = np.nonzero(sure[:, None] & ~(box.lower < box.upper))
    peaks.put(fixed, own.take(fixed))
    peaks = not_below(peaks, own)
    values = program.preprocessing.pixels(peaks.value.reshape(x.shape)).reshape(flat.shape)
    if progress is not None:
        progress(float(len(x)))
    order = features.elements
    missing = np.where(sure, 0.0, np.nan)
    return WorstMargins(
        peaks.margin[:, order], peaks.error[:, order], peaks.label[:, order], values[:, order], margin + missing,
        error + missing, outcome.labels, paths, pixels, query.target, features.shape,
        (program.origin.name, program.origin.sha256),
    )  # fmt: skip


class _Progress:
    """Says how many inputs are done, from chunks or sums."""

    def __init__(self, say: Callable[[float], None] | None) -> None:
        self.say, self.done = say, 0.0

    def more(self, items: float) -> None:
        """So many more."""
        self.so_far(self.done + items)

    def so_far(self, items: float) -> None:
        """So many in all."""
        self.done = items
        if self.say is not None:
            self.say(items)
