"""Compare a result about sets of features with exact answers for every set: rational arithmetic, by Z3 or by counting.

The path condition and the leads come from the oracle's own run in fractions; nothing here uses DeepCheck but the names
of outcomes.
"""

import itertools
from fractions import Fraction
from functools import cached_property

import numpy as np
import z3
from attack_oracle import NEAR
from oracles import Span, fractions_of, label_of, label_scores, onnx_label, run_exactly

from deepcheck.attacks import Outcome

UNSURE = Fraction(2) ** -20
"""How far a margin may be off, as a share of the largest score."""
THIN = 8
"""A region that contains a box of so many units in the last place contains numbers of the type that can be found."""


class Sets:
    """Every set of elements of one input, decided exactly.

    Args:
        model: The ONNX model.
        x: What it receives, without batch axis.
        lower: The least value of each element, a number or one per element; None: unbounded. Likewise upper.
        table: The values that an element may take, as fractions, or None.
        members: The elements of each feature; by default one each.
    """

    def __init__(self, model, x, lower=0.0, upper=1.0, *, table=None, members=None):
        self.model, self.x, self.exact = model, x, run_exactly(model, x)
        self.scores = label_scores(self.exact.outputs)
        self.label = label_of(self.scores[0])
        self.sigmoid = self.exact.outputs.shape[1] == 1
        self.origins = fractions_of(x).ravel().tolist()
        count = len(self.origins)
        self.members = members if members is not None else [(i,) for i in range(count)]
        ends = [[None] * count if e is None else np.broadcast_to(e, x.shape).ravel().tolist() for e in (lower, upper)]
        self.spans = [
            Span(*(None if e is None else Fraction(e) - origin for e in (low, high)))
            for low, high, origin in zip(*ends, self.origins, strict=True)
        ]
        self.table = table
        self.guards = [g for g in dict.fromkeys(map(tuple, self.exact.guards.T.tolist())) if any(g[1:])]

    def elements(self, features):
        return [element for feature in features for element in self.members[feature]]

    def goals(self, label):
        """The leads of a label over the others: rows, and whether each is strict."""
        others = [j for j in range(self.scores.shape[1]) if j != label]
        return [(tuple(self.scores[:, label] - self.scores[:, j]), j < label) for j in others]

    @cached_property
    def _solver(self):
        solver = z3.SolverFor("QF_LRA")
        self.d = [z3.Real(f"d{i}") for i in range(len(self.origins))]
        self.frozen = [z3.Bool(f"p{i}") for i in range(len(self.origins))]
        for d, p, span in zip(self.d, self.frozen, self.spans, strict=True):
            solver.add(z3.Implies(p, d == 0))
            if span.low is not None:
                solver.add(d >= number(span.low))
            if span.high is not None:
                solver.add(d <= number(span.high))
        for guard in self.guards:
            solver.add(self.form(guard) >= 0)
        return solver

    def form(self, row):
        return z3.Sum([number(row[0]), *(number(c) * d for c, d in zip(row[1:], self.d, strict=True) if c)])

    @cached_property
    def _decided(self):
        return {}

    def can(self, features, label, *, won):
        """Can a set reach a label (``won``: with a margin over every other)?"""
        key = tuple(sorted(features)), label, won
        if key not in self._decided:
            self._decided[key] = (self._on_levels if self.table else self._by_z3)(*key)
        return self._decided[key]

    def _by_z3(self, features, label, won, extra=()):
        solver, mine = self._solver, set(self.elements(features))
        solver.push()
        for row, strict in self.goals(label):
            solver.add(self.form(row) > 0 if strict or won else self.form(row) >= 0)
        solver.add(*extra)
        answer = solver.check(*(p for i, p in enumerate(self.frozen) if i not in mine))
        solver.pop()
        assert answer != z3.unknown
        return answer == z3.sat

    def roomy(self, features, label):
        """Does the region contain a box of some units in the last place, so that numbers of the type are inside?"""
        extra, mine, unit = [], self.elements(features), Fraction(float(np.finfo(self.x.dtype).eps))
        half = {}
        for i in mine:
            largest = Fraction(4)
            for end in (self.spans[i].low, self.spans[i].high):
                if end is not None:
                    largest = max(largest, abs(end + self.origins[i]))
            half[i] = THIN * unit * largest
            extra += [self.d[i] + number(self.origins[i]) <= number(largest)]
            extra += [self.d[i] + number(self.origins[i]) >= number(-largest)]
        for row in [*self.guards, *(row for row, _ in self.goals(label))]:
            size = sum((abs(row[1 + i]) * half[i] for i in mine), Fraction(0))
            if size:
                extra.append(self.form(row) >= number(size))
        return self._by_z3(features, label, True, extra)

    def _on_levels(self, features, label, won):
        """By counting: every level of all elements but the last, whose levels are cut to an interval."""
        *free, last = self.elements(features)
        steps = [[v - self.origins[i] for v in self.table if v - self.origins[i] in self.spans[i]] for i in free]
        rows = [(row, False) for row in self.guards] + [(row, strict or won) for row, strict in self.goals(label)]
        for point in itertools.product(*steps):
            span = self.spans[last]
            for row, strict in rows:
                value = row[0] + sum(row[1 + i] * d for i, d in zip(free, point, strict=True))
                span = span.cut(value, row[1 + last], strict=strict)
                if span.empty:
                    break
            else:
                if any(v - self.origins[last] in span for v in self.table):
                    return True
        return False

    def labels(self, features, target, *, won):
        others = [j for j in range(self.scores.shape[1]) if j != self.label and target in (None, j)]
        return tuple(j for j in others if self.can(features, j, won=won))

    def nearest(self, features, label, objective):
        """The smallest change that wins a label with the margins closed, by Z3's optimiser."""
        optimiser, mine = z3.Optimize(), self.elements(features)
        assert self._solver is not None  # the unknowns
        sizes = []
        for i in range(len(self.d)):
            if i not in mine:
                optimiser.add(self.d[i] == 0)
                continue
            for end, sign in ((self.spans[i].low, 1), (self.spans[i].high, -1)):
                if end is not None:
                    optimiser.add(sign * (self.d[i] - number(end)) >= 0)
            size = z3.Real(f"s{i}")
            optimiser.add(size >= self.d[i], size >= -self.d[i])
            sizes.append(size)
        for row in [*self.guards, *(row for row, _ in self.goals(label))]:
            optimiser.add(self.form(row) >= 0)
        total = z3.Real("total")
        if objective == "l1":
            optimiser.add(total == z3.Sum(sizes))
        else:
            optimiser.add(*(total >= size for size in sizes))
        optimiser.minimize(total)
        assert optimiser.check() == z3.sat
        return optimiser.model()[total].as_fraction()


