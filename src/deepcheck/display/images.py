"""An input as an 8-bit image file."""

from pathlib import Path

import numpy as np
from PIL import Image

from deepcheck.display.files import write_atomically
from deepcheck.errors import OptionError
from deepcheck.program import Array


def grey(pixels: Array) -> Array:
    """One number for each position of ``(channels, rows, columns)`` or ``(rows, columns)``: the channels' mean."""
    return np.asarray(pixels.mean(axis=0) if pixels.ndim == 3 else pixels)


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
    stacked = pixels[None] if pixels.ndim == 2 else pixels
    if stacked.ndim != 3 or len(stacked) not in (1, 3):
        raise OptionError(f"expected a grey or RGB image to save as PNG, got pixels of shape {pixels.shape}")
    levels = np.rint(np.clip(stacked, 0.0, 1.0) * 255).astype(np.uint8)
    image = Image.fromarray(levels[0] if len(levels) == 1 else np.ascontiguousarray(levels.transpose(1, 2, 0)))
    write_atomically(path, lambda stream: image.save(stream, format="PNG"))
    return np.asarray(levels.astype(np.float32) / np.float32(255)).reshape(pixels.shape)
