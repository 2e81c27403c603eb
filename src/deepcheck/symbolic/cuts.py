"""Loops over polygons: cut them where branches bend, and bound how far a branch is from linear on each.

Rows are vertices, in no order; a polygon is a list of vertices, around it. Every vertex that a cut makes lies on an
edge, at a weight between two vertices that were there before it: that defines it, so the parts of a polygon fill it
exactly.

A *mesh* is passed as arrays with room at their ends: ``first`` and ``length`` of each polygon's corners in
``corners``; ``left``, ``right`` and ``weight`` of each made vertex; and ``used``, how many vertices, polygons and
corners there are.
"""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel

MOST = 254
"""A polygon of so many corners is not cut; what it bends is error."""


def made(
    values: Array, numbers: Array, p: int, q: int, weight: float, left: Array, right: Array, weights: Array, used: Array
) -> int:
    """Make a vertex between two others; -1 where there is no room."""
    c = used[0]
    if c >= len(values):
        return -1
    used[0] += 1
    left[c], right[c], weights[c] = p, q, weight
    for s in range(values.shape[1]):
        values[c, s] = values[p, s] + weight * (values[q, s] - values[p, s])
    size = max(numbers[p, 1], numbers[q, 1]) * (1 + 2.0**-40)
    numbers[c, 1] = size
    numbers[c, 0] = ((1 - weight) * numbers[p, 0] + weight * numbers[q, 0] + 2.0**-49 * size) * (
        1 + 2.0**-40
    ) + 2.0**-1021
    return int(c)


def halves(
    values: Array, numbers: Array, f: int, sides: Array, edges: Array, first: Array, length: Array, corners: Array,
    plane: Array, left: Array, right: Array, weights: Array, used: Array,
) -> int:  # fmt: skip
    """Cut a polygon where signed distances change sign: the part below takes its place, that above is a new polygon.

    Args:
        values: Deviations at vertices.
        numbers: Error and size of each.
        f: The polygon.
        sides: The signed distance of each of its corners, 0 where it is on the cut.
        edges: Cuts of edges that were made already for the same cut: their ends and the vertex, and how many, first.
        first: The mesh.
        length: The mesh.
        corners: The mesh.
        plane: The plane of each polygon.
        left: The mesh.
        right: The mesh.
        weights: The mesh.
        used: The mesh.

    Returns:
        1 if it was cut, 0 if not, -1 where there is no room.
    """
    n, at = length[f], first[f]
    changes, before = 0, 0.0
    for c in range(n):
        if sides[c] != 0:
            changes += before != 0 and (sides[c] > 0) != (before > 0)
            before = sides[c]
    for c in range(n):
        if sides[c] != 0:
            changes += (sides[c] > 0) != (before > 0)
            break
    if changes != 2:
        return 0
    if used[1] >= len(first) or used[2] + 2 * (n + 2) > len(corners):
        return -1
    below, above = used[2], used[2] + n + 2
    low, high = 0, 0
    for c in range(n):
        p, q, a, b = corners[at + c], corners[at + (c + 1) % n], sides[c], sides[(c + 1) % n]
        if a <= 0:
            corners[below + low] = p
            low += 1
        if a >= 0:
            corners[above + high] = p
            high += 1
        if (a < 0 and b > 0) or (a > 0 and b < 0):
            near, far = min(p, q), max(p, q)
            fresh = -1
            for e in range(1, edges[0, 0] + 1):
                if edges[e, 0] == near and edges[e, 1] == far:
                    fresh = edges[e, 2]
                    break
            if fresh < 0:
                fresh = made(values, numbers, p, q, a / (a - b), left, right, weights, used)
                if fresh < 0:
                    return -1
                if edges[0, 0] + 1 < len(edges):
                    edges[0, 0] += 1
                    edges[edges[0, 0], 0], edges[edges[0, 0], 1], edges[edges[0, 0], 2] = near, far, fresh
            corners[below + low] = fresh
            corners[above + high] = fresh
            low += 1
            high += 1
    g = used[1]
    first[f], length[f] = below, low
    first[g], length[g], plane[g] = above, high, plane[f]
    used[1] += 1
    used[2] += 2 * (n + 2)
    return 1


