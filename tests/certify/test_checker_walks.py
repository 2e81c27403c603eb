"""Walks by hand: one feature, Relus that bend at 1/2, proofs that hold and such that must be rejected."""

import numpy as np
import pytest
from forged import claimed, model, sealed, serialized

from deepcheck.certify.checker import Rejected, check


def bent(first, before, last, after):
    """One number, a layer of Relus, two scores; label 1 leads by what ``last`` and ``after`` say."""
    constants = {"w": np.array([first], np.float32), "b": np.array(before, np.float32)}
    constants |= {"v": np.array([[0, c] for c in last], np.float32), "c": np.array([0, after], np.float32)}
    nodes = [("Gemm", ["x", "w", "b"], "h", {}), ("Relu", ["h"], "r", {}), ("Gemm", ["r", "v", "c"], "out", {})]
    return serialized(model(nodes, [1, 1], constants))


def walked(net, paths):
    return sealed(claimed(net, [0], label=0, lower=0, upper=1, tree=["close", [[[0], ["walk", paths]]]]))


def rejected(net, paths, match="."):
    with pytest.raises(Rejected, match=match):
        check(walked(net, paths), net)


HILL = {"first": [1, 1], "before": [0, -0.5], "last": [3, -4]}
"""3 x - 4 relu(x - 1/2): the only choice is whether x exceeds 1/2, where it is 3/2."""
ON, OFF = ["lead", [[]]], ["lead", [[[0, 3, 0, 1]]]]
"""Beyond 1/2 the lead falls; before it 1/2 - x >= 0 is added three times."""


def test_a_hill_that_stays_below():
    net = bent(**HILL, after=-2)
    assert check(walked(net, ["both", [ON, OFF]]), net).startswith("verified: proved (all paths")


@pytest.mark.parametrize(
    "paths",
    [
        ON,
        ["both", [ON]],
        ["both", [OFF]],
        ["both", [ON, OFF, OFF]],
        ["both", [OFF, ON]],
        ["both", [ON, ["both", [ON, OFF]]]],
        ["both", [ON, ["lead", []]]],
        ["both", [ON, ["lead", [[], []]]]],
        ["both", [ON, ["lead", [[[0, 3, 0, 1]], []]]]],
        ["both", [ON, ["lead", [[[1, 3, 0, 1]]]]]],
        ["both", [ON, ["lead", [[[-1, 3, 0, 1]]]]]],
        ["both", []],
        ["both"],
        ["none", []],
        ["none", [[0, 1, 0, 1]]],
        [],
        "lead",
    ],
)
def test_trees_that_do_not_fit_the_paths(paths):
    rejected(bent(**HILL, after=-2), paths)


@pytest.mark.parametrize(
    "proof",
    [
        [],
        [[0, 1, 0, 1]],
        [[0, 0, 0, 1]],
        [[0, -1, 0, 1]],
        [[0, 1, 0, -1]],
        [[1, 1, 0, 1]],
        [[-1, 1, 0, 1]],
        [[0, 1, 0, 1], [0, -3, 0, 1]],
    ],
)
def test_no_half_of_a_hill_is_called_empty(proof):
    """Its top changes the label; neither half is without a point."""
    net = bent(**HILL, after=-1)
    for paths in (["both", [["none", proof], OFF]], ["both", [ON, ["none", proof]]], ["both", [["none", proof]] * 2]):
        rejected(net, paths)
    other = bent(**HILL, after=-2)
    for paths in (["both", [["none", proof], OFF]], ["both", [ON, ["none", proof]]]):
        rejected(other, paths)


THREE = {"first": [1, -1, -2], "before": [-0.5, 0.5, 1], "last": [1, 1, 1]}
"""relu(x - 1/2), relu(1/2 - x), relu(1 - 2 x): all bend at 1/2."""
FIRST, SECOND, THIRD = 0, 1, 2
TWO = ["lead", [[]]]


def whole(middle):
    """All eight paths; ``middle`` are the two where x must be 1/2 already: beyond and before it."""
    above = ["both", [["none", [[FIRST, 2, 0, 1], [THIRD, 1, 0, 1]]], TWO]]
    below = ["both", [TWO, ["none", [[SECOND, 2, 0, 1], [THIRD, 1, 0, 1]]]]]
    both_on, both_off = ["both", middle], ["both", [TWO, TWO]]
    return ["both", [["both", [both_on, above]], ["both", [below, both_off]]]]


EMPTY_ON, EMPTY_OFF = (["none", [[guard, 2, 0, 1], [THIRD, 1, 0, 1]]] for guard in (FIRST, SECOND))


def test_a_place_may_be_no_better_than_another_that_is_walked():
    net = bent(**THREE, after=-2)
    for middle in ([TWO, TWO], [EMPTY_ON, TWO], [TWO, EMPTY_OFF]):
        assert check(walked(net, whole(middle)), net).startswith("verified: proved (all paths")


def test_two_places_are_not_each_as_good_as_the_other_and_none_walked():
    net = bent(**THREE, after=-2)
    rejected(net, whole([EMPTY_ON, EMPTY_OFF]), "no better than others")
    for proof in ([[FIRST, 2, 0, 1]], [[FIRST, 1, 0, 1], [SECOND, 1, 0, 1]], [[THIRD, 1, 0, 1]], []):
        rejected(net, whole([["none", proof], TWO]))


ALWAYS = bent([1], [1], [1], -1.5)
"""relu(x + 1) - 3/2: the guard x + 1 >= 0 is never in doubt; at 1 the label changes."""


@pytest.mark.parametrize(
    "proof", [[[0, -1, 0, 1]], [[0, 1, 0, -1]], [[0, -1, 4, 1]], [[0, 1, 4, -3]], [[0, 1, 0, 1]], []]
)
def test_a_guard_is_not_taken_away(proof):
    """With a negative multiplier any lead could be refuted."""
    held = claimed(ALWAYS, [0], label=0, lower=0, upper=1, refutations=[[[0], 1, proof]])
    with pytest.raises(Rejected, match=r"negative|not refuted"):
        check(sealed(held), ALWAYS)
