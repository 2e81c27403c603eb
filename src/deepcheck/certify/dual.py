"""Multipliers that refute, for very many systems of a few unknowns: a dual simplex method, compiled.

Each system asks for the most that a lead can be where guards hold, inside a box. A vertex of guards and sides of the
box that is *dual feasible* bounds it from above; the first is a corner of the box. As long as a guard is violated there
it takes the place of one of them, and the bound falls. It stops as soon as the bound is below 0: what it then has are
the guards and multipliers of a proof, in floats; nothing is claimed of them here.

Source: Lemke, The dual method of solving the linear programming problem (1954).
"""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel

STEPS = 64
"""How often a vertex changes at most."""
SLACK = 2.0**-20
"""By how much of the lead's own size the bound should stay below 0, so that short multipliers do."""
SMALL = 1e-11
"""What counts as zero."""


class Proposals(NamedTuple):
    """What was found for each system.

    Attributes:
        bounds: The most that the lead can be, as far as the multipliers tell, ``(n,)``.
        guards: The guards of the vertex, ``(n, k + 1)``; below 0 for the side of an unknown: ``-1 - k``. The last one
            counts where no point of the box keeps all of them.
        multipliers: Of those guards, ``(n, k + 1)``; 0 for sides.
        points: The vertex, ``(n, k)``.
    """

    bounds: Array
    guards: Array
    multipliers: Array
    points: Array


def _solve(matrix: Array, right: Array) -> bool:
    """Solve ``matrix x = right`` in place, for a small matrix; False where it is singular."""
    k = len(right)
    for column in range(k):
        pivot = column
        for row in range(column + 1, k):
            if abs(matrix[row, column]) > abs(matrix[pivot, column]):
                pivot = row
        if abs(matrix[pivot, column]) < 1e-300:
            return False
        for other in range(k):
            held = matrix[column, other]
            matrix[column, other] = matrix[pivot, other]
            matrix[pivot, other] = held
        kept = right[column]
        right[column] = right[pivot]
        right[pivot] = kept
        for row in range(k):
            if row != column:
                share = matrix[row, column] / matrix[column, column]
                if share != 0.0:
                    for other in range(column, k):
                        matrix[row, other] -= share * matrix[column, other]
                    right[row] -= share * right[column]
    for column in range(k):
        right[column] /= matrix[column, column]
    return True


def _reach(rows: Array, columns: Array, guard: int, lower: Array, upper: Array) -> float:
    """How much a guard can change in a box."""
    reach = 1e-300
    for c in range(len(columns)):
        reach += abs(rows[guard, columns[c]]) * (upper[c] - lower[c])
    return reach


