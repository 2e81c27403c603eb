"""Arrays of exact rationals: Python integers over one common denominator."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Rationals:
    """``numerators / denominator``; the numerators are an object array of Python integers."""

    numerators: Array
    denominator: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return tuple(self.numerators.shape)

    def over(self, denominator: int) -> Array:
        """The numerators over a multiple of this denominator."""
        factor = denominator // self.denominator
        return self.numerators if factor == 1 else self.numerators * factor

    def fractions(self) -> Array:
        """The same array as ``fractions.Fraction`` objects."""
        denominator = self.denominator
        flat = [Fraction(int(numerator), denominator) for numerator in self.numerators.ravel()]
        out = np.empty(len(flat), dtype=object)
        out[:] = flat
        return out.reshape(self.shape)

    def floats(self) -> Array:
        """The same array rounded to float64, each element once, to nearest; infinite where it is too large."""
        denominator = self.denominator
        flat = [_quotient(int(numerator), denominator) for numerator in self.numerators.ravel()]
        return np.array(flat, dtype=np.float64).reshape(self.shape)


def from_floats(values: Array) -> Rationals:
    """The exact values of finite binary floats, over one power of two."""
    mantissa, exponent = np.frexp(np.asarray(values, dtype=np.float64).reshape(-1))
    integers = np.ldexp(mantissa, 53).astype(np.int64)
    odd_part_shift = np.where(integers == 0, 0, np.frexp((integers & -integers).astype(np.float64))[1] - 1)
    integers >>= odd_part_shift
    powers = np.where(integers == 0, 0, exponent.astype(np.int64) - 53 + odd_part_shift)
    lowest = min(int(powers.min(initial=0)), 0)
    numerators = np.left_shift(integers.astype(object), (powers - lowest).astype(object))
    return Rationals(np.asarray(numerators, dtype=object).reshape(np.shape(values)), 1 << -lowest)


def from_fractions(values: Sequence[Fraction], shape: tuple[int, ...]) -> Rationals:
    """The given fractions over their least common denominator."""
    denominator = lcm(*(value.denominator for value in values)) if values else 1
    numerators = np.empty(len(values), dtype=object)
    numerators[:] = [value.numerator * (denominator // value.denominator) for value in values]
    return Rationals(numerators.reshape(shape), denominator)


def _quotient(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if numerator > 0 else float("-inf")
