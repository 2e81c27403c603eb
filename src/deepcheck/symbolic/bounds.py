"""Backward linear bounds over many parts of a domain at once, with outward rounding.

Forward, an interval of every value's displacement; before each branch that the interval leaves open, a backward pass
from its operand to the input, through the lines of the branches before, gives a tighter one. Last, backward from the
differences of label scores. A pass maps coefficients by the transposes of our instructions; at a branch a positive
coefficient takes the lower line, a negative one the upper.

Verified: every bound holds in real arithmetic for every point of its part; rounding is accounted for on the way
(`backward`). Trusted: float64 as IEEE 754 has it. What overflows bounds nothing (minus infinity).

Source: Zhang et al., CROWN (NeurIPS 2018); Singh et al., POPL 2019; the parts: `parts`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Floats,
    Interpretation,
    NormBounded,
    exact_floats,
    interpret,
    interpret_transposed,
    run_linear,
)
from deepcheck.program.bounded import SUMMED_UP, TINY, UP
from deepcheck.symbolic.backward import Backward, Forms, Layer
from deepcheck.symbolic.frame import Frame
from deepcheck.symbolic.parts import Parts, measured
from deepcheck.symbolic.relaxation import relax, unsettled

_NORM, _MAGNITUDES = NormBounded(), Floats(absolute=True)
ROWS_BYTES = 32 << 20
"""How large the coefficients of one backward pass may grow."""
SMALLEST = 2.0**-1000
"""Covers the underflow of sums of products."""

Known = tuple[Array, Array]
"""Least and largest displacements of a branch's operand, ``(parts, m)`` each."""
Interval = tuple[Array, Array]
"""Least and largest displacements of a value, ``(parts, m)`` each."""


