"""All paths, one input after another: along the input's own path first, then along any."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks import Family, Outcome, Question, Search, SetStrategy
from deepcheck.domains import Features
from deepcheck.explore.found import Attackable
from deepcheck.explore.keeper import Keeper
from deepcheck.explore.keeping import family_as_json, ladder_as_json
from deepcheck.explore.ladder import Ladder, nothing
from deepcheck.explore.restoring import check_seeds, damaged, family_from, restore
from deepcheck.explore.stopping import stoppable
from deepcheck.program import Array, chunks_of
from deepcheck.program.parallel import one_thread_a_product
from deepcheck.ranking import gains
from deepcheck.symbolic import Run
from deepcheck.symbolic.prepared import Prepared

CHUNK_BYTES = 16 << 20
"""How large the difference forms of a chunk of inputs may grow."""
SHARE = 0.25
"""The share of the time that the search along the input's path may take."""


@dataclass(frozen=True)
class Searched:
    """What became of one input's sets.

    Attributes:
        along: Along the input's path.
        family: Along any path.
        seconds: How long that took.
        search: The search itself, where there was one: it can go on.
    """

    along: Family
    family: Family
    seconds: float
    search: Ladder | None


@dataclass(frozen=True)
class AllPaths:
    """A search over all sets of at most so many features, along all paths.

    Attributes:
        features: The features.
        order: The features asked about, first to try first, ``(items, m)``.
        size: How many a set has.
        tried: Sets are made of so many features at the head of the order; others stay untried.
        first: Stop each input at its first attackable set.
        timeout: Seconds after which what is left stays untried, or None.
        progress: Called with the number of inputs finished, fractions included.
        keeper: Of one input: what is known goes there now and then and at the end, and what was kept before comes from
            there.
    """

    features: Features
    order: Array
    size: int
    tried: int
    first: bool = False
    timeout: float | None = None
    progress: Callable[[float], None] | None = None
    keeper: Keeper | None = None

    def run(self, query: Search, x: Array, run: Run) -> list[Searched]:
        """Search every input."""
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        kept = self.keeper is not None and self.keeper.before is not None
        along = [] if kept else self._along(query, x, run)
        prepared = Prepared.of(query.program)
        others = query.program.decided().labels - 1
        found: list[Searched] = []
        for items in chunks_of(len(x), 8 * query.program.size * others, CHUNK_BYTES):
            with np.errstate(over="ignore", invalid="ignore"):
                forms = gains(query.program, run, items)
            for row, item in enumerate(items):
                started = time.perf_counter()
                advance = self._advance(int(item))
                question = Question(
                    query, x, run, int(item), forms, row, self.features, self.order[item], deadline, advance
                )
                if kept:
                    along = [(self._before(question), 0.0)]
                why = self._reason(question)
                ladder = None if why is not None else self._ladder(question, prepared, along[item][0])
                if ladder is not None:
                    self._climb(ladder, along[item][0])
                    family = ladder.family(self.size)
                else:
                    family = nothing(question, self.size, self.tried, why or Outcome.UNTRIED)
                took = time.perf_counter() - started + along[item][1]
                found.append(Searched(along[item][0], family, took, ladder))
                if self.progress is not None:
                    self.progress(float(len(found)))
        return found

    def _before(self, question: Question) -> Family:
        """What was kept of the sets along the input's path."""
        assert self.keeper is not None
        assert self.keeper.before is not None
        with damaged(self.keeper.name):
            return family_from(question, self.keeper.before["along"], self.size)

    def _climb(self, ladder: Ladder, along: Family) -> None:
        """Search, from where the search stopped that was kept, if there is one."""
        keeper = self.keeper
        if keeper is not None:
            if keeper.before is not None:
                with damaged(keeper.name):
                    check_seeds(ladder.question, ladder.seeds)
                    restore(ladder, keeper.before["ladder"], self.size)
            beside = family_as_json(along)
            ladder.keeper, keeper.held = keeper, lambda: {"along": beside, "ladder": ladder_as_json(ladder)}
        if climb(ladder, self.size) and keeper is not None:
            keeper.keep()

    def _along(self, query: Search, x: Array, run: Run) -> list[tuple[Family, float]]:
        timeout = None if self.timeout is None else SHARE * self.timeout
        strategy = SetStrategy(self.features, self.order, self.size, self.tried, self.first, timeout=timeout)
        return list(zip(*strategy.run(query, x, run), strict=True))

    def _advance(self, item: int) -> Callable[[float], None] | None:
        progress = self.progress
        return None if progress is None else lambda share: progress(float(item) + share)

    @staticmethod
    def _reason(question: Question) -> Outcome | None:
        """Why nothing can be decided about an input, or None."""
        if question.run.overflow[question.item]:
            return Outcome.OVERFLOW
        return Outcome.ROUNDING if question.run.unsettled[question.item] else None

    def _ladder(self, question: Question, prepared: Prepared, along: Family) -> Ladder:
        return Ladder(question, prepared, self.tried, self.first, seeds_of(along, question.features))


def climb(search: Ladder, size: int) -> bool:
    """Go on with a search until it is through, its time is out, or somebody presses Ctrl-C.

    Returns:
        Did it end between two steps? A second Ctrl-C ends it in the middle of one.
    """
    with one_thread_a_product(), np.errstate(over="ignore", invalid="ignore"), suppress(KeyboardInterrupt):
        with stoppable() as stop:
            search.stop = stop
            search.climb(size)
        return True
    return False


def seeds_of(family: Family, features: Features) -> list[Attackable]:
    """The attackable sets of a family, smallest first."""
    wins, width = family.wins, features.members.shape[1]
    found = []
    for ranks, label, values, margin in zip(wins.ranks, wins.label, wins.values, wins.margin, strict=True):
        own = family.order[ranks[ranks >= 0]]
        mine = values.reshape(-1, width)[ranks >= 0][np.argsort(own)]
        found.append(Attackable(tuple(np.sort(own).tolist()), int(label), tuple(mine.ravel().tolist()), float(margin)))
    return sorted(found, key=lambda each: (len(each.features), each.features))
