"""The smallest number of features over all paths: sizes are proved from 1 on, until one is attackable.

Verified: the bound, by outward-rounded bounds over every set of each smaller size; the witness, in exact arithmetic.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.attacks.smallest import Smallest
from deepcheck.attacks.smallest import smallest as find_smallest
from deepcheck.explore.found import Attackable
from deepcheck.explore.greedy import greedy
from deepcheck.explore.keeper import Keeper
from deepcheck.explore.keeping import attackables_as_json, ladder_as_json, smallest_as_json
from deepcheck.explore.ladder import Ladder
from deepcheck.explore.restoring import attackables_from, damaged, expect, restore, smallest_from
from deepcheck.explore.stopping import stoppable
from deepcheck.explore.tree import Tally
from deepcheck.program.parallel import one_thread_a_product
from deepcheck.symbolic.prepared import Prepared

Report = Callable[[int, int | None], None]
ALONG = 5.0
"""At most so many seconds go to the smallest set along the input's path."""


def smallest_over_all_paths(
    question: Question, *, limit_features: int | None = None, report: Report | None = None, keeper: Keeper | None = None
) -> tuple[Smallest, Smallest]:
    """Find the smallest set of the features asked about that overturns the label, along any path.

    Stops when it is proved, at ``question.deadline`` or on Ctrl-C, with the best set and bound so far.

    Args:
        question: One input, and what is asked about it.
        limit_features: Sets of more features are of no interest: the bound goes up to one more than this.
        report: Called with the bound and the best set's size (or None) whenever one of them gets better.
        keeper: What is known goes there now and then and at the end, and what was kept before comes from there.

    Returns:
        The same along the input's path, as far as a tenth of the time (at most some seconds) took it; and the answer.
    """
    count = len(question.order)
    most = count if limit_features is None else min(limit_features, count)
    search = _Climb(question, most, report or _nothing, keeper)
    if not search.restore():
        left = question.seconds_left()
        seconds = ALONG if left is None else min(ALONG, left / 10)
        search.seed(
            find_smallest(replace(question, deadline=time.monotonic() + seconds), limit_features=limit_features)
        )
    try:
        with one_thread_a_product(), np.errstate(over="ignore", invalid="ignore"), stoppable() as stop:
            search.ladder.stop = stop
            search.run()
        if stop.asked and search.reason == "time limit":
            search.reason = "interrupted"
        if keeper is not None:
            keeper.keep()
    except KeyboardInterrupt:
        search.reason = "interrupted"
    return search.along, search.answer()


class _Climb:
    """Bounds from below, sets from above."""

    along: Smallest

    def __init__(self, question: Question, most: int, report: Report, keeper: Keeper | None) -> None:
        self.question, self.most, self.report, self.keeper = question, most, report, keeper
        self.bound, self.reason, self.looked = 1, "", 0
        prepared = Prepared.of(question.query.program)
        self.ladder = Ladder(question, prepared, len(question.order), first=True, keeper=keeper)
        self.best: Attackable | None = None
        self.begun = False

    def restore(self) -> bool:
        """Start from what was kept before; was there anything?"""
        if self.keeper is None or self.keeper.before is None:
            return False
        with damaged(self.keeper.name):
            held = self.keeper.before
            self.along = smallest_from(self.question, held["along"], self.most)
            best = attackables_from(self.question, held["best"], self.most)
            every = held["all"]
            expect(isinstance(every, bool) and len(best) < 2, "the best set")
            restore(self.ladder, held["ladder"], self.most)
            expect(not every or not (best or self.ladder.levels or self.ladder.tree), "what is proved")
            self.bound, self.begun = self.most + 1 if every else 1, True
        for each in best:
            self._improve(each)
        return True

    def held(self) -> dict[str, Any]:
        """What is known, as plain data."""
        return {
            "along": smallest_as_json(self.along),
            "best": attackables_as_json([] if self.best is None else [self.best]),
            "all": self.bound > self.most and not self.ladder.levels,
            "ladder": ladder_as_json(self.ladder),
        }

    def seed(self, along: Smallest) -> None:
        """Start from a set that is known along the input's path."""
        self.along = along
        if along.features is not None and along.label is not None:
            values = np.array(along.values).reshape(len(along.features), -1)[np.argsort(along.features)]
            own = tuple(values.ravel().tolist())
            self._improve(Attackable(tuple(sorted(along.features)), along.label, own, along.margin))

    def run(self) -> None:
        """Look at one size after another, from where it stopped."""
        if not self.begun:
            if self.ladder.proves(self.most):
                self.bound = self.most + 1
            else:
                self._improve(greedy(self.question))
        if self.keeper is not None:
            self.keeper.held = self.held
        size = self.bound
        while size <= self.most and (self.best is None or size < len(self.best.features)):
            tally = self.ladder.climb(size)
            self.looked += tally.families + tally.pieces
            found = list(self.ladder.known.sets.values())
            if found:
                self._improve(min(found, key=lambda each: len(each.features)))
                return
            if len(self.ladder.levels) < size or tally.untried:
                self.reason = "time limit"
                return
            size += 1
            if tally.undecided:
                # The bound stays, but larger sets may still be found.
                self.reason = self.reason or _reason(tally)
            if not self.reason:
                self.bound = size
                self._tell()

    def _improve(self, found: Attackable | None) -> None:
        if found is None or len(found.features) > self.most:
            return
        if self.best is None or len(found.features) < len(self.best.features):
            self.best = found
            self._tell()

    def _tell(self) -> None:
        self.report(self.bound, None if self.best is None else len(self.best.features))

    def answer(self) -> Smallest:
        best = self.best
        if best is None:
            done = self.bound > self.most
            reason = "" if done else self.reason or "time limit"
            return Smallest(self.bound, None, None, (), float("nan"), done, self.looked, None, reason)
        optimal = len(best.features) <= self.bound
        reason = "" if optimal else self.reason or "time limit"
        bound = min(self.bound, len(best.features))
        return Smallest(bound, best.features, best.label, best.values, best.margin, optimal, self.looked, None, reason)


def _reason(tally: Tally) -> str:
    return Outcome(min(tally.undecided)).words


def _nothing(bound: int, size: int | None) -> None:
    """Report nothing."""
