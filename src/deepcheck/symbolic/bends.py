"""Loops over points of lines: where branches bend, what they make of deviations, and how far they are from linear.

Rows are points, sorted along their line; two neighbours of one line bound a *piece*. Between them every value is the
linear interpolation of the two rows, up to the errors that `walking` keeps.
"""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel

TOLERANCE = 2.0**-48
"""A bend whose distance from linear is below this share of the values is left to the error bound."""


def _crossings(
    values: Array, base: Array, elements: Array, of: Array, item: Array, line: Array, time: Array,
    breaks: Array, tolerance: float, piece: Array, at: Array,
) -> int:  # fmt: skip
    """Count where pieces cross breakpoints, and store as many as there is room for: the piece and the time."""
    count = 0
    for p in range(len(values) - 1):
        if line[p] != line[p + 1] or not time[p + 1] > time[p]:
            continue
        for s in range(values.shape[1]):
            first, last = values[p, s], values[p + 1, s]
            if first == last:
                continue
            z = base[item[p], elements[of[p], s]]
            scale = abs(z) + abs(first) + abs(last)
            for k in range(len(breaks)):
                a, b = z + first - breaks[k], z + last - breaks[k]
                if (a < 0 and b > 0) or (a > 0 and b < 0):
                    if min(abs(a), abs(b)) <= tolerance * (scale + abs(breaks[k])):
                        continue
                    when = time[p] + a / (a - b) * (time[p + 1] - time[p])
                    if time[p] < when < time[p + 1]:
                        if count < len(piece):
                            piece[count], at[count] = p, when
                        count += 1
    return count


def _bent(
    values: Array, base: Array, elements: Array, of: Array, item: Array, line: Array, time: Array,
    breaks: Array, slopes: Array, intercepts: Array, out: Array, size: Array, bend: Array,
) -> None:  # fmt: skip
    """What a scalar function makes of deviations; the largest result of a row, how far the piece before it bends."""
    ends = len(breaks)
    for p in range(len(values)):
        most, worst, bad = 0.0, 0.0, False
        piece = p > 0 and line[p] == line[p - 1] and time[p] > time[p - 1]
        for s in range(values.shape[1]):
            d, y = values[p, s], 0.0
            if d != 0 or (piece and values[p - 1, s] != 0):
                z = base[item[p], elements[of[p], s]]
                u, own, arm = z + d, 0, 0
                for k in range(ends):
                    own += z > breaks[k]
                    arm += u > breaks[k]
                if own == arm:
                    y = slopes[arm] * d
                else:
                    y = (slopes[arm] * u + intercepts[arm]) - (slopes[own] * z + intercepts[own])
                if piece:
                    before, far = z + values[p - 1, s], 0.0
                    for k in range(ends):
                        a, b = before - breaks[k], u - breaks[k]
                        if (a < 0 and b > 0) or (a > 0 and b < 0):
                            far += abs(slopes[k + 1] - slopes[k]) * min(abs(a), abs(b))
                    worst = max(worst, far)
            out[p, s] = y
            bad = bad or y != y
            most = max(most, abs(y))
        size[p] = np.nan if bad else most
        bend[p] = worst


def _meetings(
    values: Array, base: Array, present: Array, elements: Array, of: Array, item: Array, line: Array, time: Array,
    width: int, tolerance: float, piece: Array, at: Array,
) -> int:  # fmt: skip
    """Count where the largest of a group changes along a piece, and store as many as there is room for."""
    count = 0
    for p in range(len(values) - 1):
        if line[p] != line[p + 1] or not time[p + 1] > time[p]:
            continue
        for start in range(0, values.shape[1], width):
            a, b, near, far = _winners(values, base, present, elements, of, item, p, start, width)
            if a < 0 or a == b or min(near, far) <= tolerance * _scale(values, base, elements, of, item, p, a, b):
                continue
            when = time[p] + near / (near + far) * (time[p + 1] - time[p])
            if time[p] < when < time[p + 1]:
                if count < len(piece):
                    piece[count], at[count] = p, when
                count += 1
    return count


def _winners(
    values: Array, base: Array, present: Array, elements: Array, of: Array, item: Array, p: int, start: int, width: int
) -> tuple[int, int, float, float]:
    """Who is largest at both ends of a piece, and by how much each leads the other at its own end."""
    a, b = -1, -1
    for s in range(start, start + width):
        e = elements[of[p], s]
        if e < 0 or not present[e]:
            continue
        z = base[item[p], e]
        if a < 0 or z + values[p, s] > base[item[p], elements[of[p], a]] + values[p, a]:
            a = s
        if b < 0 or z + values[p + 1, s] > base[item[p], elements[of[p], b]] + values[p + 1, b]:
            b = s
    if a < 0:
        return a, b, 0.0, 0.0
    first, last = base[item[p], elements[of[p], a]], base[item[p], elements[of[p], b]]
    near = (first + values[p, a]) - (last + values[p, b])
    far = (last + values[p + 1, b]) - (first + values[p + 1, a])
    return a, b, near, far


def _scale(values: Array, base: Array, elements: Array, of: Array, item: Array, p: int, a: int, b: int) -> float:
    """The size of what two candidates are computed from."""
    first, last = base[item[p], elements[of[p], a]], base[item[p], elements[of[p], b]]
    near = abs(values[p, a]) + abs(values[p, b]) + abs(values[p + 1, a]) + abs(values[p + 1, b])
    return float(abs(first) + abs(last) + near)


def _largest(
    values: Array, base: Array, present: Array, elements: Array, of: Array, item: Array, line: Array, time: Array,
    width: int, out: Array, size: Array, bend: Array,
) -> None:  # fmt: skip
    """The largest of each group less that at the input; the largest result of a row, how far the piece before bends."""
    for p in range(len(values)):
        most, worst, bad = 0.0, 0.0, False
        piece = p > 0 and line[p] == line[p - 1] and time[p] > time[p - 1]
        for start in range(0, values.shape[1], width):
            y, top, rest, some = 0.0, 0.0, 0.0, False
            for s in range(start, start + width):
                e = elements[of[p], s]
                if e < 0 or not present[e]:
                    continue
                z = base[item[p], e]
                top = z + values[p, s] if not some else max(top, z + values[p, s])
                rest = z if not some else max(rest, z)
                some = True
                bad = bad or values[p, s] != values[p, s]
            y = top - rest
            if piece and some:
                a, b, near, far = _winners(values, base, present, elements, of, item, p - 1, start, width)
                if a != b:
                    worst = max(worst, min(near, far))
            out[p, start // width] = y
            most = max(most, abs(y))
        size[p] = np.nan if bad else most
        bend[p] = worst


crossings = Kernel(_crossings)
bent = Kernel(_bent)
meetings = Kernel(_meetings, _winners, _scale)
largest = Kernel(_largest, _winners)
