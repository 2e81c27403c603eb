"""In which order features are tried, when trying stops, and that counts say so."""

import json

import numpy as np
import pytest
from attack_oracle import check_result
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fractions_of, label_of, label_scores, run_exactly
from strategies import ORDINARY, dense_network, networks

import deepcheck
from deepcheck import Pixels, datasets
from deepcheck.attacks import Outcome
from deepcheck.errors import OptionError

# f = (0.55, x0 / 2 + x1 + 2 x2 + x3 / 4 + x4): the coefficients of label 1 are the weights, those of label 0 are 0.
WEIGHTS = [0.5, 1.0, 2.0, 0.25, 1.0]
MODEL = dense_network([([[0, w] for w in WEIGHTS], [0.55, 0])])
HIGH = np.array([0.125, 0.25, 0.0, 1.0, 0.125], np.float32)  # score 0.6875: label 1


@pytest.fixture(scope="module")
def program():
    return deepcheck.load(MODEL)


def test_the_baseline_tries_features_by_index(program):
    """From label 1 a feature must lose 0.1375: x1 and x3 can, x0 and x4 lose at most 0.0625 and 0.125."""
    result = deepcheck.attack(program, HIGH)
    assert result.outcomes.tolist() == [
        Outcome.PROVED,
        Outcome.ATTACKABLE,
        Outcome.PROVED,
        Outcome.ATTACKABLE,
        Outcome.PROVED,
    ]
    assert (result.first, result.first_features, result.tried) == (2, 2, 5)
    assert result.attackable == ((1,), (3,))


@pytest.mark.parametrize(
    ("metric", "order"),
    [
        ("abs", [2, 1, 4, 0, 3]),  # 2 1 1 .5 .25
        ("co", [2, 1, 4, 0, 3]),
        ("coi", [1, 3, 4, 0, 2]),  # .25 .25 .125 .0625 0
        ("reach", [1, 3, 4, 0, 2]),  # falls by .25 .25 .125 .0625 0
    ],
)
def test_ordered_tries_features_by_falling_score_and_ties_by_index(program, metric, order):
    result = deepcheck.attack(program, HIGH, order=metric)
    hits = [position for position, feature in enumerate(order) if feature in (1, 3)]
    assert np.flatnonzero(result.outcomes == Outcome.ATTACKABLE).tolist() == hits
    assert result.attackable == tuple((order[position],) for position in hits)
    assert result.first == hits[0] + 1
    assert [attack.features for attack in result.attacks] == list(result.attackable)


@pytest.mark.parametrize(("shortlist", "length"), [("20%", 1), ("59%", 2), ("60%", 3), ("100%", 5), (2, 2), ("4", 4)])
def test_a_shortlist_tries_the_top_only_and_leaves_the_rest_untried(program, shortlist, length):
    result = deepcheck.attack(program, HIGH, order="coi", shortlist=shortlist)
    assert (len(result.outcomes), result.tried, result.counts["untried"]) == (5, length, 5 - length)
    assert (result.outcomes[length:] == Outcome.UNTRIED).all()
    assert result.attackable == ((1,), (3,))[:length]


def test_a_shortlist_without_an_attack_proves_nothing_about_the_rest(program):
    result = deepcheck.attack(program, HIGH, features=[0, 2, 4], order="coi", shortlist=2)
    assert (result.verdict, result.reason) == ("undecided", "untried")
    assert result.counts == {"attackable": 0, "replayed": 0, "proved": 2, "undecided": 0, "untried": 1}


def test_first_leaves_the_rest_untried(program):
    result = deepcheck.attack(program, HIGH, first=True)
    assert result.counts == {"attackable": 1, "replayed": 1, "proved": 1, "undecided": 0, "untried": 3}
    assert (result.tried, result.first, result.verdict) == (2, 2, "attack")
    assert len(result.attacks) == 1


def test_first_with_nothing_to_find_tries_all(program):
    result = deepcheck.attack(program, HIGH, features=[0, 2, 4], first=True)
    assert result.counts == {"attackable": 0, "replayed": 0, "proved": 3, "undecided": 0, "untried": 0}
    assert (result.verdict, result.first, result.tried) == ("proved", None, 3)


def test_chosen_features_are_the_ones_asked(program):
    result = deepcheck.attack(program, HIGH, features=[3, 0])
    assert result.outcomes.tolist() == [Outcome.PROVED, Outcome.ATTACKABLE]
    assert result.attackable == ((3,),)
    assert deepcheck.attack(program, HIGH, features=[3, 1, 4], order="coi", shortlist=1).attackable == ((1,),)


def test_a_timeout_leaves_features_untried_and_nothing_proved():
    weights = np.zeros((300, 2))
    model = dense_network([(weights, [1.0, 0.0])])
    batch = np.full((3, 300), 0.5, np.float32)
    for result in deepcheck.attack(deepcheck.load(model), batch, timeout=1e-9):
        assert result.counts["untried"] > 0
        assert sum(result.counts.values()) == 300
        assert (result.verdict, result.reason) == ("undecided", "untried")
        assert result.tried == 300 - result.counts["untried"]
    generous = deepcheck.attack(deepcheck.load(model), batch, timeout=1e6)
    assert all(result.verdict == "proved" for result in generous)


