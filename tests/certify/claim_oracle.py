"""Is what a certificate claims true? Its claim is read anew, and decided by Z3 and fractions. No DeepCheck here.

The evidence is not looked at: only what the certificate says about the model.
"""

import base64
import itertools
from fractions import Fraction

import numpy as np
import z3
from oracles import fractions_of


def numbers(held):
    raw = np.frombuffer(base64.b64decode(held["base64"]), held["dtype"])
    assert np.isfinite(raw).all()
    return list(fractions_of(raw.astype(np.float64)))


def constant(fraction):
    return z3.RealVal(f"{fraction.numerator}/{fraction.denominator}")


class Claim:
    """What is claimed about a network of `plain_networks`, whose tensors are named after their steps."""

    def __init__(self, held, net):
        claim = held["claim"]
        self.held, self.net = held, net
        outputs = {f"t{k}": k + 1 for k in range(len(net.steps))}
        self.operations = net.operations[: outputs[held["model"]["output"]]]
        self.x, self.label, self.size = numbers(held["input"]), held["label"], claim["size"]
        self.features, self.target = dict(claim["features"]), claim["target"]
        self.along = claim["scope"] == "this path"
        lower, upper = (numbers(claim["domain"][end]) for end in ("lower", "upper"))
        self.lower, self.upper = (end * len(self.x) if len(end) == 1 else end for end in (lower, upper))
        self.levels = None
        if claim["domain"].get("tables"):
            tables, channel = [numbers(table) for table in claim["domain"]["tables"]], claim["domain"]["channel"]
            channel = channel * len(self.x) if len(channel) == 1 else channel
            assert min(channel) >= 0
            self.levels = [tables[c] for c in channel]
        self.arms = self.run(self.x)[1]

    def scores(self, out):
        decision = self.held["decision"]
        assert decision in ("arg max", "arg min", "sign")
        assert (len(out) == 1) == (decision == "sign")
        negative = [-y for y in out]
        return negative + list(out) if decision == "sign" else negative if decision == "arg min" else list(out)

    def run(self, x, arms=None, guards=None):
        """Scores in fractions or Z3's terms, and the arms; along given arms if there are some, with their guards."""
        values, taken = [list(x)], []
        for name, given in self.operations:
            value = values[-1]
            if name == "linear":
                value = [total(row, value) + b for row, b in zip(*(part.tolist() for part in given), strict=True)]
            elif name == "add":
                value = [a + b for a, b in zip(value, values[given], strict=True)]
            elif name == "largest" or given[0] is not None:
                groups = given if name == "largest" else [[k] for k in range(len(value))]
                value = [
                    self.choose([Fraction(0)] * (name == "clip") + [value[i] for i in group], arms, taken, guards)
                    for group in groups
                ]
            values.append(value)
        return self.scores(values[-1]), taken

    @staticmethod
    def choose(group, arms, taken, guards):
        """The largest of some numbers; along arms the one that was largest, and it must stay so."""
        if arms is None and not any(z3.is_expr(v) for v in group):
            taken.append(max(range(len(group)), key=lambda k: (group[k], -k)))
            return group[taken[-1]]
        if arms is None:
            best = group[0]
            for other in group[1:]:
                best = z3.If(as_term(best) >= as_term(other), as_term(best), as_term(other))
            return best
        at = arms[len(taken)]
        taken.append(at)
        guards += [as_term(group[at]) >= as_term(other) for k, other in enumerate(group) if k != at]
        return group[at]

    def inside(self, element, value):
        """Where an element may be."""
        ends = [value >= self.lower[element], value <= self.upper[element]]
        on = True if self.levels is None else [value == level for level in self.levels[element]]
        return [*ends, on if on is True else (z3.Or(on) if z3.is_expr(value) else any(on))]

    def changed(self, scores):
        """Another label wins: above the label, or as high with a lower number."""
        scores = list(map(as_term, scores))
        own, others = scores[self.label], [j for j in range(len(scores)) if j != self.label]
        wanted = [j for j in others if self.target in (None, j)]
        return z3.Or(*(scores[j] >= own if j < self.label else scores[j] > own for j in wanted))

    def truth(self):
        """Nothing that is claimed is false."""
        scores, _ = self.run(self.x)
        if scores.index(max(scores)) != self.label or self.target == self.label:
            return False
        if self.target is not None and not 0 <= self.target < len(scores):
            return False
        owned = [e for elements in self.features.values() for e in elements]
        if len(set(owned)) != len(owned) or not all(all(self.inside(e, self.x[e])) for e in owned):
            return False
        listed = [set(attack["features"]) for attack in self.held["attacks"]]
        left = self.held["claim"]["left"]  # so many more sets are undecided; which ones, the evidence says
        verdict = "attack" if listed else "undecided" if self.held["undecided"] or left else "proved"
        if self.held["claim"]["verdict"] != verdict or not 1 <= self.size <= len(self.features):
            return False
        if not all(self.is_attack(attack) for attack in self.held["attacks"]):
            return False
        covered = [*listed, *map(set, self.held["undecided"])]
        if not all(0 < len(s) <= self.size and s <= self.features.keys() for s in covered):
            return False
        sets = (set(s) for s in itertools.combinations(self.features, self.size))
        return sum(self.can_change(s) for s in sets if not any(c <= s for c in covered)) <= left

    def is_attack(self, attack):
        elements = [e for f in attack["features"] for e in self.features[f]]
        values, point, guards = numbers(attack["values"]), list(self.x), []
        if len(values) != len(elements) or len(set(attack["features"])) != len(attack["features"]):
            return False
        for e, value in zip(elements, values, strict=True):
            if not all(self.inside(e, value)):
                return False
            point[e] = value
        if self.along:
            self.run(point, self.arms, guards)
            if not all(z3.is_true(z3.simplify(guard)) for guard in guards):
                return False
        scores, _ = self.run(point)
        rest = [s for j, s in enumerate(scores) if j != attack["label"]]
        new = attack["label"] != self.label and self.target in (None, attack["label"])
        return new and 0 <= attack["label"] < len(scores) and all(scores[attack["label"]] > s for s in rest)

    def can_change(self, features):
        elements = [e for f in features for e in self.features[f]]
        if not elements:
            return False
        solver, point, guards = z3.SolverFor("QF_LRA"), [constant(v) for v in self.x], []
        for e in elements:
            point[e] = z3.Real(f"x{e}")
            solver.add(*self.inside(e, point[e]))
        scores, _ = self.run(point, self.arms if self.along else None, guards)
        solver.add(*guards, self.changed(scores))
        answer = solver.check()
        assert answer != z3.unknown
        return answer == z3.sat


def as_term(value):
    return value if z3.is_expr(value) else constant(Fraction(value))


def total(row, value):
    terms = [w * v if not z3.is_expr(v) else constant(w) * v for w, v in zip(row, value, strict=True) if w]
    return sum(terms) if terms else Fraction(0)
