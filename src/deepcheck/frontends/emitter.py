"""The program in the making: instructions so far, what each tensor name means, and what loading changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from deepcheck.frontends.budget import Budget
from deepcheck.frontends.node import Value
from deepcheck.program import Affine, Array, Branch, Gather, Instruction, Largest, Reshape, Term
from deepcheck.program.maps import parts_of


@dataclass
class Emitter:
    """Collects instructions.

    Attributes:
        budget: How much memory a value or a constant may take.
        instructions: The instructions; value ``i`` is the result of instruction ``i - 1``.
        tensors: Which tensor of the model each value is; "" where it is none.
        known: What each tensor of the model is: a value or a constant.
        rounded: Constants that loading rounded, in words.
        rounded_names: Their tensors, and all that is computed from them.
        folded: How many nodes were computed on loading.
    """

    budget: Budget
    instructions: list[Instruction] = field(default_factory=list)
    tensors: list[str] = field(default_factory=lambda: [""])
    known: dict[str, Value | Array] = field(default_factory=dict)
    rounded: list[str] = field(default_factory=list)
    rounded_names: set[str] = field(default_factory=set)
    folded: int = 0

    def emit(self, instruction: Instruction) -> Value:
        """Append an instruction."""
        self.budget.allow(8.0 * prod(instruction.shape), f"a value of shape {instruction.shape} ({instruction.kind})")
        self.budget.spend(
            _kept_bytes(instruction), f"the index map of a {instruction.kind} of shape {instruction.shape}"
        )
        self.instructions.append(instruction)
        self.tensors.append("")
        return Value(len(self.instructions), instruction.shape)

    def name(self, tensor: str, meaning: Value | Array, *, within: bool = False) -> None:
        """Say what a tensor of the model is; ``within`` a node's own graph it is none that the model can give."""
        self.known[tensor] = meaning
        if isinstance(meaning, Value) and not self.tensors[meaning.index] and not within:
            self.tensors[meaning.index] = tensor


def _kept_bytes(instruction: Instruction) -> float:
    """What an instruction keeps: index maps, and constants that are no view of one in the model."""
    if isinstance(instruction, Branch):
        given = [instruction.windows.given] if isinstance(instruction, Largest) else []
    else:
        parts = [part for term in instruction.terms for part in parts_of(term.maps)]
        given = [part.given for part in parts if isinstance(part, Gather)]
        numbers = [constant.numerator for constant in instruction.constants]
        given += [array for array in numbers if array.flags.owndata]
    return float(sum(array.nbytes for array in given if isinstance(array, np.ndarray)))


def finished(
    instructions: list[Instruction], tensors: list[str], source: tuple[int, ...], output: Value, target: tuple[int, ...]
) -> tuple[tuple[Instruction, ...], tuple[str, ...]]:
    """The instructions that the output depends on, from the input's shape to the output's, and their tensors.

    A dead branch must not cut the path, so what the output does not need is left out.

    Args:
        instructions: All instructions, for an input of the model's own shape.
        tensors: Which tensor of the model each value is.
        source: The input's shape in the program, without the batch axis.
        output: The output, in the model's own shape.
        target: The output's shape in the program.
    """
    kept = _needed(instructions, output.index)
    number = {0: 0} | {result: position for position, result in enumerate(kept, start=1)}
    made = [_renumbered(instructions[result - 1], number) for result in kept]
    names = [tensors[0], *(tensors[result] for result in kept)]
    if any(isinstance(instruction, Branch) and instruction.operand == 0 for instruction in made):
        shape = next(i.source_shape for i in made if isinstance(i, Branch) and i.operand == 0)
        later = {value: value + 1 for value in range(len(names))}
        copy: Instruction = Affine("reshape", (Term(0, (Reshape(source, shape),)),), shape)
        made = [copy, *(_renumbered(instruction, later) for instruction in made)]
        names = [names[0], names[0], *names[1:]]
    else:
        made = [_from_input(i, source) if isinstance(i, Affine) else i for i in made]
    if not made or made[-1].shape != target:
        shape = made[-1].shape if made else source
        reshape = Reshape(shape, target)
        if made and (ended := _ended(made[-1], reshape)) is not None:
            made[-1] = ended
        else:
            made.append(Affine("reshape", (Term(len(made), (reshape,)),), target))
            names.append("")
    return tuple(_short(instruction) for instruction in made), tuple(names)


def _needed(instructions: list[Instruction], last: int) -> list[int]:
    needed = {last}
    for result in range(last, 0, -1):
        if result in needed:
            needed.update(instructions[result - 1].operands)
    return sorted(needed - {0})


def _renumbered(instruction: Instruction, number: Mapping[int, int]) -> Instruction:
    if isinstance(instruction, Branch):
        return replace(instruction, operand=number[instruction.operand])
    terms = tuple(replace(term, operand=number[term.operand]) for term in instruction.terms)
    return replace(instruction, terms=terms)


def _from_input(instruction: Affine, source: tuple[int, ...]) -> Affine:
    """Let an instruction that reads the model's input read the program's: the same elements without batch axis."""
    terms = tuple(
        replace(term, maps=(Reshape(source, _source_of(term, instruction)), *term.maps)) if term.operand == 0 else term
        for term in instruction.terms
    )
    return replace(instruction, terms=terms)


def _ended(last: Instruction, reshape: Reshape) -> Affine | None:
    """The last instruction with its result in another shape; None where that takes an instruction of its own."""
    if not isinstance(last, Affine) or len(last.terms) != 1:
        return None
    if last.offset is not None and len(last.offset.shape) > len(reshape.shape):
        return None
    (term,) = last.terms
    return replace(last, terms=(replace(term, maps=(*term.maps, reshape)),), shape=reshape.shape)


def _source_of(term: Term, instruction: Affine) -> tuple[int, ...]:
    return term.maps[0].source_shape if term.maps else instruction.shape


def _short(instruction: Instruction) -> Instruction:
    """Several reshapes in a row are one; one that changes nothing is none."""
    if isinstance(instruction, Branch):
        return instruction
    terms = []
    for term in instruction.terms:
        maps: list[object] = []
        for linear in term.maps:
            if isinstance(linear, Reshape) and maps and isinstance(maps[-1], Reshape):
                linear = Reshape(maps.pop().source_shape, linear.shape)  # type: ignore[attr-defined]
            if not (isinstance(linear, Reshape) and linear.source_shape == linear.shape):
                maps.append(linear)
        terms.append(replace(term, maps=tuple(maps)))  # type: ignore[arg-type]
    return replace(instruction, terms=tuple(terms))
