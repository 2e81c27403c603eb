"""Families of sets as a product of blocks: so many features of each of a few disjoint blocks.

A node stands for all sets that take exactly ``count`` features of each block; as points of the domain these include
all smaller sets. Splitting a block distributes its count over the halves, so that every set stays in exactly one node.

Source: the distribution of t over halves: CoVerD (CAV 2024) covers, here by halving; arXiv 2511.10576.
"""

from dataclasses import dataclass
from math import comb

import numpy as np

from deepcheck.program import Array
from deepcheck.symbolic.bounds import Known
from deepcheck.symbolic.parts import Blocks, Movable

ROUNDING = 2.0**-40
"""Covers the rounding of sums of a few gains, relative to their magnitudes."""


@dataclass(frozen=True)
class Node:
    """A family of sets.

    Attributes:
        blocks: Disjoint features, and how many of each a set has; each has at least so many.
        labels: Which other labels are open, ``(others,)``.
        known: The layers' ranges of a node that holds this one, or None.
        danger: The least lead that a bound left there; for the order of work.
    """

    blocks: tuple[tuple[Array, int], ...]
    labels: Array
    known: tuple[Known, ...] | None
    danger: float = -np.inf

    @property
    def sets(self) -> int:
        """How many sets there are."""
        total = 1
        for features, count in self.blocks:
            total *= comb(len(features), count)
        return total

    @property
    def size(self) -> int:
        """How many features a set has."""
        return sum(count for _, count in self.blocks)


def blocks_of(nodes: list[Node], movable: Movable, gains: dict[int, tuple[Array, Array]]) -> Blocks:
    """The nodes as parts of the domain."""
    width = max(len(node.blocks) for node in nodes)
    shape = (len(nodes), width)
    starts, ends, counts = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    listed: list[Array] = []
    at = 0
    for row, node in enumerate(nodes):
        for column, (features, count) in enumerate(node.blocks):
            starts[row, column], at = at, at + len(features)
            ends[row, column], counts[row, column] = at, count
            listed.append(features)
    return Blocks(movable, np.concatenate(listed), starts, ends, counts, gains)


def survivors(node: Node, base: Array, gains: list[Array]) -> tuple[tuple[Array, int], ...] | None:
    """The features that some set has which linear bounds do not refute; None if there is no such set.

    Args:
        node: The sets.
        base: For each open label the bound with nothing changed, rounded down, ``(labels,)``.
        gains: For each block what each of its features can add at least, ``(labels, features)``, never above 0.
    """
    tops, worst = [], []
    for (_, count), gain in zip(node.blocks, gains, strict=True):
        least = np.partition(gain, count - 1, axis=1)[:, :count] if count < gain.shape[1] else gain
        tops.append(least.sum(axis=1))
        worst.append(least.max(axis=1))
    lead = base + sum(tops)
    slack = ROUNDING * (np.abs(base) + np.abs(sum(tops)))
    kept = []
    for (features, count), gain, last in zip(node.blocks, gains, worst, strict=True):
        # A feature that is not among the best of its block takes the place of the last of them.
        best = lead[:, None] + np.maximum(gain - last[:, None], 0.0)
        alive = features[~(best > slack[:, None]).all(axis=0)]
        if len(alive) < count:
            return None
        kept.append((alive, count))
    return tuple(kept)


def halves(blocks: tuple[tuple[Array, int], ...], order: list[Array]) -> list[tuple[tuple[Array, int], ...]]:
    """Halve the largest block, and distribute its count in every way.

    Args:
        blocks: The blocks.
        order: For each block its features, most dangerous first.
    """
    at = max(range(len(blocks)), key=lambda each: len(blocks[each][0]))
    count, ordered = blocks[at][1], order[at]
    head, tail = np.sort(ordered[: len(ordered) // 2]), np.sort(ordered[len(ordered) // 2 :])
    others = blocks[:at] + blocks[at + 1 :]
    found = []
    for first in range(count, -1, -1):
        if first <= len(head) and count - first <= len(tail):
            new = tuple(pair for pair in ((head, first), (tail, count - first)) if pair[1])
            found.append(others + new)
    return found