@settings(max_examples=40)
@given(networks(ORDINARY, ranks=(1,)), st.sampled_from(["abs", "co", "coi", "reach"]))
def test_every_order_finds_the_same(network, metric):
    program = deepcheck.load(network.model)
    plain = deepcheck.attack(program, network.x)
    ordered = deepcheck.attack(program, network.x, order=metric)
    assert sorted(ordered.attackable) == sorted(plain.attackable)
    assert ordered.counts == plain.counts
    scores = deepcheck.importance(program, network.x, metric=metric).ravel()
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    assert ordered.attackable == tuple((i,) for i in order if (i,) in plain.attackable)
    first = deepcheck.attack(program, network.x, order=metric, first=True)
    assert first.first == ordered.first
    assert first.attackable == ordered.attackable[:1]


def test_progress_counts_the_inputs(program):
    seen = []
    deepcheck.attack(program, np.stack([HIGH] * 7), progress=seen.append)
    assert sum(seen) == 7


@pytest.mark.parametrize("objective", ["margin", "l1", "linf"])
def test_the_objective_chooses_the_witness(program, objective):
    """x3 = 1 loses 0.1375 below 0.45; the largest margin is at the far end, the smallest change at the near one."""
    (attack,) = deepcheck.attack(program, HIGH, features=[3], objective=objective).attacks
    assert attack.intervals == {0: ((0.0, pytest.approx(0.45)),)}
    (value,) = attack.witness.values
    assert 0 < value < 0.45
    assert value == pytest.approx(0.45 / 16 if objective == "margin" else 0.45 * 1023 / 1024, rel=1e-6)


def test_views_and_batches_are_sequences(program):
    results = deepcheck.attack(program, np.stack([HIGH, np.zeros(5, np.float32)]))
    assert len(results) == len(list(results)) == 2
    assert results[-1].label == 0
    assert [r.label for r in results[::-1]] == [0, 1]
    with pytest.raises(IndexError):
        results[2]
    attacks = results[0].attacks
    assert attacks[-1].features == (3,)
    assert [a.features for a in attacks[:1]] == [(1,)]
    with pytest.raises(IndexError):
        attacks[2]


def test_the_text_names_scope_domain_and_size(program):
    proved = str(deepcheck.attack(program, HIGH, features=[0, 4]))
    assert "proved (this path)" in proved
    assert "[0, 1]" in proved
    assert "2 features" in proved
    assert "robust" not in proved.lower()
    found = str(deepcheck.attack(program, HIGH, domain=Pixels(-1.0, 2.0)))
    assert "this path" in found
    assert "[-1, 2]" in found
    assert "attackable" in found


@settings(max_examples=30)
@given(networks(ORDINARY))
def test_json_says_what_the_result_says(network):
    result = deepcheck.attack(deepcheck.load(network.model), network.x, features_as="element")
    written = json.loads(json.dumps(deepcheck.as_json(result), allow_nan=False))
    assert written["schema"] == 1
    assert written["counts"] == result.counts
    assert written["verdict"] == result.verdict
    assert written["feature_count"] == network.x.size
    assert written["domain"] == {"lower": 0, "upper": 1, "levels": None}
    assert [tuple(f) for f in written["attackable"]] == list(result.attackable)
    for listed, attack in zip(written["attacks"], result.attacks, strict=True):
        assert tuple(listed["features"]) == attack.features
        assert listed["witness"]["values"] == [list(attack.witness.values)]
        assert {int(k): tuple(map(tuple, v)) for k, v in listed["intervals"].items()} == dict(attack.intervals)
    assert len(deepcheck.as_json(result, limit=1)["attacks"]) == min(1, len(result.attacks))


def test_activations_in_float32_are_compared():
    """relu(1e8 + x - 1e8) is active in real arithmetic; in float32 its input is 0 until x reaches 8."""
    from strategies import Graph

    net = Graph(np.random.default_rng(0), "normal", (1,))
    for constant in (1e8, -1e8):
        net.node("Add", net.store(np.array([constant], np.float32)))
    net.node("Relu")
    net.node("Gemm", net.store(np.array([[0, 1]], np.float32)), net.store(np.array([2.5, 0], np.float32)), shape=(2,))
    model = net.model((1,))
    x = np.array([1.0], np.float32)
    result = deepcheck.attack(deepcheck.load(model), x, domain=Pixels(0.0, 20.0))
    check_result(result, model, x, upper=20)
    (attack,) = result.attacks
    assert attack.witness.same_path
    assert not attack.witness.same_path_float32
    exact = run_exactly(model, attack.witness.model_input, slopes=False)
    assert label_of(label_scores(exact.outputs)[0]) == attack.witness.label == 1
    assert fractions_of(attack.witness.model_input)[0] > 8


def test_less_memory_takes_more_passes_and_gives_the_same_answers():
    program = deepcheck.load(deepcheck.zoo.path("digits_10x4"))
    images = datasets.digits("test").pixels()[:6]
    whole, parts = (deepcheck.attack(program, images, memory_bytes=size) for size in (None, 3000))
    assert [deepcheck.as_json(r)["attackable"] for r in whole] == [deepcheck.as_json(r)["attackable"] for r in parts]
    with pytest.raises(OptionError, match="memory_bytes"):
        deepcheck.attack(program, images, memory_bytes=0)
