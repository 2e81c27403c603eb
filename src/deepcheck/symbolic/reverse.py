"""The reverse pass: the coefficients of every input in a few linear forms of the outputs, along a known path.

Source: equation (1) of section III-B, summed by transposition instead of path by path.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import (
    Affine,
    Arithmetic,
    Array,
    Bounded,
    Branch,
    Choice,
    Floats,
    NormBounded,
    Path,
    Program,
    Transposition,
    exact_floats,
    interpret_transposed,
    run_transposed,
)
from deepcheck.program.interpret import A


@dataclass
class Reverse(Transposition[A]):
    """Cotangents in some arithmetic; ``items`` says which item's path each row follows."""

    arithmetic: Arithmetic[A]
    path: Path
    items: Array | None = None

    def affine(self, instruction: Affine, cotangent: A) -> tuple[A, ...]:
        return run_transposed(self.arithmetic, instruction, cotangent)

    def branch(self, position: int, instruction: Branch, cotangent: A) -> A:
        arms = Choice(self.path.arms[position], self.items)
        return instruction.select_transposed(self.arithmetic, arms, cotangent)

    def add(self, x: A, y: A) -> A:
        return self.arithmetic.add(x, y)


def coefficients(program: Program, path: Path, seeds: Array, items: Array | None = None) -> Array:
    """Coefficients of all inputs in some linear forms of the outputs, in float64 without error bounds.

    Args:
        program: The program.
        path: The paths of a batch.
        seeds: Each form's weights over the outputs, ``(rows, outputs)``.
        items: Whose path each form follows, ``(rows,)``; by default form ``i`` that of item ``i``.

    Returns:
        ``(rows, size)``, in units of the model's input.
    """
    return _run(program, Floats(), seeds, Reverse(Floats(), path, items)).reshape(len(seeds), program.size)


def bounded_coefficients(program: Program, path: Path, seeds: Array, items: Array) -> Bounded:
    """The same with one error bound per row, where row ``i`` follows the path of item ``items[i]``.

    Returns:
        ``(rows, size)``, in units of the model's input.
    """
    arithmetic = NormBounded()
    return arithmetic.flat(_run(program, arithmetic, exact_floats(seeds), Reverse(arithmetic, path, items)))


def _run(program: Program, arithmetic: Arithmetic[A], seeds: A, transposition: Reverse[A]) -> A:
    shaped = arithmetic.reshape(program.shapes[program.output], seeds)
    found = interpret_transposed(program, {program.output: shaped}, transposition)
    assert found is not None, "the output of a program depends on its input"
    return found


def label_differences(program: Program, path: Path, labels: Array) -> tuple[Bounded, Array]:
    """Coefficients of ``f[j] - f[label]`` for every other label ``j``, lowest first.

    Returns:
        The coefficients, ``(items * (labels - 1), size)``, and the other labels, ``(items, labels - 1)``.
    """
    decision = program.decided()
    every = np.arange(decision.labels)
    others = np.array([np.delete(every, label) for label in every])[labels]
    matrix = decision.matrix
    seeds = (matrix[others] - matrix[labels][:, None, :]).reshape(-1, decision.outputs)
    items = np.repeat(np.arange(len(labels)), decision.labels - 1)
    return bounded_coefficients(program, path, seeds, items), others
