"""Which sets of a family a linear bound leaves open: every set is looked at, in compiled loops."""

import numpy as np

from deepcheck.explore.node import ROUNDING, Node
from deepcheck.program import Array
from deepcheck.program.compiled import Kernel


def _list_open(
    gains: Array, base: Array, first: Array, last: Array, joined: Array, rounding: float, found: Array
) -> int:
    """Count the sets that some row leaves open, and store the places of as many as there is room for.

    Args:
        gains: What each place's feature adds at least, ``(rows, places)``, never above 0.
        base: The bound with nothing changed, ``(rows,)``.
        first: For each member of a set, the first place of its block, ``(size,)``.
        last: One past its last.
        joined: Does a member come from the same block as the one before, ``(size,)``?
        rounding: The relative error of a sum.
        found: Where the places go, ``(room, size)``.
    """
    rows, size, count = len(base), len(first), 0
    at = np.zeros(size, dtype=np.int64)
    sums = np.zeros((size + 1, rows))
    depth = 0
    at[0] = first[0] - 1
    while depth >= 0:
        at[depth] += 1
        if at[depth] >= last[depth]:
            depth -= 1
            continue
        if depth < size - 1:
            for row in range(rows):
                sums[depth + 1, row] = sums[depth, row] + gains[row, at[depth]]
            depth += 1
            at[depth] = at[depth - 1] if joined[depth] else first[depth] - 1
            continue
        for place in range(at[depth], last[depth]):
            for row in range(rows):
                total = sums[depth, row] + gains[row, place]
                if not (base[row] + total > rounding * (abs(base[row]) - total)):
                    if count < found.shape[0]:
                        for member in range(depth):
                            found[count, member] = at[member]
                        found[count, depth] = place
                    count += 1
                    break
        depth -= 1
    return count


_kernel = Kernel(_list_open)


def open_sets(node: Node, base: Array, gains: Array, limit: int) -> Array | None:
    """The sets of a family that linear bounds leave open, features increasing; None if there are more than a limit.

    Args:
        node: The family.
        base: For each label the bound with nothing changed, ``(labels,)``.
        gains: For each label what each feature of the blocks can add at least, block after block, ``(labels, places)``.
        limit: How many to list at most.
    """
    lengths = [len(features) for features, _ in node.blocks]
    starts = np.cumsum([0, *lengths])
    blocks = np.repeat(np.arange(len(node.blocks)), [count for _, count in node.blocks])
    joined = np.concatenate([[False], blocks[1:] == blocks[:-1]])
    found = np.zeros((min(limit, node.sets), node.size), dtype=np.int64)
    steps = float(node.sets * len(base))
    count = _kernel(gains, base, starts[blocks], starts[blocks + 1], joined, ROUNDING, found, steps=steps)
    if count > len(found):
        return None
    features = np.concatenate([features for features, _ in node.blocks])
    return np.sort(features[found[:count]], axis=1)