def number(fraction):
    return z3.RealVal(f"{fraction.numerator}/{fraction.denominator}")


def colexicographic(count, size):
    return sorted(itertools.combinations(range(count), size), key=lambda ranks: ranks[::-1])


def check_sets(result, sets, size, *, order=None, tried=None, target=None, first=False, floats=True):
    """Every claim of a result about one input.

    Args:
        result: What DeepCheck says.
        sets: The exact answers.
        size: How many features a set has.
        order: The features asked about, first to try first; by default all.
        tried: How many of them are tried.
        target: The only label that counts.
        first: Did the search stop at the first attackable set?
        floats: May a region be too thin for the model's type? Else it may not.
    """
    order = list(range(len(sets.members))) if order is None else [int(f) for f in order]
    tried = len(order) if tried is None else tried
    assert result.label == sets.label
    assert [int(f) for f in result.order] == order
    asked = colexicographic(len(order), size)
    counts = result.counts
    assert sum(counts[name] for name in ("attackable", "proved", "undecided", "untried")) == len(asked)
    if onnx_label(sets.model, sets.x, sigmoid=sets.sigmoid) != sets.label:
        assert result.verdict == "undecided"
        assert "label depends on rounding" in result.reason
        assert not result.attackable
        return "label"
    ranked = [ranks for ranks in asked if ranks[-1] < tried]
    as_set = {ranks: tuple(sorted(order[r] for r in ranks)) for ranks in ranked}
    won = {s: sets.labels(s, target, won=True) for s in as_set.values()}
    reached = {s: won[s] or sets.labels(s, target, won=False) for s in as_set.values()}
    assert [attack.features for attack in result.attacks] == list(result.attackable)
    listed = list(result.attackable)
    assert len(set(listed)) == len(listed)
    known = [set(s) for s in listed]
    attackable = [s for s in as_set.values() if any(k <= set(s) for k in known)]
    missed = [s for s in as_set.values() if won[s] and s not in set(attackable)]
    for features in missed if not first else ():
        assert floats
        assert not any(sets.roomy(features, j) for j in won[features]), ("missed", features, won[features])
    for features in listed:
        assert len(features) <= size
        assert sets.labels(features, target, won=True), ("no attack", features)
    if size == 2 and len(sets.members[0]) == 1:
        assert all(len(s) == size for s in listed)
    assert size == 2 or not any(a < b for a in known for b in known)
    places = {s: at for at, s in enumerate(as_set.values())}
    starts = [min(at for s, at in places.items() if set(features) <= set(s)) for features in listed]
    assert starts == sorted(starts)
    if attackable:
        assert result.first == min(starts) + 1
        assert result.first_features == max(ranked[min(starts)]) + 1
    else:
        assert (result.first, result.first_features) == (None, None)
    refuted = [s for s in as_set.values() if not reached[s]]
    if first and attackable:
        assert len(listed) == 1
        assert counts["attackable"] == 1
        assert counts["proved"] <= sum(places[s] < min(starts) for s in refuted)
        assert not any(won[s] and places[s] < min(starts) and s not in missed for s in as_set.values())
    else:
        assert counts["attackable"] == len(attackable)
        assert counts["proved"] == len(refuted), ("proved", counts, len(refuted))
        assert counts["untried"] == len(asked) - len(ranked)
        assert result.new is None or result.new <= sum(
            not any(sets.labels(part, target, won=True) for part in itertools.combinations(s, size - 1))
            for s in attackable
        ) + len(missed) + (len(attackable) if floats and thin_parts(sets, attackable, size, target) else 0)
        if not missed and not thin_parts(sets, attackable, size, target):
            new = [
                s
                for s in attackable
                if size == 1
                or not any(sets.labels(part, target, won=True) for part in itertools.combinations(s, size - 1))
            ]
            assert result.new in (None, len(new))
            reaching = {}
            for features in listed:
                for j in sets.labels(features, target, won=True):
                    reaching[j] = reaching.get(j, 0) + 1
            pairs = [(s, j) for s in listed for j in sets.labels(s, target, won=True)]
            thin = {j for s, j in pairs if not sets.table and not sets.roomy(s, j)}
            found = dict(result.labels_reached)
            assert {j: c for j, c in found.items() if j not in thin} == {
                j: c for j, c in reaching.items() if j not in thin
            }
        if counts["replayed"] == 0:
            proved = counts["proved"] == len(asked)
            assert result.verdict == ("proved" if proved else "undecided")
            if not counts["attackable"] and not proved:
                reasons = {Outcome.TIE.words, Outcome.NO_VALUE.words, Outcome.UNTRIED.words}
                assert result.reason
                assert any(reason in result.reason for reason in reasons)
        else:
            assert result.verdict == "attack"
    for attack in result.attacks:
        check_witness(attack, sets, target)
    return result.verdict


