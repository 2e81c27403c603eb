"""The smallest set against brute force: every subset, each decided by Z3 on rows made of fractions."""

import itertools
import time
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fractions_of, label_of, label_scores, run_exactly
from requirements import require
from strategies import dense_network, inputs_like

import deepcheck
from deepcheck.attacks.multipliers import Reduced, reduced, rows_of
from deepcheck.attacks.one_set import Sets
from deepcheck.attacks.question import Question
from deepcheck.attacks.search import Search
from deepcheck.attacks.smallest import smallest
from deepcheck.domains import Features, Pixels
from deepcheck.ranking import gains
from deepcheck.solvers.cardinality import Relaxation, Rows
from deepcheck.symbolic import run

SEEDS = st.integers(0, 2**32 - 1)


def question(model, x, *, pixels=None, target=None, order=None, deadline=None, grouping=None):
    """What is asked about one input, as `deepcheck.attack` makes it."""
    program = deepcheck.load(model)
    batch = x[None].astype(program.dtype)
    done = run(program, batch, sharp=True)
    features = Features.of(program.input_shape, grouping)
    order = np.arange(features.count) if order is None else np.array(order, dtype=np.int64)
    box = (pixels or Pixels()).box(program)
    found = gains(program, done, np.array([0]))
    return Question(Search(program, box, target), batch, done, 0, found, 0, features, order, deadline)


class Oracle:
    """Decides any set of elements in exact arithmetic: fractions from our own reader of ONNX, Z3 for the rest."""

    def __init__(self, model, x, *, lower, upper, target=None, grids=None):
        self.z3 = require("z3")
        exact = run_exactly(model, x)
        self.guards, self.scores = exact.guards, label_scores(exact.outputs)
        self.label, self.target, self.grids = label_of(self.scores[0]), target, grids
        start = fractions_of(x).ravel()
        self.lower, self.upper = (
            [Fraction(float(v)) - s for v, s in zip(e, start, strict=True)] for e in (lower, upper)
        )

    def works(self, elements, *, strictly):
        """Can these elements overturn the label: as the arg max has it, or with a margin?"""
        z3 = self.z3
        labels = [j for j in range(self.scores.shape[1]) if j != self.label and self.target in (None, j)]
        solver = z3.SolverFor("QF_LRA")
        moves = {e: z3.Real(f"d{e}") for e in elements}

        def form(rows):
            return sum((z3.Q(rows[1 + e].numerator, rows[1 + e].denominator) * d for e, d in moves.items()),
                       z3.Q(rows[0].numerator, rows[0].denominator))  # fmt: skip

        for e, d in moves.items():
            solver.add(d >= rational(z3, self.lower[e]), d <= rational(z3, self.upper[e]))
            if self.grids:
                solver.add(z3.Or([d == rational(z3, level) for level in self.grids[e]]))
        solver.add([form(self.guards[:, g]) >= 0 for g in range(self.guards.shape[1])])
        ways = []
        for j in labels:
            leads = [(form(self.scores[:, j] - self.scores[:, m]), m) for m in range(self.scores.shape[1]) if m != j]
            ways.append(z3.And([lead > 0 if strictly or m < j else lead >= 0 for lead, m in leads]))
        return bool(labels) and solver.check(z3.Or(ways)) == z3.sat

    def smallest(self, features, *, strictly):
        """The least number of features that works, by trying every set; one more than there are if none does."""
        for size in range(1, len(features) + 1):
            for chosen in itertools.combinations(features, size):
                if self.works([e for members in chosen for e in members], strictly=strictly):
                    return size
        return len(features) + 1


def rational(z3, value):
    return z3.Q(value.numerator, value.denominator)


def check(found, oracle, members, model, x, *, count=None):
    """Every claim of a result; the features that may change are those of ``members``."""
    features = list(members.values())
    reached, won = (oracle.smallest(features, strictly=strictly) for strictly in (False, True))
    assert 1 <= found.bound <= reached
    if found.features is None:
        assert found.values == ()
        assert np.isnan(found.margin)
        assert not found.optimal or found.bound == reached == len(features) + 1
        return reached, won
    assert found.bound <= len(found.features)
    assert won <= len(found.features)
    assert found.optimal == (found.bound == len(found.features))
    assert list(found.features) == sorted(set(found.features))
    check_witness(found, oracle, members, model, x)
    return reached, won


