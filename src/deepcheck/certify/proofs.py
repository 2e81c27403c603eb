"""Proofs that a label's lead stays below 0 where some guards hold, in a box.

Floats choose guards and multipliers; the checker's own test, in whole numbers, says whether they refute: first with
multipliers of few bits, then with those of the floats, then with the exact solution for the guards chosen, which
settles ties. On levels a box is cut until no part has a point that no guard excludes.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from deepcheck.certify.checker import Box, Checker, Guard, Rejected, weighted
from deepcheck.certify.dual import Proposals, refute
from deepcheck.constraints import Inequalities, Refutation
from deepcheck.program import Array
from deepcheck.solvers.exact_lp import decide
from deepcheck.solvers.lp import FloatSystem, propose

BITS = (14, 53)
"""How many bits of a multiplier are tried, first to last."""
FEW = 8
"""Sets of more elements are put to HiGHS one by one."""
CUTS = 400
"""How many cuts between levels a proof may have."""
MOST, MANY = 24, 4000
"""So many elements, and so many guards, are put to a simplex method over the rationals."""
PATIENCE = 2.0
"""Seconds that it may take."""
POWERS = (0, 40, 160, 640)
"""Powers of 2 that guards which are contradictory by themselves are taken times, until they outweigh the lead."""
DEEPEST = 150
"""How deep evidence may be nested: whoever reads it recurses."""


class Prover:
    """Finds proofs from some guards.

    Args:
        checker: What tests them.
        guards: A guard over the elements of a box, by its number.
        rows: The numbers of the guards to choose from, each with its slopes over all of ``elements``.
        elements: The elements that rows have slopes in.
    """

    def __init__(
        self,
        checker: Checker,
        guards: Callable[[int, Box], Guard],
        rows: Sequence[tuple[int, int, int, Sequence[int]]],
        elements: Sequence[int],
    ) -> None:
        self.checker, self.guards = checker, guards
        self.place = {e: k for k, e in enumerate(elements)}
        self.numbers = [number for number, *_ in rows]
        unit = checker.claim.scale
        self.values = np.array([ratio(value, scale) for _, scale, value, _ in rows])
        self.rows = np.array([[ratio(slope * unit, scale) for slope in slopes] for _, scale, _, slopes in rows])
        self.rows = self.rows.reshape(len(rows), len(elements))

    def proposals(self, leads: Sequence[Guard], boxes: Sequence[Box]) -> Iterator[Proposals]:
        """What floats propose for some leads, each in its box of equally many elements."""
        unit = self.checker.claim.scale
        values = np.array([ratio(value, scale) for scale, value, _ in leads])
        pairs = list(zip(leads, boxes, strict=True))
        slopes = np.array([[ratio(own[e] * unit, scale) for e in box] for (scale, _, own), box in pairs])
        columns = np.array([[self.place[e] for e in box] for box in boxes])
        lower, upper = (np.array([[ratio(ends[k], unit) for ends in box.values()] for box in boxes]) for k in (0, 1))
        if columns.shape[1] > FEW:
            for row in range(len(leads)):
                yield self._by_highs(values[row], slopes[row], columns[row], lower[row], upper[row])
            return
        found = refute(values, slopes, columns, self.values, self.rows, lower, upper)
        yield from (Proposals(*(each[row] for each in found)) for row in range(len(leads)))

    def _by_highs(self, lead: float, slopes: Array, columns: Array, lower: Array, upper: Array) -> Proposals:
        system = FloatSystem(self.values, self.rows[:, columns], np.array([lead]), slopes[None], lower, upper)
        answer = propose(system)
        m = len(self.values)
        share = answer.multipliers[m] if answer.status == "infeasible" else 0.0
        weights = answer.multipliers[:m] / share if share > 0 else np.zeros(m)
        used = np.flatnonzero(weights > 0)
        return Proposals(np.array(answer.margin), used, weights[used], answer.point)

    def proof(self, lead: Guard, label: int, box: Box, found: Proposals, cuts: list[int], depth: int = 0) -> Any:
        """A proof that the checker accepts, or None; ``cuts`` has as many entries as cuts are allowed."""
        for proof in self._multiplied(found):
            if self._accepted(proof, lead, label, box):
                return proof
        for proof in (*self._exact(found, box, lead), *self._by_simplex(lead, label, box)):
            if self._accepted(proof, lead, label, box):
                return proof
        return self._cut(lead, label, box, found, cuts, depth)

    def contradiction(self, guard: int, box: Box) -> tuple[Any, bool] | None:
        """A proof that no point of the box keeps a guard along with the others, or (not strictly) only at 0."""
        lead = self.guards(guard, box)
        (found,) = self.proposals([lead], [box])
        for proof in (*self._multiplied(found), *self._exact(found, box, lead)):
            proof = [[guard, 1, 0, 1], *(row for row in proof if row[1] > 0)]
            total = weighted(list(self.checker.multiplied(proof, lambda at: self.guards(at, box))), box)
            if total <= 0:
                return proof, total < 0
        return None

    def _multiplied(self, found: Proposals) -> Iterator[list[list[int]]]:
        """Guards with multipliers of few bits, then of more."""
        chosen = [(int(g), float(y)) for g, y in zip(found.guards, found.multipliers, strict=True) if g >= 0 and y > 0]
        for bits in BITS if chosen else BITS[:1]:
            yield [[self.numbers[g], *_rounded(y, bits), 1] for g, y in chosen]

    def _accepted(self, proof: Any, lead: Guard, label: int, box: Box) -> bool:
        try:
            self.checker.refute(proof, box, lead, label, lambda at: self.guards(at, box))
        except Rejected:
            return False
        return True

    def _exact(self, found: Proposals, box: Box, lead: Guard) -> list[list[list[int]]]:
        """The multipliers of the guards chosen for which the unknowns off the box's sides cancel, exactly."""
        sides = {-1 - int(g) for g in found.guards[: len(box)] if g < 0}
        inside = [e for at, e in enumerate(box) if at not in sides]
        numbers = [self.numbers[int(g)] for g in found.guards if g >= 0]
        if not numbers or len(inside) != len(numbers) or len(numbers) > FEW:
            return []
        own = [self.guards(number, box) for number in numbers]
        rows = [[Fraction(slopes[e], scale) for scale, _, slopes in own] for e in inside]
        weights = _solved(rows, [Fraction(-lead[2][e], lead[0]) for e in inside])
        if weights is None or min(weights) < 0:
            return []
        return [[[number, y.numerator, 0, y.denominator] for number, y in zip(numbers, weights, strict=True)]]

    def _by_simplex(self, lead: Guard, label: int, box: Box) -> Iterator[list[list[int]]]:
        """Multipliers from a simplex method over the rationals, where floats lost their way."""
        if len(box) > MOST or len(self.numbers) > MANY:
            return
        guards = [self.guards(number, box) for number in self.numbers]
        rows = [tuple(Fraction(slopes[e], scale) for e in box) for scale, _, slopes in (*guards, lead)]
        constants = [Fraction(value, scale) for scale, value, _ in (*guards, lead)]
        for at, (low, high) in enumerate(box.values()):
            for sign, end in ((1, low), (-1, high)):
                rows.append(tuple(Fraction(sign * (k == at)) for k in range(len(box))))
                constants.append(Fraction(-sign * end))
        goal = len(guards)
        strict = tuple(at == goal and label > self.checker.claim.label for at in range(len(rows)))
        answer = decide(Inequalities(tuple(rows), tuple(constants), strict), PATIENCE)
        if isinstance(answer, Refutation):
            shares = dict(answer.multipliers)
            own = shares.get(goal, Fraction(0))
            for factor in [1 / own] if own else [Fraction(2) ** power for power in POWERS]:
                used = [(self.numbers[at], y * factor) for at, y in shares.items() if at < goal and y > 0]
                yield [[number, y.numerator, 0, y.denominator] for number, y in used]

    def _cut(self, lead: Guard, label: int, box: Box, found: Proposals, cuts: list[int], depth: int) -> Any:
        """Two proofs, for the levels below and above the point that no guard excludes; None on a continuum."""
        claim = self.checker.claim
        if claim.levels is None or not cuts or depth >= DEEPEST:
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
            (proposal,) = self.proposals([lead], [part])
            proofs.append(self.proof(lead, label, part, proposal, cuts, depth + 1))
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


def ratio(above: int, below: int) -> float:
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
