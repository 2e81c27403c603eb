"""Unknowns on grids: HiGHS's mixed-integer solver proposes, exact branch and bound decides.

A node is a box of grid values; it is refuted by an exact linear program over the box, or split at an unknown whose
value there is off its grid. So neither a witness nor a refutation rests on floats.

Source: Land and Doig, An automatic method of solving discrete programming problems (1960).
"""

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepcheck.constraints import Answer, Inequalities, Refutation, Undecided, Witness
from deepcheck.program import Array
from deepcheck.solvers import exact_lp, lp
from deepcheck.solvers.silent import silent_highs

Grid = Sequence[Fraction] | None
NEARLY = 1e-2
"""A grid whose values are within this share of a step from equal steps is one whole number to HiGHS.

The float32 numbers nearest to 0/65535, ..., 65535/65535 are up to 0.002 of a step off.
"""
SHARES = (2.0**-20, 2.0**-8)
"""How much of the largest margin the smallest change keeps: on a grid little will do, and if not, more."""
LARGEST = 10**300
NODES = 5000
"""How many boxes branch and bound looks at, and how many nodes HiGHS, before a question is left open."""
MOST = 1e9
"""A margin is bounded, so that there is an optimum."""


def decide(system: Inequalities, grids: Sequence[Grid] | None = None, timeout: float | None = None) -> Answer:
    """Is there a point on the grids that satisfies a system?

    Args:
        system: The inequalities.
        grids: For each unknown its exact values, increasing, or None where any value goes.
        timeout: Seconds, or None for no limit but that of `NODES`.
    """
    unknowns = len(system.coefficients[0]) if len(system) else len(grids or ())
    spaces: list[Grid] = [None] * unknowns if grids is None else list(grids)
    if any(space is not None and len(space) == 0 for space in spaces):
        return Refutation()
    if len(system) == 0:
        return Witness(tuple(Fraction(0) if space is None else Fraction(space[0]) for space in spaces))
    if not any(spaces):
        return lp.decide(system, timeout)
    deadline = None if timeout is None else time.monotonic() + timeout
    closed, strict = ([row for row, s in enumerate(system.strict) if s == kind] for kind in (False, True))
    half = None if timeout is None else timeout / 2
    point = best(system.take(closed), system.take(strict), spaces, timeout=half)
    return _branch(system, spaces, deadline) if point is None else Witness(point)


def best(
    system: Inequalities,
    goals: Inequalities,
    grids: Sequence[Grid] | None = None,
    objective: str = "margin",
    timeout: float | None = None,
) -> tuple[Fraction, ...] | None:
    """The best point on the grids that HiGHS finds: checked exactly, but not proved to be the best.

    Args:
        system: Inequalities.
        goals: More of them, whose least value is the margin.
        grids: As for `decide`.
        objective: "margin", or the 1-norm "l1" or infinity-norm "linf" of the unknowns.
        timeout: Seconds for each mixed-integer program.
    """
    every = system + goals
    unknowns = len(every.coefficients[0]) if len(every) else len(grids or ())
    spaces: list[Grid] = [None] * unknowns if grids is None else list(grids)
    columns = _Columns.of(spaces)
    if columns is None or not len(every):
        return None
    (rows, values), (wanted, least) = lp.as_floats(system), lp.as_floats(goals, together=True)
    matrix = np.vstack([rows.reshape(-1, unknowns), wanted.reshape(-1, unknowns)])
    limits, goal = -np.concatenate([values, least]), np.repeat([0.0, 1.0], [len(system), len(goals)])
    margin = np.hstack([matrix, -goal[:, None]])
    found = _integral(columns, margin, limits, np.append(np.zeros(unknowns), -1.0), timeout)
    if found is None:
        return None
    if objective != "margin":
        size, ends, cost = _size(unknowns, objective)
        sides = np.vstack([np.hstack([matrix, np.zeros((len(matrix), size.shape[1] - unknowns))]), size])
        for share in SHARES:
            kept = np.append(limits + share * found[-1] * goal, ends)
            smallest = _integral(columns, sides, kept, cost, timeout)
            if smallest is not None and every.holds(point := columns.point(smallest, spaces)):
                return point
    point = columns.point(found, spaces)
    return point if every.holds(point) else None


def _size(unknowns: int, objective: str) -> tuple[Array, Array, Array]:
    """Rows ``size >= x`` and ``size >= -x``, for each unknown or for all; their limits; the cost of the sizes."""
    own = np.eye(unknowns) if objective == "l1" else np.ones((unknowns, 1))
    rows = np.vstack([np.hstack([sign * np.eye(unknowns), own]) for sign in (1, -1)])
    return rows, np.zeros(2 * unknowns), np.append(np.zeros(unknowns), np.ones(own.shape[1]))


