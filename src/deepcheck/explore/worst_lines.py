"""The largest margin on every line of a batch, over all paths: each line is walked from end to end, piece by piece.

No line is skipped: to know that none attacks a bound is enough, to know the largest margin is not.

Source: SyReNN (arXiv 2101.03263) for the partition of a line.
"""

from collections.abc import Callable, Iterator
from math import prod

import numpy as np

from deepcheck.attacks.peaks import Peaks
from deepcheck.attacks.search import Search
from deepcheck.explore.line_regions import Leads
from deepcheck.explore.line_search import BENDS, MANY, VALUE_BYTES, ranked
from deepcheck.explore.worst_readings import Margins, highest, highest_levels
from deepcheck.explore.worst_settled import settled
from deepcheck.program import Array, in_parallel
from deepcheck.program.bounded import difference
from deepcheck.program.parallel import CORES
from deepcheck.symbolic import Run
from deepcheck.symbolic.segments import Segments
from deepcheck.symbolic.walking import walk


def highest_on_lines(
    query: Search, x: Array, outcome: Run, asked: Array, *, advance: Callable[[float], object] = lambda items: None
) -> Peaks:
    """The largest margin of each element within a bounded domain, ``(items, size)``; NaN where it was not asked about.

    Args:
        query: Program, domain and target; ``column_bytes`` is about how large one value of a walk may grow.
        x: What the model receives, ``(items, *input_shape)``.
        outcome: The run of it.
        asked: Which elements to look at, ``(items, size)``; only those that can move.
        advance: Called with how many items are done.
    """
    found = Peaks.unknown(*asked.shape)
    item, element = np.nonzero(asked)
    walker = Walker(query, x, outcome)
    flat = x.reshape(len(x), -1).astype(np.float64)
    origin = flat[item, element]
    low, low_doubt = difference(query.box.lower[element], origin)
    high, high_doubt = difference(query.box.upper[element], origin)
    lines = Segments(item, element, low - low_doubt, high + high_doubt)
    slack = (2 * low_doubt, 2 * high_doubt)

    def read(rows: Array) -> Peaks:
        with np.errstate(over="ignore", invalid="ignore"):
            margins = walker.margins(lines.take(rows), np.arange(len(rows)))
            if query.box.tables is not None:
                return highest_levels(margins, origin[rows], element[rows], query.box)
            return highest(margins, origin[rows], (slack[0][rows], slack[1][rows]))

    def settle(rows: Array, peaks: Peaks) -> Peaks:
        ends = query.box.lower[element[rows]], query.box.upper[element[rows]]
        return settled(query, x, outcome, (item[rows], element[rows], *ends), peaks)

    for chunks in walker.chunks(len(lines)):
        for rows, peaks in zip(chunks, in_parallel(read, chunks), strict=True):
            found.put((item[rows], element[rows]), settle(rows, peaks))
        advance(len(x) * float(chunks[-1][-1] + 1) / len(lines))
    np.clip(found.value, query.box.lower, query.box.upper, out=found.value)
    return found


class Walker:
    """Walks lines of some inputs, as many at once as memory allows."""

    def __init__(self, query: Search, x: Array, outcome: Run) -> None:
        self.query, self.x, self.outcome = query, x, outcome
        self.outputs = outcome.outputs.value
        self.errors = np.broadcast_to(outcome.outputs.element_error, self.outputs.shape)
        widths = [prod(branch.source_shape) for branch in query.program.branches]
        self.rows = max(min(VALUE_BYTES, query.column_bytes) // (8 * max(widths, default=1)), 64)
        self.points = 2.0 + sum(widths) / BENDS

    def chunks(self, lines: int) -> Iterator[list[Array]]:
        """Lines in chunks for all cores; how many points lines have is learnt on the way."""
        start = 0
        while start < lines:
            each = max(int(self.rows / self.points), 1)
            each = min(each, max(-(-(lines - start) // CORES), MANY))
            stop = min(start + CORES * each, lines)
            yield [np.arange(first, min(first + each, stop)) for first in range(start, stop, each)]
            start = stop

    def margins(self, segments: Segments, of: Array) -> Margins:
        """The margins along segments, ``of`` saying which line each is a part of."""
        used, local = ranked(segments.item)
        own = Segments(local, segments.element, segments.lower, segments.upper)
        walked = walk(self.query.program, self.x[used], self.outcome.path.take(used), own)
        self.points = max(len(walked.points.time) / len(own), 2.0)
        decision = self.query.program.decided()
        found = Leads.of(decision, self.outputs[used], self.errors[used], own, walked)
        return Margins.of(found, self.outcome.labels[segments.item], of, self.query.target)
