"""Proofs and attacks in three semantics: nothing false is called proved in float32, whatever the order of summation."""

import itertools
import json

import numpy as np
import onnx
import pytest
from float_orders import ORDERS, Summation, run_in_order
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from oracles import onnx_label
from strategies import DEGENERATE, FLOAT32, ORDINARY, Graph, dense_network, networks

import deepcheck
from deepcheck import Pixels
from deepcheck.attacks import FeatureResult, Outcome
from deepcheck.attacks.head_start import Families, Rivals, with_head_start
from deepcheck.certify.deployment import deployment_of
from deepcheck.symbolic import run

WAYS = [Summation(order, fused, flush) for order in ORDERS for fused in (False, True) for flush in (False, True)]


def label_in_order(model, x, how, *, sigmoid=False):
    """The label of one run; None where it is not finite."""
    output = run_in_order(model, x, how)
    if not np.isfinite(output).all():
        return None
    return int(output[0] > 0) if sigmoid else int(np.argmax(output))


def backdoor(gap=0.5):
    """relu(2^24 a + b - 2^24 c) is 1 at a = b = c = 1, and 0 where b is added to 2^24: the label depends on the order.

    Jia and Rinard (2021) and Szász et al. (2025) hide such neurons in networks that verifiers call robust.
    """
    weights = [[2.0**24, 0.0], [1.0, 0.0], [-(2.0**24), 0.0], [0.0, 1e-3]]
    return dense_network([(weights, [0.0, 0.0]), ([[1.0, 0.0], [1e-3, 0.0]], [-gap, 0.0])])


def test_a_backdoor_that_only_one_order_sees_is_not_proved_in_float32():
    model, x = backdoor(), np.ones(4, np.float32)
    assert {label_in_order(model, x, how) for how in WAYS} == {0, 1}
    program = deepcheck.load(model)
    result = deepcheck.attack(program, x, features=[3])
    assert result.proved_float32 == 0
    if onnx_label(model, x) == 0:
        assert result.counts["proved"] == 1
        assert (result.semantics, result.deployed.reason) == (
            "real",
            "the lead over the domain is within what rounding may do",
        )
        assert str(result).endswith("in real arithmetic")


