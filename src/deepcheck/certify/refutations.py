"""Evidence for sets along the input's path: for each set and label that gains leave open, guards and multipliers.

The checker's own exact passes give the rows; floats choose guards and multipliers among them; the checker's own test,
in whole numbers, says whether they refute. First with multipliers of few bits, then with those of the floats, then with
the exact solution for the guards chosen, which settles ties. What none refutes is left undecided.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from deepcheck.certify.checker import Box, Rejected, SamePath
from deepcheck.certify.dual import Proposals, refute
from deepcheck.program import Array
from deepcheck.solvers.lp import FloatSystem, propose

BITS = (14, 53)
"""How many bits of a multiplier are tried, first to last."""
FEW = 8
"""Sets of more elements are put to HiGHS one by one."""
PART = 1 << 15
"""How many systems are looked at together."""
CUTS = 400
"""How many cuts between levels a refutation may have."""

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
        self.guards, self.values, self.rows = self._floats()

    def _floats(self) -> tuple[list[int], Array, Array]:
        """The guards that can fail in the domain, at the input and by displacement, in floats."""
        checker = self.checker
        kept, values, rows = [], [], []
        for at, (value, *_) in enumerate(checker.guards):
            row = checker.guard(at)
            if any(row[1:]):
                scale = checker.net.scales[value]
                kept.append(at)
                values.append(_ratio(row[0], scale))
                rows.append([_ratio(slope * checker.claim.scale, scale) for slope in row[1:]])
        return kept, np.array(values), np.array(rows).reshape(len(kept), len(checker.place))

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
        for one, box, proposal in zip(asked, boxes, self._proposals(asked, boxes), strict=True):
            label, lead, slopes, _ = one
            yield self._proof(label, lead, slopes, box, proposal, [0] * CUTS)

    def _proposals(self, asked: Sequence[Open], boxes: Sequence[Box]) -> Iterator[Proposals]:
        """What floats propose for some systems, one by one."""
        checker = self.checker
        scale, out = checker.claim.scale, checker.net.scales[checker.net.output]
        leads = np.array([_ratio(lead, out) for _, lead, *_ in asked])
        pairs = [(own, box) for (_, _, own, _), box in zip(asked, boxes, strict=True)]
        slopes = np.array([[_ratio(own[e] * scale, out) for e in box] for own, box in pairs])
        columns = np.array([[checker.place[e] for e in box] for box in boxes])
        lower, upper = (np.array([[_ratio(ends[k], scale) for ends in box.values()] for box in boxes]) for k in (0, 1))
        if columns.shape[1] > FEW:
            for row in range(len(asked)):
                yield self._by_highs(leads[row], slopes[row], columns[row], lower[row], upper[row])
            return
        found = refute(leads, slopes, columns, self.values, self.rows, lower, upper)
        yield from (Proposals(*(each[row] for each in found)) for row in range(len(asked)))

    def _by_highs(self, lead: float, slopes: Array, columns: Array, lower: Array, upper: Array) -> Proposals:
        system = FloatSystem(self.values, self.rows[:, columns], np.array([lead]), slopes[None], lower, upper)
        answer = propose(system)
        m = len(self.values)
        share = answer.multipliers[m] if answer.status == "infeasible" else 0.0
        weights = answer.multipliers[:m] / share if share > 0 else np.zeros(m)
        used = np.flatnonzero(weights > 0)
        return Proposals(np.array(answer.margin), used, weights[used], answer.point)

    def _proof(self, label: int, lead: int, slopes: dict[int, int], box: Box, found: Proposals, cuts: list[int]) -> Any:
        """A proof that the checker accepts, or None."""
        chosen = [(int(g), float(y)) for g, y in zip(found.guards, found.multipliers, strict=True) if g >= 0 and y > 0]
        tries: list[Any] = [[[self.guards[g], *_rounded(y, bits), 1] for g, y in chosen] for bits in BITS]
        if not chosen:
            tries = tries[:1]
        for proof in tries:
            if self._accepted(proof, box, lead, slopes, label):
                return proof
        exact = self._exact(found, box, lead, slopes)
        if exact is not None and self._accepted(exact, box, lead, slopes, label):
            return exact
        return self._cut(label, lead, slopes, box, found, cuts)

    def _accepted(self, proof: Any, box: Box, lead: int, slopes: dict[int, int], label: int) -> bool:
        try:
            self.checker.refute(proof, box, lead, slopes, label)
        except Rejected:
            return False
        return True

    def _exact(self, found: Proposals, box: Box, lead: int, slopes: dict[int, int]) -> list[list[int]] | None:
        """The multipliers of the guards chosen for which the unknowns off the box's sides cancel, exactly."""
        checker = self.checker
        sides = {-1 - int(g) for g in found.guards[: len(box)] if g < 0}
        inside = [e for at, e in enumerate(box) if at not in sides]
        guards = [self.guards[int(g)] for g in found.guards if g >= 0]
        if not guards or len(inside) != len(guards) or len(guards) > FEW:
            return None
        own = [(checker.guard(g), checker.net.scales[checker.guards[g][0]]) for g in guards]
        rows = [[Fraction(row[checker.place[e] + 1], scale) for row, scale in own] for e in inside]
        goal = [Fraction(-slopes[e], checker.net.scales[checker.net.output]) for e in inside]
        weights = _solved(rows, goal)
        if weights is None or min(weights) < 0:
            return None
        return [[g, y.numerator, 0, y.denominator] for g, y in zip(guards, weights, strict=True)]

    def _cut(self, label: int, lead: int, slopes: dict[int, int], box: Box, found: Proposals, cuts: list[int]) -> Any:
        """Two proofs, for the levels below and above the point that no guard excludes; None on a continuum."""
        claim = self.checker.claim
        if claim.levels is None or not cuts:
            return None
        cuts.pop()
        place = self._between(box, found.points)
        if place is None:
            return None
        e, last = place
        value = float(Fraction(claim.x[e] + last, claim.scale)).hex()
        proofs: list[Any] = []
        for part in claim.cut(box, e, value):
            assert part is not None
            (proposal,) = self._proposals([(label, lead, slopes, ())], [part])
            proofs.append(self._proof(label, lead, slopes, part, proposal, cuts))
            if proofs[-1] is None:
                return None
        return {"element": e, "value": value, "below": proofs[0], "above": proofs[1]}

    def _between(self, box: Box, point: Array) -> tuple[int, int] | None:
        """The element that is farthest from its levels at a point, and its last level below; None if all are on one."""
        claim = self.checker.claim
        assert claim.levels is not None
        best, found = 0.0, None
        for (e, (low, high)), where in zip(box.items(), point * float(claim.scale), strict=True):
            inside = [v for v in claim.levels[e] if low <= v <= high]
            at = int(np.searchsorted(np.array(inside, dtype=float), where, side="right"))
            if 0 < at < len(inside):
                share = (where - inside[at - 1]) / (inside[at] - inside[at - 1])
                if min(share, 1 - share) > best:
                    best, found = min(share, 1 - share), (e, inside[at - 1])
        return found


def _ratio(above: int, below: int) -> float:
    """A quotient as a float; infinite where it is too large."""
    try:
        return above / below
    except OverflowError:
        return np.inf if above > 0 else -np.inf


def _rounded(y: float, bits: int) -> tuple[int, int]:
    """A multiplier with so many bits: a whole number and the exponent of 2."""
    share, exponent = np.frexp(y)
    return round(float(share) * 2**bits), int(exponent) - bits


def _solved(rows: list[list[Fraction]], goal: list[Fraction]) -> list[Fraction] | None:
    """The solution of a small linear system, exactly; None where there is not just one."""
    table = [[*row, right] for row, right in zip(rows, goal, strict=True)]
    for column in range(len(table)):
        pivot = next((k for k in range(column, len(table)) if table[k][column]), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [entry / table[column][column] for entry in table[column]]
        for k in range(len(table)):
            if k != column and table[k][column]:
                table[k] = [a - table[k][column] * b for a, b in zip(table[k], table[column], strict=True)]
    return [row[-1] for row in table]
