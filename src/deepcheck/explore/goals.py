"""Which labels can be reached inside one region: witnesses, proofs, or neither.

The leads' least values over the region prove most labels away at once; the compiled simplex method of
`deepcheck.solvers.simplex` looks for witnesses; exact linear programs take what is left.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from deepcheck.attacks.exact_sets import ExactGuards, ExactRows, Settled, settle
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import BITS, EXACT_ELEMENTS
from deepcheck.constraints import Inequalities
from deepcheck.explore.polytopes import Polytope
from deepcheck.explore.slices import Region, Slice
from deepcheck.solvers import simplex
from deepcheck.solvers.least import least
from deepcheck.solvers.planes import ATTACKED, REFUTED, Planes
from deepcheck.solvers.simplex_checks import Grid
from deepcheck.symbolic import EXACT_PRODUCTS, exact_columns


class Reached(NamedTuple):
    """What became of one label in one region; a label that cannot be reached there is not mentioned.

    Attributes:
        label: The label.
        outcome: Attackable, or why it is open.
        values: The witness, element by element, in the model's own numbers; or ().
    """

    label: int
    outcome: Outcome
    values: tuple[float, ...] = ()


def reached(slice_: Slice, polytope: Polytope, left: Callable[[], float | None]) -> list[Reached]:
    """The labels that can, or might, be reached in a region.

    Args:
        slice_: The slice.
        polytope: The region.
        left: How many seconds are left, or None.
    """
    positions = slice_.wanted
    known = least(polytope.leads.take(positions), polytope.walls, polytope.centre)
    positions = positions[~(known.floors > 0)]
    if not len(positions):
        return []
    planes = _planes(slice_, polytope)
    columns = np.arange(len(slice_.elements))
    systems = np.array([[*columns, position] for position in positions])
    bits = BITS[slice_.program.dtype.name]
    found = simplex.decide(planes, systems, bits, _grid(slice_, polytope))
    answers, exact = [], _Exactly(slice_, polytope, left)
    for position, state, point in zip(positions, found.state, found.points, strict=True):
        label = int(slice_.others[position])
        if state == ATTACKED:
            answers.append(Reached(label, Outcome.ATTACKABLE, tuple(point[:-1].tolist())))
        elif state != REFUTED:
            settled = exact.settle(label)
            if settled.outcome != Outcome.PROVED:
                answers.append(Reached(label, settled.outcome, settled.values))
    return answers


class _Exactly:
    """Exact answers about the labels of one region; its exact rows are made once, when they are needed."""

    def __init__(self, slice_: Slice, polytope: Polytope, left: Callable[[], float | None]) -> None:
        self.slice, self.region, self.left = slice_, polytope.region, left
        self._rows: ExactRows | None = None

    def settle(self, label: int) -> Settled:
        """Decide one label."""
        slice_ = self.slice
        if slice_.program.products > EXACT_PRODUCTS:
            return Settled(Outcome.ROUNDING)
        if len(slice_.elements) > EXACT_ELEMENTS:
            return Settled(Outcome.LARGE)
        seconds = self.left()
        if seconds is not None and seconds <= 0:
            return Settled(Outcome.UNTRIED)
        if self._rows is None:
            self._rows = _exact_rows(slice_, self.region)
        every = range(len(slice_.elements))
        settled = settle(self._rows, slice_.box, every, label, slice_.program.dtype, seconds)
        return settled if self._confirmed(settled, label) else Settled(Outcome.NO_VALUE)

    def _confirmed(self, settled: Settled, label: int) -> bool:
        """Is a witness one as it will be stored? The region's point, where it may have left an element, need not be."""
        if settled.outcome != Outcome.ATTACKABLE:
            return True
        rows, box, every = self._rows, self.slice.box, range(len(self.slice.elements))
        assert rows is not None
        stored = np.array(settled.values).astype(self.slice.program.dtype).astype(np.float64)
        step = [Fraction(float(value)) - start for value, start in zip(stored, rows.origin, strict=True)]
        goals = rows.goals(label, every)
        strictly = Inequalities(goals.coefficients, goals.constants, (True,) * len(goals))
        return bool((stored == settled.values).all()) and (rows.system(box, every) + strictly).holds(step)


def _exact_rows(slice_: Slice, region: Region) -> ExactRows:
    """The exact system of a region, around its point, or around the exact one that it was found at."""
    elements = slice_.elements.tolist()
    x = slice_.inputs(region.point[None])
    if region.within is None:
        return ExactRows.of(slice_.program, x, region.path, elements)
    guards = ExactGuards()
    slopes = exact_columns(slice_.program, x, region.path, slice_.elements, guards)
    moves = [to - Fraction(float(start)) for to, start in zip(region.within, region.point, strict=True)]
    for guard, row in enumerate(guards.slopes):
        guards.values[guard] += sum((rate * move for rate, move in zip(row, moves, strict=True)), Fraction(0))
    rates = slice_.program.decided().scores(slopes.fractions())
    return ExactRows(tuple(elements), guards, region.scores, rates, region.within)


def _planes(slice_: Slice, polytope: Polytope) -> Planes:
    """The region's walls and leads, as kernels see them."""
    walls, leads = polytope.walls, polytope.leads
    return Planes(
        values=walls.values,
        value_errors=walls.value_errors,
        slopes=np.ascontiguousarray(walls.slopes.T),
        slope_errors=walls.slope_errors,
        gaps=-leads.values,
        gap_errors=leads.value_errors,
        rates=np.ascontiguousarray(-leads.slopes),
        rate_errors=leads.slope_errors,
        lower=walls.lower,
        upper=walls.upper,
        origin=polytope.region.point,
        least=slice_.lower,
        most=slice_.upper,
    )


def _grid(slice_: Slice, polytope: Polytope) -> Grid:
    """The levels of each element as displacements from the region's point."""
    box = slice_.box
    if box.tables is None:
        return simplex.CONTINUUM
    table = box.tables[box.channel[slice_.elements]]
    inside = (table >= slice_.lower[:, None]) & (table <= slice_.upper[:, None])
    order = np.argsort(~inside, axis=1, kind="stable")
    values = np.take_along_axis(table, order, axis=1)
    return Grid(values - polytope.region.point[:, None], values, inside.sum(axis=1))