def check_witness(found, oracle, members, model, x):
    """The witness, in fractions: in the domain, on the path, with the label and the margin that it claims."""
    elements = [e for feature in found.features for e in members[feature]]
    assert len(elements) == len(found.values)
    start = fractions_of(x).ravel()
    step = {e: Fraction(v) - start[e] for e, v in zip(elements, found.values, strict=True)}
    assert all(any(step[e] for e in members[feature]) for feature in found.features)
    assert all(np.float64(x.dtype.type(v)) == v for v in found.values)
    assert all(oracle.lower[e] <= d <= oracle.upper[e] for e, d in step.items())
    assert not oracle.grids or all(d in oracle.grids[e] for e, d in step.items())
    for rows in oracle.guards.T:
        assert rows[0] + sum(rows[1 + e] * d for e, d in step.items()) >= 0
    changed = x.copy()
    changed.reshape(-1)[elements] = found.values
    scores = label_scores(run_exactly(model, changed, slopes=False).outputs)[0]
    margin = min(scores[found.label] - s for j, s in enumerate(scores) if j != found.label)
    assert margin > 0
    assert abs(Fraction(found.margin) - margin) <= margin / 2**19


def tiny(seed, *, inputs, whole=False):
    """A small ReLU network and its input: ordinary weights, or whole numbers, among which ties are common."""
    rng = np.random.default_rng(seed)
    sizes = [inputs, *rng.integers(2, 6, size=rng.integers(1, 3)), rng.integers(2, 5)]
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight, bias = rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b) * 0.3
        layers.append((np.rint(2 * weight), np.rint(2 * bias)) if whole else (weight, bias))
    return layers


def each_alone(count):
    return {f: [f] for f in range(count)}


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, x=inputs_like((6,)), target=st.sampled_from([None, None, 0, 1]))
def test_ordinary_networks_are_solved(seed, x, target):
    model = dense_network(tiny(seed, inputs=6))
    oracle = Oracle(model, x, lower=np.zeros(6), upper=np.ones(6), target=target)
    found = smallest(question(model, x, target=target))
    reached, won = check(found, oracle, each_alone(6), model, x)
    assert found.optimal or reached < won
    assert found.bound == reached
    assert not found.optimal or found.reason == ""


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, x=inputs_like((5,)), target=st.sampled_from([None, 0]))
def test_where_ties_are_common_the_bound_stays_true(seed, x, target):
    model = dense_network(tiny(seed, inputs=5, whole=True))
    oracle = Oracle(model, x, lower=np.zeros(5), upper=np.ones(5), target=target)
    found = smallest(question(model, x, target=target))
    reached, won = check(found, oracle, each_alone(5), model, x)
    # A set that only ties, or has no number of the model's type inside, leaves the answer open, and says why.
    assert found.optimal or reached < won or "no value" in found.reason
    assert found.optimal or found.reason
    assert found.features is not None or won == 6 or "no value" in found.reason


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, x=inputs_like((6,)), limit=st.integers(0, 3))
def test_frozen_pixels_an_order_and_a_limit(seed, x, limit):
    rng = np.random.default_rng(seed)
    frozen = rng.random(6) < 0.3
    lower, upper = np.where(frozen, x, 0.0), np.where(frozen, x, np.maximum(x, 0.75)).astype(np.float64)
    order = rng.permutation(6)[:5]
    model = dense_network(tiny(seed, inputs=6))
    oracle = Oracle(model, x, lower=lower, upper=upper)
    asked = question(model, x, pixels=Pixels(lower, upper), order=order)
    found = smallest(asked)
    reached, won = check(found, oracle, {int(f): [int(f)] for f in order}, model, x)
    assert found.optimal or reached < won
    limited = smallest(asked, limit_features=limit)
    assert limited.bound <= min(reached, limit + 1)
    if reached == won:
        assert limited.optimal
        assert limited.size == (reached if reached <= limit else None)


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, x=inputs_like((3, 2, 2)))
def test_features_of_several_elements(seed, x):
    model = dense_network(tiny(seed, inputs=12), input_shape=(3, 2, 2))
    oracle = Oracle(model, x, lower=np.zeros(12), upper=np.ones(12))
    found = smallest(question(model, x))
    reached, won = check(found, oracle, {f: [f, f + 4, f + 8] for f in range(4)}, model, x)
    assert found.optimal or reached < won


