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
from deepcheck.explore.ball import Ball, Leads, stacked
from deepcheck.explore.found import Attackable
from deepcheck.program import Array, in_parallel
from deepcheck.program.bounded import difference
from deepcheck.symbolic.bounds import Known
from deepcheck.symbolic.regions import Boxes

PIECES = 4096
"""A set that is still open after so many pieces is handed on."""
NARROW = 2.0**-30
"""Pieces narrower than this, relative to the domain, are not halved: rounding decides there."""


@dataclass(frozen=True)
class Piece:
    """A box of one set's values.

    Attributes:
        of: The set's position among those asked about.
        lower: Least displacement of each element, ``(k,)``; with levels, its first level.
        upper: The largest; with levels, its last level.
        labels: Which other labels are open, ``(others,)``.
        known: The layers' ranges of a part that holds the piece.
        danger: The least lead that a bound left.
    """

    of: int
    lower: Array
    upper: Array
    labels: Array
    known: tuple[Known, ...] | None
    danger: float = -np.inf


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


@dataclass
class Splitting:
    """Decides sets of features of one input.

    Attributes:
        ball: The input.
        sets: The sets, features increasing, ``(sets, size)``.
        batch: How many pieces one batch takes.
        late: Has the time run out?
        first: Stop at the first attack.
    """

    ball: Ball
    sets: Array
    batch: int
    late: Callable[[], bool]
    first: bool = False

    def run(self, labels: Array, known: Sequence[tuple[Known, ...] | None]) -> Decisions:
        """Decide every set.

        Args:
            labels: Which other labels are open for each, ``(sets, others)``.
            known: The layers' ranges of a part that holds each set.
        """
        self.ties: set[int] = set()
        self.elements = self.ball.movable.members[self.sets].reshape(len(self.sets), -1)
        self.done = Decisions(np.full(len(self.sets), Outcome.UNTRIED), {}, np.zeros(len(self.sets), np.int64))
        open_pieces = np.ones(len(self.sets), dtype=np.int64)
        work = [self._whole(at, labels[at], known[at]) for at in range(len(self.sets) - 1, -1, -1)]
        while work and not self.late() and not (self.first and self.done.attacks):
            taken = [work.pop() for _ in range(min(self.batch, len(work)))]
            live = [p for p in taken if self.done.outcomes[p.of] == Outcome.UNTRIED]
            for piece in live:
                open_pieces[piece.of] -= 1
            halves = self._round(live)
            for piece in halves:
                open_pieces[piece.of] += 1
            work += halves
            for of in {piece.of for piece in live}:
                if open_pieces[of] == 0 and self.done.outcomes[of] == Outcome.UNTRIED:
                    self.done.outcomes[of] = Outcome.PROVED
        return self.done

    def _whole(self, at: int, labels: Array, known: tuple[Known, ...] | None) -> Piece:
        box, elements = self.ball.question.query.box, self.elements[at]
        if box.tables is None:
            return Piece(at, self.ball.movable.lower[elements], self.ball.movable.upper[elements], labels, known)
        tables = box.tables[box.channel[elements]]
        first = (tables < box.lower[elements, None]).sum(axis=1)
        last = (tables <= box.upper[elements, None]).sum(axis=1) - 1
        return Piece(at, first, last, labels, known)

    def _box(self, pieces: list[Piece]) -> Boxes:
        """The pieces as boxes of displacements, rounded outward."""
        elements = self.elements[[piece.of for piece in pieces]]
        lower, upper = np.stack([p.lower for p in pieces]), np.stack([p.upper for p in pieces])
        box = self.ball.question.query.box
        if box.tables is None:
            return Boxes(elements, lower, upper)
        origin = self._origin(elements)
        low, low_error = difference(box.tables[box.channel[elements], lower], origin)
        high, high_error = difference(box.tables[box.channel[elements], upper], origin)
        return Boxes(elements, low - low_error, high + high_error)

    def _origin(self, elements: Array) -> Array:
        question = self.ball.question
        return np.asarray(question.x[question.item].reshape(-1)[elements].astype(np.float64))

    def _round(self, pieces: list[Piece]) -> list[Piece]:
        """Bound pieces and attack where their bounds point; what is left comes back in halves."""
        if not pieces:
            return []
        cuts = np.array_split(np.arange(len(pieces)), 2 if len(pieces) > 8 else 1)
        groups = [[pieces[at] for at in cut] for cut in cuts]

        def work(group: list[Piece]) -> tuple[Boxes, Leads]:
            boxes = self._box(group)
            labels = np.stack([piece.labels for piece in group])
            with np.errstate(all="ignore"):
                return boxes, self.ball.bound(boxes, labels, stacked([piece.known for piece in group]))

        found: list[Piece] = []
        for group, (boxes, leads) in zip(groups, in_parallel(work, groups), strict=True):
            np.add.at(self.done.pieces, [piece.of for piece in group], 1)
            self._attack(group, boxes, leads)
            found += self._halved(group, leads)
        return found

    def _attack(self, pieces: list[Piece], boxes: Boxes, leads: Leads) -> None:
        """Run the program where the open rows' forms are least."""
        rows = leads.open
        if len(rows) == 0:
            return
        part = leads.part[rows]
        down = leads.forms.coefficients.value[rows] > 0
        values = self._values(pieces, boxes, part, down)
        elements = boxes.elements[part]
        tries = attempt(self.ball.question, elements, values)
        for row in np.argsort(-tries.margin, kind="stable"):
            of = pieces[part[row]].of
            if tries.label[row] >= 0 and of not in self.done.attacks:
                self.done.outcomes[of] = Outcome.ATTACKABLE
                self.done.attacks[of] = Attackable(
                    tuple(self.sets[of].tolist()),
                    int(tries.label[row]),
                    tuple(values[row].tolist()),
                    float(tries.margin[row]),
                )
        self.ties |= {pieces[part[row]].of for row in np.flatnonzero(tries.tie)}

    def _values(self, pieces: list[Piece], boxes: Boxes, part: Array, down: Array) -> Array:
        """The values at chosen corners, ``(rows, k)``, in the model's own numbers."""
        question = self.ball.question
        box, elements = question.query.box, boxes.elements[part]
        if box.tables is not None:
            lower = np.stack([pieces[at].lower for at in part])
            upper = np.stack([pieces[at].upper for at in part])
            return np.asarray(box.tables[box.channel[elements], np.where(down, lower, upper)])
        received = self._origin(elements) + np.where(down, boxes.lower[part], boxes.upper[part])
        rounded = received.astype(question.query.program.dtype).astype(np.float64)
        return np.clip(rounded, box.lower[elements], box.upper[elements])

    def _settled(self, piece: Piece) -> bool:
        """Is it one point of a grid, whose label is decided, changes nothing, and is no tie?"""
        question = self.ball.question
        if question.query.box.tables is None or (piece.lower != piece.upper).any():
            return False
        elements = self.elements[piece.of]
        values = question.query.box.tables[question.query.box.channel[elements], piece.lower]
        tries = certified(question, changed(question, elements[None], values[None]))
        return bool(tries.sure[0] and tries.label[0] < 0 and not tries.tie[0])

    def _halved(self, pieces: list[Piece], leads: Leads) -> list[Piece]:
        labels = leads.labels_of(len(pieces), len(self.ball.gap))
        danger = np.full(len(pieces), np.inf)
        np.minimum.at(danger, leads.part, np.where(np.isnan(leads.least), -np.inf, leads.least))
        found: list[Piece] = []
        for at in np.argsort(-danger, kind="stable"):
            piece = pieces[at]
            if not labels[at].any() or self.done.outcomes[piece.of] != Outcome.UNTRIED or self._settled(piece):
                continue
            cut = self._cut(piece)
            if cut is None or self.done.pieces[piece.of] > PIECES:
                why = Outcome.ROUNDING if cut is None else Outcome.SOLVER
                self.done.outcomes[piece.of] = Outcome.TIE if piece.of in self.ties else why
                continue
            element, low_end, high_start = cut
            known = leads.known_of(int(at))
            below, above = piece.upper.copy(), piece.lower.copy()
            below[element], above[element] = low_end, high_start
            found.append(Piece(piece.of, piece.lower, below, labels[at], known, float(danger[at])))
            found.append(Piece(piece.of, above, piece.upper, labels[at], known, float(danger[at])))
        return found

    def _cut(self, piece: Piece) -> tuple[int, float, float] | None:
        """Which element to halve, the end of the first half and the start of the second; None if it is too narrow."""
        box, elements = self.ball.question.query.box, self.elements[piece.of]
        width = piece.upper - piece.lower
        whole = np.maximum(box.upper[elements] - box.lower[elements], 2.0**-1000)
        if box.tables is not None:
            element = int(np.argmax(width))
            middle = int(piece.lower[element] + piece.upper[element]) // 2
            return None if width[element] == 0 else (element, middle, middle + 1)
        element = int(np.argmax(width / whole))
        cut = float(piece.lower[element] / 2 + piece.upper[element] / 2)
        inside = piece.lower[element] < cut < piece.upper[element]
        return (element, cut, cut) if inside and width[element] > NARROW * whole[element] else None
