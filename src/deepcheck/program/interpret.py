"""The one loop that drives every interpretation, and its mirror image for transposes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from deepcheck.program.affine import Affine
from deepcheck.program.arithmetic import Arithmetic
from deepcheck.program.branches import Branch

if TYPE_CHECKING:
    from deepcheck.program.program import Program

V = TypeVar("V")
A = TypeVar("A")


class Interpretation(ABC, Generic[V]):
    """What a value is, and what the two families of instruction do to values."""

    @abstractmethod
    def affine(self, instruction: Affine, operands: tuple[V, ...]) -> V:
        """The value of an affine instruction."""

    @abstractmethod
    def branch(self, position: int, instruction: Branch, operand: V) -> V:
        """The value of the ``position``-th branch instruction."""


class Transposition(ABC, Generic[V]):
    """What the transposes of the two families do to cotangents."""

    @abstractmethod
    def affine(self, instruction: Affine, cotangent: V) -> tuple[V, ...]:
        """The cotangents of an affine instruction's operands."""

    @abstractmethod
    def branch(self, position: int, instruction: Branch, cotangent: V) -> V | None:
        """The cotangent of the ``position``-th branch instruction's operand; None to go no further back."""

    @abstractmethod
    def add(self, x: V, y: V) -> V:
        """The sum of two cotangents of one value."""


def interpret(program: "Program", x: V, interpretation: Interpretation[V]) -> V:
    """Run a program; a value is freed after its last use."""
    values: dict[int, V] = {0: x}
    branches = 0
    for result, instruction in enumerate(program.instructions, start=1):
        operands = tuple(values[operand] for operand in instruction.operands)
        if isinstance(instruction, Branch):
            values[result] = interpretation.branch(branches, instruction, operands[0])
            branches += 1
        else:
            values[result] = interpretation.affine(instruction, operands)
        for spent in program.spent_after[result]:
            del values[spent]
    return values[program.output]


def interpret_transposed(program: "Program", cotangents: Mapping[int, V], transposition: Transposition[V]) -> V | None:
    """Run a program's transpose from some values back to its input; None where no path leads there.

    Args:
        program: The program.
        cotangents: The values to start from (`Program.output`, usually), with their cotangents.
        transposition: What the transposes of instructions do.
    """
    cotangents = dict(cotangents)
    first = max(cotangents)
    branches = sum(isinstance(instruction, Branch) for instruction in program.instructions[:first])
    for result in range(first, 0, -1):
        instruction = program.instructions[result - 1]
        branches -= isinstance(instruction, Branch)
        if result not in cotangents:
            continue
        arriving = cotangents.pop(result)
        parts: tuple[V | None, ...]
        if isinstance(instruction, Branch):
            parts = (transposition.branch(branches, instruction, arriving),)
        else:
            parts = transposition.affine(instruction, arriving)
        for operand, part in zip(instruction.operands, parts, strict=True):
            if part is None:
                continue
            known = cotangents.get(operand)
            cotangents[operand] = part if known is None else transposition.add(known, part)
    return cotangents.get(0)


def run_affine(arithmetic: Arithmetic[A], instruction: Affine, operands: tuple[A, ...]) -> A:
    """An affine instruction in an arithmetic, offset included."""
    total = run_linear(arithmetic, instruction, operands)
    return total if instruction.offset is None else arithmetic.shift(instruction.offset, total)


def run_linear(arithmetic: Arithmetic[A], instruction: Affine, operands: tuple[A, ...]) -> A:
    """An affine instruction in an arithmetic, without its offset: what it does to slopes."""
    total: A | None = None
    for term, operand in zip(instruction.terms, operands, strict=True):
        for linear in term.maps:
            operand = arithmetic.apply(linear, operand)
        total = operand if total is None else arithmetic.add(total, operand)
    assert total is not None
    return total


def run_transposed(arithmetic: Arithmetic[A], instruction: Affine, cotangent: A) -> tuple[A, ...]:
    """The transpose of `run_linear`: one cotangent per operand."""
    parts = []
    for term in instruction.terms:
        part = cotangent
        for linear in reversed(term.maps):
            part = arithmetic.apply_transposed(linear, part)
        parts.append(part)
    return tuple(parts)
