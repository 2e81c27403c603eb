"""Two unknowns per system, very many systems at once: cut a polygon with every half-plane.

A system is a pair of columns and a label. Its polygon is the domain, cut by the guards of the path, then by the label's
leads. Every half-plane is first moved outwards by more than rounding can matter, so that an empty polygon is a
refutation; a witness is a number of the model's type at which every row holds beyond its own error. What
is neither is left open, for exact arithmetic.

Why an empty polygon refutes: with ``u = 2**-53`` a cut computes the place of a new corner on its edge up to an error
of ``3 e`` in the row's value, where ``e`` bounds the row's evaluation, and its coordinates up to ``6 u D`` (``D`` the
largest displacement). So after ``n`` cuts every true point lies within ``6 n u D`` of the computed polygon; each
row is moved by ``2 (value error + slope error D) + 64 (n + 8) u (|value| + |slopes| D)``, more than both together.

Coordinates are homogeneous, ``(x, y, w)`` for the point ``(x / w, y / w)``: an unbounded domain is cut in
quadrants, whose far corners have ``w = 0``. There coordinates lie in ``[0, 1]``, and slopes move outwards as well.

Trusted: IEEE arithmetic as numba compiles it (no fast-math).
"""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.solvers.compiled import Kernel

REFUTED, ATTACKED, OPEN = 0, 1, 2
MARGIN, L1, LINF = 0, 1, 2
ROUNDING = 2.0**-53
PULLS = (2.0**-10, 2.0**-4, 0.5, 1.0)
"""How far from the best corner towards the middle of the polygon a witness is looked for, one after another."""
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


def _cut(polygon: Array, n: int, a: float, b: float, c: float, made: Array) -> int:
    """Keep what of a polygon satisfies ``a w + b x + c y >= 0``; returns how many corners ``made`` has then.

    A value that overflowed to NaN cuts nothing off.
    """
    m = 0
    if n == 0:
        return 0
    lx, ly, lw = polygon[n - 1, 0], polygon[n - 1, 1], polygon[n - 1, 2]
    last = a * lw + b * lx + c * ly
    for i in range(n):
        x, y, w = polygon[i, 0], polygon[i, 1], polygon[i, 2]
        value = a * w + b * x + c * y
        if (value < 0.0) != (last < 0.0):
            t = last / (last - value)
            made[m, 0], made[m, 1], made[m, 2] = lx + t * (x - lx), ly + t * (y - ly), lw + t * (w - lw)
            m += 1
        if not value < 0.0:
            made[m, 0], made[m, 1], made[m, 2] = x, y, w
            m += 1
        lx, ly, lw, last = x, y, w, value
    return m


def _corners(lx: float, ux: float, ly: float, uy: float, sx: float, sy: float, polygon: Array) -> int:
    """The domain: a rectangle if ``sx`` is 0, else its part in the quadrant of signs ``(sx, sy)``, scaled to sum 1."""
    if sx == 0.0:
        polygon[0, 0], polygon[0, 1], polygon[0, 2] = lx, ly, 1.0
        polygon[1, 0], polygon[1, 1], polygon[1, 2] = ux, ly, 1.0
        polygon[2, 0], polygon[2, 1], polygon[2, 2] = ux, uy, 1.0
        polygon[3, 0], polygon[3, 1], polygon[3, 2] = lx, uy, 1.0
        return 4
    x = ux if sx > 0 else -lx
    y = uy if sy > 0 else -ly
    n = 1
    polygon[0, 0], polygon[0, 1], polygon[0, 2] = 0.0, 0.0, 1.0
    if x == np.inf:
        polygon[n, 0], polygon[n, 1], polygon[n, 2] = 1.0, 0.0, 0.0
    else:
        polygon[n, 0], polygon[n, 1], polygon[n, 2] = x / (1 + x), 0.0, 1 / (1 + x)
    n += 1
    if x != np.inf and y != np.inf:
        polygon[n, 0], polygon[n, 1], polygon[n, 2] = x / (1 + x + y), y / (1 + x + y), 1 / (1 + x + y)
        n += 1
    if y == np.inf:
        polygon[n, 0], polygon[n, 1], polygon[n, 2] = 0.0, 1.0, 0.0
        return n + 1
    polygon[n, 0], polygon[n, 1], polygon[n, 2] = 0.0, y / (1 + y), 1 / (1 + y)
    return n + 1


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
        doubt += 16 * ROUNDING * (leads[k, 5] + leads[k, 6] * ax + leads[k, 7] * ay)
        if not doubt < PRECISION * lead:
            return -1.0
        least = min(least, lead)
    for g in range(len(planes.values)):
        v, s, t, e = planes.values[g], planes.slopes[i, g] * x, planes.slopes[j, g] * y, planes.slope_errors[g]
        if planes.slopes[i, g] == 0.0 and planes.slopes[j, g] == 0.0 and e == 0.0:
            continue  # it cannot change, and it holds at the input
        doubt = planes.value_errors[g] + e * (ax + ay) + 16 * ROUNDING * (abs(v) + abs(s) + abs(t))
        if not v + s + t >= doubt:
            return -1.0
    return least


