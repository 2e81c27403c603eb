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
        ranks: The set, by its features' places in the order of trying, increasing, ``(rows, size)``; smaller sets start
            with -1.
        label: The label reached.
        values: A witness: the members' elements, feature by feature, in the model's own numbers,
            ``(rows, size * elements of a feature)``; NaN where there is no member.
        margin: The label's lead over every other at the witness.
    """

    ranks: Array
    label: Array
    values: Array
    margin: Array

    def take(self, rows: Array) -> "Wins":
        """Some rows."""
        return Wins(self.ranks[rows], self.label[rows], self.values[rows], self.margin[rows])

    def distinct(self) -> Array:
        """The sets, each once, sorted."""
        return np.unique(self.ranks, axis=0)

    def completed_places(self) -> Array:
        """The place of the first set of full size that contains each, counted from 0, ``(rows,)``."""
        return places(completed(self.ranks))

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


def padded(wins: Wins, size: int, width: int) -> Wins:
    """The same sets as sets of a larger size: -1 and NaN where there is no member."""
    missing = size - wins.ranks.shape[1]
    return Wins(
        np.pad(wins.ranks, ((0, 0), (missing, 0)), constant_values=-1),
        wins.label,
        np.pad(wins.values, ((0, 0), (missing * width, 0)), constant_values=np.nan),
        wins.margin,
    )


def completed(ranks: Array) -> Array:
    """Sets filled up with the lowest ranks that they lack, ``(rows, size)``: the first sets that contain them."""
    if not (ranks < 0).any():
        return ranks
    size = ranks.shape[1]
    low = np.broadcast_to(np.arange(size), (len(ranks), size))
    lacks = ~(low[:, :, None] == ranks[:, None, :]).any(axis=2)
    wanted = (ranks < 0).sum(axis=1, keepdims=True)
    fill = np.where(lacks & (np.cumsum(lacks, axis=1) <= wanted), low, size)
    filled = np.sort(fill, axis=1)
    return np.sort(np.where(ranks < 0, filled, ranks), axis=1)


def places(ranks: Array) -> Array:
    """Each set's place in colexicographic order, counted from 0, ``(rows,)``; ranks increase along a row."""
    found = np.zeros(len(ranks), dtype=np.int64)
    for at in range(ranks.shape[1]):
        found += _choose(ranks[:, at], at + 1)
    return found


def _choose(n: Array, k: int) -> Array:
    """``n`` choose ``k``, exactly, for arrays; int64, with the caller's word that it fits."""
    distinct, of = np.unique(n, return_inverse=True)
    return np.array([comb(int(each), k) for each in distinct], dtype=np.int64)[of]
