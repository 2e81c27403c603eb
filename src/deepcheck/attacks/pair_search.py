"""Every pair of features of one input, complete for its path.

Stages: the gains prove most pairs; the columns of the features that are left come from one forward pass; polygons
decide their pairs, on grids of levels line by line; exact arithmetic takes what rounding leaves open.

Source: Section III-C with t = 2; DESIGN.md, sections 4 and 6.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.family import Family, Wins, places
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.pair_decide import Decisions, Pairs, run_systems, single_features
from deepcheck.attacks.pruning import pairs
from deepcheck.attacks.question import Question, planes_of
from deepcheck.program import Array
from deepcheck.solvers.planes import Planes

WAITING = 1 << 20
"""How many systems may wait for a forward pass that their inputs share."""


@dataclass(frozen=True)
class Plan:
    """The pairs and labels of one input that the gains do not refute.

    Attributes:
        question: The input, and what is asked about it.
        tried: Of how many features of the order pairs are tried.
        rows: Both ranks and the label's position, ``(rows, 3)``, in colexicographic order.
        used: The ranks in them, increasing.
        systems: The same rows by place in ``used``.
        elements: The element of each used feature.
    """

    question: Question
    tried: int
    rows: Array
    used: Array
    systems: Array
    elements: Array

    @staticmethod
    def of(question: Question, tried: int) -> "Plan":
        """Ask the gains about all pairs of the first features in the order of trying; each owns one element."""
        order = question.order
        gain, need = question.gain(order[:tried]), question.needed(2)
        rows = pairs(gain, need) if question.bounded else _all_pairs(tried, need)
        used, columns = np.unique(rows[:, :2], return_inverse=True)
        systems = np.concatenate([columns.reshape(-1, 2), rows[:, 2:]], axis=1)
        return Plan(question, tried, rows, used, systems, question.elements(order[used])[:, 0])

    def family(self, ready: Planes | None, *, first: bool = False) -> Family:
        """Decide them.

        Args:
            ready: The rows over their elements; None where no pair is left, or no time: then they stay untried.
            first: Stop at the first attackable pair.
        """
        return _family(self.question, self.decide(ready, first=first), first=first)

    def decide(self, ready: Planes | None, *, first: bool = False) -> Pairs:
        """The same, as rows, with the single features of attackable pairs."""
        decided, singles = Decisions(), Wins.empty(1, 1)
        stop = self.tried * (self.tried - 1) // 2
        if ready is not None:
            done = run_systems(self.question, ready, self.elements, self.systems, self.used, decided, first=first)
            if done < len(self.rows):
                stop = int(places(self.rows[done : done + 1, :2])[0])
            singles = single_features(self.question, ready, self.elements, self.used, decided)
        elif len(self.rows):
            stop = int(places(self.rows[:1, :2])[0])
        return Pairs(*decided.joined(), singles, stop, decided.exact)


def decide_pairs(question: Question, tried: int) -> Pairs:
    """Every pair of the first features of one input, as rows."""
    plan = Plan.of(question, tried)
    return plan.decide(question.planes(plan.elements, 2) if len(plan.rows) else None)


def search_pairs(questions: Sequence[Question], tried: int, *, first: bool = False) -> Iterator[tuple[Family, float]]:
    """Decide every pair of several inputs of one call; inputs with few columns share a forward pass.

    Args:
        questions: The inputs, and what is asked about them.
        tried: How many features of the order to try; pairs with others stay untried.
        first: Stop each input at its first attackable pair.

    Yields:
        The pairs of each input, and the seconds that it took.
    """
    plans: list[Plan] = []
    spent: list[float] = []
    for question in questions:
        started = time.perf_counter()
        plans.append(Plan.of(question, tried))
        spent.append(time.perf_counter() - started)
        if sum(len(plan.rows) for plan in plans) > WAITING:
            yield from _finished(plans, spent, first=first)
            plans, spent = [], []
    yield from _finished(plans, spent, first=first)


def _finished(plans: list[Plan], spent: list[float], *, first: bool) -> Iterator[tuple[Family, float]]:
    """Decide the pairs of several plans, and add the seconds that takes."""
    left = [at for at, plan in enumerate(plans) if len(plan.rows) and not plan.question.late()]
    some = [plans[at] for at in left]
    ready = _timed(planes_of([plan.question for plan in some], [plan.elements for plan in some], 2))
    with_rows = set(left)
    for at, plan in enumerate(plans):
        planes, took = next(ready) if at in with_rows else (None, 0.0)
        started = time.perf_counter()
        family = plan.family(planes, first=first)
        yield family, spent[at] + took + time.perf_counter() - started


def _timed(groups: Iterator[list[Planes]]) -> Iterator[tuple[Planes, float]]:
    """The rows of each input, and its share of the time, by columns, that its group took."""
    while True:
        started = time.perf_counter()
        group = next(groups, None)
        if group is None:
            return
        took = (time.perf_counter() - started) / sum(len(planes.lower) for planes in group)
        for planes in group:
            yield planes, took * len(planes.lower)


def _all_pairs(count: int, need: Array) -> Array:
    b, a = np.tril_indices(count, -1)
    labels = np.flatnonzero(need < np.inf)
    rows = np.stack([a, b], axis=1).repeat(len(labels), axis=0)
    return np.concatenate([rows, np.tile(labels, len(a))[:, None]], axis=1)


def _family(question: Question, found: Pairs, *, first: bool) -> Family:
    """Count pairs, and put the attacks in the order of trying."""
    at, stop = places(found.ranks), found.stop
    hit = found.outcome == Outcome.ATTACKABLE
    if first and hit.any():
        stop = min(stop, int(at[hit].min()) + 1)
    reached = at < stop
    won = np.unique(at[hit & reached])
    rows = np.flatnonzero(hit & reached)
    rows = rows[np.lexsort((found.label[rows], at[rows]))]
    wins = Wins(found.ranks[rows], question.others[found.label[rows]], found.points[rows, :2], found.points[rows, 2])
    pairs_won = wins.ranks[np.unique(at[rows], return_index=True)[1]] if len(rows) else wins.ranks
    new = int(np.count_nonzero(~np.isin(pairs_won, found.singles.ranks).any(axis=1)))
    undecided = {o: len(s) for o, s in open_sets(at[reached], found.outcome[reached], won).items()}
    untried = undecided.pop(Outcome.UNTRIED, 0)
    asked = len(question.order) * (len(question.order) - 1) // 2
    return Family(2, question.order, wins, len(won), new, undecided, asked - stop + untried, found.exact)


def open_sets(sets: Array, outcomes: Array, won: Array) -> dict[Outcome, Array]:
    """Which sets are open, and why: each once, none of those that were won.

    Args:
        sets: Which set each row is about.
        outcomes: An `Outcome` for each row.
        won: Sets that are attackable.
    """
    found: dict[Outcome, Array] = {}
    still = ~np.isin(sets, won)
    for outcome in (*(each for each in Outcome if each.undecided), Outcome.UNTRIED):
        mine = np.unique(sets[still & (outcomes == outcome)])
        if len(mine):
            found[outcome] = mine
            still &= ~np.isin(sets, mine)
    return found
