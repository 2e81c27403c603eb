"""How well rankings agree with the truth, all images at once.

Two truths: how much each feature can do (a number, the worst margin) and whether it can change the label (yes, no).
A ranking is the order of its scores, ties to the lower index, except in Spearman's correlation, where ties share the
mean of their ranks on both sides. Numbers are taken as they are: worst margins that differ by less than their errors
are not a tie.
"""

from dataclasses import dataclass
from math import floor

import numpy as np

from deepcheck.program import Array
from deepcheck.ranking.order import order_of

SHARES = (0.05, 0.10, 0.30)
"""How much of a list is looked at: 39, 78 and 235 of 784."""


@dataclass(frozen=True)
class BinaryGrades:
    """Grades against yes or no, ``(n,)`` each; NaN for an image without a feature that does it.

    Attributes:
        positives: How many features do it.
        average_precision: The mean, over those, of the precision at each one's rank.
        first: The rank of the first one, from 1: how many tries it takes.
        top: The share of them in the first 5, 10 and 30 % of the list (rounded down), ``(n, 3)``.
    """

    positives: Array
    average_precision: Array
    first: Array
    top: Array


def spearman(scores: Array, truth: Array) -> Array:
    """Spearman's rank correlation of each row, ``(n,)``; ties share their mean rank; NaN where a row is constant.

    Source: Spearman (1904); with ties, Pearson's correlation of mean ranks. Infinities rank like any other number.
    """
    a, b = mean_ranks(scores), mean_ranks(truth)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(scale > 0, (a * b).sum(axis=1) / scale, np.nan)
    return np.where(np.isnan(scores).any(axis=1) | np.isnan(truth).any(axis=1), np.nan, found)


def mean_ranks(values: Array) -> Array:
    """Ranks of each row from 1 for the least; equal ones share the mean of theirs, ``(n, m)``."""
    rows, count = values.shape
    order = np.argsort(values, axis=1, kind="stable")
    sorted_ = np.take_along_axis(values, order, axis=1)
    new = np.ones(values.shape, dtype=bool)
    new[:, 1:] = sorted_[:, 1:] != sorted_[:, :-1]
    group = np.cumsum(new.ravel()) - 1
    place = np.tile(np.arange(1.0, count + 1), rows)
    mean = np.bincount(group, place) / np.bincount(group)
    found = np.empty(values.shape)
    np.put_along_axis(found, order, mean[group].reshape(values.shape), axis=1)
    return found


def ndcg(scores: Array, gains: Array) -> Array:
    """The normalised discounted cumulative gain of each row's whole list, ``(n,)``.

    The gain at rank ``r`` counts ``1 / log2(r + 1)``; 1 is the best order. NaN where a gain is infinite or not a
    number, or all are 0.

    Args:
        scores: The ranking's scores, ``(n, m)``.
        gains: What each feature is worth, none below 0.

    Source: Järvelin and Kekäläinen (2002), with gains as they are.
    """
    discount = 1 / np.log2(np.arange(2, scores.shape[1] + 2))
    fit = np.asarray(np.isfinite(gains).all(axis=1))
    worth = np.where(fit[:, None], gains, 0.0)
    reached = np.take_along_axis(worth, order_of(scores), axis=1) @ discount
    best = -np.sort(-worth, axis=1) @ discount
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(fit & (best > 0), reached / best, np.nan)


def random_ndcg(gains: Array) -> Array:
    """What `ndcg` is on the average over all orders."""
    discount = 1 / np.log2(np.arange(2, gains.shape[1] + 2))
    fit = np.asarray(np.isfinite(gains).all(axis=1))
    worth = np.where(fit[:, None], gains, 0.0)
    best = -np.sort(-worth, axis=1) @ discount
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(fit & (best > 0), worth.mean(axis=1) * discount.sum() / best, np.nan)


def binary_grades(scores: Array, positive: Array) -> BinaryGrades:
    """Grade rankings against yes or no.

    Args:
        scores: The ranking's scores, ``(n, m)``.
        positive: Which features do it, ``(n, m)`` booleans.
    """
    count = positive.shape[1]
    hits = np.take_along_axis(positive, order_of(scores), axis=1)
    total, found = hits.sum(axis=1), np.cumsum(hits, axis=1)
    some = total > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(hits, found / np.arange(1, count + 1), 0.0).sum(axis=1) / total
        lengths = [floor(count * share + 1e-9) for share in SHARES]
        top = np.stack([hits[:, :length].sum(axis=1) / total for length in lengths], axis=1)
    first = np.where(some, hits.argmax(axis=1) + 1.0, np.nan)
    return BinaryGrades(total, np.where(some, precision, np.nan), first, np.where(some[:, None], top, np.nan))


def random_grades(positive: Array) -> BinaryGrades:
    """What `binary_grades` are on the average over all orders.

    The first of ``p`` among ``m`` is at rank ``(m + 1) / (p + 1)``; the precision at rank ``r`` of a feature that does
    it is ``(1 + (p - 1) (r - 1) / (m - 1)) / r``, averaged over all ranks.
    """
    count, total = positive.shape[1], positive.sum(axis=1)
    rank = np.arange(1, count + 1)
    other = np.maximum(total - 1, 0)[:, None] * (rank - 1) / max(count - 1, 1)
    some = total > 0
    precision = ((1 + other) / rank).mean(axis=1)
    top = np.array([floor(count * share + 1e-9) / count for share in SHARES])
    first = (count + 1) / (total + 1)
    return BinaryGrades(
        total, np.where(some, precision, np.nan), np.where(some, first, np.nan),
        np.where(some[:, None], top[None], np.nan),
    )  # fmt: skip
