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


def coefficients(program: Program, path: Path, seeds: Array, items: Array | None = None) -> Bounded:
    """Coefficients of all inputs in linear forms of the outputs.

    Args:
        program: The program.
        path: The paths of a batch.
        seeds: Each form's exact float weights over the outputs, ``(rows, outputs)``.
        items: Which item each row follows, ``(rows,)``; by default row ``i`` follows item ``i``.

    Returns:
        ``(rows, size)`` in units of the model's input, with one error bound per row.
    """
    arithmetic = NormBounded()
    start = arithmetic.reshape(program.shapes[program.output], exact_floats(seeds))
    found = interpret_transposed(program, start, Reverse(arithmetic, path, items))
    if found is None:
        zeros = np.zeros((len(seeds), program.size))
        return Bounded(zeros, np.zeros(len(seeds)), np.zeros(len(seeds)))
    return arithmetic.flat(found)


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
    return coefficients(program, path, seeds, items), others
