"""The path that an input takes: one arm per element of every branch instruction."""

from dataclasses import dataclass

import numpy as np

from deepcheck.program.rationals import Array


@dataclass(frozen=True)
class Path:
    """The activation patterns of a batch.

    Attributes:
        arms: For each branch instruction, in program order, the arms ``(items, *shape)``.
    """

    arms: tuple[Array, ...]

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.arms[0]) if self.arms else 0

    def take(self, items: Array) -> "Path":
        """The paths of some items."""
        return Path(tuple(arms[items] for arms in self.arms))

    def differences(self, other: "Path") -> Array:
        """How many arms differ, item by item, ``(items,)``."""
        pairs = zip(self.arms, other.arms, strict=True)
        counts = [np.count_nonzero(a != b, axis=tuple(range(1, a.ndim))) for a, b in pairs]
        return np.sum(counts, axis=0) if counts else np.zeros(len(self), dtype=np.int64)