@dataclass
class Bounds:
    """The layers' ranges over some parts of one input's domain, and what follows for the outputs.

    Attributes:
        frame: The input.
        parts: The parts.
        known: Ranges that are known already, by branch: of parts that hold these, for instance.
        deadline: When to tighten no further, by `time.monotonic`, or None: what comes after it is looser, and sound.
    """

    frame: Frame
    parts: Parts
    known: tuple[Known, ...] | None = None
    deadline: float | None = None

    def __post_init__(self) -> None:
        self.layers: list[Layer] = []
        interpret(self.frame.program, _Range(0, None), _Forward(self))

    @property
    def ranges(self) -> tuple[Known, ...]:
        """What is known of the branches' operands now."""
        return tuple((layer.low, layer.high) for layer in self.layers)

    def forms(self, seeds: Array, items: Array) -> Forms:
        """Bound forms of the outputs, ``(rows, outputs)``, each over the part ``items`` of ``(rows,)``."""
        program = self.frame.program

        def start(rows: slice) -> dict[int, Bounded]:
            own = seeds[rows]
            return {program.output: measured(own.reshape(len(own), *program.shapes[program.output]))}

        return self._in_chunks(start, items)

    def operands(self, position: int, elements: Array, signs: Array, items: Array) -> Forms:
        """Bound single elements of a branch's operand, or their negatives, each over its part."""
        program = self.frame.program
        branch, hops = program.branches[position], self.frame.prepared.hops.get(position)

        def start(rows: slice) -> dict[int, Bounded]:
            if hops is not None:
                return {value: _signed(hop, elements[rows], signs[rows]) for value, hop in hops.items()}
            seeds = np.zeros((len(signs[rows]), prod(branch.source_shape)))
            seeds[np.arange(len(seeds)), elements[rows]] = signs[rows]
            return {branch.operand: measured(seeds.reshape(len(seeds), *branch.source_shape))}

        return self._in_chunks(start, items)

    @property
    def late(self) -> bool:
        """Is the time up?"""
        return self.deadline is not None and time.monotonic() > self.deadline

    @property
    def chunk(self) -> int:
        """How many rows one backward pass takes."""
        widest = max(prod(shape) for shape in self.frame.program.shapes)
        return max(1, ROWS_BYTES // (8 * widest))

    def _in_chunks(self, start: Callable[[slice], dict[int, Bounded]], items: Array) -> Forms:
        chunk = self.chunk
        cuts = [slice(at, at + chunk) for at in range(0, len(items), chunk)]
        found = [self._backward(start(cut), items[cut]) for cut in cuts]
        if len(found) == 1:
            return found[0]
        coefficients = Bounded(*(np.concatenate([getattr(f.coefficients, n) for f in found]) for n in Bounded._fields))
        return Forms(
            np.concatenate([f.least for f in found]), np.concatenate([f.constant for f in found]), coefficients
        )

    def _backward(self, cotangents: dict[int, Bounded], items: Array) -> Forms:
        passing = Backward(self.frame.prepared, self.parts, self.layers, items)
        direct = cotangents.pop(0, None)
        arrived = interpret_transposed(self.frame.program, cotangents, passing) if cotangents else None
        for coefficients in (direct, arrived):
            if coefficients is not None:
                passing.collect(self.parts.moving(_NORM.flat(coefficients), items))
        return passing.forms()


def _signed(hop: Bounded, elements: Array, signs: Array) -> Bounded:
    """Chosen rows of a prepared hop, or their negatives."""
    value = hop.value[elements]
    value *= signs.reshape(-1, *(1,) * (value.ndim - 1))
    return Bounded(value, hop.error[elements], hop.size[elements])


@dataclass(frozen=True)
class _Range:
    """A value's displacement.

    Attributes:
        value: Which value, where no branch comes before; its interval is worked out only when it is needed.
        interval: Its interval, or None for such a value.
    """

    value: int
    interval: Interval | None


class _Forward(Interpretation[_Range]):
    """Intervals, tightened before each branch."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.program = bounds.frame.program
        self.results = {id(each): at for at, each in enumerate(self.program.instructions, start=1)}

    def affine(self, instruction: Affine, operands: tuple[_Range, ...]) -> _Range:
        value = self.results[id(instruction)]
        if all(operand.interval is None for operand in operands):
            return _Range(value, None)
        intervals = [self._interval(operand) for operand in operands]
        return _Range(value, self._through(instruction, intervals))

    def _through(self, instruction: Affine, intervals: list[Interval]) -> Interval:
        """An affine instruction on intervals: middles, and radii with the magnitudes of its constants."""
        middles, radii = [], []
        for (low, high), number in zip(intervals, instruction.operands, strict=True):
            shape = self.program.shapes[number]
            middle = low / 2 + high / 2
            middles.append(exact_floats(middle.reshape(-1, *shape)))
            radii.append((np.maximum(high - middle, middle - low) * UP + TINY).reshape(-1, *shape))
        centre = _NORM.flat(run_linear(_NORM, instruction, tuple(middles)))
        spread = _MAGNITUDES.flat(run_linear(_MAGNITUDES, instruction, tuple(radii)))
        radius = (spread * SUMMED_UP + centre.element_error + SMALLEST) * UP
        wide = radius + 2.0**-52 * np.abs(centre.value)
        return centre.value - wide, centre.value + wide

    def _interval(self, operand: _Range) -> Interval:
        """A value's interval, also where no branch comes before it."""
        if operand.interval is not None:
            return operand.interval
        known: dict[int, Interval] = {0: self.bounds.parts.ranges(self.program.size)}
        for result, instruction in enumerate(self.program.instructions[: operand.value], start=1):
            if isinstance(instruction, Affine) and all(each in known for each in instruction.operands):
                known[result] = self._through(instruction, [known[each] for each in instruction.operands])
        return known[operand.value]

    def branch(self, position: int, instruction: Branch, operand: _Range) -> _Range:
        bounds, centre = self.bounds, self.bounds.frame.centres[position]
        level = bounds.frame.levels.get(position)
        low, high = self._interval(operand) if level is None else bounds.parts.columns(level)
        if bounds.known is not None:
            low, high = np.fmax(low, bounds.known[position][0]), np.fmin(high, bounds.known[position][1])
        if level is None:
            low, high = self._tightened(position, instruction, low, high)
        lines = relax(instruction, centre, low, high)
        bounds.layers.append(Layer(low, high, lines))
        return _Range(self.results[id(instruction)], (lines.low, lines.high))

    def _tightened(self, position: int, branch: Branch, low: Array, high: Array) -> Interval:
        """Backward bounds for the elements that no arm is settled for, a pass at a time until the deadline."""
        bounds, centre = self.bounds, self.bounds.frame.centres[position]
        part, element = np.nonzero(unsettled(branch, centre, low, high))
        if len(part) == 0:
            return low, high
        low, high = low.copy(), high.copy()
        signs = np.repeat([1.0, -1.0], len(part))
        items, elements = np.concatenate([part, part]), np.concatenate([element, element])
        least = np.full(len(items), -np.inf)
        for at in range(0, len(items), bounds.chunk):
            if bounds.late:
                break
            cut = slice(at, at + bounds.chunk)
            least[cut] = bounds.operands(position, elements[cut], signs[cut], items[cut]).least
        low[part, element] = np.fmax(low[part, element], least[: len(part)])
        high[part, element] = np.fmin(high[part, element], -least[len(part) :])
        return low, high