def _cut(
    values: Array, numbers: Array, base: Array, elements: Array, of: Array, item: Array, breaks: Array, first: Array,
    length: Array, corners: Array, plane: Array, left: Array, right: Array, weights: Array, used: Array,
    vertices: Array, starts: Array, polygons: Array, polygon_starts: Array,
) -> int:  # fmt: skip
    """Cut polygons where values cross breakpoints, plane by plane; 0 where there is no room."""
    sides, edges = np.zeros(256), np.zeros((256, 3), dtype=np.int64)
    for g in range(len(starts) - 1):
        mine = np.empty(polygon_starts[g + 1] - polygon_starts[g] + 4096, dtype=np.int64)
        count = polygon_starts[g + 1] - polygon_starts[g]
        mine[:count] = polygons[polygon_starts[g] : polygon_starts[g + 1]]
        for s in range(values.shape[1]):
            z = base[item[g], elements[of[g], s]]
            low, high = np.inf, -np.inf
            for at in range(starts[g], starts[g + 1]):
                low, high = min(low, values[vertices[at], s]), max(high, values[vertices[at], s])
            # A vertex that was made since lies between others.
            scale = abs(z) + max(abs(low), abs(high))
            for k in range(len(breaks)):
                shift = z - breaks[k]
                tiny = 2.0**-48 * (scale + abs(breaks[k]))
                if not (low + shift < -tiny and high + shift > tiny):
                    continue
                edges[0, 0] = 0
                for at in range(count):
                    f = mine[at]
                    if length[f] >= MOST:
                        continue
                    some_low, some_high = False, False
                    for c in range(length[f]):
                        side = values[corners[first[f] + c], s] + shift
                        if abs(side) <= tiny:
                            side = 0.0
                        sides[c] = side
                        some_low, some_high = some_low or side < 0, some_high or side > 0
                    if not (some_low and some_high):
                        continue
                    done = halves(
                        values, numbers, f, sides, edges, first, length, corners, plane, left, right, weights, used
                    )
                    if done < 0:
                        return 0
                    if done > 0:
                        if count >= len(mine):
                            more = np.empty(2 * len(mine), dtype=np.int64)
                            more[:count] = mine
                            mine = more
                        mine[count] = used[1] - 1
                        count += 1
    return 1


def _bent(
    values: Array, base: Array, elements: Array, of: Array, item: Array, breaks: Array, slopes: Array,
    intercepts: Array, first: Array, length: Array, corners: Array, plane: Array, belongs: Array, out: Array,
    size: Array, bend: Array,
) -> None:  # fmt: skip
    """What a scalar function makes of deviations; the largest of each row, and how far polygons at it bend."""
    ends = len(breaks)
    for v in range(len(values)):
        most, bad, g = 0.0, False, belongs[v]
        for s in range(values.shape[1]):
            d, y = values[v, s], 0.0
            if d != 0:
                z = base[item[g], elements[of[g], s]]
                u, own, arm = z + d, 0, 0
                for k in range(ends):
                    own += z > breaks[k]
                    arm += u > breaks[k]
                if own == arm:
                    y = slopes[arm] * d
                else:
                    y = (slopes[arm] * u + intercepts[arm]) - (slopes[own] * z + intercepts[own])
            out[v, s] = y
            bad = bad or y != y
            most = max(most, abs(y))
        size[v], bend[v] = np.nan if bad else most, 0.0
    for f in range(len(first)):
        g, worst = plane[f], 0.0
        for s in range(values.shape[1]):
            z = base[item[g], elements[of[g], s]]
            low, high = np.inf, -np.inf
            for c in range(length[f]):
                d = values[corners[first[f] + c], s]
                low, high = min(low, d), max(high, d)
            far = 0.0
            for k in range(ends):
                a, b = (z + low) - breaks[k], (z + high) - breaks[k]
                if a < 0 and b > 0:
                    far += abs(slopes[k + 1] - slopes[k]) * min(-a, b)
            worst = max(worst, far)
        for c in range(length[f]):
            v = corners[first[f] + c]
            bend[v] = max(bend[v], worst)


def _appended(values: Array, numbers: Array, left: Array, right: Array, weights: Array, start: int) -> None:
    """Older values at vertices that were made since: each lies between two before it."""
    for c in range(start, len(values)):
        p, q, weight = left[c], right[c], weights[c]
        for s in range(values.shape[1]):
            values[c, s] = values[p, s] + weight * (values[q, s] - values[p, s])
        size = max(numbers[p, 1], numbers[q, 1]) * (1 + 2.0**-40)
        error = (1 - weight) * numbers[p, 0] + weight * numbers[q, 0] + 2.0**-49 * size
        numbers[c, 0], numbers[c, 1] = error * (1 + 2.0**-40) + 2.0**-1021, size


cut = Kernel(_cut, halves, made)
bent = Kernel(_bent)
appended = Kernel(_appended)
