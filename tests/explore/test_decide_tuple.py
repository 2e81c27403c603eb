"""One set of elements over all paths, decided: against the exact oracle."""

import time

import numpy as np
from all_paths_checks import questions
from all_paths_oracle import AllPaths
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fractions_of, label_of
from planted import plant

import deepcheck
from deepcheck import Pixels
from deepcheck.constraints import Undecided
from deepcheck.explore.decide_tuple import Attacked, Proved, decide_tuple
from deepcheck.symbolic import run


def decided(net, x, elements, pixels, **options):
    program = deepcheck.load(net.model)
    batch = np.stack([np.zeros_like(x), x])  # the second of a batch
    outcome = run(program, batch, sharp=True)
    return decide_tuple(program, batch, outcome, 1, elements, pixels.box(program), **options)


def check(found, oracle, elements, target=None):
    if isinstance(found, Attacked):
        values = oracle.origins.copy()
        values[list(elements)] = fractions_of(np.array(found.values))
        scores = oracle.net.outputs(values)
        assert label_of(scores) == found.label != oracle.label
        assert min(scores[found.label] - s for j, s in enumerate(scores) if j != found.label) > 0
        assert all(oracle.low[e] <= values[e] <= oracle.high[e] for e in elements)
        assert oracle.table is None or all(values[e] in oracle.table for e in elements)
        assert np.array_equal(np.float32(found.values), found.values)
    elif isinstance(found, Proved):
        assert oracle.robust(elements, target)
    else:
        assert not oracle.robust(elements, target)
        assert found.reason in ("tie", "no value of the model's type inside the region") or ", " in found.reason


@settings(max_examples=40)
@given(questions(sizes=(3, 4)), st.integers(1, 3), st.data())
def test_small_networks(case, count, data):
    net, x = case
    elements = data.draw(st.permutations(range(x.size)), label="elements")[: min(count, x.size)]
    check(decided(net, x, elements, Pixels(0, 1)), AllPaths(net, x), elements)


@settings(max_examples=25)
@given(questions(sizes=(3,), labels=(1, 2)), st.data())
def test_levels(case, data):
    net, x = case
    table = np.arange(5, dtype=np.float32) / np.float32(4)
    x = table[np.clip(np.rint(x * 4), 0, 4).astype(int)]
    oracle = AllPaths(net, x, table=[fractions_of(np.array([v]))[0] for v in table])
    check(decided(net, x, (0, 1), Pixels(0, 1, levels=5)), oracle, (0, 1))


def test_a_hidden_attack_stops_the_search():
    made = plant("dense", 2, "reaches", count=4)
    found = decided(made.net, made.x, made.sets[0], Pixels(0, 1))
    assert isinstance(found, Attacked)
    assert found.flips > 0
    fails = plant("dense", 2, "fails", count=4)
    assert isinstance(decided(fails.net, fails.x, fails.sets[0], Pixels(0, 1)), Proved)


def test_no_time_is_no_proof():
    made = plant("dense", 2, "fails", count=4)
    found = decided(made.net, made.x, made.sets[0], Pixels(0, 1), deadline=time.monotonic() - 1)
    assert found == Undecided("time limit")
    assert decided(made.net, made.x, made.sets[0], Pixels(0, 1), limit=1) == Undecided("limit of paths")
