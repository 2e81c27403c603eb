"""Networks small enough to solve by hand: ties, borders, rounding, overflow, ends of the domain."""

import numpy as np
import pytest
from attack_oracle import check_result
from strategies import FLOAT32, Graph, dense_network

import deepcheck
from deepcheck import Pixels
from deepcheck.attacks import Outcome
from deepcheck.errors import InputError, NoDecision, OptionError

TIE = dense_network([([[-1, 2, 2]], [1, -1, -1])])


def attack(model, x, **options):
    return deepcheck.attack(deepcheck.load(model), np.array(x, np.float32), **options)


def test_where_only_ties_change_the_label_nothing_is_proved():
    """f = (1 - d, 2d - 1, 2d - 1): no class ever wins strictly, yet at 2/3 and beyond label 1 ties with label 2."""
    for options in ({}, {"domain": Pixels(levels=256)}, {"domain": Pixels(0.0, 1.0)}, {"target": 1}):
        result = attack(TIE, [0.0], **options)
        assert (result.verdict, result.reason) == ("undecided", "tie")
        assert result.counts == {"attackable": 0, "replayed": 0, "proved": 0, "undecided": 1, "untried": 0}
        assert result.outcomes.tolist() == [Outcome.TIE]
        assert "proved" not in str(result).split("(")[0]
    # Label 2 can never come before label 1, which has the same score.
    assert attack(TIE, [0.0], target=2).verdict == "proved"


def test_a_tie_of_all_three_at_one_point():
    """f = (1 - d, d, 0): label 1 wins beyond 1/2; with the upper bound at 1/2 a tie keeps label 0."""
    model = dense_network([([[-1, 1, 0]], [1, 0, 0])])
    assert attack(model, [0.0], domain=Pixels(0.0, 0.5)).verdict == "proved"
    result = attack(model, [0.0])
    assert result.attacks[0].intervals == {1: ((pytest.approx(0.5), pytest.approx(1.0)),)}


def test_a_lower_label_wins_ties_and_a_higher_one_does_not():
    """f = (d, 1/2): from label 1 a tie at 1/2 is enough for label 0, but no witness has a margin there."""
    model = dense_network([([[1, 0]], [0, 0.5])])
    assert attack(model, [0.0], domain=Pixels(0.0, 0.5)).reason == "tie"
    # f = (1/2, d): from label 0 a tie at 1/2 changes nothing.
    model = dense_network([([[0, 1]], [0.5, 0])])
    assert attack(model, [0.0], domain=Pixels(0.0, 0.5)).verdict == "proved"


def test_a_level_on_a_tie_is_not_an_attacking_level_of_a_higher_label():
    """f = (0, d - 1/2, 0) from 1/2, where all tie: level 1 of 3 is the input itself, only level 2 reaches label 1."""
    model = dense_network([([[0, 1, 0]], [0, -0.5, 0])])
    result = attack(model, [0.5], domain=Pixels(levels=3))
    assert result.label == 0
    assert result.attacks[0].levels == {1: ((2, 2),)}
    check_result(result, model, np.array([0.5], np.float32), table=[0, 0.5, 1])


@pytest.mark.parametrize("bias", [0.0, 1e-3])
def test_everything_exactly_zero_at_the_input(bias):
    model = dense_network([([[1, -1], [0, 0]], [0, 0]), ([[1, 0], [0, 1]], [bias, bias])])
    for x in ([0, 0], [0, 1]):
        result = attack(model, x, domain=Pixels(levels=5))
        check_result(result, model, np.array(x, np.float32), table=[0, 0.25, 0.5, 0.75, 1])


def test_an_input_on_a_border_takes_the_inactive_arm_and_says_so():
    """relu(x - 1/2) at 1/2 is 0 on both sides; its active arm, where label 1 wins, is another path."""
    model = dense_network([([[1]], [-0.5]), ([[0, 4]], [1, 0])])
    result = attack(model, [0.5])
    assert result.borders == 1
    assert result.scope == "this path (one of several through x)"
    assert result.verdict == "proved"
    assert "one of several" in str(result)
    free = attack(model, [0.5 + 2**-10])
    assert (free.borders, free.scope, free.verdict) == (0, "this path", "attack")


