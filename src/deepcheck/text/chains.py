"""The most that words at any so many places can gain together: at places apart exactly, at all others as a bound.

Both are found by going through the places from left to right, since only places near each other share units.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import Array
from deepcheck.text.effects import Effects
from deepcheck.text.question import Question
from deepcheck.text.singles import Singles

UP = 1 + 2.0**-40


def most_apart(effects: Effects, best: Array, size: int, form: int, apart: int) -> tuple[float, tuple[int, ...]]:
    """The best at most ``size`` places, each pair of them apart, by what one word gains at each.

    Args:
        effects: The sentence; its words add up at places that are `Effects.apart`.
        best: The most that a word gains at each place, ``(places, forms)``.
        size: How many places at most.
        form: Which gap.
        apart: How far apart they are, at least `Effects.apart`.

    Returns:
        What they gain, and which they are, rows of the effects, increasing.
    """
    count, places = len(best), effects.places
    assert effects.apart is not None
    assert apart >= effects.apart
    value = np.zeros((size + 1, count + 1))
    taken = np.zeros((size + 1, count + 1), dtype=bool)
    before = np.searchsorted(places, places - apart, side="right")
    for k in range(1, size + 1):
        for row in range(count):
            with_it = value[k - 1, before[row]] + best[row, form]
            value[k, row + 1] = max(value[k, row], with_it)
            taken[k, row + 1] = with_it > value[k, row]
    chosen: list[int] = []
    k, row = size, count
    while k and row:
        if taken[k, row]:
            chosen.append(row - 1)
            row, k = int(before[row - 1]), k - 1
        else:
            row -= 1
    return float(value[size, count]), tuple(reversed(chosen))


@dataclass(frozen=True)
class Ceiling:
    """What bounds the gains of words at any places.

    Attributes:
        alone: The most that a word gains at each place where no changed word is near before it, ``(places, forms)``.
        beside: The most that it gains whatever changed before it.
        near: How many places apart words are no longer near.
        places: The places.
    """

    alone: Array
    beside: Array
    near: int
    places: Array

    @staticmethod
    def of(question: Question, singles: Singles) -> "Ceiling | None":
        """Work it out; None for a network whose words' effects are not known to add up."""
        effects, allowed = question.effects, question.allowed
        if effects.state is None or effects.apart is None:
            return None
        errors = (4 * effects.errors) * UP
        if question.along:
            linear = effects.state.along(question.places)
            most = np.where(allowed[:, None], linear, -np.inf).max(axis=2, initial=0.0) + errors
            return Ceiling(most, most, 1, question.places)
        beside = np.where(allowed[:, None], effects.state.most(question.places), -np.inf).max(axis=2, initial=0.0)
        alone = np.maximum(singles.best, 0.0)
        return Ceiling(alone + errors, np.maximum(beside, alone) + errors, effects.apart, question.places)

    def gain(self, size: int, form: int) -> float:
        """A bound on what words at any ``size`` places gain together."""
        count = len(self.places)
        # value[k, r]: the best of k places that ends at place r.
        ends = np.full((size + 1, count), -np.inf)
        ends[1] = self.alone[:, form]
        best = ends[1].max(initial=0.0)
        for k in range(2, size + 1):
            for row in range(count):
                near = self.places[row] - self.places[:row] < self.near
                far = ends[k - 1, :row][~near].max(initial=-np.inf) + self.alone[row, form]
                close = ends[k - 1, :row][near].max(initial=-np.inf) + self.beside[row, form]
                ends[k, row] = max(far, close)
            best = max(best, ends[k].max(initial=0.0))
        return float(best) * UP