def _finite(polygon: Array, n: int, sx: float, sy: float, made: Array) -> int:
    """Corners as displacements ``(x, y, 1)``; a direction becomes a point far along it. 0 where all lie at infinity."""
    far, x, y, finite = 1.0, 0.0, 0.0, 0
    for i in range(n):
        w = polygon[i, 2]
        if w > 2.0**-40:
            finite += 1
            x, y = x + polygon[i, 0] / w, y + polygon[i, 1] / w
            far = max(far, abs(polygon[i, 0] / w), abs(polygon[i, 1] / w))
    if finite == 0:
        return 0
    for i in range(n):
        w = polygon[i, 2]
        if w > 2.0**-40:
            made[i, 0], made[i, 1] = polygon[i, 0] / w, polygon[i, 1] / w
        else:
            made[i, 0], made[i, 1] = x / finite + far * polygon[i, 0], y / finite + far * polygon[i, 1]
        made[i, 2] = 1.0
        if sx != 0.0:
            made[i, 0], made[i, 1] = sx * made[i, 0], sy * made[i, 1]
    return n


def _widest(leads: Array, label: int, corners: Array, n: int, buffers: Array, best: Array) -> None:
    """Where in a polygon the least lead is largest.

    A corner where some lead is largest, and is the least lead there, is such a point. Else the polygon is cut
    into the parts in which each lead is the least.
    """
    others = len(leads)
    for step in range(others):
        k = (label + step) % others  # the lead over the original label first
        v, s, t = leads[k, 0], leads[k, 1], leads[k, 2]
        top, at = -np.inf, 0
        for c in range(n):
            lead = v + s * corners[c, 0] + t * corners[c, 1]
            if lead > top:
                top, at = lead, c
        if _least_lead(leads, corners[at, 0], corners[at, 1]) >= top:
            best[0], best[1] = corners[at, 0], corners[at, 1]
            return
    top = -np.inf
    for k in range(others):
        count, now = n, 2
        for c in range(n):
            buffers[2, c, 0], buffers[2, c, 1], buffers[2, c, 2] = corners[c, 0], corners[c, 1], 1.0
        for other in range(others):
            if other == k:
                continue
            v, s, t = leads[other, 0] - leads[k, 0], leads[other, 1] - leads[k, 1], leads[other, 2] - leads[k, 2]
            count = _cut(buffers[now], count, v, s, t, buffers[5 - now])
            now = 5 - now
            if count == 0:
                break
        for c in range(count):
            x, y = buffers[now, c, 0], buffers[now, c, 1]
            lead = leads[k, 0] + leads[k, 1] * x + leads[k, 2] * y
            if lead > top:
                top, best[0], best[1] = lead, x, y


def _smallest(objective: int, corners: Array, n: int, best: Array) -> None:
    """The point of a polygon's border nearest to 0 in the 1-norm or the infinity-norm.

    Both are linear between the lines where an unknown is 0, or where two are equally large.
    """
    least = np.inf
    for c in range(n):
        px, py = corners[c - 1, 0], corners[c - 1, 1]
        if c == 0:
            px, py = corners[n - 1, 0], corners[n - 1, 1]
        qx, qy = corners[c, 0], corners[c, 1]
        for turn in range(3):
            x, y = qx, qy
            if turn > 0:
                a, b = px, qx
                if turn == 2:
                    a, b = py, qy
                if objective == LINF:
                    a, b = px - py, qx - qy
                    if turn == 2:
                        a, b = px + py, qx + qy
                if a * b >= 0.0:
                    continue
                x, y = px + a / (a - b) * (qx - px), py + a / (a - b) * (qy - py)
            size = abs(x) + abs(y)
            if objective == LINF:
                size = max(abs(x), abs(y))
            if size < least:
                least, best[0], best[1] = size, x, y


def _witness(
    planes: Planes, i: int, j: int, leads: Array, corners: Array, n: int, best: Array, bits: int, found: Array
) -> bool:
    """Pull the best point into the polygon until a number of the model's type certainly works."""
    mx, my = 0.0, 0.0
    for c in range(n):
        mx, my = mx + corners[c, 0] / n, my + corners[c, 1] / n
    for step in range(len(PULLS)):
        pull = PULLS[step]
        x = _nearest(planes.origin[i] + best[0] + pull * (mx - best[0]), bits)
        y = _nearest(planes.origin[j] + best[1] + pull * (my - best[1]), bits)
        x = min(max(x, planes.least[i]), planes.most[i])
        y = min(max(y, planes.least[j]), planes.most[j])
        if not (abs(x) < np.inf and abs(y) < np.inf):
            continue
        margin = _holds(planes, i, j, leads, x - planes.origin[i], y - planes.origin[j])
        if margin > 0.0:
            found[0], found[1], found[2] = x, y, margin
            return True
    return False


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
                slack += 64 * cuts * ROUNDING * (abs(v) + abs(s) * dx + abs(t) * dy)
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
                    slack += 64 * count * ROUNDING * (leads[k, 5] + leads[k, 6] * dx + leads[k, 7] * dy)
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
