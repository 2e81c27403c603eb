"""Exploration against an oracle that finds every pattern of a box in fractions; attacks against the exact one."""

from fractions import Fraction

import numpy as np
from all_paths_checks import NEAR, questions
from all_paths_oracle import AllPaths
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fractions_of, label_of, onnx_label
from region_oracle import pattern_at, patterns

import deepcheck
from deepcheck import Pixels

MOST = 400


def check_exploration(found, net, x, elements, lower, upper, target=None):
    """Every claim of an exploration that came to its end."""
    oracle = AllPaths(net, x, lower, upper)
    ends = [(oracle.low[e], oracle.high[e]) for e in elements]
    moving = [e for e, (low, high) in zip(elements, ends, strict=True) if low < high]
    assert found.complete, found.reason
    assert found.scope == "all paths"
    check_paths(found, net, x, moving, oracle)
    check_attacks(found, net, x, moving, oracle, target)
    if oracle.robust(elements, target):
        assert not found.attacks
        assert found.verdict == ("proved" if oracle.agrees else "undecided")
    else:
        assert found.verdict != "proved"
    reachable = {r.label for visit in found.visits for r in visit.reached}
    assert set(oracle.labels(elements, target, won=False)) <= reachable


def check_paths(found, net, x, moving, oracle):
    """All patterns with an inside, each once, and its flips."""
    origin = fractions_of(x).ravel()
    known = patterns(net, x, moving, oracle.low[moving], oracle.high[moving]) if moving else {pattern_at(net, origin)}
    seen = []
    for visit in found.visits:
        point = origin.copy()
        point[moving] = visit.within or [Fraction(float(value)) for value in visit.point]
        seen.append(pattern_at(net, point))
        own = pattern_at(net, origin)
        assert visit.flips == sum(a != b for a, b in zip(seen[-1], own, strict=True))
        assert visit.label == label_of(net.outputs(point))
    assert len(seen) == len(set(seen)) == found.paths
    assert set(seen) == known


def check_attacks(found, net, x, moving, oracle, target):
    """What is claimed of every witness."""
    others = np.setdiff1d(np.arange(x.size), moving)
    own = pattern_at(net, fractions_of(x).ravel())
    for attack in found.attacks:
        changed, witness = attack.witness.model_input, attack.witness
        assert changed.dtype == x.dtype
        assert changed.reshape(-1)[others].tobytes() == x.reshape(-1)[others].tobytes()
        values = fractions_of(changed).ravel()
        assert all(oracle.low[e] <= values[e] <= oracle.high[e] for e in moving)
        scores = net.outputs(changed)
        assert label_of(scores) == witness.label != oracle.label
        assert target in (None, witness.label)
        margin = min(scores[witness.label] - s for j, s in enumerate(scores) if j != witness.label)
        assert margin > 0
        assert abs(Fraction(witness.margin) - margin) <= NEAR * max(margin, max(map(abs, scores)) / 1000)
        assert witness.replayed == (onnx_label(net.model, changed, sigmoid=oracle.sigmoid) == witness.label)
        strictly = sum(a != b for a, b in zip(pattern_at(net, values), own, strict=True))
        assert attack.flips <= strictly  # less on a border, which belongs to both sides
        assert attack.flips == strictly or attack.flips in {visit.flips for visit in found.visits}
    assert [a.flips for a in found.attacks] == sorted(a.flips for a in found.attacks)


def explored(net, x, elements, lower=0.0, upper=1.0, **options):
    program = deepcheck.load(net.model)
    return deepcheck.explore_paths(
        program, x, features=elements, domain=Pixels(lower, upper), features_as="element", **options
    )


@settings(max_examples=60)
@given(questions(sizes=(3, 4)), st.integers(1, 3), st.sampled_from(["nearest", "depth"]), st.data())
def test_every_path_of_small_networks(case, count, order, data):
    net, x = case
    elements = sorted(data.draw(st.permutations(range(x.size)), label="elements")[: min(count, x.size)])
    check_exploration(explored(net, x, elements, order=order), net, x, elements, 0.0, 1.0)


@settings(max_examples=15)
@given(questions(kinds=("integers", "close"), sizes=(3,)), st.data())
def test_degenerate_networks_and_boxes(case, data):
    net, x = case
    lower, upper = x.copy(), x.copy()
    for i in data.draw(st.sets(st.integers(0, x.size - 1)), label="free"):
        lower.reshape(-1)[i], upper.reshape(-1)[i] = -1.0, 2.0
    elements = list(range(min(3, x.size)))
    check_exploration(explored(net, x, elements, lower, upper), net, x, elements, lower, upper)


@settings(max_examples=15)
@given(questions(sizes=(3,), labels=(3,)), st.data())
def test_targets(case, data):
    net, x = case
    label = label_of(net.outputs(x))
    target = data.draw(st.sampled_from([j for j in range(3) if j != label]))
    check_exploration(explored(net, x, [0, 1], target=target), net, x, [0, 1], 0.0, 1.0, target)
