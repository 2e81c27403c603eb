"""One feature over all paths: every line of a batch, decided piece by piece, complete.

Stages, each only for the lines that the one before left open: bounds over whole lines, the walk with one error a point,
the walk with one error a number, and exact arithmetic where the network is small enough for it.

Source: SyReNN (arXiv 2101.03263) for the partition; DESIGN.md, section 4, for what is claimed of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Found, Search
from deepcheck.explore.line_decide import Decided, decide
from deepcheck.explore.line_exact import decide_line
from deepcheck.explore.line_regions import Leads, ranges
from deepcheck.program import Array, in_parallel
from deepcheck.program.bounded import UNIT, difference
from deepcheck.program.parallel import CORES
from deepcheck.symbolic import EXACT_PRODUCTS, Run
from deepcheck.symbolic.segments import Segments
from deepcheck.symbolic.tubes import least_gaps
from deepcheck.symbolic.walking import walk

VALUE_BYTES = 16 << 20
"""About how large one value of one walk may grow."""
MANY = 64
"""A chunk of fewer lines is not worth a thread."""
BENDS = 160.0
"""A line through an image crosses about one activation in so many."""
BENT = 4.0
"""From so many points a segment on, a bound over it costs less than its pieces."""
PARTS = 4
"""Into how many parts a segment is cut that its bound leaves open."""


def search_lines(
    query: Search, x: Array, run: Run, asked: Array, *, advance: Callable[[float], bool] = lambda items: True
) -> Found:
    """Decide single elements of a batch over all paths; see `attacks.search.search`, whose contract this has."""
    outcomes = np.where(asked, Outcome.PROVED, Outcome.UNTRIED).astype(np.int8)
    outcomes[run.overflow[:, None] & asked] = Outcome.OVERFLOW
    outcomes[run.unsettled[:, None] & asked] = Outcome.ROUNDING
    decidable = asked & ~(run.overflow | run.unsettled)[:, None]
    lines = _lines(query, x, *np.nonzero(decidable))
    outcomes[lines.item, lines.element] = Outcome.UNTRIED
    search = _Search(query, x, run, advance)
    found = search.all(lines, outcomes)
    advance(float(len(x)))
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


@dataclass(frozen=True)
class _Open:
    """Segments of lines that are still open, in order.

    Attributes:
        segments: The segments.
        of: Which line each is a part of, increasing.
    """

    segments: Segments
    of: Array

    def take(self, rows: Array) -> "_Open":
        """Some of them."""
        return _Open(self.segments.take(rows), self.of[rows])

    def cut(self) -> "_Open":
        """Each in parts."""
        return _Open(self.segments.cut(PARTS), np.repeat(self.of, PARTS))


@dataclass
class _Search:
    """One search; ``exact`` counts each item's questions to exact arithmetic."""

    query: Search
    x: Array
    run: Run
    advance: Callable[[float], bool]

    def __post_init__(self) -> None:
        self.exact = np.zeros(len(self.x), dtype=np.int64)
        widths = [prod(branch.source_shape) for branch in self.query.program.branches]
        self.rows = max(VALUE_BYTES // (8 * max(widths, default=1)), 64)
        self.points = 2.0 + sum(widths) / BENDS
        self.closed, self.total = 0, 1
        self.outputs = self.run.outputs.value
        self.errors = np.broadcast_to(self.run.outputs.element_error, self.outputs.shape)
        self.parts: list[Regions] = []

    def all(self, lines: Segments, outcomes: Array) -> Regions:
        """Decide lines; outcomes of those that are done are set."""
        self.total = max(len(lines), 1)
        self._narrow(lines, _Open(lines, np.arange(len(lines))), outcomes)
        return Regions.join(self.parts)

    def _on(self) -> bool:
        """Say how far it is; False if the time is up."""
        return self.advance(len(self.x) * self.closed / self.total)

    def _narrow(self, lines: Segments, left: _Open, outcomes: Array) -> None:
        """Bound segments, cut those that stay open as long as that pays, then walk them."""
        points = self.points
        while len(left.of) and points >= BENT:
            before = ranked(left.of)[0]
            proved = self._bounded(left)
            if proved is None:
                return
            left = left.take(np.flatnonzero(~proved))
            done = np.setdiff1d(before, left.of)
            outcomes[lines.item[done], lines.element[done]] = Outcome.PROVED
            self.closed += len(done)
            points /= PARTS
            left = left.cut() if points >= BENT else left
        self.points = max(points, 2.0)
        self._walk(lines, left, outcomes)

    def _bounded(self, left: _Open) -> Array | None:
        """Which segments are proved as a whole; None if the time is up."""
        cuts = np.array_split(np.arange(len(left.of)), max(-(-3 * len(left.of) // self.rows), CORES))
        found = []
        for start in range(0, len(cuts), CORES):
            found += in_parallel(
                self._proved, [left.segments.take(cut) for cut in cuts[start : start + CORES] if len(cut)]
            )
            if not self._on():
                return None
        return np.concatenate(found)

    def _proved(self, segments: Segments) -> Array:
        used, own = _local(segments)
        labels = self.run.labels[used]
        least = least_gaps(self.query.program, self.x[used], self.run.path.take(used), labels, own)
        decision = self.query.program.decided()
        scores, doubts = decision.scores(self.outputs[used]), decision.doubts(self.errors[used]).max(axis=1)
        gaps = np.take_along_axis(scores, labels[:, None], axis=1) - scores
        gaps -= 2 * doubts[:, None] + 4 * UNIT * np.abs(scores).max(axis=1, keepdims=True)
        lead = gaps[own.item] + least
        safe = lead > 4 * UNIT * (np.abs(gaps[own.item]) + np.abs(least))
        safe[np.arange(len(safe)), labels[own.item]] = True
        return np.asarray(safe.all(axis=1) if self.query.target is None else safe[:, self.query.target])

    def _walk(self, lines: Segments, left: _Open, outcomes: Array) -> None:
        """Walk what is left, and settle it."""
        for chunks in self._chunks(left):
            for decided, of in zip(in_parallel(self._walked, chunks), [chunk.of for chunk in chunks], strict=True):
                done = ranked(of)[0]
                outcomes[lines.item[done], lines.element[done]] = Outcome.PROVED
                self.parts.append(decided.regions)
                self._settle(lines.take(done[decided.open]), decided.hints, outcomes)
                self.closed += len(done)
            if not self._on():
                return

    def _chunks(self, left: _Open) -> Iterator[list[_Open]]:
        """Whole lines in chunks for all cores, as long as memory and what was seen of their points allow."""
        start, count = 0, len(left.of)
        while start < count:
            each = max(int(self.rows / self.points), 1)
            each = min(each, max(-(-(count - start) // CORES), MANY))
            found = []
            for _ in range(CORES):
                stop = int(np.searchsorted(left.of, left.of[min(start + each, count) - 1], side="right"))
                found.append(left.take(np.arange(start, stop)))
                start = stop
                if start >= count:
                    break
            yield found

    def _walked(self, left: _Open) -> Decided:
        """Walk segments and settle what floats can settle; lines are counted from 0 here."""
        lines, of = ranked(left.of)
        used, own = _local(left.segments)
        x = self.x[used]
        walked = walk(self.query.program, x, self.run.path.take(used), own)
        self.points = max(len(walked.points.time) / len(own), 2.0)
        leads = Leads.of(self.query.program.decided(), self.outputs[used], self.errors[used], own, walked)
        with np.errstate(all="ignore"):
            found = ranges(leads, self.run.labels[left.segments.item], of, self.query.target)
        whole = own.take(np.searchsorted(of, np.arange(len(lines))))
        decided = decide(self.query, x, whole, found)
        return Decided(decided.regions.at_items(used), decided.open, decided.hints.at_items(used))

    def _settle(self, lines: Segments, hints: Regions, outcomes: Array) -> None:
        """Decide what floats leave open, line by line."""
        program = self.query.program
        if program.products > EXACT_PRODUCTS:
            outcomes[lines.item, lines.element] = Outcome.ROUNDING
            self.parts.append(hints)
            return
        for item, element in zip(lines.item.tolist(), lines.element.tolist(), strict=True):
            self.exact[item] += 1
            one, label = self.x[item : item + 1], int(self.run.labels[item])
            regions, whole = decide_line(self.query, one, label, element, lambda: not self._on())
            if not whole:
                outcomes[item, element] = Outcome.UNTRIED
            self.parts.append(regions.at_items(np.array([item])))


def ranked(numbers: Array) -> tuple[Array, Array]:
    """The different ones of numbers that do not fall, and which of those each is."""
    new = np.ones(len(numbers), dtype=bool)
    new[1:] = numbers[1:] != numbers[:-1]
    return numbers[new], np.cumsum(new) - 1


def _local(segments: Segments) -> tuple[Array, Segments]:
    """The items that segments are about, and the segments with items counted among those."""
    used, local = ranked(segments.item)
    return used, Segments(local, segments.element, segments.lower, segments.upper)
