"""Positions as arithmetic: digits of axes, and integers that are affine in them.

An axis is read as a number in mixed radix, ``o = d0 * r1 * r2 + d1 * r2 + d2``; in the digits, a convolution, a pool, a
transpose, a slice, a repeat are sums of multiples, and padding is where a coordinate leaves the source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.program import Array
from deepcheck.program.maps import ABSENT


@dataclass(frozen=True, eq=False)
class Read:
    """Source positions over some axes.

    Attributes:
        index: Flat source positions; an axis of length 1 does not matter; ``ABSENT`` in the padding.
        source: The shape of what is read.
        by_axis: Give one coordinate per axis of the source, even where nothing is absent.
    """

    index: Array
    source: tuple[int, ...]
    by_axis: bool = False

    def coordinates(self) -> tuple[Array, tuple[int, ...]]:
        """Coordinates ``(a, *axes)`` and how long the source is along each: flat where that is enough."""
        if not self.by_axis and not (self.index == ABSENT).any():
            return self.index[None], (prod(self.source),)
        return np.stack(np.unravel_index(np.maximum(self.index, 0), self.source)), self.source


@dataclass(frozen=True, eq=False)
class Linear:
    """Integers, affine in digits: ``constants (a,)`` and ``coefficients (a, digits)``."""

    constants: Array
    coefficients: Array

    def split(self, digits: "Sequence[Digit]") -> "Linear":
        """The same over digits, where this is over the axes that they make up."""
        axes = [digit.axis for digit in digits]
        strides = np.array([digit.stride for digit in digits], dtype=np.int64)
        return Linear(self.constants, self.coefficients[:, axes] * strides)


@dataclass(frozen=True)
class Digit:
    """One loop: part of an axis."""

    axis: int
    length: int
    stride: int


@dataclass(frozen=True, eq=False)
class Fitted:
    """A read as arithmetic.

    Attributes:
        forms: One coordinate per axis of ``source``.
        source: How long the source is along each coordinate.
        below: Can a coordinate be negative, ``(a,)``?
        above: Can a coordinate reach the source's length, ``(a,)``?
    """

    forms: Linear
    source: tuple[int, ...]
    below: tuple[bool, ...]
    above: tuple[bool, ...]

    @property
    def tested(self) -> bool:
        """Is anything read outside the source, where it is absent?"""
        return any(self.below) or any(self.above)

    def split(self, digits: Sequence[Digit]) -> "Fitted":
        """The same over digits."""
        return Fitted(self.forms.split(digits), self.source, self.below, self.above)


def row_major(shape: tuple[int, ...]) -> Array:
    """How far apart neighbours along each axis lie in memory."""
    return np.array([prod(shape[axis + 1 :]) for axis in range(len(shape))], dtype=np.int64)


def broadcast_strides(shape: tuple[int, ...], full: tuple[int, ...]) -> Array:
    """The same for an array that is repeated to a larger shape; 0 along repeated axes."""
    padded = (1,) * (len(full) - len(shape)) + tuple(shape)
    return np.where(np.array(padded, dtype=np.int64) == 1, 0, row_major(padded))


def merged(digits: Sequence[Digit], forms: Sequence[Linear], first: int, last: int) -> list[tuple[int, ...]]:
    """Which neighbours among ``digits[first:last]`` all forms read as one number: groups, outer to inner."""
    rows = np.concatenate([form.coefficients for form in forms])
    groups: list[tuple[int, ...]] = []
    for digit in range(first, last):
        joins = groups and (rows[:, digit - 1] == rows[:, digit] * digits[digit].length).all()
        groups = [*groups[:-1], (*groups[-1], digit)] if joins else [*groups, (digit,)]
    return groups
