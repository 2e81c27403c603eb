"""Linear forms on their way back to the input, each over a part of the domain: what they are at least.

At a branch a positive coefficient takes the lower line, a negative one the upper. Rounding of the coefficients is
turned into a term of its own there (error times the sum of the magnitudes of what they multiply), so that behind the
branch they are exactly the floats that they are.

Source: Zhang et al., CROWN (NeurIPS 2018), section 3; rounding: Higham, section 3.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Choice,
    Largest,
    NormBounded,
    Transposition,
    run_transposed,
)
from deepcheck.program.bounded import SUMMED_UP, TINY, UP, gamma
from deepcheck.symbolic.bound_kernels import split
from deepcheck.symbolic.parts import Parts, measured
from deepcheck.symbolic.prepared import Prepared
from deepcheck.symbolic.relaxation import Relaxation

_NORM = NormBounded()
SPARSE = 4
"""How many multiplications of a dense product cost as much as one of a layer's own transpose."""


@dataclass(frozen=True)
class Layer:
    """A branch over some parts.

    Attributes:
        low: The least displacement of its operand, ``(parts, m)``.
        high: The largest.
        lines: What it does to displacements in that range.
    """

    low: Array
    high: Array
    lines: Relaxation

    @cached_property
    def operand(self) -> Array:
        """The largest magnitude of each element of its operand, ``(parts, m)``."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @cached_property
    def output(self) -> Array:
        """At least the sum of the magnitudes of its output, ``(parts,)``."""
        return np.asarray(np.maximum(np.abs(self.lines.low), np.abs(self.lines.high)).sum(axis=1) * SUMMED_UP)


@dataclass(frozen=True)
class Forms:
    """Lower bounds of linear forms of the outputs over parts.

    Attributes:
        least: A lower bound of each form's displacement, ``(rows,)``.
        constant: The constant of the linear lower bound, rounding and all, ``(rows,)``.
        coefficients: The coefficients of the moving elements, ``(rows, moving)``.
    """

    least: Array
    constant: Array
    coefficients: Bounded


class Backward(Transposition[Bounded]):
    """Coefficients of forms, each over a part.

    Args:
        prepared: What is the same for every input.
        parts: The parts.
        layers: The branches so far, over these parts.
        items: The part of each row.
    """

    def __init__(self, prepared: Prepared, parts: Parts, layers: Sequence[Layer], items: Array) -> None:
        self.prepared, self.parts, self.layers, self.items = prepared, parts, layers, items
        self.totals = np.zeros((len(items), 3))
        self.slack = np.zeros(len(items))
        self.found: Bounded | None = None
        self.terms = 0

    def affine(self, instruction: Affine, cotangent: Bounded) -> tuple[Bounded, ...]:
        return run_transposed(_NORM, instruction, cotangent)

    def add(self, x: Bounded, y: Bounded) -> Bounded:
        return _NORM.add(x, y)

    def branch(self, position: int, instruction: Branch, cotangent: Bounded) -> Bounded | None:
        layer, items = self.layers[position], self.items
        self.slack += cotangent.error * layer.output[items] * UP
        rows = np.array(cotangent.value.reshape(len(items), -1), dtype=np.float64, order="C")
        self.terms = max(self.terms, rows.shape[1])
        if isinstance(instruction, Largest):
            rows = self._picked(layer, instruction, rows)
        else:
            split(rows, items, layer.lines[:4], layer.operand, self.totals, steps=float(rows.size))
        behind = measured(rows)
        level = self.prepared.levels.get(position)
        if level is None or self.parts.width * rows.shape[1] > SPARSE * self.prepared.products[position]:
            return _NORM.reshape(instruction.source_shape, behind)
        self.collect(self.parts.behind(behind, items, level))
        return None

    def _picked(self, layer: Layer, instruction: Largest, rows: Array) -> Array:
        """Split rows at a max pooling, and give each coefficient to the candidate that its line multiplies."""
        lines, items = layer.lines, self.items
        assert lines.slots is not None
        above = rows > 0
        slope = np.where(above, lines.lower_slope[items], lines.upper_slope[items])
        offset = np.where(above, lines.lower_offset[items], lines.upper_offset[items])
        parts = np.where(rows == 0, 0.0, rows * offset)
        self.totals[:, 0] += parts.sum(axis=1)
        self.totals[:, 1] += np.abs(parts).sum(axis=1)
        slots = Choice(lines.slots.reshape(-1, *instruction.shape), items)
        kept = np.where(rows == 0, 0.0, rows * slope).reshape(len(rows), *instruction.shape)
        spread = _NORM.pick_transposed(measured(kept), slots, instruction.windows.shape[-1])
        back = _NORM.flat(_NORM.gather_transposed(instruction.windows, spread))
        self.slack += back.error * layer.operand.sum(axis=1)[items] * SUMMED_UP
        return np.array(back.value)

    def collect(self, coefficients: Bounded) -> None:
        """Coefficients of the moving elements arrived, by one of the ways to the input."""
        if self.found is None:
            self.found = coefficients
            return
        value = self.found.value + coefficients.value
        error = self.found.error + coefficients.error + 2 * gamma(1) * np.abs(value).max(axis=1, initial=0.0)
        self.found = Bounded(value, error * UP, np.zeros(len(value)))

    def forms(self) -> Forms:
        """What the forms are at least."""
        found = self.found
        assert found is not None, "every value depends on the input"
        rounding = gamma(self.terms + len(self.layers)) * (self.totals[:, 1] + self.totals[:, 2])
        constant = self.totals[:, 0] - (self.slack + rounding) * SUMMED_UP - TINY
        least = constant + self.parts.least(found, self.items)
        least = least - 4 * gamma(1) * (np.abs(constant) + np.abs(least))
        return Forms(np.where(np.isnan(least), -np.inf, least), constant, found)
