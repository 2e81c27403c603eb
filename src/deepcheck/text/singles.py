"""Every single word of the vocabulary at every place: which of them change the label.

Over all paths this is complete: "no single word, anywhere in this sentence, changes the verdict" is a proof, or there
is the list of those that do. Along the path it is complete as well.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.program import Array
from deepcheck.text.question import Question

OPEN = 10_000
"""More words than this are not put to exact arithmetic: rounding hides them only where a network is degenerate."""


@dataclass(frozen=True)
class Singles:
    """What became of every word at every place.

    Attributes:
        outcomes: An `Outcome` for each, ``(places, words)``; untried where a word is not allowed, or time ran out.
        gains: What each allowed word adds to each gap, ``(places, forms, words)``; -inf where it is not allowed or
            leaves a path that is asked for.
        allowed: Which words were asked about.
    """

    outcomes: Array
    gains: Array
    allowed: Array

    def count(self, outcome: Outcome) -> int:
        """How many words, over all places, came out so."""
        return int(np.count_nonzero(self.allowed & (self.outcomes == outcome)))

    @cached_property
    def attacking(self) -> Array:
        """Which words change the label, ``(places, words)``."""
        return np.asarray(self.outcomes == Outcome.ATTACKABLE)

    @cached_property
    def open(self) -> Array:
        """Which allowed words are undecided or untried, ``(places, words)``."""
        return np.asarray(self.allowed & (self.outcomes != Outcome.ATTACKABLE) & (self.outcomes != Outcome.PROVED))

    @property
    def counts(self) -> dict[str, int]:
        """How many words were asked about, and what became of them; the four add up to them."""
        attackable, proved = self.count(Outcome.ATTACKABLE), self.count(Outcome.PROVED)
        untried, asked = self.count(Outcome.UNTRIED), int(np.count_nonzero(self.allowed))
        return {
            "attackable": attackable,
            "proved": proved,
            "undecided": asked - attackable - proved - untried,
            "untried": untried,
        }

    @cached_property
    def best(self) -> Array:
        """The most that an allowed word gains at each place, ``(places, forms)``; -inf where there is none."""
        return np.asarray(np.nanmax(self.gains, axis=2, initial=-np.inf))


def every_word(question: Question) -> Singles:
    """Decide every allowed word at every place."""
    effects, allowed = question.effects, question.allowed
    gains = np.where(allowed[:, None], effects.gains, -np.inf)
    sums, doubt = effects.gaps[:, None] + gains, (effects.gap_errors + effects.errors)[:, :, None]
    doubt = doubt * (1 + 2.0**-30) + 2.0**-50 * np.abs(np.where(np.isfinite(sums), sums, 0.0))
    attacking = _wins(sums, doubt)
    harmless = (sums < -doubt).all(axis=1)
    if question.along:
        slack = effects.slack[:, None]
        left = effects.inside < -slack
        harmless |= left
        attacking &= ~left & (effects.inside > slack)
        gains[np.broadcast_to(left[:, None], gains.shape)] = -np.inf
    outcomes = np.full(allowed.shape, Outcome.UNTRIED, dtype=np.int8)
    outcomes[allowed & harmless] = Outcome.PROVED
    outcomes[allowed & attacking & ~harmless] = Outcome.ATTACKABLE
    _settle(question, outcomes)
    return Singles(outcomes, gains, allowed)


def _wins(sums: Array, doubt: Array) -> Array:
    """Where another label is certainly ahead of every other one, ``(places, words)``; a tie between two is no win."""
    if sums.shape[1] == 1:
        return np.asarray((sums > doubt)[:, 0])
    first = np.argmax(sums, axis=1, keepdims=True)
    lead, own = np.take_along_axis(sums, first, axis=1), np.take_along_axis(doubt, first, axis=1)
    with np.errstate(invalid="ignore"):
        ahead = (lead - sums > own + doubt) | (np.arange(sums.shape[1])[:, None] == first)
    return np.asarray((lead > own)[:, 0] & ahead.all(axis=1))


def _settle(question: Question, outcomes: Array) -> None:
    """Put to exact arithmetic what floats leave open."""
    place, word = np.nonzero(question.allowed & (outcomes == Outcome.UNTRIED))
    for p, w in list(zip(place.tolist(), word.tolist(), strict=True))[:OPEN]:
        if question.late():
            return
        outcomes[p, w] = question.exactly({int(question.places[p]): w})
    outcomes[place[OPEN:], word[OPEN:]] = Outcome.NARROW
