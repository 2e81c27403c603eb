"""Every set of so many features that bounds leave and that has no smaller attackable subset; the others are counted.

The sets form a tree, largest rank first. A branch whose sets are all attackable, since they contain a smaller
attackable set, or all proved, since no label's gains can reach what is needed, is counted by a binomial and not
entered.

Source: DESIGN.md, section 4, "Pruning": a set that contains an attackable one is attackable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from deepcheck.errors import OptionError
from deepcheck.program import Array
from deepcheck.program.compiled import Kernel

CAPACITY = 1 << 16
"""How many systems are handed out at once."""


@dataclass(frozen=True)
class Bounds:
    """Upper bounds of labels' leads.

    A set reaches a label only if, in each of the label's bounds, its features' gains add up to what is needed.

    Attributes:
        gains: What each feature adds, rounded up, never negative, ``(bounds, features)``.
        needed: What they must add up to, rounded down, ``(bounds,)``.
        label: Which label each bound is about, increasing, ``(bounds,)``.
    """

    gains: Array
    needed: Array
    label: Array

    def take(self, features: Array) -> "Bounds":
        """The same about some features."""
        return Bounds(np.ascontiguousarray(self.gains[:, features]), self.needed, self.label)

    def candidates(self, size: int) -> Array:
        """Features that some set of so many can have; all sets with others are proved."""
        count = self.gains.shape[1]
        if count < size:
            return np.zeros(0, dtype=np.int64)
        rest = np.zeros(len(self.label))
        if size > 1:
            rest = np.partition(self.gains, count - size + 1, axis=1)[:, count - size + 1 :].sum(axis=1)
        reaches = ~(self.gains + rest[:, None] * (1 + 2.0**-40) < self.needed[:, None])
        return np.flatnonzero(reaches.any(axis=0))

    def tops(self, size: int) -> Array:
        """The sum of the ``r`` largest gains among the first features, ``(size + 1, bounds, features + 1)``."""
        bounds, count = self.gains.shape
        found = np.zeros((size + 1, bounds, count + 1))
        largest = np.zeros((size, bounds))
        for feature in range(count):
            rest = self.gains[:, feature]
            for r in range(size):
                largest[r], rest = np.maximum(largest[r], rest), np.minimum(largest[r], rest)
            found[1:, :, feature + 1] = np.cumsum(largest, axis=0)
        return found * (1 + 2.0**-40)


def _contains(chosen: Array, depth: int, codes: Array, offsets: Array, count: int, picks: Array) -> bool:
    """Does the set ``chosen[:depth + 1]``, falling, contain a known smaller set that has its last member?"""
    for size in range(2, len(offsets)):
        begin, end = offsets[size - 1], offsets[size]
        if begin == end or size > depth + 1:
            continue
        for i in range(size - 1):
            picks[i] = i
        while True:
            code = chosen[depth]
            power = count
            for i in range(size - 2, -1, -1):
                code += chosen[picks[i]] * power
                power *= count
            low, high = begin, end
            while low < high:
                middle = (low + high) // 2
                if codes[middle] < code:
                    low = middle + 1
                else:
                    high = middle
            if low < end and codes[low] == code:
                return True
            i = size - 2
            while i >= 0 and picks[i] == depth - (size - 1 - i):
                i -= 1
            if i < 0:
                break
            picks[i] += 1
            for j in range(i + 1, size - 1):
                picks[j] = picks[j - 1] + 1
    return False


def _enumerate(
    gains: Array,
    needed: Array,
    labels: Array,
    tops: Array,
    binomials: Array,
    pairs: Array,
    codes: Array,
    offsets: Array,
    state: Array,
    sums: Array,
    alive: Array,
    picks: Array,
    systems: Array,
    tally: Array,
) -> int:
    """Go on from ``state`` until the tree ends or ``systems`` is full; returns how many systems there are.

    ``state`` holds the depth, then the members chosen so far; row ``d`` of ``alive`` how many bounds are about labels
    that the first ``d`` members leave, then which; ``tally`` counts attackable and proved sets.
    """
    bounds, count = gains.shape
    size = systems.shape[1] - 1
    written, depth = 0, state[0]
    chosen = state[1:]
    while depth >= 0 and written + bounds <= len(systems):
        feature = chosen[depth]
        upper = count if depth == 0 else chosen[depth - 1]
        if feature >= upper:
            depth -= 1
            if depth >= 0:
                chosen[depth] += 1
            continue
        left = size - 1 - depth
        known = False
        for i in range(depth):
            if pairs[chosen[i], feature]:
                known = True
                break
        if not known and len(offsets) > 3:
            known = _contains(chosen, depth, codes, offsets, count, picks)
        if known:
            tally[0] += binomials[feature, left]
            chosen[depth] += 1
            continue
        at, count_alive, kept = 1, alive[depth, 0], 0
        while at <= count_alive:
            label, reaches, start = labels[alive[depth, at]], True, at
            while at <= count_alive and labels[alive[depth, at]] == label:
                bound = alive[depth, at]
                total = sums[depth, bound] + gains[bound, feature]
                sums[depth + 1, bound] = total
                if total + tops[left, bound, feature] < needed[bound]:
                    reaches = False
                at += 1
            if reaches:
                for i in range(start, at):
                    kept += 1
                    alive[depth + 1, kept] = alive[depth, i]
                if left == 0:
                    for i in range(size):
                        systems[written, i] = chosen[size - 1 - i]
                    systems[written, size] = label
                    written += 1
        alive[depth + 1, 0] = kept
        if kept == 0:
            tally[1] += binomials[feature, left]
            chosen[depth] += 1
        elif left == 0:
            chosen[depth] += 1
        else:
            depth += 1
            chosen[depth] = left - 1
    state[0] = depth
    return written


_KERNEL = Kernel(_enumerate, _contains)


@dataclass
class Enumeration:
    """The sets of so many features that are neither proved by bounds nor known to be attackable.

    Attributes:
        attackable: How many sets passed so far contain a smaller attackable set.
        proved: How many passed so far are excluded by bounds.
    """

    bounds: Bounds
    size: int
    known: Sequence[Array]
    attackable: int = 0
    proved: int = 0

    def __iter__(self) -> Iterator[Array]:
        """Blocks of systems: members by rank, increasing, and a label position, ``(rows, size + 1)``; colex order."""
        count, size = self.bounds.gains.shape[1], self.size
        if count < size or len(self.bounds.label) == 0:
            self.proved = comb(count, size)
            return
        order = np.argsort(self.bounds.label, kind="stable")
        binomials = np.array([[comb(n, r) for r in range(size)] for n in range(count + 1)], dtype=np.int64)
        state = np.zeros(size + 1, dtype=np.int64)
        state[1] = size - 1
        tally = np.zeros(2, dtype=np.int64)
        alive = np.zeros((size + 1, len(order) + 1), dtype=np.int64)
        alive[0] = [len(order), *range(len(order))]
        arrays = (
            np.ascontiguousarray(self.bounds.gains[order]), self.bounds.needed[order], self.bounds.label[order],
            np.ascontiguousarray(self.bounds.tops(size)[:, order]), binomials, *self._known(count),
            state, np.zeros((size + 1, len(order))), alive, np.zeros(size, dtype=np.int64),
        )  # fmt: skip
        capacity = max(CAPACITY, 2 * len(order))
        steps = float(comb(count, 2) * len(order))
        while state[0] >= 0:
            systems = np.empty((capacity, size + 1), dtype=np.int64)
            written = _KERNEL(*arrays, systems, tally, steps=steps)
            self.attackable, self.proved = int(tally[0]), int(tally[1])
            yield systems[:written]

    def _known(self, count: int) -> tuple[Array, Array, Array]:
        """Known attackable sets: pairs as a matrix, larger ones as sorted codes with where each size starts."""
        pairs = np.zeros((count, count), dtype=np.bool_)
        codes: list[Array] = [np.zeros(0, dtype=np.int64)]
        offsets = [0, 0]
        for sets in self.known:
            width = sets.shape[1]
            if width == 2:
                pairs[sets[:, 0], sets[:, 1]] = pairs[sets[:, 1], sets[:, 0]] = True
                offsets.append(offsets[-1])
            elif width > 2:
                if len(sets) and count**width >= 1 << 63:
                    raise OptionError(
                        f"expected fewer than 2^63 sets to tell apart, got sets of {width} of {count} features: give "
                        "fewer features, or a shortlist"
                    )
                powers = count ** np.arange(width, dtype=np.int64)
                codes.append(np.sort(sets @ powers))
                offsets.append(offsets[-1] + len(sets))
        return pairs, np.concatenate(codes), np.array(offsets, dtype=np.int64)
