"""An attack as an 8-bit image: its changed pixels on the nearest levels, written as PNG and read back.

Trusted here: Pillow's PNG codec.
"""

from dataclasses import dataclass
from io import BytesIO
from math import isqrt

import numpy as np

from deepcheck.domains import Box, Features, Pixels
from deepcheck.errors import OptionError
from deepcheck.program import Array, Program

SMALLEST_SQUARE = 64
"""A flat input of so many elements or more is an image where it fills a square."""


@dataclass(frozen=True)
class EightBit:
    """How inputs of a program are 8-bit images.

    Attributes:
        program: The program.
        levels: The 256 levels of each element, as the model receives them.
        grid: The image's shape, ``(rows, columns)`` or ``(rows, columns, 3)``.
        first: Are channels the first axis of the model's input?
        white: The pixel value of level 255: 1 or 255.
    """

    program: Program
    levels: Box
    grid: tuple[int, ...]
    first: bool
    white: float

    @staticmethod
    def of(program: Program, domain: Pixels, features: Features) -> "EightBit | None":
        """How inputs are images; None where they are none, or where two levels are one number of the model's type."""
        grid = _grid(program.input_shape, features.layout)
        if grid is None:
            return None
        white = 255.0 if not domain.unbounded and domain.bounds[1] > 1 else 1.0
        try:
            levels = Pixels(0, white, levels=256).box(program)
        except OptionError:
            return None
        first = len(program.input_shape) == 3 and features.layout == "nchw"
        return EightBit(program, levels, grid, first, white)

    def level_of(self, x: Array) -> Array | None:
        """The level of every element of an input, ``(size,)``; None unless each is exactly on one."""
        nearest = self._nearest(x.reshape(-1), np.arange(x.size), -np.inf, np.inf)
        exact = self._tables[np.arange(x.size), nearest] == x.reshape(-1)
        return nearest if exact.all() else None

    def read_back(self, level: Array, changed: Array, elements: Array, box: Box) -> Array | None:
        """What the model receives of the image read back; None where no level of a changed element is in the domain.

        Args:
            level: The levels of the input, ``(size,)``.
            changed: What the model receives, ``(*input_shape)``.
            elements: The elements that were changed, on whatever value.
            box: The domain.
        """
        values = changed.reshape(-1)[elements]
        found = self._nearest(values, elements, box.lower[elements], box.upper[elements])
        inside = self._tables[elements, found]
        if ((inside < box.lower[elements]) | (inside > box.upper[elements])).any():
            return None
        image = level.astype(np.uint8)
        image[elements] = found
        dtype = self.program.dtype
        pixels = self._through_png(image).astype(dtype)
        pixels = pixels if self.white != 1 else pixels / dtype.type(255)
        return np.asarray(self.program.preprocessing.model_input(pixels.reshape(1, *changed.shape), dtype)[0])

    @property
    def _tables(self) -> Array:
        assert self.levels.tables is not None
        return np.asarray(self.levels.tables[self.levels.channel])

    def _nearest(self, values: Array, elements: Array, lower: Array | float, upper: Array | float) -> Array:
        """The nearest level of some elements within bounds, the lower one of two."""
        tables = self._tables[elements]
        distance = np.abs(tables - values[:, None])
        lower, upper = np.broadcast_to(lower, values.shape), np.broadcast_to(upper, values.shape)
        distance[(tables < lower[:, None]) | (tables > upper[:, None])] = np.inf
        return np.asarray(distance.argmin(axis=1))

    def _through_png(self, image: Array) -> Array:
        """Written and read again, in the order of the model's elements."""
        from PIL import Image  # slow, and only images need it

        colour = len(self.grid) == 3
        laid = (
            image.reshape(3, *self.grid[:2]).transpose(1, 2, 0) if colour and self.first else image.reshape(self.grid)
        )
        stream = BytesIO()
        Image.fromarray(np.ascontiguousarray(laid)).save(stream, format="PNG", compress_level=1)
        stream.seek(0)
        with Image.open(stream, formats=("PNG",)) as read:
            again = np.asarray(read)
        return np.ascontiguousarray(again.transpose(2, 0, 1) if colour and self.first else again).reshape(-1)


def _grid(shape: tuple[int, ...], layout: str) -> tuple[int, ...] | None:
    """The image that an input is; None where it is none."""
    if len(shape) == 1:
        side = isqrt(shape[0])
        return (side, side) if side * side == shape[0] >= SMALLEST_SQUARE else None
    if len(shape) == 2:
        return shape
    if len(shape) != 3:
        return None
    channels, grid = (shape[0], shape[1:]) if layout == "nchw" else (shape[2], shape[:2])
    return {1: grid, 3: (*grid, 3)}.get(channels)
