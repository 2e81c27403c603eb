"""A few unknowns per system, very many systems at once: a small simplex method, compiled.

It climbs from the input, where every guard of the path holds, to the point at which the label's least lead is largest.
What it finds is a proposal. A refutation is claimed only if the multipliers of the tight rows, whatever
they are, prove it with outward rounding: for ``lambda, mu >= 0`` the sum of ``mu`` times leads and ``lambda`` times
guards is a linear form that no attack can bring to 0 or below; its largest value in the domain is a number. A witness
is a number of the model's type, or a level, at which every row holds beyond its own error. All else is left open.

Source: Neumaier and Shcherbina, Safe bounds in linear and mixed-integer programming (2004).
"""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel
from deepcheck.solvers.planes import ATTACKED, OPEN, REFUTED, Planes, _nearest
from deepcheck.solvers.polygon_points import PULLS
from deepcheck.solvers.simplex_checks import END, Grid, _certain, _place, _proves

TIGHT = 1e-11
"""What counts as zero in a rate: proposals need no more."""


CONTINUUM = Grid(np.zeros((0, 0)), np.zeros((0, 0)), np.zeros(0, dtype=np.int64))


def _fill(planes: Planes, columns: Array, label: int, rows: Array, limits: Array, kinds: Array) -> int:
    """The rows of one system that can bind: coefficients, constant and what each is (guard, lead, or an end).

    Guards count from 0; lead ``k`` is ``-1 - k``; ends of the domain are large.
    """
    k, count = len(columns), 0
    for g in range(len(planes.values)):
        least = planes.values[g]
        for c in range(k):
            s = planes.slopes[columns[c], g]
            least += min(s * planes.lower[columns[c]], s * planes.upper[columns[c]])
        if least >= 0.0:
            continue
        for c in range(k):
            rows[count, c] = planes.slopes[columns[c], g]
        rows[count, k] = 0.0
        limits[count], kinds[count] = max(planes.values[g], 0.0), g
        count += 1
    for other in range(len(planes.gaps)):
        value = planes.gaps[label]
        if other != label:
            value -= planes.gaps[other]
        for c in range(k):
            rate = planes.rates[label, columns[c]]
            if other != label:
                rate -= planes.rates[other, columns[c]]
            rows[count, c] = rate
        rows[count, k] = -1.0
        limits[count], kinds[count] = value, -1 - other
        count += 1
    for c in range(k):
        for side in range(2):
            end = planes.upper[columns[c]]
            if side == 0:
                end = -planes.lower[columns[c]]
            if end == np.inf:
                continue
            for other in range(k + 1):
                rows[count, other] = 0.0
            rows[count, c] = 1.0 - 2.0 * side  # ``d - lower >= 0``, then ``upper - d >= 0``
            limits[count], kinds[count] = end, END
            count += 1
    return count


def _climb(rows: Array, slacks: Array, count: int, point: Array, edges: Array, tight: Array, falls: Array) -> bool:
    """Raise the last coordinate of a feasible point as far as it goes; False where it does not settle."""
    n = len(point)
    for i in range(n):
        tight[i] = -1
        for j in range(n):
            edges[i, j] = 1.0 if i == j else 0.0
    for turn in range(40 + 20 * n):
        chosen, best, sense = -1, TIGHT, 1.0
        for i in range(n):
            rate = edges[i, n - 1]
            if tight[i] < 0:
                if abs(rate) > TIGHT:
                    chosen, sense = i, 1.0 if rate > 0 else -1.0
                    break
            elif rate > best and (turn < 10 + 5 * n or chosen < 0 or tight[i] < tight[chosen]):
                chosen, sense = i, 1.0
                if turn < 10 + 5 * n:
                    best = rate
        if chosen < 0:
            return True
        leaving, step = -1, np.inf
        for row in range(count):
            fall = 0.0
            for j in range(n):
                fall += rows[row, j] * edges[chosen, j]
            fall *= sense
            falls[row] = fall
            if fall < -TIGHT:
                busy = False
                for i in range(n):
                    busy = busy or tight[i] == row
                if not busy:
                    length = max(slacks[row], 0.0) / -fall
                    if length < step:
                        leaving, step = row, length
        if leaving < 0:
            # No end: far enough along it.
            step = 2.0 * (1.0 + abs(point[n - 1])) / abs(edges[chosen, n - 1])
            for j in range(n):
                point[j] += step * sense * edges[chosen, j]
            return False
        for row in range(count):
            slacks[row] += step * falls[row]
        for j in range(n):
            point[j] += step * sense * edges[chosen, j]
        fall = sense * falls[leaving]
        for j in range(n):
            edges[chosen, j] /= fall
        for i in range(n):
            if i != chosen:
                share = 0.0
                for j in range(n):
                    share += rows[leaving, j] * edges[i, j]
                if share != 0.0:
                    for j in range(n):
                        edges[i, j] -= share * edges[chosen, j]
        tight[chosen] = leaving
    return False


