"""Arithmetic found in index maps: which loops and which sums of multiples give every source position.

An axis is read as a number in mixed radix, ``o = d0 * r1 * r2 + d1 * r2 + d2``; in the digits, a convolution, a pool, a
transpose, a slice, a repeat are sums of multiples, and padding is where a coordinate leaves the source. What is found
is compared with the whole map before it is used, so it is right or it is not used.
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


@dataclass(frozen=True, eq=False)
class Layout:
    """Digits, outer to inner, and each read as arithmetic in them."""

    digits: tuple[Digit, ...]
    reads: tuple[Fitted, ...]


def detect(lengths: tuple[int, ...], reads: Sequence[Read]) -> Layout | None:
    """Find arithmetic for several reads over the same axes, or None where there is none."""
    digits: list[Digit] = []
    pieces: list[Array] = []
    for axis, length in enumerate(lengths):
        steps = _steps(axis, length, reads)
        found = None if steps is None else _radices(axis, length, *steps)
        if found is None:
            return None
        digits += found[0]
        pieces.append(found[1])
    coefficients = np.concatenate(pieces, axis=1)
    fitted, row = [], 0
    for read in reads:
        coordinates, source = read.coordinates()
        rows = coefficients[row : row + len(source)]
        row += len(source)
        one = _fit(read, coordinates, source, rows, digits)
        if one is None:
            return None
        fitted.append(one)
    return Layout(tuple(digits), tuple(fitted))


def _steps(axis: int, length: int, reads: Sequence[Read]) -> tuple[Array, Array] | None:
    """How all coordinates change from one place of an axis to the next ``(a, length - 1)``, and where that is known."""
    steps, known = [], []
    for read in reads:
        coordinates, source = read.coordinates()
        if read.index.shape[axis] == 1:
            steps.append(np.zeros((len(source), length - 1), dtype=np.int64))
            known.append(np.ones((len(source), length - 1), dtype=bool))
            continue
        front = np.moveaxis(coordinates, axis + 1, 1).reshape(len(source), length, -1)
        present = np.moveaxis(read.index != ABSENT, axis, 0).reshape(length, -1)
        both = present[1:] & present[:-1]
        change = np.diff(front, axis=1)
        some = both.any(axis=1)
        chosen = np.take_along_axis(change, both.argmax(axis=1)[None, :, None], axis=2)
        if (both & (change != chosen).any(axis=0)).any():
            return None
        steps.append(chosen[..., 0])
        known.append(np.broadcast_to(some, (len(source), length - 1)))
    if not reads:
        return np.zeros((0, length - 1), dtype=np.int64), np.zeros((0, length - 1), dtype=bool)
    return np.concatenate(steps), np.concatenate(known)


def _radices(axis: int, length: int, steps: Array, known: Array) -> tuple[list[Digit], Array] | None:
    """Split an axis where its steps change: the digits, outer first, and their coefficients ``(a, digits)``."""
    digits, columns, stride = [], [], 1
    while length > 1:
        step = np.take_along_axis(steps, known.argmax(axis=1)[:, None], axis=1) if len(steps) else steps[:, :1]
        step = np.where(known.any(axis=1)[:, None], step, 0) if len(steps) else step
        other = np.asarray(known & (steps != step)).any(axis=0)
        radix = int(other.argmax()) + 1 if other.any() else length
        if length % radix:
            return None
        digits.append(Digit(axis, radix, stride))
        columns.append(step)
        wraps = slice(radix - 1, None, radix)
        steps, known = step * (radix - 1) + steps[:, wraps], known[:, wraps]
        length, stride = length // radix, stride * radix
    ordered = np.concatenate(columns[::-1], axis=1) if columns else np.zeros((len(steps), 0), dtype=np.int64)
    return digits[::-1], ordered


def _fit(
    read: Read, coordinates: Array, source: tuple[int, ...], coefficients: Array, digits: Sequence[Digit]
) -> Fitted | None:
    """The read as arithmetic with these coefficients, if that gives the whole map."""
    present = read.index != ABSENT
    if not present.any():
        return None
    place = tuple(int(at) for at in np.unravel_index(int(present.argmax()), present.shape))
    values = [(place[digit.axis] // digit.stride) % digit.length for digit in digits]
    constants = coordinates[(..., *place)] - coefficients @ np.array(values, dtype=np.int64)
    inside, flat = np.ones((), dtype=bool), np.zeros((), dtype=np.int64)
    below, above = [], []
    for a, length in enumerate(source):
        predicted = _over_axes(read.index.shape, int(constants[a]), coefficients[a], digits)
        below.append(bool(predicted.min() < 0))
        above.append(bool(predicted.max() >= length))
        inside = inside & (predicted >= 0) & (predicted < length)
        flat = flat * length + predicted
    if (inside != present).any() or (present & (flat != read.index)).any():
        return None
    return Fitted(Linear(constants, coefficients), source, tuple(below), tuple(above))


def _over_axes(shape: tuple[int, ...], constant: int, coefficients: Array, digits: Sequence[Digit]) -> Array:
    total = np.full((1,) * len(shape), constant, dtype=np.int64)
    for coefficient, digit in zip(coefficients, digits, strict=True):
        if coefficient:
            line = np.arange(shape[digit.axis]) // digit.stride % digit.length * coefficient
            total = total + line.reshape([-1 if axis == digit.axis else 1 for axis in range(len(shape))])
    return total


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
