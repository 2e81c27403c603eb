"""Where attackable pixels lie: on the digit, near it, far from it, or where no training image has any ink."""

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.program import Array
from deepcheck.reproduce.measure import Measured
from deepcheck.reproduce.rules import NEAR_PIXELS

PLACES = ("lit", "near", "far", "never_lit")


def ever_lit(images: ImageSet) -> Array:
    """Which pixels are above 0 in some image, ``(pixels,)``."""
    return np.asarray((images.images > 0).any(axis=0).ravel())


def near(lit: Array, radius: int) -> Array:
    """Which pixels of ``(n, H, W)`` are at most ``radius`` rows and columns from a lit one; lit ones are."""
    wide = np.pad(lit, ((0, 0), (radius, radius), (radius, radius)))
    height, width = lit.shape[1:]
    found = np.zeros_like(lit)
    for row in range(2 * radius + 1):
        for column in range(2 * radius + 1):
            found |= wide[:, row : row + height, column : column + width]
    return found


def places_of(measured: Measured, images: ImageSet, lit_in_training: Array) -> Array:
    """How many attackable pixels of each image are in each of `PLACES`, ``(n, 4)``."""
    return places_in(measured.attackable, images.images[measured.items] > 0, lit_in_training)


def places_in(marked: Array, lit: Array, lit_in_training: Array) -> Array:
    """How many marked pixels, ``(n, pixels)``, of images ``(n, H, W)`` are in each of `PLACES`, ``(n, 4)``."""
    close = near(lit, NEAR_PIXELS)
    never = np.broadcast_to(~lit_in_training, marked.shape)
    masks = [mask.reshape(marked.shape) for mask in (lit, close & ~lit, ~close, never)]
    return np.stack([np.count_nonzero(marked & mask, axis=1) for mask in masks], axis=1)