@pytest.mark.parametrize("places", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("paths", ["same", "all"])
def test_backdoors_in_any_place(places, paths):
    """However the runtime's own order happens to see the neuron, and also hidden before a second layer."""
    weights = np.zeros((4, 2), np.float32)
    weights[list(places), 0] = [2.0**24, 1.0, -(2.0**24)]
    weights[3, 1] = 1.0
    model = dense_network([(weights, [0.0, 0.0]), (np.eye(2), [0.0, 0.0]), ([[4.0, 0.0], [0.0, 0.5]], [-2.0, 0.0])])
    result = deepcheck.attack(deepcheck.load(model), np.ones(4, np.float32), features=[3], paths=paths)
    assert result.proved_float32 == 0


def test_the_same_network_without_the_backdoor_is_proved():
    weights = [[2.0, 0.0], [1.0, 0.0], [-2.0, 0.0], [0.0, 1e-3]]
    model = dense_network([(weights, [0.0, 0.0]), ([[1.0, 0.0], [1e-3, 0.0]], [-0.5, 0.0])])
    result = deepcheck.attack(deepcheck.load(model), np.ones(4, np.float32), features=[3])
    assert (result.counts["proved"], result.proved_float32, result.semantics) == (1, 1, "real and float32")
    assert result.float32.tolist() == [True]
    assert str(result).endswith("in real arithmetic and in float32")


@pytest.mark.parametrize(
    ("decision", "label", "target", "errors", "added"),
    [
        ("arg max", 1, None, [0.25, 0.5], [0.25, 0, 0.5]),
        ("arg min", 1, None, [0.25, 0.5], [-0.25, 0, -0.5]),
        ("arg max", 1, 2, [0.25, 0.5], [0, 0, 0.5]),  # over each other label: the larger
        ("sign", 1, None, [0.5], [-0.25]),  # the lead is twice the output
        ("sign", 0, None, [0.5], [0.25]),
    ],
)
def test_head_starts_by_hand(decision, label, target, errors, added):
    outputs = 1 if decision == "sign" else 3
    model = dense_network([(np.ones((2, outputs)), np.zeros(outputs))])
    program, x = deepcheck.load(model, decision=decision), np.array([0.5, 0.25], np.float32)
    rivals = Rivals.of(program.decided(), np.array([label]), target)
    raised = with_head_start(program, rivals, np.array(errors))
    found = raised(x) - program(x)
    assert found == pytest.approx(added, rel=1e-5)
    assert (np.abs(found) >= np.abs(added)).all()


def same_path(program, x, changed):
    first, second = (run(program, program.model_input(each)) for each in (x, changed))
    return all((a == b).all() for a, b in zip(first.path.arms, second.path.arms, strict=True))


def check_proofs(network, result, rng, *, samples=6):
    """Inputs that proofs cover get the same label in any order."""
    program = result.study.program
    if isinstance(result, FeatureResult):
        kept = result.order[result.float32]
    else:
        kept = result.order if result.proved_float32 == result.asked else result.order[:0]
    if len(kept) < result.size:
        return
    for _ in range(samples):
        changed = network.x.copy().ravel()
        for feature in rng.choice(kept, result.size, replace=False):
            for element in result.study.features.members[feature]:
                changed[element] = rng.choice([0.0, 1.0, rng.random(), changed[element], 0.5])
        changed = changed.reshape(network.x.shape)
        if result.scope.startswith("this path") and not same_path(program, network.x, changed):
            continue
        for order in rng.choice(ORDERS, 3):
            how = Summation(str(order), bool(rng.integers(2)), bool(rng.integers(2)), rng)
            found = label_in_order(network.model, changed, how, sigmoid=network.sigmoid)
            assert found == result.label, (changed, how)


@settings(max_examples=40, deadline=None)
@given(networks(ORDINARY + DEGENERATE), st.integers(0, 2**32 - 1), st.sampled_from(["same", "same", "all"]))
def test_single_features_proved_in_float32_hold_in_any_order(network, seed, paths):
    result = deepcheck.attack(deepcheck.load(network.model), network.x, paths=paths)
    assert 0 <= result.proved_float32 <= result.counts["proved"]
    check_proofs(network, result, np.random.default_rng(seed))


@settings(max_examples=20, deadline=None)
@given(networks(ORDINARY + DEGENERATE, most=3), st.integers(0, 2**32 - 1), st.sampled_from(["same", "same", "all"]))
def test_sets_proved_in_float32_hold_in_any_order(network, seed, paths):
    program = deepcheck.load(network.model)
    if deepcheck.attack(program, network.x).study.features.count < 2:
        return
    result = deepcheck.attack(program, network.x, size=2, paths=paths, timeout=5)
    assert 0 <= result.proved_float32 <= result.counts["proved"]
    check_proofs(network, result, np.random.default_rng(seed))


@settings(max_examples=40, deadline=None)
@given(networks(ORDINARY + DEGENERATE), st.integers(0, 2**32 - 1))
def test_an_attack_whose_lead_beats_rounding_replays_in_any_order(network, seed):
    result = deepcheck.attack(deepcheck.load(network.model), network.x)
    rng = np.random.default_rng(seed)
    for attack in result.attacks[:4]:
        witness = attack.witness
        assert witness.real
        assert witness.float32 == witness.replayed
        if witness.beats_rounding:
            assert witness.replayed
            for order in rng.choice(ORDERS, 2):
                how = Summation(str(order), bool(rng.integers(2)), bool(rng.integers(2)), rng)
                found = label_in_order(network.model, witness.model_input, how, sigmoid=network.sigmoid)
                assert found == witness.label


def test_a_lead_that_a_sigmoid_rounds_away_does_not_beat_rounding():
    """The score 2^-30 is positive; its sigmoid is 0.5 in float32, and the label of the model itself is 0."""
    model = dense_network([([[2.0**-30], [-1.0]], [0.0])], final="Sigmoid")
    result = deepcheck.attack(deepcheck.load(model), np.array([1.0, 0.5], np.float32), domain=Pixels(0, 1))
    (attack,) = result.attacks
    assert attack.witness.margin > 0
    assert (attack.witness.float32, attack.witness.beats_rounding) == (False, False)


def test_several_sigmoids_may_saturate():
    """Scores 30 and 60: both sigmoids are 1 in float32, and the label of the model is the first."""
    model = dense_network([([[0.0, 60.0]], [30.0, 0.0])], final="Sigmoid")
    result = deepcheck.attack(deepcheck.load(model), np.array([0.25], np.float32))
    (attack,) = result.attacks
    assert (attack.witness.float32, attack.witness.beats_rounding) == (False, False)
    proved = deepcheck.attack(deepcheck.load(model), np.array([0.25], np.float32), domain=Pixels(0, 0.25))
    assert (proved.counts["proved"], proved.proved_float32) == (1, 0)
    assert "saturate" in proved.deployed.reason


def test_targets_and_a_single_score():
    """A target is shown not to win; a single score has two labels."""
    model = dense_network([([[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]], [0.0, 0.0, 0.0])])
    x = np.array([0.9, 0.1], np.float32)
    targeted = deepcheck.attack(deepcheck.load(model), x, target=2, features=[1])
    assert (targeted.counts["proved"], targeted.proved_float32) == (1, 1)
    pair = deepcheck.attack(deepcheck.load(model), x, target=2, size=2, domain=Pixels(0.1, 0.9))
    assert pair.proved_float32 <= pair.counts["proved"]
    signed = deepcheck.load(dense_network([([[1.0], [-0.25]], [0.5])], final="Sigmoid"))
    assert [deepcheck.attack(signed, x, features=[1], size=s).proved_float32 for s in (1,)] == [1]
    assert deepcheck.attack(signed, x, size=2, domain=Pixels(0.05, 1)).proved_float32 == 1


def test_the_head_start_of_a_single_score_counts_once():
    """f = 1 - 2^24 a + 2^24 b: the score may be off by a few units, and the lead is twice the score."""
    model = dense_network([([[-(2.0**24)], [2.0**24], [1e-3]], [1.0])], final="Sigmoid")
    result = deepcheck.attack(deepcheck.load(model), np.array([1.0, 1.0, 0.5], np.float32), features=[2])
    assert result.proved_float32 == 0


def folded():
    """A weight that the model multiplies out itself: the runtime rounds it, in whatever way."""
    nodes = [
        helper.make_node("Mul", ["a", "b"], ["w"]),
        helper.make_node("MatMul", ["input", "w"], ["output"]),
    ]
    stored = [
        numpy_helper.from_array(np.array([[0.1, 0.7], [0.3, -0.2]], np.float32), "a"),
        numpy_helper.from_array(np.array(0.1, np.float32), "b"),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 2]) for name in ("input", "output")]
    graph = helper.make_graph(nodes, "folded", ports[:1], ports[1:], stored)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def batch_normed(variance):
    net = Graph(np.random.default_rng(0), "normal", (1, 2, 2), 17, FLOAT32)
    parts = [[2.0], [0.1], [0.3], [variance]]
    net.node("BatchNormalization", *(net.store(np.array(part, np.float32)) for part in parts))
    net.node("Flatten", shape=(4,))
    net.node("Gemm", net.store(np.array([[3, 0], [0, 1], [0, 1], [0, 1]], np.float32)), shape=(2,))
    return net.model((1, 2, 2))


