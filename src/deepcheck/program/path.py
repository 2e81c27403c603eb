"""The path that an input takes: one arm per element of every branch instruction."""

from dataclasses import dataclass

import numpy as np

from deepcheck.program.rationals import Array


@dataclass(frozen=True)
class Path:
    """The activation patterns of a batch.

    Attributes:
        arms: For each branch instruction, in program order, the arms ``(items, *shape)``.
        items: How many items there are.
    """

    arms: tuple[Array, ...]
    items: int

    def __len__(self) -> int:
        return self.items

    def take(self, items: Array) -> "Path":
        """The paths of some items."""
        return Path(tuple(arms[items] for arms in self.arms), len(items))

    def differences(self, other: "Path") -> Array:
        """How many arms differ, item by item, ``(items,)``."""
        total = np.zeros(self.items, dtype=np.int64)
        for mine, theirs in zip(self.arms, other.arms, strict=True):
            total += np.count_nonzero(mine != theirs, axis=tuple(range(1, mine.ndim)))
        return total
