"""Evidence for sets along the input's path: for each set and label that gains leave open, guards and multipliers.

The rows are those of the checker's own exact passes. What none refutes is left undecided.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deepcheck.certify.checker import SamePath
from deepcheck.certify.proofs import CUTS, Prover

PART = 1 << 15
"""How many systems are looked at together."""

Open = tuple[int, int, dict[int, int], tuple[int, ...]]


class Refuter:
    """Finds refutations for what a claim leaves open.

    Args:
        checker: The claim, with its path; its attacks count as covered.
        progress: Called with the share of the work that is done.
    """

    def __init__(self, checker: SamePath, progress: Callable[[float], None] | None = None) -> None:
        self.checker, self.progress = checker, progress
        self.asked: list[Open] = list(checker.open())
        checker.follow({f for *_, chosen in self.asked for f in chosen} | {f for own in checker.covered for f in own})
        rows = []
        for at, (value, *_) in enumerate(checker.guards):
            first, *slopes = checker.guard(at)
            if any(slopes):
                rows.append((at, checker.net.scales[value], first, slopes))
        self.prover = Prover(checker, checker.guard_in, rows, list(checker.place))

    def run(self) -> tuple[list[list[Any]], list[tuple[int, ...]]]:
        """Refutations ``[features, label, proof]``, and the sets that are left undecided."""
        found: list[list[Any]] = []
        undecided: set[tuple[int, ...]] = set()
        by_size: dict[int, list[Open]] = {}
        for one in self.asked:
            by_size.setdefault(sum(len(self.checker.claim.features[f]) for f in one[3]), []).append(one)
        done = 0
        for asked in by_size.values():
            for start in range(0, len(asked), PART):
                part = asked[start : start + PART]
                for one, proof in zip(part, self._part(part), strict=True):
                    if proof is None:
                        undecided.add(tuple(sorted(one[3])))
                    else:
                        found.append([sorted(one[3]), one[0], proof])
                done += len(part)
                if self.progress is not None:
                    self.progress(done / len(self.asked))
        return [one for one in found if tuple(one[0]) not in undecided], sorted(undecided)

    def _part(self, asked: Sequence[Open]) -> Iterator[Any]:
        """A proof for each of some sets of equally many elements, or None."""
        boxes = [self.checker.box_of(chosen) for *_, chosen in asked]
        leads = [
            self.checker.lead(lead, {e: slopes[e] for e in box})
            for (_, lead, slopes, _), box in zip(asked, boxes, strict=True)
        ]
        for one, lead, box, found in zip(asked, leads, boxes, self.prover.proposals(leads, boxes), strict=True):
            yield self.prover.proof(lead, one[0], box, found, [0] * CUTS)
