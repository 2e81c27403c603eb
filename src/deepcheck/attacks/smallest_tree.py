"""The smallest working set by branch and bound: a feature is inside the set, outside of it, or free.

A node asks one label with some features decided. Its relaxation proposes sets, which are decided one by one, and
multipliers, which prove how many features it takes at least; both are checked, so the solver need not be right.
Nodes that may hold the smallest sets come first, so that the proved bound rises as early as it can.

Source: Land and Doig, An automatic method of solving discrete programming problems (1960), best bound first.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from deepcheck.attacks.multipliers import Reduced, plain, reduced
from deepcheck.attacks.one_set import Decided, Sets
from deepcheck.attacks.outcome import Outcome
from deepcheck.program import Array
from deepcheck.solvers.cardinality import USED, Relaxed
from deepcheck.solvers.cardinality_mip import fewest_integral

NODES = 200_000
"""How many nodes are looked at, at most."""
PATIENCE = 2000
"""After so many nodes HiGHS's own branch and bound is asked for a set, once for each label that is left."""
SECONDS = 2.0
"""For how long, all labels together, at most."""
ROUNDS = 4
"""How often a label's first relaxation is solved again with prices that favour what it used."""

SMALL = 0.1
"""A feature that is used so much is priced at a half."""


@dataclass(order=True)
class Node:
    """A label, and what is decided about the features.

    Attributes:
        bound: No set of fewer features works here: proved.
        value: How many the relaxation above took.
        place: A number of its own: the newest first among equals.
        label: The label, by position.
        inside: Features counted in any case, a mask.
        outside: Features that do not change, a mask.
    """

    bound: int
    value: float
    place: int
    label: int = field(compare=False)
    inside: Array = field(compare=False)
    outside: Array = field(compare=False)