def test_constants_that_the_runtime_computes_are_named():
    program = deepcheck.load(folded())
    assert deployment_of(program).reason == "a constant is itself computed in floats: w (Mul)"
    result = deepcheck.attack(program, np.array([0.1, 0.9], np.float32))
    assert result.proved_float32 == 0
    assert result.counts["proved"] == 0 or "w (Mul)" in result.deployed.reason


def test_a_batch_norm_is_covered_unless_its_variance_is_odd():
    x = np.array([[[0.9, 0.2], [0.1, 0.2]]], np.float32)
    result = deepcheck.attack(deepcheck.load(batch_normed(0.5)), x)
    assert result.proved_float32 == result.counts["proved"] > 0
    odd = deployment_of(deepcheck.load(batch_normed(1e30)))
    assert odd.running is None
    assert "BatchNormalization" in odd.reason


def test_an_early_stop_is_not_counted():
    """Of the pairs (0, 1), (0, 2), (1, 2) the first is proved, the second an attack, the third untried."""
    program = deepcheck.load(dense_network([([[0, 0.1], [0, 0.1], [0, 2.0]], [0.55, 0.0])]))
    result = deepcheck.attack(program, np.zeros(3, np.float32), size=2, first=True)
    assert (result.counts["proved"], result.counts["untried"]) == (1, 1)
    assert (result.proved_float32, result.deployed.reason) == (0, "the search stopped early")


def between(low, high):
    """Label 1 iff pixel 0 of an image lies strictly between two values; pixel 3 does nothing."""
    slope = 1024.0
    first = np.zeros((4, 2), np.float32)
    first[0] = [slope, slope]
    middle, half = (low + high) / 2, (high - low) / 2
    bias = [-slope * middle + slope * half, -slope * middle]
    net = Graph(np.random.default_rng(0), "normal", (1, 2, 2), 17, FLOAT32)
    net.node("Flatten", shape=(4,))
    net.node("Gemm", net.store(first), net.store(np.array(bias, np.float32)), shape=(2,)).node("Relu")
    matrix = np.array([[0.0, 1.0], [0.0, -2.0]], np.float32)
    net.node("Gemm", net.store(matrix), net.store(np.array([0.125, 0.0], np.float32)), shape=(2,))
    return net.model((1, 2, 2))


