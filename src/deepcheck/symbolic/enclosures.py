"""Loops over segments: a line through what a branch makes of each number, and how far that may leave the line.

Rows are the segments' first ends, then their last ones; each number has a *spread* besides, as `tubes` says.
"""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel


def _arm(u: float, breaks: Array) -> int:
    """The piece of a scalar function that a number lies on."""
    arm = 0
    while arm < len(breaks) and u > breaks[arm]:
        arm += 1
    return arm


def _enclosed(
    values: Array, spread: Array, slack: Array, base: Array, elements: Array, of: Array, item: Array,
    breaks: Array, slopes: Array, intercepts: Array, out: Array, wider: Array, size: Array, widest: Array,
) -> None:  # fmt: skip
    """A line through a scalar function over each segment, and how far the function may leave it.

    Args:
        values: Deviations at the first ends of the segments, then at the last ones, ``(2 n, m)``.
        spread: How far the true ones may leave the line between, ``(n, m)``.
        slack: What else is to be added to that, per segment.
        base: Values at the inputs.
        elements: Which element each entry is.
        of: Which row of that table each segment reads.
        item: Which input each is about.
        breaks: Breakpoints.
        slopes: Slopes.
        intercepts: Intercepts.
        out: Where the ends of the new lines go.
        wider: Where the new spreads go.
        size: Where the largest end of each row goes.
        widest: Where the largest spread goes.
    """
    n = len(spread)
    for r in range(n):
        most, next_most, largest_spread, bad = 0.0, 0.0, 0.0, False
        for s in range(spread.shape[1]):
            first, last, free = values[r, s], values[n + r, s], spread[r, s]
            y0, y1, room = 0.0, 0.0, 0.0
            if first != 0 or last != 0 or free != 0:
                z = base[item[r], elements[of[r], s]]
                a, b = z + first, z + last
                low, high = min(a, b) - (free + slack[r]), max(a, b) + (free + slack[r])
                arm, other, own = _arm(low, breaks), _arm(high, breaks), _arm(z, breaks)
                if arm == other and arm == own:
                    y0, y1, room = slopes[arm] * first, slopes[arm] * last, abs(slopes[arm]) * free
                else:
                    at_low, at_high = slopes[arm] * low + intercepts[arm], slopes[other] * high + intercepts[other]
                    k, least, top = slopes[arm], intercepts[arm], intercepts[arm]
                    if arm != other:
                        k = (at_high - at_low) / (high - low)
                        least = min(at_low - k * low, at_high - k * high)
                        top = max(at_low - k * low, at_high - k * high)
                        for at in range(arm, other):
                            bend = slopes[at] * breaks[at] + intercepts[at] - k * breaks[at]
                            least, top = min(least, bend), max(top, bend)
                    shift = (least + top) / 2 - (slopes[own] * z + intercepts[own])
                    y0, y1 = k * a + shift, k * b + shift
                    room = (abs(k) * free + (top - least) / 2) * (1 + 2.0**-40)
            out[r, s], out[n + r, s], wider[r, s] = y0, y1, room
            most, next_most = max(most, abs(y0)), max(next_most, abs(y1))
            largest_spread = max(largest_spread, room)
            bad = bad or y0 != y0 or y1 != y1 or room != room
        size[r], size[n + r] = np.nan if bad else most, np.nan if bad else next_most
        widest[r] = np.nan if bad else largest_spread


def _dominated(
    values: Array, spread: Array, slack: Array, base: Array, present: Array, elements: Array, of: Array, item: Array,
    width: int, out: Array, wider: Array, size: Array, widest: Array,
) -> None:  # fmt: skip
    """A line through the largest of each group over each segment, and how far the largest may leave it."""
    n = len(spread)
    for r in range(n):
        most, next_most, largest_spread, bad = 0.0, 0.0, 0.0, False
        for start in range(0, spread.shape[1], width):
            best, lead, at_input, some = -1, 0.0, 0.0, False
            for s in range(start, start + width):
                e = elements[of[r], s]
                if e < 0 or not present[e]:
                    continue
                z = base[item[r], e]
                at_input = z if not some else max(at_input, z)
                some = True
                middle = z + (values[r, s] + values[n + r, s]) / 2
                if best < 0 or middle > lead:
                    best, lead = s, middle
                bad = bad or middle != middle or spread[r, s] != spread[r, s]
            y0, y1, room = 0.0, 0.0, 0.0
            if best >= 0:
                z = base[item[r], elements[of[r], best]]
                a, b, down = z + values[r, best], z + values[n + r, best], spread[r, best]
                up = down
                for s in range(start, start + width):
                    e = elements[of[r], s]
                    if s == best or e < 0 or not present[e]:
                        continue
                    c = base[item[r], e]
                    over = max(c + values[r, s] - a, c + values[n + r, s] - b) + spread[r, s]
                    if over + down + slack[r] > 0:
                        up = max(up, over)
                y0, y1 = a + (up - down) / 2 - at_input, b + (up - down) / 2 - at_input
                room = (up + down) / 2 * (1 + 2.0**-40)
            out[r, start // width], out[n + r, start // width], wider[r, start // width] = y0, y1, room
            most, next_most = max(most, abs(y0)), max(next_most, abs(y1))
            largest_spread = max(largest_spread, room)
        size[r], size[n + r] = np.nan if bad else most, np.nan if bad else next_most
        widest[r] = np.nan if bad else largest_spread


enclosed = Kernel(_enclosed, _arm)
dominated = Kernel(_dominated)