def test_no_rows_are_made_after_the_deadline(monkeypatch):
    """A label's rows may take seconds: those of later labels are not made, and the bound stays one that needs none."""
    weight = np.hstack([np.zeros((3, 1)), np.eye(3)])  # feature f above 0.5 overturns label 0 into f + 1
    model = dense_network([(weight, np.array([0.5, 0.0, 0.0, 0.0]))])
    assert smallest(question(model, np.zeros(3, dtype=np.float32))).size == 1
    asked = question(model, np.zeros(3, dtype=np.float32), deadline=0.5)
    made = []
    rows = Sets.rows
    monkeypatch.setattr(Sets, "rows", lambda self, label: (made.append(label), rows(self, label))[1])
    monkeypatch.setattr("deepcheck.attacks.question.time.monotonic", lambda: float(len(made) >= 1))
    found = smallest(asked)
    assert len(made) == 1
    assert (found.bound, found.features, found.optimal, found.reason) == (1, None, False, "time limit")


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, x=inputs_like((6,)), seconds=st.sampled_from([-1.0, 0.0, 1e-3, 3e-3]))
def test_without_time_the_bound_stays_true(seed, x, seconds):
    model = dense_network(tiny(seed, inputs=6))
    asked = question(model, x, deadline=time.monotonic() + seconds)
    heard = []
    found = smallest(asked, report=lambda bound, size: heard.append((bound, size)))
    check(found, Oracle(model, x, lower=np.zeros(6), upper=np.ones(6)), each_alone(6), model, x)
    assert found.reason == ("" if found.optimal else "time limit")
    if seconds < 0:
        assert (found.bound, found.features, found.optimal) == (1, None, False)
    assert [bound for bound, _ in heard] == sorted(bound for bound, _ in heard)
    assert not heard or heard[-1] == (found.bound, found.size)


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, x=inputs_like((5,)))
def test_unbounded_domains_prove_features_and_pairs_only(seed, x):
    model = dense_network(tiny(seed, inputs=5))
    oracle = Oracle(model, x, lower=np.full(5, -(2.0**40)), upper=np.full(5, 2.0**40))
    found = smallest(question(model, x, pixels=Pixels(unbounded=True)))
    check(found, oracle, each_alone(5), model, x)
    assert found.bound <= 3
    assert found.optimal or found.reason


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, x=inputs_like((5,)), size=st.integers(1, 3))
def test_reduced_gains_leave_every_set_that_works(seed, x, size):
    model = dense_network(tiny(seed, inputs=5))
    oracle = Oracle(model, x, lower=np.zeros(5), upper=np.ones(5))
    asked = question(model, x)
    elements = asked.elements(asked.order)
    none, proofs = np.zeros(5, dtype=bool), []
    for label in range(len(asked.others)):
        rows = rows_of(asked.planes(elements.ravel(), 5), label, 1)
        proofs.append(reduced(rows, Relaxation(rows).widest(size, none).multipliers))
    for chosen in itertools.combinations(range(5), size):
        if oracle.works(chosen, strictly=False):
            assert any(proof.exceeds(np.array(chosen)) for proof in proofs)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, sharp=st.booleans())
def test_reduced_gains_are_rounded_up(seed, sharp):
    """In fractions, whatever the true rows are within their errors, and whatever the multipliers."""
    rng = np.random.default_rng(seed)
    rows, multipliers = random_rows(rng, sharp=sharp), rng.normal(size=5) * 10.0 ** rng.integers(-6, 7)
    proof = reduced(rows, multipliers)
    weights = [Fraction(max(w, 0.0)) for w in multipliers]
    base = sum(w * (Fraction(v) + Fraction(e)) for w, v, e in zip(weights, rows.values, rows.value_errors, strict=True))
    assert base <= Fraction(proof.base)
    added = [Fraction(0)] * rows.count
    for element, feature in enumerate(rows.owner):
        ends = [Fraction(rows.lower[element]), Fraction(rows.upper[element])]
        # At either end of its range a slope is as large, or as small, as its error allows.
        slopes = list(zip(weights, rows.slopes[:, element], rows.slope_errors, strict=True))
        added[feature] += max(
            end * sum(w * (Fraction(s) + (1 if end > 0 else -1) * Fraction(e)) for w, s, e in slopes) for end in ends
        )
    assert all(most <= Fraction(gain) for most, gain in zip(added, proof.gains, strict=True))
    for size in range(1, rows.count + 1):
        most = max(base + sum(chosen) for chosen in itertools.combinations(added, size))
        assert most < 0 or proof.least(NONE, NONE) <= size
    hopeless = proof.hopeless(NONE, NONE, 2)
    for f, g in itertools.combinations(range(rows.count), 2):
        assert base + added[f] + added[g] < 0 or not (hopeless[f] or hopeless[g])


NONE = np.zeros(4, dtype=bool)


