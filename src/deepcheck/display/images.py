"""An input as an image: as numbers in rows and columns, and as an 8-bit file."""

from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepcheck.display.files import write_atomically
from deepcheck.errors import OptionError

Array = npt.NDArray[Any]


def grey(pixels: Array) -> Array:
    """One number for each position of ``(channels, rows, columns)`` or ``(rows, columns)``: the channels' mean."""
    return np.asarray(pixels.mean(axis=0) if pixels.ndim == 3 else pixels)


def grid_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """The rows and columns to draw features of some shape in; a flat input of n * n features is a square.

    Raises:
        OptionError: If the features form no grid.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) == 1 and isqrt(shape[0]) ** 2 == shape[0]:
        return isqrt(shape[0]), isqrt(shape[0])
    raise OptionError(
        f"expected features in rows and columns to draw them, got features of shape {shape}: "
        "save_report shows them as a table"
    )


def shown(pixels: Array, features: tuple[int, ...], *, nhwc: bool, black: float, white: float) -> Array:
    """An input as it is to be seen: grey ``(rows, columns)``, or red, green and blue ``(rows, columns, 3)``.

    Args:
        pixels: The input in the user's units.
        features: The features' shape; several channels that are not three are shown as their mean.
        nhwc: Are the channels of a pixel last?
        black: The value that is shown black; where it or ``white`` is infinite, the input's own ends are shown so.
        white: The value that is shown white.

    Raises:
        OptionError: If the features form no grid, or are not the input's.
    """
    rows, columns = grid_shape(features)
    values = np.asarray(pixels, dtype=np.float64)
    first = values.transpose(2, 0, 1) if values.ndim == 3 and nhwc else values
    count = rows * columns
    if first.size == count:
        laid = first.reshape(rows, columns)
    elif first.ndim == 3 and first.shape[1] * first.shape[2] == count:
        laid = first.transpose(1, 2, 0) if len(first) == 3 else grey(first).reshape(rows, columns)
    else:
        raise OptionError(f"expected an input of {rows} x {columns} features to draw, got one of shape {values.shape}")
    if not (np.isfinite(black) and np.isfinite(white)):
        black, white = float(values.min()), float(values.max())
    return np.asarray(np.clip((laid - black) / (white - black if white > black else 1.0), 0.0, 1.0))


def save_image(pixels: Array, path: Path) -> Array:
    """Write pixels in [0, 1] as an 8-bit PNG.

    Args:
        pixels: ``(rows, columns)``, or ``(channels, rows, columns)`` of 1 or 3 channels.
        path: The file.

    Returns:
        The pixels that the file holds, rounded to float32(level) / 255, shaped like ``pixels``.

    Raises:
        OptionError: If it cannot be written, or the pixels are no grey or RGB image.
    """
    from PIL import Image  # only those who write pay for it

    stacked = pixels[None] if pixels.ndim == 2 else pixels
    if stacked.ndim != 3 or len(stacked) not in (1, 3):
        raise OptionError(f"expected a grey or RGB image to save as PNG, got pixels of shape {pixels.shape}")
    levels = np.rint(np.clip(stacked, 0.0, 1.0) * 255).astype(np.uint8)
    image = Image.fromarray(levels[0] if len(levels) == 1 else np.ascontiguousarray(levels.transpose(1, 2, 0)))
    write_atomically(path, lambda stream: image.save(stream, format="PNG"))
    return np.asarray(levels.astype(np.float32) / np.float32(255)).reshape(pixels.shape)
