"""The oracles for all paths agree with one another and with onnxruntime, before anything is judged by them."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from all_paths_checks import image_steps, questions
from all_paths_oracle import AllPaths, every_level, intervals_of, pieces_along
from hypothesis import given, settings
from oracles import onnx_outputs
from planted import HEIGHTS, plant


@settings(max_examples=6)
@given(questions())
def test_polygons_agree_with_z3(case):
    oracle = AllPaths(*case)
    for elements in itertools.islice(itertools.combinations(range(oracle.x.size), 2), 6):
        for label, won in itertools.product(oracle.others, (True, False)):
            assert oracle._by_pieces(elements, label, won) == oracle._by_z3(elements, label, won)


@settings(max_examples=15)
@given(questions())
def test_the_model_computes_what_the_plain_steps_do(case):
    net, x = case
    expected = net.float_outputs(x.reshape(1, -1))
    np.testing.assert_allclose(np.array(net.outputs(x), float), expected[0], rtol=1e-12, atol=1e-12)
    if not net.final:
        np.testing.assert_allclose(onnx_outputs(net.model, x[None]), expected, rtol=1e-4, atol=1e-4)


@settings(max_examples=8)
@given(questions())
def test_lines_of_the_model_are_those_of_the_plain_steps(case):
    oracle = AllPaths(*case)
    for element in range(min(oracle.x.size, 3)):
        pieces = pieces_along(oracle.net.model, oracle.x, element, oracle.low[element], oracle.high[element])
        for label in oracle.others:
            assert intervals_of(pieces, label) == oracle.intervals(element, label)


@settings(max_examples=5)
@given(questions(makers=(image_steps,), kinds=("eighths",)))
def test_levels_in_onnxruntime_are_those_in_fractions(case):
    net, x = case
    table = [k / 4 for k in range(5)]
    x = (np.round(x * 4) / 4).astype(np.float32)
    oracle = AllPaths(net, x, table=[Fraction(v) for v in table])
    if oracle.sigmoid or net.final:
        return
    labels = every_level(net.model, x, np.array(table, np.float32))
    for element in range(x.size):
        reached = {int(j) for j in labels[element]} - {oracle.label}
        assert reached == {j for j in oracle.others if oracle.can((element,), j, won=False)}


@pytest.mark.parametrize(("kind", "outcome"), [*(("dense", o) for o in HEIGHTS), ("pool", "hardly")])
@pytest.mark.parametrize("swapped", [False, True])
def test_planted_truth_is_the_truth_of_polygons(kind, outcome, swapped):
    size = 2 if kind == "dense" else 1
    made = plant(kind, size, outcome, swapped=swapped, count=6)
    oracle = AllPaths(made.net, made.x)
    assert oracle.agrees
    assert oracle.attackable(made.sets[0]) == made.attackable
    assert oracle.robust(made.sets[0]) == made.robust
    assert size == 1 or all(oracle.robust((feature,)) for feature in made.sets[0])
