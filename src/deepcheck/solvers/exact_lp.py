"""Linear programs over the rationals: a primal simplex method that carries its own proof.

Few unknowns, any number of rows. Rows are whole numbers, and the edges of a vertex are whole numbers over one size, so
that a pivot divides without remainder and looks for no common divisors. The steepest edge is followed, and Bland's rule
after a few steps of length 0, so it ends. What is claimed has been checked against the rows as they were given.

Source: Chvatal, Linear Programming, chapters 2, 3 (Bland's rule) and 5 (duality); Edmonds, Systems of distinct
representatives and linear algebra, J. Res. NBS 71B (1967), for pivots among whole numbers.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from flint import fmpz, fmpz_mat

from deepcheck.constraints import Answer, Inequalities, Refutation, Undecided, Witness

PATIENCE = 8
"""How many steps of length 0 follow the steepest edge before Bland's rule takes over."""


@dataclass(frozen=True)
class Optimum:
    """The largest value of the least goal.

    Attributes:
        value: That value; None where it is unbounded above.
        point: Where it is attained; where unbounded, a point at which the least goal is at least 1.
        multipliers: By row, goals counted after the rows: non-negative, those of the goals add up to 1, and the rows
            so weighted add up to the constant ``value``. Empty where unbounded.
    """

    value: Fraction | None
    point: tuple[Fraction, ...]
    multipliers: tuple[tuple[int, Fraction], ...]


class _OutOfTime(Exception):
    """The deadline has passed."""


def maximise_least(
    rows: Inequalities, goals: Inequalities, timeout: float | None = None, *, enough: Fraction | None = None
) -> Optimum | Undecided:
    """The point at which the least of some goals is largest.

    Args:
        rows: Closed inequalities, which all hold at 0.
        goals: At least one; whether they are strict does not matter.
        timeout: Seconds.
        enough: Stop at a point where the least goal is more than this: it need not be the largest then.

    Source: ``max t`` subject to ``goal - t >= 0`` and the rows.
    """
    assert all(constant >= 0 for constant in rows.constants), "expected rows that hold at 0"
    whole, scales = zip(*_wholes(rows, 0), *_wholes(goals, -1), strict=True)
    lowest = len(rows) + min(range(len(goals)), key=goals.constants.__getitem__)
    tableau = _Tableau(whole, lowest, None if timeout is None else time.monotonic() + timeout)
    try:
        state = tableau.climb(enough)
    except _OutOfTime:
        return Undecided("time limit")
    assert tableau.inside(), "the point violates a row"
    *point, value = tableau.at()
    if state != "optimal":
        return Optimum(value if state == "enough" else None, tuple(point), ())
    multipliers = tuple((row, scales[row] * share) for row, share in sorted(tableau.multipliers()))
    assert _add_up(rows, goals, multipliers) == value, "the multipliers do not prove the optimum"
    return Optimum(value, tuple(point), multipliers)


