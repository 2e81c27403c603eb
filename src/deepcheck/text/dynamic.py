"""Few words to choose from at each place: the best change of any number of them, exactly, by dynamic programming.

A unit sees places near each other only. So the sentence is gone through from left to right, and of all choices of words
up to a place only the last few matter for what follows: of those that agree there the best is kept, for each number
of words replaced.

Source: Bellman, Dynamic Programming, 1957.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.program import Array
from deepcheck.text.effects import State
from deepcheck.text.question import Question, Words

MOST_TERMS = 1 << 29
"""Units times choices of words that they see: more than this are not gone through."""
MOST_NUMBERS = 1 << 24
"""So many numbers a step may keep."""
BLOCK = 1 << 22
"""So many sums are made at a time."""


@dataclass(frozen=True)
class _Group:
    """Units that see the same places, whose last is done when they are added."""

    places: tuple[int, ...]
    units: Array


@dataclass(frozen=True)
class BestByCount:
    """The best words for each number of replaced ones.

    Attributes:
        gains: The most that so many words gain, ``(most + 1,)``, for one form.
        words: The words that do.
        doubt: How far a gain may be off.
    """

    gains: tuple[float, ...]
    words: tuple[Words, ...]
    doubt: float


class Chain:
    """The choices at every position, and the units between them.

    Args:
        question: The sentence, of a network of one layer of branches.
        most: At most so many words are replaced.
    """

    def __init__(self, question: Question, most: int) -> None:
        self.question, self.most = question, most
        effects = question.effects
        assert effects.state is not None
        self.state: State = effects.state
        free = dict(zip(question.places.tolist(), range(len(question.places)), strict=True))
        rows = question.sentence.rows
        self.options = [
            np.append(rows[at], np.flatnonzero(question.allowed[free[at]])) if at in free else rows[[at]]
            for at in range(len(rows))
        ]
        self.groups = self._groups()
        self.width = max((max(g.places) - min(g.places) + 1 for g in self.groups), default=1)

    def _groups(self) -> list[_Group]:
        """Units by the changeable places that they see; those that see none stay as they are."""
        places = self.state.tables.places
        count = len(self.state.units)
        seen = np.zeros((count, len(places)), dtype=bool)
        for at, place in enumerate(places):
            if len(self.options[at]) > 1:
                seen[place.units, at] = True
        patterns, of = np.unique(seen, axis=0, return_inverse=True)
        return [
            _Group(tuple(np.flatnonzero(pattern).tolist()), np.flatnonzero(of.reshape(-1) == number))
            for number, pattern in enumerate(patterns)
            if pattern.any()
        ]

    @property
    def feasible(self) -> bool:
        """Are there few enough choices?"""
        terms = sum(len(g.units) * prod(len(self.options[at]) for at in g.places) for g in self.groups)
        sizes = [len(options) for options in self.options]
        widest = max(prod(sizes[max(0, at - self.width + 1) : at + 1]) * (self.most + 1) for at in range(len(sizes)))
        return terms <= MOST_TERMS and widest <= MOST_NUMBERS

    def best(self, form: int) -> BestByCount:
        """The best words for each number of replaced ones, for one form."""
        length = len(self.options)
        # value[k, ...]: the best with k words replaced, by the choices at the last few positions.
        value: Array = np.full((self.most + 1,), -np.inf)
        value[0] = 0.0
        window: list[int] = []
        back: list[Array | None] = []
        for at in range(length):
            value, window = self._extended(value, at) + self._linear(at, form), [*window, at]
            for group in self.groups:
                if max(group.places) == at:
                    value = value + self._sums(group, window, form)
            chosen = None
            if len(window) >= self.width and at < length - 1:
                chosen, value, window = value.argmax(axis=1), value.max(axis=1), window[1:]
            back.append(chosen)
        return self._traced(value, window, back, form)

    def _extended(self, value: Array, at: int) -> Array:
        """One position more: its own word, or one that counts."""
        options = len(self.options[at])
        grown = np.full((*value.shape, options), -np.inf)
        grown[..., 0] = value
        if options > 1:
            grown[1:, ..., 1:] = value[:-1, ..., None]
        return grown

    def _sums(self, group: _Group, window: list[int], form: int) -> Array:
        """What the units of a group add to the gap, by the choices at the window's positions."""
        state, own = self.state, group.units
        rates = state.rates(own)[0][form]
        base = float(rates @ np.maximum(state.units[own], 0.0))
        moves = [self._moves(at, own) for at in group.places]
        sizes = [part.shape[1] for part in moves]
        total = np.empty(sizes)
        along, signs = self.question.along, state.signs[own]
        slack = self.slack
        each = max(1, BLOCK // max(1, len(own) * prod(sizes[1:])))
        for start in range(0, sizes[0], each):
            units = state.units[own].reshape(-1, *[1] * len(sizes))
            for axis, part in enumerate(moves):
                some = part[:, start : start + each] if axis == 0 else part
                units = units + some.reshape(len(own), *[-1 if axis == other else 1 for other in range(len(sizes))])
            sums = np.tensordot(rates, np.maximum(units, 0.0), axes=1) - base
            if along:
                inside = (signs.reshape(-1, *[1] * len(sizes)) * units).min(axis=0) >= -slack
                sums = np.where(inside, sums, -np.inf)
            total[start : start + each] = sums
        shape = [len(self.options[at]) if at in group.places else 1 for at in window]
        return total.reshape(1, *shape)

    def _moves(self, at: int, units: Array) -> Array:
        """What each choice at a position adds to some units that see it, ``(units, choices)``."""
        place = self.state.tables.places[at]
        table = self.state.tables.table(place.table)[np.searchsorted(place.units, units)]
        options = self.options[at]
        return np.asarray(table[:, options] - table[:, options[:1]])

    def _linear(self, at: int, form: int) -> Array:
        tables = self.state.tables
        linear = self.state.linear(tables.places[at].members)[0][form]
        options = self.options[at]
        return np.asarray((tables.vectors[options] - tables.vectors[options[0]]) @ linear)

    @property
    def slack(self) -> float:
        """How far outside of its arm a unit may seem to be."""
        return 4.0 * self.width * float(self.question.effects.slack.max(initial=0.0))

    def _traced(self, value: Array, window: list[int], back: list[Array | None], form: int) -> BestByCount:
        """The words behind each best value."""
        gains, found = [], []
        for count in range(self.most + 1):
            last = np.unravel_index(int(value[count].argmax()), value.shape[1:])
            gains.append(float(value[count][last]))
            choices = dict(zip(window, (int(i) for i in last), strict=True))
            left = count
            for at in range(len(back) - 1, -1, -1):
                chosen = back[at]
                if chosen is not None:
                    before = at - self.width + 1
                    rest = tuple(choices[place] for place in range(before + 1, at + 1))
                    # How many words are replaced up to this position: those behind it do not count.
                    up_to = left - sum(choices[place] != 0 for place in choices if place > at)
                    choices[before] = int(chosen[(up_to, *rest)])
            found.append({at: int(self.options[at][i]) for at, i in sorted(choices.items()) if i})
        # Sums of units by every place that they see, then one sum a position and a group.
        terms = self.width + len(self.options) + len(self.groups)
        doubt = 8.0 * terms * float(self.question.effects.errors[:, form].sum())
        return BestByCount(tuple(gains), tuple(found), doubt)
