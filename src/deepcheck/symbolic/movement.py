"""How far each branch's operand moves when a few features of the input change: along a path, or wherever that leads.

Tighter than what is carried forward (`rounding`), since what cancels is seen to cancel; and slower.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from math import prod

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Branch,
    Choice,
    Contract,
    Interpretation,
    Path,
    Program,
    Windowed,
    Windows,
    interpret,
    parts_of,
    run_linear,
)
from deepcheck.program.bounded import SUMMED_UP
from deepcheck.program.maps import ABSENT
from deepcheck.symbolic.bounds import Bounds
from deepcheck.symbolic.frame import Frame
from deepcheck.symbolic.parts import Blocks, Movable
from deepcheck.symbolic.prepared import Prepared
from deepcheck.symbolic.rounding import Moved

COLUMN_BYTES = 64 << 20
PRODUCTS = 1 << 31
"""About so many multiplications are spent on the columns of an input: a second."""


def movements(program: Program, path: Path, steps: Array, moving: int) -> tuple[Moved, ...]:
    """How far each branch's operand moves along a path, ``(1, *source_shape)`` each, rounded up.

    Only the first branches where more would take too long.

    Args:
        program: The program.
        path: The exact path of one input.
        steps: The largest displacement of each input element, ``(size,)``, finite.
        moving: How many elements move at once at most.
    """
    widest = max(prod(shape) for shape in program.shapes)
    chunk = max(1, COLUMN_BYTES // (8 * widest))
    elements = np.flatnonzero(steps > 0)
    parts: list[list[Moved]] = []
    for start in range(0, len(elements), chunk):
        mine = elements[start : start + chunk]
        moves = _Moves(program.windows(mine), path, PRODUCTS / len(elements))
        moves.go(program, steps[mine], np.arange(len(mine)))
        parts.append(moves.found)
    found = []
    for most in zip(*parts, strict=True):
        each = np.max([part.each for part in most], axis=0) * min(moving, program.size) * SUMMED_UP
        norm = np.max([part.norm for part in most], axis=0) * min(moving, program.size) * SUMMED_UP
        found.append(_known(each, norm))
    return tuple(found)


def movements_each(program: Program, path: Path, elements: Array, steps: Array) -> tuple[Moved, ...]:
    """The same for single elements, one a row: ``(rows, *source_shape)`` each, rounded up.

    Args:
        program: The program.
        path: The exact path of each row.
        elements: The element that moves, ``(rows,)``.
        steps: How far it moves, ``(rows,)``, finite.
    """
    distinct, of = np.unique(elements, return_inverse=True)
    moves = _Moves(program.windows(distinct), path, np.inf, each=True)
    moves.go(program, steps, of)
    return tuple(moves.found)


def movements_anywhere(
    program: Program, x: Array, path: Path, movable: Movable, count: int, prepared: Prepared
) -> tuple[Moved, ...]:
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
        _known(each.reshape(1, *branch.source_shape)) for each, branch in zip(most, program.branches, strict=True)
    )


def _known(each: Array, norm: Array | None = None) -> Moved:
    """What moves so far; where that overflowed nothing is known."""
    clear = np.where(np.isnan(each), np.inf, each)
    return Moved.of(clear, None if norm is None else np.where(np.isnan(norm), np.inf, norm))


class _Enough(Exception):
    """More columns would take too long."""


@dataclass
class _Moves(Interpretation[Windowed]):
    """Columns along a path, of which the magnitudes at branches are kept: of each, or only the largest.

    Attributes:
        windows: The windows of the columns.
        path: The path of each column, or of all.
        limit: After how many multiplications a column no more branches are looked at.
        each: Keep every column's?
        found: What was kept.
    """

    windows: Windows
    path: Path
    limit: float
    each: bool = False
    found: list[Moved] = field(default_factory=list)
    products: int = 0

    def go(self, program: Program, steps: Array, of: Array) -> None:
        """Run the columns of some elements, each moved by its step."""
        with np.errstate(all="ignore"), suppress(_Enough):
            interpret(program, self.windows.moved(steps[:, None], of), self)

    def affine(self, instruction: Affine, operands: tuple[Windowed, ...]) -> Windowed:
        maps = [part for term in instruction.terms for part in parts_of(term.maps) if isinstance(part, Contract)]
        self.products += sum(prod(part.source_shape) * part.shape[2] for part in maps)
        if self.found and self.products > self.limit:
            raise _Enough
        return run_linear(self.windows, instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: Windowed) -> Windowed:
        rows = len(operand.data.value)
        if self.each:
            dense = self.windows.dense(operand)
            self.found.append(_known(np.abs(dense.value) + dense.element_error))
        else:
            self.found.append(_largest(operand, instruction.source_shape))
        arms = Choice(self.path.arms[position], np.arange(rows) if self.each else np.zeros(rows, dtype=np.int64))
        return instruction.select_linear(self.windows, arms, operand)


def _largest(slopes: Windowed, shape: tuple[int, ...]) -> Moved:
    """The largest magnitude of each element over the rows, and the largest norm of a row, ``(1, *shape)``."""
    sizes = np.abs(slopes.data.value) + slopes.data.element_error
    flat = sizes.reshape(len(sizes), -1)
    norm = np.sqrt(np.einsum("rm,rm->r", flat, flat)).max(keepdims=True) * SUMMED_UP
    if slopes.window is None:
        return Moved(sizes.max(axis=0)[None], norm)
    # Outside of its window a column is 0.
    elements = slopes.own(slopes.window.elements)
    most = np.zeros(prod(shape) + 1)
    np.maximum.at(most, np.where(elements == ABSENT, prod(shape), elements), sizes)
    return Moved(most[:-1].reshape(1, *shape), norm)
