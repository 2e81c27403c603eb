"""Statistics by hand, by enumeration, by simulation, and against scipy."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from requirements import require

from deepcheck.reproduce.statistics import (
    Estimate,
    against_random,
    clustered,
    holm,
    mean_of,
    median_of,
    preference,
    sign_flips,
    sign_test,
    signed_rank,
    two_sided,
)

RNG = np.random.default_rng


# Intervals


def test_the_figure_gives_each_network_the_same_weight() -> None:
    few, many = np.array([0.0, 2.0]), np.full(98, 5.0)
    assert clustered([few, many]).value == 3.0
    assert clustered([np.array([1.0, 2.0, 9.0]), np.array([4.0, 4.0, 4.0])], median_of).value == 3.0


def test_samples_of_one_network_are_samples_of_its_images() -> None:
    group = np.array([0.0, 1.0, 5.0])
    means = sorted(sum(chosen) / 3 for chosen in itertools.product(group, repeat=3))
    low, high = np.quantile(means, (0.025, 0.975), method="inverted_cdf")
    found = clustered([group], samples=20_000)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_networks_are_resampled_and_not_only_their_images() -> None:
    """Networks that differ, with images that do not: the spread is that of the mean of draws of the networks."""
    groups = [np.full(50, float(level)) for level in (0, 1, 2, 3)]
    means = [sum(chosen) / 4 for chosen in itertools.product(range(4), repeat=4)]
    low, high = np.quantile(means, (0.025, 0.975), method="inverted_cdf")
    found = clustered(groups, samples=20_000)
    assert (found.value, found.low, found.high) == (1.5, pytest.approx(low), pytest.approx(high))


def test_images_are_resampled_within_networks() -> None:
    """Networks that are alike: the spread is that of the means of their images, 4 networks of 25 images."""
    image = np.tile([0.0, 1.0], 50)[:100]
    found = clustered([image] * 4, samples=20_000)
    expected = 1.96 * 0.5 / np.sqrt(400)
    assert found.high - found.value == pytest.approx(expected, rel=0.05)
    assert found.value - found.low == pytest.approx(expected, rel=0.05)


def test_both_steps_add_up() -> None:
    """The variance is (V_between + V_within / images) / networks; checked on a normal sample of each."""
    rng = RNG(0)
    groups = [rng.normal(rng.normal(0, 1), 5, size=40) for _ in range(12)]
    means = np.array([group.mean() for group in groups])
    within = np.mean([group.var() / 40 for group in groups])
    expected = np.sqrt((means.var() + within) / 12)
    found = clustered(groups, samples=20_000)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(expected, rel=0.03)


def test_samples_are_seeded_and_seeds_differ() -> None:
    groups = [RNG(1).random(30), RNG(2).random(20)]
    assert clustered(groups) == clustered(groups, mean_of)
    assert clustered(groups) != clustered(groups, seed=1)


def test_figures_may_take_several_columns() -> None:
    found = clustered([np.array([[1.0, 2.0], [3.0, 4.0]])], lambda some: some[:, :, 0].sum(1) / some[:, :, 1].sum(1))
    assert found.value == pytest.approx(4 / 6)


def test_an_estimate_on_another_scale() -> None:
    assert Estimate(0.0, -1.0, 1.0).mapped(np.exp) == (1.0, pytest.approx(1 / np.e), pytest.approx(np.e))


# Paired tests


def test_sign_test_against_scipy() -> None:
    stats = require("scipy.stats")
    for better, worse in ((7, 4), (0, 10), (120, 80), (3, 3)):
        expected = stats.binomtest(better, better + worse).pvalue
        assert float(sign_test(better, worse)) == pytest.approx(expected)


def test_signed_rank_by_hand() -> None:
    # Ranks of 1, 2, 3, 4; positive are 1, 3 and 4: their sum is 8 where 5 is expected; the variance is 4*5*9/24.
    assert signed_rank(np.array([1.0, -2.0, 3.0, 4.0, 0.0])) == pytest.approx(two_sided(3 / np.sqrt(7.5)))
    assert signed_rank(np.array([0.0, 0.0])) == 1.0
    assert signed_rank(np.array([1.0, -1.0])) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_signed_rank_against_scipy(seed: int) -> None:
    stats = require("scipy.stats")
    differences = RNG(seed).integers(-5, 8, size=60).astype(float)  # many ties, some zeros
    expected = stats.wilcoxon(differences, zero_method="wilcox", correction=False, method="asymptotic").pvalue
    assert signed_rank(differences) == pytest.approx(expected, rel=1e-9)


def test_two_sided_against_scipy() -> None:
    stats = require("scipy.stats")
    for deviations in (0.0, -1.96, 3.0):
        assert two_sided(deviations) == pytest.approx(2 * stats.norm.sf(abs(deviations)))


def test_sign_flips_by_hand() -> None:
    assert sign_flips(np.array([1.0, 2.0, 3.0])) == Fraction(2, 8)
    assert sign_flips(np.array([1.0, 2.0, -3.0])) == 1
    # Sums of 1, 2, 4 with signs: 7, 5, 3, 1 and their opposites; 5 or more away from 0 are four of eight.
    assert sign_flips(np.array([-1.0, 2.0, 4.0])) == Fraction(4, 8)
    assert sign_flips(np.full(10, 0.1)) == Fraction(2, 1024)
    with pytest.raises(ValueError, match="at most 16 values, got 17"):
        sign_flips(np.ones(17))


def test_sign_flips_against_scipy() -> None:
    stats = require("scipy.stats")
    values = RNG(3).normal(0.5, 1, size=9)
    expected = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    ).pvalue
    assert float(sign_flips(values)) == pytest.approx(expected)


def test_holm_by_hand() -> None:
    # Sorted: 0.01 * 4, 0.02 * 3, 0.03 * 2, 0.04 * 1; none may be less than the one before.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()
    assert holm([0.2]) == (0.2,)


def test_holm_rejects_what_the_stepwise_rule_rejects() -> None:
    """Holm's own words: from the least on, reject the k-th of m while it is at most 0.05 / (m - k + 1)."""
    chances = list(RNG(4).beta(0.3, 3, size=30))
    rejected = set()
    for place, index in enumerate(sorted(range(30), key=lambda i: chances[i])):
        if chances[index] > 0.05 / (30 - place):
            break
        rejected.add(index)
    assert {index for index, chance in enumerate(holm(chances)) if chance <= 0.05} == rejected
    assert 0 < len(rejected) < 30


