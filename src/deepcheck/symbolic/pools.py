"""Loops over polygons: cut them where another of several candidates becomes the largest. Meshes are those of `cuts`."""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel
from deepcheck.symbolic.cuts import MOST, halves, made

TRIES = 4096
"""How often a polygon is cut for one group of candidates."""


def _apart(
    values: Array, numbers: Array, base: Array, present: Array, elements: Array, of: Array, item: Array, source: Array,
    width: int, first: Array, length: Array, corners: Array, plane: Array, left: Array, right: Array,
    weights: Array, used: Array,
) -> int:  # fmt: skip
    """Cut polygons until one candidate is the largest at all of a polygon's corners; 0 where there is no room.

    Args:
        values: Deviations of the operand at vertices, which new ones are made of.
        numbers: Their errors and sizes.
        base: The candidates at the inputs, ``(items, groups * width)``.
        present: Which candidates exist.
        elements: Which candidate each slot of a plane's rows is.
        of: Which row of that table each plane reads.
        item: Each plane's input.
        source: Where in the operand's row each slot's deviation is, per row of the table; -1: nowhere, it is 0.
        width: How many candidates a group has.
        first: The mesh.
        length: The mesh.
        corners: The mesh.
        plane: The mesh.
        left: The mesh.
        right: The mesh.
        weights: The mesh.
        used: The mesh.
    """
    sides, edges = np.zeros(256), np.zeros((2, 3), dtype=np.int64)
    f = 0
    while f < used[1]:
        g = plane[f]
        row, tries = of[g], 0
        start = 0
        while start < elements.shape[1]:
            a, _ = _rivals(
                values, base, present, elements, source, row, item[g], start, width, f, first, length, corners, sides
            )
            if a < 0 or length[f] >= MOST or tries > TRIES:
                start += width
                continue
            edges[0, 0] = 0
            done = halves(values, numbers, f, sides, edges, first, length, corners, plane, left, right, weights, used)
            if done < 0:
                return 0
            if done == 0:
                start += width
            tries += 1
        f += 1
    return 1


def _at(values: Array, base: Array, elements: Array, source: Array, row: int, item: int, v: int, slot: int) -> float:
    """A candidate's value at a vertex."""
    d = values[v, source[row, slot]] if source[row, slot] >= 0 else 0.0
    return float(base[item, elements[row, slot]] + d)


def _rivals(
    values: Array, base: Array, present: Array, elements: Array, source: Array, row: int, item: int, start: int,
    width: int, f: int, first: Array, length: Array, corners: Array, sides: Array,
) -> tuple[int, int]:  # fmt: skip
    """Two candidates that are largest at some corners of a polygon and lead each other, -1 where there are none.

    ``sides`` becomes the first one's lead at each corner, 0 within rounding. Of several, those that lead each other
    most.
    """
    a, b, most = -1, -1, 0.0
    for c in range(length[f]):
        one = _winner(values, base, present, elements, source, row, item, start, width, corners[first[f] + c])
        for d in range(c + 1, length[f]):
            two = _winner(values, base, present, elements, source, row, item, start, width, corners[first[f] + d])
            if one < 0 or one == two:
                continue
            ahead, behind, scale = 0.0, 0.0, 0.0
            for k in range(length[f]):
                v = corners[first[f] + k]
                x = _at(values, base, elements, source, row, item, v, one)
                y = _at(values, base, elements, source, row, item, v, two)
                ahead, behind = max(ahead, x - y), max(behind, y - x)
                still = abs(base[item, elements[row, one]]) + abs(base[item, elements[row, two]])
                scale = max(scale, still + abs(x) + abs(y))
            if min(ahead, behind) > 2.0**-48 * scale and min(ahead, behind) > most:
                a, b, most = one, two, min(ahead, behind)
                for k in range(length[f]):
                    v = corners[first[f] + k]
                    side = _at(values, base, elements, source, row, item, v, one)
                    side -= _at(values, base, elements, source, row, item, v, two)
                    sides[k] = 0.0 if abs(side) <= 2.0**-48 * scale else side
    return a, b


def _winner(
    values: Array, base: Array, present: Array, elements: Array, source: Array, row: int, item: int, start: int,
    width: int, v: int,
) -> int:  # fmt: skip
    """The slot of the largest candidate of a group at a vertex."""
    best, most = -1, 0.0
    for s in range(start, start + width):
        if elements[row, s] >= 0 and present[elements[row, s]]:
            own = _at(values, base, elements, source, row, item, v, s)
            if best < 0 or own > most:
                best, most = s, own
    return best


def _largest(
    values: Array, base: Array, present: Array, elements: Array, of: Array, item: Array, source: Array, width: int,
    first: Array, length: Array, corners: Array, plane: Array, belongs: Array, out: Array, size: Array, bend: Array,
) -> None:  # fmt: skip
    """The largest of each group less that at the input; the largest of each row, and how far polygons at it bend."""
    for v in range(len(values)):
        most, bad, g = 0.0, False, belongs[v]
        row = of[g]
        for start in range(0, elements.shape[1], width):
            top, rest, some = 0.0, 0.0, False
            for s in range(start, start + width):
                e = elements[row, s]
                if e < 0 or not present[e]:
                    continue
                u, z = _at(values, base, elements, source, row, item[g], v, s), base[item[g], e]
                bad = bad or u != u
                top, rest = (max(top, u), max(rest, z)) if some else (u, z)
                some = True
            out[v, start // width] = top - rest
            most = max(most, abs(top - rest))
        size[v], bend[v] = np.nan if bad else most, 0.0
    for f in range(len(first)):
        g, worst = plane[f], 0.0
        row = of[g]
        for start in range(0, elements.shape[1], width):
            least = np.inf
            for s in range(start, start + width):
                if elements[row, s] < 0 or not present[elements[row, s]]:
                    continue
                behind = 0.0
                for c in range(length[f]):
                    v = corners[first[f] + c]
                    own, top = _at(values, base, elements, source, row, item[g], v, s), -np.inf
                    for t in range(start, start + width):
                        if elements[row, t] >= 0 and present[elements[row, t]]:
                            top = max(top, _at(values, base, elements, source, row, item[g], v, t))
                    behind = max(behind, top - own)
                least = min(least, behind)
            if least < np.inf:
                worst = max(worst, least)
        for c in range(length[f]):
            v = corners[first[f] + c]
            bend[v] = max(bend[v], worst)


apart = Kernel(_apart, halves, made, _rivals, _winner, _at)
largest = Kernel(_largest, _at)
