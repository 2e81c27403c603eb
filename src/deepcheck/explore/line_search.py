"""One feature over all paths: every line of a batch, decided piece by piece, complete.

Stages, each only for the lines that the one before left open: bounds over whole lines, the walk with one error a point,
the walk with one error a number, and exact arithmetic where the network is small enough for it.

Source: SyReNN (arXiv 2101.03263) for the partition; DESIGN.md, section 4, for what is claimed of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from threading import Event

import numpy as np

from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Found, Search
from deepcheck.explore.line_decide import Decided, decide
from deepcheck.explore.line_exact import decide_line
from deepcheck.explore.line_regions import Leads, ranges
from deepcheck.program import Array, in_parallel
from deepcheck.program.bounded import difference
from deepcheck.program.parallel import CORES
from deepcheck.symbolic import EXACT_PRODUCTS, Run
from deepcheck.symbolic.segments import Segments
from deepcheck.symbolic.walking import walk

VALUE_BYTES = 16 << 20
"""About how large one value of one walk may grow."""


def search_lines(
    query: Search, x: Array, run: Run, asked: Array, *, advance: Callable[[int], bool] = lambda items: True
) -> Found:
    """Decide single elements of a batch over all paths; see `attacks.search.search`, whose contract this has."""
    outcomes = np.where(asked, Outcome.PROVED, Outcome.UNTRIED).astype(np.int8)
    outcomes[run.overflow[:, None] & asked] = Outcome.OVERFLOW
    outcomes[run.unsettled[:, None] & asked] = Outcome.ROUNDING
    decidable = asked & ~(run.overflow | run.unsettled)[:, None]
    lines = _lines(query, x, *np.nonzero(decidable))
    outcomes[lines.item, lines.element] = Outcome.UNTRIED
    search = _Search(query, x, run, advance, Event())
    found = search.all(lines, outcomes)
    for outcome in (Outcome.TIE, Outcome.NO_VALUE, Outcome.ATTACKABLE):
        rows = found.outcome == outcome
        outcomes[found.item[rows], found.element[rows]] = outcome
    return Found(outcomes, found, search.exact)


def _lines(query: Search, x: Array, item: Array, element: Array) -> Segments:
    """The whole range of each element that can move, ends rounded outward."""
    origin = x.reshape(len(x), -1)[item, element].astype(np.float64)
    lower, upper = query.box.lower[element], query.box.upper[element]
    moves = lower < upper
    low, low_error = difference(lower, origin)
    high, high_error = difference(upper, origin)
    return Segments(item, element, low - low_error, high + high_error).take(np.flatnonzero(moves))


@dataclass
class _Search:
    """One search; ``exact`` counts each item's questions to exact arithmetic."""

    query: Search
    x: Array
    run: Run
    advance: Callable[[int], bool]
    stopped: Event

    def __post_init__(self) -> None:
        self.exact = np.zeros(len(self.x), dtype=np.int64)
        widths = [prod(branch.source_shape) for branch in self.query.program.branches]
        self.rows = max(VALUE_BYTES // (8 * max(widths, default=1)), 64)
        self.points = 4.0
        self.outputs = self.run.outputs.value
        self.errors = np.broadcast_to(self.run.outputs.element_error, self.outputs.shape)

    def all(self, lines: Segments, outcomes: Array) -> Regions:
        """Decide lines; outcomes of those that are done are set."""
        parts = []
        for chunks in self._chunks(len(lines)):
            mine = [lines.take(chunk) for chunk in chunks]
            for own, decided in zip(mine, in_parallel(self._walked, mine), strict=True):
                outcomes[own.item, own.element] = Outcome.PROVED
                parts.append(decided.regions)
                parts += self._settle(own.take(decided.open), decided.hints, outcomes)
            if not self.advance(0):
                break
        return Regions.join(parts)

    def _chunks(self, count: int) -> Iterator[list[Array]]:
        """Lines in chunks for all cores, as long as memory and what was seen of their points allows."""
        start = 0
        while start < count:
            each = max(int(self.rows / self.points), 1)
            each = min(each, max(-(-(count - start) // CORES), 64))
            cuts = [np.arange(at, min(at + each, count)) for at in range(start, min(start + CORES * each, count), each)]
            yield cuts
            start = int(cuts[-1][-1]) + 1

    def _walked(self, lines: Segments) -> Decided:
        """Walk lines and settle what floats can settle."""
        used, local = np.unique(lines.item, return_inverse=True)
        own = Segments(local, lines.element, lines.lower, lines.upper)
        x = self.x[used]
        walked = walk(self.query.program, x, self.run.path.take(used), own)
        self.points = max(len(walked.points.time) / len(lines), 1.0)
        decision = self.query.program.decided()
        leads = Leads.of(decision, self.outputs[used], self.errors[used], own, walked)
        with np.errstate(all="ignore"):
            found = ranges(leads, self.run.labels[lines.item], self.query.target)
        decided = decide(self.query, x, own, found)
        return Decided(decided.regions.at_items(used), decided.open, decided.hints.at_items(used))

    def _settle(self, lines: Segments, hints: Regions, outcomes: Array) -> Iterator[Regions]:
        """Decide what floats leave open, line by line."""
        program = self.query.program
        if program.products > EXACT_PRODUCTS:
            outcomes[lines.item, lines.element] = Outcome.ROUNDING
            yield hints
            return
        for item, element in zip(lines.item.tolist(), lines.element.tolist(), strict=True):
            self.exact[item] += 1
            regions, whole = decide_line(
                self.query, self.x[item : item + 1], int(self.run.labels[item]), element, lambda: False
            )
            if not whole:
                outcomes[item, element] = Outcome.UNTRIED
            yield regions.at_items(np.array([item]))
