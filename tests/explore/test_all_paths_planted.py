"""Networks with a hidden counter-example: none is called proved, and what is robust by a hair is proved."""

import itertools

import numpy as np
import pytest
from all_paths_built import need
from planted import HEIGHTS, plant

import deepcheck

KINDS = ("dense", "convolution", "pool")


def ask(made, size, **options):
    return deepcheck.attack(deepcheck.load(made.net.model), made.x, size=size, paths="all", **options)


def check_hidden(made, result):
    """The truth is known: exactly the planted sets change the label."""
    counts, sets = result.counts, set(made.sets)
    assert "all paths" in result.scope
    if made.attackable:
        assert set(result.attackable) == sets
        assert (counts["attackable"], counts["undecided"]) == (len(sets), 0)
        assert result.verdict == "attack"
        for attack in result.attacks:
            assert attack.witness.replayed
            assert not attack.witness.same_path
    elif made.robust:
        assert result.verdict == "proved", (counts, result.reason)
    else:
        assert result.attackable == ()
        assert counts["undecided"] == len(sets)
        assert (result.verdict, result.reason) == ("undecided", "tie")
    assert counts["untried"] == 0


@pytest.mark.parametrize("outcome", HEIGHTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_hidden(kind, size, outcome):
    need(size)
    for swapped, exponent in ((False, 7), (True, 13)):
        made = plant(kind, size, outcome, swapped=swapped, exponent=exponent, count=8, seed=exponent)
        check_hidden(made, ask(made, size))
        for less in range(1, size):
            assert ask(made, less).verdict == "proved"


@pytest.mark.parametrize("outcome", HEIGHTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2])
def test_beside_pre_activations_of_exactly_zero(kind, size, outcome):
    need(size)
    made = plant(kind, size, outcome, border=True, swapped=True, count=7, seed=3)
    result = ask(made, size)
    check_hidden(made, result)
    assert result.borders > 0


@pytest.mark.parametrize("depth", [0, 3, 6])
@pytest.mark.parametrize("size", [1, 2])
def test_behind_several_layers(size, depth):
    need(size)
    for outcome in HEIGHTS:
        made = plant("dense", size, outcome, depth=depth, exponent=10, count=8, seed=depth)
        check_hidden(made, ask(made, size))


@pytest.mark.parametrize("outcome", HEIGHTS)
@pytest.mark.parametrize(("size", "count"), [(1, 300), (2, 40)])
def test_among_many_features(size, count, outcome):
    need(size)
    made = plant("dense", size, outcome, count=count, exponent=12, seed=count, swapped=True)
    check_hidden(made, ask(made, size))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_not_proved_in_a_moment(size):
    """A time limit leaves sets open; it never proves what has a counter-example."""
    need(size)
    for kind, timeout in itertools.product(KINDS, (1e-9, 1e-3, 0.02)):
        made = plant(kind, size, "hardly", exponent=13, count=8)
        result = ask(made, size, timeout=timeout)
        counts = result.counts
        total = counts["attackable"] + counts["proved"] + counts["undecided"] + counts["untried"]
        assert result.verdict != "proved"
        assert counts["proved"] <= total - len(made.sets)
        assert set(result.attackable) <= set(made.sets)


@pytest.mark.parametrize("size", [2, 3])
def test_without_one_of_its_features_it_is_proved(size):
    need(size)
    made = plant("dense", size, "reaches", count=8)
    result = ask(made, size, exclude=[made.sets[0][0]])
    assert result.verdict == "proved", (result.counts, result.reason)
    result = ask(made, size, features=made.sets[0])
    assert result.attackable == made.sets


@pytest.mark.parametrize("size", [1, 2])
def test_frozen_at_equal_bounds_it_is_proved(size):
    """Where one feature of the set cannot move, no counter-example is left."""
    need(size)
    made = plant("dense", size, "reaches", count=6)
    lower, upper = np.zeros(6), np.ones(6)
    frozen = made.sets[0][-1]
    lower[frozen] = upper[frozen] = made.x[frozen]
    assert ask(made, size, domain=deepcheck.Pixels(lower, upper)).verdict == "proved"


@pytest.mark.parametrize("size", [1, 2])
def test_on_levels_the_bump_is_between_or_on_them(size):
    """The centre is a multiple of 1/16: 17 levels hold it; the bump is too thin for 256 of them, or for 6."""
    need(size)
    made = plant("dense", size, "reaches", count=6, exponent=13)
    on = ask(made, size, domain=deepcheck.Pixels(levels=17))
    assert set(on.attackable) == set(made.sets)
    x = np.asarray(np.round(made.x * 255), np.float32) / np.float32(255)
    program = deepcheck.load(made.net.model)
    off = deepcheck.attack(program, x, size=size, paths="all", domain=deepcheck.Pixels(levels=256))
    assert off.verdict == "proved", (off.counts, off.reason)


@pytest.mark.parametrize("size", [1, 2])
def test_with_the_other_label_as_target(size):
    need(size)
    made = plant("dense", size, "hardly", count=6)
    assert set(ask(made, size, target=1).attackable) == set(made.sets)
    assert ask(made, size, target=2).verdict == "proved"
