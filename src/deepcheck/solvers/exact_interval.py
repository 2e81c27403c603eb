"""The same intersection of half-lines over exact rationals, with open and closed ends."""

from dataclasses import dataclass
from fractions import Fraction

from deepcheck.program import Array, Rationals


@dataclass(frozen=True)
class ExactInterval:
    """A convex set of numbers; None is infinite; each end is open or closed.

    Attributes:
        lower: The lower end.
        upper: The upper end.
        lower_open: Is the lower end itself left out?
        upper_open: Is the upper end itself left out?
        impossible: Empty for another reason than its ends.
    """

    lower: Fraction | None = None
    upper: Fraction | None = None
    lower_open: bool = False
    upper_open: bool = False
    impossible: bool = False

    @property
    def empty(self) -> bool:
        """Does no number satisfy it?"""
        if self.impossible:
            return True
        if self.lower is None or self.upper is None:
            return False
        return self.lower > self.upper or (self.lower == self.upper and (self.lower_open or self.upper_open))

    def contains(self, x: Fraction) -> bool:
        """Is a number in the set?"""
        if self.impossible:
            return False
        above = self.lower is None or x > self.lower or (x == self.lower and not self.lower_open)
        below = self.upper is None or x < self.upper or (x == self.upper and not self.upper_open)
        return above and below

    def require(self, value: Fraction, slope: Fraction, *, strict: bool) -> "ExactInterval":
        """Intersect with ``value + slope * d >= 0``, or ``> 0``."""
        if slope == 0:
            holds = value > 0 if strict else value >= 0
            return self if holds else ExactInterval(self.lower, self.upper, impossible=True)
        end = -value / slope
        if slope > 0:
            if self.lower is not None and (end < self.lower or (end == self.lower and not strict)):
                return self
            return ExactInterval(end, self.upper, strict, self.upper_open, self.impossible)
        if self.upper is not None and (end > self.upper or (end == self.upper and not strict)):
            return self
        return ExactInterval(self.lower, end, self.lower_open, strict, self.impossible)


class ExactFold:
    """A guard sink over rationals: one closed interval per column."""

    def __init__(self, columns: int) -> None:
        self.intervals = [ExactInterval() for _ in range(columns)]

    def emit(self, values: Rationals, slopes: Rationals, present: Array) -> None:
        """Intersect each column's interval with its guards."""
        for column in range(len(self.intervals)):
            moving = present[column] & (slopes.numerators[column] != 0)
            interval = self.intervals[column]
            pairs = zip(values.numerators[column][moving], slopes.numerators[column][moving], strict=True)
            for value, slope in pairs:
                interval = interval.require(
                    Fraction(int(value), values.denominator), Fraction(int(slope), slopes.denominator), strict=False
                )
            self.intervals[column] = interval
