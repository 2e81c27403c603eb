"""Sparse-RS for a given number of pixels, written from the paper.

Source: F. Croce, M. Andriushchenko, N. D. Singh, N. Flammarion, M. Hein, "Sparse-RS: a versatile framework for
query-efficient sparse black-box adversarial attacks", AAAI 2022, arXiv 2006.12834, section 4 (L0-RS), algorithm 1.
"""

from collections.abc import Callable

import numpy as np

SCHEDULE = ((0, 2), (50, 4), (200, 5), (500, 6), (1000, 8), (2000, 10), (4000, 12), (6000, 15), (8000, 20))
"""From which of 10,000 queries on the share of pixels that move is the first share divided by what."""
FIRST_SHARE = 0.8

Scores = Callable[[np.ndarray], np.ndarray]
"""The scores of one image, ``(1, rows, columns)`` to ``(labels,)``."""


def sparse_rs(
    scores: Scores, image: np.ndarray, label: int, *, pixels: int, queries: int, rng: np.random.Generator
) -> np.ndarray:
    """Search for values of ``pixels`` pixels, each 0 or 1 in every channel, that take the label away.

    At each step some of the chosen pixels get back their old values, as many others are chosen, and the step is kept if
    the margin (the label's score over the best other one) falls. The share that moves shrinks with the queries.

    Args:
        scores: Asked once a step.
        image: ``(channels, rows, columns)`` in [0, 1].
        label: The label to get away from.
        pixels: How many pixels change.
        queries: The most steps.
        rng: Draws everything.

    Returns:
        The best image found: the first whose label is another one, or the one with the least margin.
    """
    channels, places = image.shape[0], image[0].size
    order = rng.permutation(places)
    chosen, free = order[:pixels], order[pixels:]
    best = _with(image, chosen, rng.integers(0, 2, (channels, pixels)))
    margin = _margin(scores(best), label)
    for step in range(1, queries):
        if margin < 0:
            break
        moved = moving(step, pixels, queries)
        back = rng.permutation(pixels)[:moved]
        new = rng.choice(len(free), moved, replace=False)
        candidate = _with(best, chosen[back], image.reshape(channels, -1)[:, chosen[back]])
        candidate = _with(candidate, free[new], rng.integers(0, 2, (channels, moved)))
        found = _margin(scores(candidate), label)
        if found < margin:
            margin, best = found, candidate
            chosen[back], free[new] = free[new], chosen[back]
    return best


def moving(step: int, pixels: int, queries: int) -> int:
    """How many pixels move at a step; at least one."""
    scaled = int(step / queries * 10_000)
    divisor = max(divisor for start, divisor in SCHEDULE if scaled >= start)
    return max(int(FIRST_SHARE / divisor * pixels), 1)


def _with(image: np.ndarray, places: np.ndarray, values: np.ndarray) -> np.ndarray:
    changed = image.copy()
    changed.reshape(len(image), -1)[:, places] = values
    return changed


def _margin(scores: np.ndarray, label: int) -> float:
    others = np.delete(scores, label)
    return float(scores[label] - others.max())
