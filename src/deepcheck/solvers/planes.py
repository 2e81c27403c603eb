"""The rows of one input, as kernels see them: floats with bounds on their errors; what certainly holds at a point."""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array

REFUTED, ATTACKED, OPEN = 0, 1, 2
MARGIN, L1, LINF = 0, 1, 2
ROUNDING = 2.0**-53
UNDERFLOW = 2.0**-1022
"""Covers the products of a row that underflow, also where they are flushed to zero."""
PRECISION = 2.0**-20
"""How far a margin may be off, as a share of it; else exact arithmetic takes over."""


class Planes(NamedTuple):
    """The rows of one input along its path, over ``k`` columns: floats with bounds on their errors.

    Attributes:
        values: Guards at the input, ``(m,)``.
        value_errors: How far they may be off.
        slopes: Their slopes, ``(k, m)``.
        slope_errors: How far any column's may be off, ``(m,)``.
        gaps: ``f[j] - f[label]`` of every other label, ``(others,)``.
        gap_errors: How far they may be off.
        rates: Their slopes, ``(others, k)``.
        rate_errors: How far those may be off, ``(others,)``.
        lower: Least displacement of each column, rounded outwards, ``(k,)``.
        upper: Largest, likewise.
        origin: Each column's value in the input, ``(k,)``.
        least: The domain's ends in the same units, ``(k,)``.
        most: See ``least``.
    """

    values: Array
    value_errors: Array
    slopes: Array
    slope_errors: Array
    gaps: Array
    gap_errors: Array
    rates: Array
    rate_errors: Array
    lower: Array
    upper: Array
    origin: Array
    least: Array
    most: Array


def _nearest(value: float, bits: int) -> float:
    """The nearest number with so many bits of significand (24: float32, 11: float16, 53: float64)."""
    if bits == 53:
        return value
    if bits == 24:
        return float(np.float32(value))
    size = max(abs(value), 2.0**-14)
    unit = 2.0 ** (np.floor(np.log2(size)) - (bits - 1))
    return float(np.rint(value / unit) * unit)


def _leads(planes: Planes, i: int, j: int, label: int, leads: Array) -> None:
    """A label's lead over every other one, and in its own place over the original label.

    Value, two slopes, their errors (value's, slopes'), and magnitudes for rounding: ``(others, 8)``.
    """
    v, s, t = planes.gaps[label], planes.rates[label, i], planes.rates[label, j]
    ve, e = planes.gap_errors[label], planes.rate_errors[label]
    for k in range(len(planes.gaps)):
        w, p, q = planes.gaps[k], planes.rates[k, i], planes.rates[k, j]
        we, f = planes.gap_errors[k], planes.rate_errors[k]
        if k == label:
            w, p, q, we, f = 0.0, 0.0, 0.0, 0.0, 0.0
        leads[k, 0], leads[k, 1], leads[k, 2] = v - w, s - p, t - q
        leads[k, 3], leads[k, 4] = ve + we, e + f
        leads[k, 5], leads[k, 6], leads[k, 7] = abs(v) + abs(w), abs(s) + abs(p), abs(t) + abs(q)


def _least_lead(leads: Array, x: float, y: float) -> float:
    """The least of the leads at a point."""
    least = np.inf
    for k in range(len(leads)):
        least = min(least, leads[k, 0] + leads[k, 1] * x + leads[k, 2] * y)
    return least


def _holds(planes: Planes, i: int, j: int, leads: Array, x: float, y: float) -> float:
    """The least lead at a displacement where every row holds beyond its error; -1 where that is not certain."""
    ax, ay = abs(x), abs(y)
    least = np.inf
    for k in range(len(leads)):
        lead = leads[k, 0] + leads[k, 1] * x + leads[k, 2] * y
        doubt = leads[k, 3] + leads[k, 4] * (ax + ay)
        doubt += 16 * ROUNDING * (leads[k, 5] + leads[k, 6] * ax + leads[k, 7] * ay) + UNDERFLOW
        if not doubt < PRECISION * lead:
            return -1.0
        least = min(least, lead)
    for g in range(len(planes.values)):
        v, s, t, e = planes.values[g], planes.slopes[i, g] * x, planes.slopes[j, g] * y, planes.slope_errors[g]
        if planes.slopes[i, g] == 0.0 and planes.slopes[j, g] == 0.0 and e == 0.0:
            continue  # it cannot change, and it holds at the input
        doubt = planes.value_errors[g] + e * (ax + ay) + 16 * ROUNDING * (abs(v) + abs(s) + abs(t)) + UNDERFLOW
        if not v + s + t >= doubt:
            return -1.0
    return least
