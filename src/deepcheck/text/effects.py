"""What each word of the vocabulary would do at each place of one sentence: to the scores, and to the path.

Over all paths the change of a score is a sum over the units that see the place; along the path it is one linear form,
and the units say which words keep it. Both come from one pass over the tables, with a bound on what rounding does.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from deepcheck.program import Array, Program, in_parallel
from deepcheck.program.parallel import CORES
from deepcheck.symbolic import Run, run
from deepcheck.symbolic.one_layer import TINY, UNIT
from deepcheck.text.kernels import effects
from deepcheck.text.tables import Place, Tables

SUMMED_UP = 1 + 2.0**-30


@dataclass(frozen=True)
class Effects:
    """One sentence, and what single words would do to it.

    Attributes:
        words: The word at each position, a row of the vectors, ``(positions,)``.
        places: The positions that may change, increasing, ``(places,)``.
        label: Whose lead is looked at.
        others: The other labels, lowest first.
        gaps: How far each other label is ahead (behind, where negative), ``(forms,)``.
        gap_errors: How far these may be off.
        gains: What a word at a place adds to each gap, ``(places, forms, words)``; NaN where nothing is known.
        errors: How far the gains of a place may be off, ``(places, forms)``.
        inside: How far inside of its arm the unit stays that is nearest to leaving it, ``(places, words)``.
        slack: How far that may be off, ``(places,)``.
        apart: What words do at places so far apart adds up; None: it never does.
        state: The units at the sentence; None for a network of several layers of branches.
    """

    words: Array
    places: Array
    label: int
    others: Array
    gaps: Array
    gap_errors: Array
    gains: Array
    errors: Array
    inside: Array
    slack: Array
    apart: int | None = None
    state: "State | None" = None

    @staticmethod
    def of(tables: Tables, words: Array, places: Array, label: int | None = None) -> "Effects":
        """Look at one sentence of a network of one layer of branches.

        Args:
            tables: The network's tables.
            words: The word at each position, a row of the vectors, ``(positions,)``.
            places: The positions that may change, increasing.
            label: Whose lead is looked at; by default the sentence's own.
        """
        program = tables.layer.program
        x = tables.inputs(words[None])
        outcome = run(program, x, sharp=True)
        own = int(outcome.labels[0]) if label is None else label
        others = np.delete(np.arange(program.decided().labels), own)
        units = tables.layer.at(x)
        signs = tables.layer.signs(outcome.path)[0]
        state = State(tables, words, own, others, units.value[0], units.error[0], signs)
        gaps, gap_errors = gaps_of(program, outcome, own, others)
        found = state.effects(places)
        return Effects(words, places, own, others, gaps[0], gap_errors[0], *found, apart=tables.gap, state=state)

    @property
    def needed(self) -> Array:
        """What gains must exceed to be certain to change the label, ``(forms,)``, their own errors aside."""
        return -self.gaps + self.gap_errors

    @property
    def harmless(self) -> Array:
        """Gains below this certainly change nothing, ``(forms,)``, their own errors aside."""
        return -self.gaps - self.gap_errors


@dataclass(frozen=True)
class State:
    """The units at a sentence.

    Attributes:
        tables: The network's tables.
        words: The word at each position.
        label: Whose lead is looked at.
        others: The other labels.
        units: What each unit bends at 0, ``(units,)``.
        unit_errors: How far each may be off.
        signs: 1 where a unit is on along the path, -1 where it is off.
    """

    tables: Tables
    words: Array
    label: int
    others: Array
    units: Array
    unit_errors: Array
    signs: Array

    def rates(self, units: Array) -> tuple[Array, Array]:
        """How much units count in each gap, ``(forms, units)``, and how far that may be off."""
        rates = self.tables.layer.rates
        value = rates.value[self.others][:, units] - rates.value[self.label, units]
        error = rates.error[self.others][:, units] + rates.error[self.label, units] + 2 * UNIT * np.abs(value)
        return value, error * SUMMED_UP

    def linear(self, members: Array) -> tuple[Array, Array]:
        """What is linear in the elements of a place, ``(forms, dimensions)``, and how far that may be off."""
        linear = self.tables.layer.linear
        value = linear.value[self.others][:, members] - linear.value[self.label, members]
        error = linear.error[self.others][:, members] + linear.error[self.label, members] + 2 * UNIT * np.abs(value)
        return value, error * SUMMED_UP

    def effects(self, places: Array) -> tuple[Array, Array, Array, Array]:
        """Gains, their errors, how far inside of the path, and how far that may be off; see `Effects`."""
        tables, count = self.tables, len(self.tables.vectors)
        gains = np.zeros((len(places), len(self.others), count))
        inside = np.full((len(places), count), np.inf)
        errors, slack = np.zeros((len(places), len(self.others))), np.zeros(len(places))
        groups: dict[int, list[int]] = {}
        for row, position in enumerate(places.tolist()):
            place = tables.places[position]
            errors[row], slack[row] = self._doubt(place)
            groups.setdefault(place.table, []).append(row)
        for number, rows in groups.items():
            own = [tables.places[int(places[row])] for row in rows]
            if len(own[0].units):
                self._fill(tables.table(number), own, places[rows], rows, gains, inside)
        for row, position in enumerate(places.tolist()):
            form, _ = self.linear(tables.places[position].members)
            if form.any():
                gains[row] += form @ (tables.vectors - tables.vectors[self.words[position]]).T
        return gains, errors, inside, slack

    def _fill(
        self, table: Array, own: list[Place], positions: Array, rows: list[int], gains: Array, inside: Array
    ) -> None:
        """The places of one table, in parallel over the vocabulary."""
        now = self.units[np.array([place.units for place in own])]
        starts = now - table[:, self.words[positions]].T
        rates = np.stack([self.rates(place.units)[0] for place in own])
        signs = self.signs[np.array([place.units for place in own])]
        base = np.einsum("pfu,pu->pf", rates, np.maximum(now, 0.0))
        sums, least = np.empty((len(own), len(self.others), table.shape[1])), np.empty((len(own), table.shape[1]))

        def work(part: slice) -> None:
            sums_part, least_part = sums[:, :, part], least[:, part]
            effects(table[:, part], starts, rates, signs, sums_part, least_part, steps=float(starts.size * len(table)))

        in_parallel(work, _slices(table.shape[1]))
        gains[rows] = sums - base[:, :, None]
        inside[rows] = least

    def most(self, places: Array) -> Array:
        """The most that a word can add to each gap, whatever stands elsewhere, ``(places, forms, words)``.

        ``a (max(0, y + b) - max(0, y))`` is at most ``max(0, a b)`` for every ``y``.
        """
        tables = self.tables
        found = np.zeros((len(places), len(self.others), len(tables.vectors)))
        for row, position in enumerate(places.tolist()):
            place = tables.places[position]
            table, rates = tables.table(place.table), self.rates(place.units)[0]
            now = table[:, [self.words[position]]]
            starts, signs = -now.T, np.ones((1, len(now)))
            sums, least = np.empty((1, len(rates), table.shape[1])), np.empty((1, table.shape[1]))
            effects(table, starts, np.abs(rates)[None], signs, sums, least, steps=float(table.size))
            below = np.minimum(rates, 0.0)
            form = self.linear(place.members)[0]
            found[row] = sums[0] + below @ table - below @ now
            found[row] += form @ (tables.vectors - tables.vectors[self.words[position]]).T
        return found

    def along(self, places: Array) -> Array:
        """What a word adds to each gap along the path, were it to keep it, ``(places, forms, words)``."""
        tables = self.tables
        found = np.zeros((len(places), len(self.others), len(tables.vectors)))
        for row, position in enumerate(places.tolist()):
            place = tables.places[position]
            table = tables.table(place.table)
            rates = np.where(self.signs[place.units] > 0, self.rates(place.units)[0], 0.0)
            found[row] = rates @ table - (rates @ table[:, self.words[position]])[:, None]
            form = self.linear(place.members)[0]
            found[row] += form @ (tables.vectors - tables.vectors[self.words[position]]).T
        return found

    def _doubt(self, place: Place) -> tuple[Array, float]:
        """How far the gains of a place may be off, ``(forms,)``, and how far its units."""
        now, error = np.abs(self.units[place.units]), self.unit_errors[place.units]
        rates, rate_errors = self.rates(place.units)
        linear, linear_errors = self.linear(place.members)
        most = now + 2 * place.reach
        moved = error + 2 * place.error + 3 * UNIT * most
        span = 2 * np.abs(self.tables.vectors).max(axis=0)[None]
        terms = len(place.units) + len(place.members) + 8
        found = (
            np.abs(rates) @ (moved + error)
            + rate_errors @ (most + now)
            + terms * UNIT * (np.abs(rates) @ (most + now))
            + ((linear_errors + terms * UNIT * np.abs(linear)) * span).sum(axis=1)
            + terms * TINY
        )
        return found * SUMMED_UP, float(moved.max(initial=0.0)) * SUMMED_UP


def gaps_of(program: Program, outcome: Run, label: int, others: Array) -> tuple[Array, Array]:
    """How far each other label is ahead in each run, ``(items, forms)``, and how far that may be off."""
    decision = program.decided()
    scores = decision.scores(outcome.outputs.value)
    doubts = decision.doubts(np.broadcast_to(outcome.outputs.element_error, outcome.outputs.value.shape))
    gaps = scores[:, others] - scores[:, [label]]
    return gaps, (doubts[:, others] + doubts[:, [label]] + 2 * UNIT * np.abs(gaps)) * SUMMED_UP


def _slices(count: int) -> list[slice]:
    cuts = np.linspace(0, count, CORES + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(cuts) if b > a]
