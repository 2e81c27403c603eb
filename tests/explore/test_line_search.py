"""One feature over all paths: sets of attacking values by hand and by brute force, and every stage of the search."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from all_paths_checks import check_all_paths, questions
from all_paths_oracle import AllPaths
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from planted import plant
from strategies import dense_network

import deepcheck
from deepcheck import Pixels
from deepcheck.explore import line_decide, line_exact, line_search

MNIST = Path(deepcheck.__file__).parent / "zoo" / "networks" / "mnist_10x4.onnx"
TUBES = pytest.mark.parametrize("tubes", [False, True])


def with_tubes(monkeypatch, tubes):
    """Bound segments, and cut them twice, on networks too small for that to pay."""
    if tubes:
        monkeypatch.setattr(line_search, "BENT", 0.1)


def valley():
    """Label 1 between 1/4 and 3/4, label 0 outside: ``|x - 1/2|`` against 1/4; and an input that does nothing."""
    layers = [([[1, -1], [0, 0]], [-0.5, 0.5]), ([[1, 0], [1, 0]], [0, 0.25])]
    return deepcheck.load(dense_network(layers)), np.array([0.5, 0.5], np.float32)


@TUBES
def test_intervals_by_hand(monkeypatch, tubes):
    with_tubes(monkeypatch, tubes)
    program, x = valley()
    result = deepcheck.attack(program, x, paths="all")
    assert (result.verdict, result.scope, result.arithmetic) == ("attack", "all paths", "rounded outward")
    assert result.counts == {"attackable": 1, "replayed": 1, "proved": 1, "undecided": 0, "untried": 0}
    (attack,) = result.attacks
    assert (attack.features, attack.labels) == ((0,), (0,))
    assert np.array(attack.intervals[0]) == pytest.approx(np.array([[0.0, 0.25], [0.75, 1.0]]), abs=1e-9)
    assert attack.witness.margin > 0.2
    assert attack.witness.same_path is False or attack.witness.flips == 0
    assert result.labels_reached == {0: 1}


def test_a_label_that_is_lost_at_one_point_has_two_intervals():
    """``|x - 1/2|`` above 0 on both sides of 1/2, and equal there: the tie goes to the lower index."""
    program = deepcheck.load(dense_network([([[1, -1]], [-0.5, 0.5]), ([[0, 1], [0, 1]], [0, 0])]))
    result = deepcheck.attack(program, np.array([0.5], np.float32), paths="all")
    assert dict(result.attacks[0].intervals) == {1: ((0.0, 0.5), (0.5, 1.0))}
    assert result.exact_questions == 1


def test_levels_and_a_target_by_hand():
    program, x = valley()
    table = np.arange(256, dtype=np.float32) / np.float32(255)
    x = table[[128, 0]]
    result = deepcheck.attack(program, x, paths="all", domain=Pixels(levels=256))
    inside = np.flatnonzero(np.abs(table.astype(np.float64) - 0.5) >= 0.25)
    first = int(inside[inside < 128].max())
    assert dict(result.attacks[0].levels) == {
        0: ((0, first), (first + 128 + (inside[inside > 128].min() != first + 128), 255))
    }
    assert deepcheck.attack(program, x, paths="all", target=0).counts["attackable"] == 1
    text = deepcheck.as_json(result)
    assert text["paths"] == "all"
    assert text["comparison"]["any_path"] == 1
    assert text["attacks"][0]["witness"]["flips"] == result.attacks[0].witness.flips


def test_several_inputs_with_their_own_bounds():
    program, x = valley()
    lower, upper = np.array([0.3, 0.0]), np.array([1.0, 1.0])
    results = deepcheck.attack(program, np.stack([x, x]), paths="all", domain=Pixels(lower, upper))
    for result in results:
        assert np.array(result.attacks[0].intervals[0]) == pytest.approx(np.array([[0.75, 1.0]]), abs=1e-7)
        assert result.comparison.any_path == 1


def test_a_narrow_domain():
    program, x = valley()
    x = np.array([0.7, 0.5], np.float32)
    result = deepcheck.attack(program, x, paths="all", domain=Pixels(0.5, 0.8))
    assert np.array(result.attacks[0].intervals[0]) == pytest.approx(np.array([[0.75, 0.8]]), abs=1e-6)
    assert result.counts["proved"] == 1


def test_a_spike_between_two_numbers_of_the_type_is_no_attack_and_no_proof():
    """A hat around ``1/2 + 2 ** -25`` that is gone at 1/2 and at the next float32, ``1/2 + 2 ** -24``."""
    steep = 2.0**26
    layers = [
        ([[1.0]], [-0.5]),
        ([[steep, steep, steep]], [-1, -2, -3]),
        ([[0, 1], [0, -2], [0, 1]], [0.5, 0]),
    ]
    result = deepcheck.attack(deepcheck.load(dense_network(layers)), np.array([0.25], np.float32), paths="all")
    assert (result.counts["attackable"], result.counts["undecided"], result.verdict) == (0, 1, "undecided")
    assert "no value of the model's type" in result.reason


def brute_force(model, x, table):
    """Label scores with each element at each level, in plain NumPy, ``(elements, levels, labels)``."""
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor).astype(np.float64) for tensor in model.graph.initializer}
    layers = [node.input[1:3] for node in model.graph.node if node.op_type == "Gemm"]
    weights, biases = [stored[weight].T for weight, _ in layers], [stored[bias] for _, bias in layers]
    flat, table = x.reshape(-1).astype(np.float64), table.astype(np.float64)
    z = (flat @ weights[0] + biases[0]) + (table[None, :, None] - flat[:, None, None]) * weights[0][:, None, :]
    for weight, bias in zip(weights[1:], biases[1:], strict=True):
        z = np.maximum(z, 0) @ weight + bias
    return z


@TUBES
def test_every_level_of_every_pixel(monkeypatch, tubes):
    """Agrees wherever the lead exceeds rounding; here no lead is that close."""
    with_tubes(monkeypatch, tubes)
    model = onnx.load(MNIST)
    program = deepcheck.load(MNIST)
    table = np.arange(256, dtype=np.float32) / np.float32(255)
    rng = np.random.default_rng(3)
    images = [table[rng.integers(0, 256, program.input_shape)] * (rng.random(program.input_shape) < 0.2)]
    images.append(np.zeros(program.input_shape, np.float32))
    images = [table[np.rint(255 * image).astype(int)] for image in images]
    found = 0
    for x, result in zip(
        images, deepcheck.attack(program, np.stack(images), paths="all", domain=Pixels(levels=256)), strict=True
    ):
        scores = brute_force(model, x, table)
        ordered = np.sort(scores, axis=2)
        assert (ordered[..., -1] - ordered[..., -2] > 1e-9).all()
        labels = scores.argmax(axis=2)
        claimed = np.full(labels.shape, result.label)
        for attack in result.attacks:
            for label, ranges in attack.levels.items():
                for first, last in ranges:
                    claimed[attack.features[0], first : last + 1] = label
        assert (claimed == labels).all()
        found += len(result.attacks)
    assert found


@pytest.mark.parametrize("stage", ["tubes", "exact"])
def test_stages_against_an_exact_oracle(stage, monkeypatch):
    """Each stage alone gives the answer of the whole."""
    with_tubes(monkeypatch, stage == "tubes")
    if stage == "exact":
        monkeypatch.setattr(line_decide, "PRECISION", -1.0)  # nothing is sharp enough

    @settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
    @given(questions(), st.booleans())
    def check(case, targeted):
        net, x = case
        assume(x.size <= 9)
        oracle = AllPaths(net, x)
        options = {"target": oracle.others[0]} if targeted and oracle.others else {}
        result = deepcheck.attack(deepcheck.load(net.model), x, paths="all", features_as="element", **options)
        event(check_all_paths(result, oracle, 1, **options))

    check()


@TUBES
def test_a_spike_of_width_a_thousandth_is_found(monkeypatch, tubes):
    with_tubes(monkeypatch, tubes)
    made = plant("dense", 1, "reaches", exponent=11, count=12, seed=5)
    result = deepcheck.attack(deepcheck.load(made.net.model), made.x, paths="all")
    assert set(result.attackable) == set(made.sets)
    for attack in result.attacks:
        (interval,) = next(iter(attack.intervals.values()))
        assert interval[1] - interval[0] < 1e-3
    assert result.comparison.along_path == 0


def test_a_wrong_stage_is_seen(monkeypatch):
    """With a walk that forgets to insert points and an error bound that forgets them too, the spike would be missed."""
    from deepcheck.symbolic import bends

    inner = bends.bent

    def forgetful(*given, steps):
        inner(*given, steps=steps)
        given[-1][:] = 0

    monkeypatch.setattr(bends, "crossings", lambda *_, steps: 0)
    made = plant("dense", 1, "reaches", exponent=11, count=12, seed=5)
    program = deepcheck.load(made.net.model)
    honest = deepcheck.attack(program, made.x, paths="all")
    assert set(honest.attackable) == set(made.sets)  # the bends are errors, and exact arithmetic decides
    assert honest.exact_questions
    monkeypatch.setattr(bends, "bent", forgetful)
    assert set(deepcheck.attack(program, made.x, paths="all").attackable) != set(made.sets)


def test_out_of_time_is_untried_never_proved(monkeypatch):
    program, x = valley()
    monkeypatch.setattr(line_exact, "exact_pieces", lambda *_: iter(()))
    monkeypatch.setattr(line_decide, "PRECISION", -1.0)
    result = deepcheck.attack(program, x, paths="all")
    assert result.counts["untried"] == 1
    assert result.verdict == "undecided"