@dataclass(frozen=True)
class _Columns:
    """How the columns of a mixed-integer program make the unknowns, ``offset + matrix columns``.

    An unknown on a grid that is nearly affine is one whole number, its level; on any other grid it is a choice, one
    binary for each value.
    """

    offset: Array
    matrix: Array
    lower: Array
    upper: Array
    owner: Array
    whole: Array

    @staticmethod
    def of(spaces: list[Grid]) -> "_Columns | None":
        """The columns of some grids; None where a value is too large for floats."""
        if any(abs(value) > LARGEST for space in spaces for value in space or ()):
            return None
        offset, parts = np.zeros(len(spaces)), []
        for at, space in enumerate(spaces):
            if space is None:
                parts.append((at, np.ones(1), -np.inf, np.inf, False))
                continue
            values = np.array([float(value) for value in space])
            step = (values[-1] - values[0]) / max(len(values) - 1, 1)
            if np.abs(values - values[0] - step * np.arange(len(values))).max() <= NEARLY * step:
                offset[at] = values[0]
                parts.append((at, np.array([step]), 0.0, len(values) - 1.0, True))
            else:
                parts.append((at, values, 0.0, 1.0, True))
        lengths = [len(part[1]) for part in parts]
        owner, lower, upper, whole = (np.repeat([part[i] for part in parts], lengths) for i in (0, 2, 3, 4))
        matrix = np.zeros((len(spaces), len(owner)))
        matrix[owner, np.arange(len(owner))] = np.concatenate([part[1] for part in parts])
        return _Columns(offset, matrix, lower, upper, owner, whole)

    def choices(self) -> Array:
        """Rows whose sums are 1: the binaries of one unknown, ``(choices, columns)``."""
        rows: Array = (self.owner == np.arange(len(self.offset))[:, None]).astype(float)
        return np.asarray(rows[rows.sum(axis=1) > 1])

    def point(self, found: Array, spaces: list[Grid]) -> tuple[Fraction, ...]:
        """The point that some columns stand for."""
        point = []
        for at, space in enumerate(spaces):
            own = found[: len(self.owner)][self.owner == at]
            if space is None:
                point.append(Fraction(float(own[0])))
            else:
                level = round(own[0]) if len(own) == 1 else int(own.argmax())
                point.append(Fraction(space[min(max(level, 0), len(space) - 1)]))
        return tuple(point)


def _branch(system: Inequalities, spaces: list[Grid], deadline: float | None) -> Answer:
    boxes: list[list[tuple[int, int]]] = [[(0, len(space) - 1) if space else (0, 0) for space in spaces]]
    nodes = 0
    while boxes:
        nodes += 1
        if nodes > NODES:
            return Undecided("node limit")
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
    """Two boxes, cut at the unknown that is farthest from its grid."""
    far, at = Fraction(0), -1
    for unknown, (space, value) in enumerate(zip(spaces, point, strict=True)):
        if space is not None and abs(value - _nearest(space, value)) > far:
            far, at = abs(value - _nearest(space, value)), unknown
    space = spaces[at]
    assert space is not None
    assert far > 0, "a point on the grid is a witness"
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


def _integral(columns: _Columns, rows: Array, limits: Array, cost: Array, timeout: float | None) -> Array | None:
    """HiGHS's best point with ``rows x >= limits`` of the unknowns and of non-negative numbers after them."""
    import highspy

    status = highspy.HighsModelStatus
    unknowns, own = columns.matrix.shape
    choices, extra = columns.choices(), rows.shape[1] - unknowns
    matrix = np.hstack([rows[:, :unknowns] @ columns.matrix, rows[:, unknowns:]])
    sums = np.hstack([choices, np.zeros((len(choices), extra))])
    ends = np.append(columns.lower, np.zeros(extra)), np.append(columns.upper, np.full(extra, MOST))
    starts = limits - rows[:, :unknowns] @ columns.offset
    solver = silent_highs()
    solver.setOptionValue("mip_max_nodes", NODES)
    if timeout is not None:
        solver.setOptionValue("time_limit", float(timeout))
    solver.passModel(
        lp._model(
            np.vstack([matrix, sums, -sums]), np.concatenate([starts, np.ones(len(sums)), -np.ones(len(sums))]), ends,
            np.append(cost[:unknowns] @ columns.matrix, cost[unknowns:]),
        )
    )  # fmt: skip
    for at in np.flatnonzero(columns.whole):
        solver.changeColIntegrality(int(at), highspy.HighsVarType.kInteger)
    solver.run()
    if solver.getModelStatus() not in (status.kOptimal, status.kTimeLimit, status.kSolutionLimit):
        return None
    found = np.array(solver.getSolution().col_value)
    return found if len(found) == own + extra and np.isfinite(found).all() else None
