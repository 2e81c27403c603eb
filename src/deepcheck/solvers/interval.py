"""One unknown per system, all systems at once: intersect half-lines ``value + slope * d >= 0``.

Every number carries a bound on its rounding error, so each interval comes twice: an *outer* one that
contains the true interval, and an *inner* one inside it. What lies between is for exact arithmetic. An end moves by
a relative step and, since quotients may underflow, by the least normal number.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import Array, Bounded
from deepcheck.program.bounded import TINY, UP, least_of_rows


@dataclass(frozen=True)
class Interval:
    """Bounds of the solution sets of many systems, each ``(systems,)``; empty where lower > upper."""

    outer_lower: Array
    inner_lower: Array
    inner_upper: Array
    outer_upper: Array

    @staticmethod
    def within(lower: Array, lower_error: Array, upper: Array, upper_error: Array) -> "Interval":
        """The intervals ``[lower, upper]`` whose ends are known up to an error."""
        return Interval(lower - lower_error, lower + lower_error, upper - upper_error, upper + upper_error)

    def take(self, systems: Array) -> "Interval":
        """Some of the systems."""
        return Interval(
            self.outer_lower[systems], self.inner_lower[systems], self.inner_upper[systems], self.outer_upper[systems]
        )

    def cautious(self) -> "Interval":
        """The same, where an end that is not a number (an overflow) excludes nothing and promises nothing."""
        return Interval(
            np.where(np.isnan(self.outer_lower), -np.inf, self.outer_lower),
            np.where(np.isnan(self.inner_lower), np.inf, self.inner_lower),
            np.where(np.isnan(self.inner_upper), -np.inf, self.inner_upper),
            np.where(np.isnan(self.outer_upper), np.inf, self.outer_upper),
        )

    @property
    def empty(self) -> Array:
        """Certainly without a solution."""
        return np.asarray(self.outer_lower > self.outer_upper)

    @property
    def solid(self) -> Array:
        """Certainly with an interior."""
        return np.asarray(self.inner_lower < self.inner_upper)


class Fold:
    """A guard sink that keeps nothing but the interval of each column (bounded memory)."""

    def __init__(self, start: Interval) -> None:
        self.interval = start

    def emit(self, values: Bounded, slopes: Bounded, present: Array) -> None:
        """Intersect with guards that hold at ``d = 0`` (their true values are never negative)."""
        value, error = values.value, values.element_error
        slope, slope_error = slopes.value, slopes.element_error
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            magnitude = np.abs(slope)
            known_sign = present & (magnitude > slope_error)
            far = (np.maximum(value, 0.0) + error) / (magnitude - slope_error) * UP
            near = np.maximum(value - error, 0.0) / (magnitude + slope_error) * (2 - UP)
        far = np.where(known_sign, far, np.inf)
        near = np.where(present & ~(magnitude + slope_error == 0), near, np.inf)
        rising, falling = slope > 0, slope < 0
        known = self.interval
        self.interval = Interval(
            np.maximum(known.outer_lower, -_least(far, rising) - TINY),
            np.maximum(known.inner_lower, np.minimum(-_least(near, rising | ~known_sign) + TINY, 0.0)),
            np.minimum(known.inner_upper, np.maximum(_least(near, falling | ~known_sign) - TINY, 0.0)),
            np.minimum(known.outer_upper, _least(far, falling) + TINY),
        )

    def require(self, values: Bounded, slopes: Bounded) -> None:
        """Intersect with half-lines that may fail at ``d = 0``, ``(systems, rows)``; errors ``(systems, rows)``."""
        v, s, error, slope_error = values.value, slopes.value, values.element_error, slopes.element_error
        outer = _ends(v + error, s - slope_error, s + slope_error, optimistic=True)
        inner = _ends(v - error, s - slope_error, s + slope_error, optimistic=False)
        known = self.interval
        self.interval = Interval(
            np.maximum(known.outer_lower, -least_of_rows(-outer[0]) - TINY),
            np.maximum(known.inner_lower, -least_of_rows(-inner[0]) + TINY),
            np.minimum(known.inner_upper, least_of_rows(inner[1]) - TINY),
            np.minimum(known.outer_upper, least_of_rows(outer[1]) + TINY),
        )


def _least(ends: Array, where: Array) -> Array:
    return least_of_rows(np.where(where, ends, np.inf))


def _ends(value: Array, low: Array, high: Array, *, optimistic: bool) -> tuple[Array, Array]:
    """Ends of ``{d: value + slope * d >= 0}`` for a slope in ``[low, high]``.

    Optimistic: the hull of the sets of all such slopes, rounded outward. Otherwise a set that lies in all of
    them, rounded inward.
    """
    lower, upper = np.full(value.shape, -np.inf), np.full(value.shape, np.inf)
    # The slope that counts on each side of 0: the kindest when optimistic, else the least kind.
    right, left = (high, low) if optimistic else (low, high)
    out = UP if optimistic else 2 - UP
    # An end that overflows is still an end.
    farthest = np.finfo(np.float64).max if optimistic else np.inf
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        to_right, to_left = np.abs(value / right), np.abs(value / left)
        holds = value >= 0
        upper = np.where(holds & (right < 0), to_right * out, upper)
        lower = np.where(holds & (left > 0), -to_left * out, lower)
        rising, falling = ~holds & (right > 0), ~holds & (left < 0)
        lower = np.where(rising & ~falling, np.minimum(to_right * (2 - out), farthest), lower)
        upper = np.where(falling & ~rising, np.maximum(-to_left * (2 - out), -farthest), upper)
    # Where a number overflowed nothing is known: then nothing is excluded, and nothing is promised.
    hopeless = (value < 0) & (right <= 0) & (left >= 0) if optimistic else ~holds & ~rising & ~falling
    return np.where(hopeless, np.inf, lower), np.where(hopeless, -np.inf, upper)
