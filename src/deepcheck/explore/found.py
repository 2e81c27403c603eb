"""Attackable sets found so far, and which larger sets contain one."""

from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np

from deepcheck.program import Array

MOST_CODES = 1 << 62
"""A set is a whole number below this, or else looked up by its members."""
MOST_SUBSETS = 1000
"""A set of more subsets of one size is looked at by the known sets instead."""


@dataclass(frozen=True)
class Attackable:
    """One attackable set, with its witness.

    Attributes:
        features: The set, increasing.
        label: The label reached.
        values: The set's elements, feature by feature, in the model's own numbers.
        margin: That label's lead over every other there; positive.
    """

    features: tuple[int, ...]
    label: int
    values: tuple[float, ...]
    margin: float


@dataclass
class Attackables:
    """Minimal attackable sets of one input.

    Attributes:
        count: How many features the input has.
        sets: What is known, by set.
    """

    count: int
    sets: dict[tuple[int, ...], Attackable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._codes: dict[int, Array] = {}

    def add(self, found: list[Attackable]) -> None:
        """Keep sets that contain no known one."""
        for each in found:
            known = self.sets.get(each.features)
            if known is None or each.margin > known.margin:
                self.sets[each.features] = each
        self._codes.clear()

    def of_size(self, size: int) -> list[Attackable]:
        """Those of one size, in increasing order."""
        return [self.sets[features] for features in sorted(self.sets) if len(features) == size]

    def singles(self) -> Array:
        """Features that are attackable alone, increasing."""
        return np.array(sorted(f[0] for f in self.sets if len(f) == 1), dtype=np.int64)

    def contained(self, sets: Array) -> Array:
        """Which sets, ``(sets, size)``, features increasing, contain a known one."""
        found = np.zeros(len(sets), dtype=bool)
        for size in sorted({len(features) for features in self.sets}):
            if size > sets.shape[1] or len(sets) == 0:
                continue
            if self.count**size < MOST_CODES and comb(sets.shape[1], size) <= MOST_SUBSETS:
                found |= self._by_code(sets, size)
            else:
                found |= self._by_member(sets, size)
        return found

    def _by_code(self, sets: Array, size: int) -> Array:
        """Look every subset of so many features up."""
        codes, found = self._coded(size), np.zeros(len(sets), dtype=bool)
        for columns in combinations(range(sets.shape[1]), size):
            mine = self._code(sets[:, list(columns)])
            found |= codes[np.minimum(np.searchsorted(codes, mine), len(codes) - 1)] == mine
        return found

    def _by_member(self, sets: Array, size: int) -> Array:
        """Look for every known set of so many features."""
        members = np.zeros((len(sets), self.count), dtype=bool)
        np.put_along_axis(members, sets, True, axis=1)
        found = np.zeros(len(sets), dtype=bool)
        for features in self.sets:
            if len(features) == size:
                found |= members[:, list(features)].all(axis=1)
        return found

    def _coded(self, size: int) -> Array:
        if size not in self._codes:
            rows = np.array([f for f in self.sets if len(f) == size], dtype=np.int64).reshape(-1, size)
            self._codes[size] = np.sort(self._code(rows))
        return self._codes[size]

    def _code(self, sets: Array) -> Array:
        code = np.zeros(len(sets), dtype=np.int64)
        for column in range(sets.shape[1]):
            code = code * self.count + sets[:, column]
        return code
