"""Linear programs by HiGHS: it proposes in floats; whatever is claimed from that is checked exactly, or by the caller.

Proposals first put slack into all rows and only then go for the margin or the smallest change: in our trial that took
proposals that rounding made wrong from 52 to 2 of 800.
"""

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from deepcheck.constraints import Answer, Inequalities, Refutation, Witness
from deepcheck.program import Array
from deepcheck.solvers import exact_lp
from deepcheck.solvers.silent import silent_highs

SHARE = 2.0**-8
"""How much of the largest slack every row keeps while the objective is sought."""
NEGLIGIBLE = 1e-9
"""A multiplier that is smaller than the largest by this factor is rounding."""


@dataclass(frozen=True)
class FloatSystem:
    """``values + slopes d >= 0`` and ``goal_values + goal_slopes d > 0`` for ``lower <= d <= upper``, in floats.

    Attributes:
        values: ``(m,)``.
        slopes: ``(m, k)``.
        goal_values: ``(g,)``.
        goal_slopes: ``(g, k)``.
        lower: ``(k,)``, possibly infinite.
        upper: ``(k,)``, likewise.
    """

    values: Array
    slopes: Array
    goal_values: Array
    goal_slopes: Array
    lower: Array
    upper: Array


@dataclass(frozen=True)
class Proposal:
    """What HiGHS says about a system.

    Attributes:
        status: "feasible", "infeasible" or "limit".
        point: A displacement, ``(k,)``; meaningless unless feasible.
        margin: The least goal there.
        multipliers: Where infeasible, of the rows and then the goals, ``(m + g,)``: non-negative up to rounding.
    """

    status: str
    point: Array
    margin: float
    multipliers: Array


def propose(system: FloatSystem, objective: str = "margin", timeout: float | None = None) -> Proposal:
    """Find a point with slack in all rows that has the largest margin or the smallest change.

    Args:
        system: The system.
        objective: "margin" (the least goal), or the 1-norm "l1" or infinity-norm "linf" of the displacement.
        timeout: Seconds for each of its linear programs.
    """
    rows = np.concatenate([system.slopes, system.goal_slopes])
    values = np.concatenate([system.values, system.goal_values])
    m, k = len(system.values), rows.shape[1]
    sizes = np.maximum(np.abs(rows).sum(axis=1), 1e-9)
    inside = _solve(np.hstack([rows, -sizes[:, None]]), -values, _ends(system, -np.inf), _last(k), timeout)
    if inside is None:
        return Proposal("limit", np.zeros(k), np.nan, np.zeros(len(values)))
    slack = inside.point[-1]
    if not slack > 0:
        goals = np.concatenate([np.zeros(m), np.ones(len(system.goal_values))])
        best = _solve(np.hstack([rows, -goals[:, None]]), -values, _ends(system, -np.inf), _last(k), timeout)
        if best is None:
            return Proposal("limit", np.zeros(k), np.nan, np.zeros(len(values)))
        status = "feasible" if best.point[-1] > 0 else "infeasible"
        return Proposal(status, best.point[:k], float(best.point[-1]), best.duals)
    kept = SHARE * slack * sizes - values
    point = _towards(system, rows, kept, objective, timeout)
    point = inside.point[:k] if point is None else np.clip(point, system.lower, system.upper)
    margin = float((system.goal_values + system.goal_slopes @ point).min())
    return Proposal("feasible", point, margin, np.zeros(len(values)))


def _towards(system: FloatSystem, rows: Array, kept: Array, objective: str, timeout: float | None) -> Array | None:
    """The best point of those that keep some slack in every row."""
    m, k = len(system.values), rows.shape[1]
    if objective == "margin":
        goals = np.concatenate([np.zeros(m), np.ones(len(system.goal_values))])
        limits = np.where(goals > 0, np.concatenate([system.values * 0, -system.goal_values]), kept)
        found = _solve(
            np.vstack([np.hstack([rows, -goals[:, None]]), np.hstack([rows[m:], np.zeros((len(rows) - m, 1))])]),
            np.concatenate([limits, kept[m:]]), _ends(system, -np.inf), _last(k), timeout,
        )  # fmt: skip
        return None if found is None else found.point[:k]
    # ``size >= d`` and ``size >= -d``, by element or for all of them.
    own = np.eye(k) if objective == "l1" else np.ones((k, 1))
    sides = np.vstack([np.hstack([-np.eye(k), own]), np.hstack([np.eye(k), own])])
    extra = own.shape[1]
    lower, upper = _ends(system, 0.0, extra)
    cost = np.concatenate([np.zeros(k), np.ones(extra)])
    matrix = np.vstack([np.hstack([rows, np.zeros((len(rows), extra))]), sides])
    found = _solve(matrix, np.concatenate([kept, np.zeros(2 * k)]), (lower, upper), cost, timeout)
    return None if found is None else found.point[:k]


