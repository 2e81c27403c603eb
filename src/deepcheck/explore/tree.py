"""All sets of one size of one input: bounds over whole families of sets, split where they leave too many open.

A family's bound is a linear form for each label; the sets that it does not refute are known one by one from the
features' gains. So a family is proved, or shrunk to the features of sets that are left, or listed where those are few,
or else halved. What is listed goes to `splitting`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.explore.ball import Ball, Leads, stacked
from deepcheck.explore.found import Attackable, Attackables
from deepcheck.explore.keeper import Keeper
from deepcheck.explore.listing import open_sets
from deepcheck.explore.node import ROUNDING, Node, blocks_of, halves, survivors
from deepcheck.explore.splitting import PIECES, Splitting
from deepcheck.program import Array, in_parallel
from deepcheck.symbolic import bounds
from deepcheck.symbolic.parts import Blocks

LISTED = 1 << 22
"""Families of up to so many sets are listed, to see which ones a bound leaves open."""
SHRUNK = 0.7
"""A family that lost this share of its features is bounded again before it is halved."""
BATCH_ELEMENTS = 1 << 17
"""About so many branch elements are bounded at once."""

Waiting = tuple[Array, Array, tuple[bounds.Known, ...]]
"""Sets that wait to be decided one by one, their open labels, and the layers' ranges of a part that holds them."""


@dataclass
class Tally:
    """What became of all sets of one size that have no feature which is attackable alone.

    Attributes:
        proved: How many are proved.
        containing: How many contain a set that was known to be attackable.
        attackable: The others that are attackable.
        undecided: Those that are open, by `Outcome`.
        untried: How many are not tried yet.
        families: How many families were bounded.
        pieces: How many boxes of single sets were.
    """

    proved: int = 0
    containing: int = 0
    attackable: list[Attackable] = field(default_factory=list)
    undecided: dict[Outcome, list[tuple[int, ...]]] = field(default_factory=dict)
    untried: int = 0
    families: int = 0
    pieces: int = 0


