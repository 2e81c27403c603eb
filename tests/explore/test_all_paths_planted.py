"""Networks with a hidden counter-example: none is called proved, and what is robust by a hair is proved."""

import itertools
from math import comb

import numpy as np
import pytest
from planted import HEIGHTS, plant

import deepcheck

KINDS = ("dense", "convolution", "pool")


def ask(made, size, **options):
    options = {"timeout": 3 if size == 3 else None, **options}
    return deepcheck.attack(deepcheck.load(made.net.model), made.x, size=size, paths="all", **options)


def check_hidden(made, result):
    """The truth is known: exactly the planted sets change the label. What is robust up to a tie may stay open."""
    counts, sets = result.counts, set(made.sets)
    assert "all paths" in result.scope
    assert set(result.attackable) <= sets
    assert made.attackable or not result.attackable
    for attack in result.attacks:
        assert attack.witness.replayed or made.outcome == "hardly"  # by less than float32 can tell
        assert not attack.witness.same_path
    assert made.robust or result.verdict != "proved"
    assert made.robust or counts["proved"] <= comb(made.x.size, made.size) - len(sets)


def check_decided(made, result):
    """And everything is decided, at least in time where three features need their time."""
    check_hidden(made, result)
    counts = result.counts
    if made.size == 3 and counts["untried"] + counts["undecided"]:
        return
    assert counts["untried"] == 0
    assert counts["undecided"] + counts["attackable"] <= len(made.sets)
    if made.attackable:
        assert counts["attackable"] == len(made.sets) == len(result.attackable)
        assert result.verdict == "attack" or result.reason == "does not replay"
    elif made.outcome == "fails" or (made.robust and made.size == 1):
        assert result.verdict == "proved", (counts, result.reason)
    elif not made.robust:
        assert counts["undecided"] == len(made.sets)
        assert (result.verdict, result.reason) == ("undecided", "tie")


@pytest.mark.parametrize("outcome", HEIGHTS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_hidden(size, outcome):
    for swapped, exponent in ((False, 7), (True, 13))[: 2 if size < 3 else 1]:
        made = plant("dense", size, outcome, swapped=swapped, exponent=exponent, count=8 - size, seed=exponent)
        check_decided(made, ask(made, size))
        for less in range(1, size):
            assert ask(made, less).verdict == "proved"


@pytest.mark.parametrize("outcome", ["hardly", "tie"])
@pytest.mark.parametrize("kind", ["convolution", "pool"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_hidden_in_images(kind, size, outcome):
    """As far as a moment goes; single features completely."""
    made = plant(kind, size, outcome, swapped=True, exponent=9, seed=size)
    if size == 1:
        check_decided(made, ask(made, size))
    else:
        check_hidden(made, ask(made, size, timeout=0.7))


@pytest.mark.parametrize("outcome", ["hardly", "tie"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2])
def test_beside_pre_activations_of_exactly_zero(kind, size, outcome):
    made = plant(kind, size, outcome, border=True, swapped=True, count=7, seed=3)
    complete = size == 1 or kind == "dense"
    result = ask(made, size, timeout=None if complete else 0.7)
    (check_decided if complete else check_hidden)(made, result)
    assert result.borders > 0


@pytest.mark.parametrize("depth", [0, 4])
@pytest.mark.parametrize("size", [1, 2])
def test_behind_several_layers(size, depth):
    for outcome in HEIGHTS:
        made = plant("dense", size, outcome, depth=depth, exponent=10, count=6, seed=depth)
        check_decided(made, ask(made, size))


@pytest.mark.parametrize("outcome", ["hardly", "fails"])
@pytest.mark.parametrize(("size", "count"), [(1, 80), (2, 14)])
def test_among_many_features(size, count, outcome):
    made = plant("dense", size, outcome, count=count, exponent=12, seed=count, swapped=True)
    check_decided(made, ask(made, size))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_not_proved_in_a_moment(size):
    """A time limit leaves sets open; it never proves what has a counter-example."""
    networks = [plant(kind, size, "hardly", exponent=13, count=30) for kind in KINDS]
    for made, timeout in itertools.product(networks, (1e-9, 0.01)):
        result = ask(made, size, timeout=timeout)
        counts = result.counts
        total = counts["attackable"] + counts["proved"] + counts["undecided"] + counts["untried"]
        assert total == comb(made.x.size, size)
        assert result.verdict != "proved"
        assert counts["proved"] <= total - len(made.sets)
        assert set(result.attackable) <= set(made.sets)


@pytest.mark.parametrize("size", [2, 3])
def test_without_one_of_its_features_it_is_proved(size):
    made = plant("dense", size, "reaches", count=6)
    result = ask(made, size, exclude=[made.sets[0][0]])
    assert result.verdict == "proved" or (size == 3 and result.verdict == "undecided"), (result.counts, result.reason)
    result = ask(made, size, features=made.sets[0])
    assert result.attackable == made.sets


@pytest.mark.parametrize("size", [1, 2])
def test_frozen_at_equal_bounds_it_is_proved(size):
    """Where one feature of the set cannot move, no counter-example is left."""
    made = plant("dense", size, "reaches", count=6)
    lower, upper = np.zeros(6), np.ones(6)
    frozen = made.sets[0][-1]
    lower[frozen] = upper[frozen] = made.x[frozen]
    assert ask(made, size, domain=deepcheck.Pixels(lower, upper)).verdict == "proved"


@pytest.mark.parametrize("size", [1, 2])
def test_on_levels_the_bump_is_between_or_on_them(size):
    """The centre is a multiple of 1/16: 17 levels hold it; the bump is too thin for 256 of them, or for 6."""
    made = plant("dense", size, "reaches", count=6, exponent=13)
    on = ask(made, size, domain=deepcheck.Pixels(levels=17))
    assert set(on.attackable) == set(made.sets)
    x = np.asarray(np.round(made.x * 255), np.float32) / np.float32(255)
    program = deepcheck.load(made.net.model)
    off = deepcheck.attack(program, x, size=size, paths="all", domain=deepcheck.Pixels(levels=256))
    assert off.verdict == "proved", (off.counts, off.reason)


@pytest.mark.parametrize("size", [1, 2])
def test_with_the_other_label_as_target(size):
    made = plant("dense", size, "hardly", count=6)
    assert set(ask(made, size, target=1).attackable) == set(made.sets)
    assert ask(made, size, target=2).verdict == "proved"
