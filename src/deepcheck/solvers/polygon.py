"""Two unknowns per system, very many systems at once: cut a polygon with every half-plane.

A system is a pair of columns and a label. Its polygon is the domain, cut by the guards of the path, then by the label's
leads. Every half-plane is first moved outwards by more than rounding can matter, so that an empty polygon is a
refutation; a witness is a number of the model's type at which every row holds beyond its own error. What
is neither is left open, for exact arithmetic.

Why an empty polygon refutes: with ``u = 2**-53`` a cut computes the place of a new corner on its edge up to an error
of ``3 e`` in the row's value, where ``e`` bounds the row's evaluation, and its coordinates up to ``6 u D`` (``D`` the
largest displacement). So after ``n`` cuts every true point lies within ``6 n u D`` of the computed polygon; each
row is moved by ``2 (value error + slope error D) + 64 (n + 8) u (|value| + |slopes| D)``, more than both together, and
by the least normal number, since products may underflow.

Coordinates are homogeneous, ``(x, y, w)`` for the point ``(x / w, y / w)``: an unbounded domain is cut in
quadrants, whose far corners have ``w = 0``. There coordinates lie in ``[0, 1]``, and slopes move outwards as well.

Trusted: IEEE arithmetic as numba compiles it (no fast-math).
"""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel
from deepcheck.solvers.planes import (
    ATTACKED,
    MARGIN,
    OPEN,
    REFUTED,
    ROUNDING,
    UNDERFLOW,
    Planes,
    _holds,
    _leads,
    _least_lead,
    _nearest,
)
from deepcheck.solvers.polygon_cut import _corners, _cut, _finite
from deepcheck.solvers.polygon_points import _smallest, _widest, _witness


def _decide(
    planes: Planes,
    rows: Array,
    objective: int,
    bits: int,
    buffers: Array,
    leads: Array,
    best: Array,
    state: Array,
    points: Array,
    ranges: Array,
) -> None:
    """Decide systems ``(first column, second column, label)`` in rows sorted by pair; see `Polygons.decide`."""
    guards, others = len(planes.values), len(planes.gaps)
    start = 0
    while start < len(rows):
        stop = start + 1
        i, j = rows[start, 0], rows[start, 1]
        while stop < len(rows) and rows[stop, 0] == i and rows[stop, 1] == j:
            stop += 1
        lx, ux, ly, uy = planes.lower[i], planes.upper[i], planes.lower[j], planes.upper[j]
        bounded = max(ux, -lx, uy, -ly) < np.inf
        dx, dy = 1.0, 1.0
        if bounded:
            dx, dy = max(ux, -lx), max(uy, -ly)
        for quadrant in range(1 if bounded else 4):
            sx, sy = 0.0, 0.0
            if not bounded:
                sx, sy = 1.0 - 2.0 * (quadrant % 2), 1.0 - 2.0 * (quadrant // 2)
            now, cuts = 0, 8
            n = _corners(lx, ux, ly, uy, sx, sy, buffers[0])
            for g in range(guards):
                v, s, t = planes.values[g], planes.slopes[i, g], planes.slopes[j, g]
                if bounded:
                    if v + min(s * lx, s * ux) + min(t * ly, t * uy) >= 0.0:
                        continue
                else:
                    s, t = s * sx, t * sy
                    if s >= 0.0 and t >= 0.0:
                        continue
                slack = 2 * (planes.value_errors[g] + planes.slope_errors[g] * (dx + dy))
                slack += 64 * cuts * ROUNDING * (abs(v) + abs(s) * dx + abs(t) * dy) + UNDERFLOW
                out = 0.0
                if not bounded:
                    out = slack
                n = _cut(buffers[now], n, v + slack, s + out, t + out, buffers[1 - now])
                now, cuts = 1 - now, cuts + 1
            for row in range(start, stop):
                if state[row] == ATTACKED and objective != MARGIN:
                    continue
                label = rows[row, 2]
                _leads(planes, i, j, label, leads)
                kept, at, count = n, now, cuts
                for step in range(others):
                    k = (label + step) % others  # the original label first: it refutes most
                    v, s, t = leads[k, 0], leads[k, 1], leads[k, 2]
                    if bounded and v + min(s * lx, s * ux) + min(t * ly, t * uy) >= 0.0:
                        continue
                    slack = 2 * (leads[k, 3] + leads[k, 4] * (dx + dy))
                    slack += 64 * count * ROUNDING * (leads[k, 5] + leads[k, 6] * dx + leads[k, 7] * dy) + UNDERFLOW
                    out = 0.0
                    if not bounded:
                        s, t = s * sx, t * sy
                        out = slack
                    # The polygon of the guards stays in ``now``, for the next label.
                    other = 2
                    if at == 2:
                        other = 3
                    kept = _cut(buffers[at], kept, v + slack, s + out, t + out, buffers[other])
                    at, count = other, count + 1
                    if kept == 0:
                        break
                if kept == 0:
                    continue
                corners = buffers[4]
                kept = _finite(buffers[at], kept, sx, sy, corners)
                for c in range(kept):
                    if not corners[c, 0] >= ranges[row, 0]:
                        ranges[row, 0] = corners[c, 0]
                    if not corners[c, 0] <= ranges[row, 1]:
                        ranges[row, 1] = corners[c, 0]
                if not (kept > 0 and ranges[row, 0] > -np.inf and ranges[row, 1] < np.inf):
                    ranges[row, 0], ranges[row, 1] = -np.inf, np.inf
                won = False
                if kept > 0:
                    if objective == MARGIN:
                        _widest(leads, label, corners, kept, buffers, best)
                    else:
                        _smallest(objective, corners, kept, best)
                    won = _witness(planes, i, j, leads, corners, kept, best, bits, best[2:])
                if won:
                    if state[row] != ATTACKED or best[4] > points[row, 2]:
                        points[row, 0], points[row, 1], points[row, 2] = best[2], best[3], best[4]
                    state[row] = ATTACKED
                elif state[row] == REFUTED:
                    state[row] = OPEN
        start = stop


_KERNEL = Kernel(_decide, _cut, _corners, _nearest, _leads, _least_lead, _holds, _finite, _widest, _smallest, _witness)


class Polygons(NamedTuple):
    """What became of many systems.

    Attributes:
        state: `REFUTED`, `ATTACKED` or `OPEN`, ``(rows,)``.
        points: A witness, in the model's own numbers, and its margin, ``(rows, 3)``; NaN where there is none.
        ranges: Where the first displacement can lie, rounded outwards, ``(rows, 2)``; meaningless where refuted.
    """

    state: Array
    points: Array
    ranges: Array


def decide(planes: Planes, rows: Array, objective: int = MARGIN, bits: int = 24) -> Polygons:
    """Decide many systems of two unknowns.

    Args:
        planes: The rows of one input.
        rows: First column, second column and label of each system, ``(rows, 3)``, those of one pair next to each
            other.
        objective: What a witness has most or least of: `MARGIN`, `L1` or `LINF`.
        bits: The significand of the model's type.
    """
    guards, others = len(planes.values), len(planes.gaps)
    buffers = np.empty((5, 8 + guards + 2 * others, 3))
    found = Polygons(
        np.zeros(len(rows), dtype=np.int8), np.full((len(rows), 3), np.nan), np.tile([np.inf, -np.inf], (len(rows), 1))
    )
    with np.errstate(all="ignore"):
        _KERNEL(
            planes,
            rows,
            objective,
            bits,
            buffers,
            np.empty((others, 8)),
            np.empty(5),
            *found,
            steps=len(rows) * (5 * guards + 20 * others),
        )
    return found
