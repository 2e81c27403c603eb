"""The line interpretation: values at the ends of pieces, along all paths that a line crosses.

A value is its deviation at points of many lines; between two neighbouring points of a line the true deviation is the
linear interpolation of the two rows, up to the interpolation of their errors:

    |d_true(t) - ((1 - w) d_p + w d_q)| <= (1 - w) e_p + w e_q,    t = (1 - w) t_p + w t_q,    every real w in [0, 1].

*Affine instructions keep this*: they are linear, so interpolation passes through them; an error grows at most by the
norm of the constants, and the rounding of row p counts with the same weight as row p does. So `NormBounded`, row by
row, is enough. *A branch* inserts points where a value crosses a breakpoint (or where another candidate becomes the
largest), and takes the function of each row. With ``z`` the value at the input, off by at most ``e_z``, and ``L`` the
largest slope:

- an error of ``d`` counts at most ``L`` times; an error of ``z`` at most ``2 L`` times, since ``f(z + d) - f(z)`` has
  two terms;
- where a piece still bends (rounding puts an inserted point beside the breakpoint, or the bend was too slight), the
  function leaves its chord by at most the jump in slope times the smaller distance of the two ends from the
  breakpoint; for the largest of candidates, that of the winner at one end over the winner at the other, times their
  leads. The largest such distance of a piece is added to the errors of both its ends;
- the roundings of ``z + d``, of the function's value and of the difference are added.

Verified: the claim above, with outward rounding. Trusted: IEEE arithmetic, to the extent of `program.bounded`.

Source: Sotoudeh and Thakur, SyReNN (arXiv 2101.03263): the linear partition of a network along a line.
"""

from dataclasses import dataclass, field

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
    Windowed,
    Windows,
    interpret,
    run_linear,
)
from deepcheck.program.bounded import TINY, UNIT, UP
from deepcheck.symbolic import bends
from deepcheck.symbolic.refinement import Points, Refinement
from deepcheck.symbolic.segments import Base, Segments, places, scaled, unit_windows

_NORM = NormBounded()
ROUNDS = 64
"""How often points are inserted where the largest of several changes; what bends after that is error."""


@dataclass(frozen=True)
class Along:
    """What a value is here.

    Attributes:
        base: The value at the inputs.
        deviation: One row per distinct element while shared, then one per point.
        version: After how many insertions; -1 while shared: no branch has been passed.
    """

    base: Base
    deviation: Windowed
    version: int


@dataclass(frozen=True)
class Walked:
    """A network along lines.

    Attributes:
        points: The ends of all pieces; each line starts and ends with its own.
        deviation: How far each output is from where it is at the input, ``(points, outputs)``.
    """

    points: Points
    deviation: Bounded


