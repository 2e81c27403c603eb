"""One set after another, many at once: the box of its values, halved until each piece is proved or attacked.

Each piece gets backward bounds within those of the piece that it came from. Where its bound's linear form is least, the
program itself is run: if the label changes there, the set is attackable. A piece on which every branch is settled is
linear, so that this corner decides it up to rounding. On a grid of levels pieces are ranges of levels, down to one.

Verified: bounds with outward rounding, and every witness in exact arithmetic.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.explore.attempts import attempt, certified, changed
from deepcheck.explore.ball import Ball, Leads
from deepcheck.explore.found import Attackable
from deepcheck.explore.pieces import Cutter, Pieces
from deepcheck.program import Array, in_parallel
from deepcheck.symbolic.bounds import Known

PIECES = 4096
"""A set that is still open after so many pieces is handed on."""
TWO_THREADS = 64
"""From so many pieces on a batch is worth two threads."""


@dataclass
class Decisions:
    """What became of each set.

    Attributes:
        outcomes: An `Outcome` per set; untried while pieces are open.
        attacks: The attackable ones, by position.
        pieces: How many pieces each set took.
    """

    outcomes: Array
    attacks: dict[int, Attackable] = field(default_factory=dict)
    pieces: Array = field(default_factory=lambda: np.zeros(0, np.int64))


class Splitting:
    """Decides sets of features of one input.

    Args:
        ball: The input.
        sets: The sets, features increasing, ``(sets, size)``.
        batch: How many pieces one batch takes.
        late: Has the time run out?
        first: Stop at the first attack.
        most: A set that is still open after so many pieces is handed on.
    """

    def __init__(
        self,
        ball: Ball,
        sets: Array,
        batch: int,
        late: Callable[[], bool],
        *,
        first: bool = False,
        most: int = PIECES,
    ) -> None:
        self.most = most
        self.ball, self.sets, self.batch, self.late, self.first = ball, sets, batch, late, first
        question = ball.question
        origin = question.x[question.item].reshape(-1).astype(np.float64)
        elements = ball.movable.members[sets].reshape(len(sets), -1)
        self.cutter = Cutter(question.query.box, ball.movable, origin, elements)
        count = len(sets)
        self.done = Decisions(np.full(count, int(Outcome.UNTRIED)), {}, np.zeros(count, np.int64))
        self.left = np.zeros(count, dtype=np.int64)
        self.ties = np.zeros(count, dtype=bool)
        self.work: list[Pieces] = []

    def start(self, groups: Sequence[tuple[int, Array, tuple[Known, ...]]]) -> None:
        """Ask about every set.

        Args:
            groups: For each group of sets, in order: how many, which other labels are open ``(others,)``, and the
                layers' ranges of a part that holds all of them.
        """
        start = 0
        for count, labels, known in groups:
            self.work.append(self.cutter.whole(np.arange(start, start + count), labels, known))
            start += count
        self.left[:] = 1
        self.work.reverse()

    def go(self) -> Decisions:
        """Decide the sets, as far as the time goes; may be called again."""
        while self.work and not self.late() and not (self.first and self.done.attacks):
            taken = self._taken()
            try:
                self._settle(taken)
            except (
                KeyboardInterrupt
            ):  # anywhere: what is counted as left is what there is, halves once too often at most
                self.work.append(taken)
                self.left = np.bincount(np.concatenate([each.of for each in self.work]), minlength=len(self.left))
                raise
        return self.done

    def _settle(self, taken: Pieces) -> None:
        """Close pieces, or put their halves back."""
        live = taken.take(np.flatnonzero(self.done.outcomes[taken.of] == Outcome.UNTRIED))
        halves = self._round(live) if len(live) else live
        np.subtract.at(self.left, taken.of, 1)
        np.add.at(self.left, halves.of, 1)
        if len(halves):
            self.work.append(halves)
        closed = (self.left[taken.of] == 0) & (self.done.outcomes[taken.of] == Outcome.UNTRIED)
        self.done.outcomes[taken.of[closed]] = Outcome.PROVED

    def _taken(self) -> Pieces:
        """The next batch, off the end of the list."""
        parts, count = [], 0
        while self.work and count < self.batch:
            pieces, room = self.work.pop(), self.batch - count
            if len(pieces) > room:
                self.work.append(pieces.take(slice(room, None)))
                pieces = pieces.take(slice(0, room))
            parts.append(pieces)
            count += len(pieces)
        return Pieces.join(parts)

    def _round(self, pieces: Pieces) -> Pieces:
        """Bound pieces and attack where their bounds point; what is left comes back in halves."""
        np.add.at(self.done.pieces, pieces.of, 1)
        cuts = np.array_split(np.arange(len(pieces)), 2 if len(pieces) >= TWO_THREADS else 1)
        groups = [pieces.take(cut) for cut in cuts]

        def work(group: Pieces) -> Leads:
            with np.errstate(all="ignore"):
                return self.ball.bound(self.cutter.boxes(group), group.labels, group.known)

        halves = []
        for group, leads in zip(groups, in_parallel(work, groups), strict=True):
            self._attack(group, leads)
            halves.append(self._halved(group, leads))
        return Pieces.join(halves)

    def _attack(self, pieces: Pieces, leads: Leads) -> None:
        """Run the program where the open rows' forms are least."""
        rows = leads.open
        if len(rows) == 0:
            return
        where = pieces.take(leads.part[rows])
        values = self.cutter.corners(where, leads.forms.coefficients.value[rows] > 0)
        question = self.ball.question
        values = values.astype(question.query.program.dtype).astype(np.float64)
        tries = attempt(question, self.cutter.elements[where.of], values)
        self.ties[where.of[tries.tie]] = True
        hits = np.flatnonzero(tries.label >= 0)
        order = hits[np.lexsort((-tries.margin[hits], where.of[hits]))]
        for row in order[np.unique(where.of[order], return_index=True)[1]]:
            of = int(where.of[row])
            self.done.outcomes[of] = Outcome.ATTACKABLE
            features, found = tuple(self.sets[of].tolist()), tuple(values[row].tolist())
            self.done.attacks[of] = Attackable(features, int(tries.label[row]), found, float(tries.margin[row]))

    def _halved(self, pieces: Pieces, leads: Leads) -> Pieces:
        labels = leads.labels_of(len(pieces), len(self.ball.gap))
        danger = np.full(len(pieces), np.inf)
        np.minimum.at(danger, leads.part, np.where(np.isnan(leads.least), -np.inf, leads.least))
        open_ones = labels.any(axis=1) & (self.done.outcomes[pieces.of] == Outcome.UNTRIED)
        open_ones &= ~self._settled(pieces, open_ones)
        rows = np.flatnonzero(open_ones)
        rows = rows[np.argsort(danger[rows], kind="stable")]
        ranges = tuple((low[rows], high[rows]) for low, high in leads.ranges)
        left = Pieces(pieces.of[rows], pieces.lower[rows], pieces.upper[rows], labels[rows], ranges)
        halves, wide = self.cutter.halved(left)
        self._give_up(left.of[~wide], Outcome.NARROW)
        self._give_up(left.of[self.done.pieces[left.of] >= self.most], Outcome.PIECES)
        return halves.take(np.flatnonzero(self.done.outcomes[halves.of] == Outcome.UNTRIED))

    def _give_up(self, sets: Array, why: Outcome) -> None:
        self.done.outcomes[sets] = np.where(self.ties[sets], Outcome.TIE, why)

    def _settled(self, pieces: Pieces, among: Array) -> Array:
        """Which pieces are one point of a grid, whose label is decided, changes nothing, and is no tie."""
        rows = np.flatnonzero(self.cutter.points(pieces) & among)
        found = np.zeros(len(pieces), dtype=bool)
        if len(rows):
            points = pieces.take(rows)
            values = self.cutter.corners(points, np.ones(points.lower.shape, dtype=bool))
            question = self.ball.question
            tries = certified(question, changed(question, self.cutter.elements[points.of], values))
            found[rows] = tries.sure & (tries.label < 0) & ~tries.tie
        return found
