"""Concolic exploration: from the input's linear region to its neighbours, until there are none left or time is up.

Each path is visited once. Regions of full dimension are connected through their facets, and closed they cover the box;
so when every wall of every visited region has been crossed, or proved to have nothing behind it, all paths of the box
have been visited, and a label that no region reaches is not reached at all (regions that have no inside lie in the
closure of those that have).

Source: Sen, Marinov, Agha, CUTE (2005), for concolic; Hanin, Rolnick, Deep ReLU networks have surprisingly few
activation patterns (2019), for regions met by a plane.
"""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.constraints import Witness
from deepcheck.explore.crossings import Known, cross
from deepcheck.explore.exact_walls import ExactWalls
from deepcheck.explore.goals import Reached, reached
from deepcheck.explore.polytopes import Polytope, polytopes
from deepcheck.explore.slices import Region, Slice, regions_at
from deepcheck.program import Array
from deepcheck.program.parallel import one_thread_a_product
from deepcheck.solvers import exact_lp

ORDERS = ("nearest", "depth")
BATCH = {"nearest": 32, "depth": 4}
"""How many regions are taken from the frontier at once at most: their symbolic runs are one."""
SECONDS = 0.25
"""A batch grows until it takes about so long."""
STARTS = tuple(2.0**-power for power in (4, 8, 12, 16, 20, 2))


@dataclass(frozen=True, eq=False)
class Visit:
    """One visited region.

    Attributes:
        flips: How many activations differ from the input's path.
        label: The label at its point.
        point: Its point: values of the slice's elements, ``(k,)``; of a region so thin that it may hold no float64
            number the nearest ones.
        within: Its point in fractions, for such a region.
        reached: What became of the labels that might be reached in it; all others are refuted there.
    """

    flips: int
    label: int
    point: Array
    reached: tuple[Reached, ...]
    within: tuple[Fraction, ...] | None = None


@dataclass
class Explored:
    """What an exploration has found so far.

    Attributes:
        visits: The visited regions, in order.
        frontier: How many regions are known but not visited.
        open: For how many walls it is not known what lies behind them.
        stopped: Why it ended early, or "".
    """

    visits: list[Visit] = field(default_factory=list)
    frontier: int = 0
    open: int = 0
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Have all paths of the box been visited?"""
        return not self.frontier and not self.open and not self.stopped and bool(self.visits)


class Explorer:
    """A search over the regions of one slice.

    Args:
        slice_: The slice.
        order: "nearest": fewest flipped activations first; "depth": the newest region first.
        limit: Visit at most so many paths, or None.
        deadline: When to stop, by `time.monotonic`, or None.
        first: Stop at the first attack.
        progress: Called with what has been found so far after every batch.
    """

    def __init__(
        self,
        slice_: Slice,
        *,
        order: str = "nearest",
        limit: int | None = None,
        deadline: float | None = None,
        first: bool = False,
        progress: Callable[[Explored], None] | None = None,
    ) -> None:
        assert order in ORDERS
        self.slice, self.order, self.limit, self.deadline = slice_, order, limit, deadline
        self.first, self.progress = first, progress
        self.found = Explored()
        self._known, self._pushed = Known(), 0
        self._frontier: list[tuple[int, int, Region]] = []
        self._batch = 1

    def run(self) -> Explored:
        """Explore; Ctrl-C ends the search, not the program."""
        try:
            with one_thread_a_product():
                self._start()
                while self._frontier and not self._over():
                    self._round()
        except KeyboardInterrupt:
            self.found.stopped = "interrupted"
        self.found.frontier = len(self._frontier)
        return self.found

    def _start(self) -> None:
        if not len(self.slice.elements):
            self.found.visits.append(Visit(0, self.slice.label, self.slice.origin, ()))
            return
        region = starting_region(self.slice, self._left)
        if region is None:
            self.found.stopped = "no region to start from: the path depends on rounding, or no time"
        else:
            self._push(region)

    def _push(self, region: Region) -> None:
        self._known.paths.add(region.key)
        self._pushed += 1
        place = self._pushed
        rank = region.flips if self.order == "nearest" else -place
        heapq.heappush(self._frontier, (rank, place, region))

    def _left(self) -> float | None:
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def _over(self) -> bool:
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.found.stopped = "time limit"
        elif self.limit is not None and len(self.found.visits) >= self.limit:
            self.found.stopped = "limit of paths"
        elif self.first and any(r.outcome == Outcome.ATTACKABLE for v in self.found.visits[-64:] for r in v.reached):
            self.found.stopped = "first attack"
        return bool(self.found.stopped)

    def _round(self) -> None:
        """Visit some regions; on Ctrl-C none of them counts as visited."""
        started = time.monotonic()
        room = self._batch if self.limit is None else min(self._batch, self.limit - len(self.found.visits))
        entries = [heapq.heappop(self._frontier) for _ in range(min(room, len(self._frontier)))]
        try:
            some = polytopes(self.slice, [region for *_, region in entries])
            visits = [self._visit(polytope) for polytope in some]
            crossed = cross(self.slice, some, self._known, self._left)
        except KeyboardInterrupt:
            for entry in entries:
                heapq.heappush(self._frontier, entry)
            raise
        self.found.visits += visits
        for one in crossed:
            self.found.open += one.open
            for region in one.regions:
                self._push(region)
        if time.monotonic() - started < SECONDS:
            self._batch = min(2 * self._batch, BATCH[self.order])
        if self.progress is not None:
            self.found.frontier = len(self._frontier)
            self.progress(self.found)

    def _visit(self, polytope: Polytope) -> Visit:
        region = polytope.region
        answers = tuple(reached(self.slice, polytope, self._left))
        return Visit(region.flips, region.label, region.point, answers, region.within)


def starting_region(slice_: Slice, left: Callable[[], float | None]) -> Region | None:
    """The input's own region where it has an inside in the slice, else one beside it; None if none can be certified."""
    (own,) = regions_at(slice_, slice_.origin[None])
    if own is not None and _has_inside(slice_, own, left):
        return own
    rng = np.random.default_rng(0)
    low, high = slice_.moves(slice_.origin)
    low, high = np.maximum(low, -1e3), np.minimum(high, 1e3)
    for share in STARTS:
        beside = slice_.origin + share * rng.uniform(low, high)
        (region,) = regions_at(slice_, beside[None])
        if region is not None and slice_.contains(beside) and _has_inside(slice_, region, left):
            return region
    return None


def _has_inside(slice_: Slice, region: Region, left: Callable[[], float | None]) -> bool:
    """Is there certainly a point of the box at which every guard that moves is positive?"""
    (polytope,) = polytopes(slice_, [region])
    walls, centre = polytope.walls, polytope.centre
    point = region.point + centre
    if slice_.contains(point) and polytope.room > 0:
        values = walls.values + walls.slopes @ centre
        if (values > walls.doubts(np.abs(centre)[None])[0]).all():
            return True
    exact = ExactWalls.of(slice_, region, polytope.names)
    return exact is not None and isinstance(exact_lp.decide(exact.strictly_inside(), left()), Witness)
