"""Arithmetic found in index maps: which loops and which sums of multiples give every source position.

What is found is compared with the whole map before it is used, so it is right or it is not used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod

import numpy as np

from deepcheck.program import Array
from deepcheck.program.maps import ABSENT
from deepcheck.source.layout import Digit, Fitted, Linear, Read

MOST_GUESSED, MOST_KERNELS = 2, 32


@dataclass(frozen=True, eq=False)
class Layout:
    """Digits, outer to inner, and each read as arithmetic in them."""

    digits: tuple[Digit, ...]
    reads: tuple[Fitted, ...]


@dataclass(frozen=True, eq=False)
class _Steps:
    """How all coordinates change from place to place of an axis, ``(a, places - 1)``, and where that is known."""

    steps: Array
    known: Array


def detect(lengths: tuple[int, ...], reads: Sequence[Read]) -> Layout | None:
    """Find arithmetic for several reads over the same axes, or None where there is none."""
    found = _detect(lengths, reads)
    if found is not None or not lengths or not any((read.index == ABSENT).any() for read in reads):
        return found
    for parts in islice(_kernels(lengths[-1], reads[-1].source), MOST_KERNELS):
        finer = [Read(_split_last(read.index, parts), read.source, read.by_axis) for read in reads]
        found = _detect((*lengths[:-1], *parts), finer)
        if found is not None:
            return Layout(tuple(_joined(digit, len(lengths) - 1, parts) for digit in found.digits), found.reads)
    return None


def _kernels(length: int, source: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """How an axis may be channels times a kernel, where padding hides the steps; likely ones first."""
    divisors = [d for d in range(1, length + 1) if length % d == 0]
    for count in sorted(divisors, key=lambda d: (d not in source, -d)):
        taps = length // count
        for rows in sorted((d for d in divisors if taps % d == 0), key=lambda d: abs(d - taps // d)):
            yield count, rows, taps // rows


def _split_last(index: Array, parts: tuple[int, ...]) -> Array:
    return index.reshape(*index.shape[:-1], *((1,) * len(parts) if index.shape[-1] == 1 else parts))


def _joined(digit: Digit, last: int, parts: tuple[int, ...]) -> Digit:
    """A digit of the parts of the last axis, as one of the axis itself."""
    if digit.axis < last:
        return digit
    return Digit(last, digit.length, digit.stride * prod(parts[digit.axis - last + 1 :]))


def _detect(lengths: tuple[int, ...], reads: Sequence[Read]) -> Layout | None:
    digits: list[Digit] = []
    rows_of_all = sum(len(read.coordinates()[1]) for read in reads)
    pieces = [_Steps(np.zeros((rows_of_all, 0), dtype=np.int64), np.zeros((rows_of_all, 0), dtype=bool))]
    for axis, length in enumerate(lengths):
        steps = _steps(axis, length, reads)
        found = None if steps is None else _radices(axis, length, steps)
        if found is None:
            return None
        digits += found[0]
        pieces.append(found[1])
    coefficients = np.concatenate([piece.steps for piece in pieces], axis=1)
    known = np.concatenate([piece.known for piece in pieces], axis=1)
    fitted, row = [], 0
    for read in reads:
        coordinates, source = read.coordinates()
        rows = slice(row, row + len(source))
        row += len(source)
        tried = (_fit(read, coordinates, source, c, digits) for c in _guesses(coefficients[rows], known[rows]))
        one = next((fit for fit in tried if fit is not None), None)
        if one is None:
            return None
        fitted.append(one)
    return Layout(tuple(digits), tuple(fitted))


def _steps(axis: int, length: int, reads: Sequence[Read]) -> _Steps | None:
    """The steps of all reads along an axis, or None where they depend on other axes."""
    steps, known = [np.zeros((0, length - 1), dtype=np.int64)], [np.zeros((0, length - 1), dtype=bool)]
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
        chosen = np.take_along_axis(change, both.argmax(axis=1)[None, :, None], axis=2)
        if (both & (change != chosen).any(axis=0)).any():
            return None
        steps.append(chosen[..., 0])
        known.append(np.broadcast_to(both.any(axis=1), (len(source), length - 1)))
    return _Steps(np.concatenate(steps), np.concatenate(known))


def _radices(axis: int, length: int, along: _Steps) -> tuple[list[Digit], _Steps] | None:
    """Split an axis where its steps change: the digits, outer first, and how coordinates step along each."""
    digits: list[Digit] = []
    columns: list[Array] = []
    certain: list[Array] = []
    steps, known, stride = along.steps, along.known, 1
    while length > 1:
        some = np.asarray(known.any(axis=1, keepdims=True))
        step = np.where(some, np.take_along_axis(steps, known.argmax(axis=1)[:, None], axis=1), 0)
        other = np.flatnonzero(np.logical_and(known, steps != step).any(axis=0))
        radix = int(other[0]) + 1 if len(other) else length
        if length % radix:
            return None
        digits.append(Digit(axis, radix, stride))
        columns.append(step)
        certain.append(some)
        wraps = np.arange(radix - 1, length - 1, radix)
        steps, known = step * (radix - 1) + steps[:, wraps], known[:, wraps]
        length, stride = length // radix, stride * radix
    nothing = np.zeros((len(along.steps), 0), dtype=np.int64)
    found = _Steps(
        np.concatenate([nothing, *columns[::-1]], axis=1), np.concatenate([nothing > 0, *certain[::-1]], axis=1)
    )
    return digits[::-1], found


def _guesses(coefficients: Array, known: Array) -> Iterator[Array]:
    """The coefficients of a read; where no two neighbours are present, one coordinate may go up by 1."""
    yield coefficients
    unknown = np.flatnonzero(~known.all(axis=0))
    if 0 < len(unknown) <= MOST_GUESSED:
        for rows in product(range(len(coefficients)), repeat=len(unknown)):
            guess = coefficients.copy()
            guess[list(rows), unknown] = 1
            yield guess


def _fit(
    read: Read, coordinates: Array, source: tuple[int, ...], coefficients: Array, digits: Sequence[Digit]
) -> Fitted | None:
    """The read as arithmetic with these coefficients, if that gives the whole map."""
    present = read.index != ABSENT
    if not present.any():
        return None
    flat_place = int(present.argmax())
    place = np.unravel_index(flat_place, present.shape)
    values = [(place[digit.axis] // digit.stride) % digit.length for digit in digits]
    here: Array = coordinates.reshape(len(source), -1)[:, flat_place]
    constants = here - coefficients @ np.array(values, dtype=np.int64)
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
