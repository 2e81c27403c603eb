"""Region maps: by hand, and everywhere what the program itself computes."""

import numpy as np
import onnx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import fractions_of, run_exactly
from strategies import ORDINARY, dense_network, networks

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import DeepCheckError, InputError, OptionError


def valley():
    """Label 1 where ``|x - 1/2| <= 1/4``, whatever the other input; it bends at 1/2."""
    layers = [([[1, -1], [0, 0]], [-0.5, 0.5]), ([[1, 0], [1, 0]], [0, 0.25])]
    return deepcheck.load(dense_network(layers)), np.array([0.5, 0.25], np.float32)


def test_by_hand():
    program, x = valley()
    found = deepcheck.region_map(program, x, [0, 1])
    assert (found.features, found.label, found.paths, len(found)) == ((0, 1), 1, 2, 4)
    assert (found.point, found.lower, found.upper) == ((0.5, 0.25), (0.0, 0.0), (1.0, 1.0))
    assert found.shares == pytest.approx({0: 0.5, 1: 0.5})
    edges = sorted((min(region.corners[:, 0]), max(region.corners[:, 0]), region.label) for region in found)
    assert np.array(edges) == pytest.approx(np.array([[0, 0.25, 0], [0.25, 0.5, 1], [0.5, 0.75, 1], [0.75, 1, 0]]))
    right = next(region for region in found if region.corners[:, 0].min() > 0.7)
    assert right.form == pytest.approx(np.array([[-0.5, 1, 0], [0.25, 0, 0]]))
    assert "2 linear regions (all paths)" in str(found)
    written = deepcheck.region_map_as_json(found)
    assert (written["paths"], len(written["regions"]), written["scope"]) == (2, 4, "all paths")


def test_units_are_the_users():
    program, _ = valley()
    program = deepcheck.load(onnx.load_from_string(program.origin.model), mean=-1.0, std=2.0)
    found = deepcheck.region_map(program, np.array([0.0, 0.5], np.float32), [0, 1], domain=Pixels(-1.0, 1.0))
    assert (found.lower, found.upper) == ((-1.0, -1.0), (1.0, 1.0))
    for region in found:
        middle = region.corners.mean(axis=0)
        scores = program(middle.astype(np.float32))
        assert region.form @ np.array([1.0, *middle]) == pytest.approx(scores, abs=1e-6)


@settings(max_examples=25)
@given(networks(ORDINARY, most=4), st.integers(0, 2**32 - 1))
def test_labels_and_forms_are_those_of_the_network(network, seed):
    try:
        program = deepcheck.load(network.model, **({"decision": "sign"} if network.sigmoid else {}))
    except DeepCheckError:
        assume(False)
    assume(network.x.size > 1)
    rng = np.random.default_rng(seed)
    first, second = (int(i) for i in rng.choice(network.x.size, 2, replace=False))
    try:
        found = deepcheck.region_map(program, network.x, [first, second], features_as="element")
    except InputError:
        assume(False)
    assert sum(found.shares.values()) == pytest.approx(1.0)
    whole = [region for region in found if region.area > 1e-6]
    for region in [whole[i] for i in rng.choice(len(whole), min(6, len(whole)), replace=False)]:
        middle = region.corners.mean(axis=0)
        moved = fractions_of(network.x)
        moved.reshape(-1)[[first, second]] = fractions_of(middle)
        scores = program.decided().scores(
            np.array([run_exactly(network.model, moved, slopes=False).outputs[0]], object).reshape(1, -1)
        )[0]
        claimed = region.form @ np.array([1.0, *middle])
        assert claimed == pytest.approx(scores.astype(np.float64), rel=1e-6, abs=1e-6)
        assert scores[region.label] >= max(scores) - 1e-9


@pytest.mark.parametrize(
    ("features", "options", "words"),
    [
        ([0], {}, "two different features"),
        ([1, 1], {}, "two different features"),
        ([0, 2], {}, "features from 0 to 1"),
        ([0, 1], {"domain": Pixels(unbounded=True)}, "bounded"),
        ([0, 1], {"domain": Pixels(np.array([0.5, 0]), np.array([0.5, 1]))}, "fixes one"),
    ],
)
def test_what_has_no_map(features, options, words):
    program, x = valley()
    with pytest.raises(OptionError, match=words):
        deepcheck.region_map(program, x, features, **options)
    with pytest.raises(InputError, match="one input"):
        deepcheck.region_map(program, x[None], [0, 1])
