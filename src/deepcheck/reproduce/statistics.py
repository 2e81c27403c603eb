"""Statistics of images within networks: intervals that respect both, paired tests, their correction, effect sizes."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb, erfc, sqrt
from typing import NamedTuple

import numpy as np

from deepcheck.program import Array

SAMPLES, SEED = 2_000, 0
MOST_FLIPPED = 16
"""Sign flips are tried in all ways: ``2 ** 16`` are quick, many more are not."""


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def mapped(self, increasing: Callable[[float], float]) -> "Estimate":
        """The same on another scale."""
        return Estimate(*(float(increasing(part)) for part in self))


def mean_of(some: Array) -> Array:
    """Means over axis 1, for `clustered`."""
    return np.asarray(some.mean(axis=1))


def median_of(some: Array) -> Array:
    """Medians over axis 1, for `clustered`."""
    return np.asarray(np.median(some, axis=1))


def clustered(
    groups: Sequence[Array], figure: Callable[[Array], Array] = mean_of, samples: int = SAMPLES, seed: int = SEED
) -> Estimate:
    """The mean over networks of a figure of each one's images, each network weighing the same.

    The interval is a bootstrap in two steps: networks are drawn with replacement, then, for each time a network was
    drawn, as many of its images as it has. It holds the 95 % in the middle. With one network only images are drawn.

    Args:
        groups: One array for each network, the first axis its images.
        figure: Takes ``(m, images, ...)``, gives ``(m,)``.
        samples: How many samples are drawn.
        seed: Of what is drawn.

    Source: Davison and Hinkley, Bootstrap Methods and their Application, section 3.8.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(groups), size=(samples, len(groups)))
    values = np.empty(drawn.shape)
    for index, group in enumerate(groups):
        here = drawn == index
        rows = rng.integers(len(group), size=(np.count_nonzero(here), len(group)))
        values[here] = figure(group[rows])
    low, high = np.quantile(values.mean(axis=1), (0.025, 0.975))
    value = np.mean([figure(group[None])[0] for group in groups])
    return Estimate(float(value), float(low), float(high))


def sign_test(better: int, worse: int) -> Fraction:
    """The chance that fair coins are as uneven as this, both ways counted; ties are left out."""
    count = better + worse
    tail = sum(comb(count, heads) for heads in range(min(better, worse) + 1))
    return min(Fraction(1), Fraction(2 * tail, 2**count))


def signed_rank(differences: Array) -> float:
    """Wilcoxon's signed-rank test: the two-sided chance of sums of ranks as uneven as these, in the normal limit.

    Zeros are left out, ties share their mean rank and lower the variance; there is no correction for continuity.

    Source: Wilcoxon 1945; scipy's ``wilcoxon(method="asymptotic", correction=False)``.
    """
    kept = differences[differences != 0]
    count = len(kept)
    if count == 0:
        return 1.0
    _, inverse, sizes = np.unique(np.abs(kept), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[inverse]
    variance = count * (count + 1) * (2 * count + 1) / 24 - float((sizes**3 - sizes).sum()) / 48
    away = float(ranks[kept > 0].sum()) - count * (count + 1) / 4
    return two_sided(away / sqrt(variance))


def two_sided(deviations: float) -> float:
    """The chance that a normal variable is at least so many standard deviations from its mean."""
    return erfc(abs(deviations) / sqrt(2))


def sign_flips(values: Array) -> Fraction:
    """The exact chance of a mean as far from 0 as this, if each network's sign were a fair coin's.

    Raises:
        ValueError: If there are more than `MOST_FLIPPED` values.
    """
    count = len(values)
    if count > MOST_FLIPPED:
        raise ValueError(f"expected at most {MOST_FLIPPED} values, got {count}")
    signs = 1 - 2 * (np.arange(2**count)[:, None] >> np.arange(count) & 1)
    sums = np.abs(signs @ values)
    # Sums of the same numbers in another order differ in their last bits: those count as equal.
    slack = 1e-12 * float(np.abs(values).sum())
    return Fraction(int(np.count_nonzero(sums >= sums[0] - slack)), 2**count)


def holm(chances: Sequence[float]) -> tuple[float, ...]:
    """Chances corrected for a family of tests, so that any false finding in it is as rare as one test's.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.
    """
    order = np.argsort(chances, kind="stable")
    scaled = np.asarray(chances, dtype=np.float64)[order] * np.arange(len(chances), 0, -1)
    corrected = np.empty(len(chances))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return tuple(float(chance) for chance in corrected)


def preference(differences: Array) -> Array:
    """Matched pairs: 1 where the first is better (less), -1 where it is worse, 0 where they are equal.

    Its mean is the share of pairs that are better less the share that are worse, an effect size in ``[-1, 1]``.
    """
    return -np.sign(differences)


class RandomOrder(NamedTuple):
    """How tries to the first attackable pixel compare with those of an order drawn at random, for each image.

    Attributes:
        log_tries: The mean of the logarithm of its tries, ``(n,)``.
        preference: The chance that it needs more tries than were needed, less the chance of fewer, ``(n,)``.
        variance: Of that preference if the tries were a random order's own, ``(n,)``; its mean would then be 0.
    """

    log_tries: Array
    preference: Array
    variance: Array

    def chance(self) -> float:
        """The two-sided chance of preferences as far from 0 as these if the order were random, in the normal limit."""
        total = float(self.variance.sum())
        return two_sided(float(self.preference.sum()) / sqrt(total)) if total else 1.0


def against_random(tries: Array, attackable: Array, pixels: int) -> RandomOrder:
    """Compare tries, ``(n,)``, with random orders of as many pixels, as many of them attackable (at least 1), ``(n,)``.

    A comparison with the mean tries ``(pixels + 1) / (attackable + 1)`` would favour any order: most draws need less
    than the mean. So each image is compared with the whole distribution.
    """
    later = _beyond(attackable, pixels)
    exactly = later[:, :-1] - later[:, 1:]
    scores = later[:, 1:] - (1 - later[:, :-1])  # more tries than t, less fewer than t, for t = 1, 2, ...
    chosen = np.take_along_axis(scores, tries[:, None] - 1, axis=1)[:, 0]
    return RandomOrder(
        log_tries=exactly @ np.log(np.arange(1, pixels + 1)),
        preference=chosen,
        variance=(exactly * scores**2).sum(axis=1),
    )


def _beyond(attackable: Array, pixels: int) -> Array:
    """The chance that the first ``t`` of a random order are not attackable, ``(n, 1 + pixels)``, from ``t = 0``."""
    left = pixels - np.arange(pixels)
    steps = np.maximum(left - attackable[:, None], 0) / left
    return np.concatenate([np.ones((len(attackable), 1)), np.cumprod(steps, axis=1)], axis=1)
