"""Networks of one layer of branches: every score is a sum of bent lines of affine functions of the input.

Where every branch reads an affine function of the input, a score is ``L x + sum_h a_h max(0, z_h(x)) + c`` with
``z_h = W_h x + d_h``: a scalar piece-wise linear function is a line and one such unit for each of its breakpoints. Then
what changing some elements does to a score over all paths is a sum over the units that see them.

Weights are float64 with a bound on the error of each; one that is 0 with error 0 is certainly absent.

Source: DESIGN.md, section 1 (a branch is given by breakpoints, slopes and intercepts).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

import numpy as np

from deepcheck.program import (
    Affine,
    Arithmetic,
    Array,
    Bounded,
    Branch,
    Choice,
    Interpretation,
    Path,
    Piecewise,
    Program,
    RunningBounded,
    Transposition,
    interpret,
    interpret_transposed,
    run_affine,
    run_linear,
    run_transposed,
)

LARGEST = 1 << 25
"""Networks with more weights than this, input elements times units, are not taken apart."""
UNIT, UP, TINY = 2.0**-53, 1 + 2.0**-40, 2.0**-1022
_RUNNING = RunningBounded()


@dataclass(frozen=True)
class Numbers:
    """Floats and how far each may be off, of one shape."""

    value: Array
    error: Array


@dataclass(frozen=True)
class OneLayer:
    """The units of a network of one layer of branches.

    Attributes:
        program: The network.
        weights: Each unit's slopes in the input, ``(size, units)``.
        shifts: What is taken from a unit's operand before it bends (its breakpoint), ``(units,)``, exact.
        operands: Which operand, of all branches in a row, each unit reads, ``(units,)``.
        rates: How much each unit counts in each label's score, ``(labels, units)``.
        linear: What is linear in the input, ``(labels, size)``.
    """

    program: Program
    weights: Numbers
    shifts: Array
    operands: Array
    rates: Numbers
    linear: Numbers

    @staticmethod
    def of(program: Program) -> "OneLayer | None":
        """Take a network apart; None where some branch reads another one, or is not a function of one number."""
        branches = program.branches
        simple = all(isinstance(branch, Piecewise) and _in_floats(branch) for branch in branches)
        units = sum(prod(branch.shape) * _bends(branch) for branch in branches)
        if program.decision is None or not branches or not simple or program.size * units > LARGEST:
            return None
        with np.errstate(all="ignore"):
            forward = _Operands(_RUNNING)
            units_of_input = np.eye(program.size).reshape(program.size, *program.input_shape)
            try:
                interpret(program, RunningBounded.start(units_of_input), forward)
            except _Deeper:
                return None
            found = _assembled(program, forward.operands, *_rates(program))
        finite = all(np.isfinite(part.value).all() for part in (found.weights, found.rates, found.linear))
        return found if finite else None

    def at(self, x: Array) -> Numbers:
        """What each unit bends at 0, for a batch ``(items, *input_shape)`` of what the model receives."""
        with np.errstate(all="ignore"):
            seen = _Values(_RUNNING)
            interpret(self.program, RunningBounded.start(x), seen)
            flat = [Numbers(part.value.reshape(len(x), -1), part.error.reshape(len(x), -1)) for part in seen.operands]
            value = np.concatenate([part.value for part in flat], axis=1)[:, self.operands]
            error = np.concatenate([part.error for part in flat], axis=1)[:, self.operands]
            moved = value - self.shifts
        return Numbers(moved, (error + 2 * UNIT * np.abs(moved)) * UP)

    def signs(self, path: Path) -> Array:
        """1 where a unit is on along each item's path, -1 where it is off, ``(items, units)``."""
        parts = []
        for branch, arms in zip(self.program.branches, path.arms, strict=True):
            flat = arms.reshape(path.items, -1)
            parts += [np.where(flat > bend, 1.0, -1.0) for bend in range(_bends(branch))]
        return np.concatenate(parts, axis=1)


class _Deeper(Exception):
    """A branch reads another branch."""


@dataclass
class _Operands(Interpretation[Bounded | None]):
    """Slopes in the input, until the first branch; nothing behind it."""

    arithmetic: Arithmetic[Bounded]
    operands: list[Bounded] = field(default_factory=list)

    def affine(self, instruction: Affine, operands: tuple[Bounded | None, ...]) -> Bounded | None:
        known = [operand for operand in operands if operand is not None]
        return run_linear(self.arithmetic, instruction, tuple(known)) if len(known) == len(operands) else None

    def branch(self, position: int, instruction: Branch, operand: Bounded | None) -> Bounded | None:
        if operand is None:
            raise _Deeper
        self.operands.append(operand)
        return None


