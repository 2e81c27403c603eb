"""Bounds over all paths where a unit is much: whole numbers as weights, inputs and domain, points in fractions."""

import itertools

import numpy as np
import pytest
from forged import claimed, model, sealed, serialized

from deepcheck.certify import checker

FEATURES, LOW, HIGH, PARTS = 3, -2, 4, 12


def layers(rng):
    """Three dense layers of small whole numbers."""
    sizes = [(FEATURES, 4), (4, 4), (4, 3)]
    return [(rng.integers(-3, 4, size), rng.integers(-3, 4, size[1])) for size in sizes]


def network(given):
    constants, nodes, last = {}, [], "x"
    for k, (weight, bias) in enumerate(given):
        constants |= {f"w{k}": weight.astype(np.float32), f"b{k}": bias.astype(np.float32)}
        nodes.append(("Gemm", [last, f"w{k}", f"b{k}"], "out" if k == 2 else f"z{k}", {}))
        if k < 2:
            nodes.append(("Relu", [f"z{k}"], f"r{k}", {}))
        last = f"r{k}"
    return model(nodes, [1, FEATURES], constants)


def values(given, x):
    """What each layer computes before its Relu, for points ``(n, features)`` in parts of a unit: whole numbers too."""
    found, last = [], x
    for weight, bias in given:
        found.append(last @ weight + bias * PARTS)
        last = np.maximum(found[-1], 0)
    return found


def recorded(tree, kept):
    """Keep what each tightening leaves."""

    def tighten(given, at, *rest):
        checker.AllPaths.tighten(tree, given, at, *rest)
        kept[at] = list(given)

    return tighten


def points(rng):
    """Corners, and points whose parts are halves, thirds, quarters of a unit, where a Relu may bend."""
    corners = np.array(list(itertools.product((LOW, HIGH), repeat=FEATURES))) * PARTS
    step = rng.choice([PARTS, PARTS // 2, PARTS // 3, PARTS // 4], (400, 1))
    inner = np.clip(rng.integers(LOW * 4, HIGH * 4 + 1, (400, FEATURES)) * step, LOW * PARTS, HIGH * PARTS)
    return np.concatenate([corners, inner])


def test_tightened_ranges_hold_to_the_last_unit():
    """Of the second layer: no point outside, and many ranges are attained."""
    attained = seen = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        given, x = layers(rng), rng.integers(0, 3, FEATURES)
        scores = values(given, x[None] * PARTS)[2][0].tolist()
        made = network(given)
        whole = {"label": scores.index(max(scores)), "lower": LOW, "upper": HIGH}
        tree, ranges = checker.AllPaths(claimed(made.SerializeToString(), x, **whole, tree=["close", []]), made), {}
        assert tree.claim.scale == 1
        tree.prepare()
        tree.tighten = recorded(tree, ranges)
        tree.bounds([([0, 1, 2], 3)], tree.claim.box)
        second = ranges.get(tree.net.names["z1"])
        if second is not None:
            low, high = np.array(second).T * PARTS
            found = values(given, points(rng))[1]
            assert (found >= low).all()
            assert (found <= high).all()
            attained += (found.max(axis=0) == high).sum() + (found.min(axis=0) == low).sum()
            seen += 2 * len(low)
    assert attained > seen / 10


@pytest.mark.parametrize(
    ("factor", "base", "end"), [(4, 7, 2), (4, 8, 2), (4, 9, 3), (1, 7, 7), (4, -7, -1), (4, -9, -2)]
)
def test_an_end_is_rounded_away_from_the_range(factor, base, end):
    """What is at most 7/4 is at most 2, and what is at least -7/4 at least -2."""
    made = model([("MatMul", ["x", "w"], "out", {})], [1, FEATURES], {"w": np.ones((FEATURES, 2), np.float32)})
    tree = checker.AllPaths(claimed(made.SerializeToString(), [0] * 3, label=0, lower=LOW, upper=HIGH, tree=[]), made)
    given = [(-9, 9), (1, 2)]
    tree.linear = lambda *_: ([(base, {0: 0}), (base, {0: 0})], factor)
    tree.tighten(given, 1, [[(0, 0)]], [([0], 1)], tree.claim.box)
    assert given == [(-end, end), (1, 2)]


def test_what_may_change_may_go_down_as_well():
    """max(x0, x1) - x0 - 1/4: at x0 = 0 the other one wins the window, though neither range says so at the input."""
    nodes = [
        ("MaxPool", ["x"], "p", {"kernel_shape": [1, 2]}),
        ("Flatten", ["p"], "largest", {}),
        ("MatMul", ["largest", "v"], "a", {}),
        ("Flatten", ["x"], "flat", {}),
        ("Gemm", ["flat", "w", "c"], "b", {}),
        ("Add", ["a", "b"], "out", {}),
    ]
    constants = {"v": [[0, 1]], "w": [[0, -1], [0, 0]], "c": [0.25, 0]}
    made = model(nodes, [1, 1, 1, 2], {name: np.array(value, np.float32) for name, value in constants.items()})
    net = serialized(made)
    for tree in (["close", []], ["keep", [[0, 1]], ["close", []]], ["keep", [[1]], ["close", []]]):
        held = claimed(net, [0.875, 0.5], label=0, lower=0, upper=[1, 0.75], tree=tree)
        with pytest.raises(checker.Rejected, match="not refuted"):
            checker.check(sealed(held), net)
    held["undecided"], held["claim"]["verdict"] = [[0]], "undecided"
    assert checker.check(sealed(held), net).startswith("verified: undecided")
