"""A system of linear inequalities over exact rationals."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm


@dataclass(frozen=True)
class Inequalities:
    """``constants[j] + sum_i coefficients[j][i] * x[i]  >= 0``, or ``> 0`` where strict.

    Attributes:
        coefficients: ``m`` rows of ``k`` exact coefficients.
        constants: ``m`` exact constants.
        strict: Which rows are strict, ``m``.
    """

    coefficients: tuple[tuple[Fraction, ...], ...]
    constants: tuple[Fraction, ...]
    strict: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.constants)

    def holds(self, point: Sequence[Fraction]) -> bool:
        """Does a point satisfy every row?"""
        for row, constant, strict in zip(self.coefficients, self.constants, self.strict, strict=True):
            value = constant + sum((c * x for c, x in zip(row, point, strict=True)), Fraction(0))
            if value < 0 or (strict and value == 0):
                return False
        return True

    def take(self, rows: Sequence[int]) -> "Inequalities":
        """Some of the rows."""
        return Inequalities(
            tuple(self.coefficients[row] for row in rows),
            tuple(self.constants[row] for row in rows),
            tuple(self.strict[row] for row in rows),
        )

    def weighted(self, multipliers: Sequence[tuple[int, Fraction]]) -> tuple[Fraction, ...]:
        """The sum of some rows, by multiplier: coefficients, then the constant, ``k + 1``."""
        below = lcm(*(share.denominator for _, share in multipliers))
        whole = [(row, share.numerator * (below // share.denominator)) for row, share in multipliers]
        columns = zip(*((*self.coefficients[row], self.constants[row]) for row, _ in whole), strict=True)
        return tuple(
            sum((share * number for (_, share), number in zip(whole, column, strict=True)), Fraction(0)) / below
            for column in columns
        )

    def refuted_by(self, multipliers: Sequence[tuple[int, Fraction]]) -> bool:
        """Do some rows, by non-negative multiplier, add up to a false statement (Farkas)?"""
        if not multipliers or any(share < 0 for _, share in multipliers):
            return False
        *slopes, constant = self.weighted(multipliers)
        strict = any(share > 0 and self.strict[row] for row, share in multipliers)
        return not any(slopes) and (constant < 0 or (constant == 0 and strict))

    def __add__(self, other: "Inequalities") -> "Inequalities":
        """Both systems together."""
        return Inequalities(
            self.coefficients + other.coefficients, self.constants + other.constants, self.strict + other.strict
        )