def thin_parts(sets, attackable, size, target):
    """Is some smaller attackable set one whose region may hold no number of the type?"""
    if sets.table or size == 1:
        return False
    parts = {part for s in attackable for n in range(1, size) for part in itertools.combinations(s, n)}
    return any(
        not any(sets.roomy(part, j) for j in labels)
        for part in parts
        if (labels := sets.labels(part, target, won=True))
    )


def check_witness(attack, sets, target=None):
    """What is claimed of a witness, in fractions."""
    witness, mine = attack.witness, sets.elements(attack.features)
    changed, x = witness.model_input, sets.x
    assert changed.dtype == x.dtype
    assert changed.shape == x.shape
    others = np.setdiff1d(np.arange(x.size), mine)
    assert changed.reshape(-1)[others].tobytes() == x.reshape(-1)[others].tobytes()
    assert np.isfinite(changed).all()
    steps = fractions_of(changed).ravel() - np.array(sets.origins, dtype=object)
    for i in mine:
        assert steps[i] in sets.spans[i]
        if sets.table:
            assert steps[i] + sets.origins[i] in sets.table
    for guard in sets.guards:
        assert guard[0] + sum(guard[1 + i] * steps[i] for i in mine) >= 0
    assert witness.same_path
    assert witness.label in attack.labels
    assert target in (None, witness.label)
    again = label_scores(run_exactly(sets.model, changed, slopes=False).outputs)[0]
    assert label_of(again) == witness.label
    margin = min(again[witness.label] - s for j, s in enumerate(again) if j != witness.label)
    assert margin > 0
    doubt = UNSURE * max(abs(score) for score in again)
    assert abs(Fraction(witness.margin) - margin) <= margin * NEAR + doubt
    for j in attack.labels:
        assert target in (None, j)
        assert sets.can(attack.features, j, won=True)
    assert witness.replayed == (onnx_label(sets.model, changed, sigmoid=sets.sigmoid) == witness.label)
