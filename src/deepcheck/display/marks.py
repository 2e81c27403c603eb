"""An image with its marks: important pixels green with a dot, attackable ones vermillion with a cross.

The two colours are those of Okabe and Ito, which people who see colours differently tell apart; the dot and the cross
tell them apart in grey print.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcheck.display.images import Array

GREEN = np.array([0x00, 0x9E, 0x73]) / 255
RED = np.array([0xD5, 0x5E, 0x00]) / 255
DOT = np.array([0x00, 0x2B, 0x20]) / 255
CROSS = np.array([1.0, 1.0, 1.0])
"""The colours of the two signs on their cells: a dark dot, a white cross."""

TINT = 0.8
"""How much of a marked pixel is the mark's colour; the rest is the image, so that the digit shows through."""

FAINT, LEAST = 0.05, 0.25
"""A cell that is marked less than the first gets no sign; a sign is no fainter than the second."""


@dataclass(frozen=True)
class Picture:
    """One image with its marks.

    Attributes:
        image: Grey values, ``(rows, columns)``, or colours, ``(rows, columns, 3)``; 0 is black, 1 is white, what lies
            outside is cut off.
        green: Which pixels are important, ``(rows, columns)`` of bool, or None.
        red: Which pixels are attackable, as bool or how strongly to mark them, in [0, 1]; red lies over green.
        framed: Which pixels get a thin vermillion frame.
        title: What stands above it.
    """

    image: Array
    green: Array | None = None
    red: Array | None = None
    framed: Array | None = None
    title: str = ""

    @property
    def colours(self) -> Array:
        """The picture as red, green and blue in [0, 1], ``(rows, columns, 3)``."""
        image = np.clip(np.asarray(self.image, dtype=np.float64), 0.0, 1.0)
        colours = image.copy() if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)
        for mask, colour in ((self.green, GREEN), (self.red, RED)):
            if mask is not None:
                tint = TINT * np.asarray(mask, dtype=np.float64)[:, :, None]
                colours = tint * colour + (1 - tint) * colours
        return colours

    @property
    def dots(self) -> Array:
        """Which pixels have a dot: the important ones that are not attackable."""
        shape = self.image.shape[:2]
        return np.zeros(shape, bool) if self.green is None else np.asarray(self.green, dtype=bool) & ~self.crosses

    @property
    def crosses(self) -> Array:
        """Which pixels have a cross: the attackable ones."""
        return self.strengths > 0

    @property
    def strengths(self) -> Array:
        """How strong the cross on each pixel is, in [0, 1], ``(rows, columns)``."""
        if self.red is None:
            return np.zeros(self.image.shape[:2])
        red = np.asarray(self.red, dtype=np.float64)
        return np.where(red > FAINT, np.clip(red, LEAST, 1.0), 0.0)


def mask_of(indices: Array | Sequence[int], shape: tuple[int, ...]) -> Array:
    """Which pixels of a shape some indices name, as bool."""
    mask = np.zeros(shape, dtype=bool)
    mask.flat[np.asarray(indices, dtype=np.int64)] = True
    return mask


def flattened(image: Array) -> Array:
    """An image without its colours, so that marks can be seen on it, ``(rows, columns)``."""
    return np.asarray(image.mean(axis=2) if image.ndim == 3 else image)
