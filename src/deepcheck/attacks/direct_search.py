"""Sets tried one by one, each by a solver: a given set, very large sets, or the solver that the user asks for.

Source: Section III-C; the paper asks Z3 about one set after another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import comb

import numpy as np

from deepcheck.attacks.exact_sets import ExactRows, Settled, levels_of, settle
from deepcheck.attacks.family import Family, Wins
from deepcheck.attacks.one_set import Sets
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.constraints import Answer, Refutation, Undecided
from deepcheck.errors import OptionError
from deepcheck.program import Array
from deepcheck.symbolic import EXACT_PRODUCTS

Decide = Callable[..., Answer]
"""A solver: an exact system, a time limit in seconds or None, and for grids their exact values."""
Settle = Callable[[Array, int], Settled]


@dataclass
class _Tally:
    """What became of the sets tried so far."""

    wins: list[tuple[tuple[int, ...], int, tuple[float, ...], float]] = field(default_factory=list)
    attackable: int = 0
    undecided: dict[Outcome, int] = field(default_factory=dict)
    tried: int = 0


def search_directly(question: Question, size: int, tried: int, *, first: bool = False) -> Family:
    """Decide sets one by one by linear programs on columns that are computed once.

    Args:
        question: One input, and what is asked about it.
        size: How many features a set has.
        tried: How many features of the order to try.
        first: Stop at the first attackable set.
    """
    order = question.order[:tried]
    elements = question.elements(order)
    sets = Sets(replace(question, order=order), question.planes(elements.reshape(-1), size * elements.shape[1]))
    gain, need = question.gain(order), question.needed(size)

    def decide(ranks: Array, label: int) -> Settled:
        if gain[label, ranks].sum() * (1 + 2.0**-40) < need[label]:
            return Settled(Outcome.PROVED)
        return sets.settle(label, ranks.tolist())

    return _search(question, size, tried, decide, first=first)


def search_with(question: Question, size: int, tried: int, solver: Decide, *, first: bool = False) -> Family:
    """Decide sets one by one with a solver of exact systems: no bound is asked first.

    Args:
        question: One input, and what is asked about it.
        size: How many features a set has.
        tried: How many features of the order to try.
        solver: The solver; where levels count it is given their exact values.
        first: Stop at the first attackable set.
    """
    program, box = question.query.program, question.query.box
    if program.products > EXACT_PRODUCTS:
        raise OptionError("expected a network small enough for exact arithmetic for this solver: use --solver auto")
    elements = question.elements(question.order[:tried])
    rows = ExactRows.of(
        program,
        question.x[[question.item]],
        question.run.path.take(np.array([question.item])),
        elements.reshape(-1).tolist(),
    )
    columns = np.arange(elements.size).reshape(elements.shape)

    def decide(ranks: Array, position: int) -> Settled:
        chosen, label = columns[ranks].reshape(-1).tolist(), int(question.others[position])
        system = rows.system(box, chosen) + rows.goals(label, chosen)
        grids = {}
        if box.tables is not None:
            grids["grids"] = [levels_of(box, rows.elements[c], rows.origin[c]) for c in chosen]
        return _answered(solver(system, timeout=question.seconds_left(), **grids), rows, question, chosen, label)

    return _search(question, size, tried, decide, first=first)


def _answered(answer: Answer, rows: ExactRows, question: Question, chosen: list[int], label: int) -> Settled:
    if isinstance(answer, Refutation):
        return Settled(Outcome.PROVED)
    if isinstance(answer, Undecided):
        return Settled(Outcome.UNTRIED if question.late() else Outcome.SOLVER)
    # The solver's point satisfies every row; a witness of the model's type is looked for near the best point.
    return settle(rows, question.query.box, chosen, label, question.query.program.dtype)


def _search(question: Question, size: int, tried: int, decide: Settle, *, first: bool) -> Family:
    tally = _Tally()
    labels = np.flatnonzero(question.needed(size) < np.inf)
    total = comb(tried, size)
    for ranks in _colexicographic(tried, size):
        if question.late() or (first and tally.attackable):
            break
        _take(question, tally, ranks, [(int(label), decide(np.array(ranks), int(label))) for label in labels])
        question.advance(tally.tried / total)
    wins = Wins.empty(size, size * question.features.members.shape[1])
    if tally.wins:
        sets, reached, values, margins = zip(*tally.wins, strict=True)
        wins = Wins(np.array(sets), np.array(reached), np.array(values, dtype=np.float64), np.array(margins))
    untried = comb(len(question.order), size) - tally.tried + tally.undecided.pop(Outcome.UNTRIED, 0)
    new = tally.attackable if size == 1 else None
    return Family(size, question.order, wins, tally.attackable, new, tally.undecided, untried)


def _take(question: Question, tally: _Tally, ranks: tuple[int, ...], answers: list[tuple[int, Settled]]) -> None:
    tally.tried += 1
    won = [(label, settled) for label, settled in answers if settled.outcome == Outcome.ATTACKABLE]
    tally.wins += [(ranks, int(question.others[label]), s.values, s.margin) for label, s in won]
    tally.attackable += bool(won)
    left = [settled.outcome for _, settled in answers if settled.outcome != Outcome.PROVED]
    if left and not won:
        why = Outcome.UNTRIED if Outcome.UNTRIED in left else min(left)
        tally.undecided[why] = tally.undecided.get(why, 0) + 1


def _colexicographic(count: int, size: int) -> Iterator[tuple[int, ...]]:
    """Sets by largest rank, then by the next, ...: (0, 1), (0, 2), (1, 2), (0, 3), ..."""
    chosen = list(range(size))
    while chosen[-1] < count:
        yield tuple(chosen)
        at = 0
        while at + 1 < size and chosen[at] + 1 == chosen[at + 1]:
            at += 1
        chosen[at] += 1
        chosen[:at] = range(at)
