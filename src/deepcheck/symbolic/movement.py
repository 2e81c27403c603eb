"""How far each branch's operand moves when a few features of the input change: along a path, or wherever that leads.

Tighter than what is carried forward (`rounding`), since what cancels is seen to cancel; and slower.
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Branch,
    Choice,
    Interpretation,
    Path,
    Program,
    Windowed,
    Windows,
    interpret,
    run_linear,
)
from deepcheck.program.bounded import SUMMED_UP
from deepcheck.program.maps import ABSENT
from deepcheck.symbolic.bounds import Bounds
from deepcheck.symbolic.frame import Frame
from deepcheck.symbolic.parts import Blocks, Movable
from deepcheck.symbolic.prepared import Prepared

COLUMN_BYTES = 64 << 20


def movements(program: Program, path: Path, steps: Array, moving: int) -> tuple[Array, ...]:
    """How far every element of each branch's operand moves along a path, ``(1, *source_shape)`` each, rounded up.

    Args:
        program: The program.
        path: The exact path of one input.
        steps: The largest displacement of each input element, ``(size,)``, finite.
        moving: How many elements move at once at most.
    """
    widest = max(prod(shape) for shape in program.shapes)
    chunk = max(1, COLUMN_BYTES // (8 * widest))
    parts: list[list[Array]] = []
    elements = np.flatnonzero(steps > 0)
    for start in range(0, len(elements), chunk):
        mine = elements[start : start + chunk]
        moves = _Moves(program.windows(mine), path)
        every = np.arange(len(mine))
        with np.errstate(all="ignore"):
            interpret(program, moves.windows.moved(steps[mine, None], every), moves)
        parts.append(moves.found)
    nothing = [np.zeros((1, *branch.source_shape)) for branch in program.branches]
    most = [np.max(found, axis=0) for found in zip(nothing, *parts, strict=True)]
    return tuple(np.where(np.isnan(each), np.inf, each) * min(moving, program.size) * SUMMED_UP for each in most)


def movements_each(program: Program, path: Path, elements: Array, steps: Array) -> tuple[Array, ...]:
    """The same for single elements, one a row: ``(rows, *source_shape)`` each, rounded up.

    Args:
        program: The program.
        path: The exact path of each row.
        elements: The element that moves, ``(rows,)``.
        steps: How far it moves, ``(rows,)``, finite.
    """
    distinct, of = np.unique(elements, return_inverse=True)
    moves = _Moves(program.windows(distinct), path, each=True)
    with np.errstate(all="ignore"):
        interpret(program, moves.windows.moved(steps[:, None], of), moves)
    return tuple(np.where(np.isnan(each), np.inf, each) * SUMMED_UP for each in moves.found)


def movements_anywhere(
    program: Program, x: Array, path: Path, movable: Movable, count: int, prepared: Prepared
) -> tuple[Array, ...]:
    """The same whatever path the change leads to, by linear bounds.

    Args:
        program: The program.
        x: One input, ``(1, *input_shape)``.
        path: Its exact path.
        movable: The features that may change.
        count: How many of them at once at most.
        prepared: What is the same for every input.
    """
    features = np.arange(len(movable.members))
    start, end, most_at_once = (np.array([[each]]) for each in (0, len(features), min(count, len(features))))
    with np.errstate(all="ignore"):
        parts = Blocks(movable, features, start, end, most_at_once, {})
        ranges = Bounds(Frame.of(program, x, path, prepared), parts).ranges
    most = [np.maximum(np.abs(low), np.abs(high)) for low, high in ranges]
    return tuple(
        np.where(np.isnan(each), np.inf, each).reshape(1, *branch.source_shape)
        for each, branch in zip(most, program.branches, strict=True)
    )


@dataclass
class _Moves(Interpretation[Windowed]):
    """Columns along a path, of which the magnitudes at branches are kept: of each, or only the largest."""

    windows: Windows
    path: Path
    each: bool = False
    found: list[Array] = field(default_factory=list)

    def affine(self, instruction: Affine, operands: tuple[Windowed, ...]) -> Windowed:
        return run_linear(self.windows, instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: Windowed) -> Windowed:
        rows = np.arange(len(operand.data.value)) if self.each else np.zeros(len(operand.data.value), dtype=np.int64)
        if self.each:
            dense = self.windows.dense(operand)
            self.found.append(np.abs(dense.value) + dense.element_error)
        else:
            self.found.append(_largest(operand, instruction.source_shape))
        arms = Choice(self.path.arms[position], rows)
        return instruction.select_linear(self.windows, arms, operand)


def _largest(slopes: Windowed, shape: tuple[int, ...]) -> Array:
    """The largest magnitude of each element over the rows, ``(1, *shape)``."""
    data = slopes.data
    if slopes.window is None:
        sizes = np.abs(data.value) + data.element_error
        return np.asarray(sizes.max(axis=0)[None])
    # Outside of its window a column is 0.
    elements = slopes.own(slopes.window.elements)
    most = np.zeros(prod(shape) + 1)
    np.maximum.at(most, np.where(elements == ABSENT, prod(shape), elements), np.abs(data.value) + data.error[:, None])
    return np.asarray(most[:-1].reshape(1, *shape))
