"""What the compiled simplex method proposes, checked: multipliers with outward rounding, points row by row."""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.solvers.planes import PRECISION, ROUNDING, UNDERFLOW, Planes, _nearest

END = 1 << 40
"""What stands for an end of the domain among the kinds of rows: guards count from 0, lead ``k`` is ``-1 - k``."""


class Grid(NamedTuple):
    """Levels of each column, those inside the domain first.

    Attributes:
        steps: Displacements to them, increasing, ``(k, levels)``; no levels: a continuum.
        values: The levels, in the model's own numbers, ``(k, levels)``.
        counts: How many each column has, ``(k,)``.
    """

    steps: Array
    values: Array
    counts: Array


def _proves(planes: Planes, columns: Array, label: int, kinds: Array, edges: Array, tight: Array) -> bool:
    """Do the multipliers of the tight rows, rounded outwards, exclude that every lead is positive?"""
    n, k = len(tight), len(columns)
    constant, doubt, weight = 0.0, n * UNDERFLOW, 0.0
    for i in range(n):
        share = -edges[i, n - 1]
        if tight[i] < 0 or share <= 0.0 or kinds[tight[i]] == END:
            continue
        kind = kinds[tight[i]]
        if kind >= 0:
            constant += share * planes.values[kind]
            doubt += share * (planes.value_errors[kind] + 16 * n * ROUNDING * abs(planes.values[kind]))
        else:
            other = -1 - kind
            weight += share
            constant += share * planes.gaps[label]
            doubt += share * (planes.gap_errors[label] + 16 * n * ROUNDING * abs(planes.gaps[label]))
            if other != label:
                constant -= share * planes.gaps[other]
                doubt += share * (planes.gap_errors[other] + 16 * n * ROUNDING * abs(planes.gaps[other]))
    if not weight > 0.0:
        return False
    for c in range(k):
        column = columns[c]
        slope, error = 0.0, 0.0
        for i in range(n):
            share = -edges[i, n - 1]
            if tight[i] < 0 or share <= 0.0 or kinds[tight[i]] == END:
                continue
            kind = kinds[tight[i]]
            if kind >= 0:
                slope += share * planes.slopes[column, kind]
                error += share * (planes.slope_errors[kind] + 16 * n * ROUNDING * abs(planes.slopes[column, kind]))
            else:
                other = -1 - kind
                slope += share * planes.rates[label, column]
                error += share * (planes.rate_errors[label] + 16 * n * ROUNDING * abs(planes.rates[label, column]))
                if other != label:
                    slope -= share * planes.rates[other, column]
                    error += share * (planes.rate_errors[other] + 16 * n * ROUNDING * abs(planes.rates[other, column]))
        low, high = planes.lower[column], planes.upper[column]
        most = max(slope * low, slope * high)
        constant += most
        doubt += error * max(-low, high) + 16 * n * ROUNDING * abs(most)
        # Each of the slope's products may underflow, and is then multiplied by how far the column moves.
        doubt += n * UNDERFLOW * (1 + max(-low, high))
    return bool(constant + 2 * doubt < 0.0)


def _certain(planes: Planes, columns: Array, label: int, steps: Array) -> float:
    """The least lead at a displacement where every row holds beyond its error; -1 where that is not certain."""
    k, length, least = len(columns), 0.0, np.inf
    for c in range(k):
        length += abs(steps[c])
    for other in range(len(planes.gaps)):
        lead, size = planes.gaps[label], abs(planes.gaps[label])
        doubt = planes.gap_errors[label] + planes.rate_errors[label] * length
        if other != label:
            lead, size = lead - planes.gaps[other], size + abs(planes.gaps[other])
            doubt += planes.gap_errors[other] + planes.rate_errors[other] * length
        for c in range(k):
            move = planes.rates[label, columns[c]] * steps[c]
            lead, size = lead + move, size + abs(move)
            if other != label:
                move = planes.rates[other, columns[c]] * steps[c]
                lead, size = lead - move, size + abs(move)
        if not doubt + 8 * (k + 2) * ROUNDING * size + UNDERFLOW < PRECISION * lead:
            return -1.0
        least = min(least, lead)
    for g in range(len(planes.values)):
        value, size, moving = planes.values[g], abs(planes.values[g]), planes.slope_errors[g] > 0.0
        for c in range(k):
            move = planes.slopes[columns[c], g] * steps[c]
            value, size = value + move, size + abs(move)
            moving = moving or planes.slopes[columns[c], g] != 0.0
        doubt = planes.value_errors[g] + planes.slope_errors[g] * length + 8 * (k + 2) * ROUNDING * size + UNDERFLOW
        if moving and not value >= doubt:
            return -1.0
    return least


def _place(planes: Planes, column: int, step: float, bits: int, grid: Grid, found: Array) -> bool:
    """The nearest number of the model's type, or level, inside the domain: value and displacement."""
    if len(grid.counts) > 0:
        low, high = 0, grid.counts[column]
        while low < high:
            middle = (low + high) // 2
            if grid.steps[column, middle] < step:
                low = middle + 1
            else:
                high = middle
        if low > 0 and (
            low == grid.counts[column] or step - grid.steps[column, low - 1] < grid.steps[column, low] - step
        ):
            low -= 1
        found[0], found[1] = grid.values[column, low], grid.steps[column, low]
        return True
    value = _nearest(planes.origin[column] + step, bits)
    value = min(max(value, planes.least[column]), planes.most[column])
    found[0], found[1] = value, value - planes.origin[column]
    return bool(abs(value) < np.inf)
