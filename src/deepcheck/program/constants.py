"""Constants of a program: what is stored in a model, exactly."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from deepcheck.program.rationals import Array, Rationals, from_floats, from_fractions

BLOCK = 1 << 20
"""Elements that one pass over a large constant takes at a time."""


class Constant:
    """An array of rationals, held as stored floats and, for quotients, a stored divisor.

    The constant *is* ``numerator / denominator`` without rounding: ``1/9`` of an average pool and
    ``1/std`` of a normalisation are exact (DESIGN.md, section 4.1).
    """

    def __init__(self, numerator: Array, denominator: Array | None = None) -> None:
        self.numerator = np.asarray(numerator)
        self.denominator = None if denominator is None else np.asarray(denominator)
        self._floats: dict[np.dtype[np.floating], Array] = {}
        self.memo: dict[object, Any] = {}
        """What an arithmetic made of this constant; it goes when the constant goes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        divisor = () if self.denominator is None else self.denominator.shape
        return tuple(np.broadcast_shapes(self.numerator.shape, divisor))

    @property
    def size(self) -> int:
        """How many stored numbers the constant takes."""
        return int(self.numerator.size)

    def floats(self, dtype: np.dtype[np.floating]) -> Array:
        """The constant in a binary float format, each element rounded at most once."""
        if dtype not in self._floats:
            values = self.numerator
            if self.denominator is not None:
                with np.errstate(over="ignore"):
                    values = values.astype(np.float64) / self.denominator.astype(np.float64)
            # One copy at most, also of a transposed view: weights can be as large as memory allows.
            self._floats[dtype] = np.asarray(values, dtype=dtype, order="C")
        return self._floats[dtype]

    @property
    def stored(self) -> Array:
        """The constant with each element rounded at most once, without a copy where it is no quotient."""
        return self.numerator if self.denominator is None else self.floats(np.dtype(np.float64))

    @property
    def finite(self) -> bool:
        """Is every element a finite number, and no quotient so small that it loses digits?"""
        values = self.stored
        # The ends are NaN where an element is, and take no second array.
        if not np.isfinite([values.min(initial=0), values.max(initial=0)]).all():
            return False
        if self.denominator is None:
            return True
        lost = (np.abs(values) < 2.0**-1000) & (self.numerator != 0)
        return bool(np.isfinite(self.denominator).all() and not lost.any())

    @cached_property
    def largest(self) -> float:
        """The largest absolute value, rounded up."""
        values = self.stored
        return max(float(values.max(initial=0)), -float(values.min(initial=0))) * (1 + 2.0**-50)

    @cached_property
    def smallest(self) -> float:
        """The smallest non-zero absolute value, rounded down; 1 where there is none."""
        least = 1.0
        for block in blocks(self.stored):
            magnitudes = np.abs(block)
            least = min(least, float(magnitudes.min(initial=1, where=magnitudes > 0)))
        return least * (1 - 2.0**-50)

    @cached_property
    def exact(self) -> Rationals:
        """The constant without rounding."""
        if self.denominator is None:
            return from_floats(self.numerator)
        pair = np.broadcast_arrays(self.numerator, self.denominator)
        values = [Fraction(float(n)) / Fraction(float(d)) for n, d in zip(pair[0].flat, pair[1].flat, strict=True)]
        return from_fractions(values, self.shape)

    def broadcast(self, shape: tuple[int, ...]) -> "Constant":
        """The same constant repeated to a shape."""
        divisor = None if self.denominator is None else np.broadcast_to(self.denominator, shape)
        return Constant(np.broadcast_to(self.numerator, shape), divisor)


def blocks(values: Array) -> Iterator[Array]:
    """An array in pieces of about `BLOCK` elements, cut along its longest axis."""
    axis = int(np.argmax(values.shape)) if values.ndim else 0
    pieces = -(-values.size // BLOCK)
    if pieces < 2:
        yield values
    else:
        yield from np.array_split(values, min(pieces, values.shape[axis]), axis=axis)