def _dual(
    leads: Array,
    slopes: Array,
    columns: Array,
    values: Array,
    rows: Array,
    lower: Array,
    upper: Array,
    bounds: Array,
    guards: Array,
    multipliers: Array,
    points: Array,
) -> None:
    """Fill in bounds, guards, multipliers and points; see `refute`."""
    systems, k = columns.shape
    normals, offsets = np.zeros((k, k)), np.zeros(k)
    matrix, right = np.zeros((k, k)), np.zeros(k)
    for system in range(systems):
        size = abs(leads[system])
        for c in range(k):
            for other in range(k):
                normals[c, other] = 0.0
            rising = slopes[system, c] >= 0
            normals[c, c] = -1.0 if rising else 1.0
            offsets[c] = upper[system, c] if rising else -lower[system, c]
            guards[system, c] = -1 - c
            size += abs(slopes[system, c]) * (upper[system, c] - lower[system, c])
        for _ in range(STEPS):
            matrix[:], right[:] = normals, -offsets
            if not _solve(matrix, right):
                break
            points[system] = right
            bound = leads[system]
            for c in range(k):
                bound += slopes[system, c] * right[c]
            matrix[:], right[:] = normals.T, -slopes[system]
            if not _solve(matrix, right):
                break
            multipliers[system, :k] = right
            bounds[system] = bound
            if bound < -SLACK * size:
                break
            worst, enters = -1e-12, -1
            for g in range(len(values)):
                value, reach = values[g], _reach(rows, columns[system], g, lower[system], upper[system])
                for c in range(k):
                    value += rows[g, columns[system, c]] * points[system, c]
                if value < worst * reach:
                    worst, enters = value / reach, g
            side, sign = -1, 1.0
            for c in range(k):
                low, high = lower[system, c], upper[system, c]
                width = high - low + 1e-12 * (abs(low) + abs(high)) + 1e-300
                if (points[system, c] - high) / width > -worst:
                    worst, side, sign = -(points[system, c] - high) / width, c, -1.0
                if (low - points[system, c]) / width > -worst:
                    worst, side, sign = -(low - points[system, c]) / width, c, 1.0
            if side < 0 and enters < 0:
                break
            matrix[:] = normals.T
            for c in range(k):
                right[c] = rows[enters, columns[system, c]] if side < 0 else 0.0
            if side >= 0:
                right[side] = sign
            if not _solve(matrix, right):
                break
            leaves, least = -1, np.inf
            for c in range(k):
                if right[c] > SMALL and max(multipliers[system, c], 0.0) / right[c] < least:
                    leaves, least = c, max(multipliers[system, c], 0.0) / right[c]
            if leaves < 0:  # no point of the box keeps these guards: as much of that as the lead needs
                if side < 0:
                    failing = worst * _reach(rows, columns[system], enters, lower[system], upper[system])
                else:
                    end = lower[system, side] if sign > 0 else upper[system, side]
                    failing = sign * (points[system, side] - end)
                share = (bound + size) / -failing
                for c in range(k):
                    multipliers[system, c] -= share * right[c]
                if side < 0:
                    guards[system, k], multipliers[system, k] = enters, share
                bounds[system] = -size
                break
            for c in range(k):
                normals[leaves, c] = rows[enters, columns[system, c]] if side < 0 else 0.0
            offsets[leaves] = values[enters]
            guards[system, leaves] = enters
            if side >= 0:
                normals[leaves, side] = sign
                offsets[leaves] = upper[system, side] if sign < 0 else -lower[system, side]
                guards[system, leaves] = -1 - side
        for c in range(k):
            if guards[system, c] < 0:
                multipliers[system, c] = 0.0


_kernel = Kernel(_dual, _solve, _reach)


def refute(
    leads: Array, slopes: Array, columns: Array, values: Array, rows: Array, lower: Array, upper: Array
) -> Proposals:
    """Bound leads from above by guards.

    Args:
        leads: The lead of each system at the input, ``(n,)``.
        slopes: Its slopes in the system's unknowns, ``(n, k)``.
        columns: Which columns of ``rows`` those are, ``(n, k)``.
        values: The guards at the input, ``(m,)``.
        rows: Their slopes, ``(m, all unknowns)``.
        lower: The least displacement of each system's unknowns, ``(n, k)``.
        upper: The largest, likewise.
    """
    n, k = columns.shape
    found = Proposals(np.full(n, np.inf), np.full((n, k + 1), -1, np.int64), np.zeros((n, k + 1)), np.zeros((n, k)))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        own, each = _unit(np.concatenate([slopes, leads[:, None]], axis=1)), _unit(rows)
        given = (leads / own, slopes / own[:, None], values / each, rows / each[:, None], lower, upper)
    ready = [np.ascontiguousarray(part, dtype=np.float64) for part in given]
    _kernel(
        ready[0], ready[1], np.ascontiguousarray(columns, dtype=np.int64), *ready[2:], *found,
        steps=float(n) * (len(values) * k + 20),
    )  # fmt: skip
    with np.errstate(over="ignore", invalid="ignore"):
        scales = np.append(each, 1.0)[np.where(found.guards >= 0, found.guards, len(each))]
        return found._replace(bounds=found.bounds * own, multipliers=found.multipliers * own[:, None] / scales)


def _unit(rows: Array) -> Array:
    """A power of 2 near the largest number of each row, so that no row is tiny beside another; 1 for rows of 0."""
    largest = np.abs(rows).max(axis=1, initial=0.0)
    usable = (largest > 0) & np.isfinite(largest)
    return np.asarray(np.where(usable, 2.0 ** np.floor(np.log2(np.where(usable, largest, 1.0))), 1.0))
