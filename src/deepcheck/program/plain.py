"""The plain run: float64 without bounds on its rounding, some items of a batch at a time."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from deepcheck.program.affine import Affine
from deepcheck.program.arithmetic import Choice
from deepcheck.program.branches import Branch, Piecewise
from deepcheck.program.floats import Floats
from deepcheck.program.interpret import Interpretation, interpret, run_linear
from deepcheck.program.maps import Reshape
from deepcheck.program.rationals import Array

if TYPE_CHECKING:
    from deepcheck.program.program import Program

CACHE_BYTES = 8 << 20
"""A value of this size passes from one instruction to the next in the cache."""
BUDGET_BYTES = 256 << 20
"""All values that live at once stay below this, unless one item alone needs more."""
ENOUGH = 32
"""A matrix product of fewer rows spends its time on reading the matrix."""
LIVING = 4
"""About so many values of the largest size live at once."""

_ZERO, _ONE = Fraction(0), Fraction(1)
_CUTS: tuple[tuple[Fraction, ...], ...] = ((_ZERO, _ONE), (_ONE, _ZERO), (_ZERO, _ONE, _ZERO))


def outputs(program: "Program", x: Array) -> Array:
    """The outputs of what the model receives, ``(items, *output)``."""
    out = np.empty((len(x), *program.shapes[program.output]))
    each = 8 * max(prod(shape) for shape in program.shapes)
    wanted = max(CACHE_BYTES // max(each, 1), ENOUGH)
    step = max(min(wanted, BUDGET_BYTES // max(LIVING * each, 1)), 1)
    plain = _Plain(_overwriting(program))
    for start in range(0, len(x), step):
        chunk = slice(start, start + step)
        out[chunk] = interpret(program, x[chunk].astype(np.float64), plain)
    return out


@dataclass(frozen=True)
class _Plain(Interpretation[Array]):
    """Numbers, without bounds on their rounding.

    Attributes:
        last: Branches whose operand may be overwritten.
    """

    last: frozenset[int]
    arithmetic: Floats = Floats(channels_last=True)  # noqa: RUF009  (frozen)

    def affine(self, instruction: Affine, operands: tuple[Array, ...]) -> Array:
        total = run_linear(self.arithmetic, instruction, operands)
        if instruction.offset is None:
            return total
        offset = self.arithmetic.constant(instruction.offset)
        return np.add(total, offset, out=total) if _is_new(instruction) else np.asarray(total + offset)

    def branch(self, position: int, instruction: Branch, operand: Array) -> Array:
        ends = _range(instruction)
        if ends is not None:
            return np.clip(operand, *ends, out=operand if position in self.last else None)
        arms = Choice(instruction.decide(self.arithmetic, operand))
        return instruction.select(self.arithmetic, arms, operand)


def _range(branch: Branch) -> tuple[float, float] | None:
    """The ends between which a branch is the identity, if all that it does is to cut off what lies outside."""
    if not isinstance(branch, Piecewise) or branch.slopes not in _CUTS:
        return None
    if branch.intercepts[branch.slopes.index(_ONE)] != 0:
        return None
    low = float(branch.intercepts[0]) if branch.slopes[0] == 0 else -np.inf
    return low, float(branch.intercepts[-1]) if branch.slopes[-1] == 0 else np.inf


def _overwriting(program: "Program") -> frozenset[int]:
    """The branches that alone read their operand, which is memory of its own."""
    uses = Counter(operand for instruction in program.instructions for operand in instruction.operands)
    found = set()
    for position, branch in enumerate(program.branches):
        made = program.instructions[branch.operand - 1] if branch.operand > 0 else None
        if uses[branch.operand] == 1 and isinstance(made, Affine) and _is_new(made):
            found.add(position)
    return frozenset(found)


def _is_new(instruction: Affine) -> bool:
    """Does the linear part of an instruction make an array, rather than a view of its operand?"""
    return len(instruction.terms) > 1 or not all(isinstance(m, Reshape) for m in instruction.terms[0].maps)
