"""The least values of many linear forms over one polytope of a few unknowns, each with multipliers that prove it.

A compiled simplex method proposes, in floats, a point and multipliers for each form; what these prove is worked
out with outward rounding, whatever they are. Which rows of a polytope are redundant, its bounding box and whether a
lead can vanish on it are such questions.

Source: Neumaier and Shcherbina, Safe bounds in linear and mixed-integer programming (2004).
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.program.bounded import TINY, UNIT, UP, gamma
from deepcheck.program.compiled import Kernel
from deepcheck.solvers.simplex import _climb

NOT_LEFT_OUT = -1


@dataclass(frozen=True)
class Walls:
    """``values + slopes d >= 0`` for ``lower <= d <= upper``: floats, and how far they may be off.

    Attributes:
        values: ``(m,)``.
        value_errors: How far they may be off.
        slopes: ``(m, k)``.
        slope_errors: How far any slope of a row may be off, ``(m,)``.
        lower: Least displacement, rounded outwards, ``(k,)``.
        upper: Largest, likewise.
    """

    values: Array
    value_errors: Array
    slopes: Array
    slope_errors: Array
    lower: Array
    upper: Array

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Array) -> "Walls":
        """Some of the rows."""
        return replace(
            self, values=self.values[rows], value_errors=self.value_errors[rows], slopes=self.slopes[rows],
            slope_errors=self.slope_errors[rows],
        )  # fmt: skip

    def within(self, lower: Array, upper: Array) -> "Walls":
        """The same rows, in a smaller box."""
        return replace(self, lower=lower, upper=upper)

    def doubts(self, moves: Array) -> Array:
        """How far ``values + slopes d``, in floats, may be off for displacements ``|d|``, rounded once each."""
        sizes = np.abs(self.values) + moves @ np.abs(self.slopes).T
        doubt = self.value_errors + moves.sum(axis=-1, keepdims=True) * self.slope_errors
        return np.asarray((doubt + gamma(len(self.lower) + 8) * sizes + (len(self.lower) + 2) * TINY) * UP)

    def reach(self) -> Array:
        """The longest displacement, ``(k,)``."""
        return np.maximum(np.maximum(-self.lower, self.upper), 0.0)

    def floors(self) -> Array:
        """Below what no row falls in the box, ``(m,)``."""
        with np.errstate(invalid="ignore"):
            least = self.values + np.minimum(self.slopes * self.lower, self.slopes * self.upper).sum(axis=1)
            found = least - self.doubts(self.reach()[None])[0]
        return np.where(np.isfinite(found), found, -np.inf)


class Least(NamedTuple):
    """What is known about the least value of each form.

    Attributes:
        proposed: The least value, in floats, ``(q,)``; NaN where the search did not settle.
        floors: Below this the form certainly does not fall, ``(q,)``.
        points: Where it was found, ``(q, k)``.
    """

    proposed: Array
    floors: Array
    points: Array


def _minimise(
    rows: Array, limits: Array, forms: Array, skipped: Array, start: Array, least: Array, points: Array, shares: Array
) -> None:
    """The least value of each form, ``(k + 1,)`` with its constant last; see `least`."""
    n, count = rows.shape[1], len(limits)
    k = n - 1
    some, slacks, kept = np.empty((count + 1, n)), np.empty(count + 1), np.empty(count + 1, np.int64)
    edges, tight, falls, point = np.empty((n, n)), np.empty(n, np.int64), np.empty(count + 1), np.empty(n)
    for form in range(len(forms)):
        used = 0
        for row in range(count):
            if row == skipped[form]:
                continue
            slack = limits[row]
            for c in range(k):
                some[used, c] = rows[row, c]
                slack += rows[row, c] * start[c]
            some[used, k] = 0.0
            slacks[used], kept[used] = max(slack, 0.0), row
            used += 1
        value = forms[form, k]
        for c in range(k):
            some[used, c] = -forms[form, c]
            value += forms[form, c] * start[c]
            point[c] = start[c]
        some[used, k] = -1.0
        slacks[used] = 0.0
        point[k] = -value
        settled = _climb(some, slacks, used + 1, point, edges, tight, falls)
        least[form] = -point[k] if settled else -np.inf
        for c in range(k):
            points[form, c] = point[c]
        for i in range(n):
            if settled and 0 <= tight[i] < used:
                shares[form, kept[tight[i]]] = max(-edges[i, k], 0.0)


def _inside(rows: Array, limits: Array, weights: Array, start: Array, centre: Array) -> float:
    """Where the least of all rows, by weight, is largest; that value."""
    count, n = rows.shape
    k = n - 1
    some, slacks = np.empty((count, n)), np.empty(count)
    edges, tight, falls, point = np.empty((n, n)), np.empty(n, np.int64), np.empty(count), np.empty(n)
    least = np.inf
    for row in range(count):
        slack = limits[row]
        for c in range(k):
            some[row, c] = rows[row, c]
            slack += rows[row, c] * start[c]
        some[row, k] = -weights[row]
        slacks[row] = slack
        least = min(least, slack / weights[row])
    for row in range(count):
        slacks[row] = max(slacks[row] - weights[row] * least, 0.0)
    for c in range(k):
        point[c] = start[c]
    point[k] = least
    _climb(some, slacks, count, point, edges, tight, falls)
    for c in range(k):
        centre[c] = point[c]
    return float(point[k])


_MINIMISE = Kernel(_minimise, _climb)
_INSIDE = Kernel(_inside, _climb)


def _sizes(forms: Walls) -> Array:
    """What to divide rows by: their slopes add up to 1 then, if there are any."""
    sums = np.abs(forms.slopes).sum(axis=1)
    return np.where(sums > 0, np.maximum(sums, 1e-300), 1.0)


def _rows(walls: Walls) -> tuple[Array, Array, Array]:
    """All rows, ends of the box included, each scaled to size 1; limits; and the scales of the walls."""
    k = len(walls.lower)
    sizes = _sizes(walls)
    eye = np.eye(k)
    below, above = np.isfinite(walls.lower), np.isfinite(walls.upper)
    rows = np.concatenate([walls.slopes / sizes[:, None], eye[below], -eye[above]])
    limits = np.concatenate([walls.values / sizes, -walls.lower[below], walls.upper[above]])
    return np.hstack([rows, np.zeros((len(rows), 1))]), limits, sizes


def least(forms: Walls, walls: Walls, start: Array, skipped: Array | None = None) -> Least:
    """The least value of each form over some walls.

    Args:
        forms: The forms; their own box does not count.
        walls: The polytope.
        start: A point inside it, up to rounding, ``(k,)``.
        skipped: The wall that each form does without, ``(q,)``; by default none.
    """
    q, (m, k) = len(forms), walls.slopes.shape
    left_out = np.full(q, NOT_LEFT_OUT) if skipped is None else skipped
    with np.errstate(all="ignore"):
        rows, limits, sizes = _rows(walls)
        scales = _sizes(forms)
        scaled = np.hstack([forms.slopes, forms.values[:, None]]) / scales[:, None]
        proposed, points, shares = np.full(q, np.nan), np.zeros((q, k)), np.zeros((q, len(rows)))
        _MINIMISE(
            rows, limits, scaled, left_out, start, proposed, points, shares,
            steps=4.0 * q * len(rows) * (k + 1) * (k + 3),
        )  # fmt: skip
        weights = shares[:, :m] * scales[:, None] / sizes
        weights[~np.isfinite(weights)] = 0.0
        return Least(proposed * scales, floors(forms, walls, weights), points)


def floors(forms: Walls, walls: Walls, weights: Array) -> Array:
    """What non-negative multipliers prove: below this no form falls where the walls hold, ``(q,)``.

    Where every wall is at least 0, a form is at least itself less the walls so weighted, which is linear: its least
    value over the box is a number, rounded down here.

    Args:
        forms: The forms.
        walls: The walls, and the box.
        weights: Their multipliers, ``(q, m)``.
    """
    terms = walls.slopes.shape[0] + 1
    slopes = forms.slopes - weights @ walls.slopes
    sizes = np.abs(forms.slopes) + weights @ np.abs(walls.slopes)
    base = forms.values - weights @ walls.values
    doubt = forms.value_errors + weights @ walls.value_errors
    doubt = doubt + gamma(terms + 2) * (np.abs(forms.values) + weights @ np.abs(walls.values))
    reach = walls.reach()
    slope_doubt = (forms.slope_errors + weights @ walls.slope_errors)[:, None] + gamma(terms + 2) * sizes
    moves = np.minimum(slopes * walls.lower, slopes * walls.upper)
    moves = np.where((slopes == 0) & (slope_doubt == 0), 0.0, moves - (slope_doubt + 4 * UNIT * np.abs(slopes)) * reach)
    total = base + moves.sum(axis=1)
    rounding = gamma(len(reach) + 4) * (np.abs(base) + np.abs(moves).sum(axis=1)) + (terms + len(reach) + 4) * TINY
    found = total - (doubt + rounding) * (1 + 2.0**-30)
    return np.where(np.isfinite(found), found, -np.inf)


def inside(walls: Walls, start: Array) -> tuple[Array, float]:
    """A point as far from all walls as it goes, relative to their slopes, and how far that is, in floats.

    Args:
        walls: The polytope.
        start: A point inside it, up to rounding.
    """
    centre = np.zeros(len(start))
    with np.errstate(all="ignore"):
        rows, limits, _ = _rows(walls)
        weights = _weights(walls, rows)
        far = _INSIDE(rows, limits, weights, start, centre, steps=4.0 * len(rows) * (len(start) + 3) ** 2)
    return centre, float(far)


def _weights(walls: Walls, rows: Array) -> Array:
    """How much each row changes by a step across the box: a distance is measured as a share of it."""
    width = walls.upper - walls.lower
    finite = np.isfinite(width)
    scale = np.where(finite, width, width[finite].max(initial=0.0) or 1.0)
    ends = [scale[np.isfinite(walls.lower)], scale[np.isfinite(walls.upper)]]
    return np.asarray(np.maximum(np.concatenate([np.abs(rows[: len(walls), :-1]) @ scale, *ends]), 1e-300))