def random_rows(rng, *, sharp):
    """Five rows over eight elements of four features; sharp ones have errors like rounding, others large ones."""
    scale = 2.0**-50 if sharp else 0.1
    values = rng.normal(size=5)
    return Rows(
        values=values if not sharp else np.rint(8 * values) / 10,
        value_errors=rng.random(5) * scale,
        slopes=rng.normal(size=(5, 8)) if not sharp else rng.integers(-9, 10, size=(5, 8)) / 10,
        slope_errors=rng.random(5) * scale,
        guards=2,
        lower=-rng.random(8) * rng.integers(0, 2, size=8),
        upper=rng.random(8),
        owner=np.repeat(np.arange(4), 2),
        count=4,
    )


# f = (1, sum of d_i / 4 + 1/4 + bias) at d = 0: label 1 needs three of four features at their ends for 0 < bias.
SUM = SimpleNamespace(
    model=lambda bias: dense_network([([[0, 0.25]] * 4, [1, 0.25 + bias])]), x=np.zeros(4, np.float32)
)


def test_three_of_four_by_hand():
    found = smallest(question(SUM.model(0.125), SUM.x))
    assert (found.bound, found.size, found.label, found.optimal) == (3, 3, 1, True)
    assert len(found.values) == 3
    assert 0 < found.margin <= 0.125


@pytest.mark.parametrize(("bias", "bound"), [(2.0**-20, 3), (-(2.0**-20), 4), (2.0**-24, 3)])
def test_close_calls_by_hand(bias, bound):
    found = smallest(question(SUM.model(bias), SUM.x))
    assert (found.bound, found.size, found.optimal) == (bound, bound, True)


def test_a_tie_is_no_proof():
    """From label 1 a tie is enough for label 0, but has no margin: three features tie, four win."""
    model = dense_network([([[0.25, 0]] * 4, [0.25, 1])])
    found = smallest(question(model, SUM.x))
    assert (found.bound, found.size, found.optimal, found.reason) == (3, 4, False, "tie")


def test_nothing_to_change():
    for asked in (
        question(SUM.model(0.125), SUM.x, order=[]),
        question(SUM.model(0.125), SUM.x, target=0),
        question(SUM.model(0.125), SUM.x, order=[0, 1]),
    ):
        found = smallest(asked)
        assert (found.features, found.optimal, found.reason) == (None, True, "")
        assert found.bound == len(asked.order) + 1


def test_ctrl_c_keeps_what_is_known():
    """The first report interrupts: bound and set stay true."""

    def stop(bound, size):
        raise KeyboardInterrupt

    found = smallest(question(SUM.model(0.125), SUM.x), report=stop)
    assert found.bound <= 3
    assert found.optimal or found.reason == "interrupted"


def test_ctrl_c_within_a_node_keeps_its_bound(monkeypatch):
    """The only label's only node is open when the solver is interrupted."""

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Relaxation, "fewest", stop)
    found = smallest(question(SUM.model(0.125), SUM.x))
    assert (found.bound, found.features, found.optimal, found.reason) == (3, None, False, "interrupted")


def test_sums_of_gains_are_rounded_up():
    """Ten times the float 0.1 is more than 1, though adding them up one by one gives less than 1."""
    none = np.zeros(10, dtype=bool)
    proof = Reduced(-1.0, np.full(10, 0.1))
    assert -1 + 10 * Fraction(0.1) > 0 > -1 + sum([0.1] * 10)
    assert proof.least(none, none) == 10
    assert proof.exceeds(np.arange(10))
    assert not proof.hopeless(none, none, 10).any()
    assert Reduced(-1.0, np.full(9, 0.1)).least(none[:9], none[:9]) == 10


def test_levels_by_hand():
    """Levels 0, 1/2 and 1: three features at 1 are needed, and enough."""
    found = smallest(question(SUM.model(0.03125), SUM.x, pixels=Pixels(levels=3)))
    assert (found.bound, found.size, found.optimal) == (3, 3, True)
    assert set(found.values) <= {0.0, 0.5, 1.0}


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, levels=st.sampled_from([2, 3, 5]))
def test_levels_are_kept_and_the_continuum_bounds_them(seed, levels):
    rng = np.random.default_rng(seed)
    x = (rng.integers(0, levels, size=5) / (levels - 1)).astype(np.float32)
    model = dense_network(tiny(seed, inputs=5))
    box = {"lower": np.zeros(5), "upper": np.ones(5)}
    grids = [[Fraction(v, levels - 1) - start for v in range(levels)] for start in fractions_of(x)]
    oracle = Oracle(model, x, **box, grids=grids)
    found = smallest(question(model, x, pixels=Pixels(levels=levels)))
    reached, won = check(found, oracle, each_alone(5), model, x)
    if not found.optimal:
        # The relaxation works with fewer features than the grid does.
        assert found.reason
        assert found.bound < reached or reached < won
