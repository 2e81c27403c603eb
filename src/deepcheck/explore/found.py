"""Attackable sets found so far, and which larger sets contain one."""

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from deepcheck.program import Array


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
class Known:
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
        for size in range(1, sets.shape[1] + 1):
            codes = self._coded(size)
            if len(codes):
                for columns in combinations(range(sets.shape[1]), size):
                    mine = self._code(sets[:, list(columns)])
                    at = np.minimum(np.searchsorted(codes, mine), len(codes) - 1)
                    found |= codes[at] == mine
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
