"""Two words: every pair of places, decided over all words that may stand there.

At places that share no unit what two words do adds up, so that the best pair is the best word at each. Where places
share units (`deepcheck.text.couples`) bounds pass over nearly all pairs of words, and the rest are summed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.program import Array
from deepcheck.text.couples import Shared
from deepcheck.text.question import Question
from deepcheck.text.singles import Singles

Pair = dict[int, int]


@dataclass(frozen=True)
class Pairs:
    """What became of every pair of places.

    Attributes:
        outcomes: An `Outcome` for each, ``(places, places)``, above the diagonal; a pair with a place that is
            attackable alone is attackable.
        asked: Which pairs were asked about, likewise.
        best: The two words found that gain most, by position, or None where no pair changes the label that one
            word of it does not.
        gain: By how much the label loses to another then.
    """

    outcomes: Array
    asked: Array
    best: Pair | None
    gain: float

    @property
    def counts(self) -> dict[str, int]:
        """How many pairs of places were asked about, and what became of them; the four add up to them."""
        found = self.outcomes[self.asked]
        attackable, proved, untried = (
            int(np.count_nonzero(found == outcome)) for outcome in (Outcome.ATTACKABLE, Outcome.PROVED, Outcome.UNTRIED)
        )
        left = len(found) - attackable - proved - untried
        return {"attackable": attackable, "proved": proved, "undecided": left, "untried": untried}


class _Pairs:
    """The search over pairs of places of one sentence."""

    def __init__(self, question: Question, singles: Singles) -> None:
        self.question, self.singles, self.effects = question, singles, question.effects
        self.alone = np.asarray(singles.attacking.any(axis=1))
        self.unsure = np.asarray(singles.open.any(axis=1))
        self.best: Pair | None = None
        self.gain = -np.inf

    def decide(self, i: int, j: int) -> Outcome:
        """Decide two places, rows of the effects, that are not attackable alone."""
        effects = self.effects
        if effects.state is None:
            return Outcome.LARGE
        if not np.isfinite(effects.errors[[i, j]]).all():
            return Outcome.OVERFLOW
        apart = effects.apart is not None and effects.places[j] - effects.places[i] >= effects.apart
        open_, outcomes = False, []
        for form in range(len(effects.others)):
            needed = -effects.gaps[form]
            gain, error, words = self._apart(i, j, form) if apart else self._near(i, j, form, needed)
            error += float(effects.gap_errors[form]) + 2.0**-50 * abs(needed)
            if words is None or gain < needed - error:
                continue
            if gain > needed + error and self._wins(words):
                outcomes.append(Outcome.ATTACKABLE)
            else:
                outcomes.append(self.question.exactly(words))
                open_ |= outcomes[-1] != Outcome.ATTACKABLE
            if outcomes[-1] == Outcome.ATTACKABLE:
                self._note(words, gain - needed)
        if Outcome.ATTACKABLE in outcomes:
            return Outcome.ATTACKABLE
        # A pair within rounding that changes nothing says little about others within rounding.
        return Outcome.NARROW if open_ or bool(self.unsure[i] or self.unsure[j]) else Outcome.PROVED

    def _wins(self, words: Pair) -> bool:
        """Does a label that gains enough win: nothing to leave the path for, no third label to tie with?"""
        certain = not self.question.along and len(self.effects.others) == 1
        return certain or self._certain(words)

    def _note(self, words: Pair, gain: float) -> None:
        if gain > self.gain:
            self.best, self.gain = words, gain

    def _apart(self, i: int, j: int, form: int) -> tuple[float, float, Pair | None]:
        """The best two words at places whose effects add up."""
        gains, places = self.singles.gains, self.effects.places
        error = float(self.effects.errors[[i, j], form].sum()) * (1 + 2.0**-30)
        chosen = [int(np.nanargmax(gains[row, form])) if self._any(row, form) else -1 for row in (i, j)]
        if -1 in chosen:
            return -np.inf, error, None
        total = float(gains[i, form, chosen[0]] + gains[j, form, chosen[1]])
        return total, error, {int(places[i]): chosen[0], int(places[j]): chosen[1]}

    def _any(self, row: int, form: int) -> bool:
        return bool(np.isfinite(self.singles.gains[row, form]).any())

    def _near(self, i: int, j: int, form: int, needed: float) -> tuple[float, float, Pair | None]:
        """The first two words found at places that share units, which gain enough."""
        effects = self.effects
        shared = Shared(effects, (i, j), self.question.allowed)
        doubt = float(effects.gap_errors[form]) + 2.0**-50 * abs(needed)
        floor = needed - 2 * doubt
        if self.question.along:
            found = shared.best_on_path(form, floor)
        else:
            error = 4.0 * float(effects.errors[[i, j], form].sum())
            found = shared.best(form, floor, needed + 2 * (doubt + error))
        if found.first < 0:
            return -np.inf, found.error, None
        places = effects.places
        return found.gain, found.error, {int(places[i]): found.first, int(places[j]): found.second}

    def improve(self, outcomes: Array) -> None:
        """Look for the two words that gain most, over all pairs of places that are attackable."""
        effects, places = self.effects, self.effects.places
        if self.best is None or self.question.along or effects.apart is None:
            return
        for i, j in np.argwhere(outcomes == Outcome.ATTACKABLE).tolist():
            if self.question.late():
                return
            if self.alone[i] or self.alone[j] or places[j] - places[i] >= effects.apart:
                continue
            for form in range(len(effects.others)):
                needed = -float(effects.gaps[form])
                found = Shared(effects, (i, j), self.question.allowed).best(form, needed + self.gain)
                words = {int(places[i]): found.first, int(places[j]): found.second}
                if found.first >= 0 and found.gain - needed > self.gain and self._certain(words):
                    self._note(words, found.gain - needed)

    def _certain(self, words: Pair) -> bool:
        return self.question.exactly(words) == Outcome.ATTACKABLE


def every_pair(
    question: Question,
    singles: Singles,
    *,
    first: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Pairs:
    """Decide every pair of places.

    Args:
        question: The sentence.
        singles: What single words do to it.
        first: Stop at the first pair that is attackable, but not by one word alone; pairs at a distance come first.
        progress: Called with the share of the work that is done.
    """
    search = _Pairs(question, singles)
    count = len(question.places)
    outcomes = np.full((count, count), Outcome.UNTRIED, dtype=np.int8)
    rows, columns = np.triu_indices(count, 1)
    distance = question.places[columns] - question.places[rows]
    asked = np.zeros(outcomes.shape, dtype=bool)
    asked[rows, columns] = distance >= question.apart
    rows, columns, distance = (part[distance >= question.apart] for part in (rows, columns, distance))
    order = np.lexsort((rows, -distance))
    for done, at in enumerate(order.tolist()):
        i, j = int(rows[at]), int(columns[at])
        if search.alone[i] or search.alone[j]:
            outcomes[i, j] = Outcome.ATTACKABLE
            continue
        if question.late() or (first and search.best is not None):
            break
        outcomes[i, j] = search.decide(i, j)
        if progress is not None:
            progress((done + 1) / len(order))
    if not first:
        search.improve(outcomes)
    return Pairs(outcomes, asked, search.best, search.gain)


__all__ = ["Pairs", "every_pair"]