class Tree:
    """The search for the smallest set.

    Args:
        sets: What decides sets.
        labels: The labels that count, by position.
        most: Sets of more features are of no interest.
        report: Called with the bound and the size of the best set when one of them gets better.

    Attributes:
        best: The smallest set so far.
        open_size: The smallest set that could not be decided, ``n + 1`` if there is none.
        open_reason: Why not.
        nodes: How many nodes were looked at.
        reason: Why the search stopped early, or "".
    """

    def __init__(self, sets: Sets, labels: Array, most: int, report: Callable[[int, int | None], None]) -> None:
        self._sets, self._most, self._report = sets, most, report
        self._heap: list[Node] = []
        self._current: Node | None = None
        self._asked: dict[int, float] = {}
        self._last: tuple[int, int | None] = (1, None)
        self.best: Decided | None = None
        self.open_size, self.open_reason = sets.count + 1, Outcome.ROUNDING
        self.nodes, self.reason = 0, ""
        for label in labels.tolist():
            self._start(label)

    @property
    def _seconds(self) -> float | None:
        return self._sets.question.seconds_left()

    @property
    def uncertified(self) -> bool:
        """Are sets only looked for, and nothing proved?"""
        return not self._sets.certified

    @property
    def size(self) -> int:
        """Only sets of at most so many features are still of interest."""
        return self._most if self.best is None else min(self._most, len(self.best.features) - 1)

    @property
    def bound(self) -> int:
        """No set of fewer features works: proved."""
        left = [node.bound for node in (self._current, *self._heap[:1]) if node is not None]
        return min(self.size + 1, self.open_size, *left)

    @property
    def solver_bound(self) -> float | None:
        """HiGHS's own bound on the sets that were still of interest, where it was asked; infinite: there is none."""
        return min(self._asked.values(), default=None)

    def _start(self, label: int) -> None:
        none = np.zeros(self._sets.count, dtype=bool)
        if self._sets.question.late():
            # A label's rows may take seconds: it stays at the bound that needs none.
            self._push(Node(1, 1.0, 0, label, none, none))
            return
        rows = self._sets.rows(label)
        bound = self._least(reduced(rows, plain(rows, label)), none, none)
        self._push(Node(bound, float(bound), 0, label, none, none))

    def _least(self, proof: Reduced, inside: Array, outside: Array) -> int:
        """At least 1: no features, no change."""
        return max(1, proof.least(inside, outside)) if self._sets.certified else 1

    def _push(self, node: Node) -> None:
        if node.bound <= self.size:
            heapq.heappush(self._heap, node)

    def run(self) -> None:
        """Search until the smallest set is proved, or there is no more time."""
        try:
            while self._heap and self._heap[0].bound <= self.size:
                if self._sets.question.late():
                    self.reason = "time limit"
                    return
                if self.nodes >= NODES:
                    self.reason = "node limit"
                    return
                self._look()
                if self.nodes == PATIENCE:
                    self._ask()
                self._tell()
        except KeyboardInterrupt:
            self.reason = "interrupted"

    def _look(self) -> None:
        """Look at the first node; it counts for the bound until its children are there."""
        self._current = heapq.heappop(self._heap)
        self.nodes += 1
        for child in self._children(self._current):
            self._push(child)
        self._current = None

    def _children(self, node: Node) -> list[Node]:
        inside, outside, label = node.inside, node.outside, node.label
        found = found_again = self._sets.relaxation(label).fewest(inside, outside, seconds=self._seconds)
        proof = reduced(self._sets.rows(label), found.multipliers)
        bound = max(node.bound, self._least(proof, inside, outside))
        if bound > self.size:
            return []
        self._propose(label, inside, outside, found, proof)
        for _ in range(ROUNDS if node.place == 0 and bound <= self.size else 0):
            prices = SMALL / (found_again.shares + SMALL)
            found_again = self._sets.relaxation(label).fewest(inside, outside, prices, self._seconds)
            self._propose(label, inside, outside, found_again, proof)
        if bound > self.size:
            return []
        if self._sets.certified:
            outside = outside | proof.hopeless(inside, outside, self.size)
        free = ~inside & ~outside
        if np.count_nonzero(inside) >= self.size or not free.any():
            self._close(label, inside)
            return []
        return self._split(node, bound, found, proof, outside)

    def _close(self, label: int, inside: Array) -> None:
        """A node without free features: only its own set is left."""
        features = tuple(np.flatnonzero(inside).tolist())
        if not features:
            return
        decided = self._sets.decide(label, features)
        if decided.attackable:
            self._take(decided)
        elif decided.outcome != Outcome.PROVED and len(features) < self.open_size:
            self.open_size, self.open_reason = len(features), decided.outcome

    def _split(self, node: Node, bound: int, found: Relaxed, proof: Reduced, outside: Array) -> list[Node]:
        """Two nodes: one more feature inside, and the same one outside."""
        free = ~node.inside & ~outside
        fraction = np.where(free, np.minimum(found.shares, 1 - found.shares), -1.0)
        if fraction.max() < USED:
            fraction = np.where(free, proof.gains * (1 + (found.shares > USED)), -1.0)
        chosen = np.arange(len(free)) == int(fraction.argmax())
        place = -2 * self.nodes
        return [
            Node(bound, found.value, place - 1, node.label, node.inside | chosen, outside),
            Node(bound, found.value, place, node.label, node.inside, outside | chosen),
        ]

    def _propose(self, label: int, inside: Array, outside: Array, found: Relaxed, proof: Reduced) -> None:
        """Decide the sets that a relaxation suggests."""
        if not np.isfinite(found.value):
            return
        free = ~inside & ~outside
        ranked = np.lexsort((-proof.gains, -np.where(found.shares > USED, found.shares, 0.0)))
        ranked = ranked[free[ranked]]
        held = int(np.count_nonzero(inside))
        used = held + int(np.count_nonzero(found.shares[free] > USED))
        for size in dict.fromkeys((min(used, self.size), min(2 * used, self.size))):
            if size <= self.size and size > 0:
                chosen = np.concatenate([np.flatnonzero(inside), ranked[: max(0, size - held)]])
                decided = self._sets.decide(label, tuple(sorted(chosen.tolist())))
                if decided.attackable:
                    self._take(self._thinned(decided, found.shares))
                    return

    def _ask(self) -> None:
        """Let HiGHS's own branch and bound look for smaller sets of the labels that are left."""
        labels = sorted({node.label for node in self._heap})
        left = self._seconds
        seconds = (SECONDS if left is None else min(SECONDS, left / 4)) / max(1, len(labels))
        for label in labels:
            found = fewest_integral(self._sets.rows(label), seconds, self.size)
            self._asked[label] = found.bound
            if found.features is not None and len(found.features):
                decided = self._sets.decide(label, tuple(found.features.tolist()))
                if decided.attackable:
                    self._take(self._thinned(decided, np.zeros(self._sets.count)))

    def _thinned(self, decided: Decided, shares: Array) -> Decided:
        """Drop features one by one, the least used first, as long as the rest works."""
        for feature in sorted(decided.features, key=lambda f: float(shares[f])):
            rest = tuple(f for f in decided.features if f != feature)
            if rest and feature in decided.features and not self._sets.question.late():
                fewer = self._sets.decide(decided.label, rest)
                decided = fewer if fewer.attackable else decided
        return decided

    def _take(self, decided: Decided) -> None:
        if 0 < len(decided.features) <= self.size:
            self.best = decided

    def _tell(self) -> None:
        now = (self.bound, None if self.best is None else len(self.best.features))
        if now != self._last:
            self._last = now
            self._report(*now)


__all__ = ["Node", "Tree"]
