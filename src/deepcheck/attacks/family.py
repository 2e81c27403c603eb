"""What became of all sets of so many features of one input."""

from dataclasses import dataclass
from math import comb

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.program import Array


@dataclass(frozen=True)
class Wins:
    """Attacks found: one row per set and label, sorted by the order of trying.

    Attributes:
        ranks: The set, by its features' places in the order of trying, increasing, ``(rows, size)``.
        label: The label reached.
        values: A witness: the members' elements, feature by feature, in the model's own numbers,
            ``(rows, size * elements of a feature)``.
        margin: The label's lead over every other at the witness.
    """

    ranks: Array
    label: Array
    values: Array
    margin: Array

    def take(self, rows: Array) -> "Wins":
        """Some rows."""
        return Wins(self.ranks[rows], self.label[rows], self.values[rows], self.margin[rows])

    @staticmethod
    def empty(size: int, width: int) -> "Wins":
        """No rows."""
        return Wins(np.zeros((0, size), np.int64), np.zeros(0, np.int64), np.zeros((0, width)), np.zeros(0))

    @staticmethod
    def join(parts: "list[Wins]") -> "Wins":
        """The rows of several, at least one."""
        return Wins(
            *(np.concatenate([getattr(p, name) for p in parts]) for name in ("ranks", "label", "values", "margin"))
        )


@dataclass(frozen=True)
class Family:
    """All sets of one size, in colexicographic order of rank: (1,2), (1,3), (2,3), (1,4), ...

    Attributes:
        size: How many features a set has.
        order: Features in the order tried, ``(m,)``.
        wins: Attacks; from three features on those of minimal sets only.
        attackable: How many sets are attackable, those that contain a listed one included.
        new: How many of them have no attackable subset of fewer features; None where that was not asked.
        undecided: How many sets are open, by `Outcome`.
        untried: How many sets were not tried.
        exact: How many (set, label) questions needed exact arithmetic.
    """

    size: int
    order: Array
    wins: Wins
    attackable: int
    new: int | None
    undecided: dict[Outcome, int]
    untried: int
    exact: int = 0

    @property
    def asked(self) -> int:
        """How many sets there are."""
        return comb(len(self.order), self.size)

    @property
    def proved(self) -> int:
        """How many sets are proved."""
        return self.asked - self.attackable - sum(self.undecided.values()) - self.untried


def places(ranks: Array) -> Array:
    """Each set's place in colexicographic order, counted from 0, ``(rows,)``; ranks increase along a row."""
    found = np.zeros(len(ranks), dtype=np.int64)
    for at in range(ranks.shape[1]):
        found += _choose(ranks[:, at], at + 1)
    return found


def _choose(n: Array, k: int) -> Array:
    """``n`` choose ``k``, exactly, for arrays; int64, with the caller's word that it fits."""
    found = np.ones(len(n), dtype=np.int64)
    for i in range(k):
        found = found * (n - i) // (i + 1)
    return np.where(n >= k, found, 0)