@dataclass(frozen=True)
class _Solved:
    point: Array
    duals: Array


def _last(k: int) -> Array:
    """Costs of maximising the variable after ``k`` others."""
    return np.concatenate([np.zeros(k), [-1.0]])


def _ends(system: FloatSystem, least: float, extra: int = 1) -> tuple[Array, Array]:
    """Bounds of the displacements and of variables after them; a margin is bounded, so that there is an optimum."""
    most = 1e9 if least < 0 else np.inf
    lower = np.concatenate([system.lower, np.full(extra, least)])
    return lower, np.concatenate([system.upper, np.full(extra, most)])


def _solve(
    matrix: Array, limits: Array, ends: tuple[Array, Array], cost: Array, timeout: float | None
) -> _Solved | None:
    """Minimise ``cost x`` subject to ``matrix x >= limits`` and bounds; None where HiGHS finds no optimum."""
    import highspy

    solver = silent_highs()
    if timeout is not None:
        solver.setOptionValue("time_limit", float(timeout))
    solver.passModel(_model(matrix, limits, ends, cost))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = solver.getSolution()
    return _Solved(np.array(solution.col_value), np.array(solution.row_dual))


def _model(matrix: Array, limits: Array, ends: tuple[Array, Array], cost: Array) -> Any:
    import highspy

    model, (rows, columns) = highspy.HighsLp(), matrix.shape
    model.num_row_, model.num_col_ = rows, columns
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = ends
    model.row_lower_, model.row_upper_ = limits, np.full(rows, np.inf)
    by_column = np.ascontiguousarray(matrix.T)
    column, row = np.nonzero(by_column)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.searchsorted(column, np.arange(columns + 1)).astype(np.int32)
    model.a_matrix_.index_ = row.astype(np.int32)
    model.a_matrix_.value_ = by_column[column, row]
    return model


def decide(system: Inequalities, timeout: float | None = None) -> Answer:
    """Is there a point that satisfies an exact system? HiGHS proposes; exact arithmetic has the last word.

    A proposed point is checked. Of a proposed refutation only the choice of rows counts: they are few, and refuted
    exactly. Whatever remains is decided on all rows.

    Args:
        system: The inequalities.
        timeout: Seconds, or None for no limit.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    found = _proposed(system, timeout)
    if found is not None:
        point = tuple(Fraction(value) for value in found.point.tolist())
        if system.holds(point):
            return Witness(point)
        weighted = np.flatnonzero(found.multipliers > NEGLIGIBLE * found.multipliers.max())
        if len(weighted):
            answer = _of_some(system, weighted.tolist(), _left(deadline))
            if answer is not None:
                return answer
    return exact_lp.decide(system, _left(deadline))


def _of_some(system: Inequalities, rows: list[int], timeout: float | None) -> Answer | None:
    """What a few of the rows say about all of them, if they do."""
    answer = exact_lp.decide(system.take(rows), timeout)
    if isinstance(answer, Refutation):
        return Refutation(tuple((rows[row], share) for row, share in answer.multipliers))
    return answer if isinstance(answer, Witness) and system.holds(answer.point) else None


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _proposed(system: Inequalities, timeout: float | None) -> Proposal | None:
    """A point far inside, from rows scaled to size 1, or multipliers; None where floats are of no use."""
    unknowns = len(system.coefficients[0]) if len(system) else 0
    if not unknowns:
        return None
    rows, values = as_floats(system)
    free = np.full(unknowns, np.inf)
    none = np.zeros((0, unknowns))
    found = propose(FloatSystem(np.zeros(0), none, values, rows, -free, free), "margin", timeout)
    return found if found.status != "limit" and np.isfinite(found.point).all() else None


def as_floats(system: Inequalities, *, together: bool = False) -> tuple[Array, Array]:
    """Coefficients ``(m, k)`` and constants ``(m,)`` of rows scaled to size 1, each for itself or all together."""
    every = [(*row, constant) for row, constant in zip(system.coefficients, system.constants, strict=True)]
    sizes = [max(map(abs, row)) or Fraction(1) for row in every]
    if together:
        sizes = [max(sizes, default=Fraction(1))] * len(sizes)
    floats = [
        # A quotient of whole numbers, of any size, is rounded once.
        [(number.numerator * size.denominator) / (number.denominator * size.numerator) for number in row]
        for row, size in zip(every, sizes, strict=True)
    ]
    width = len(every[0]) if every else 1
    found = np.array(floats).reshape(len(every), width)
    return found[:, :-1], found[:, -1]