def test_preference_counts_pairs() -> None:
    assert preference(np.array([-3.0, -1.0, 0.0, 2.0])).tolist() == [1, 1, 0, -1]


# A random order


def test_against_random_by_enumeration() -> None:
    """Two of five pixels are attackable: all ten places where they may stand in an order are as likely."""
    firsts = [min(places) for places in itertools.combinations(range(1, 6), 2)]
    found = against_random(np.array([2, 1, 4]), np.array([2, 2, 2]), 5)
    assert found.log_tries == pytest.approx([np.mean(np.log(firsts))] * 3)
    signs = [[np.sign(first - tries) for first in firsts] for tries in (2, 1, 4)]
    assert found.preference == pytest.approx(np.mean(signs, axis=1))
    own = [np.mean([np.sign(first - tries) for first in firsts]) for tries in firsts]
    assert np.mean(own) == pytest.approx(0)
    assert found.variance == pytest.approx([np.var(own)] * 3)


def test_against_random_has_the_known_mean() -> None:
    stats = require("scipy.stats")
    failures = stats.nhypergeom(784, 784 - 20, 1)  # misses before the first of 20 hits, plus that hit
    assert failures.mean() + 1 == pytest.approx(785 / 21)
    tries = np.arange(1, 766)
    chances = stats.nhypergeom(784, 764, 1).pmf(tries - 1)
    found = against_random(np.array([7]), np.array([20]), 784)
    assert found.log_tries[0] == pytest.approx((chances * np.log(tries)).sum())
    assert found.preference[0] == pytest.approx(chances[tries > 7].sum() - chances[tries < 7].sum())


def test_a_random_order_does_not_beat_a_random_order() -> None:
    rng = RNG(5)
    attackable = rng.integers(1, 40, size=4_000)
    tries = np.array([rng.permutation(784)[:count].min() + 1 for count in attackable])
    found = against_random(tries, attackable, 784)
    assert abs(found.preference.mean()) < 3 * np.sqrt(found.variance.mean() / 4_000)
    assert found.chance() > 0.01
    assert abs((np.log(tries) - found.log_tries).mean()) < 0.06


def test_an_order_that_knows_beats_a_random_one_and_one_that_misleads_does_not() -> None:
    counts = np.full(30, 5)
    good, bad = (against_random(np.full(30, tries), counts, 784) for tries in (1, 700))
    assert good.preference[0] == pytest.approx(1 - 5 / 784)  # equal where the first pixel drawn is attackable
    assert bad.preference[0] < -0.99
    assert max(good.chance(), bad.chance()) < 1e-6


def test_where_every_pixel_is_attackable_all_orders_are_alike() -> None:
    found = against_random(np.array([1, 1]), np.array([6, 6]), 6)
    assert found.preference.tolist() == [0, 0]
    assert found.chance() == 1.0
