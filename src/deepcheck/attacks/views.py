"""Views of attacks: made one by one, when they are looked at."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload

import numpy as np

from deepcheck.attacks.witness import Attack, Glance
from deepcheck.program import Array, Program
from deepcheck.solvers.planes import PRECISION
from deepcheck.symbolic import EXACT_PRODUCTS, exact_outputs, run


class Views(Sequence[Attack]):
    """Attacks of one input, made one by one when asked for."""

    @abstractmethod
    def _make(self, position: int) -> Attack:
        """One of them."""

    @abstractmethod
    def glance(self, position: int) -> Glance:
        """What is known of one of them without any work."""

    @property
    @abstractmethod
    def strongest(self) -> int | None:
        """The position of the one with the largest margin that survives replay, or of one that does not; or None."""

    @abstractmethod
    def memberships(self) -> Array:
        """In how many of them each feature is, ``(features,)``; a set counts once for each label that it reaches."""

    @overload
    def __getitem__(self, index: int) -> Attack: ...
    @overload
    def __getitem__(self, index: slice) -> list[Attack]: ...
    def __getitem__(self, index: int | slice) -> Attack | list[Attack]:
        if isinstance(index, slice):
            return [self._make(position) for position in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._make(index % len(self))


def margin_at(program: Program, changed: Array, label: int) -> float:
    """A label's lead at a stored witness: from exact arithmetic where floats do not know it well."""
    outcome = run(program, changed[None], sharp=True)
    decision = program.decided()
    scores = decision.scores(outcome.outputs.value)[0]
    errors = np.broadcast_to(outcome.outputs.element_error, outcome.outputs.value.shape)
    lead = float(scores[label] - np.delete(scores, label).max())
    if 2 * float(decision.doubts(errors).max()) < PRECISION * lead or program.products > EXACT_PRODUCTS:
        return lead
    exact = decision.scores(exact_outputs(program, changed[None]).fractions())[0]
    least = min(exact[label] - exact[other] for other in range(len(exact)) if other != label)
    try:
        return float(least)
    except OverflowError:
        return float("inf")


def strongest_of(margins: Array, replayed: Array) -> int | None:
    """The position of the largest margin among those that survive replay; among all if none does."""
    if not len(margins):
        return None
    return int(np.argmax(np.where(replayed | ~replayed.any(), np.nan_to_num(margins), -np.inf)))
