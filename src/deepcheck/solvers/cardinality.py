"""How few features it takes: linear relaxations and mixed-integer programs by HiGHS.

A row is ``value + slopes . d``; guards must stay non-negative, and so must the leads of one label. A set of features
works if some displacement of its elements, inside their ranges, does that. Displacements are shares of their ends,
``d = upper p + lower q`` with ``p`` and ``q`` in ``[0, 1]``, so that a feature's use is the sum of its shares.

Nothing here is trusted: HiGHS works in floats with tolerances. It proposes points, which are checked, and multipliers
of the rows, of which every choice proves something (`deepcheck.attacks.smallest_bounds`).

Source: Bienstock, Computational study of a family of mixed-integer quadratic programs, Math. Programming 74 (1996), for
cardinality constraints by branching on a surrogate relaxation.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from deepcheck.program import Array

USED = 1e-7
"""A smaller share of a feature is rounding."""


@dataclass(frozen=True)
class Rows:
    """The rows of one label, over ``k`` elements of ``n`` features: floats with bounds on their errors.

    Attributes:
        values: Guards, then leads of the label, at the input, ``(m,)``.
        value_errors: How far they may be off.
        slopes: Their slopes, ``(m, k)``.
        slope_errors: How far any one slope may be off, ``(m,)``.
        guards: How many of the rows are guards.
        lower: Least displacement of each element, rounded outwards and never above 0, ``(k,)``.
        upper: Largest, likewise.
        owner: The feature of each element, ``(k,)``, increasing.
        count: How many features there are.
    """

    values: Array
    value_errors: Array
    slopes: Array
    slope_errors: Array
    guards: int
    lower: Array
    upper: Array
    owner: Array
    count: int

    @property
    def single(self) -> bool:
        """Does every feature own one element?"""
        return self.count == len(self.owner)

    def columns(self, features: Array) -> Array:
        """The elements of some features, ``(elements,)``."""
        return np.flatnonzero(np.isin(self.owner, features))


class Relaxed(NamedTuple):
    """What a relaxation says; all of it to be checked.

    Attributes:
        value: How many features it takes, inside ones included (infinite: no set works); or the largest margin.
        shares: How much each feature is used, ``(n,)``.
        multipliers: Non-negative multipliers of the rows, ``(m,)``.
    """

    value: float
    shares: Array
    multipliers: Array


class Relaxation:
    """The linear relaxation of one label's rows, solved again and again from where it was left.

    Args:
        rows: The rows, with finite ranges.
    """

    def __init__(self, rows: Rows) -> None:
        import highspy

        self._rows = rows
        self._scale = _scales(rows)
        up, down = np.flatnonzero(rows.upper > 0), np.flatnonzero(rows.lower < 0)
        self._element = np.concatenate([up, down])
        self._feature = rows.owner[self._element]
        ends = np.concatenate([rows.upper[up], rows.lower[down]])
        matrix = rows.slopes[:, self._element] * ends * self._scale[:, None]
        self._margin, self._budget = matrix.shape[1], len(rows.values)
        self._priced = np.arange(matrix.shape[1]) if rows.single else self._margin + 1 + np.arange(rows.count)
        self._free = highspy.kHighsInf
        self._solver = _solver(_model(rows, matrix, self._scale, self._feature))

    def fewest(self, inside: Array, outside: Array, prices: Array | float = 1.0) -> Relaxed:
        """How few features it takes, some inside the set and some outside of it.

        Args:
            inside: Features counted in any case, a mask, ``(n,)``.
            outside: Features that may not change, likewise.
            prices: What each feature counts, ``(n,)``: other than 1, the value means nothing.
        """
        solver = self._solver
        self._allow(outside)
        self._price(np.where(inside, 0.0, prices)[self._feature_of_priced()], 0.0)
        solver.changeColBounds(self._margin, 0.0, 0.0)
        solver.changeRowBounds(self._budget, 0.0, self._free)
        solver.run()
        if self._solved():
            found = self._found()
            return found._replace(value=solver.getInfo().objective_function_value + np.count_nonzero(inside))
        return self._widest(float("inf"))

    def widest(self, size: int, outside: Array) -> Relaxed:
        """The largest margin of the relaxation with so many features."""
        self._allow(outside)
        found = self._widest(float(size))
        return found._replace(value=-float(self._solver.getInfo().objective_function_value))

    def _widest(self, size: float) -> Relaxed:
        """The best margin, with the multipliers that prove that there is none better; its value is infinite."""
        self._price(np.zeros(len(self._priced)), -1.0)
        self._solver.changeColBounds(self._margin, -self._free, self._free)
        self._solver.changeRowBounds(self._budget, 0.0, min(size, self._free))
        self._solver.run()
        if not self._solved():
            return Relaxed(float("inf"), np.zeros(self._rows.count), np.zeros(len(self._rows.values)))
        return self._found()._replace(value=float("inf"))

    def _feature_of_priced(self) -> Array:
        return self._feature if self._rows.single else np.arange(self._rows.count)

    def _allow(self, outside: Array) -> None:
        most = np.where(outside[self._feature], 0.0, 1.0)
        at = np.arange(len(most), dtype=np.int32)
        self._solver.changeColsBounds(len(at), at, np.zeros(len(at)), most)

    def _price(self, prices: Array, margin: float) -> None:
        at = np.append(self._priced, self._margin).astype(np.int32)
        self._solver.changeColsCost(len(at), at, np.append(prices, margin))

    def _solved(self) -> bool:
        import highspy

        return bool(self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def _found(self) -> Relaxed:
        solution = self._solver.getSolution()
        values = np.array(solution.col_value)[: self._margin]
        parts = np.bincount(self._element, weights=values, minlength=len(self._rows.owner))
        shares = np.zeros(self._rows.count)
        np.maximum.at(shares, self._rows.owner, parts)
        duals = np.array(solution.row_dual)[: len(self._rows.values)] * self._scale
        return Relaxed(0.0, shares, np.maximum(duals, 0.0))


def farthest_inside(rows: Rows, columns: Array, slack: Array) -> tuple[Array, Array] | None:
    """The displacement of some elements at which the least lead is largest, and the multipliers of the rows.

    Args:
        rows: The rows.
        columns: The elements that may move.
        slack: How far each row is to stay away from 0, where it is that far away at the input, ``(m,)``.
    """
    import highspy

    scale = _scales(rows, columns)
    count = len(columns)
    matrix = np.zeros((len(rows.values), count + 1))
    matrix[:, :count] = rows.slopes[:, columns] * scale[:, None]
    matrix[rows.guards :, count] = -1.0
    reserve = np.where(np.arange(len(slack)) < rows.guards, np.minimum(slack, np.maximum(rows.values, 0.0)), slack)
    infinite = highspy.kHighsInf
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count + 1, len(matrix)
    model.col_cost_ = np.append(np.zeros(count), -1.0)
    model.col_lower_ = np.append(rows.lower[columns], -infinite)
    model.col_upper_ = np.append(rows.upper[columns], infinite)
    model.row_lower_, model.row_upper_ = (reserve - rows.values) * scale, np.full(len(matrix), infinite)
    _dense(model, matrix)
    solver = _solver(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = solver.getSolution()
    return np.array(solution.col_value)[:count], np.maximum(np.array(solution.row_dual) * scale, 0.0)


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


def _scales(rows: Rows, columns: Array | None = None) -> Array:
    """Powers of two that bring the rows to about the same size, one for all leads, ``(m,)``."""
    some = slice(None) if columns is None else columns
    reach = np.maximum(-rows.lower[some], rows.upper[some])
    reach = np.where(np.isfinite(reach), reach, 1.0)
    sizes = (np.abs(rows.slopes[:, some]) * reach).max(axis=1, initial=0.0)
    sizes[rows.guards :] = sizes[rows.guards :].max(initial=0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(sizes > 0, 2.0 ** -np.clip(np.floor(np.log2(sizes)), -500, 500), 1.0))


def _model(rows: Rows, matrix: Array, scale: Array, feature: Array) -> Any:
    """Shares, the margin, and, where features own several elements, each feature's use; the budget is a row."""
    import highspy

    m, shares = matrix.shape
    extra = 0 if rows.single else rows.count
    leads = np.flatnonzero(np.arange(m) >= rows.guards)
    columns = [(np.arange(m), matrix[:, c]) for c in range(shares)]
    if extra:
        columns = [(np.append(at, m + 1 + c), np.append(v, -1.0)) for c, (at, v) in enumerate(columns)]
    else:
        columns = [(np.append(at, m), np.append(v, 1.0)) for at, v in columns]
    columns.append((leads, np.full(len(leads), -1.0)))
    for f in range(extra):
        own = np.flatnonzero(feature == f)
        columns.append((np.append(m, m + 1 + own), np.ones(1 + len(own))))
    model = highspy.HighsLp()
    links = shares if extra else 0
    model.num_col_, model.num_row_ = shares + 1 + extra, m + 1 + links
    model.col_cost_ = np.zeros(model.num_col_)
    model.col_lower_ = np.zeros(model.num_col_)
    model.col_upper_ = np.concatenate([np.ones(shares), [0.0], np.ones(extra)])
    model.row_lower_ = np.concatenate([-rows.values * scale, np.zeros(1 + links)])
    model.row_upper_ = np.full(model.num_row_, highspy.kHighsInf)
    _sparse(model, columns)
    return model


def _sparse(model: Any, columns: list[tuple[Array, Array]]) -> None:
    """Give a model its columns: rows and values of each."""
    import highspy

    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.cumsum([0, *(len(at) for at, _ in columns)]).astype(np.int32)
    model.a_matrix_.index_ = np.concatenate([at for at, _ in columns]).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate([values for _, values in columns])


def _dense(model: Any, matrix: Array) -> None:
    rows, columns = matrix.shape
    _sparse(model, [(np.arange(rows), matrix[:, c]) for c in range(columns)])


def _solver(model: Any, *, presolve: bool = False) -> Any:
    """One thread and silent; without presolve, which costs more than it saves and forgets the last basis."""
    import highspy

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    if not presolve:
        solver.setOptionValue("presolve", "off")
        solver.setOptionValue("simplex_scale_strategy", 0)
    solver.passModel(model)
    return solver
