"""Systems in fractions as kernels get them: floats, and how far each may be off."""

import math
from fractions import Fraction

import numpy as np

from deepcheck.solvers.planes import Planes


def floats(numbers, draw, *, loose):
    """Floats near some fractions, and how far they may be off."""
    found, errors = [], []
    for number in numbers:
        near = float(number)
        if loose and draw.random() < 0.5:
            near *= 1 + draw.choice((-1, 1)) * draw.choice((2.0**-48, 2.0**-35, 2.0**-20))
        off = abs(Fraction(near) - number)
        errors.append(math.nextafter(float(off), math.inf) if off else 0.0)
        found.append(near)
    return found, errors


def planes_of(system, draw):
    """The floats of a system, one column an unknown."""
    k = len(system.origin)
    parts = []
    for rows in (system.guards, system.gaps):
        values, errors = floats([value for value, _ in rows], draw, loose=system.loose)
        each = [floats(slopes, draw, loose=system.loose) for _, slopes in rows]
        slopes = np.array([found for found, _ in each]).reshape(-1, k)
        parts.append((np.array(values), np.array(errors), slopes, np.array([max(off) for _, off in each])))
    (values, value_errors, slopes, slope_errors), (gaps, gap_errors, rates, rate_errors) = parts
    low, high = zip(*(outwards(ends) for ends in system.ends), strict=True)
    return Planes(
        values, value_errors, np.ascontiguousarray(slopes.T), slope_errors, gaps, gap_errors, rates, rate_errors,
        np.array(low), np.array(high), np.array(system.origin), np.array(system.lower), np.array(system.upper),
    )  # fmt: skip


def outwards(ends):
    """Floats around exact ends."""
    low, high = ends
    if low is None:
        return -math.inf, math.inf
    near, far = float(low), float(high)
    return (
        near if Fraction(near) <= low else math.nextafter(near, -math.inf),
        far if Fraction(far) >= high else math.nextafter(far, math.inf),
    )
