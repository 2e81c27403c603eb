"""Sets of features where floats overflow, time runs out, regions hold no number, and counts are astronomical."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from onnx import helper, numpy_helper
from oracles import fractions_of, label_scores, run_exactly
from set_oracle import Sets, check_sets, colexicographic
from strategies import FLOAT32, dense_network

import deepcheck
from deepcheck import Pixels
from deepcheck.attacks.question import Question

FLOAT64 = np.dtype(np.float64)


def linear(weight, bias, dtype=FLOAT32):
    return dense_network([(np.array(weight, float), np.array(bias, float))], dtype=dtype)


def asked(model, x, size, **options):
    return deepcheck.attack(deepcheck.load(model), x, size=size, features_as="element", **options)


def steep(sign, last):
    """Two layers whose slopes in feature 0 overflow float64, while no value does; feature 1 attacks alone."""
    first = np.zeros((4, 2))
    first[0, 0], first[1, 1] = sign * 1e200, 1.0
    return dense_network([(first, [1, 1]), ([[1e200, 0], [0, 1]], [0, 0]), last], dtype=FLOAT64)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("size", [2, 3])
def test_slopes_that_overflow_in_guards_prove_nothing(sign, size):
    model = steep(sign, ([[0, 0], [0, 1]], [1.25, 0]))
    x = np.zeros(4)
    result = asked(model, x, size)
    check_sets(result, Sets(model, x), size)
    assert result.counts["attackable"] == 3


@pytest.mark.parametrize("size", [2, 3])
def test_a_margin_beyond_the_floats(size):
    model = steep(1, ([[0, 1], [0, 0]], [2e200, 0]))
    result = asked(model, np.zeros(4), size)
    assert result.counts["attackable"] == 3


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("scale", [1e30, 1e-30])
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64])
def test_huge_and_tiny_weights(size, scale, dtype):
    rng = np.random.default_rng(3)
    layers = [(rng.normal(size=(4, 3)) * scale, rng.normal(size=3) * scale), (rng.normal(size=(3, 3)), np.zeros(3))]
    model = dense_network(layers, dtype=dtype)
    x = rng.random(4).astype(dtype)
    for domain, ends in ((Pixels(), (0.0, 1.0)), (Pixels(unbounded=True), (None, None))):
        check_sets(asked(model, x, size, domain=domain), Sets(model, x, *ends), size)


def test_a_set_is_listed_once():
    """Feature 0 reaches labels 1 and 3, features 1 and 2 together label 2; both complete to {0, 1, 2}."""
    weight = np.zeros((5, 4))
    weight[0, [1, 3]], weight[[1, 2], 2] = (3, -3), 0.75
    result = asked(linear(weight, [1, 0, 0, 0]), np.zeros(5, np.float32), 3, domain=Pixels(-1, 1))
    assert sorted(result.attackable) == [(0,), (1, 2)]
    assert {attack.features: attack.labels for attack in result.attacks} == {(0,): (1, 3), (1, 2): (2,)}
    assert result.counts["attackable"] == 8
    assert result.counts["replayed"] == 2


def test_the_margin_of_a_witness_is_exact():
    """Contract 11: margin and path are exact, for the stored witness."""
    third, more = 1 / 3, 1 / 3 * (1 + 2.0**-50)
    model = linear([[third, more], [third, third], [1, 1]], [0, 0], FLOAT64)
    x = np.array([0.0, 1.0, 0.7])
    result = asked(model, x, 2)
    assert result.counts["attackable"] == 2
    for attack in result.attacks:
        scores = label_scores(run_exactly(model, attack.witness.model_input, slopes=False).outputs)[0]
        margin = scores[1] - scores[0]
        assert attack.witness.margin > 0
        assert abs(Fraction(attack.witness.margin) - margin) <= margin * Fraction(2) ** -19


def late_after(monkeypatch, calls):
    """The time runs out after so many looks at the clock."""
    left = [calls]

    def late(self):
        left[0] -= 1
        return left[0] < 0

    monkeypatch.setattr(Question, "late", late)


def jointly():
    """Feature 5 attacks alone; 0, 1 and 2 only together."""
    weight = np.zeros((6, 2))
    weight[:3, 1], weight[5, 1] = 0.5, 2
    return linear(weight, [1.25, 0])


def in_pairs():
    """0 or 1 with any of 0 to 4; 2, 3 and 4 only together."""
    weight = np.zeros((6, 2))
    weight[:2, 1], weight[2:5, 1] = 0.8, 0.5
    return linear(weight, [1.25, 0])


BROKEN = {("jointly", True, 2), ("jointly", True, 3), ("in_pairs", True, 2), ("in_pairs", False, 2)}


@pytest.mark.parametrize("calls", range(8))
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("make", [jointly, in_pairs])
@pytest.mark.parametrize("size", [2, 3])
def test_what_was_not_reached_in_time_is_not_proved(monkeypatch, make, first, calls, size):
    model, x = make(), np.zeros(6, np.float32)
    sets = Sets(model, x)
    late_after(monkeypatch, calls)
    result = asked(model, x, size, first=first, timeout=1000)
    counts = result.counts
    every = colexicographic(6, size)
    won = [bool(sets.labels(s, None, won=True)) for s in every]
    assert sum(counts[name] for name in ("attackable", "proved", "undecided", "untried")) == comb(6, size)
    known = [set(s) for s in result.attackable]
    containing = [any(k <= set(s) for k in known) for s in every]
    if first and known:
        at = containing.index(True)
        assert counts["attackable"] == 1
        assert len(known) == 1
        assert result.first == at + 1
        assert counts["proved"] <= won[:at].count(False)
    else:
        assert counts["attackable"] == sum(containing)
        assert counts["proved"] <= won.count(False)
    assert (counts["replayed"] > 0) == (counts["attackable"] > 0)
    assert result.verdict != "proved"


def of_two_minds():
    """Sets of 3: {0,1,2} ties, {0,1,3} attacks; with 4 there is room for label 2, but no float32 in it."""
    unit = 2.0**-22
    first, second = np.zeros((5, 6)), np.zeros((6, 4))
    first[range(5), range(5)], first[4, 5] = 1, -5
    second[[0, 1, 2], 0], second[4, 2], second[[0, 1, 3], 3] = 1, 3, 1
    return dense_network([(first, [0] * 5 + [3.75 + 2 * unit]), (second, [-3, 0, -(2.25 + unit), -2.5])])


def test_ties_and_regions_without_a_number():
    model, x = of_two_minds(), np.full(5, 0.25, np.float32)
    result = asked(model, x, 3)
    check_sets(result, Sets(model, x), 3)
    assert result.attackable == ((0, 1, 3),)
    assert result.counts == {"attackable": 1, "replayed": 1, "proved": 2, "undecided": 7, "untried": 0}
    assert "tie" in asked(model, x, 3, target=0).reason
    assert "no value" in asked(model, x, 3, target=2).reason


def test_the_first_after_sets_that_are_open_for_two_reasons():
    result = asked(of_two_minds(), np.full(5, 0.25, np.float32), 3, first=True)
    assert result.first == 2
    assert result.counts == {"attackable": 1, "replayed": 1, "proved": 0, "undecided": 1, "untried": 8}


@pytest.mark.parametrize(
    ("count", "size"),
    [
        (8192, 5),
        (3000, 6),
        (3800, 6),
        (1500, 7),
    ],
)
def test_the_place_of_the_first_among_very_many(count, size):
    weight = np.zeros((count, 2))
    weight[-1, 1] = 2
    result = asked(linear(weight, [1, 0]), np.zeros(count, np.float32), size)
    assert result.attackable == ((count - 1,),)
    assert result.counts["attackable"] == comb(count - 1, size - 1)
    assert result.counts["proved"] == comb(count - 1, size)
    assert result.first_features == count
    assert result.first == comb(count - 1, size) + 1


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("final", ["", "Sigmoid"])
def test_a_single_score(size, final):
    weight = np.array([[0.6], [-0.5], [0.4], [0.3]])
    for bias in (-1.0, 1.0, 0.0):
        model = dense_network([(weight, [bias])], final=final or "Sigmoid")
        x = np.array([0, 0.5, 0.25, 0.5], np.float32)
        check_sets(asked(model, x, size), Sets(model, x), size)


def test_an_input_on_the_border_of_many_pieces():
    rng = np.random.default_rng(0)
    first = rng.integers(-2, 3, (5, 6)).astype(float)
    x = np.full(5, 0.5, np.float32)
    model = dense_network([(first, -0.5 * first.sum(axis=0)), (rng.integers(-2, 3, (6, 3)), [0.25, 0, 0])])
    for size in (2, 3, 4):
        result = asked(model, x, size)
        assert result.borders > 0
        check_sets(result, Sets(model, x), size)


def test_nothing_moves():
    """Zero gains, and a domain of one point."""
    model, x = linear(np.zeros((4, 3)), [1, 0, 0]), np.full(4, 0.5, np.float32)
    for size in (2, 3):
        assert asked(model, x, size).counts["proved"] == comb(4, size)
        frozen = asked(linear(np.eye(4)[:, :3], [0, 0, 0]), x, size, domain=Pixels(x.astype(float), x.astype(float)))
        assert frozen.counts["proved"] == comb(4, size)
    # Frozen where it ties: label 0 by its index.
    tied = linear(np.eye(4)[:, :3], [0, 0, 0])
    check_sets(asked(tied, x, 2), Sets(tied, x), 2)


def mixed(rng, forms, at):
    """Two layers that make linear forms of the input, and the constants that bring the forms to about 0 at a point."""
    first = np.eye(3) + 0.3 * rng.normal(size=(3, 3))
    second = np.linalg.solve(first, np.array(forms).T)
    # Twice the same units, with weights that all but cancel in the second form: its floats are far off.
    far = np.round(rng.uniform(1e4, 2e4, (3, 1))) * (np.arange(len(forms)) == 1)
    first, second = np.concatenate([first, first], axis=1), np.concatenate([second + far, -far])
    exact = (fractions_of(at) @ fractions_of(first) + 3) @ fractions_of(second)
    return first, second, [-float(value) * (1 + int(rng.integers(-1, 2)) * 2.0**-53) for value in exact]


def thin_in_the_lead(rng, x):
    """The label is won, if at all, only at the corner where 0 and 1 are largest, by a rounding error."""
    first, second, constants = mixed(rng, [[*rng.uniform(0.1, 1, 2), 0.0]], [1, 1, x[2]])
    last = np.concatenate([np.zeros((6, 1)), second], axis=1)
    return dense_network([(first, [3] * 6), (last, [0, constants[0]])], dtype=FLOAT64)


def thin_between_lead_and_guard(rng, x):
    """Along one edge of the square the lead begins where a guard ends, but for a rounding error."""
    forms = [[*rng.uniform(0.1, 1, 2), 0.0], [-rng.uniform(0.5, 1), rng.uniform(0.1, 0.3), 0.0]]
    first, second, constants = mixed(rng, forms, [rng.uniform(0.8, 0.99), 1, x[2]])
    last = np.array([[0.0, 1.0], [0.0, 0.0]])
    layers = [(first, [3] * 6), (second, [8, constants[1]]), (last, [0, constants[0] - 8])]
    return dense_network(layers, dtype=FLOAT64)


@pytest.mark.parametrize("make", [thin_in_the_lead, thin_between_lead_and_guard])
@pytest.mark.parametrize("size", [2, 3])
def test_what_only_rounding_could_refute_is_not_refuted(make, size):
    verdicts = set()
    for seed in range(150 if size == 2 else 40):
        rng = np.random.default_rng(seed)
        x = rng.uniform(0.3, 0.6, 3)
        model = make(rng, x)
        result = asked(model, x, size)
        check_sets(result, Sets(model, x), size)
        verdicts.add(result.counts["proved"])
    assert size == 3 or len(verdicts) > 1


def test_a_pair_that_contains_an_attackable_feature_is_attackable():
    """Only 4e-8 or so brings feature 1 there: the number that is found for it alone does for every pair with it."""
    near = 1e-7
    first = ([[near, -1], [-1 - near, near], [near, -near]], [1, near])
    second = ([[near, near - 2], [near, 1]], [0, 2])
    model = dense_network([first, second, ([[-1 - near], [1 - near]], [near])], final="Sigmoid")
    x = np.full(3, 0.5, np.float32)
    unbounded = Pixels(unbounded=True)
    alone, pairs = asked(model, x, 1, domain=unbounded), asked(model, x, 2, domain=unbounded)
    assert alone.attackable == ((1,),)
    assert {(0, 1), (1, 2)} <= set(pairs.attackable)


def test_pooled_zeros_of_dead_activations_leave_nothing_open():
    """Pixel 0 alone passes its activation; every other pooled value is a tie of activations that stay at 0."""
    kernel, bias = numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), "w"), np.array([-0.5], np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["z"]),
        helper.make_node("Relu", ["z"], ["a"]),
        helper.make_node("MaxPool", ["a"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "d", "c"], ["y"]),
    ]
    dense = np.stack([np.zeros(4), np.ones(4)], axis=1).astype(np.float32)
    stored = [kernel, *(numpy_helper.from_array(a, n) for a, n in ((bias, "b"), (dense, "d")))]
    stored.append(numpy_helper.from_array(np.array([0.3, 0], np.float32), "c"))
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "pool", [value("x", 1, ["n", 1, 4, 4])], [value("y", 1, ["n", 2])], initializer=stored
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    x = np.zeros((1, 4, 4), np.float32)
    x[0, 0, 0] = 0.6
    result = asked(model, x, 2)
    assert result.counts["attackable"] == 15
    assert result.exact_questions == 0
    check_sets(result, Sets(model, x), 2)


@pytest.mark.parametrize("short", [2.0**-42, 2.0**-41, 2.0**-40, 3 * 2.0**-41])
def test_gains_that_miss_by_the_slack_of_their_sums_are_decided(short):
    """Feature 0 falls short by about as much as sums of gains are given for their rounding."""
    model = linear([[0, 1], [0, 0], [0, 0], [0, 0]], [1 + short, 0], FLOAT64)
    result = asked(model, np.zeros(4), 3)
    assert result.counts["proved"] == 4