def _middle(
    rows: Array,
    limits: Array,
    kinds: Array,
    count: int,
    slacks: Array,
    point: Array,
    edges: Array,
    tight: Array,
    falls: Array,
) -> None:
    """Put the point where the least of guards and leads, by length of row, is largest: far from all of them."""
    k = len(point) - 1
    least = np.inf
    for row in range(count):
        size = 0.0
        for c in range(k):
            size += abs(rows[row, c])
        rows[row, k] = 0.0 if kinds[row] == END else -max(size, 1e-9)
        slacks[row] = limits[row]
        if rows[row, k] < 0.0:
            least = min(least, limits[row] / -rows[row, k])
    for c in range(k):
        point[c] = 0.0
    point[k] = least
    for row in range(count):
        slacks[row] += rows[row, k] * least
    _climb(rows, slacks, count, point, edges, tight, falls)


def _search(
    planes: Planes,
    systems: Array,
    bits: int,
    grid: Grid,
    rows: Array,
    limits: Array,
    kinds: Array,
    edges: Array,
    state: Array,
    points: Array,
) -> None:
    """Decide systems ``(columns..., label)``; see `decide`."""
    k = systems.shape[1] - 1
    point, best, centre = np.empty(k + 1), np.empty(k), np.empty(k)
    tight, falls = np.empty(k + 1, np.int64), np.empty(len(limits))
    slacks, steps, placed = np.empty(len(limits)), np.empty(k), np.empty(2)
    for system in range(len(systems)):
        columns, label = systems[system, :k], systems[system, k]
        count = _fill(planes, columns, label, rows, limits, kinds)
        start = np.inf
        for row in range(count):
            if kinds[row] < 0:
                start = min(start, limits[row])
        for c in range(k):
            point[c] = 0.0
        point[k] = start
        for row in range(count):
            slacks[row] = limits[row] - (start if kinds[row] < 0 else 0.0)
        settled = _climb(rows, slacks, count, point, edges, tight, falls)
        if settled and point[k] <= 0.0 and _proves(planes, columns, label, kinds, edges, tight):
            state[system] = REFUTED
            continue
        state[system] = OPEN
        if not point[k] > 0.0:
            continue
        for c in range(k):
            best[c] = point[c]
            centre[c] = point[c]
        for turn in range(len(PULLS) + 1):
            pull = 0.0 if turn == 0 else PULLS[turn - 1]
            if turn == 1:
                _middle(rows, limits, kinds, count, slacks, point, edges, tight, falls)
                for c in range(k):
                    centre[c] = point[c]
            inside = True
            for c in range(k):
                step = best[c] + pull * (centre[c] - best[c])
                inside = inside and _place(planes, columns[c], step, bits, grid, placed)
                points[system, c], steps[c] = placed[0], placed[1]
            if not inside:
                continue
            margin = _certain(planes, columns, label, steps)
            if margin > 0.0:
                points[system, k] = margin
                state[system] = ATTACKED
                break
        if state[system] != ATTACKED:
            for c in range(k + 1):
                points[system, c] = np.nan


_KERNEL = Kernel(_search, _nearest, _fill, _climb, _proves, _certain, _place, _middle)


class Simplexes(NamedTuple):
    """What became of many systems.

    Attributes:
        state: `REFUTED`, `ATTACKED` or `OPEN`, ``(systems,)``.
        points: A witness, in the model's own numbers, and its margin, ``(systems, k + 1)``; NaN where there is none.
    """

    state: Array
    points: Array


def decide(planes: Planes, systems: Array, bits: int = 24, grid: Grid = CONTINUUM) -> Simplexes:
    """Decide many systems of a few unknowns.

    Args:
        planes: The rows of one input.
        systems: Columns and label of each system, ``(systems, k + 1)``.
        bits: The significand of the model's type.
        grid: Levels that witnesses must be on; refutations are those of the continuum around them.
    """
    k = systems.shape[1] - 1
    guards, others = len(planes.values), len(planes.gaps)
    longest = guards + others + 2 * k
    found = Simplexes(np.full(len(systems), OPEN, dtype=np.int8), np.full((len(systems), k + 1), np.nan))
    with np.errstate(all="ignore"):
        _KERNEL(
            planes, np.ascontiguousarray(systems), bits, grid, np.empty((longest, k + 1)), np.empty(longest),
            np.empty(longest, np.int64), np.empty((k + 1, k + 1)), *found,
            steps=float(len(systems)) * longest * (k + 1) * 12,
        )  # fmt: skip
    return found
