"""Evidence for sets along all paths: a tree that divides features and domain until the checker's own bounds suffice.

Every bound here is the checker's, in whole numbers, so what is written down is what it will accept. Families shrink to
the features that a bound leaves open, or are halved; a few open sets are listed; a single set's box of values is cut,
or else its paths are walked one by one. A set that resists is listed as undecided.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from heapq import nlargest
from math import comb, prod
from typing import Any

from deepcheck.certify.checker import AllPaths, Block, Box, Walk, open_sets, top
from deepcheck.certify.proofs import CUTS as LEVEL_CUTS
from deepcheck.certify.proofs import DEEPEST, FEW, Prover

LISTED = 24
"""So many open sets of a family are looked at one by one."""
SHRINKS = 0.75
"""A family is bounded again if at most this share of its features is left."""
CUTS = 6
"""How often the box of one set is cut at most, before the paths of its parts are walked."""
PATHS = 20_000
"""How many parts of paths of one set are walked at most."""

Bounds = list[tuple[int, int, dict[int, int]]]


class Stuck(Exception):
    """A set resists: too many cuts, too many paths, a tie, or no more time."""


class Grower:
    """Grows the tree of a claim.

    Args:
        checker: The claim; its attacks count as covered.
        timeout: Seconds after which open sets become undecided, or None.
        progress: Called with the share of the work that is done, roughly.
    """

    def __init__(
        self, checker: AllPaths, timeout: float | None = None, progress: Callable[[float], None] | None = None
    ) -> None:
        self.checker, self.progress = checker, progress
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.undecided: set[tuple[int, ...]] = set()
        self.left, self.done = 0, 0.0

    def grow(self) -> Any:
        """The tree; sets that it leaves open are in `undecided`, those of whole families are counted in `left`."""
        claim = self.checker.claim
        return self._node([(list(claim.features), claim.size)], claim.box, 1.0)

    def _node(self, blocks: list[Block], box: Box, share: float) -> Any:
        if self._late():
            return self._leave(blocks, share)
        bounds = self.checker.bounds(blocks, box)
        opened = self._some(blocks, bounds, LISTED)
        if len(opened) <= LISTED:
            nodes = [[list(chosen), node] for chosen in sorted(opened) if (node := self._single(chosen, box))]
            self._advance(share)
            return ["close", nodes]
        kept = [self._kept(bounds, blocks, at) for at in range(len(blocks))]
        if sum(map(len, kept)) <= SHRINKS * sum(len(features) for features, _ in blocks):
            smaller = [(own, count) for own, (_, count) in zip(kept, blocks, strict=True)]
            return ["keep", kept, self._node(smaller, box, share)]
        at = max(range(len(blocks)), key=lambda block: len(blocks[block][0]) - blocks[block][1])
        features, count = blocks[at]
        first = nlargest(len(features) // 2, features, key=lambda f: self._strength(bounds, f))
        rest = [f for f in features if f not in set(first)]
        ways = [k for k in range(count + 1) if k <= len(first) and count - k <= len(rest)]
        parts = []
        for k in ways:
            new = [(own, n) for own, n in ((first, k), (rest, count - k)) if n]
            parts.append(self._node([*blocks[:at], *new, *blocks[at + 1 :]], box, share / len(ways)))
        return ["halve", at, first, *parts]

    def _advance(self, share: float) -> None:
        self.done += share
        if self.progress is not None:
            self.progress(self.done)

    def _leave(self, blocks: list[Block], share: float) -> Any:
        self._advance(share)
        self.left += prod(comb(len(features), count) for features, count in blocks)
        return ["left"]

    def _single(self, chosen: tuple[int, ...], box: Box) -> Any:
        """The tree of one set; None where it stays undecided."""
        try:
            return self._cut([(list(chosen), len(chosen))], box, [0] * CUTS)
        except Stuck:
            self.undecided.add(chosen)
            self.checker.covered.add(chosen)
            return None

    def _walk(self, walk: Walk, left: list[int], depth: int = 0) -> Any:
        """The evidence for all paths from here on."""
        if not left or self._late() or len(walk.box) > FEW or depth > DEEPEST:
            raise Stuck
        left.pop()
        choices = walk.on()
        if not choices:
            return ["lead", self._leads(walk)]
        parts: list[Any] = []
        beaten: dict[int, int] = {}
        for choice in choices:
            taken = walk.fork(choice)
            none = self._none(walk, taken, choice[0], [place for place, _ in choices if place != choice[0]], beaten)
            parts.append(self._walk(taken, left, depth + 1) if none is None else ["none", none])
        return ["both", parts]

    def _none(self, walk: Walk, taken: Walk, place: int, others: list[int], beaten: dict[int, int]) -> Any:
        """A proof that a choice has no points, or none that another one lacks; None where it has."""
        first = len(walk.guards)
        for among in (range(first), range(len(taken.guards))) if len(others) > 1 else (range(first),):
            prover = self._prover(taken, among)
            for at, other in enumerate(others, start=first):
                found = prover.contradiction(at, taken.box)
                if found is not None and (found[1] or self._may_lose(place, other, beaten, found[0], first)):
                    if not found[1]:
                        beaten[place] = other
                    return found[0]
        return None

    @staticmethod
    def _may_lose(place: int, other: int, beaten: dict[int, int], proof: Any, first: int) -> bool:
        """May a choice be left to another one that is never worse?"""
        alone = sum(at >= first for at, *_ in proof) == 1
        return alone and other not in beaten and place not in beaten.values()

    def _prover(self, walk: Walk, among: Iterable[int] | None = None) -> Prover:
        """Proofs from the guards of a path, or from some of them."""
        rows = []
        for at in range(len(walk.guards)) if among is None else among:
            scale, value, slopes = walk.guards[at]
            rows.append((at, scale, value, list(slopes.values())))
        return Prover(self.checker, lambda at, _: walk.guards[at], rows, list(walk.box))

    def _leads(self, walk: Walk) -> list[Any]:
        """A proof for each label at the end of a path."""
        checker, prover = self.checker, self._prover(walk)
        own = checker.scores(walk.values[checker.net.output])
        scale, proofs = checker.net.scales[checker.net.output], []
        for label in checker.others:
            lead = walk.row(own[label] - own[checker.claim.label], scale)
            (found,) = prover.proposals([lead], [walk.box])
            proofs.append(prover.proof(lead, label, walk.box, found, [0] * LEVEL_CUTS))
            if proofs[-1] is None:
                raise Stuck
        return proofs

    def _cut(self, blocks: list[Block], box: Box, left: list[int]) -> Any:
        bounds = self.checker.bounds(blocks, box)
        if next(self._open(blocks, bounds), None) is None:
            return ["close", []]
        place = self._place(blocks[0][0], box) if left else None
        if place is None:
            elements = sorted(e for f in blocks[0][0] for e in self.checker.claim.features[f])
            walk = Walk(self.checker.net, self.checker.claim, {e: box[e] for e in elements})
            return ["walk", self._walk(walk, [0] * PATHS)]
        left.pop()
        element, value = place
        parts = self.checker.claim.cut(box, element, value)
        return ["cut", element, value, *(["close", []] if p is None else self._cut(blocks, p, left) for p in parts)]

    def _place(self, features: list[int], box: Box) -> tuple[int, str] | None:
        """Where to cut: half way through the widest feature; None where no number lies between the ends of any."""
        claim = self.checker.claim
        for feature in sorted(features, key=lambda f: self._width(f, box), reverse=True):
            element = max(claim.features[feature], key=lambda e: box[e][1] - box[e][0])
            low, high = box[element]
            if claim.levels is None:
                value = float(Fraction(2 * claim.x[element] + low + high, 2 * claim.scale))
            else:
                inside = [v for v in claim.levels[element] if low <= v <= high]
                value = float(Fraction(claim.x[element] + inside[(len(inside) - 1) // 2], claim.scale))
            parts = claim.cut(box, element, value.hex())
            if None not in parts and all(part != box for part in parts):
                return element, value.hex()
        return None

    def _width(self, feature: int, box: Box) -> int:
        return max(box[e][1] - box[e][0] for e in self.checker.claim.features[feature])

    def _open(self, blocks: list[Block], bounds: Bounds) -> Iterator[tuple[int, ...]]:
        """The sets that bounds leave open and nothing covers; a set may come several times."""
        for label, base, gains in bounds:
            for chosen in open_sets(blocks, gains, base, label < self.checker.claim.label):
                if not self.checker.is_covered(chosen):
                    yield tuple(sorted(chosen))

    def _some(self, blocks: list[Block], bounds: Bounds, most: int) -> set[tuple[int, ...]]:
        """All sets that are open, or one more than so many."""
        found: set[tuple[int, ...]] = set()
        for chosen in self._open(blocks, bounds):
            found.add(chosen)
            if len(found) > most:
                break
        return found

    def _kept(self, bounds: Bounds, blocks: list[Block], at: int) -> list[int]:
        """The features of a block that some open set may contain."""
        features, count = blocks[at]
        found: set[int] = set()
        for label, base, gains in bounds:
            others = base + top(gains, blocks[:at] + blocks[at + 1 :])
            best = nlargest(count, features, key=gains.__getitem__)
            for f in features:
                total = others + gains[f] + sum([gains[g] for g in best if g != f][: count - 1])
                if not self.checker.refuses(total, label):
                    found.add(f)
        return [f for f in features if f in found and (f,) not in self.checker.covered]

    @staticmethod
    def _strength(bounds: Bounds, feature: int) -> float:
        """How near a feature brings some lead to 0."""
        return max(gains[feature] / max(-base, 1) for _, base, gains in bounds)

    def _late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline
