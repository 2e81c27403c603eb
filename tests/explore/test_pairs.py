"""Pairs over all paths, by their linear regions, against an exact oracle."""

import itertools

import numpy as np
import pytest
from all_paths_checks import questions
from all_paths_oracle import AllPaths
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from planted import plant

import deepcheck
from deepcheck import Pixels
from deepcheck.attacks import Outcome, Search
from deepcheck.explore.pairs import decide_pairs
from deepcheck.symbolic import run


def decide(net, x, *, domain=None, target=None, **options):
    """All pairs of elements of an input; the pairs and what became of them."""
    program = deepcheck.load(net.model)
    received = program.model_input(x)
    outcome = run(program, received, sharp=True)
    pairs = np.array(list(itertools.combinations(range(x.size), 2)))
    box = (domain or Pixels()).box(program)
    return pairs, decide_pairs(Search(program, box, target), received, outcome, pairs, **options)


def check(pairs, found, oracle, target=None):
    for pair, outcome, label, values in zip(pairs, found.outcomes, found.label, found.values, strict=True):
        pair = tuple(pair.tolist())
        if outcome == Outcome.PROVED:
            assert oracle.robust(pair, target), pair
        elif outcome == Outcome.ATTACKABLE:
            assert not oracle.robust(pair, target), pair
            changed = oracle.x.reshape(-1).copy()
            changed[list(pair)] = values.astype(changed.dtype)
            scores = oracle.net.outputs(changed.reshape(oracle.x.shape))
            assert max(range(len(scores)), key=lambda k: (scores[k], -k)) == label != oracle.label
        else:
            # Left open only beside a tie, or where no number of the model's type attacks.
            event(f"open: {Outcome(outcome).name}")
            assert oracle.touches(pair, target), (pair, Outcome(outcome))


@settings(max_examples=15, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(questions(sizes=(3, 4)), st.booleans())
def test_every_pair(case, targeted):
    net, x = case
    assume(2 <= x.size <= 5)
    oracle = AllPaths(net, x)
    target = oracle.others[0] if targeted and oracle.others else None
    check(*decide(net, x, target=target), oracle, target)


@settings(max_examples=15, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(questions(sizes=(3, 4)))
def test_every_pair_on_levels(case):
    net, x = case
    assume(2 <= x.size <= 5)
    table = np.arange(17, dtype=np.float32) / np.float32(16)
    x = table[np.rint(x * 16).astype(int)]
    oracle = AllPaths(net, x, table=table)
    check(*decide(net, x, domain=Pixels(levels=17)), oracle)


@pytest.mark.parametrize("kind", ["dense", "convolution", "pool"])
def test_a_hidden_pair_is_found(kind):
    made = plant(kind, 2, "reaches", exponent=9, count=8, seed=4)
    pairs, found = decide(made.net, made.x)
    claimed = {tuple(pair.tolist()) for pair in pairs[found.outcomes == Outcome.ATTACKABLE]}
    assert claimed == set(made.sets)
    assert set(found.outcomes.tolist()) <= {Outcome.ATTACKABLE, Outcome.PROVED}
    assert found.regions.min() >= 1


def test_out_of_time_is_untried():
    made = plant("dense", 2, "reaches", exponent=7, count=6, seed=1)
    _, found = decide(made.net, made.x, late=lambda: True)
    assert set(found.outcomes.tolist()) == {Outcome.UNTRIED}
