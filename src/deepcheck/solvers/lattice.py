"""Two unknowns on a grid of levels: walk the lattice points of each polygon, line by line.

For every level of the first unknown the rows leave an interval of the second: an outer one that contains the true
interval, and an inner one inside it. A level in an inner interval is an attack; without a level in any outer one the
system is refuted; what lies between is left open, for exact arithmetic.
"""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel
from deepcheck.solvers.planes import (
    ATTACKED,
    L1,
    MARGIN,
    OPEN,
    REFUTED,
    ROUNDING,
    UNDERFLOW,
    Planes,
    _holds,
    _leads,
    _least_lead,
)
from deepcheck.solvers.polygon import Polygons


def _first_at_least(steps: Array, count: int, bound: float) -> int:
    """The first of increasing numbers that is at least a bound; ``count`` where none is."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if steps[middle] < bound:
            low = middle + 1
        else:
            high = middle
    return low


def _line(
    planes: Planes, i: int, j: int, leads: Array, x: float, active: Array, count: int, dx: float, dy: float, ends: Array
) -> None:
    """The interval of the second displacement that the rows leave at ``x``: outer and inner ends into ``ends``."""
    ends[0], ends[1], ends[2], ends[3] = -np.inf, -np.inf, np.inf, np.inf
    for at in range(count + len(planes.gaps)):
        if at < count:
            g = active[at]
            v, s, t = planes.values[g], planes.slopes[i, g], planes.slopes[j, g]
            ve, e, size = planes.value_errors[g], planes.slope_errors[g], abs(v) + abs(s) * dx + abs(t) * dy
        else:
            k = at - count
            v, s, t, ve, e = leads[k, 0], leads[k, 1], leads[k, 2], leads[k, 3], leads[k, 4]
            size = leads[k, 5] + leads[k, 6] * dx + leads[k, 7] * dy
        doubt = 2 * (ve + e * (dx + dy)) + 32 * ROUNDING * size + UNDERFLOW
        here = v + s * x
        for side in range(2):
            # side 0: the row may hold, moved outwards; side 1: it certainly holds, and not only just
            value = here + doubt if side == 0 else here - doubt
            # What overflowed to NaN is no end.
            if t > 0.0 and -value / t > ends[side]:
                ends[side] = -value / t
            elif t < 0.0 and -value / t < ends[3 - side]:
                ends[3 - side] = -value / t
            elif t == 0.0 and value < 0.0:
                ends[side] = np.inf


def _walk(
    planes: Planes,
    rows: Array,
    objective: int,
    steps: Array,
    values: Array,
    counts: Array,
    active: Array,
    leads: Array,
    ends: Array,
    state: Array,
    points: Array,
    ranges: Array,
) -> None:
    """Decide on the grid what is not refuted off it; see `walk`."""
    for row in range(len(rows)):
        if state[row] == REFUTED:
            continue
        i, j, label = rows[row, 0], rows[row, 1], rows[row, 2]
        dx, dy = max(planes.upper[i], -planes.lower[i]), max(planes.upper[j], -planes.lower[j])
        _leads(planes, i, j, label, leads)
        found, doubtful, best = False, False, -np.inf
        count = 0
        for g in range(len(planes.values)):
            s, t = planes.slopes[i, g], planes.slopes[j, g]
            least = min(s * planes.lower[i], s * planes.upper[i]) + min(t * planes.lower[j], t * planes.upper[j])
            if planes.values[g] + least < planes.value_errors[g] + planes.slope_errors[g] * (dx + dy) + 1e-9 * abs(
                least
            ):
                active[count] = g
                count += 1
        slack = (2.0**-40 + 8 * (len(planes.values) + len(planes.gaps)) * ROUNDING) * dx
        begin = _first_at_least(steps[i], counts[i], ranges[row, 0] - slack)
        for a in range(begin, counts[i]):
            x = steps[i, a]
            if x > ranges[row, 1] + slack:
                break
            _line(planes, i, j, leads, x, active, count, dx, dy, ends)
            wide = 2.0**-45 * dy
            low = _first_at_least(steps[j], counts[j], ends[0] - wide)
            high = _first_at_least(steps[j], counts[j], ends[3] + wide)
            inner = _first_at_least(steps[j], counts[j], ends[1] + wide)
            last = _first_at_least(steps[j], counts[j], ends[2] - wide) - 1
            if high < counts[j] and steps[j, high] <= ends[3] + wide:
                high += 1
            if low >= high:
                continue
            if inner > last:
                doubtful = True
                continue
            b, until = inner, last
            if objective == MARGIN:
                # The least lead is concave along the line.
                while b < until:
                    middle = (b + until) // 2
                    here = _least_lead(leads, x, steps[j, middle])
                    if here < _least_lead(leads, x, steps[j, middle + 1]):
                        b = middle + 1
                    else:
                        until = middle
                score = _least_lead(leads, x, steps[j, b])
            else:
                b = min(max(_first_at_least(steps[j], counts[j], 0.0), inner), last)
                if objective == L1:
                    score = -abs(x) - abs(steps[j, b])
                else:
                    score = -max(abs(x), abs(steps[j, b]))
            if not score <= best:  # a score that overflowed to NaN is not passed over
                margin = _holds(planes, i, j, leads, x, steps[j, b])
                if margin > 0.0:
                    found, best = True, score
                    points[row, 0], points[row, 1], points[row, 2] = values[i, a], values[j, b], margin
                else:
                    doubtful = True
        state[row] = ATTACKED if found else (OPEN if doubtful else REFUTED)
        if not found:
            points[row, 0], points[row, 1], points[row, 2] = np.nan, np.nan, np.nan


_KERNEL = Kernel(_walk, _first_at_least, _line, _leads, _least_lead, _holds)


def walk(
    planes: Planes, rows: Array, found: Polygons, steps: Array, values: Array, counts: Array, objective: int
) -> None:
    """Decide on a grid the systems that are not refuted off it; changes ``found``.

    Args:
        planes: The rows of one input; its domain is bounded.
        rows: First column, second column and label of each system, ``(rows, 3)``.
        found: What `polygon.decide` says about them.
        steps: Each column's displacements to its levels, increasing, ``(k, levels)``.
        values: Those levels, in the model's own numbers, ``(k, levels)``.
        counts: How many of them each column has inside the domain, ``(k,)``; they come first.
        objective: What a witness has most or least of.
    """
    active = np.empty(len(planes.values), dtype=np.int64)
    leads = np.empty((len(planes.gaps), 8))
    lines = float(np.count_nonzero(found.state)) * steps.shape[1]
    with np.errstate(all="ignore"):
        _KERNEL(
            planes, rows, objective, steps, values, counts, active, leads, np.empty(4), *found,
            steps=lines * (len(planes.gaps) + 10),
        )  # fmt: skip