def test_a_max_pool_tie_goes_to_the_first_and_counts():
    net = Graph(np.random.default_rng(0), "normal", (1, 3))
    net.node("MaxPool", kernel_shape=[3], shape=(1, 1)).node("Flatten", shape=(1,))
    net.node("Gemm", net.store(np.array([[0, 1]], np.float32)), net.store(np.array([0.75, 0], np.float32)), shape=(2,))
    model = net.model((1, 3))
    result = attack(model, [[0.5, 0.5, 0.25]], features_as="element")
    assert result.borders == 1
    assert result.attackable == ((0,),)
    check_result(result, model, np.array([[0.5, 0.5, 0.25]], np.float32))


def test_a_feature_without_influence_is_proved():
    model = dense_network([([[2, -2], [0, 0]], [0, 0]), ([[1, 0], [0, 1]], [0, 0.5])])
    result = attack(model, [0.125, 0.3])
    assert result.outcomes.tolist() == [Outcome.ATTACKABLE if i == 0 else Outcome.PROVED for i in range(2)]


def test_a_network_of_zeros_is_proved():
    model = dense_network([(np.zeros((3, 4)), np.zeros(4)), (np.zeros((4, 2)), np.zeros(2))])
    result = attack(model, [0.1, 0.2, 0.3])
    assert (result.verdict, result.label, result.borders) == ("proved", 0, 4)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_an_input_at_an_end_of_the_domain(value):
    """Only one side is left; the other end may be reached exactly."""
    model = dense_network([([[1, -1]], [-0.5, 0.5])])
    result = attack(model, [value])
    other = int(value)
    assert result.label == 1 - other
    low, high = result.attacks[0].intervals[other][0]
    assert (low, high) == pytest.approx((0.0, 0.5) if value else (0.5, 1.0))


def test_a_label_that_depends_on_rounding_is_undecided():
    """1e8 + x - 1e8 is x in real arithmetic and 0 in float32, which then says label 0."""
    net = Graph(np.random.default_rng(0), "normal", (1,))
    for constant in (1e8, -1e8):
        net.node("Add", net.store(np.array([constant], np.float32)))
    net.node("Gemm", net.store(np.array([[-1, 1]], np.float32)), net.store(np.zeros(2, np.float32)), shape=(2,))
    model = net.model((1,))
    result = attack(model, [0.75])
    assert result.label == 1
    assert result.verdict == "undecided"
    assert result.reason == "label depends on rounding"
    assert result.counts["undecided"] == 1
    assert len(result.attacks) == 0
    assert result.attackable == ()


def test_a_witness_that_does_not_replay_stays_listed():
    """y = 1e8 + 2^-3 x - 1e8 exceeds 1/16 beyond x = 1/2 in real arithmetic; float32 never sees it."""
    net = Graph(np.random.default_rng(0), "normal", (1,))
    net.node("Mul", net.store(np.array([0.125], np.float32)))
    for constant in (1e8, -1e8):
        net.node("Add", net.store(np.array([constant], np.float32)))
    net.node(
        "Gemm", net.store(np.array([[0, 1]], np.float32)), net.store(np.array([0.0625, 0], np.float32)), shape=(2,)
    )
    model = net.model((1,))
    result = attack(model, [0.0])
    assert result.counts == {"attackable": 1, "replayed": 0, "proved": 0, "undecided": 0, "untried": 0}
    assert (result.verdict, result.reason) == ("undecided", "does not replay")
    assert not result.attacks[0].witness.replayed
    check_result(result, model, np.array([0.0], np.float32))


def test_overflow_is_undecided():
    layers = [([[3e38]], [0.0])] * 12 + [([[1, 2]], [0, 0])]
    result = attack(dense_network(layers), [0.5])
    assert (result.verdict, result.reason) == ("undecided", "overflow")
    assert result.outcomes.tolist() == [Outcome.OVERFLOW]


@pytest.mark.parametrize("order", [None, "coi", "abs", "reach"])
def test_slopes_that_overflow_prove_nothing(order):
    """At x = 0 all values are 0, yet a step of 1 reaches 1e342: label 1 wins."""
    model = dense_network([([[1e38]], [0.0])] * 9 + [([[-1, 1]], [0, 0])], relu=False)
    result = attack(model, [0.0], order=order)
    assert result.label == 0
    assert result.counts["proved"] == 0
    assert result.counts["attackable"] == 1


@pytest.mark.parametrize("metric", ["abs", "co", "coi", "reach"])
@pytest.mark.parametrize("x", [0.0, 0.5])
def test_a_coefficient_that_overflows_has_no_score(metric, x):
    model = dense_network([([[1e38]], [0.0])] * 9 + [([[-1, 1]], [0, 0])], relu=False)
    with pytest.raises(InputError, match="overflows"):
        deepcheck.importance(deepcheck.load(model), np.array([x], np.float32), metric=metric)


