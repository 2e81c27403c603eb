"""From the points of a walk to the largest margin on each line, over the whole line or over its levels only.

Between two neighbouring points every lead is linear, up to the interpolation of the two errors, and the largest of
linear functions is convex: so on a piece it is largest at an end, and over levels at the first or the last one in it.
The same holds of ``lead + error``, which bounds the supremum from above; ``lead - error`` at a point of the range
bounds it from below.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.peaks import Peaks, leads
from deepcheck.attacks.triples import levels_within
from deepcheck.domains import Box
from deepcheck.explore.line_regions import Leads
from deepcheck.program import Array
from deepcheck.program.bounded import UNIT, difference
from deepcheck.solvers import Interval


@dataclass(frozen=True)
class Margins:
    """Leads over the input's own label at points of lines, point by point along each line.

    Attributes:
        line: Which line each point is on, ``(points,)``, increasing; every line has one.
        time: Its displacement.
        lead: The lead of each label, ``(points, labels)``; minus infinity where a label does not count.
        error: How far leads may be off, ``(points,)``.
    """

    line: Array
    time: Array
    lead: Array
    error: Array

    @staticmethod
    def of(found: Leads, own: Array, of: Array, target: int | None) -> "Margins":
        """The margins of a walk.

        Args:
            found: Label scores along segments.
            own: The label of each segment's input, ``(segments,)``.
            of: Which line each segment is a part of, increasing.
            target: The only label that counts, or None.
        """
        return Margins(of[found.line], found.time, leads(found.scores, own[found.line], target), found.error)

    @property
    def starts(self) -> Array:
        """The first point of each line."""
        return np.flatnonzero(np.diff(self.line, prepend=-1))


def highest(found: Margins, origin: Array, slack: tuple[Array, Array]) -> Peaks:
    """The largest margin on each line.

    Args:
        found: The margins along them.
        origin: Where each line's element starts, ``(lines,)``.
        slack: How far inside of the first and of the last point the true end of each line may lie.
    """
    label = np.argmax(found.lead, axis=1)
    top = found.lead[np.arange(len(label)), label]
    low = top - found.error
    first = found.starts
    last = np.append(first[1:], len(top)) - 1
    for end, inside, room in ((first, first + 1, slack[0]), (last, last - 1, slack[1])):
        rows = np.flatnonzero((room > 0) & (first < last))
        low[end[rows]] = _inside(found, low, label, end[rows], inside[rows], room[rows])
    return _best(first, found.line, (low, top, top + found.error), label, origin[found.line] + found.time)


def _inside(found: Margins, low: Array, label: Array, end: Array, inside: Array, room: Array) -> Array:
    """A lower bound of the lead a little inside of an end."""
    share = np.minimum(room / np.abs(found.time[inside] - found.time[end]), 1.0)
    other = found.lead[inside, label[end]] - found.error[inside]
    return np.asarray((1 - share) * low[end] + share * other - 8 * UNIT * (np.abs(low[end]) + np.abs(other)))


def highest_levels(found: Margins, origin: Array, element: Array, box: Box) -> Peaks:
    """The largest margin over the levels of each line.

    Args:
        found: The margins along the whole lines.
        origin: Where each line's element starts, ``(lines,)``.
        element: Which element that is.
        box: The domain, with levels.
    """
    assert box.tables is not None
    same = (found.line[1:] == found.line[:-1]) & (found.time[1:] > found.time[:-1])
    piece = np.flatnonzero(same)
    line, start, end = found.line[piece], found.time[piece], found.time[piece + 1]
    (first, last), _ = levels_within(Interval(start, start, end, end), origin[line], box, element[line])
    kept = first <= last
    piece, line = np.repeat(piece[kept], 2), np.repeat(line[kept], 2)
    level = np.stack([first[kept], last[kept]], axis=1).ravel()
    value = box.tables[box.channel[element[line]], level]
    step, doubt = difference(value, origin[line])
    start, length = found.time[piece], found.time[piece + 1] - found.time[piece]
    weight = np.clip((step - start) / length, 0.0, 1.0)
    before, after = found.lead[piece], found.lead[piece + 1]
    counts = np.isfinite(before) & np.isfinite(after)
    with np.errstate(invalid="ignore"):
        lead = np.where(counts, before + weight[:, None] * (after - before), before)
        size = np.where(counts, np.abs(before) + np.abs(after), 0.0).max(axis=1, initial=0.0)
    error = found.error[piece] * (1 - weight) + found.error[piece + 1] * weight + 16 * UNIT * size
    if (doubt > 0).any():
        error = error + np.where(doubt > 0, 2 * doubt * _steepest(found)[line], 0.0)
    label = np.argmax(lead, axis=1)
    top = lead[np.arange(len(label)), label]
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    return _best(starts, line, (top - error, top, top + error), label, value)


def _steepest(found: Margins) -> Array:
    """The steepest that any lead can be on each line."""
    moved, error = np.diff(found.time), found.error[1:] + found.error[:-1]
    same = (found.line[1:] == found.line[:-1]) & (moved > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = np.nan_to_num(np.abs(np.diff(found.lead, axis=0)), nan=0.0, posinf=np.inf).max(axis=1) + error
        slope = np.where(same, rise / moved, 0.0)
    steepest = np.zeros(int(found.line[-1]) + 1)
    np.maximum.at(steepest, found.line[1:], slope)
    return steepest * (1 + 2.0**-30)


def _best(starts: Array, line: Array, bounds: tuple[Array, Array, Array], label: Array, value: Array) -> Peaks:
    """The best row of each line: rows are in order of lines, and every line has one.

    Args:
        starts: The first row of each line.
        line: Each row's line.
        bounds: A lower bound, the number, and an upper bound of each row.
        label: Its label.
        value: Where it is.
    """
    low, top, high = (np.maximum.reduceat(each, starts) for each in bounds)
    rows = np.arange(len(line))
    at = np.minimum.reduceat(np.where(bounds[1] == top[line], rows, len(rows) - 1), starts)
    return Peaks.between(low, top, high, label[at], value[at])
