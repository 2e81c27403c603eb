"""Symbolic execution: value and slopes, run forward along the path; guards are emitted as they come.

A *column* is one symbolic input element of one item: its displacement from the concrete input is the unknown.
Unit displacements are never materialised before the first layer, and until the first branch the slopes do not depend
on the item, so columns of the same element share them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Generic, TypeVar

import numpy as np

from deepcheck.constraints import GuardSink
from deepcheck.program import (
    Affine,
    Arithmetic,
    Array,
    Bounded,
    Branch,
    Choice,
    Exact,
    Floats,
    Interpretation,
    Largest,
    NormBounded,
    Path,
    Program,
    Rationals,
    Windowed,
    aligned,
    exact_floats,
    from_floats,
    interpret,
    run_affine,
    run_linear,
)
from deepcheck.program.interpret import A

S = TypeVar("S")
_MAGNITUDES = Floats(absolute=True)
MANY, SMALL = 64, 1 << 22
"""From this many columns, on a program of up to this many elements times widest layer, windows are worked out once,
for all elements, and serve every call."""


@dataclass(frozen=True)
class Column(Generic[A, S]):
    """What a value is here.

    Attributes:
        value: The concrete value, ``(items, *shape)``.
        slopes: Slopes in each column's displacement; one row per distinct element while shared, then one per column.
        shared: Has no branch been passed yet?
    """

    value: A
    slopes: S
    shared: bool


@dataclass
class Columns(Interpretation[Column[A, S]]):
    """Values in one arithmetic, slopes in another, along a known path.

    Attributes:
        values: The arithmetic of the values.
        slopes: The arithmetic of the slopes.
        align: Puts guard values, slopes and masks side by side, column by column.
        path: The items' paths.
        items: Which item each column belongs to, ``(columns,)``.
        distinct: Which distinct element each column starts from, ``(columns,)``.
        sink: Where the guards go.
        movable: For some branches, which of their guards can change along the path; others are not emitted.
    """

    values: Arithmetic[A]
    slopes: Arithmetic[S]
    align: Callable[[S, A, Array, Array], tuple[A, A, Array]]
    path: Path
    items: Array
    distinct: Array
    sink: GuardSink[A]
    movable: Mapping[int, Array] = field(default_factory=dict)

    def affine(self, instruction: Affine, operands: tuple[Column[A, S], ...]) -> Column[A, S]:
        if len({operand.shared for operand in operands}) > 1:
            operands = tuple(self.own(operand) for operand in operands)
        value = run_affine(self.values, instruction, tuple(operand.value for operand in operands))
        slopes = run_linear(self.slopes, instruction, tuple(operand.slopes for operand in operands))
        return Column(value, slopes, operands[0].shared)

    def branch(self, position: int, instruction: Branch, operand: Column[A, S]) -> Column[A, S]:
        operand = self.own(operand)
        arms = Choice(self.path.arms[position])
        own_arms = Choice(arms.options, self.items)
        guards = instruction.guards(self.values, arms, operand.value)
        slopes = instruction.guards_linear(self.slopes, own_arms, operand.slopes)
        for (value, present), slope in zip(guards, slopes, strict=True):
            if position in self.movable:
                present = present & self.movable[position]
            self.sink.emit(*self.align(slope, value, present, self.items))
        selected = instruction.select(self.values, arms, operand.value)
        return Column(selected, instruction.select_linear(self.slopes, own_arms, operand.slopes), shared=False)

    def own(self, operand: Column[A, S]) -> Column[A, S]:
        """Give each column slopes of its own."""
        if not operand.shared:
            return operand
        return Column(operand.value, self.slopes.take(operand.slopes, self.distinct), shared=False)


def bounded_columns(
    program: Program, x: Array, path: Path, items: Array, elements: Array, sink: GuardSink[Bounded]
) -> Bounded:
    """Run columns in float64 with error bounds, along the path of each item.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        path: The items' exact paths.
        items: Which item each column belongs to, ``(columns,)``.
        elements: Which input element of it is symbolic, ``(columns,)``.
        sink: Where the guards go.

    Returns:
        The slopes of the outputs, ``(columns, outputs)``.

    Source: Section III-C (path condition), with displacements as the symbolic inputs.
    """
    widest = max(prod(shape) for shape in program.shapes)
    if len(elements) >= MANY and program.size * widest <= SMALL:
        distinct, of = np.arange(program.size), elements
    else:
        distinct, of = np.unique(elements, return_inverse=True)
    windows = program.windows(distinct)
    start: Column[Bounded, Windowed] = Column(exact_floats(x), windows.units(), shared=True)
    columns = Columns(NormBounded(), windows, aligned, path, items, of, sink)
    out = columns.own(interpret(program, start, columns))
    return NormBounded().flat(windows.dense(out.slopes))


@dataclass
class _Moves(Interpretation[Array]):
    """Which elements can change along a path: 1 where one depends on the input, structurally, else 0.

    Attributes:
        path: The items' paths.
        movable: For each max pooling, which of its guards can change: those whose winner or loser can.
    """

    path: Path
    movable: dict[int, Array] = field(default_factory=dict)

    def affine(self, instruction: Affine, operands: tuple[Array, ...]) -> Array:
        return (run_linear(_MAGNITUDES, instruction, operands) > 0).astype(np.float64)

    def branch(self, position: int, instruction: Branch, operand: Array) -> Array:
        arms = Choice(self.path.arms[position])
        if isinstance(instruction, Largest):
            candidates = _MAGNITUDES.gather(instruction.windows, operand)
            winner = _MAGNITUDES.pick(candidates, arms)
            self.movable[position] = np.asarray((candidates > 0) | (winner[..., None] > 0))
        return (instruction.select_linear(_MAGNITUDES, arms, operand) > 0).astype(np.float64)


def movable_guards(program: Program, path: Path) -> dict[int, Array]:
    """For each max pooling, which of its guards can change along the path, ``(items, *shape, w)``.

    Two candidates that dead activations hold at 0 tie in every input of the path: their guard says nothing, but no
    float tells it from one that is about to fail.
    """
    if not any(isinstance(branch, Largest) for branch in program.branches):
        return {}
    moves = _Moves(path)
    interpret(program, np.ones((path.items, *program.input_shape)), moves)
    return moves.movable


@dataclass
class _ByItem:
    """Hands the rows of each item to a sink of its own.

    Attributes:
        sinks: One for each item.
        starts: Where each item's columns start, and where the last one's end.
    """

    sinks: Sequence[GuardSink[Bounded]]
    starts: Array

    def emit(self, values: Bounded, slopes: Bounded, present: Array) -> None:
        """Split a block."""
        for item, sink in enumerate(self.sinks):
            mine, own = slice(int(self.starts[item]), int(self.starts[item + 1])), slice(item, item + 1)
            sink.emit(
                Bounded(values.value[own], values.error[own], values.size[own]),
                Bounded(slopes.value[mine], slopes.error[mine], slopes.size[mine]),
                present[own],
            )


def guard_columns(
    program: Program, x: Array, path: Path, elements: Sequence[Array], sinks: Sequence[GuardSink[Bounded]]
) -> tuple[Bounded, Bounded]:
    """Run columns of some items, and emit whole rows of guards over all columns of an item.

    Unlike in `bounded_columns`, an item's sink gets the guards' values once, ``(1, m)``, with the slopes of all of its
    columns, ``(columns, m)``.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        path: The items' exact paths.
        elements: The symbolic elements of each item.
        sinks: Where each item's guards go.

    Returns:
        The outputs along the paths, ``(items, outputs)``, and their slopes, ``(columns of all items, outputs)``.
    """
    widest = max(prod(shape) for shape in program.shapes)
    counts = [len(own) for own in elements]
    flat = np.concatenate(list(elements))
    if len(flat) >= MANY and program.size * widest <= SMALL:
        distinct, of = np.arange(program.size), flat
    else:
        distinct, of = np.unique(flat, return_inverse=True)
    windows, norm = program.windows(distinct), NormBounded()

    def whole(slopes: Windowed, values: Bounded, present: Array, items: Array) -> tuple[Bounded, Bounded, Array]:
        mask = np.broadcast_to(present, values.value.shape).reshape(len(values.value), -1)
        return norm.flat(values), norm.flat(windows.dense(slopes)), mask

    movable = movable_guards(program, path)
    items, sink = np.repeat(np.arange(len(elements)), counts), _ByItem(sinks, np.cumsum([0, *counts]))
    start: Column[Bounded, Windowed] = Column(exact_floats(x), windows.units(), shared=True)
    columns = Columns(norm, windows, whole, path, items, of, sink, movable)
    out = columns.own(interpret(program, start, columns))
    return norm.flat(out.value), norm.flat(windows.dense(out.slopes))


def exact_columns(program: Program, x: Array, path: Path, elements: Array, sink: GuardSink[Rationals]) -> Rationals:
    """Run columns of one item, ``(1, *input_shape)``, in exact arithmetic; see `bounded_columns`."""
    units = np.full((len(elements), program.size), 0, dtype=object)
    units[np.arange(len(elements)), elements] = 1
    shaped = Rationals(units.reshape(len(elements), *program.input_shape), 1)
    exact = Exact()

    def align(slopes: Rationals, values: Rationals, present: Array, items: Array) -> tuple[Rationals, Rationals, Array]:
        mask = np.broadcast_to(present, values.shape).reshape(len(values.numerators), -1)
        return exact.take(exact.flat(values), items), exact.flat(slopes), mask[items]

    start: Column[Rationals, Rationals] = Column(from_floats(x), shaped, shared=True)
    items = np.zeros(len(elements), dtype=np.int64)
    columns = Columns(exact, exact, align, path, items, np.arange(len(elements)), sink)
    out = columns.own(interpret(program, start, columns))
    return exact.flat(out.slopes)