def test_a_region_without_a_number_of_the_model_s_type():
    """Label 1 wins only for x in (1 + 2^-25, 1 + 2^-24): no float32 lies there."""
    scale = 2.0**30
    model = dense_network([([[scale, -scale]], [-scale - 32, scale + 64]), ([[0, -1], [0, -1]], [16, 16])])
    x = np.array([1.0], np.float32)
    result = attack(model, x, domain=Pixels(0.0, 2.0))
    check_result(result, model, x, upper=2.0)


def test_a_regression_has_no_label_to_change():
    model = dense_network([([[1.0], [2.0]], [0.5])])
    with pytest.raises(NoDecision, match="regression"):
        attack(model, [0.1, 0.2])
    with pytest.raises(NoDecision, match="sign"):
        deepcheck.importance(deepcheck.load(model), np.zeros(2, np.float32))
    program = deepcheck.load(model, decision="sign")
    assert deepcheck.attack(program, np.zeros(2, np.float32)).label == 1


def test_a_single_score_of_zero_is_label_0():
    """Label 1 iff the logit is above 0: at 0 the label is 0, and label 1 needs a strict win."""
    model = dense_network([([[1.0]], [-0.5])], final="Sigmoid")
    result = attack(model, [0.5])
    assert result.label == 0
    assert result.attacks[0].labels == (1,)
    assert result.attacks[0].witness.margin == pytest.approx(2 * (result.attacks[0].witness.values[0] - 0.5), rel=1e-6)
    # From label 1 the tie at logit 0 already changes the label, without a margin.
    assert attack(model, [0.75], domain=Pixels(0.5, 1.0)).reason == "tie"


def test_arg_min():
    model = dense_network([([[1, -1]], [0, 0.5])])
    result = deepcheck.attack(deepcheck.load(model, decision="arg min"), np.array([0.0], np.float32))
    assert result.label == 0
    assert result.attacks[0].labels == (1,)
    low, high = result.attacks[0].intervals[1][0]
    assert (low, high) == pytest.approx((0.25, 1.0))


@pytest.mark.parametrize("x", [[-0.01, 0.5], [0.5, 1.5], [2.0, 2.0]])
def test_an_input_outside_the_default_bounds_needs_bounds(x):
    model = dense_network([([[1, -1], [0, 1]], [0, 0.5])])
    with pytest.raises(InputError, match=r"0:1.*bounds"):
        attack(model, x)
    assert attack(model, x, domain=Pixels(-3.0, 3.0)).tried == 2
    assert attack(model, x, domain=Pixels(unbounded=True)).tried == 2


