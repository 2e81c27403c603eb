"""Symbolic execution: value and slopes, run forward along the path; guards are emitted as they come.

A *column* is one symbolic input element of one item: its displacement from the concrete input is the unknown.
Until the first branch the slopes do not depend on the item, so columns of the same element share them.
"""

from dataclasses import dataclass
from typing import Generic

import numpy as np

from deepcheck.constraints import GuardSink
from deepcheck.program import (
    Affine,
    Arithmetic,
    Array,
    Branch,
    Choice,
    Interpretation,
    Path,
    Program,
    interpret,
    run_affine,
    run_linear,
)
from deepcheck.program.interpret import A


@dataclass(frozen=True)
class Column(Generic[A]):
    """What a value is here.

    Attributes:
        value: The concrete value, ``(items, *shape)``.
        slopes: Slopes in each column's displacement; ``(distinct elements, *shape)`` while shared, then
            ``(columns, *shape)``.
        shared: Has no branch been passed yet?
    """

    value: A
    slopes: A
    shared: bool


@dataclass
class Columns(Interpretation[Column[A]]):
    """Value and slopes in some arithmetic, along a known path."""

    arithmetic: Arithmetic[A]
    path: Path
    items: Array
    distinct: Array
    sink: GuardSink[A]

    def affine(self, instruction: Affine, operands: tuple[Column[A], ...]) -> Column[A]:
        if len({operand.shared for operand in operands}) > 1:
            operands = tuple(self._own(operand) for operand in operands)
        value = run_affine(self.arithmetic, instruction, tuple(operand.value for operand in operands))
        slopes = run_linear(self.arithmetic, instruction, tuple(operand.slopes for operand in operands))
        return Column(value, slopes, operands[0].shared)

    def branch(self, position: int, instruction: Branch, operand: Column[A]) -> Column[A]:
        operand = self._own(operand)
        arithmetic = self.arithmetic
        arms = Choice(self.path.arms[position])
        own_arms = Choice(arms.options, self.items)
        guards = instruction.guards(arithmetic, arms, operand.value)
        slopes = instruction.guards_linear(arithmetic, own_arms, operand.slopes)
        for (values, present), slope in zip(guards, slopes, strict=True):
            aligned = arithmetic.aligned(values, slope, self.items)
            mask = arithmetic.aligned_mask(present, slope, self.items)
            self.sink.emit(aligned, arithmetic.flat(slope), mask)
        value = instruction.select(arithmetic, arms, operand.value)
        return Column(value, instruction.select_linear(arithmetic, own_arms, operand.slopes), shared=False)

    def _own(self, operand: Column[A]) -> Column[A]:
        """Give each column slopes of its own."""
        if not operand.shared:
            return operand
        return Column(operand.value, self.arithmetic.take(operand.slopes, self.distinct), shared=False)


def run_columns(
    program: Program,
    arithmetic: Arithmetic[A],
    start: A,
    units: A,
    *,
    path: Path,
    items: Array,
    distinct: Array,
    sink: GuardSink[A],
) -> A:
    """Run the columns of a batch along its path.

    Args:
        program: The program.
        arithmetic: What the values are computed in.
        start: What the model receives, ``(items, *input_shape)``.
        units: Unit displacements of the distinct elements, ``(distinct elements, *input_shape)``.
        path: The items' paths.
        items: Which item each column belongs to, ``(columns,)``.
        distinct: Which unit each column starts from, ``(columns,)``.
        sink: Where the guards go.

    Returns:
        The slopes of the outputs, ``(columns, *output shape)``.

    Source: Section III-C (path condition), with displacements as the symbolic inputs.
    """
    out = interpret(program, Column(start, units, shared=True), Columns(arithmetic, path, items, distinct, sink))
    return arithmetic.take(out.slopes, distinct) if out.shared else out.slopes