@pytest.mark.parametrize(
    ("low", "high", "pixel", "held"),
    [
        (0.5003, 0.5015, 0.0, False),  # between the levels 127 / 255 = 0.498 and 128 / 255 = 0.502
        (0.3, 0.7, 0.0, True),
        (0.3, 0.7, 0.1, None),  # 0.1 is on no level
    ],
)
def test_the_third_semantics_is_the_image_read_back(low, high, pixel, held):
    program = deepcheck.load(between(low, high))
    x = np.zeros((1, 2, 2), np.float32)
    x[0, 1, 1] = pixel
    result = deepcheck.attack(program, x, paths="all", features=[0])
    (attack,) = result.attacks
    assert (attack.witness.real, attack.witness.float32, attack.witness.eight_bit) == (True, True, held)
    witness = json.loads(json.dumps(deepcheck.as_json(result)))["attacks"][0]["witness"]
    assert [witness[key] for key in ("real", "float32", "eight_bit")] == [True, True, held]


def test_levels_that_were_asked_for_survive_as_an_image():
    program = deepcheck.load(between(0.3, 0.7))
    x = np.zeros((1, 2, 2), np.float32)
    result = deepcheck.attack(program, x, paths="all", features=[0], domain=Pixels(0, 1, levels=256))
    assert [attack.witness.eight_bit for attack in result.attacks] == [True]


def test_pixels_of_0_to_255_and_bounds_that_hold_no_level():
    model = between(0.3 * 255, 0.7 * 255)
    x = np.zeros((1, 2, 2), np.float32)
    result = deepcheck.attack(deepcheck.load(model), x, paths="all", features=[0], domain=Pixels(0, 255))
    assert result.attacks[0].witness.eight_bit is True


@pytest.mark.parametrize(("low", "held"), [(0.5003, False), (0.4979, True)])
def test_levels_outside_of_the_domain_are_not_taken(low, held):
    """Up to 0.5014: 128 / 255 = 0.502 is the nearest level and outside, 127 / 255 = 0.498 the nearest one inside."""
    x = np.zeros((1, 2, 2), np.float32)
    ends = np.zeros((2, 2)), np.full((2, 2), 0.5)
    ends[1][0, 0] = 0.5014
    program = deepcheck.load(between(low, 0.5049 if held else 0.504))
    result = deepcheck.attack(program, x, paths="all", features=[0], domain=Pixels(*ends))
    assert [attack.witness.eight_bit for attack in result.attacks] == [held]


def test_a_vector_is_no_image():
    program = deepcheck.load(dense_network([([[0, 1.0], [0, 1.0], [0, 1.0]], [0.5, 0.0])]))
    result = deepcheck.attack(program, np.zeros(3, np.float32))
    assert {attack.witness.eight_bit for attack in result.attacks} == {None}


def test_colours_keep_their_places():
    """Three channels, first or last: what is read back is the witness itself where it is on levels."""
    rng = np.random.default_rng(3)
    weights = np.zeros((3 * 4 * 5, 2), np.float32)
    weights[:, 1] = rng.normal(size=60)
    for shape, layout in (((3, 4, 5), "nchw"), ((4, 5, 3), "nhwc")):
        net = Graph(np.random.default_rng(0), "normal", shape, 17, FLOAT32)
        net.node("Flatten", shape=(60,))
        net.node("Gemm", net.store(weights), net.store(np.array([0.05, 0.0], np.float32)), shape=(2,))
        x = rng.integers(0, 256, shape).astype(np.float32) / np.float32(255)
        result = deepcheck.attack(deepcheck.load(net.model(shape)), x, domain=Pixels(0, 1, levels=256), layout=layout)
        assert len(result.attacks) > 3
        assert all(attack.witness.eight_bit for attack in result.attacks)


def test_json_has_the_semantics_of_proofs():
    weights = [[2.0, 0.0], [1.0, 0.0], [-2.0, 0.0], [0.0, 1e-3]]
    model = dense_network([(weights, [0.0, 0.0]), ([[1.0, 0.0], [1e-3, 0.0]], [-0.5, 0.0])])
    result = deepcheck.attack(deepcheck.load(model), np.ones(4, np.float32), features=[3])
    found = deepcheck.as_json(result)
    assert (found["semantics"], found["proved_float32"], found["proved_float32_reason"]) == ("real and float32", 1, "")
    assert (result.outcomes == Outcome.PROVED).all()


def test_sharp_errors_of_few_chosen_features_over_all_paths_are_at_most_the_plain_ones():
    rng = np.random.default_rng(1)
    model = dense_network([(rng.normal(size=(6, 8)), np.zeros(8)), (rng.normal(size=(8, 3)), np.zeros(3))])
    result = deepcheck.attack(deepcheck.load(model), np.full(6, 0.5, np.float32), size=2, features=[1, 3], paths="all")
    study, one = result.study, np.array([0])
    families = Families(study.program, deployment_of(study.program).running, study.box, np.array([[1], [3]]), 2, False)
    rivals = Rivals.of(study.program.decided(), study.run.labels, None)
    plain, sharp = (families.errors(study.x, study.run, one, rivals, sharp=how) for how in (False, True))
    assert (sharp > 0).all()
    assert (sharp <= plain).all()
