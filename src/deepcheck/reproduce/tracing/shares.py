"""Do important pixels trace the digit? Where the top of an order lies, and of two orders that know no network.

Source: Section III-B, table I; RQ1.
"""

from collections.abc import Mapping

import numpy as np

from deepcheck.program import Array, Program
from deepcheck.ranking import order_of, shortlist_length
from deepcheck.reproduce.figures import mean
from deepcheck.reproduce.measure import ranks_of
from deepcheck.reproduce.places import near
from deepcheck.reproduce.rules import CENTRE_SIDE, DOMAINS, PAPER_METRICS, SHORTLISTS, STROKE_PIXELS

CONTROLS = ("value", "centre")
"""Orders that no network has a say in: brightest pixels first; pixels nearest to the centre of the image first."""
ON, BESIDE, INSIDE = "on", "beside", "inside"
"""On a stroke (value above 0); on one or within a pixel of one; inside of the central square."""

Shares = Mapping[str, Mapping[str, float | None]]


def tracing(program: Program, x: Array) -> dict[str, Shares]:
    """The mean shares of each order's top pixels that are on strokes, beside them, and in the central square.

    Args:
        program: The network.
        x: Images in [0, 1], ``(n, 1, H, W)``.

    Returns:
        By order (the paper's metrics, `CONTROLS`, and "random", which is what the image itself has), by shortlist.
    """
    masks = masks_of(x[:, 0] > 0)
    orders = {metric: ranks_of(program, x, metric, DOMAINS["bounded"]) for metric in PAPER_METRICS}
    orders |= {"value": _ranks(x.reshape(len(x), -1)), "centre": _ranks(-_distances(x.shape[2:], len(x)))}
    found = {order: {s: _shares(ranks, masks, s) for s in SHORTLISTS} for order, ranks in orders.items()}
    everywhere = {name: mean(mask.mean(axis=1)) for name, mask in masks.items()}
    return {**found, "random": dict.fromkeys(SHORTLISTS, everywhere)}


def masks_of(lit: Array) -> dict[str, Array]:
    """Which pixels are on, beside and inside, each ``(n, pixels)``, of images ``(n, H, W)``."""
    count, height, width = lit.shape
    rows, columns = (np.abs(np.arange(side) - (side - 1) / 2) < CENTRE_SIDE / 2 for side in (height, width))
    central = np.broadcast_to(rows[:, None] & columns, lit.shape)
    return {
        name: np.asarray(mask).reshape(count, -1)
        for name, mask in ((ON, lit), (BESIDE, near(lit, STROKE_PIXELS)), (INSIDE, central))
    }


def _shares(ranks: Array, masks: Mapping[str, Array], shortlist: str) -> dict[str, float | None]:
    length = shortlist_length(shortlist, ranks.shape[1])
    top = ranks <= length
    return {name: mean(np.count_nonzero(top & mask, axis=1) / length) for name, mask in masks.items()}


def _ranks(scores: Array) -> Array:
    return np.asarray(np.argsort(order_of(scores), axis=1) + 1)


def _distances(shape: tuple[int, ...], count: int) -> Array:
    """How far each pixel is from the centre, ``(count, pixels)``."""
    rows, columns = (np.arange(side) - (side - 1) / 2 for side in shape)
    flat: Array = np.hypot(rows[:, None], columns).ravel()
    return np.broadcast_to(flat, (count, len(flat)))
