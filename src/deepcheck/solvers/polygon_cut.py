"""Polygons in homogeneous coordinates, ``(x, y, w)`` for the point ``(x / w, y / w)``: their corners, and cutting them.

An unbounded domain is cut in quadrants, whose far corners have ``w = 0``; there coordinates lie in ``[0, 1]``.
"""

import numpy as np

from deepcheck.program import Array


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
