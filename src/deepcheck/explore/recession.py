"""What a network does far away: its *recession*, the limit of ``f(x + t d) / t`` for large ``t``.

It is the network without its constants, each branch with its outermost pieces only; it depends on the direction ``d``
alone. Along a ray a lead grows without end iff its recession is positive, and stays below some number iff it is not.
A *tail* is a ray on which every branch keeps its arm: there all values are linear, and their slopes are recessions.

Verified: floats with running error bounds, or exact arithmetic.

Source: Rockafellar, Convex Analysis (1970), section 8, for recession functions; here of piecewise linear ones.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np

from deepcheck.program import (
    Affine,
    Arithmetic,
    Array,
    Bounded,
    Branch,
    Choice,
    Exact,
    Interpretation,
    Largest,
    Piecewise,
    Program,
    RunningBounded,
    from_floats,
    interpret,
    run_affine,
    run_linear,
)
from deepcheck.program.bounded import UP
from deepcheck.program.rationals import from_fractions

A = TypeVar("A")
_RUNNING, _EXACT = RunningBounded(), Exact()


@dataclass
class Recession(Interpretation[A], Generic[A]):
    """Values are rows of directions."""

    arithmetic: Arithmetic[A]

    def affine(self, instruction: Affine, operands: tuple[A, ...]) -> A:
        return run_linear(self.arithmetic, instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: A) -> A:
        if isinstance(instruction, Piecewise):
            signs, _ = self.arithmetic.signs(operand)
            arms = np.where(signs > 0, len(instruction.breakpoints), 0)
        else:
            arms = instruction.decide(self.arithmetic, operand)
        return instruction.select_linear(self.arithmetic, Choice(arms), operand)


class _BoundedRecession(Recession[Bounded]):
    """The same with errors that count both arms where floats may take the wrong one."""

    def branch(self, position: int, instruction: Branch, operand: Bounded) -> Bounded:
        return _either_arm(instruction, operand, super().branch(position, instruction, operand))


def recessions(program: Program, directions: Array) -> tuple[Array, Array]:
    """The recession of the label scores, and how far each may be off, ``(rows, labels)``; directions are floats."""
    with np.errstate(over="ignore", invalid="ignore"):
        start = RunningBounded.start(directions.reshape(-1, *program.input_shape))
        out = _RUNNING.flat(interpret(program, start, _BoundedRecession(_RUNNING)))
    decision = program.decided()
    return decision.scores(out.value), decision.doubts(out.error)


def exact_recession(program: Program, element: int, sign: int) -> Array:
    """The recession of the label scores along one element, fractions, ``(labels,)``."""
    unit = [Fraction(sign * int(e == element)) for e in range(program.size)]
    start = from_fractions(unit, (1, *program.input_shape))
    out = _EXACT.flat(interpret(program, start, Recession(_EXACT)))
    return np.asarray(program.decided().scores(out.fractions())[0])


@dataclass(frozen=True)
class Far(Generic[A]):
    """A value on rays: where they start, and its slope along them."""

    value: A
    slope: A


@dataclass
class Tail(Interpretation[Far[A]], Generic[A]):
    """Rays that all keep their arms, or not: ``holds`` says of which that is certain.

    A guard without any slope stays what it is, whatever that is: both arms have slope 0 then.
    """

    arithmetic: Arithmetic[A]
    holds: Array

    def affine(self, instruction: Affine, operands: tuple[Far[A], ...]) -> Far[A]:
        value = run_affine(self.arithmetic, instruction, tuple(operand.value for operand in operands))
        return Far(value, run_linear(self.arithmetic, instruction, tuple(operand.slope for operand in operands)))

    def branch(self, position: int, instruction: Branch, operand: Far[A]) -> Far[A]:
        arms = Choice(instruction.decide(self.arithmetic, operand.value))
        guards = instruction.guards(self.arithmetic, arms, operand.value)
        slopes = instruction.guards_linear(self.arithmetic, arms, operand.slope)
        for (value, present), slope in zip(guards, slopes, strict=True):
            (side, sure), (way, known) = self.arithmetic.signs(value), self.arithmetic.signs(slope)
            kept = known & ((way == 0) | ((way > 0) & sure & (side >= 0))) | ~present
            self.holds &= kept.reshape(len(self.holds), -1).all(axis=1)
        selected = self.selected(instruction, arms, operand.value)
        return Far(selected, instruction.select_linear(self.arithmetic, arms, operand.slope))

    def selected(self, instruction: Branch, arms: Choice, value: A) -> A:
        """The value behind a branch."""
        return instruction.select(self.arithmetic, arms, value)


class _BoundedTail(Tail[Bounded]):
    """The same with errors that count both arms where floats may take the wrong one."""

    def selected(self, instruction: Branch, arms: Choice, value: Bounded) -> Bounded:
        return _either_arm(instruction, value, super().selected(instruction, arms, value))


def _either_arm(instruction: Branch, operand: Bounded, found: Bounded) -> Bounded:
    """What a branch made of an operand along an arm that floats chose, with errors for the true one."""
    if isinstance(instruction, Piecewise):
        steepest = max(abs(float(slope)) for slope in instruction.slopes)
        return found._replace(error=(found.error + 2 * steepest * operand.error) * UP)
    assert isinstance(instruction, Largest)
    candidates = _RUNNING.gather(instruction.windows, operand)
    present = np.broadcast_to(instruction.present, candidates.error.shape)
    return found._replace(error=np.where(present, candidates.error, 0.0).max(axis=-1))


def keep_their_arms(program: Program, starts: Array, element: Array, sign: Array, *, exactly: bool = False) -> Array:
    """Of which rays it is certain that every branch keeps its arm on all of them, ``(rays,)``.

    Args:
        program: The program.
        starts: Where they start, float64, ``(rays, *input_shape)``.
        element: Which element moves.
        sign: Where to: -1 or 1.
        exactly: In exact arithmetic.
    """
    directions = np.zeros((len(starts), program.size))
    directions[np.arange(len(starts)), element] = sign
    shaped = directions.reshape(starts.shape)
    holds = np.ones(len(starts), dtype=bool)
    if exactly:
        interpret(program, Far(from_floats(starts), from_floats(shaped)), Tail(_EXACT, holds))
        return holds
    with np.errstate(over="ignore", invalid="ignore"):
        rays = Far(RunningBounded.start(starts), RunningBounded.start(shaped))
        interpret(program, rays, _BoundedTail(_RUNNING, holds))
    return holds