def test_an_input_off_the_levels_is_refused():
    model = dense_network([([[1, -1], [0, 1]], [0, 0.5])])
    good = (np.array([3, 77]) / np.float32(255)).astype(np.float32)
    assert attack(model, good, domain=Pixels(levels=256)).tried == 2
    with pytest.raises(InputError, match=r"256 levels.*element 1"):
        attack(model, [good[0], np.nextafter(good[1], np.float32(1))], domain=Pixels(levels=256))
    with pytest.raises(InputError, match="17 levels"):
        attack(model, good, domain=Pixels(levels=17))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lower": 1.0, "upper": 0.0}, "A < B"),
        ({"lower": 0.5, "upper": 0.5}, "A < B"),
        ({"lower": float("nan"), "upper": 1.0}, "finite"),
        ({"lower": 0.0, "upper": float("inf")}, "finite"),
        ({"lower": 0.0}, "both bounds"),
        ({"lower": 0.0, "upper": 1.0, "unbounded": True}, "both"),
        ({"levels": 1}, "levels"),
        ({"levels": 256, "unbounded": True}, "levels"),
    ],
)
def test_bounds_without_meaning(options, words):
    with pytest.raises(OptionError, match=words):
        Pixels(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 3}, "size of at most the 2 features"),
        ({"size": True}, "size"),
        ({"size": 1.5}, "size"),
        ({"size": "some"}, "all"),
        ({"solver": "simplex"}, "interval, polygon, lp, milp"),
        ({"solver": "polygon"}, "2 input elements"),
        ({"exclude": [0, 1]}, "at least one"),
        ({"size": 0}, "size"),
        ({"paths": "both"}, "paths"),
        ({"objective": "l0"}, "margin, l1, linf"),
        ({"target": 2}, "0 to 1"),
        ({"target": -1}, "0 to 1"),
        ({"order": "random"}, "abs, co, coi, reach"),
        ({"shortlist": "5%"}, "order"),
        ({"order": "coi", "shortlist": "0%"}, "shortlist"),
        ({"order": "coi", "shortlist": "101%"}, "shortlist"),
        ({"order": "coi", "shortlist": 0}, "shortlist"),
        ({"order": "coi", "shortlist": 3}, "shortlist"),
        ({"timeout": 0}, "timeout"),
        ({"features": []}, "features"),
        ({"features": [2]}, "features from 0 to 1"),
        ({"features": [-1]}, "features from 0 to 1"),
        ({"order": "reach", "domain": Pixels(unbounded=True)}, "reach"),
    ],
)
def test_options_without_meaning(options, words):
    with pytest.raises(OptionError, match=words):
        attack(dense_network([([[1, -1], [0, 1]], [0, 0.5])]), [0.5, 0.5], **options)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros(3, np.float32), r"shape \(2,\).*got \(3,\)"),
        (np.zeros((4, 3), np.float32), r"got \(3,\)"),
        (np.zeros((1, 1, 2), np.float32), r"got \(1, 1, 2\)"),
        (np.float32(0.5), "shape"),
        (np.array([np.nan, 0]), "NaN"),
        (np.array([np.inf, 0]), "finite"),
        (np.array([1e300, 0]), "float32"),
        (np.array(["a", "b"]), "numbers"),
        (np.array([None, 1.0], dtype=object), "numbers"),
        (np.array([1j, 0]), "numbers"),
        (np.array([True, False]), "numbers"),
    ],
)
def test_inputs_without_meaning(x, words):
    program = deepcheck.load(dense_network([([[1, -1], [0, 1]], [0, 0.5])]))
    for call in (program, lambda x: deepcheck.attack(program, x), lambda x: deepcheck.importance(program, x)):
        with pytest.raises(InputError, match=words):
            call(x)


def test_colour_pixels_are_features_of_three_elements():
    net = Graph(np.random.default_rng(0), "normal", (3, 2, 2))
    net.node("Flatten", shape=(12,))
    net.node("MatMul", net.store(net.numbers(12, 2)), shape=(2,))
    program, x = deepcheck.load(net.model((3, 2, 2))), np.full((3, 2, 2), 0.5, np.float32)
    assert deepcheck.attack(program, x).tried == 4
    assert deepcheck.attack(program, x, features_as="element").tried == 12
    assert deepcheck.importance(program, x).shape == (2, 2)


def test_a_batch_of_nothing_is_refused():
    program = deepcheck.load(dense_network([([[1, -1], [0, 1]], [0, 0.5])]))
    for call in (deepcheck.attack, deepcheck.importance):
        with pytest.raises(InputError, match="empty batch"):
            call(program, np.zeros((0, 2), np.float32))


def test_inputs_of_other_types_are_what_the_model_receives():
    model = dense_network([([[1, -1], [0, 1]], [0, 0.5])])
    x = np.array([0.3, 0.7])
    result = deepcheck.attack(deepcheck.load(model), x)
    assert result.study.x.dtype == FLOAT32
    check_result(result, model, x.astype(np.float32))
    assert deepcheck.attack(deepcheck.load(model), np.array([0, 1])).tried == 2


def test_a_tie_of_two_inactive_neurons_is_no_border_and_one_of_moving_values_is():
    net = Graph(np.random.default_rng(0), "normal", (1, 4))
    net.node("Add", net.store(np.array([[[-1, -2, 0, 0]]], np.float32)), shape=(1, 4))
    net.node("Relu", shape=(1, 4)).node("MaxPool", kernel_shape=[2], strides=[2], shape=(1, 2)).node(
        "Flatten", shape=(2,)
    )
    net.node("Gemm", net.store(np.eye(2, dtype=np.float32)), net.store(np.zeros(2, np.float32)), shape=(2,))
    model = net.model((1, 4))
    dead = attack(model, [[0.5, 0.5, 0.25, 0.5]], features_as="element")
    assert (dead.borders, dead.scope) == (0, "this path")
    alive = attack(model, [[0.5, 0.5, 0.5, 0.5]], features_as="element")
    assert (alive.borders, alive.scope) == (1, "this path (one of several through x)")
