"""Deletion and insertion curves: what becomes of the label as pixels go black, or come back, in a ranking's order.

Source: Petsiuk, Das and Saenko, RISE (BMVC 2018); black as the missing value.
"""

from collections.abc import Callable

import numpy as np

from deepcheck.program import Array

Scores = Callable[[Array], Array]
"""Runs a network on images ``(n, pixels)`` and gives ``(n, labels)``."""


def areas(scores: Scores, image: Array, order: Array, label: int) -> Array:
    """The areas under four curves of one image, ``(4,)``, in the order of `contest.rules.CURVES`.

    Args:
        scores: The network.
        image: The pixels, ``(pixels,)``.
        order: The pixels' indices, the most important first.
        label: The network's label of the image.

    Returns:
        Under the softmax probability of the label by deletion, by insertion; and under 1 where the label is the
        network's, 0 elsewhere, by deletion, by insertion.
    """
    without, within = states(image, order)
    found = [_kept(scores(some), label) for some in (without, within)]
    return np.array([area(curve) for kind in (0, 1) for curve in (found[0][kind], found[1][kind])])


def states(image: Array, order: Array) -> tuple[Array, Array]:
    """The image with its first 0, 1, ... pixels black, and black with them put in: ``(pixels + 1, pixels)`` each."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = place[None, :] < np.arange(len(order) + 1)[:, None]
    return np.where(first, 0.0, image), np.where(first, image, 0.0)


def area(curve: Array) -> float:
    """The area under a curve of equal steps from 0 to 1, by the trapezoid rule."""
    return float((curve[:-1] + curve[1:]).sum() / 2 / (len(curve) - 1))


def _kept(scores: Array, label: int) -> tuple[Array, Array]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers[:, label] / powers.sum(axis=1), (scores.argmax(axis=1) == label).astype(np.float64)
