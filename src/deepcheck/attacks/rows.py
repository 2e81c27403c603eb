"""The rows of one input over several columns: what every solver of sets works on, in floats with error bounds."""

from dataclasses import dataclass, field

import numpy as np

from deepcheck.domains import Box
from deepcheck.program import Array, Bounded, Program
from deepcheck.program.bounded import UNIT, UP, difference
from deepcheck.ranking import Gains
from deepcheck.solvers.polygon import Planes
from deepcheck.symbolic import Run, guard_columns


@dataclass
class Breakable:
    """A guard sink that keeps the guards that some columns could break together; the others hold in the whole domain.

    Attributes:
        lower: Least displacement of each column, rounded outwards, ``(k,)``.
        upper: Largest, likewise.
        together: How many columns move at once at most.
    """

    lower: Array
    upper: Array
    together: int
    values: list[Array] = field(default_factory=list)
    value_errors: list[Array] = field(default_factory=list)
    slopes: list[Array] = field(default_factory=list)
    slope_errors: list[Array] = field(default_factory=list)

    def emit(self, values: Bounded, slopes: Bounded, present: Array) -> None:
        """Keep what is not certain to hold."""
        value, error = values.value[0], float(values.error[0])
        worst = float(slopes.error.max(initial=0.0))
        farthest = max(float(self.upper.max(initial=0.0)), -float(self.lower.min(initial=0.0)))
        if np.isfinite(farthest):
            least = _least_moves(slopes.value, self.lower, self.upper)
            spared = value - error + self.together * (least - worst * farthest) * UP - 8 * UNIT * np.abs(value)
            kept = present[0] & ~(spared >= 0)
        else:
            kept = present[0] & ((slopes.value != 0).any(axis=0) | (worst > 0))
        count = int(np.count_nonzero(kept))
        if count:
            self.values.append(value[kept])
            self.value_errors.append(np.full(count, error))
            self.slopes.append(slopes.value[:, kept])
            self.slope_errors.append(np.full(count, worst))


def _least_moves(slopes: Array, lower: Array, upper: Array) -> Array:
    """The most negative change that one column alone makes to each guard, ``(m,)``; never above 0."""
    least = np.zeros(slopes.shape[1])
    for start in range(0, len(slopes), 64):
        part = slopes[start : start + 64]
        moves = np.minimum(part * lower[start : start + 64, None], part * upper[start : start + 64, None])
        least = np.minimum(least, moves.min(axis=0))
    return least


def planes(
    program: Program, x: Array, run: Run, item: int, found: Gains, row: int, box: Box, elements: Array, together: int
) -> Planes:
    """The path's guards, the labels' gaps and the domain, over some elements and, last, one that cannot move.

    The last column makes one element a pair.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        run: Its concrete run.
        item: Which input.
        found: Difference forms of a chunk.
        row: The input's place in it.
        box: The domain.
        elements: The columns, ``(k - 1,)``.
        together: How many of them move at once at most.
    """
    origin = x[item].reshape(-1)[elements].astype(np.float64)
    down, down_error = difference(box.lower[elements], origin)
    up, up_error = difference(box.upper[elements], origin)
    lower, upper = down - down_error, up + up_error
    sink = Breakable(lower, upper, together)
    guard_columns(program, x[item : item + 1], run.path.take(np.array([item])), elements, sink)

    def still(columns: Array) -> Array:
        return np.concatenate([columns, np.zeros((1, *columns.shape[1:]))])

    return Planes(
        values=np.concatenate([np.zeros(0), *sink.values]),
        value_errors=np.concatenate([np.zeros(0), *sink.value_errors]),
        slopes=np.ascontiguousarray(still(np.concatenate([np.zeros((len(elements), 0)), *sink.slopes], axis=1))),
        slope_errors=np.concatenate([np.zeros(0), *sink.slope_errors]),
        gaps=np.ascontiguousarray(found.gaps[row]),
        gap_errors=np.ascontiguousarray(found.gap_errors[row]),
        rates=np.ascontiguousarray(still(found.slopes[row][:, elements].T).T),
        rate_errors=np.ascontiguousarray(found.slope_errors[row]),
        lower=still(lower),
        upper=still(upper),
        origin=still(origin),
        least=still(box.lower[elements]),
        most=still(box.upper[elements]),
    )
