"""Two places that share units: whether two words there do together what neither does alone.

``max(0, z + a + b)`` is at most ``max(0, z + a) + max(0, b)``, so a second word adds at most a sum of its own, whatever
the first one is: bounds by which nearly all pairs of words are passed over. What is left is summed pair by pair.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.text.effects import Effects, State
from deepcheck.text.kernels import pairs, pairs_on_path

CAREFUL = 4.0
"""How many times the errors of both places a sum over both of them may be off, generously."""


class Couple(NamedTuple):
    """The best two words that were found.

    Attributes:
        gain: What they gain; -inf where no pair gains more than was asked for.
        first: The word at the first place.
        second: The word at the second place.
        error: How far the gain of any pair may be off.
    """

    gain: float
    first: int
    second: int
    error: float


@dataclass(frozen=True)
class Shared:
    """Two places, and the units that both see.

    Attributes:
        effects: The sentence.
        rows: The two places, as rows of the effects.
        allowed: Which words may take each place, ``(places, words)``.
    """

    effects: Effects
    rows: tuple[int, int]
    allowed: Array

    @property
    def state(self) -> State:
        """The units at the sentence."""
        assert self.effects.state is not None
        return self.effects.state

    def best(self, form: int, floor: float, enough: float = np.inf) -> Couple:
        """The best two words over all paths, if they gain more than ``floor``; or the first above ``enough``."""
        effects, (p, q) = self.effects, self.rows
        error = CAREFUL * float(effects.errors[p, form] + effects.errors[q, form])
        words = [np.flatnonzero(self.allowed[row]) for row in self.rows]
        if not (len(words[0]) and len(words[1])):
            return Couple(-np.inf, -1, -1, error)
        parts = [self._parts(row, words[side], form) for side, row in enumerate(self.rows)]
        order = [np.argsort(-part.bound, kind="stable") for part in parts]
        first, second = (part.sorted(at) for part, at in zip(parts, order, strict=True))
        found = np.zeros(4)
        steps = float(len(words[0]) * len(words[1]) * max(1, len(first.moves)))
        shared = self._units()
        rates = self.state.rates(shared)[0][form]
        base = float(rates @ np.maximum(self.state.units[shared], 0.0))
        pairs(
            self.state.units[shared], first.moves, second.moves, rates, first.own - base, second.own,
            first.most, second.most, first.bound, second.bound, floor - error, enough, found, steps=steps,
        )  # fmt: skip
        if found[1] < 0:
            return Couple(-np.inf, -1, -1, error)
        chosen = [int(words[side][order[side][int(found[1 + side])]]) for side in (0, 1)]
        return Couple(float(found[0]), chosen[0], chosen[1], error)

    def best_on_path(self, form: int, floor: float) -> Couple:
        """The best two words that keep the path together, if they gain more than ``floor``."""
        effects, state = self.effects, self.state
        p, q = self.rows
        error = CAREFUL * float(effects.errors[p, form] + effects.errors[q, form])
        slack = CAREFUL * float(effects.slack[p] + effects.slack[q])
        shared = self._units()
        sides = []
        for row in self.rows:
            moves, own = self._moves(row)
            alone = ~np.isin(self.state.tables.places[int(effects.places[row])].units, shared)
            signs = state.signs[own]
            start = signs * state.units[own]
            kept = (start[alone, None] + signs[alone, None] * moves[alone] >= -slack).all(axis=0)
            words = np.flatnonzero(self.allowed[row] & kept)
            on = np.where(signs > 0, state.rates(own)[0][form], 0.0)
            gains = on @ moves[:, words] + self._linear(row, words, form)
            order = np.argsort(-gains, kind="stable")
            sides.append((words[order], gains[order], (signs[:, None] * moves)[~alone][:, words[order]]))
        (words_p, gains_p, moves_p), (words_q, gains_q, moves_q) = sides
        found = np.zeros(4)
        if len(words_p) and len(words_q):
            start = state.signs[shared] * state.units[shared]
            pairs_on_path(
                start, np.ascontiguousarray(moves_p), np.ascontiguousarray(moves_q), gains_p, gains_q, slack,
                floor - error, found, steps=float(len(words_p) * len(words_q) * max(1, len(shared))),
            )  # fmt: skip
        if not (len(words_p) and len(words_q)) or found[1] < 0:
            return Couple(-np.inf, -1, -1, error)
        return Couple(float(found[0]), int(words_p[int(found[1])]), int(words_q[int(found[2])]), error)

    def _units(self) -> Array:
        tables, places = self.state.tables, self.effects.places
        p, q = (tables.places[int(places[row])].units for row in self.rows)
        return np.intersect1d(p, q, assume_unique=True)

    def _moves(self, row: int) -> tuple[Array, Array]:
        """What each word at a place adds to each unit that sees it, ``(units, words)``, and which units these are."""
        effects = self.effects
        position = int(effects.places[row])
        place = self.state.tables.places[position]
        table = self.state.tables.table(place.table)
        return table - table[:, [effects.words[position]]], place.units

    def _linear(self, row: int, words: Array, form: int) -> Array:
        effects = self.effects
        position = int(effects.places[row])
        linear = self.state.linear(self.state.tables.places[position].members)[0][form]
        vectors = self.state.tables.vectors
        return np.asarray((vectors[words] - vectors[effects.words[position]]) @ linear)

    def _parts(self, row: int, words: Array, form: int) -> "_Side":
        """What some words at a place gain, in all and in the units that only this place sees, and at most."""
        effects, shared = self.effects, self._units()
        moves, units = self._moves(row)
        both = np.isin(units, shared)
        moves = moves[np.ix_(both, words)]
        now = self.state.units[units[both]]
        rates = self.state.rates(units[both])[0][form]
        most = effects.gains[row, form, words]
        together = rates @ np.maximum(now[:, None] + moves, 0.0) - rates @ np.maximum(now, 0.0)
        own = most - together
        rises = np.maximum(rates[:, None] * moves, 0.0).sum(axis=0)
        return _Side(np.ascontiguousarray(moves), own, most, own + rises)


@dataclass(frozen=True)
class _Side:
    """One of two places: moves of shared units ``(units, words)``; gains ``(words,)``."""

    moves: Array
    own: Array
    most: Array
    bound: Array

    def sorted(self, at: Array) -> "_Side":
        return _Side(np.ascontiguousarray(self.moves[:, at]), self.own[at], self.most[at], self.bound[at])
