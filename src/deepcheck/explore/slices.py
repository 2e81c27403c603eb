"""The slice of the input space that is explored: the box of a few elements around one input."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from deepcheck.domains import Box
from deepcheck.explore.guards import Family, families, key
from deepcheck.program import Array, Bounded, Exact, Path, Program
from deepcheck.program.rationals import from_fractions
from deepcheck.program.rows import difference
from deepcheck.symbolic import Run, run
from deepcheck.symbolic.concrete import Concrete


@dataclass(frozen=True)
class Slice:
    """One input and the elements that may move.

    Attributes:
        program: The program.
        x: What the model receives, ``(1, *input_shape)``.
        run: Its concrete run.
        box: The domain.
        elements: The elements that may move: all of them have room in the box, ``(k,)``.
        target: The only label that counts, or None.
    """

    program: Program
    x: Array
    run: Run
    box: Box
    elements: Array
    target: int | None = None

    @property
    def label(self) -> int:
        """The label of the input."""
        return int(self.run.labels[0])

    @cached_property
    def others(self) -> Array:
        """Every other label, lowest first."""
        return np.delete(np.arange(self.program.decided().labels), self.label)

    @cached_property
    def wanted(self) -> Array:
        """Positions of the labels that count among the others."""
        return np.flatnonzero(np.isin(self.others, self.others if self.target is None else [self.target]))

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """The guards' families, block by block."""
        return families(self.program)

    @cached_property
    def lower(self) -> Array:
        """Least value of each element, ``(k,)``."""
        return self.box.lower[self.elements]

    @cached_property
    def upper(self) -> Array:
        """Largest value, likewise."""
        return self.box.upper[self.elements]

    @cached_property
    def origin(self) -> Array:
        """The elements' values in the input."""
        return self.x.reshape(-1)[self.elements].astype(np.float64)

    def inputs(self, points: Array) -> Array:
        """What the model would receive for values of the elements ``(n, k)``, float64 ``(n, *input_shape)``."""
        found = np.repeat(self.x.reshape(1, -1).astype(np.float64), len(points), axis=0)
        found[:, self.elements] = points
        return found.reshape(len(points), *self.program.input_shape)

    def moves(self, point: Array) -> tuple[Array, Array]:
        """Least and largest displacement of each element from a point, rounded outwards."""
        down, down_error = difference(self.lower, point)
        up, up_error = difference(self.upper, point)
        return np.minimum(down - down_error, 0.0), np.maximum(up + up_error, 0.0)

    def contains(self, point: Array) -> bool:
        """Is a point, of floats or of fractions, inside the box, and not on its border?"""
        return bool(((self.lower < point) & (point < self.upper)).all())

    @staticmethod
    def of(program: Program, x: Array, outcome: Run, box: Box, elements: Array, target: int | None = None) -> "Slice":
        """The slice of some elements; those without room in the box are left out."""
        room = box.lower[elements] < box.upper[elements]
        return Slice(program, x, outcome, box, np.asarray(elements)[room], target)


@dataclass(frozen=True, eq=False)
class Region:
    """A linear region: the path of one certified run, at a point of the slice.

    Attributes:
        path: The path, of one item.
        key: The path as a key.
        point: Where it was run, or the float64 numbers nearest to that: the values of the slice's elements, ``(k,)``.
        flips: How many activations differ from the input's path.
        label: The label where it was run.
        within: Where it was run, for a region so thin that it may hold no float64 number.
        scores: The label scores there.
    """

    path: Path
    key: bytes
    point: Array
    flips: int
    label: int
    within: tuple[Fraction, ...] | None = None
    scores: tuple[Fraction, ...] = ()


def regions_at(slice_: Slice, points: Array) -> list[Region | None]:
    """The regions of some points, ``(n, k)``; None where nothing certain is known (overflow, a network too large)."""
    if not len(points):
        return []
    outcome = run(slice_.program, slice_.inputs(points), sharp=True, borders=False)
    flips = slice_.run.path.take(np.zeros(len(points), np.int64)).differences(outcome.path)
    found: list[Region | None] = []
    for at, point in enumerate(points):
        if outcome.overflow[at] or outcome.unsettled[at]:
            found.append(None)
            continue
        path = outcome.path.take(np.array([at]))
        found.append(Region(path, key(path.arms), point, int(flips[at]), int(outcome.labels[at])))
    return found


def region_within(slice_: Slice, point: Sequence[Fraction]) -> Region:
    """The region of a point in fractions."""
    program, decision = slice_.program, slice_.program.decided()
    values = [Fraction(float(value)) for value in slice_.x.reshape(-1)]
    for element, value in zip(slice_.elements, point, strict=True):
        values[element] = value
    outcome = Concrete(Exact(), 1, follow=False)
    outputs = outcome.run(program, from_fractions(values, (1, *program.input_shape)))
    path = Path(tuple(outcome.arms), 1)
    return Region(
        path,
        key(path.arms),
        np.array([float(value) for value in point]),
        int(slice_.run.path.differences(path)[0]),
        int(decision.labels_of(outputs.numerators)[0]),
        tuple(point),
        tuple(decision.scores(outputs.fractions())[0]),
    )


def with_run(outcome: Run, item: int) -> Run:
    """The run of one item alone."""
    rows = np.array([item])
    outputs = Bounded(outcome.outputs.value[rows], outcome.outputs.error[rows], outcome.outputs.size[rows])
    return Run(
        outputs,
        outcome.labels[rows],
        outcome.path.take(rows),
        outcome.borders[rows],
        outcome.exact[rows],
        outcome.overflow[rows],
        outcome.unsettled[rows],
    )
