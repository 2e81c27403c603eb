"""Points along lines, and how they get finer: each new point lies between two that were there before.

A program in static single assignment keeps values from before a branch alive; they are made finer when they meet newer
ones, so the history of all insertions is kept.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import Array, Bounded, Windowed, Windows
from deepcheck.program.bounded import TINY, UNIT, UP


@dataclass(frozen=True)
class Points:
    """Points, sorted along their lines.

    Attributes:
        line: Which line each is on, ``(points,)``, increasing.
        time: Its displacement, float64, increasing along a line.
    """

    line: Array
    time: Array


@dataclass(frozen=True)
class Refinement:
    """One insertion of points.

    Attributes:
        points: All points, old and new.
        left: For each, the old point that it is, or that lies before it.
        inserted: Which are new.
        weight: How far each of those lies on the way to the old point behind it.
    """

    points: Points
    left: Array
    inserted: Array
    weight: Array

    @staticmethod
    def of(points: Points, piece: Array, time: Array) -> "Refinement | None":
        """Insert points into pieces, each named by its first point; equal ones once. None if there are none."""
        if len(piece) == 0:
            return None
        order = np.lexsort((time, piece))
        piece, time = piece[order], time[order]
        fresh = np.ones(len(piece), dtype=bool)
        fresh[1:] = (piece[1:] != piece[:-1]) | (time[1:] != time[:-1])
        piece, time = piece[fresh], time[fresh]
        start = points.time[piece]
        weight = (time - start) / (points.time[piece + 1] - start)
        counts = np.bincount(piece, minlength=len(points.time))
        left = np.repeat(np.arange(len(counts)), counts + 1)
        inserted = np.arange(len(piece)) + piece + 1
        times = points.time[left]
        times[inserted] = time
        return Refinement(Points(points.line[left], times), left, inserted, weight)

    def apply(self, windows: Windows, x: Windowed) -> Windowed:
        """Deviations at all points, by interpolation.

        The claim kept: between two neighbours the true deviation is the linear interpolation of their rows, up to the
        linear interpolation of their errors. An inserted row is the interpolation at a weight that is off by at most
        ``4 UNIT`` of itself, computed with three roundings of numbers up to three times the rows' size; so with that
        added to its interpolated error the claim holds on both sides of it.
        """
        taken = windows.take(x, self.left)
        value, error, size = taken.data
        rows, right = self.inserted, self.left[self.inserted] + 1
        old, weight = x.data, self.weight
        first, last = old.value[right - 1], old.value[right]
        value[rows] = first + weight.reshape(-1, *(1,) * (first.ndim - 1)) * (last - first)
        larger = np.maximum(old.size[right - 1], old.size[right]) * UP
        error[rows] = (old.error[right - 1] * (1 - weight) + old.error[right] * weight + 20 * UNIT * larger) * UP + TINY
        size[rows] = larger
        return Windowed(Bounded(value, error, size), taken.shape, taken.window, taken.of)
