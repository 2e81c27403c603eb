"""Every pair of features of one input, complete for its path.

Stages: the gains prove most pairs; the columns of the features that are left come from one forward pass; polygons
decide their pairs, on grids of levels line by line; exact arithmetic takes what rounding leaves open.

Source: Section III-C with t = 2; DESIGN.md, sections 4 and 6.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np

from deepcheck.attacks.family import Family, Wins, places
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.pruning import pairs
from deepcheck.attacks.question import Question
from deepcheck.program import Array, in_parallel
from deepcheck.solvers import lattice, polygon
from deepcheck.solvers.polygon import ATTACKED, OPEN, Planes, Polygons

CHUNK = 1 << 14
"""How many systems are decided between two looks at the clock."""
OBJECTIVES = {"margin": polygon.MARGIN, "l1": polygon.L1, "linf": polygon.LINF}


@dataclass
class _Decided:
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


def search_pairs(question: Question, tried: int, *, first: bool = False) -> Family:
    """Decide every pair of the first features in the order of trying.

    Args:
        question: One input, and what is asked about it.
        tried: How many features of the order to try; pairs with others stay untried.
        first: Stop at the first attackable pair.
    """
    order = question.order
    gain, need = question.gain(order[:tried]), question.needed(2)
    rows = pairs(gain, need) if question.bounded else _all_pairs(tried, need)
    decided = _Decided()
    stop = tried * (tried - 1) // 2
    if len(rows):
        used, columns = np.unique(rows[:, :2], return_inverse=True)
        elements = question.elements(order[used])[:, 0]
        ready = question.planes(elements, 2)
        systems = np.concatenate([columns.reshape(-1, 2), rows[:, 2:]], axis=1)
        done = _run(question, ready, elements, systems, used, decided, first=first)
        if done < len(rows):
            stop = int(places(rows[done : done + 1, :2])[0])
        singles = _singles(question, ready, elements, used, decided)
    else:
        singles = np.zeros(0, dtype=np.int64)
    return _family(question, decided, singles, stop, tried, first=first)


def _all_pairs(count: int, need: Array) -> Array:
    b, a = np.tril_indices(count, -1)
    labels = np.flatnonzero(need < np.inf)
    rows = np.stack([a, b], axis=1).repeat(len(labels), axis=0)
    return np.concatenate([rows, np.tile(labels, len(a))[:, None]], axis=1)


def _run(
    question: Question,
    ready: Planes,
    elements: Array,
    systems: Array,
    used: Array,
    decided: _Decided,
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
    question: Question, elements: Array, rows: Array, found: Polygons, decided: _Decided
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


def _singles(question: Question, ready: Planes, elements: Array, used: Array, decided: _Decided) -> Array:
    """Which features of attackable pairs are attackable alone: ranks."""
    ranks, _, outcomes, _ = decided.joined()
    members = np.unique(ranks[outcomes == Outcome.ATTACKABLE])
    if len(members) == 0:
        return members
    gain, need = question.gain(question.order[members]), question.needed(1)
    label, at = (
        np.nonzero(~(gain < need[:, None]))
        if question.bounded
        else np.nonzero(np.broadcast_to((need < np.inf)[:, None], (len(need), len(members))))
    )
    columns = np.searchsorted(used, members[at])
    rows = np.stack([columns, np.full(len(at), len(elements)), label], axis=1)
    rows = rows[np.lexsort((label, columns))]
    outcomes, _ = _settle(question, elements, rows, _decide(question, ready, elements, rows), decided)
    return np.unique(used[rows[outcomes == Outcome.ATTACKABLE, 0]])


def _family(question: Question, decided: _Decided, singles: Array, stop: int, tried: int, *, first: bool) -> Family:
    """Count pairs, and put the attacks in the order of trying."""
    ranks, labels, outcomes, points = decided.joined()
    at = places(ranks)
    if first and (outcomes == Outcome.ATTACKABLE).any():
        stop = min(stop, int(at[outcomes == Outcome.ATTACKABLE].min()) + 1)
    kept = at < stop
    ranks, labels, outcomes, points, at = ranks[kept], labels[kept], outcomes[kept], points[kept], at[kept]
    won = np.unique(at[outcomes == Outcome.ATTACKABLE])
    undecided = {}
    still = ~np.isin(at, won)
    for outcome in (Outcome.TIE, Outcome.NO_VALUE, Outcome.ROUNDING):
        open_pairs = np.unique(at[still & (outcomes == outcome)])
        if len(open_pairs):
            undecided[outcome] = len(open_pairs)
            still &= ~np.isin(at, open_pairs)
    rows = np.flatnonzero(outcomes == Outcome.ATTACKABLE)
    rows = rows[np.lexsort((labels[rows], at[rows]))]
    wins = Wins(ranks[rows], question.others[labels[rows]], points[rows, :2], points[rows, 2])
    pairs_won = wins.ranks[np.unique(at[rows], return_index=True)[1]] if len(rows) else wins.ranks
    new = int(np.count_nonzero(~np.isin(pairs_won, singles).any(axis=1)))
    asked = len(question.order) * (len(question.order) - 1) // 2
    return Family(2, question.order, wins, len(won), new, undecided, asked - stop, decided.exact)
