"""Grades of many rankings of a few images at once, in both scopes."""

from dataclasses import dataclass
from typing import final

import numpy as np

from deepcheck.program import Array
from deepcheck.ranking.grades import NAMES, Truth, graded
from deepcheck.reproduce.contest.rules import GRADES


@final
@dataclass(frozen=True, eq=False)
class Margins:
    """What is kept of the worst margins of some images.

    Attributes:
        margins: Of every pixel, ``(n, size)``.
        gains: The same less the margin now, none below 0.
        attackable: Which pixels change the label by themselves.
        undecided: Of which of them that is not known.
    """

    margins: Array
    gains: Array
    attackable: Array
    undecided: Array


def grades_of(scores: Array, truth: Margins, scopes: Array) -> Array:
    """Grade every ranking of every image.

    Args:
        scores: ``(rankings, n, size)``.
        truth: Of the same images.
        scopes: Which pixels are ranked, among themselves, ``(scopes, n, size)`` booleans.

    Returns:
        In the order of `contest.rules.GRADES`, with the expectation of a random order as one more ranking:
        ``(n, scopes, rankings + 1, grades)``; NaN where a scope has no pixel, or an image no such grade.
    """
    found = np.full((scores.shape[1], len(scopes), len(scores) + 1, len(GRADES)), np.nan)
    for image in range(scores.shape[1]):
        for scope, among in enumerate(scopes[:, image]):
            if among.any():
                found[image, scope] = _one(scores[:, image, among], truth, image, among)
    return found


def _one(scores: Array, truth: Margins, image: int, among: Array) -> Array:
    """All rankings of one image's pixels in a scope, ``(rankings + 1, grades)``."""

    def repeated(values: Array) -> Array:
        return np.repeat(values[image, among][None], len(scores), axis=0)

    unknown = np.full(len(scores), bool(truth.undecided[image, among].any()))
    known = Truth(repeated(truth.margins), repeated(truth.gains), repeated(truth.attackable), unknown, {}, "")
    grades = graded(scores, known)
    expected = [grades.random[name][0] for name in NAMES]
    return np.concatenate([np.stack([grades.by_name[name] for name in NAMES], axis=1), [expected]])
