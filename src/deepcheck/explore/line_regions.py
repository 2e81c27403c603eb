"""From pieces of lines to the values that attack: for each line and label the intervals in which that label leads.

Between two neighbouring points every lead is linear, up to the interpolation of the two errors. So ``lead + error >=
0`` and ``lead - error >= 0`` are half-lines in the weight: what the first leaves (*outer*) holds every attacking
value, all that the second leaves (*inner*) attacks. Intervals of neighbouring pieces that touch are one.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import Array, Decision
from deepcheck.program.bounded import UNIT, UP
from deepcheck.symbolic.segments import Segments
from deepcheck.symbolic.walking import Walked

WIDER = 2.0**-44
"""Covers the rounding of an end of an interval, relative to the piece it lies in."""


@dataclass(frozen=True)
class Leads:
    """Label scores along lines.

    Attributes:
        line: Which line each point is on, ``(points,)``.
        time: Its displacement.
        scores: The scores of the labels, ``(points, labels)``.
        error: How far the difference of two scores may be off, ``(points,)``, interpolated between points.
    """

    line: Array
    time: Array
    scores: Array
    error: Array

    @staticmethod
    def of(decision: Decision, outputs: Array, errors: Array, segments: Segments, walked: Walked) -> "Leads":
        """Scores at the points of a walk.

        Args:
            decision: From outputs to labels.
            outputs: The items' outputs, ``(items, outputs)``.
            errors: How far they may be off, likewise.
            segments: The lines.
            walked: The walk along them.
        """
        line, moved = walked.points.line, walked.deviation
        item = segments.item[line]
        value = outputs[item] + moved.value
        size = np.abs(value).max(axis=1, initial=0.0) + np.abs(moved.value).max(axis=1, initial=0.0)
        each = moved.element_error.reshape(len(line), -1).max(axis=1) + errors.max(axis=1, initial=0.0)[item]
        error = (2 * (each + 2 * UNIT * size) + 4 * UNIT * size) * UP
        return Leads(line, walked.points.time, decision.scores(value), error)

    @property
    def starts(self) -> Array:
        """The points that a piece starts at."""
        same = (self.line[1:] == self.line[:-1]) & (self.time[1:] > self.time[:-1])
        return np.flatnonzero(same)

    def open(self, labels: Array, target: int | None) -> tuple[Array, Array]:
        """Pieces, by their first point, on which a label may reach the lines' own: ``(piece, label)`` pairs.

        Args:
            labels: The label of each line's input, ``(lines,)``.
            target: The only label that counts, or None.
        """
        own = np.take_along_axis(self.scores, labels[self.line][:, None], axis=1)
        near = ~(own - self.scores > self.error[:, None])
        near[np.arange(len(near)), labels[self.line]] = False
        if target is not None:
            near[:, np.arange(near.shape[1]) != target] = False
        starts = self.starts
        piece, label = np.nonzero(near[starts] | near[starts + 1])
        return starts[piece], label


@dataclass(frozen=True)
class Ranges:
    """Intervals of displacements in which a label leads, sorted by line, then label, then place.

    Attributes:
        line: The line.
        label: The label.
        outer_lower: The lower end of what holds every such value.
        outer_upper: Its upper end.
        inner_lower: The lower end of what leads surely.
        inner_upper: Its upper end.
        sure: Is there one inner interval inside the outer one?
        peak: The end of a piece at which the label leads by the most.
    """

    line: Array
    label: Array
    outer_lower: Array
    outer_upper: Array
    inner_lower: Array
    inner_upper: Array
    sure: Array
    peak: Array


def ranges(leads: Leads, labels: Array, of: Array, target: int | None) -> Ranges:
    """All intervals in which some label leads.

    Args:
        leads: Label scores along segments.
        labels: The label of each segment's input, ``(segments,)``.
        of: Which line each segment is a part of, increasing; parts of one line are in order.
        target: The only label that counts, or None.
    """
    piece, label = leads.open(labels, target)
    order = np.lexsort((piece, label, of[leads.line[piece]]))
    piece, label = piece[order], label[order]
    first, last = _lead(leads, piece, label), _lead(leads, piece + 1, label)
    before, after = leads.error[piece][:, None], leads.error[piece + 1][:, None]
    outer = _kept(leads, piece, first + before, last + after, -1)
    inner = _kept(leads, piece, first - before, last - after, 1)
    line = of[leads.line[piece]]
    key = line * leads.scores.shape[1] + label
    some = np.flatnonzero(outer[0] <= outer[1])
    group = _joined(key[some], outer[0][some], outer[1][some])
    count = int(group[-1]) + 1 if len(group) else 0
    heads = np.searchsorted(group, np.arange(count))
    tails = np.append(heads[1:], len(group)) - 1
    mine = np.flatnonzero(inner[0][some] <= inner[1][some])
    runs = _joined(key[some][mine], inner[0][some][mine], inner[1][some][mine])
    fresh = np.ones(len(mine), dtype=bool)
    fresh[1:] = (runs[1:] != runs[:-1]) | (group[mine][1:] != group[mine][:-1])
    pieces_of = np.bincount(group[mine][fresh], minlength=count)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, group[mine], inner[0][some][mine])
    np.maximum.at(high, group[mine], inner[1][some][mine])
    at = some[heads] if count else some
    return Ranges(
        line[at],
        label[at], outer[0][at], outer[1][some[tails]] if count else outer[1][at],
        low, high, pieces_of == 1,
        _peaks(leads, piece[some], group, np.stack([first[some].min(axis=1), last[some].min(axis=1)], axis=1)),
    )  # fmt: skip


def _peaks(leads: Leads, piece: Array, group: Array, margins: Array) -> Array:
    """For each group of pieces the time of the end with the largest margin."""
    ends = np.stack([leads.time[piece], leads.time[piece + 1]], axis=1)
    rows = np.repeat(group, 2)
    order = np.lexsort((-margins.ravel(), rows))
    best = order[np.searchsorted(rows[order], np.arange(int(group[-1]) + 1 if len(group) else 0))]
    return np.asarray(ends.ravel()[best])


def _lead(leads: Leads, points: Array, label: Array) -> Array:
    """A label's score less every score, ``(rows, labels)``; infinite over itself."""
    scores = leads.scores[points]
    rows = np.arange(len(points))
    found = scores[rows, label][:, None] - scores
    found[rows, label] = np.inf
    return np.asarray(found)


