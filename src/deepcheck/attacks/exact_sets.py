"""Sets of features, one label each, in exact arithmetic: what floats with error bounds could not settle."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.constraints import Answer, Inequalities, Undecided, Witness
from deepcheck.domains import Box
from deepcheck.program import Array, Path, Program, Rationals
from deepcheck.solvers.exact_lp import decide as decide_exactly
from deepcheck.solvers.exact_lp import maximise_least
from deepcheck.solvers.milp import decide as decide_on_grids
from deepcheck.symbolic import exact_columns, exact_outputs

ELEMENTS = 64
"""How many columns are run at once in exact arithmetic."""
PULLS = (Fraction(0), Fraction(1, 1024), Fraction(1, 16), Fraction(1, 2), Fraction(1))


class Settled(NamedTuple):
    """What exact arithmetic says about one set and label.

    Attributes:
        outcome: Proved, attackable, a tie, or no value of the model's type.
        values: A witness in the model's own numbers, or ().
        margin: Its margin; NaN without.
    """

    outcome: Outcome
    values: tuple[float, ...] = ()
    margin: float = float("nan")


class ExactGuards:
    """A guard sink over rationals: whole rows over all columns of one item."""

    def __init__(self) -> None:
        self.values: list[Fraction] = []
        self.slopes: list[list[Fraction]] = []

    def emit(self, values: Rationals, slopes: Rationals, present: Array) -> None:
        """Keep the guards that some column moves."""
        kept = np.flatnonzero(present[0] & (slopes.numerators != 0).any(axis=0))
        for guard in kept:
            self.values.append(Fraction(int(values.numerators[0, guard]), values.denominator))
            self.slopes.append([Fraction(int(n), slopes.denominator) for n in slopes.numerators[:, guard]])


@dataclass(frozen=True)
class ExactRows:
    """The exact system of one input over some elements.

    Attributes:
        elements: The columns.
        guards: The path's rows over them.
        scores: Every label's score at the input.
        rates: Its slopes, by column.
        origin: The columns' values in the input.
    """

    elements: tuple[int, ...]
    guards: ExactGuards
    scores: Sequence[Fraction]
    rates: Array
    origin: tuple[Fraction, ...]

    @staticmethod
    def of(program: Program, x: Array, path: Path, elements: Sequence[int]) -> "ExactRows":
        """Run some elements of one item, ``(1, *input_shape)``."""
        guards = ExactGuards()
        slopes = exact_columns(program, x, path, np.array(elements), guards)
        decision = program.decided()
        return ExactRows(
            tuple(elements),
            guards,
            decision.scores(exact_outputs(program, x).fractions())[0],
            decision.scores(slopes.fractions()),
            tuple(Fraction(float(value)) for value in x.reshape(-1)[list(elements)]),
        )

    def system(self, box: Box | None, chosen: Sequence[int]) -> Inequalities:
        """Path condition and domain, if there is one, over some of the columns, by position."""
        rows, constants = [], []
        for value, slopes in zip(self.guards.values, self.guards.slopes, strict=True):
            row = tuple(slopes[c] for c in chosen)
            if any(row):
                rows.append(row)
                constants.append(value)
        for at, column in enumerate(chosen if box is not None else ()):
            assert box is not None
            for end, sign in ((box.lower[self.elements[column]], 1), (box.upper[self.elements[column]], -1)):
                if np.isfinite(end):
                    rows.append(tuple(Fraction(sign * (other == at)) for other in range(len(chosen))))
                    constants.append(sign * (self.origin[column] - Fraction(float(end))))
        return Inequalities(tuple(rows), tuple(constants), (False,) * len(rows))

    def goals(self, label: int, chosen: Sequence[int]) -> Inequalities:
        """The lead of a label over every other one; strict against lower labels."""
        others = [other for other in range(len(self.scores)) if other != label]
        return Inequalities(
            tuple(tuple(self.rates[c][label] - self.rates[c][other] for c in chosen) for other in others),
            tuple(self.scores[label] - self.scores[other] for other in others),
            tuple(other < label for other in others),
        )


def settle(
    rows: ExactRows,
    box: Box,
    chosen: Sequence[int],
    label: int,
    dtype: np.dtype[np.floating],
    timeout: float | None = None,
) -> Settled:
    """Decide one set and label.

    Args:
        rows: The exact system.
        box: The domain.
        chosen: Positions of the set's elements among the columns.
        label: The label to reach.
        dtype: The model's input type: a witness is made of its numbers.
        timeout: Seconds for each exact program; without an answer the question stays open.
    """
    system, goals = rows.system(box, chosen), rows.goals(label, chosen)
    if box.tables is not None:
        return _settle_on_levels(rows, box, chosen, system, goals, timeout)
    best = maximise_least(system, goals, timeout)
    if isinstance(best, Undecided):
        return Settled(Outcome.SOLVER)
    if best.value is not None and best.value < 0:
        return Settled(Outcome.PROVED)
    if best.value == 0:
        return _tied(decide_exactly(system + goals, timeout))
    middle = maximise_least(system, _scaled(system + goals), timeout)
    centre = best.point if isinstance(middle, Undecided) else middle.point
    origin = [rows.origin[c] for c in chosen]
    for candidate in _candidates(best.point, centre, origin, dtype):
        step = [value - start for value, start in zip(candidate, origin, strict=True)]
        margin = min(_values(goals, step))
        if margin > 0 and system.holds(step):
            return Settled(Outcome.ATTACKABLE, tuple(float(value) for value in candidate), _float(margin))
    return _by_one_less(rows, box, chosen, label, dtype, timeout) if 1 < len(chosen) <= 4 else Settled(Outcome.NO_VALUE)


def _by_one_less(
    rows: ExactRows,
    box: Box,
    chosen: Sequence[int],
    label: int,
    dtype: np.dtype[np.floating],
    timeout: float | None,
) -> Settled:
    """No number of the type was found near the best point: does a smaller set do, where there is less to round?"""
    for left_out in range(len(chosen)):
        found = settle(rows, box, [*chosen[:left_out], *chosen[left_out + 1 :]], label, dtype, timeout)
        if found.outcome == Outcome.ATTACKABLE:
            still = float(rows.origin[chosen[left_out]])
            return Settled(found.outcome, (*found.values[:left_out], still, *found.values[left_out:]), found.margin)
    return Settled(Outcome.NO_VALUE)


def _tied(reached: Answer) -> Settled:
    """What is left where the label never wins strictly: a tie if it is reached at all."""
    if isinstance(reached, Undecided):
        return Settled(Outcome.SOLVER)
    return Settled(Outcome.TIE if isinstance(reached, Witness) else Outcome.PROVED)


def _scaled(system: Inequalities) -> Inequalities:
    """The rows with coefficients of about the same size, so that their least says how far inside a point is."""
    rows, constants = [], []
    for row, constant in zip(system.coefficients, system.constants, strict=True):
        size = sum((abs(c) for c in row), Fraction(0)) or Fraction(1)
        rows.append(tuple(c / size for c in row))
        constants.append(constant / size)
    return Inequalities(tuple(rows), tuple(constants), (False,) * len(rows))


def _values(system: Inequalities, point: Sequence[Fraction]) -> list[Fraction]:
    return [
        constant + sum((c * d for c, d in zip(row, point, strict=True)), Fraction(0))
        for row, constant in zip(system.coefficients, system.constants, strict=True)
    ]


def _candidates(
    best: Sequence[Fraction], centre: Sequence[Fraction], origin: Sequence[Fraction], dtype: np.dtype[np.floating]
) -> list[tuple[Fraction, ...]]:
    """Numbers of the model's type from the best point towards the centre; around the best point, both neighbours."""
    found: list[tuple[Fraction, ...]] = []
    near = dtype.type
    with np.errstate(over="ignore"):
        for pull in PULLS:
            exact = [o + b + pull * (c - b) for o, b, c in zip(origin, best, centre, strict=True)]
            rounded = [near(_float(value)) for value in exact]
            if all(np.isfinite(value) for value in rounded):
                found.append(tuple(Fraction(float(value)) for value in rounded))
        if len(best) <= 4:
            around = [near(_float(o + b)) for o, b in zip(origin, best, strict=True)]
            sides = [(value, np.nextafter(value, near(-np.inf)), np.nextafter(value, near(np.inf))) for value in around]
            found += [tuple(Fraction(float(v)) for v in point) for point in product(*sides) if np.isfinite(point).all()]
    return found


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _settle_on_levels(
    rows: ExactRows,
    box: Box,
    chosen: Sequence[int],
    system: Inequalities,
    goals: Inequalities,
    timeout: float | None,
) -> Settled:
    grids = [levels_of(box, rows.elements[c], rows.origin[c]) for c in chosen]
    strict = Inequalities(goals.coefficients, goals.constants, (True,) * len(goals))
    won = decide_on_grids(system + strict, grids, timeout)
    if isinstance(won, Witness):
        values = tuple(float(d + rows.origin[c]) for d, c in zip(won.point, chosen, strict=True))
        return Settled(Outcome.ATTACKABLE, values, _float(min(_values(goals, won.point))))
    if isinstance(won, Undecided):
        return Settled(Outcome.SOLVER)
    return _tied(decide_on_grids(system + goals, grids, timeout))


def levels_of(box: Box, element: int, origin: Fraction) -> list[Fraction]:
    """The exact displacements to the levels of one element inside its bounds, increasing."""
    assert box.tables is not None
    table = box.tables[box.channel[element]]
    inside = table[(table >= box.lower[element]) & (table <= box.upper[element])]
    return [Fraction(float(value)) - origin for value in inside]
