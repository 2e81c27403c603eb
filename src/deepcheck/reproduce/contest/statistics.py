"""Statistics of the contest of rankings: means over images with intervals, paired tests, correlations."""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.contest.rules import SAMPLES, SEED
from deepcheck.reproduce.statistics import sign_test

ENDS = (0.025, 0.975)
SAME = 1e-12
"""Grades that differ by less count as equal: they are sums of the same terms in another order."""


class Means(NamedTuple):
    """Means over images, each ``(k,)``; NaN where no image has a value.

    Attributes:
        mean: The mean.
        low: The lower end of its 95 % interval.
        high: The upper end.
        images: How many images have a value.
    """

    mean: Array
    low: Array
    high: Array
    images: Array


def drawn(images: int, samples: int = SAMPLES, seed: int = SEED) -> Array:
    """How often each image is in each bootstrap sample: ``(samples, images)``, rows add up to ``images``."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(images, np.full(images, 1 / images), size=samples).astype(np.float64)


def means(values: Array, counts: Array) -> Means:
    """Average columns over the images that have a value (not NaN).

    Args:
        values: ``(images, k)``.
        counts: Of `drawn`; all columns share the samples, so that they stay comparable.
    """
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=0) / there.sum(axis=0)
        sampled = (counts @ filled) / (counts @ there)
    low, high = np.full((2, values.shape[1]), np.nan)
    drawn_somewhere = ~np.isnan(sampled)
    full = drawn_somewhere.all(axis=0)
    low[full], high[full] = np.quantile(sampled[:, full], ENDS, axis=0)
    for column in np.flatnonzero(there.any(axis=0) & ~full):
        low[column], high[column] = np.quantile(sampled[drawn_somewhere[:, column], column], ENDS)
    return Means(mean, low, high, there.sum(axis=0))


class Duel(NamedTuple):
    """One ranking against another on the images that grade both.

    Attributes:
        better: On how many it has the better grade.
        equal: The same.
        worse: The worse one.
        p: Of the exact two-sided sign test, not corrected.
    """

    better: int
    equal: int
    worse: int
    p: float

    @property
    def effect(self) -> float:
        """The share of images on which it is better less the share on which it is worse; NaN without images."""
        images = self.better + self.equal + self.worse
        return (self.better - self.worse) / images if images else float("nan")


def duel(one: Array, other: Array, more_is_better: bool) -> Duel:
    """Compare two grades image by image, ``(images,)`` each; images where one of them is NaN are left out."""
    lead = (one - other)[~np.isnan(one) & ~np.isnan(other)] * (1 if more_is_better else -1)
    better, worse = int((lead > SAME).sum()), int((lead < -SAME).sum())
    return Duel(better, len(lead) - better - worse, worse, float(sign_test(better, worse)))


def ranks(values: Array) -> Array:
    """Ranks along the last axis from 1 for the least; equal values share the mean of their ranks."""
    below = (values[..., None, :] < values[..., :, None]).sum(axis=-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(axis=-1)
    return np.asarray(below + (equal + 1) / 2)


def correlation(one: Array, other: Array) -> Array:
    """Spearman's correlation along the last axis; NaN where a side is all ties or has a NaN.

    Meant for few values (contestants): it compares all pairs.
    """
    first, second = ranks(one), ranks(other)
    first, second = (side - side.mean(axis=-1, keepdims=True) for side in (first, second))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (first * second).sum(axis=-1) / np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    return np.where(np.isnan(one).any(axis=-1) | np.isnan(other).any(axis=-1), np.nan, found)
