"""The rows of one input over several columns: what every solver of sets works on, in floats with error bounds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from deepcheck.domains import Box
from deepcheck.errors import OptionError
from deepcheck.program import Array, Bounded, Path, Program
from deepcheck.program.bounded import UNIT, UP, difference
from deepcheck.ranking import Gains
from deepcheck.solvers.planes import Planes
from deepcheck.symbolic import Run, guard_columns


@dataclass
class Breakable:
    """A guard sink that keeps the guards that some columns could break together; the others hold in the whole domain.

    Attributes:
        lower: Least displacement of each column, rounded outwards, ``(k,)``.
        upper: Largest, likewise.
        together: How many columns move at once at most.
        chosen: Which guards to keep, block by block, where that is known; else it is decided here.
    """

    lower: Array
    upper: Array
    together: int
    chosen: list[Array] | None = None
    values: list[Array] = field(default_factory=list)
    value_errors: list[Array] = field(default_factory=list)
    slopes: list[Array] = field(default_factory=list)
    slope_errors: list[Array] = field(default_factory=list)
    blocks: int = 0

    def emit(self, values: Bounded, slopes: Bounded, present: Array) -> None:
        """Keep what is not certain to hold."""
        if self.chosen is None:
            least = Least(self.lower, self.upper)
            least.emit(values, slopes, present)
            kept = least.breakable(0, self.together)
        else:
            kept = self.chosen[self.blocks]
        self.blocks += 1
        count = int(np.count_nonzero(kept))
        if count:
            self.values.append(values.value[0][kept])
            self.value_errors.append(np.full(count, float(values.error[0])))
            self.slopes.append(slopes.value[:, kept])
            self.slope_errors.append(np.full(count, float(slopes.error.max(initial=0.0))))


@dataclass
class Least:
    """A guard sink that keeps how far each guard can fall by one column: for columns that come in several passes.

    Attributes:
        lower: Least displacement of each column of this pass, ``(k,)``.
        upper: Largest.
    """

    lower: Array
    upper: Array
    values: list[Array] = field(default_factory=list)
    falls: list[Array] = field(default_factory=list)
    present: list[Array] = field(default_factory=list)

    def emit(self, values: Bounded, slopes: Bounded, present: Array) -> None:
        """Bound the most negative change, error included; minus infinity where a column without an end moves it."""
        worst = float(slopes.error.max(initial=0.0))
        farthest = max(float(self.upper.max(initial=0.0)), -float(self.lower.min(initial=0.0)))
        if np.isfinite(farthest):
            least = (_least_moves(slopes.value, self.lower, self.upper) - worst * farthest) * UP
        else:
            least = np.where((slopes.value != 0).any(axis=0) | (worst > 0), -np.inf, 0.0)
        self.values.append(values.value[0] - float(values.error[0]) - 8 * UNIT * np.abs(values.value[0]))
        self.falls.append(least)
        self.present.append(present[0])

    def join(self, other: "Least") -> None:
        """Take what another pass found about the same guards."""
        self.falls = [np.minimum(mine, theirs) for mine, theirs in zip(self.falls, other.falls, strict=True)]

    def breakable(self, block: int, together: int) -> Array:
        """Which guards of a block so many columns could break."""
        with np.errstate(invalid="ignore"):
            spared = self.values[block] + together * self.falls[block]
        return np.asarray(self.present[block] & ~(spared >= 0))


def _least_moves(slopes: Array, lower: Array, upper: Array) -> Array:
    """The most negative change that one column alone makes to each guard, ``(m,)``; never above 0."""
    least = np.zeros(slopes.shape[1])
    for start in range(0, len(slopes), 64):
        part = slopes[start : start + 64]
        moves = np.minimum(part * lower[start : start + 64, None], part * upper[start : start + 64, None])
        least = np.minimum(least, moves.min(axis=0))
    return least


@dataclass(frozen=True)
class Wanted:
    """Which rows are wanted.

    Attributes:
        item: Which input.
        found: Difference forms of a chunk.
        row: The input's place in it.
        elements: The columns, ``(k - 1,)``.
        together: How many of them move at once at most.
    """

    item: int
    found: Gains
    row: int
    elements: Array
    together: int


def planes(
    program: Program, x: Array, run: Run, box: Box, wanted: Sequence[Wanted], memory: int
) -> Iterator[list[Planes]]:
    """The path's guards, the labels' gaps and the domain, over some elements and, last, one that cannot move.

    The last column makes one element a pair.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        run: Its concrete run.
        box: The domain.
        wanted: Which rows, of which inputs.
        memory: How many bytes the columns of one pass may take.

    Yields:
        The rows of one input after another: those of inputs that share a forward pass together.

    Raises:
        OptionError: If the rows that are kept take more than four times the memory.
    """
    widest = max(prod(shape) for shape in program.shapes)
    limit = max(1, memory // (6 * 8 * widest))  # in windows, whole, and what the next instruction makes of them
    for group in _groups(wanted, limit):
        items = np.array([one.item for one in group])
        ends = [_ends(x, box, one) for one in group]
        path = run.path.take(items)
        if len(group[0].elements) > limit:
            sinks = [_passes(program, x[items], path, group[0], ends[0], limit, memory)]
        else:
            single = [Breakable(*end, one.together) for end, one in zip(ends, group, strict=True)]
            guard_columns(program, x[items], path, [one.elements for one in group], single)
            sinks = [[sink] for sink in single]
        yield [_made(x, box, *each) for each in zip(group, ends, sinks, strict=True)]


def _groups(wanted: Sequence[Wanted], limit: int) -> Iterator[list[Wanted]]:
    """Inputs one after another, as many as have so few columns together; one with more by itself."""
    group: list[Wanted] = []
    for one in wanted:
        if group and sum(len(other.elements) for other in (*group, one)) > limit:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _ends(x: Array, box: Box, asked: Wanted) -> tuple[Array, Array]:
    """Least and largest displacement of each column, rounded outwards."""
    origin = x[asked.item].reshape(-1)[asked.elements].astype(np.float64)
    down, down_error = difference(box.lower[asked.elements], origin)
    up, up_error = difference(box.upper[asked.elements], origin)
    return down - down_error, up + up_error


def _made(x: Array, box: Box, asked: Wanted, ends: tuple[Array, Array], sinks: list[Breakable]) -> Planes:
    """Put rows together that came in one part of the columns or several."""
    slopes = np.concatenate([_joined(sink.slopes, len(sink.lower)) for sink in sinks])
    errors = np.max([np.concatenate([np.zeros(0), *sink.slope_errors]) for sink in sinks], axis=0)
    sink, found, row, elements = sinks[0], asked.found, asked.row, asked.elements

    def still(columns: Array) -> Array:
        return np.concatenate([columns, np.zeros((1, *columns.shape[1:]))])

    return Planes(
        values=np.concatenate([np.zeros(0), *sink.values]),
        value_errors=np.concatenate([np.zeros(0), *sink.value_errors]),
        slopes=np.ascontiguousarray(still(slopes)),
        slope_errors=errors,
        gaps=np.ascontiguousarray(found.gaps[row]),
        gap_errors=np.ascontiguousarray(found.gap_errors[row]),
        rates=np.ascontiguousarray(still(found.slopes[row][:, elements].T).T),
        rate_errors=np.ascontiguousarray(found.slope_errors[row]),
        lower=still(ends[0]),
        upper=still(ends[1]),
        origin=still(x[asked.item].reshape(-1)[elements].astype(np.float64)),
        least=still(box.lower[elements]),
        most=still(box.upper[elements]),
    )


def _passes(
    program: Program, x: Array, path: Path, asked: Wanted, ends: tuple[Array, Array], limit: int, memory: int
) -> list[Breakable]:
    """The guards that some set could break, over parts of the columns: the first pass finds which, the second keeps."""
    elements, together = asked.elements, asked.together
    count = -(-len(elements) // limit)
    parts = [slice(int(part[0]), int(part[-1]) + 1) for part in np.array_split(np.arange(len(elements)), count)]
    known: Least | None = None
    for part in parts:
        least = Least(ends[0][part], ends[1][part])
        guard_columns(program, x, path, [elements[part]], [least])
        if known is None:
            known = least
        else:
            known.join(least)
    assert known is not None
    chosen = [known.breakable(block, together) for block in range(len(known.values))]
    _check_memory(sum(int(np.count_nonzero(kept)) for kept in chosen), len(elements), memory)
    sinks = []
    for part in parts:
        sink = Breakable(ends[0][part], ends[1][part], together, chosen)
        guard_columns(program, x, path, [elements[part]], [sink])
        sinks.append(sink)
    return sinks


def _check_memory(rows: int, columns: int, memory: int) -> None:
    if 8 * rows * columns > 4 * memory:
        raise OptionError(
            f"expected path conditions of at most {4 * memory >> 20} MiB, got {rows} rows over {columns} elements "
            f"({8 * rows * columns >> 20} MiB): ask about fewer features, or give more memory"
        )


def _joined(blocks: list[Array], columns: int) -> Array:
    return np.concatenate([np.zeros((columns, 0)), *blocks], axis=1)