def _kept(leads: Leads, piece: Array, first: Array, last: Array, inward: int) -> tuple[Array, Array]:
    """Where all of some linear functions, given at both ends of pieces, are at least 0: displacements, rounded.

    Args:
        leads: The lines.
        piece: The first point of each piece.
        first: The functions at the first ends, ``(rows, labels)``.
        last: The functions at the last ends.
        inward: 1 to round inwards, -1 outwards.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = first / (first - last)
        low = np.where((first < 0) & (last >= 0), weight + inward * WIDER, -np.inf).max(axis=1, initial=-np.inf)
        high = np.where((first >= 0) & (last < 0), weight - inward * WIDER, np.inf).min(axis=1, initial=np.inf)
    # What is NaN is kept outside and lost inside.
    never = ((first < 0) & (last < 0)).any(axis=1) if inward < 0 else (~(first >= 0) & ~(last >= 0)).any(axis=1)
    low, high = np.nan_to_num(low, nan=inward * np.inf), np.nan_to_num(high, nan=-inward * np.inf)
    start, end = leads.time[piece], leads.time[piece + 1]
    lower = np.where(low <= 0, start, start + low * (end - start))
    upper = np.where(high >= 1, end, start + high * (end - start))
    slack = inward * 4 * UNIT * (np.abs(start) + np.abs(end))
    lower = np.where(low <= 0, start, np.clip(lower + slack, start, None))
    upper = np.where(high >= 1, end, np.clip(upper - slack, None, end))
    empty = never | (low > 1) | (high < 0)
    return np.where(empty, np.inf, lower), np.where(empty, -np.inf, upper)


def _joined(key: Array, lower: Array, upper: Array) -> Array:
    """Which run of touching intervals of one key each row belongs to; rows are sorted along their lines."""
    new = np.ones(len(key), dtype=bool)
    new[1:] = (key[1:] != key[:-1]) | (lower[1:] > upper[:-1])
    return np.cumsum(new) - 1
