"""Small pictures for a page without its script: plain, or with important and attackable features marked."""

import base64
import io

import numpy as np
from PIL import Image

from deepcheck.program import Array

GREEN = np.array([0, 158, 115]) / 255
RED = np.array([213, 94, 0]) / 255
"""Bluish green and vermillion of Okabe and Ito, which people of any colour vision tell apart."""

SIDE = 224
"""About how many points a picture with marks has on its longer side."""

SMALL = 96
"""At most so many on the longer side of a thumbnail: larger inputs are thinned out."""


def colours(values: Array, grid: tuple[int, int], black: float, white: float) -> Array:
    """Values as colours in [0, 1], ``(rows, columns, 3)``.

    Args:
        values: ``(count, elements)``: of three elements red, green and blue; of any other number their mean is grey.
        grid: Rows and columns.
        black: The value that is shown black.
        white: The value that is shown white.
    """
    finite = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=black, posinf=white, neginf=black)
    shown = finite if values.shape[1] == 3 else finite.mean(axis=1, keepdims=True)
    span = white - black
    scaled = (shown - black) / span if span else np.zeros_like(shown)
    return np.asarray(np.broadcast_to(np.clip(scaled, 0.0, 1.0).reshape(*grid, -1), (*grid, 3)))


def thumbnail(picture: Array) -> str:
    """A picture as it is, one point a pixel, as a data address."""
    step = max(1, -(-max(picture.shape[:2]) // SMALL))
    return _address(picture[::step, ::step])


def marked(picture: Array, important: Array, attackable: Array) -> str:
    """A picture with marks, as a data address.

    An important pixel is green with a dot, an attackable one holds a red square with a cross: the shapes tell them
    apart where the colours do not.

    Args:
        picture: Colours, ``(rows, columns, 3)``.
        important: Which pixels are important, ``(rows, columns)``.
        attackable: Which are attackable.
    """
    side = max(1, SIDE // max(picture.shape[:2]))
    large = picture.repeat(side, axis=0).repeat(side, axis=1)
    dot, inside, cross = _shapes(side)
    for rows, columns in np.argwhere(important | attackable):
        cell = large[rows * side : (rows + 1) * side, columns * side : (columns + 1) * side]
        if important[rows, columns]:
            cell[:] = 0.3 * cell + 0.7 * GREEN
            cell[dot] = 1.0
        if attackable[rows, columns]:
            cell[inside] = RED
            cell[cross] = 1.0
    return _address(large)


def _shapes(side: int) -> tuple[Array, Array, Array]:
    """The points of a cell that a dot, a square and a cross take; in small cells there is room for the square only."""
    at = np.arange(side) - (side - 1) / 2
    y, x = np.meshgrid(at, at, indexing="ij")
    edge = max(side / 2 - 1, 0.5) if side >= 6 else side
    inside = (np.abs(y) <= edge) & (np.abs(x) <= edge)
    near = np.hypot(y, x) <= max(side * 0.16, 0.75)
    cross = (np.abs(np.abs(y) - np.abs(x)) < 0.75) & (np.abs(y) <= edge - 1)
    shown = side >= 6
    return near & shown, inside, cross & shown


def _address(picture: Array) -> str:
    levels = np.rint(picture * 255).astype(np.uint8)
    if (levels[..., 0] == levels[..., 1]).all() and (levels[..., 0] == levels[..., 2]).all():
        levels = levels[..., 0]
    held = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(levels)).save(held, format="PNG", compress_level=6)
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode()