def _wholes(system: Inequalities, rate: int) -> Iterator[tuple[list[int], Fraction]]:
    """Each row in whole numbers, its coefficients, the rate of ``t`` and its constant; and what it was scaled by."""
    for row, constant in zip(system.coefficients, system.constants, strict=True):
        numbers = (*row, Fraction(rate), constant)
        below = lcm(*(number.denominator for number in numbers))
        whole = [number.numerator * (below // number.denominator) for number in numbers]
        above = gcd(*whole) or 1
        yield [number // above for number in whole], Fraction(below, above)


def _add_up(rows: Inequalities, goals: Inequalities, multipliers: Sequence[tuple[int, Fraction]]) -> Fraction | None:
    """Weak duality: the value that the multipliers prove no point's least goal to exceed; None if they prove none."""
    *slopes, constant = (rows + goals).weighted(multipliers)
    whole = sum((share for row, share in multipliers if row >= len(rows)), Fraction(0))
    proved = whole == 1 and not any(slopes) and all(share > 0 for _, share in multipliers)
    return constant if proved else None


class _Tableau:
    """A vertex, or a point on the way to one: the rows that are tight there, and the edges along which one is left.

    Points and edges are homogeneous, ``(unknowns, t, weight)`` in whole numbers: the point weighs ``size``, an edge
    nothing. ``edges[i] / size`` is how the point moves while the slack of ``tight[i]`` grows by 1 and the other tight
    rows stay tight; ``tight[i]`` is -1 - i while no row has been chosen for that direction: it can then go either way.

    Args:
        rows: ``(coefficients, rate of t, constant)``; at 0, those without ``t`` hold.
        lowest: The goal that is least at 0.
        deadline: Of the monotonic clock.
    """

    def __init__(self, rows: Sequence[list[int]], lowest: int, deadline: float | None) -> None:
        self.deadline, self.patience = deadline, PATIENCE
        self.table = fmpz_mat(len(rows), len(rows[0]), [number for row in rows for number in row])
        *slopes, rate, constant = map(fmpz, rows[lowest])
        unknowns, self.size = len(slopes), -rate
        self.edges = [[fmpz(0)] * (unknowns + 2) for _ in rows[0][:-1]]
        for i, slope in enumerate(slopes):
            self.edges[i][i], self.edges[i][-2] = self.size, slope
        self.edges[-1][-2] = fmpz(-1)
        self.tight = [-1 - i for i in range(unknowns)] + [lowest]
        self.point = [fmpz(0)] * unknowns + [constant, self.size]

    def climb(self, enough: Fraction | None) -> str:
        """Raise ``t`` as far as it goes: "optimal", "unbounded", or "enough"."""
        while enough is None or not self.point[-2] * enough.denominator > self.size * enough.numerator:
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise _OutOfTime
            chosen = self._entering()
            if chosen is None:
                return "optimal"
            leaving = self._leaving(chosen)
            if leaving is None:
                self._reach_one(chosen)
                return "unbounded"
            self._pivot(chosen, leaving)
        return "enough"

    def _entering(self) -> int | None:
        """The edge to follow: the steepest; by Bland's rule a free direction first, then the lowest row."""
        best, rise, length = None, fmpz(0), fmpz(1)
        for i, (row, edge) in enumerate(zip(self.tight, self.edges, strict=True)):
            if row < 0 and edge[-2] < 0:
                edge = self.edges[i] = [-number for number in edge]
            if edge[-2] <= 0:
                continue
            if self.patience == 0:
                better = best is None or row < self.tight[best]
            else:
                far = sum(map(abs, edge), fmpz(0))
                better = edge[-2] * length > rise * far
                rise, length = (edge[-2], far) if better else (rise, length)
            best = i if better else best
        return best

    def _leaving(self, chosen: int) -> int | None:
        """The first row whose slack an edge uses up; of several the lowest."""
        pair = zip(self.edges[chosen], self.point, strict=True)
        moves = self.table * fmpz_mat(len(self.point), 2, [number for both in pair for number in both])
        found, least, fastest = None, fmpz(0), fmpz(1)
        numbers = moves.entries()
        for row, (change, slack) in enumerate(zip(numbers[::2], numbers[1::2], strict=True)):
            if change < 0 and (found is None or slack * fastest < least * -change):
                found, least, fastest = row, slack, -change
        if found is not None:
            self.patience = max(self.patience - 1, 0) if least == 0 else PATIENCE
        return found

    def _pivot(self, chosen: int, leaving: int) -> None:
        """Go to where the leaving row is tight, instead of the chosen one."""
        row, edge = [self.table[leaving, i] for i in range(len(self.point))], self.edges[chosen]
        fall = -_dot(row, edge)

        def moved(vector: list[fmpz]) -> list[fmpz]:
            slack = _dot(row, vector)
            return [(fall * number + slack * step) // self.size for number, step in zip(vector, edge, strict=True)]

        self.point = moved(self.point)
        self.edges = [moved(other) if i != chosen else [-step for step in edge] for i, other in enumerate(self.edges)]
        self.size, self.tight[chosen] = fall, leaving

    def _reach_one(self, chosen: int) -> None:
        """Follow an edge without an end until ``t`` is at least 1."""
        edge, missing = self.edges[chosen], max(self.size - self.point[-2], fmpz(0))
        self.point = [edge[-2] * number + missing * step for number, step in zip(self.point, edge, strict=True)]

    def inside(self) -> bool:
        """Does the point satisfy every row?"""
        return all(slack >= 0 for slack in (self.table * fmpz_mat(len(self.point), 1, self.point)).entries())

    def at(self) -> list[Fraction]:
        """The point, ``t`` last."""
        return [Fraction(int(number), int(self.point[-1])) for number in self.point[:-1]]

    def multipliers(self) -> Iterator[tuple[int, Fraction]]:
        """How fast ``t`` falls along each edge: by row, and zero for every other row."""
        for row, edge in zip(self.tight, self.edges, strict=True):
            if row >= 0 and edge[-2] != 0:
                yield row, Fraction(-int(edge[-2]), int(self.size))


def decide(system: Inequalities, timeout: float | None = None) -> Answer:
    """Is there a point that satisfies a system? Any system: exact, with Farkas multipliers if there is none.

    Args:
        system: The inequalities.
        timeout: Seconds, or None for no limit.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    closed = [row for row, strict in enumerate(system.strict) if not strict]
    strict = [row for row, strictly in enumerate(system.strict) if strictly]
    point: tuple[Fraction, ...] = (Fraction(0),) * (len(system.coefficients[0]) if len(system) else 0)
    if any(system.constants[row] < 0 for row in closed):
        none = Inequalities((), (), ())
        found = maximise_least(none, system.take(closed), _left(deadline), enough=Fraction(0))
        if isinstance(found, Undecided):
            return found
        if found.value is not None and found.value < 0:
            return _refuted(system, closed, found)
        point = found.point
    if strict:
        moved = _moved(system, point)
        found = maximise_least(moved.take(closed), moved.take(strict), _left(deadline), enough=Fraction(0))
        if isinstance(found, Undecided):
            return found
        if found.value is not None and found.value <= 0:
            return _refuted(system, closed + strict, found)
        point = tuple(p + d for p, d in zip(point, found.point, strict=True))
    assert system.holds(point)
    return Witness(point)


def _refuted(system: Inequalities, rows: Sequence[int], found: Optimum) -> Refutation:
    multipliers = tuple((rows[row], share) for row, share in found.multipliers)
    assert system.refuted_by(multipliers)
    return Refutation(multipliers)


def _moved(system: Inequalities, point: Sequence[Fraction]) -> Inequalities:
    """The same system around another point."""
    constants = tuple(
        constant + sum((c * p for c, p in zip(row, point, strict=True) if c), Fraction(0))
        for row, constant in zip(system.coefficients, system.constants, strict=True)
    )
    return Inequalities(system.coefficients, constants, system.strict)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _dot(a: Sequence[fmpz], b: Sequence[fmpz]) -> fmpz:
    return sum((x * y for x, y in zip(a, b, strict=True)), fmpz(0))
