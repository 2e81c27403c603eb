"""FGSM and PGD: every pixel moves by at most epsilon, along the sign of the loss's gradient; and the smallest epsilon.

Source: Goodfellow et al., *Explaining and harnessing adversarial examples* (2015); Madry et al., *Towards deep learning
models resistant to adversarial attacks* (2018); section IV-C, RQ5.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from deepcheck.program import Array, Program
from deepcheck.symbolic import Run, coefficients, run

GRID, BISECTIONS = 256, 12
"""Epsilons tried from below, as shares of the widest range of a pixel, and halvings between the last two of them."""


@final
@dataclass(frozen=True)
class Climb:
    """So many steps, each of such a share of epsilon, from the input itself; the last point counts."""

    steps: int
    share: float


FGSM, PGD = Climb(1, 1.0), Climb(40, 0.25)


@final
@dataclass(frozen=True)
class Start:
    """Where attacks start.

    Attributes:
        program: The program.
        pixels: The inputs in the user's units and the model's type, ``(items, *input_shape)``.
        labels: Their labels, ``(items,)``.
        bounds: The least and the largest value of each element, in the user's units and the model's type,
            ``(2, *input_shape)``.
    """

    program: Program
    pixels: Array
    labels: Array
    bounds: Array

    def take(self, items: Array) -> "Start":
        """Some items."""
        return replace(self, pixels=self.pixels[items], labels=self.labels[items])

    def run(self, pixels: Array) -> Run:
        """Run pixels through the program."""
        received = self.program.preprocessing.model_input(pixels, self.program.dtype)
        return run(self.program, received, borders=False)

    @property
    def scale(self) -> float:
        """The widest range of an element."""
        return float((self.bounds[1].astype(np.float64) - self.bounds[0]).max())


def attacked(start: Start, epsilon: Array, climb: Climb) -> Array:
    """The last point of a climb inside the ball and the bounds, in the model's type.

    Args:
        start: Where it starts.
        epsilon: How far each element may move, in the user's units, ``(items,)``.
        climb: The steps.

    Returns:
        Pixels, ``(items, *input_shape)``.
    """
    dtype = start.program.dtype
    columns = (len(start.pixels), *[1] * len(start.program.input_shape))
    radius = np.asarray(epsilon, dtype=dtype).reshape(columns)
    step = (np.asarray(epsilon, dtype=np.float64) * climb.share).astype(dtype).reshape(columns)
    pixels = start.pixels
    for _ in range(climb.steps):
        sign = np.sign(loss_gradients(start, pixels)).astype(dtype)
        moved = np.clip(pixels + step * sign, start.pixels - radius, start.pixels + radius)
        pixels = np.clip(moved, *start.bounds)
    return np.asarray(pixels)


def loss_gradients(start: Start, pixels: Array) -> Array:
    """Gradients of the cross-entropy of the starting labels, each divided by ``1 - p(label)``.

    That is the softmax of the other labels' scores, less the label's: the sign is that of the cross-entropy's
    gradient, and stays when the network is so sure that the gradient itself is rounded to 0.

    Returns:
        ``(items, *input_shape)``, for the model's input, in float64.
    """
    outcome = start.run(pixels)
    decision, rows = start.program.decided(), np.arange(len(pixels))
    scores = np.array(decision.scores(outcome.outputs.value))
    scores[rows, start.labels] = -np.inf
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    weights[rows, start.labels] = -1.0
    return coefficients(start.program, outcome.path, weights @ decision.matrix).reshape(pixels.shape)


def smallest_epsilons(start: Start, climb: Climb) -> Array:
    """The smallest epsilon of each item that changes its label, by one fixed search.

    Tried are 1/256, 2/256, ..., 1 of the widest range, until the label changes; then 12 halvings between that one and
    the one before. No smaller one on the way was seen to change it, but one that was not tried may.

    Returns:
        ``(items,)``; NaN where no epsilon of the grid changes the label.
    """

    def flips(items: Array, epsilon: Array) -> Array:
        part = start.take(items)
        outcome = part.run(attacked(part, epsilon, climb))
        return np.asarray((outcome.labels != part.labels) & ~outcome.overflow)

    return bisected(flips, len(start.pixels), start.scale)


def bisected(flips: Callable[[Array, Array], Array], count: int, scale: float) -> Array:
    """The search of `smallest_epsilons`: ``flips(items, epsilon)`` says where the label changes."""
    high = np.full(count, np.nan)
    left = np.arange(count)
    for tick in range(1, GRID + 1):
        if len(left) == 0:
            break
        hit = flips(left, np.full(len(left), scale * tick / GRID))
        high[left[hit]] = scale * tick / GRID
        left = left[~hit]
    found = np.flatnonzero(~np.isnan(high))
    low = high[found] - scale / GRID
    for _ in range(BISECTIONS if len(found) else 0):
        middle = (low + high[found]) / 2
        hit = flips(found, middle)
        high[found[hit]] = middle[hit]
        low = np.where(hit, low, middle)
    return high
