"""Unknowns on grids: HiGHS's mixed-integer solver proposes, exact branch and bound decides.

A node is a box of grid values; it is refuted by an exact linear program over the box, or split at an unknown whose
value there is off its grid. So neither a witness nor a refutation rests on floats.

Source: Land and Doig, An automatic method of solving discrete programming problems (1960).
"""

import time
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from deepcheck.constraints import Answer, Inequalities, Refutation, Undecided, Witness
from deepcheck.solvers import exact_lp, lp
from deepcheck.solvers.silent import silent_highs

Grid = Sequence[Fraction] | None


def decide(system: Inequalities, grids: Sequence[Grid] | None = None, timeout: float | None = None) -> Answer:
    """Is there a point on the grids that satisfies a system?

    Args:
        system: The inequalities.
        grids: For each unknown its exact values, increasing, or None where any value goes.
        timeout: Seconds, or None for no limit.
    """
    unknowns = len(system.coefficients[0]) if len(system) else len(grids or ())
    spaces: list[Grid] = [None] * unknowns if grids is None else list(grids)
    if any(space is not None and len(space) == 0 for space in spaces):
        return Refutation()
    if not any(spaces):
        return lp.decide(system, timeout)
    deadline = None if timeout is None else time.monotonic() + timeout
    point = _proposed(system, spaces, timeout)
    if point is not None and system.holds(point):
        return Witness(point)
    return _branch(system, spaces, deadline)


def _branch(system: Inequalities, spaces: list[Grid], deadline: float | None) -> Answer:
    boxes: list[list[tuple[int, int]]] = [[(0, len(space) - 1) if space else (0, 0) for space in spaces]]
    while boxes:
        if deadline is not None and time.monotonic() > deadline:
            return Undecided("time limit")
        box = boxes.pop()
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        found = exact_lp.decide(system + _ends(box, spaces), left)
        if isinstance(found, Undecided):
            return found
        if isinstance(found, Refutation):
            continue
        near = tuple(_nearest(space, value) for space, value in zip(spaces, found.point, strict=True))
        for point in (found.point, near):
            if _on_grid(point, spaces) and system.holds(point):
                return Witness(point)
        boxes += _split(box, found.point, spaces)
    return Refutation()


def _ends(box: list[tuple[int, int]], spaces: list[Grid]) -> Inequalities:
    """The rows that keep each unknown in its part of the grid."""
    rows, constants = [], []
    for at, ((low, high), space) in enumerate(zip(box, spaces, strict=True)):
        if space is None:
            continue
        for end, sign in ((space[low], 1), (space[high], -1)):
            rows.append(tuple(Fraction(sign * (other == at)) for other in range(len(spaces))))
            constants.append(-sign * Fraction(end))
    return Inequalities(tuple(rows), tuple(constants), (False,) * len(rows))


def _split(box: list[tuple[int, int]], point: tuple[Fraction, ...], spaces: list[Grid]) -> list[list[tuple[int, int]]]:
    """Two boxes, cut at the unknown that is farthest from its grid; else in the middle of the longest part."""
    best, at = Fraction(0), -1
    for unknown, (space, value) in enumerate(zip(spaces, point, strict=True)):
        if space is not None and abs(value - _nearest(space, value)) > best:
            best, at = abs(value - _nearest(space, value)), unknown
    if at < 0:
        # On the grid, but a strict row fails at the nearest point: cut the longest part.
        at = max((u for u, space in enumerate(spaces) if space is not None), key=lambda u: box[u][1] - box[u][0])
        cut = (box[at][0] + box[at][1]) // 2
    else:
        space = spaces[at]
        assert space is not None
        cut = bisect_right(space, point[at]) - 1
    low, high = box[at]
    assert low <= cut < high, "a box of one value is refuted or won, never split"
    return [[*box[:at], part, *box[at + 1 :]] for part in ((low, cut), (cut + 1, high))]


def _nearest(space: Grid, value: Fraction) -> Fraction:
    if space is None:
        return value
    at = bisect_right(space, value)
    around = space[max(at - 1, 0) : at + 1]
    return Fraction(min(around, key=lambda number: abs(number - value)))


def _on_grid(point: Sequence[Fraction], spaces: list[Grid]) -> bool:
    return all(space is None or _nearest(space, value) == value for space, value in zip(spaces, point, strict=True))


def _proposed(system: Inequalities, spaces: list[Grid], timeout: float | None) -> tuple[Fraction, ...] | None:
    """HiGHS's best point, put on the grid: a level is an integer, the grid nearly an affine function of it."""
    import highspy

    floats = lp.as_floats(system)
    if floats is None:
        return None
    rows, values = floats
    k, m = len(spaces), len(values)
    lower, upper, scale, offset = np.full(k, -np.inf), np.full(k, np.inf), np.ones(k), np.zeros(k)
    for at, space in enumerate(spaces):
        if space is not None:
            lower[at], upper[at], offset[at] = 0, len(space) - 1, float(space[0])
            scale[at] = float(space[-1] - space[0]) / (len(space) - 1) if len(space) > 1 else 1.0
    matrix = np.hstack([rows * scale, -np.array(system.strict, dtype=float).reshape(m, 1)])
    ends = np.concatenate([lower, [0.0]]), np.concatenate([upper, [1.0]])
    solver = silent_highs()
    if timeout is not None:
        solver.setOptionValue("time_limit", float(timeout))
    solver.passModel(lp._model(matrix, -(values + rows @ offset), ends, np.concatenate([np.zeros(k), [-1.0]])))
    for at, space in enumerate(spaces):
        if space is not None:
            solver.changeColIntegrality(at, highspy.HighsVarType.kInteger)
    solver.run()
    if solver.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit):
        return None
    found = np.array(solver.getSolution().col_value)
    if len(found) != k + 1 or not np.isfinite(found).all():
        return None
    point = []
    for at, space in enumerate(spaces):
        level = min(max(round(found[at]), 0), len(space) - 1) if space is not None else 0
        point.append(Fraction(space[level]) if space is not None else Fraction(float(found[at])))
    return tuple(point)
