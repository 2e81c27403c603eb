"""What bounds need that is the same for every input: layers before any branch, and the way from branch to branch."""

from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Contract,
    Interpretation,
    NormBounded,
    Program,
    Transposition,
    exact_floats,
    interpret,
    interpret_transposed,
    parts_of,
    run_linear,
    run_transposed,
)
from deepcheck.program.bounded import TINY, UP, gamma

LARGEST = 1 << 25
"""Layers of more coefficients than this (input elements times outputs) are bounded without them."""


@dataclass(frozen=True)
class Level:
    """A branch's operand as a linear form of the input.

    Attributes:
        weights: The coefficients of each input element, ``(size, m)``.
        error: How far any of them may be off.
    """

    weights: Array
    error: float

    @cached_property
    def growth(self) -> float:
        """The largest sum of magnitudes of one element's coefficients."""
        return float(np.abs(self.weights).sum(axis=1).max(initial=0.0)) * UP

    @cached_property
    def pattern(self) -> tuple[Array, Array]:
        """For each element where its forms start, and the forms that it changes (0 may be off by the error)."""
        element, form = np.nonzero(self.weights)
        return np.searchsorted(element, np.arange(len(self.weights) + 1)), form

    def product_error(self, sizes: Array) -> Array:
        """How far a product of rows over the layer with the coefficients may be off, for rows of these sizes."""
        m = self.weights.shape[1]
        return np.asarray(sizes * (gamma(m) * self.growth + m * self.error) * UP + 2 * m * TINY)


@dataclass
class _Prefix(Interpretation[Bounded | None]):
    """Runs unit inputs up to the first branches."""

    levels: dict[int, Level] = field(default_factory=dict)

    def affine(self, instruction: Affine, operands: tuple[Bounded | None, ...]) -> Bounded | None:
        if any(operand is None for operand in operands):
            return None
        known = tuple(operand for operand in operands if operand is not None)
        return run_linear(NormBounded(), instruction, known)

    def branch(self, position: int, instruction: Branch, operand: Bounded | None) -> Bounded | None:
        if operand is not None:
            flat = operand.value.reshape(len(operand.value), -1)
            self.levels[position] = Level(np.ascontiguousarray(flat), float(operand.error.max(initial=0.0)))
        return None


@dataclass(frozen=True)
class Prepared:
    """What is the same for every input of a program.

    Attributes:
        levels: The operands, by branch, that no branch comes before; those too large are left out.
        hops: For other branches the coefficients of every element of the operand on the outputs of the branches just
            before it (and on the input, where it is read directly), by value, ``(m, *shape)`` each; likewise.
        products: How many multiplications lead to each branch.
    """

    levels: dict[int, Level]
    hops: dict[int, dict[int, Bounded]]
    products: tuple[int, ...]

    @staticmethod
    def of(program: Program) -> "Prepared":
        """Prepare a program."""
        levels = first_levels(program)
        hops = {}
        widest = max(int(np.prod(shape)) for shape in program.shapes)
        for position, branch in enumerate(program.branches):
            elements = int(np.prod(branch.source_shape))
            if position not in levels and elements * widest <= LARGEST:
                hop = _Hop(program)
                seeds = exact_floats(np.eye(elements).reshape(elements, *branch.source_shape))
                arrived = interpret_transposed(program, {branch.operand: seeds}, hop)
                hops[position] = hop.found | ({} if arrived is None else {0: arrived})
        return Prepared(levels, hops, _products(program))


def _products(program: Program) -> tuple[int, ...]:
    found, total = [], 0
    for instruction in program.instructions:
        if isinstance(instruction, Branch):
            found.append(total)
        else:
            maps = [linear for term in instruction.terms for linear in parts_of(term.maps)]
            total += sum(prod(m.source_shape) * m.shape[2] for m in maps if isinstance(m, Contract))
    return tuple(found)


class _Hop(Transposition[Bounded]):
    """Goes back to the branches just before, and no further."""

    def __init__(self, program: Program) -> None:
        self.results = [at + 1 for at, each in enumerate(program.instructions) if isinstance(each, Branch)]
        self.found: dict[int, Bounded] = {}

    def affine(self, instruction: Affine, cotangent: Bounded) -> tuple[Bounded, ...]:
        return run_transposed(NormBounded(), instruction, cotangent)

    def branch(self, position: int, instruction: Branch, cotangent: Bounded) -> Bounded | None:
        self.found[self.results[position]] = cotangent
        return None

    def add(self, x: Bounded, y: Bounded) -> Bounded:
        return NormBounded().add(x, y)


def first_levels(program: Program) -> dict[int, Level]:
    """The operands, by branch, that no branch comes before; those too large are left out."""
    widest = max((int(np.prod(branch.source_shape)) for branch in program.branches), default=0)
    if program.size * max(widest, program.size) > LARGEST:
        return {}
    units = exact_floats(np.eye(program.size).reshape(program.size, *program.input_shape))
    prefix = _Prefix()
    interpret(program, units, prefix)
    return prefix.levels
