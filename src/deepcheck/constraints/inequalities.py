"""A system of linear inequalities over exact rationals."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


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

    def __add__(self, other: "Inequalities") -> "Inequalities":
        """Both systems together."""
        return Inequalities(
            self.coefficients + other.coefficients, self.constants + other.constants, self.strict + other.strict
        )
