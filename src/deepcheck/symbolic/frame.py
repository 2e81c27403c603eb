"""One input as bounds see it: what each branch reads there, with error bounds."""

from dataclasses import dataclass, field

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Choice,
    Interpretation,
    Path,
    Program,
    RunningBounded,
    interpret,
    run_affine,
)
from deepcheck.symbolic.prepared import Level, Prepared
from deepcheck.symbolic.relaxation import Centre


@dataclass(frozen=True)
class Frame:
    """One input, as bounds see it.

    Attributes:
        program: The program.
        centres: Each branch's operand at the input.
        prepared: What is the same for every input.
    """

    program: Program
    centres: tuple[Centre, ...]
    prepared: Prepared

    @staticmethod
    def of(program: Program, x: Array, path: Path, prepared: Prepared) -> "Frame":
        """The frame of an input ``(1, *input_shape)`` with its exact path."""
        noting = _Noting(path)
        interpret(program, RunningBounded.start(x), noting)
        return Frame(program, tuple(noting.centres), prepared)

    @property
    def levels(self) -> dict[int, Level]:
        """The operands that no branch comes before."""
        return self.prepared.levels


@dataclass
class _Noting(Interpretation[Bounded]):
    """A certified run along the path that notes what branches read."""

    path: Path
    centres: list[Centre] = field(default_factory=list)

    def affine(self, instruction: Affine, operands: tuple[Bounded, ...]) -> Bounded:
        return run_affine(RunningBounded(), instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: Bounded) -> Bounded:
        error = np.broadcast_to(operand.error, operand.value.shape)
        self.centres.append(Centre(operand.value.reshape(-1), error.reshape(-1)))
        return instruction.select(RunningBounded(), Choice(self.path.arms[position]), operand)
