"""Domain and goal of one symbolic element as exact half-lines ``value + slope * d``, for every exact solver.

Source: DESIGN.md, section 4.5: strict against lower labels, closed against higher ones.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from deepcheck.domains import Box


class HalfLine(NamedTuple):
    """``value + slope * d >= 0``, or ``> 0`` where strict."""

    value: Fraction
    slope: Fraction
    strict: bool


def domain_rows(box: Box, element: int, origin: Fraction) -> Iterator[HalfLine]:
    """The finite ends of an element's range, around its value."""
    for end, sign in ((box.lower[element], Fraction(1)), (box.upper[element], Fraction(-1))):
        if np.isfinite(end):
            yield HalfLine(sign * (origin - Fraction(float(end))), sign, False)


def goal_rows(scores: Sequence[Fraction], rates: Sequence[Fraction], label: int) -> Iterator[HalfLine]:
    """The lead of a label over every other one.

    Args:
        scores: The label scores at the input.
        rates: Their slopes in the element's displacement.
        label: The label to reach.
    """
    for other in range(len(scores)):
        if other != label:
            yield HalfLine(scores[label] - scores[other], rates[label] - rates[other], other < label)
