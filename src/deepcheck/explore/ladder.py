"""All paths: every set of at most so many features of one input, size by size.

First one bound over everything; most inputs of a robust network need no more. Else sizes from 1 on, so that what is
listed is minimal: what contains an attackable set is attackable, and only counted.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import comb

import numpy as np

from deepcheck.attacks.family import Family, Wins
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.explore.ball import Ball
from deepcheck.explore.exactly import decide_by_regions, decide_exactly
from deepcheck.explore.found import Attackable, Attackables
from deepcheck.explore.keeper import Keeper
from deepcheck.explore.node import Node
from deepcheck.explore.stopping import Stop
from deepcheck.explore.tree import Tally, Tree
from deepcheck.program import Array
from deepcheck.symbolic.prepared import Prepared


@dataclass
class Ladder:
    """A search over all sets of at most so many features.

    Attributes:
        question: One input, and what is asked about it; ``order`` holds the features asked about.
        prepared: What is the same for every input.
        tried: Sets are made of so many features at the head of the order.
        first: Stop at the first attackable set.
        seeds: Attackable sets that are known already (along the input's path, say).
        keeper: Keeps what is known while it runs, or None.
    """

    question: Question
    prepared: Prepared
    tried: int
    first: bool = False
    seeds: Sequence[Attackable] = ()
    keeper: Keeper | None = None
    levels: list[Tally] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ball = Ball.of(self.question, self.prepared)
        self.known = Attackables(self.question.features.count)
        self.asked = np.sort(self.question.order[: self.tried])
        self.deadline = self.question.deadline
        self.tree: Tree | None = None
        self.root: Node | None = None
        self.stop = Stop()

    def climb(self, size: int) -> Tally:
        """Decide sets of ``size`` features, all smaller ones first, as far as the time goes; may be called again.

        Features that are attackable alone are left out of larger sets.

        Returns:
            The tally of the last size that was begun.
        """
        if self.root is None or self.root.size != size:
            self.root = Node(((self.asked, size),), self.ball.wanted, None)
            if self.tree is None and not self.known.sets and len(self.levels) < size <= self.tried:
                bounded = self._tree().once(self.root)
                if bounded is None:
                    self.root, self.levels = None, [_all_proved(self.tried, each) for each in range(1, size + 1)]
                    return self.levels[-1]
                self.root = bounded
        while len(self.levels) < size and not self._stop():
            if self.tree is None:
                self.tree = self.level(len(self.levels) + 1, self.root)
            tally = self.tree.go()
            if not self.tree.whole:
                return tally
            self.levels.append(tally)
            self.tree = None
        return self.levels[min(size, len(self.levels)) - 1] if self.levels else Tally()

    def proves(self, size: int) -> bool:
        """Does one bound prove all sets of at most so many features?"""
        return self._tree().once(Node(((self.asked, size),), self.ball.wanted, None)) is None

    def late(self) -> bool:
        """Has the time run out, or has somebody asked to stop?"""
        return self.stop.asked or (self.deadline is not None and time.monotonic() > self.deadline)

    def _tree(self) -> Tree:
        return Tree(
            self.ball, self.known, self.late, self._exactly, self._regions,
            first=self.first, report=self.question.advance, keeper=self.keeper,
        )  # fmt: skip

    def _regions(self, sets: Array, late: Callable[[], bool]) -> list[Attackable | Outcome]:
        return decide_by_regions(self.question, sets, late)

    def _exactly(self, features: tuple[int, ...], why: Outcome) -> Attackable | Outcome:
        return why if self.late() else decide_exactly(self.question, features, why, self.deadline)

    def _stop(self) -> bool:
        return self.late() or (self.first and bool(self.known.sets))

    def level(self, size: int, root: Node, *, seeded: bool = True) -> Tree:
        """A search over the sets of one size that have no feature which is attackable alone."""
        seeds = [seed for seed in self.seeds if seeded and len(seed.features) == size]
        if seeds:
            fresh = ~self.known.contained(np.array([seed.features for seed in seeds], dtype=np.int64))
            self.known.add([seed for seed, new in zip(seeds, fresh, strict=True) if new])
        features, tree = self.left(size), self._tree()
        tree.start([replace(root, blocks=((features, size),), danger=-np.inf)] if len(features) >= size else [])
        return tree

    def left(self, size: int) -> Array:
        """The features that sets of one size are made of: those that are not attackable alone."""
        return np.setdiff1d(self.asked, self.known.singles()) if size > 1 else self.asked

    def family(self, size: int) -> Family:
        """What became of all sets of ``size`` features, as far as the levels went."""
        question, tried = self.question, self.tried
        total, asked = comb(len(question.order), size), comb(tried, size)
        alone = len(self.known.singles())
        whole = len(self.levels) >= size
        begun = len(self.levels) == size - 1 and self.tree is not None
        tally = self.levels[size - 1] if whole else self.tree.tally if begun and self.tree else Tally()
        if size == 1:
            attackable = len(self.known.of_size(1))
        else:
            attackable = asked - comb(tried - alone, size)
            if whole or begun:
                attackable += tally.containing + len(tally.attackable)
        wins = self._wins(size)
        attackable = max(attackable, len(np.unique(wins.completed_places())))
        undecided = {why: len(sets) for why, sets in tally.undecided.items()}
        open_sets = sum(undecided.values())
        proved = tally.proved
        untried = total - attackable - proved - open_sets
        new = len(self.known.of_size(size)) if whole and not self.first and not tally.untried else None
        return Family(size, question.order, wins, attackable, new, undecided, untried)

    def _wins(self, size: int) -> Wins:
        """The minimal sets of at most so many features, in the order of trying."""
        width = self.question.features.members.shape[1]
        rank = np.full(self.question.features.count, -1, dtype=np.int64)
        rank[self.question.order] = np.arange(len(self.question.order))
        found = [each for features, each in self.known.sets.items() if len(features) <= size]
        if not found:
            return Wins.empty(size, size * width)
        ranks = np.full((len(found), size), -1, dtype=np.int64)
        values = np.full((len(found), size, width), np.nan)
        for row, each in enumerate(found):
            own = rank[list(each.features)]
            by_rank = np.argsort(own)
            start = size - len(own)
            ranks[row, start:] = own[by_rank]
            values[row, start:] = np.array(each.values).reshape(len(own), width)[by_rank]
        labels = np.array([each.label for each in found])
        wins = Wins(ranks, labels, values.reshape(len(found), -1), np.array([each.margin for each in found]))
        return wins.take(np.lexsort((labels, *ranks.T, wins.completed_places())))


def _all_proved(tried: int, size: int) -> Tally:
    return Tally(proved=comb(tried, size), families=1)


def nothing(question: Question, size: int, tried: int, why: Outcome) -> Family:
    """No set decided."""
    width = size * question.features.members.shape[1]
    open_sets = 0 if why == Outcome.UNTRIED else comb(tried, size)
    untried = comb(len(question.order), size) - open_sets
    return Family(
        size, question.order, Wins.empty(size, width), 0, None, {why: open_sets} if open_sets else {}, untried
    )
