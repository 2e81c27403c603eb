"""Proofs that a set of so few features cannot work, from any multipliers, rounded outwards.

Take non-negative multipliers of the guards and of a label's leads. Where a set works, all of these rows are
non-negative, and so is their weighted sum ``L(d) = c + sum of c_i d_i``. Over the domain a feature adds at most its
*reduced gain*, ``G_f = sum over its elements of max(c_i lower_i, c_i upper_i)``. So if ``c`` and the ``t`` largest
gains add up to less than 0, no set of at most ``t`` features works: proved, however the multipliers came about.

Rounding: ``c`` and every ``G_f`` are rounded up. The error of a computed row enters by its multiplier; a sum of ``n``
products is off by at most ``(n + 3) u`` times the sum of magnitudes (`deepcheck.program.bounded`).

Source: Lagrangian duality; Geoffrion, Lagrangean relaxation for integer programming (1974), for fixing by reduced
costs.
"""

from typing import NamedTuple

import numpy as np

from deepcheck.attacks.question import Question
from deepcheck.program import Array
from deepcheck.program.bounded import SUMMED_UP, TINY, UNIT, UP, gamma
from deepcheck.solvers.cardinality import Rows
from deepcheck.solvers.planes import Planes


class Reduced(NamedTuple):
    """The most that a weighted sum of rows can be, by features: below 0 refutes.

    Attributes:
        base: Its value at the input, rounded up.
        gains: The most that each feature adds, rounded up, never negative, ``(n,)``.
    """

    base: float
    gains: Array

    def exceeds(self, features: Array) -> bool:
        """Can a set work, as far as these multipliers tell?"""
        return bool(self._may_reach(np.array([self.gains[features].sum()]), len(features))[0])

    def _may_reach(self, sums: Array, terms: int) -> Array:
        """Where the base and sums of gains are not certain to stay below 0; NaN is never certain."""
        return np.asarray(~(self.base + sums < -gamma(terms + 2) * (abs(self.base) + sums)))

    def least(self, inside: Array, outside: Array) -> int:
        """Fewer features than this refute, with some inside the set and some outside; ``n + 1`` if all do.

        Args:
            inside: Features counted in any case, a mask, ``(n,)``.
            outside: Features that do not change, likewise.
        """
        free = np.sort(self.gains[~inside & ~outside])[::-1]
        sums = self.gains[inside].sum() + np.concatenate([[0.0], np.cumsum(free)])
        reached = np.flatnonzero(self._may_reach(sums, len(self.gains)))
        return int(np.count_nonzero(inside) + reached[0]) if len(reached) else len(self.gains) + 1

    def hopeless(self, inside: Array, outside: Array, size: int) -> Array:
        """Features that no working set of at most so many contains along with the inside ones, a mask, ``(n,)``."""
        free = ~inside & ~outside
        room = size - int(np.count_nonzero(inside))
        if room <= 0:
            return np.asarray(free)
        tops = np.sort(self.gains[free])[::-1][: room - 1].sum()
        return np.asarray(free & ~self._may_reach(self.gains[inside].sum() + tops + self.gains, len(self.gains)))


def rows_of(planes: Planes, label: int, width: int) -> Rows:
    """The guards and one label's leads, over every column but the last.

    Args:
        planes: The rows of one input, its columns feature by feature.
        label: Which other label, by position.
        width: How many elements a feature owns.
    """
    count = len(planes.lower) - 1
    gaps, rates = planes.gaps.copy(), planes.rates[:, :count].copy()
    gap_errors, rate_errors = planes.gap_errors.copy(), planes.rate_errors.copy()
    # In the label's own place: its lead over the original label, which has gap 0.
    gaps[label], rates[label], gap_errors[label], rate_errors[label] = 0.0, 0.0, 0.0, 0.0
    leads, slopes = planes.gaps[label] - gaps, planes.rates[label, :count] - rates
    return Rows(
        values=np.concatenate([planes.values, leads]),
        value_errors=np.concatenate(
            [planes.value_errors, (planes.gap_errors[label] + gap_errors + UNIT * np.abs(leads)) * UP]
        ),
        slopes=np.concatenate([planes.slopes[:count].T, slopes]),
        slope_errors=np.concatenate(
            [
                planes.slope_errors,
                (planes.rate_errors[label] + rate_errors + UNIT * np.abs(slopes).max(axis=1, initial=0.0)) * UP,
            ]
        ),
        guards=len(planes.values),
        lower=np.minimum(planes.lower[:count], 0.0),
        upper=np.maximum(planes.upper[:count], 0.0),
        owner=np.repeat(np.arange(count // width), width),
        count=count // width,
    )


def plain(rows: Rows, label: int) -> Array:
    """The multipliers of the gain bound: the lead over the original label alone."""
    multipliers = np.zeros(len(rows.values))
    multipliers[rows.guards + label] = 1.0
    return multipliers


def reduced(rows: Rows, multipliers: Array) -> Reduced:
    """What some multipliers prove.

    Args:
        rows: The rows.
        multipliers: Of every row, ``(m,)``; those that are not positive do not count.
    """
    used = np.flatnonzero(~(multipliers <= 0))
    weights, values, some = multipliers[used], rows.values[used], rows.slopes[used]
    terms = len(used)
    with np.errstate(over="ignore", invalid="ignore"):
        base = weights @ values
        base += (weights @ rows.value_errors[used] + gamma(terms) * (weights @ np.abs(values)) + terms * TINY) * UP
        slopes = weights @ some
        sizes = np.abs(some).max(axis=1, initial=0.0)
        doubt = (weights @ (rows.slope_errors[used] + gamma(terms) * sizes) + terms * TINY) * UP
        reach = np.maximum(-rows.lower, rows.upper)
        most = np.maximum(slopes * rows.lower, slopes * rows.upper)
        most = (most + reach * (doubt + 4 * UNIT * np.abs(slopes)) + TINY * (reach > 0)) * UP
        most = np.where(np.isfinite(reach), most, np.inf)
    return Reduced(float(base), np.bincount(rows.owner, weights=most, minlength=rows.count) * SUMMED_UP)


def wanted(question: Question) -> Array:
    """Which of the other labels count, ``(others,)``."""
    target = question.query.target
    return np.ones(len(question.others), dtype=bool) if target is None else question.others == target