@dataclass
class Walk(Interpretation[Along]):
    """All lines at once."""

    windows: Windows
    segments: Segments
    distinct: Array
    path: Path
    history: list[Refinement] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.segments)
        lines = np.repeat(np.arange(count), 2)
        times = np.stack([self.segments.lower, self.segments.upper], axis=1).ravel()
        self.first = Points(lines, times)

    def points(self, version: int) -> Points:
        """The points after so many insertions."""
        return self.history[version - 1].points if version > 0 else self.first

    def affine(self, instruction: Affine, operands: tuple[Along, ...]) -> Along:
        version = max(operand.version for operand in operands)
        operands = tuple(self.at(operand, version) for operand in operands)
        base = Base.affine(instruction, tuple(operand.base for operand in operands))
        deviation = run_linear(self.windows, instruction, tuple(operand.deviation for operand in operands))
        return Along(base, deviation, version)

    def at(self, value: Along, version: int) -> Along:
        """A value, made as fine as a version."""
        if value.version == version:
            return value
        if value.version < 0:
            points = self.points(version)
            rows = self.distinct[points.line]
            return Along(value.base, scaled(self.windows, value.deviation, rows, points.time), version)
        deviation = value.deviation
        for refinement in self.history[value.version : version]:
            deviation = refinement.apply(self.windows, deviation)
        return Along(value.base, deviation, version)

    def branch(self, position: int, instruction: Branch, operand: Along) -> Along:
        operand = self.at(operand, len(self.history))
        base = operand.base.branch(position, instruction, self.path)
        assert isinstance(instruction, (Piecewise, Largest))
        if isinstance(instruction, Piecewise):
            return self._piecewise(instruction, operand, base)
        return self._largest(instruction, operand, base)

    def _piecewise(self, instruction: Piecewise, operand: Along, base: Base) -> Along:
        tables = tables_of(instruction)
        operand, _ = self._finer(operand, tables[0])
        x, points = operand.deviation, self.points(operand.version)
        values, out = rows_of(x), np.empty_like(rows_of(x))
        size, bend = np.empty(len(values)), np.empty(len(values))
        item = self.segments.item[points.line]
        bends.bent(
            values, operand.base.value, *places(x), item, points.line, points.time, *tables, out, size, bend,
            steps=2.0 * values.size,
        )  # fmt: skip
        slope, offset = float(np.abs(tables[1]).max()) * UP, float(np.abs(tables[2]).max()) * UP
        data = self._charged(x.data, operand.base, item, (slope, offset), _spread(bend, points), size)
        data = data._replace(value=out.reshape(x.data.value.shape))
        return Along(base, Windowed(data, x.shape, x.window, x.of), operand.version)

    def _finer(self, operand: Along, breaks: Array) -> tuple[Along, bool]:
        """Insert points where values cross breakpoints."""
        x, points = operand.deviation, self.points(operand.version)
        values, item = rows_of(x), self.segments.item[points.line]
        found = _stored(
            lambda piece, at: bends.crossings(
                values, operand.base.value, *places(x), item, points.line, points.time, breaks, bends.TOLERANCE,
                piece, at, steps=1.0 * values.size,
            ),
            len(values),
        )  # fmt: skip
        return self._inserted(operand, found)

    def _inserted(self, operand: Along, found: tuple[Array, Array]) -> tuple[Along, bool]:
        refinement = Refinement.of(self.points(operand.version), *found)
        if refinement is None:
            return operand, False
        self.history.append(refinement)
        return self.at(operand, len(self.history)), True

    def _largest(self, instruction: Largest, operand: Along, base: Base) -> Along:
        present = np.ascontiguousarray(np.broadcast_to(instruction.present, instruction.windows.shape)).reshape(-1)
        width = instruction.windows.shape[-1]
        at_input = np.ascontiguousarray(_NORM.gather(instruction.windows, operand.base.running).value)
        groups = at_input.reshape(len(at_input), -1)
        for _ in range(ROUNDS):
            operand, more = self._apart(instruction, operand, groups, present)
            if not more:
                break
        x, points = self.windows.gather(instruction.windows, operand.deviation), self.points(operand.version)
        values, item = rows_of(x), self.segments.item[points.line]
        out = np.empty((len(values), values.shape[1] // width))
        size, bend = np.empty(len(values)), np.empty(len(values))
        bends.largest(
            values, groups, present, *places(x), item, points.line, points.time, width, out, size, bend,
            steps=2.0 * values.size,
        )  # fmt: skip
        # Only its shape and window are of use: any slot will do.
        slots = Choice(np.zeros((1, *instruction.shape), dtype=np.int64), np.zeros(len(values), dtype=np.int64))
        shaped = self.windows.pick(x, slots)
        data = self._charged(x.data, operand.base, item, (1.0, 0.0), _spread(bend, points), size)
        data = data._replace(value=out.reshape(shaped.data.value.shape))
        return Along(base, Windowed(data, shaped.shape, shaped.window, shaped.of), operand.version)

    def _apart(self, instruction: Largest, operand: Along, groups: Array, present: Array) -> tuple[Along, bool]:
        """Insert points where the winner at one end of a piece meets that at the other."""
        x, points = self.windows.gather(instruction.windows, operand.deviation), self.points(operand.version)
        values, item, width = rows_of(x), self.segments.item[points.line], instruction.windows.shape[-1]
        found = _stored(
            lambda piece, at: bends.meetings(
                values, groups, present, *places(x), item, points.line, points.time, width, bends.TOLERANCE,
                piece, at, steps=1.0 * values.size,
            ),
            len(values),
        )  # fmt: skip
        return self._inserted(operand, found)

    @staticmethod
    def _charged(
        data: Bounded, base: Base, item: Array, limits: tuple[float, float], bend: Array, size: Array
    ) -> Bounded:
        """The error behind a branch, and the measured size."""
        slope, offset = limits
        reading = np.abs(base.value).max(axis=1, initial=0.0)[item] + data.size
        error = slope * (data.error + 2 * base.error[item] + 16 * UNIT * reading) + 16 * UNIT * offset + bend
        return Bounded(data.value, error * UP + 8 * TINY, size)


def walk_between(program: Program, x: Array, path: Path, steps: Array, shares: Array) -> Walked:
    """Run straight lines that move all elements at once through a network; a displacement is a share of the whole step.

    Args:
        program: The program.
        x: Where the lines start, ``(items, *input_shape)``.
        path: The exact paths there.
        steps: How far each line goes, ``(items, *input_shape)`` float64.
        shares: The part of each line that is run: where it starts and ends, ``(items, 2)``.
    """
    count = len(x)
    segments = Segments(np.arange(count), np.zeros(count, dtype=np.int64), shares[:, 0], shares[:, 1])
    windows = Windows(np.zeros(1, dtype=np.int64), program.input_shape)
    walking = Walk(windows, segments, np.zeros(count, dtype=np.int64), path)
    rows, flat = np.repeat(np.arange(count), 2), steps.reshape(count, -1)
    moved = shares.reshape(-1, 1) * flat[rows]
    size = np.abs(moved).max(axis=1, initial=0.0)
    data = Bounded(moved.reshape(-1, *program.input_shape), UNIT * size + TINY, size)
    start = Along(Base.start(x), Windowed(data, program.input_shape), 0)
    with np.errstate(over="ignore", invalid="ignore"):
        out = walking.at(interpret(program, start, walking), len(walking.history))
    return Walked(walking.points(out.version), NormBounded().flat(windows.dense(out.deviation)))


def rows_of(x: Windowed) -> Array:
    """The numbers of a batch, row by row."""
    return np.ascontiguousarray(x.data.value.reshape(len(x.data.value), -1))


def tables_of(instruction: Piecewise) -> tuple[Array, Array, Array]:
    """Breakpoints, slopes and intercepts as floats."""
    parts = (instruction.breakpoints, instruction.slopes, instruction.intercepts)
    breaks, slopes, intercepts = (np.array([float(number) for number in part]) for part in parts)
    return breaks, slopes, intercepts


def _spread(bend: Array, points: Points) -> Array:
    """How far the piece behind or before each point bends, whichever more."""
    found = bend.copy()
    np.maximum(found[:-1], bend[1:], out=found[:-1])
    return found * UP


def _stored(run, room: int) -> tuple[Array, Array]:  # type: ignore[no-untyped-def]
    """What a kernel finds, with as much room as it needs."""
    while True:
        piece, at = np.empty(room, dtype=np.int64), np.empty(room)
        count = run(piece, at)
        if count <= room:
            return piece[:count], at[:count]
        room = count


def walk(program: Program, x: Array, path: Path, segments: Segments) -> Walked:
    """Run lines through a network, along all paths that they cross.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        path: The items' exact paths.
        segments: The lines, around their items.
    """
    windows, distinct = unit_windows(program, segments.element)
    walking = Walk(windows, segments, distinct, path)
    start = Along(Base.start(x), windows.units(), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        out = walking.at(interpret(program, start, walking), len(walking.history))
    return Walked(walking.points(out.version), NormBounded().flat(windows.dense(out.deviation)))
