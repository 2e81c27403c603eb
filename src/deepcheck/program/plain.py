"""The plain run: float64 without bounds on its rounding, some items of a batch at a time."""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from deepcheck.program.affine import Affine
from deepcheck.program.arithmetic import Choice
from deepcheck.program.branches import Branch, Piecewise
from deepcheck.program.floats import Floats
from deepcheck.program.interpret import Interpretation, interpret, run_affine
from deepcheck.program.rationals import Array

if TYPE_CHECKING:
    from deepcheck.program.program import Program

CACHE_BYTES = 4 << 20
"""A value of this size passes from one instruction to the next in the cache."""
BUDGET_BYTES = 256 << 20
"""All values that live at once stay below this, unless one item alone needs more."""
ENOUGH = 32
"""A matrix product of fewer rows spends its time on reading the matrix."""
LIVING = 4
"""About so many values of the largest size live at once."""


def outputs(program: "Program", x: Array) -> Array:
    """The outputs of what the model receives, ``(items, *output)``."""
    out = np.empty((len(x), *program.shapes[program.output]))
    each = 8 * max(prod(shape) for shape in program.shapes)
    wanted = max(CACHE_BYTES // max(each, 1), ENOUGH)
    step = max(min(wanted, BUDGET_BYTES // max(LIVING * each, 1)), 1)
    for start in range(0, len(x), step):
        chunk = slice(start, start + step)
        out[chunk] = interpret(program, x[chunk].astype(np.float64), _Plain())
    return out


@dataclass(frozen=True)
class _Plain(Interpretation[Array]):
    """Numbers, without bounds on their rounding."""

    arithmetic: Floats = Floats(channels_last=True)  # noqa: RUF009  (frozen)

    def affine(self, instruction: Affine, operands: tuple[Array, ...]) -> Array:
        return run_affine(self.arithmetic, instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: Array) -> Array:
        if isinstance(instruction, Piecewise) and len(instruction.slopes) == 2:
            return _bend(instruction, operand)
        arms = Choice(instruction.decide(self.arithmetic, operand))
        return instruction.select(self.arithmetic, arms, operand)


def _bend(branch: Piecewise, x: Array) -> Array:
    """Two pieces that meet: the larger of both where the slope grows, else the smaller, without a look at the arms."""
    left, right = (_piece(x, float(s), float(i)) for s, i in zip(branch.slopes, branch.intercepts, strict=True))
    return np.asarray((np.maximum if branch.slopes[0] <= branch.slopes[1] else np.minimum)(left, right))


def _piece(x: Array, slope: float, intercept: float) -> Array | float:
    if slope == 0:
        return intercept
    scaled = x if slope == 1 else x * slope
    return scaled if intercept == 0 else scaled + intercept
