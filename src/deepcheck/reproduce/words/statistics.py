"""Lengths of attacks over many texts: shares, middles, their intervals, and an exact paired test.

Lengths are ``(texts, draws)``, one draw for an order that is not random; NaN where there is no attack.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.rules import LIMITS, MOST
from deepcheck.reproduce.statistics import sign_test as sign_test

SAMPLES, SEED = 2_000, 0
FAILED = MOST + 1
"""What a failure on a review counts as where lengths are compared: longer than any success."""

Figure = dict[str, Any]


def share_at_most(lengths: Array, limit: float) -> float:
    """The share of attacks of at most so many words, among all; failures are longer."""
    return float((lengths <= limit).mean())


def middle(lengths: Array) -> float:
    """The median length of the attacks that succeed; NaN without any."""
    there = lengths[~np.isnan(lengths)]
    return float(np.median(there)) if there.size else float("nan")


def average(lengths: Array) -> float:
    """The mean length of the attacks that succeed; NaN without any."""
    there = lengths[~np.isnan(lengths)]
    return float(there.mean()) if there.size else float("nan")


def interval(figure: Callable[[Array], float], lengths: Array) -> tuple[float, float]:
    """A 95 % interval of a figure: its quantiles over samples of the texts, drawn with replacement, seeded."""
    rng, count = np.random.default_rng(SEED), len(lengths)
    values = np.array([figure(lengths[rng.integers(count, size=count)]) for _ in range(SAMPLES)])
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def figures(lengths: Array) -> Figure:
    """What is said about an order's lengths, each figure with its interval."""
    return {
        "success": _with_interval(lambda some: share_at_most(some, np.inf), lengths),
        "at_most": {str(limit): _with_interval(_at_most(limit), lengths) for limit in LIMITS},
        "median": _with_interval(middle, lengths),
        "mean": _with_interval(average, lengths),
    }


def _at_most(limit: int) -> Callable[[Array], float]:
    return lambda some: share_at_most(some, limit)


def _with_interval(figure: Callable[[Array], float], lengths: Array) -> Figure:
    value, (low, high) = figure(lengths), interval(figure, lengths)
    return {"value": _rounded(value), "low": _rounded(low), "high": _rounded(high)}


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


class Compared(NamedTuple):
    """An order against another on the same texts.

    Attributes:
        better: Texts on which it is shorter.
        equal: As long.
        worse: Longer.
        p: Of the exact two-sided sign test.
    """

    better: int
    equal: int
    worse: int
    p: float


def compared(one: Array, other: Array, failed: int = FAILED) -> Compared:
    """Compare each text's mean length over draws; a failure counts as so many words."""
    first, second = (np.where(np.isnan(some), failed, some).mean(axis=1) for some in (one, other))
    better, worse = int((first < second).sum()), int((first > second).sum())
    return Compared(better, len(first) - better - worse, worse, float(sign_test(better, worse)))
