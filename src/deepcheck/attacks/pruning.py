"""Which sets the summed gains leave: all others are proved without a look at the path's guards.

Source: DESIGN.md, section 4, "Pruning".
"""

import numpy as np

from deepcheck.domains import Features
from deepcheck.program import Array
from deepcheck.program.bounded import UNIT, UP
from deepcheck.program.compiled import Kernel
from deepcheck.ranking import Gains


def needed(found: Gains, row: int, farthest: float, together: int) -> Array:
    """What the gains of one input's set must add up to for each other label, rounded down, ``(others,)``.

    Args:
        found: Difference forms of a chunk.
        row: The input's place in it.
        farthest: The largest displacement of any element.
        together: How many elements move at once.
    """
    doubt = found.slope_errors[row] + (8 + 2 * together) * UNIT * found.sizes[row]
    slack = (found.gap_errors[row] + together * farthest * doubt + 4 * UNIT * np.abs(found.gaps[row])) * UP
    return np.asarray(-found.gaps[row] - slack)


def gains_of(found: Gains, row: int, lower: Array, upper: Array, features: Features) -> Array:
    """The most that each feature of one input can add to each other label's gap, ``(others, features)``."""
    most = np.maximum(found.slopes[row] * lower, found.slopes[row] * upper)
    if features.in_order:
        return np.asarray(most)
    return np.asarray(most[:, features.members].sum(axis=2))


def sums(gain: Array, size: int) -> Array:
    """The sum of the largest gains of so many features, for each label, ``(others,)``: it bounds every set."""
    if size >= gain.shape[1]:
        return np.asarray(gain.sum(axis=1))
    return np.asarray(np.partition(gain, gain.shape[1] - size, axis=1)[:, gain.shape[1] - size :].sum(axis=1))


def _pairs(gain: Array, need: Array, tops: Array, rows: Array) -> int:
    """Every pair ``a < b`` and label whose gains reach what is needed, in colexicographic order; returns how many.

    Writes them where they fit; call it twice.
    """
    count = 0
    for b in range(gain.shape[1]):
        for label in range(gain.shape[0]):
            if not gain[label, b] + tops[label] < need[label]:
                break
        else:
            continue
        for a in range(b):
            for label in range(gain.shape[0]):
                if not gain[label, a] + gain[label, b] < need[label]:
                    if count < len(rows):
                        rows[count, 0], rows[count, 1], rows[count, 2] = a, b, label
                    count += 1
    return count


_PAIRS = Kernel(_pairs)


def pairs(gain: Array, need: Array) -> Array:
    """Pairs of features and labels that the gains do not refute, ``(rows, 3)``: a, b and label, with ``a < b``.

    Args:
        gain: The most that each feature adds to each label's gap, ``(others, features)``.
        need: What each label needs; infinite where it does not count.
    """
    tops = gain.max(axis=1, initial=-np.inf)
    labels = np.flatnonzero(~(2 * tops < need) & (need < np.inf))
    kept = np.flatnonzero((~(gain[labels] + tops[labels, None] < need[labels, None])).any(axis=0))
    if len(labels) == 0 or len(kept) < 2:
        return np.zeros((0, 3), dtype=np.int64)
    some, wanted = np.ascontiguousarray(gain[np.ix_(labels, kept)]), need[labels]
    steps = len(kept) ** 2 * len(labels) / 2
    rows = np.empty((256, 3), dtype=np.int64)
    found = _PAIRS(some, wanted, tops[labels], rows, steps=steps)
    if found > len(rows):
        rows = np.empty((found, 3), dtype=np.int64)
        _PAIRS(some, wanted, tops[labels], rows, steps=steps)
    rows = rows[:found]
    return np.stack([kept[rows[:, 0]], kept[rows[:, 1]], labels[rows[:, 2]]], axis=1)
