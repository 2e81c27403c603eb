"""The smallest set by HiGHS's own branch and bound: a binary for each feature. Its bound proves nothing."""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.solvers.cardinality import Rows, _scales, _solver, _sparse


class Integral(NamedTuple):
    """What HiGHS's branch and bound says; all of it to be checked.

    Attributes:
        features: The set, or None.
        bound: Its lower bound on the size; infinite where it says that no set works.
        finished: Did it finish?
    """

    features: Array | None
    bound: float
    finished: bool


def fewest_integral(rows: Rows, seconds: float, most: int | None = None) -> Integral:
    """The smallest set by HiGHS's own branch and bound: a binary for each feature.

    Args:
        rows: The rows, with finite ranges.
        seconds: Time limit.
        most: Look for sets of at most so many features only.
    """
    import highspy

    scale = _scales(rows)
    elements, count, infinite = len(rows.owner), rows.count, highspy.kHighsInf
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = elements + count, len(rows.values) + 2 * elements + 1
    model.col_cost_ = np.append(np.zeros(elements), np.ones(count))
    model.col_lower_ = np.append(rows.lower, np.zeros(count))
    model.col_upper_ = np.append(rows.upper, np.ones(count))
    model.row_lower_ = np.concatenate([-rows.values * scale, np.zeros(2 * elements), [0.0]])
    limit = float(count if most is None else most)
    model.row_upper_ = np.append(np.full(len(rows.values) + 2 * elements, infinite), limit)
    _sparse(model, _switched(rows, scale))
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kContinuous] * elements + [kinds.kInteger] * count
    solver = _solver(model, presolve=True)
    solver.setOptionValue("time_limit", max(0.0, seconds))
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Integral(None, float("inf"), finished=True)
    features = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        features = np.flatnonzero(np.array(solver.getSolution().col_value)[elements:] > 0.5)
    return Integral(features, float(info.mip_dual_bound), status == highspy.HighsModelStatus.kOptimal)


def _switched(rows: Rows, scale: Array) -> list[tuple[Array, Array]]:
    """Columns of the mixed-integer program: displacements, then the binaries that allow them."""
    m, elements = len(rows.values), len(rows.owner)
    found = []
    for k in range(elements):
        at = np.concatenate([np.arange(m), [m + 2 * k, m + 2 * k + 1]])
        found.append((at, np.concatenate([rows.slopes[:, k] * scale, [1.0, -1.0]])))
    for feature in range(rows.count):
        own = np.flatnonzero(rows.owner == feature)
        at = np.concatenate([m + 2 * own, m + 2 * own + 1, [m + 2 * elements]])
        found.append((at, np.concatenate([-rows.lower[own], rows.upper[own], [1.0]])))
    return found