@dataclass
class _Values(Interpretation[Bounded]):
    """A plain run that keeps what branches read."""

    arithmetic: Arithmetic[Bounded]
    operands: list[Bounded] = field(default_factory=list)

    def affine(self, instruction: Affine, operands: tuple[Bounded, ...]) -> Bounded:
        return run_affine(self.arithmetic, instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: Bounded) -> Bounded:
        self.operands.append(operand)
        arms = Choice(instruction.decide(self.arithmetic, operand))
        return instruction.select(self.arithmetic, arms, operand)


@dataclass
class _Cotangents(Transposition[Bounded]):
    """How much each branch's output counts; no further back through it."""

    arithmetic: Arithmetic[Bounded]
    found: dict[int, Bounded] = field(default_factory=dict)

    def affine(self, instruction: Affine, cotangent: Bounded) -> tuple[Bounded, ...]:
        return run_transposed(self.arithmetic, instruction, cotangent)

    def branch(self, position: int, instruction: Branch, cotangent: Bounded) -> None:
        self.found[position] = cotangent

    def add(self, x: Bounded, y: Bounded) -> Bounded:
        return self.arithmetic.add(x, y)


def _rates(program: Program) -> tuple[list[Numbers], Numbers]:
    """How much each branch's elements count in each label's score, and what passes none."""
    decision = program.decided()
    seeds = RunningBounded.start(decision.matrix.reshape(decision.labels, *program.shapes[program.output]))
    back = _Cotangents(_RUNNING)
    direct = interpret_transposed(program, {program.output: seeds}, back)
    rates = []
    for position, branch in enumerate(program.branches):
        none = np.zeros((decision.labels, prod(branch.shape)))
        part = back.found.get(position)
        rates.append(Numbers(none, none) if part is None else _flat(part, decision.labels))
    nothing = np.zeros((decision.labels, program.size))
    return rates, Numbers(nothing, nothing) if direct is None else _flat(direct, decision.labels)


def _flat(part: Bounded, rows: int) -> Numbers:
    return Numbers(part.value.reshape(rows, -1), np.broadcast_to(part.error, part.value.shape).reshape(rows, -1))


def _assembled(program: Program, operands: list[Bounded], rates: list[Numbers], direct: Numbers) -> OneLayer:
    """Each breakpoint of each element as a unit; the first piece of each is linear."""
    weights: list[Numbers] = []
    bends: list[Numbers] = []
    shifts, reads, start = [], [], 0
    linear, linear_error = direct.value, direct.error
    for branch, operand, rate in zip(program.branches, operands, rates, strict=True):
        assert isinstance(branch, Piecewise)
        slopes = _flat(operand, program.size)
        count = slopes.value.shape[1]
        first = float(branch.slopes[0])
        if first:
            through = _times(_product(rate, slopes), first)
            linear = linear + through.value
            linear_error = (linear_error + through.error + 2 * UNIT * np.abs(linear)) * UP
        for before, after, at in zip(branch.slopes, branch.slopes[1:], branch.breakpoints, strict=False):
            weights.append(slopes)
            bends.append(_times(rate, float(after - before)))
            shifts.append(np.full(count, float(at)))
            reads.append(start + np.arange(count))
        start += count
    return OneLayer(
        program,
        _side_by_side(weights),
        np.concatenate(shifts),
        np.concatenate(reads),
        _side_by_side(bends),
        Numbers(linear, linear_error),
    )


def _product(rates: Numbers, slopes: Numbers) -> Numbers:
    """``rates @ slopes.T`` with its error, ``(labels, size)``."""
    magnitude = np.abs(rates.value) @ np.abs(slopes.value).T
    error = np.abs(rates.value) @ slopes.error.T + rates.error @ (np.abs(slopes.value) + slopes.error).T
    terms = rates.value.shape[1]
    error += (terms + 3) * UNIT * magnitude + terms * TINY
    return Numbers(rates.value @ slopes.value.T, error * (1 + 2.0**-30))


def _times(numbers: Numbers, factor: float) -> Numbers:
    """Times an exact factor; what is certainly 0 stays so."""
    value = factor * numbers.value
    error = abs(factor) * numbers.error + 2 * UNIT * np.abs(value) + TINY * (numbers.value != 0)
    return Numbers(value, error * UP)


def _side_by_side(parts: list[Numbers]) -> Numbers:
    join: Callable[[list[Array]], Array] = lambda arrays: np.concatenate(arrays, axis=1)  # noqa: E731
    return Numbers(join([part.value for part in parts]), join([part.error for part in parts]))


def _bends(branch: Branch) -> int:
    return len(branch.breakpoints) if isinstance(branch, Piecewise) else 0


def _in_floats(branch: Piecewise) -> bool:
    """Are its numbers, and the differences that are needed, floats?"""
    steps = [after - before for before, after in zip(branch.slopes, branch.slopes[1:], strict=False)]
    return all(Fraction(float(number)) == number for number in (branch.slopes[0], *steps, *branch.breakpoints))
