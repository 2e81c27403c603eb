"""Points of a polygon that make good witnesses: where the margin is largest, or the change smallest, pulled inside."""

import numpy as np

from deepcheck.program import Array
from deepcheck.solvers.planes import LINF, Planes, _holds, _least_lead, _nearest
from deepcheck.solvers.polygon_cut import _cut

PULLS = (2.0**-10, 2.0**-4, 0.5, 1.0)
"""How far from the best corner towards the middle of the polygon a witness is looked for, one after another."""


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
