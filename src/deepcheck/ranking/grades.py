"""A ranking's grades: for every image, and what they come to."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.ranking.grading import (
    SHARES,
    BinaryGrades,
    binary_grades,
    ndcg,
    random_grades,
    random_ndcg,
    spearman,
)

SCHEMA = 1
NAMES = ("spearman", "ndcg", "average_precision", "first", *(f"top_{round(100 * share)}" for share in SHARES))
HEADINGS = ("Spearman", "NDCG", "average precision", "tries to first", *(f"top {share:.0%}" for share in SHARES))


@dataclass(frozen=True)
class Truth:
    """What rankings are graded against.

    Attributes:
        margins: How much each feature can do, ``(n, features)``.
        gains: How much more than nothing, none below 0.
        attackable: Which features change the label by themselves.
        open: Images about some feature of which that is not known, ``(n,)``.
        scope: What was asked, for JSON.
        words: The same in words.
    """

    margins: Array
    gains: Array
    attackable: Array
    open: Array
    scope: dict[str, Any]
    words: str


@dataclass(frozen=True)
class Grades:
    """A ranking's grades, ``(n,)`` each; NaN where an image has none.

    Attributes:
        spearman: Rank correlation with the worst margins; ties share their mean rank.
        ndcg: Normalised discounted cumulative gain of the whole list; the gain is worst margin less current margin.
        average_precision: Against which features are attackable.
        first: The rank of the first attackable feature, from 1.
        top: The share of the attackable features in the first 5, 10, 30 % of the list, ``(n, 3)``.
        attackable: How many features are attackable.
        open: Of which images the attackable features are not all known: they have no grades against yes or no.
        random: The same grades' expectation over all orders, by name.
        scope: What was asked, for JSON.
        words: The same in words.
    """

    spearman: Array
    ndcg: Array
    average_precision: Array
    first: Array
    top: Array
    attackable: Array
    open: Array
    random: dict[str, Array]
    scope: dict[str, Any]
    words: str

    def __len__(self) -> int:
        return len(self.spearman)

    @property
    def by_name(self) -> dict[str, Array]:
        """Every grade, by the names that JSON has, ``(n,)`` each."""
        columns = (self.spearman, self.ndcg, self.average_precision, self.first, *self.top.T)
        return dict(zip(NAMES, columns, strict=True))

    @property
    def summary(self) -> dict[str, Any]:
        """Mean, median and number of each grade, over the images that have it; and how many images there are."""
        return {
            "images": len(self),
            "with_attackable": int((self.attackable[~self.open] > 0).sum()),
            "open": int(self.open.sum()),
            "grades": {name: _summed(values) for name, values in self.by_name.items()},
            "random": {name: _summed(values) for name, values in self.random.items()},
        }

    def to_json(self) -> dict[str, Any]:
        """Scope, summary, and every image's grades; None where one has none."""
        images = {name: _plain(values) for name, values in self.by_name.items()}
        counts = {"attackable": self.attackable.tolist(), "open": self.open.tolist()}
        return {"schema": SCHEMA, "scope": self.scope, "summary": self.summary, "images": images | counts}

    def __str__(self) -> str:
        summary = self.summary
        lines = [
            f"graded on {summary['images']} images ({summary['with_attackable']} with an attackable feature, "
            f"{summary['open']} open); {self.words}",
            f"{'grade':<20}{'mean':>10}{'median':>10}{'images':>8}{'random order':>14}",
        ]
        for name, heading in zip(NAMES, HEADINGS, strict=True):
            own, other = summary["grades"][name], summary["random"][name]
            cells = [_shown(own["mean"]), _shown(own["median"]), str(own["images"]), _shown(other["mean"])]
            lines.append(f"{heading:<20}{cells[0]:>10}{cells[1]:>10}{cells[2]:>8}{cells[3]:>14}")
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.ranking.markup import grades_html

        return grades_html(self)


def graded(scores: Array, truth: Truth, among: Array | None = None) -> Grades:
    """Grade a ranking.

    Args:
        scores: One score a feature, more important ones higher, ``(n, features)``.
        truth: What it is graded against.
        among: Only these features of each image, ``(n, features)`` booleans, as if there were no others.
    """
    if among is None or among.all():
        number, binary, expected = _columns(scores, truth)
    else:
        number, binary, expected = _image_by_image(scores, truth, among)
    shut = np.where(truth.open, np.nan, 0.0)
    known = {name: values + shut for name, values in _named(binary).items()}
    random = {"spearman": np.where(np.isnan(number[0]), np.nan, 0.0), "ndcg": number[2]}
    random |= {name: values + shut for name, values in _named(expected).items()}
    top = np.stack([known[name] for name in NAMES[-len(SHARES) :]], axis=1)
    return Grades(
        number[0], number[1], known["average_precision"], known["first"], top, binary.positives, truth.open, random,
        truth.scope, truth.words,
    )  # fmt: skip


def _columns(scores: Array, truth: Truth) -> tuple[Array, BinaryGrades, BinaryGrades]:
    """Spearman, NDCG and its expectation, ``(3, n)``; grades against yes or no, and their expectation."""
    number = np.stack([spearman(scores, truth.margins), ndcg(scores, truth.gains), random_ndcg(truth.gains)])
    return number, binary_grades(scores, truth.attackable), random_grades(truth.attackable)


def _image_by_image(scores: Array, truth: Truth, among: Array) -> tuple[Array, BinaryGrades, BinaryGrades]:
    """The same, each image on features of its own."""
    parts = []
    for image, kept in enumerate(among):
        one = slice(image, image + 1)
        margins, gains, attackable = (values[one][:, kept] for values in (truth.margins, truth.gains, truth.attackable))
        mine = Truth(margins, gains, attackable, truth.open[one], truth.scope, truth.words)
        parts.append(_columns(scores[one][:, kept], mine))
    binary = [
        BinaryGrades(*(np.concatenate([getattr(part[which], name) for part in parts]) for name in _FIELDS))
        for which in (1, 2)
    ]
    return np.concatenate([part[0] for part in parts], axis=1), binary[0], binary[1]


_FIELDS = ("positives", "average_precision", "first", "top")


def _named(binary: BinaryGrades) -> dict[str, Array]:
    return dict(zip(NAMES[2:], (binary.average_precision, binary.first, *binary.top.T), strict=True))


def _summed(values: Array) -> dict[str, Any]:
    kept = values[~np.isnan(values)]
    if not len(kept):
        return {"mean": None, "median": None, "images": 0}
    return {"mean": float(kept.mean()), "median": float(np.median(kept)), "images": len(kept)}


def _plain(values: Array) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
