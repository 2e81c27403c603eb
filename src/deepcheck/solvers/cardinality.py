"""How few features it takes: linear relaxations and mixed-integer programs by HiGHS.

A row is ``value + slopes . d``; guards must stay non-negative, and so must the leads of one label. A set of features
works if some displacement of its elements, inside their ranges, does that. Displacements are shares of their ends,
``d = upper p + lower q`` with ``p`` and ``q`` in ``[0, 1]``, so that a feature's use is the sum of its shares.

Nothing here is trusted: HiGHS works in floats with tolerances. It proposes points, which are checked, and multipliers
of the rows, of which every choice proves something (`deepcheck.attacks.multipliers`).

Source: Bienstock, Computational study of a family of mixed-integer quadratic programs, Math. Programming 74 (1996), for
cardinality constraints by branching on a surrogate relaxation.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.solvers.silent import silent_highs

USED = 1e-7
"""A smaller share of a feature is rounding."""
BROKEN = 40
"""How many broken guards a relaxation takes in at a time."""
TOLERANCE = 1e-9
"""A guard is broken below this, at a scale where its slopes are about 1."""


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

    It starts with the leads alone: a guard is added when a solution breaks it, as most are never broken.

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
        self._ends = np.concatenate([rows.upper[up], rows.lower[down]])
        self._margin, self._budget = len(self._element), len(rows.values) - rows.guards
        self._priced = np.arange(self._margin) if rows.single else self._margin + 1 + np.arange(rows.count)
        self._free = highspy.kHighsInf
        self._solver = _solver(_model(rows, self._matrix(slice(rows.guards, None)), self._scale, self._feature))
        self._first = int(self._solver.getNumRow())
        self._added = np.zeros(0, dtype=np.int64)

    def fewest(
        self, inside: Array, outside: Array, prices: Array | float = 1.0, seconds: float | None = None
    ) -> Relaxed:
        """How few features it takes, some inside the set and some outside of it.

        Args:
            inside: Features counted in any case, a mask, ``(n,)``.
            outside: Features that may not change, likewise.
            prices: What each feature counts, ``(n,)``: other than 1, the value means nothing.
            seconds: Time limit, or None.
        """
        self._allow(outside)
        self._price(np.where(inside, 0.0, prices)[self._feature if self._rows.single else slice(None)], 0.0)
        self._solver.changeColBounds(self._margin, 0.0, 0.0)
        self._solver.changeRowBounds(self._budget, 0.0, self._free)
        found = self._solve(seconds)
        if found is not None:
            return found._replace(value=found.value + np.count_nonzero(inside))
        return self._widest(float("inf"), seconds)._replace(value=float("inf"))

    def widest(self, size: int, outside: Array, seconds: float | None = None) -> Relaxed:
        """The largest margin of the relaxation with so many features."""
        self._allow(outside)
        return self._widest(float(size), seconds)

    def _widest(self, size: float, seconds: float | None) -> Relaxed:
        """The best margin, with the multipliers that prove that there is none better."""
        self._price(np.zeros(len(self._priced)), -1.0)
        self._solver.changeColBounds(self._margin, -self._free, self._free)
        self._solver.changeRowBounds(self._budget, 0.0, min(size, self._free))
        found = self._solve(seconds)
        if found is None:
            return Relaxed(float("inf"), np.zeros(self._rows.count), np.zeros(len(self._rows.values)))
        return found._replace(value=-found.value)

    def _matrix(self, some: Array | slice) -> Array:
        """Some rows over the shares."""
        return np.asarray(self._rows.slopes[some][:, self._element] * self._ends * self._scale[some, None])

    def _allow(self, outside: Array) -> None:
        most = np.where(outside[self._feature], 0.0, 1.0)
        at = np.arange(len(most), dtype=np.int32)
        self._solver.changeColsBounds(len(at), at, np.zeros(len(at)), most)

    def _price(self, prices: Array, margin: float) -> None:
        at = np.append(self._priced, self._margin).astype(np.int32)
        self._solver.changeColsCost(len(at), at, np.append(prices, margin))

    def _solve(self, seconds: float | None) -> Relaxed | None:
        """Solve, and add the guards that the solution breaks, until it breaks none."""
        import highspy

        solver, rows = self._solver, self._rows
        solver.setOptionValue("time_limit", self._free if seconds is None else solver.getRunTime() + seconds)
        while True:
            solver.run()
            if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            values = np.array(solver.getSolution().col_value)[: self._margin]
            point = np.bincount(self._element, weights=values * self._ends, minlength=len(rows.owner))
            broken = (rows.values[: rows.guards] + rows.slopes[: rows.guards] @ point) * self._scale[: rows.guards]
            broken[self._added] = 0.0
            worst = np.argsort(broken, kind="stable")[:BROKEN]
            worst = worst[broken[worst] < -TOLERANCE]
            if len(worst) == 0:
                return self._found(values)
            self._add(worst)

    def _add(self, guards: Array) -> None:
        matrix = self._matrix(guards)
        count, width = matrix.shape
        starts, at = np.arange(count) * width, np.tile(np.arange(width), count)
        least = -self._rows.values[guards] * self._scale[guards]
        most = np.full(count, self._free)
        self._solver.addRows(
            count, least, most, matrix.size, starts.astype(np.int32), at.astype(np.int32), matrix.ravel()
        )
        self._added = np.concatenate([self._added, guards])

    def _found(self, values: Array) -> Relaxed:
        parts = np.bincount(self._element, weights=values, minlength=len(self._rows.owner))
        shares = np.zeros(self._rows.count)
        np.maximum.at(shares, self._rows.owner, parts)
        duals, multipliers = np.array(self._solver.getSolution().row_dual), np.zeros(len(self._rows.values))
        multipliers[self._rows.guards :] = duals[: self._budget]
        multipliers[self._added] = duals[self._first :]
        value = float(self._solver.getInfo().objective_function_value)
        return Relaxed(value, shares, np.maximum(multipliers * self._scale, 0.0))


def farthest_inside(
    rows: Rows, columns: Array, slack: Array, seconds: float | None = None
) -> tuple[Array, Array] | None:
    """The displacement of some elements at which the least lead is largest, and the multipliers of the rows.

    Args:
        rows: The rows.
        columns: The elements that may move.
        slack: How far each row is to stay away from 0, where it is that far away at the input, ``(m,)``.
        seconds: Time limit, or None.
    """
    import highspy

    slopes, lower, upper = rows.slopes[:, columns], rows.lower[columns], rows.upper[columns]
    reserve = np.where(np.arange(len(slack)) < rows.guards, np.minimum(slack, np.maximum(rows.values, 0.0)), slack)
    least = rows.values + np.minimum(slopes * lower, slopes * upper).sum(axis=1)
    kept = np.flatnonzero((np.arange(len(slack)) >= rows.guards) | ~(least >= reserve))
    scale, count = _scales(rows, columns)[kept], len(columns)
    matrix = np.append(slopes[kept] * scale[:, None], np.where(kept >= rows.guards, -1.0, 0.0)[:, None], axis=1)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count + 1, len(kept)
    model.col_cost_ = np.append(np.zeros(count), -1.0)
    model.col_lower_ = np.append(lower, -highspy.kHighsInf)
    model.col_upper_ = np.append(upper, highspy.kHighsInf)
    model.row_lower_ = (reserve - rows.values)[kept] * scale
    model.row_upper_ = np.full(len(kept), highspy.kHighsInf)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    at, column = np.nonzero(matrix)  # a guard of a convolution sees few of the elements
    model.a_matrix_.start_ = np.searchsorted(at, np.arange(len(kept) + 1)).astype(np.int32)
    model.a_matrix_.index_ = column.astype(np.int32)
    model.a_matrix_.value_ = matrix[at, column]
    solver = _solver(model)
    if seconds is not None:
        solver.setOptionValue("time_limit", seconds)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution, multipliers = solver.getSolution(), np.zeros(len(rows.values))
    multipliers[kept] = np.maximum(np.array(solution.row_dual) * scale, 0.0)
    return np.array(solution.col_value)[:count], multipliers


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
    """The leads over shares, the margin and, where features own several elements, each one's use; a budget row."""
    import highspy

    m, shares = matrix.shape
    extra = 0 if rows.single else rows.count
    scaled = -rows.values[rows.guards :] * scale[rows.guards :]
    columns = [(np.arange(m), matrix[:, c]) for c in range(shares)]
    if extra:
        columns = [(np.append(at, m + 1 + c), np.append(v, -1.0)) for c, (at, v) in enumerate(columns)]
    else:
        columns = [(np.append(at, m), np.append(v, 1.0)) for at, v in columns]
    columns.append((np.arange(m), np.full(m, -1.0)))
    for f in range(extra):
        own = np.flatnonzero(feature == f)
        columns.append((np.append(m, m + 1 + own), np.ones(1 + len(own))))
    model = highspy.HighsLp()
    links = shares if extra else 0
    model.num_col_, model.num_row_ = shares + 1 + extra, m + 1 + links
    model.col_cost_ = np.zeros(model.num_col_)
    model.col_lower_ = np.zeros(model.num_col_)
    model.col_upper_ = np.concatenate([np.ones(shares), [0.0], np.ones(extra)])
    model.row_lower_ = np.concatenate([scaled, np.zeros(1 + links)])
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


def _solver(model: Any, *, presolve: bool = False) -> Any:
    """One thread and silent; without presolve, which costs more than it saves and forgets the last basis."""
    solver = silent_highs()
    if not presolve:
        solver.setOptionValue("presolve", "off")
        solver.setOptionValue("simplex_scale_strategy", 0)
    solver.passModel(model)
    return solver
