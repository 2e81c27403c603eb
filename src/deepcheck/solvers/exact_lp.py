"""Linear programs over the rationals: a primal simplex method that carries its own proof.

Few unknowns, any number of rows. The point and the directions of its edges are exact (python-flint); Bland's rule, so
it ends. The optimum comes with multipliers, and with the check that they prove it.

Source: Chvatal, Linear Programming, chapters 2, 3 (Bland's rule) and 5 (duality).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from deepcheck.constraints import Answer, Inequalities, Refutation, Undecided, Witness

ZERO, ONE = fmpq(0), fmpq(1)


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
    unknowns = len(goals.coefficients[0])
    tableau = _Tableau(
        [[*map(_rational, row), ZERO] for row in rows.coefficients]
        + [[*map(_rational, row), -ONE] for row in goals.coefficients],
        [*map(_rational, rows.constants), *map(_rational, goals.constants)],
        [ZERO] * unknowns + [_rational(min(goals.constants))],
        None if timeout is None else time.monotonic() + timeout,
    )
    try:
        bounded = tableau.climb(None if enough is None else _rational(enough))
    except _OutOfTime:
        return Undecided("time limit")
    point = tuple(_fraction(value) for value in tableau.point[:-1])
    if not bounded:
        return Optimum(None, point, ())
    multipliers = tuple((row, _fraction(value)) for row, value in sorted(tableau.multipliers().items()))
    return Optimum(_fraction(tableau.point[-1]), point, multipliers)


class _Tableau:
    """A vertex, or a point on the way to one: the rows that are tight there, and the edges along which one is left.

    ``edges[i]`` is how the point moves while the slack of ``tight[i]`` grows by 1 and the other tight rows stay
    tight; ``tight[i]`` is -1 - i while no row has been chosen for that direction, which can then go either way.
    """

    def __init__(
        self, rows: list[list[fmpq]], constants: list[fmpq], point: list[fmpq], deadline: float | None
    ) -> None:
        self.rows, self.point, self.deadline = rows, point, deadline
        self.slacks = [c + _dot(row, point) for row, c in zip(rows, constants, strict=True)]
        self.tight = [-1 - i for i in range(len(point))]
        self.edges = [[ONE if i == j else ZERO for j in range(len(point))] for i in range(len(point))]

    def climb(self, enough: fmpq | None) -> bool:
        """Raise the last coordinate as far as it goes; False if there is no end."""
        while enough is None or not self.point[-1] > enough:
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise _OutOfTime
            chosen = self._entering()
            if chosen is None:
                return True
            if not self._step(*chosen):
                return False
        return True

    def _entering(self) -> tuple[int, int] | None:
        """Which edge to follow, and in which sense: a free direction first, then the lowest row (Bland)."""
        best = None
        for i, row in enumerate(self.tight):
            rate = self.edges[i][-1]
            if row < 0 and rate != 0:
                return i, 1 if rate > 0 else -1
            if row >= 0 and rate > 0 and (best is None or row < self.tight[best]):
                best = i
        return None if best is None else (best, 1)

    def _step(self, chosen: int, sense: int) -> bool:
        direction = [sense * value for value in self.edges[chosen]]
        falls = [_dot(row, direction) for row in self.rows]
        leaving, step = -1, None
        for row, fall in enumerate(falls):
            if fall < 0 and row not in self.tight:
                length = self.slacks[row] / -fall
                if step is None or length < step:
                    leaving, step = row, length
        far = step is None
        if step is None:
            step = max(ZERO, (ONE - self.point[-1]) / direction[-1])
        self.point = [p + step * d for p, d in zip(self.point, direction, strict=True)]
        self.slacks = [s + step * f for s, f in zip(self.slacks, falls, strict=True)]
        if far:
            return False
        tight = self.rows[leaving]
        fall = _dot(tight, self.edges[chosen])
        pivot = [value / fall for value in self.edges[chosen]]
        for i, edge in enumerate(self.edges):
            share = _dot(tight, edge)
            if i != chosen and share != 0:
                self.edges[i] = [e - share * p for e, p in zip(edge, pivot, strict=True)]
        self.edges[chosen], self.tight[chosen] = pivot, leaving
        return True

    def multipliers(self) -> dict[int, fmpq]:
        """How fast the last coordinate falls along each edge: by row, and zero for every other row."""
        return {row: -edge[-1] for row, edge in zip(self.tight, self.edges, strict=True) if row >= 0 and edge[-1] != 0}


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
        found = maximise_least(none, _some(system, closed), _left(deadline), enough=Fraction(0))
        if isinstance(found, Undecided):
            return found
        if found.value is not None and found.value < 0:
            return Refutation(tuple((closed[row], value) for row, value in found.multipliers))
        point = found.point
    if strict:
        moved = _moved(system, point)
        found = maximise_least(_some(moved, closed), _some(moved, strict), _left(deadline), enough=Fraction(0))
        if isinstance(found, Undecided):
            return found
        if found.value is not None and found.value <= 0:
            every = closed + strict
            return Refutation(tuple((every[row], value) for row, value in found.multipliers))
        point = tuple(p + d for p, d in zip(point, found.point, strict=True))
    assert system.holds(point)
    return Witness(point)


def _some(system: Inequalities, rows: Sequence[int]) -> Inequalities:
    return Inequalities(
        tuple(system.coefficients[r] for r in rows),
        tuple(system.constants[r] for r in rows),
        tuple(system.strict[r] for r in rows),
    )


def _moved(system: Inequalities, point: Sequence[Fraction]) -> Inequalities:
    """The same system around another point."""
    constants = tuple(
        constant + sum((c * p for c, p in zip(row, point, strict=True) if c), Fraction(0))
        for row, constant in zip(system.coefficients, system.constants, strict=True)
    )
    return Inequalities(system.coefficients, constants, system.strict)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _dot(a: Sequence[fmpq], b: Sequence[fmpq]) -> fmpq:
    total = ZERO
    for x, y in zip(a, b, strict=True):
        if x != 0 and y != 0:
            total += x * y
    return total


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
