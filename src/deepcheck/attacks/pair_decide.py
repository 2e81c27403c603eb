"""Pairs and labels of one input that the gains leave: polygons, grids of levels, and exact arithmetic for the rest."""

import itertools
from dataclasses import dataclass, field

import numpy as np

from deepcheck.attacks.family import Wins
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.program import Array, in_parallel
from deepcheck.solvers import lattice, polygon
from deepcheck.solvers.planes import ATTACKED, L1, LINF, MARGIN, OPEN, Planes
from deepcheck.solvers.polygon import Polygons

CHUNK = 1 << 14
"""How many systems are decided between two looks at the clock."""
OBJECTIVES = {"margin": MARGIN, "l1": L1, "linf": LINF}


@dataclass
class Decisions:
    """Systems decided so far: one row per pair (or single feature, with itself) and label."""

    ranks: list[Array] = field(default_factory=list)
    labels: list[Array] = field(default_factory=list)
    outcomes: list[Array] = field(default_factory=list)
    points: list[Array] = field(default_factory=list)
    exact: int = 0

    def add(self, ranks: Array, labels: Array, outcomes: Array, points: Array) -> None:
        """Take more rows."""
        kept = outcomes != Outcome.PROVED
        self.ranks.append(ranks[kept])
        self.labels.append(labels[kept])
        self.outcomes.append(outcomes[kept])
        self.points.append(points[kept])

    def joined(self) -> tuple[Array, Array, Array, Array]:
        """All rows."""
        parts = (self.ranks, self.labels, self.outcomes, self.points)
        empty = (np.zeros((0, 2), np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3)))
        return tuple(np.concatenate([none, *part]) for none, part in zip(empty, parts, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True)
class Pairs:
    """What was found about pairs and single features: rows that are not refuted.

    Attributes:
        ranks: The pair, ``(rows, 2)``.
        label: The label's position among the others.
        outcome: An `Outcome`.
        points: A witness and its margin, ``(rows, 3)``.
        singles: Attacks by single features of attackable pairs, sorted.
        stop: How many pairs were reached, in colexicographic order.
        exact: How many questions needed exact arithmetic.
    """

    ranks: Array
    label: Array
    outcome: Array
    points: Array
    singles: Wins
    stop: int
    exact: int


def run_systems(
    question: Question,
    ready: Planes,
    elements: Array,
    systems: Array,
    used: Array,
    decided: Decisions,
    *,
    first: bool,
) -> int:
    """Decide systems chunk by chunk; returns how many were reached."""
    cuts = _between_pairs(systems, CHUNK)
    chunks = [systems[a:b] for a, b in itertools.pairwise(cuts)]
    step = 2 if first else max(1, len(chunks) if question.deadline is None else 8)
    for start in range(0, len(chunks), step):
        if question.late():
            return int(cuts[start])
        block = chunks[start : start + step]
        found = in_parallel(lambda rows: _decide(question, ready, elements, rows), block)
        hit = False
        for rows, polygons in zip(block, found, strict=True):
            outcomes, points = _settle(question, elements, rows, polygons, decided)
            decided.add(used[rows[:, :2]], rows[:, 2], outcomes, points)
            hit |= bool((outcomes == Outcome.ATTACKABLE).any())
        question.advance(min(start + step, len(chunks)) / len(chunks))
        if first and hit:
            return int(cuts[min(start + step, len(chunks))])
    return len(systems)


def _between_pairs(systems: Array, length: int) -> list[int]:
    """Where to cut rows so that those of one pair stay together."""
    cuts = [0]
    while cuts[-1] < len(systems):
        at = min(cuts[-1] + length, len(systems))
        while at < len(systems) and (systems[at, :2] == systems[at - 1, :2]).all():
            at += 1
        cuts.append(at)
    return cuts


def _decide(question: Question, ready: Planes, elements: Array, rows: Array) -> Polygons:
    objective = OBJECTIVES[question.query.objective]
    rows = np.ascontiguousarray(rows)
    found = polygon.decide(ready, rows, objective, question.bits)
    if question.query.box.tables is not None:
        lattice.walk(ready, rows, found, *question.levels(elements, ready), objective)
    return found


def _settle(
    question: Question, elements: Array, rows: Array, found: Polygons, decided: Decisions
) -> tuple[Array, Array]:
    """Outcomes and witnesses of systems, those that are open decided in exact arithmetic."""
    outcomes = np.where(found.state == ATTACKED, Outcome.ATTACKABLE, Outcome.PROVED).astype(np.int64)
    points = found.points
    left = np.flatnonzero(found.state == OPEN)
    if len(left):
        sets = [tuple(int(elements[c]) for c in rows[row, :2] if c < len(elements)) for row in left]
        labels = question.others[rows[left, 2]]
        decided.exact += len(left)
        for row, settled in zip(left, question.exactly(sets, labels), strict=True):
            outcomes[row] = settled.outcome
            values = (*settled.values, *(0.0,) * (2 - len(settled.values)))
            points[row] = (*values, settled.margin) if settled.values else (np.nan,) * 3
    return outcomes, points


def single_features(question: Question, ready: Planes, elements: Array, used: Array, decided: Decisions) -> Wins:
    """The features of attackable pairs that are attackable alone."""
    ranks, _, outcomes, _ = decided.joined()
    members = np.unique(ranks[outcomes == Outcome.ATTACKABLE])
    if len(members) == 0:
        return Wins.empty(1, 1)
    gain, need = question.gain(question.order[members]), question.needed(1)
    label, at = np.nonzero(~(gain < need[:, None]) & (need < np.inf)[:, None])
    columns = np.searchsorted(used, members[at])
    rows = np.stack([columns, np.full(len(at), len(elements)), label], axis=1)
    rows = rows[np.lexsort((label, columns))]
    outcomes, points = _settle(question, elements, rows, _decide(question, ready, elements, rows), decided)
    won = np.flatnonzero(outcomes == Outcome.ATTACKABLE)
    found = rows[won]
    return Wins(used[found[:, :1]], question.others[found[:, 2]], points[won, :1], points[won, 2])