@dataclass
class Tree:
    """A search over all sets of one size.

    Attributes:
        ball: The input.
        known: Attackable sets that are known already; new ones are added.
        late: Has the time run out?
        exactly: Decides a set that bounds leave open, or says why it stays so.
        regions: Decides sets of two elements by their linear regions.
        first: Stop at the first attack.
        report: Called with the share of sets that are settled.
        keeper: Keeps what is known between two steps, or None.
    """

    ball: Ball
    known: Attackables
    late: Callable[[], bool]
    exactly: Callable[[tuple[int, ...], Outcome], Attackable | Outcome]
    regions: Callable[[Array, Callable[[], bool]], list[Attackable | Outcome]]
    first: bool = False
    report: Callable[[float], None] | None = None
    keeper: Keeper | None = None

    def __post_init__(self) -> None:
        width = sum(int(np.prod(branch.source_shape)) for branch in self.ball.frame.program.branches)
        self.batch = int(np.clip(BATCH_ELEMENTS // max(width, 1), 2, 64))
        self.pieces = int(np.clip(4 * BATCH_ELEMENTS // max(width, 1), 8, 4096))
        self.listing = self.pieces // 2
        self.waiting: list[Waiting] = []
        self.splitting: Splitting | None = None
        self.groups: list[Waiting] = []
        self.booked = np.zeros(0, dtype=bool)
        self.rectangles: list[Array] = []
        self.opened: list[tuple[tuple[int, ...], Outcome]] = []

    def once(self, root: Node) -> Node | None:
        """Bound a node once: None if that proves it, else the same with its ranges and the labels that are open."""
        parts = blocks_of([root], self.ball.movable, self.ball.gains)
        with np.errstate(all="ignore"):
            leads = self.ball.bound(parts, root.labels[None], stacked([root.known]))
        if len(leads.open) == 0:
            return None
        labels = leads.labels_of(1, len(root.labels))[0]
        return Node(root.blocks, labels, leads.known_of(0), -np.inf)

    def start(self, nodes: list[Node]) -> None:
        """Ask about the sets of some nodes."""
        self.total = self.left = sum(node.sets for node in nodes)
        self.tally, self.work = Tally(untried=self.left), nodes

    def go(self) -> Tally:
        """Decide what is left of those sets, as far as the time goes; may be called again."""
        while not self.whole and not self._stop():
            if self.work and self.splitting is None:
                self._round([self.work.pop() for _ in range(min(self.batch, len(self.work)))])
            listed = sum(len(sets) for sets, _, _ in self.waiting)
            if self.splitting is not None or listed >= self.listing or not self.work:
                self._decide()
            if self.rectangles:
                self._fill()
            if self.opened:
                self._exact()
            self.tally.untried = self.left
            if self.report is not None:
                self.report(1 - self.left / max(self.total, 1))
            if self.keeper is not None and self.keeper.due():
                self.keeper.keep()
        return self.tally

    @property
    def whole(self) -> bool:
        """Is nothing left?"""
        return not (self.work or self.waiting or self.splitting or self.rectangles or self.opened)

    def unbooked(self) -> list[Waiting]:
        """The sets that wait to be decided one by one, those included that are being looked at."""
        if self.splitting is None:
            return self.waiting
        found, start = [], 0
        for sets, labels, known in self.groups:
            left = sets[~self.booked[start : start + len(sets)]]
            start += len(sets)
            if len(left):
                found.append((left, labels, known))
        return found + self.waiting

    def _stop(self) -> bool:
        return self.late() or (self.first and bool(self.tally.attackable))

    def _pause(self) -> bool:
        """Is it time to come back, to end or to keep what is known?"""
        return self.late() or (self.keeper is not None and self.keeper.due())

    def _round(self, nodes: list[Node]) -> None:
        cuts = np.array_split(np.arange(len(nodes)), 2 if len(nodes) > 3 else 1)
        groups = [[nodes[at] for at in cut] for cut in cuts]

        def work(group: list[Node]) -> tuple[Blocks, Leads]:
            parts = blocks_of(group, self.ball.movable, self.ball.gains)
            labels = np.stack([node.labels for node in group])
            with np.errstate(all="ignore"):
                return parts, self.ball.bound(parts, labels, stacked([node.known for node in group]))

        children: list[Node] = []
        try:
            bounded = in_parallel(work, groups)
        except KeyboardInterrupt:
            self.work += nodes
            raise
        for group, (parts, leads) in zip(groups, bounded, strict=True):
            gains = parts.changes(leads.forms.coefficients.value)
            for at, node in enumerate(group):
                children += self._settle(node, at, parts, leads, gains)
        self.tally.families += len(nodes)
        self.work += sorted(children, key=lambda node: -node.danger)

    def _settle(self, node: Node, at: int, parts: Blocks, leads: Leads, gains: Array) -> list[Node]:
        """What a bound leaves of a node."""
        rows = leads.open[leads.part[leads.open] == at]
        if len(rows) == 0:
            return self._proved(node.sets)
        labels = np.zeros(len(node.labels), dtype=bool)
        labels[leads.other[rows]] = True
        reach = parts.reach[at]
        gap, constant = self.ball.gap[leads.other[rows]], leads.forms.constant[rows]
        slack = 2 * reach * leads.forms.coefficients.error[rows] + ROUNDING * (np.abs(gap) + np.abs(constant))
        base = gap + constant - slack
        columns = [np.searchsorted(parts.used, features) for features, _ in node.blocks]
        own = [gains[np.ix_(rows, column)] for column in columns]
        blocks = survivors(node, base, own)
        if blocks is None:
            return self._proved(node.sets)
        left = Node(blocks, labels, leads.known_of(at), float(np.nan_to_num(leads.least[rows], nan=-np.inf).min()))
        self._proved(node.sets - left.sets)
        if left.sets <= LISTED and self._listed(left, base, gains[rows], parts.used):
            return []
        if sum(len(features) for features, _ in blocks) <= SHRUNK * sum(len(features) for features, _ in node.blocks):
            return [left]
        dangers = gains[rows].min(axis=0)
        order = [
            features[np.argsort(dangers[np.searchsorted(parts.used, features)], kind="stable")]
            for features, _ in blocks
        ]
        return [Node(each, labels, left.known, left.danger) for each in halves(blocks, order)]

    def _proved(self, sets: int) -> list[Node]:
        self.tally.proved += sets
        self.left -= sets
        return []

    def _listed(self, node: Node, base: Array, gains: Array, used: Array) -> bool:
        """List the sets that the bound leaves open, if they are few; sets that contain a known one are counted."""
        places = np.concatenate([np.searchsorted(used, features) for features, _ in node.blocks])
        own = np.ascontiguousarray(gains[:, places])
        room = node.sets if self.known.sets else (self.listing if node.sets > 4 * self.listing else node.sets)
        left = open_sets(node, base, own, room)
        if left is None:
            return False
        containing = self.known.contained(left)
        fresh = left[~containing]
        if len(fresh) > self.listing and node.sets > 4 * self.listing:
            return False
        self.tally.containing += int(np.count_nonzero(containing))
        self._proved(node.sets - len(left))
        self.left -= int(np.count_nonzero(containing))
        if len(fresh):
            assert node.known is not None
            self.waiting.append((fresh, node.labels, node.known))
        return True

    def _decide(self) -> None:
        """Decide the sets that wait, one by one."""
        if self.splitting is None and self.waiting:
            sets = np.concatenate([sets for sets, _, _ in self.waiting])
            most = 1 if self._two_elements(sets) else PIECES
            self.splitting = Splitting(self.ball, sets, self.pieces, self._pause, first=self.first, most=most)
            self.splitting.start([(len(own), labels, known) for own, labels, known in self.waiting])
            self.groups, self.waiting, self.booked = self.waiting, [], np.zeros(len(sets), dtype=bool)
        if self.splitting is not None:
            try:
                self.splitting.go()
            finally:
                self._book(self.splitting)

    def _two_elements(self, sets: Array) -> bool:
        return int(sets.shape[1]) * int(self.ball.movable.members.shape[1]) == 2

    def _book(self, splitting: Splitting) -> None:
        """Count what became of sets since the last time."""
        done, sets = splitting.done, splitting.sets
        new = np.flatnonzero((done.outcomes != Outcome.UNTRIED) & ~self.booked)
        self.booked[new] = True
        found = [done.attacks[at] for at in new.tolist() if at in done.attacks]
        self.known.add(found)
        self.tally.attackable += found
        self.tally.proved += int(np.count_nonzero(done.outcomes[new] == Outcome.PROVED))
        opened = new[done.outcomes[new] >= Outcome.TIE]
        self.left -= len(new) - len(opened)
        if self._two_elements(sets):
            self.rectangles.append(sets[opened])
        else:
            self.opened += [(tuple(sets[at].tolist()), Outcome(done.outcomes[at])) for at in opened]
        if not splitting.work:
            self.tally.pieces += int(done.pieces.sum())
            self.splitting, self.groups = None, []

    def _fill(self) -> None:
        """Decide sets of two elements by the linear regions of their rectangles."""
        sets = np.concatenate(self.rectangles)
        answers = self.regions(sets, self._pause)
        untried = np.array([answer == Outcome.UNTRIED for answer in answers], dtype=bool)
        self.rectangles = [sets[untried]] if untried.any() else []
        for at in np.flatnonzero(~untried):
            answer, features = answers[at], tuple(sets[at].tolist())
            if isinstance(answer, Attackable) or not answer.undecided:
                self._answered(features, answer)
            else:
                self.opened.append((features, answer))

    def _exact(self) -> None:
        """Decide sets that bounds leave open in exact arithmetic; one that the end of the time cuts off waits on."""
        settled = 0
        for features, why in self.opened:
            if self._stop() or (settled and self._pause()):
                break
            answer = self.exactly(features, why)
            if not isinstance(answer, Attackable) and answer.undecided and self.late():
                break
            self._answered(features, answer)
            settled += 1
        self.opened = self.opened[settled:]

    def _answered(self, features: tuple[int, ...], answer: Attackable | Outcome) -> None:
        """Count the answer about one set."""
        if isinstance(answer, Attackable):
            self.known.add([answer])
            self.tally.attackable.append(answer)
        elif answer == Outcome.PROVED:
            self.tally.proved += 1
        else:
            self.tally.undecided.setdefault(answer, []).append(features)
        self.left -= 1
