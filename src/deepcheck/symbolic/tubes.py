"""The tube interpretation: one line through every value over a whole segment, and how far the value may leave it.

A bound over all paths of a segment for three rows, without its pieces:

    |d_true(t) - ((1 - w) d_p + w d_q)| <= s + (1 - w) e_p + w e_q    at every t of the segment,

with ``p`` and ``q`` its ends and a *spread* ``s`` of each number. *Affine instructions*: spreads go through the
magnitudes of the constants; ends and errors as in `walking`. *A branch* takes, over the range that the operand may
have (spread and errors included), the line through the function's ends, moved to the middle of what the function
leaves it on both sides; half that width is new spread. For the largest of candidates it takes one of them, moved by
half of what any other may exceed it. The last affine instruction is taken together with the differences of labels,
which bounds them tighter.

Verified: the claim above, with outward rounding.

Source: zonotopes with one symbol and boxed remainders (Singh et al., NeurIPS 2018), along a line.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Choice,
    Interpretation,
    Largest,
    NormBounded,
    Path,
    Piecewise,
    Program,
    Term,
    Windowed,
    Windows,
    exact_floats,
    interpret,
    run_linear,
    run_transposed,
)
from deepcheck.program.bounded import SUMMED_UP, TINY, UNIT, UP, gamma
from deepcheck.symbolic import enclosures
from deepcheck.symbolic.segments import Base, Segments, places, scaled, unit_windows
from deepcheck.symbolic.walking import rows_of, tables_of

_NORM = NormBounded()


@dataclass(frozen=True)
class Tubed:
    """What a value is here.

    Attributes:
        base: The value at the inputs.
        ends: Deviations: one row per distinct element while shared, then those at all first ends and all last ones.
        spread: How far each number may leave the line between, one row per segment; None where it is 0.
        shared: Has no branch been passed?
    """

    base: Base
    ends: Windowed
    spread: Windowed | None
    shared: bool


@dataclass(frozen=True)
class Gaps:
    """How the differences of label scores deviate.

    Attributes:
        ends: At first and last ends, ``(2 n, others)``.
        error: How far those may be off, likewise.
        spread: How far the truth may leave the line between, ``(n, others)``.
    """

    ends: Array
    error: Array
    spread: Array

    @property
    def least(self) -> Array:
        """The least over each segment, rounded down, ``(n, others)``."""
        n = len(self.spread)
        lower = self.ends - self.error
        least = np.minimum(lower[:n], lower[n:]) - self.spread
        return np.asarray(least - 4 * UNIT * (np.abs(least) + self.spread + np.abs(self.ends[:n])))


@dataclass
class Tube(Interpretation[Tubed]):
    """All segments at once."""

    windows: Windows
    segments: Segments
    distinct: Array
    path: Path

    @cached_property
    def magnitudes(self) -> Windows:
        """The arithmetic of spreads."""
        return self.windows.magnitudes()

    def affine(self, instruction: Affine, operands: tuple[Tubed, ...]) -> Tubed:
        shared = all(operand.shared for operand in operands)
        if not shared:
            operands = tuple(self.own(operand) for operand in operands)
        base = Base.affine(instruction, tuple(operand.base for operand in operands))
        ends = run_linear(self.windows, instruction, tuple(operand.ends for operand in operands))
        spread = None
        if any(operand.spread is not None for operand in operands):
            spread = run_linear(self.magnitudes, instruction, tuple(self.width(operand) for operand in operands))
        return Tubed(base, ends, spread, shared)

    def own(self, value: Tubed) -> Tubed:
        """Give each segment rows of its own."""
        if not value.shared:
            return value
        times = np.concatenate([self.segments.lower, self.segments.upper])
        ends = scaled(self.windows, value.ends, np.concatenate([self.distinct, self.distinct]), times)
        return Tubed(value.base, ends, None, shared=False)

    def width(self, value: Tubed) -> Windowed:
        """The spread of a value, zeros where there is none."""
        if value.spread is not None:
            return value.spread
        n = len(self.segments)
        first = self.windows.take(value.ends, np.arange(n))
        nothing = Bounded(np.zeros_like(first.data.value), np.zeros(n), np.zeros(n))
        return Windowed(nothing, first.shape, first.window, first.of)

    def branch(self, position: int, instruction: Branch, operand: Tubed) -> Tubed:
        operand = self.own(operand)
        base = operand.base.branch(position, instruction, self.path)
        assert isinstance(instruction, (Piecewise, Largest))
        if isinstance(instruction, Piecewise):
            return self._piecewise(instruction, operand, base)
        return self._largest(instruction, operand, base)

    def _piecewise(self, instruction: Piecewise, operand: Tubed, base: Base) -> Tubed:
        tables, ends, spread = tables_of(instruction), operand.ends, self.width(operand)
        values, widths = rows_of(ends), _widths(spread)
        n, reading, slack = self._read(operand.base, ends.data)
        out, wider = np.empty_like(values), np.empty_like(widths)
        size, widest = np.empty(2 * n), np.empty(n)
        elements, of = places(spread)
        enclosures.enclosed(
            values, widths, slack, operand.base.value, elements, of, self.segments.item, *tables, out, wider,
            size, widest, steps=4.0 * widths.size,
        )  # fmt: skip
        slope, offset = float(np.abs(tables[1]).max()) * UP, float(np.abs(tables[2]).max()) * UP
        error = self._error(operand.base, ends.data, reading, slope, offset)
        data = Bounded(out.reshape(ends.data.value.shape), error, size)
        room = Bounded(wider.reshape(spread.data.value.shape), np.zeros(n), widest)
        return Tubed(
            base, Windowed(data, ends.shape, ends.window, ends.of),
            Windowed(room, spread.shape, spread.window, spread.of), shared=False,
        )  # fmt: skip

    def _read(self, base: Base, data: Bounded) -> tuple[int, Array, Array]:
        """How many segments, the magnitudes of what a branch reads, and what its range is widened by."""
        n, item = len(self.segments), np.concatenate([self.segments.item] * 2)
        reading = np.abs(base.value).max(axis=1, initial=0.0)[item] + data.size
        slack = np.maximum(data.error[:n], data.error[n:]) + base.error[self.segments.item]
        slack = (slack + 8 * UNIT * np.maximum(reading[:n], reading[n:])) * UP
        return n, reading, slack

    def _error(self, base: Base, data: Bounded, reading: Array, slope: float, offset: float) -> Array:
        item = np.concatenate([self.segments.item] * 2)
        error = slope * (data.error + 2 * base.error[item] + 32 * UNIT * reading) + 32 * UNIT * offset
        return np.asarray(error * UP + 8 * TINY)

    def _largest(self, instruction: Largest, operand: Tubed, base: Base) -> Tubed:
        width, n = instruction.windows.shape[-1], len(self.segments)
        present = np.ascontiguousarray(np.broadcast_to(instruction.present, instruction.windows.shape)).reshape(-1)
        groups = np.ascontiguousarray(_NORM.gather(instruction.windows, operand.base.running).value)
        ends = self.windows.gather(instruction.windows, operand.ends)
        spread = self.magnitudes.gather(instruction.windows, self.width(operand))
        values, widths = rows_of(ends), _widths(spread)
        _, reading, slack = self._read(operand.base, ends.data)
        out, wider = np.empty((2 * n, values.shape[1] // width)), np.empty((n, values.shape[1] // width))
        size, widest = np.empty(2 * n), np.empty(n)
        elements, of = places(spread)
        enclosures.dominated(
            values, widths, 2 * slack, groups.reshape(len(groups), -1), present, elements, of, self.segments.item,
            width, out, wider, size, widest, steps=4.0 * widths.size,
        )  # fmt: skip
        # Only their shapes and windows are of use: any slot will do.
        picked = self.windows.pick(ends, _first_slots(instruction, 2 * n))
        narrow = self.magnitudes.pick(spread, _first_slots(instruction, n))
        error = self._error(operand.base, ends.data, reading, 1.0, 0.0)
        data = Bounded(out.reshape(picked.data.value.shape), error, size)
        room = Bounded(wider.reshape(narrow.data.value.shape), np.zeros(n), widest)
        return Tubed(
            base, Windowed(data, picked.shape, picked.window, picked.of),
            Windowed(room, narrow.shape, narrow.window, narrow.of), shared=False,
        )  # fmt: skip

    def gaps(self, instruction: Affine, operands: tuple[Tubed, ...], seeds: Array, rows: Array) -> Gaps:
        """Differences of scores of some segments, behind the last affine instruction.

        Args:
            instruction: That instruction.
            operands: What it reads.
            seeds: The differences as forms of its results, ``(others, outputs)``.
            rows: The segments.
        """
        operands = tuple(self.own(operand) for operand in operands)
        shaped = exact_floats(seeds.reshape(len(seeds), *instruction.shape))
        forms = [_NORM.flat(part) for part in run_transposed(_NORM, instruction, shaped)]
        both = np.concatenate([rows, rows + len(self.segments)])
        ends = np.zeros((2 * len(rows), len(seeds)))
        error, spread = np.zeros_like(ends), np.zeros((len(rows), len(seeds)))
        for form, operand in zip(forms, operands, strict=True):
            moved = _NORM.flat(self.windows.dense(self.windows.take(operand.ends, both)))
            terms = moved.value.shape[1]
            growth = np.abs(form.value).sum(axis=1) * SUMMED_UP + terms * form.error
            ends += moved.value @ form.value.T
            sizes = moved.size[:, None]
            error += growth * (moved.error[:, None] + gamma(terms) * sizes) + terms * form.error * sizes
            error += 4 * UNIT * np.abs(ends) + 4 * terms * TINY
            if operand.spread is not None:
                room = _NORM.flat(self.magnitudes.dense(self.magnitudes.take(operand.spread, rows)))
                spread += (room.value @ np.abs(form.value).T) * SUMMED_UP
                spread += growth * (room.error[:, None] + gamma(terms) * room.size[:, None]) + 4 * terms * TINY
                spread += terms * form.error * room.size[:, None]
        return Gaps(ends, error * UP, spread * UP)


def _widths(spread: Windowed) -> Array:
    """Spreads with the rounding of their own computation."""
    return np.ascontiguousarray(rows_of(spread) + spread.data.error[:, None])


def _first_slots(instruction: Largest, rows: int) -> Choice:
    return Choice(np.zeros((1, *instruction.shape), dtype=np.int64), np.zeros(rows, dtype=np.int64))


def least_gaps(program: Program, x: Array, path: Path, labels: Array, segments: Segments) -> Array:
    """How much each difference ``f[label] - f[j]`` may fall along each segment at least: lower bounds of its deviation.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        path: The items' exact paths.
        labels: Their labels.
        segments: The segments.

    Returns:
        ``(segments, labels)``, never above 0 in the label's own place; NaN where floats overflow.
    """
    windows, distinct = unit_windows(program, segments.element)
    tube = Tube(windows, segments, distinct, path)
    start = Tubed(Base.start(x), windows.units(), None, shared=True)
    last = program.instructions[-1]
    matrix = program.decided().matrix
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(last, Affine):
            reading = _Last(tube, last)
            interpret(program, start, reading)
            final, operands = last, reading.operands
        else:
            shape = program.shapes[program.output]
            out = interpret(program, start, tube)
            final, operands = _identity(shape), (out,)
        found = np.zeros((len(segments), len(matrix)))
        own = labels[segments.item]
        for label in np.unique(own):
            rows = np.flatnonzero(own == label)
            seeds = (matrix[label] - matrix).reshape(len(matrix), prod(program.shapes[program.output]))
            found[rows] = tube.gaps(final, operands, seeds, rows).least
    return found


def _identity(shape: tuple[int, ...]) -> Affine:
    return Affine("identity", (Term(0),), shape)


@dataclass
class _Last(Interpretation[Tubed]):
    """The tube, but for the last instruction: what that reads is kept."""

    tube: Tube
    last: Affine
    operands: tuple[Tubed, ...] = ()

    def affine(self, instruction: Affine, operands: tuple[Tubed, ...]) -> Tubed:
        if instruction is self.last:
            self.operands = operands
            return operands[0]
        return self.tube.affine(instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: Tubed) -> Tubed:
        return self.tube.branch(position, instruction, operand)
