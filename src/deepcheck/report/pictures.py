"""The paper's picture: the image in grey, important pixels green, attackable pixels red.

Source: Table I and figure 3.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from deepcheck.errors import OptionError
from deepcheck.program import Array
from deepcheck.report.files import write_atomically

GREEN = np.array([0.15, 0.80, 0.35])
RED = np.array([0.93, 0.16, 0.16])
TINT = 0.8
"""How much of a marked pixel is the mark's colour; the rest is the image, so that the digit shows through."""

GAP, LEFT, BOTTOM, LINE, CAPTION_LINE = 0.12, 0.45, 0.1, 0.19, 0.14
"""Inches: between pictures, for row titles, below, for one line of text, and for one line of the caption."""

LETTERS = 15
"""How many letters of a caption fit into an inch."""


@dataclass(frozen=True)
class Picture:
    """One image with its marks.

    Attributes:
        image: Grey values, ``(rows, columns)``; 0 is black, 1 is white, what lies outside is cut off.
        green: Which pixels are important, ``(rows, columns)`` of bool, or None.
        red: Which pixels are attackable; red lies over green.
        framed: Which pixels get a thin red frame.
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
        grey = np.clip(np.asarray(self.image, dtype=np.float64), 0.0, 1.0)
        colours = np.repeat(grey[:, :, None], 3, axis=2)
        for mask, colour in ((self.green, GREEN), (self.red, RED)):
            if mask is not None:
                chosen = np.asarray(mask, dtype=bool)
                colours[chosen] = TINT * colour + (1 - TINT) * grey[chosen][:, None]
        return colours


def picture_grid(
    rows: Sequence[Sequence[Picture]],
    *,
    row_titles: Sequence[str] = (),
    column_titles: Sequence[str] = (),
    caption: str = "",
    inches: float = 0.8,
) -> Figure:
    """Draw pictures in rows and columns.

    Args:
        rows: The pictures; rows may have different lengths.
        row_titles: What stands to the left of each row.
        column_titles: What stands above each column, in one or more lines.
        caption: What stands below everything; long lines are wrapped.
        inches: The width of one picture.
    """
    across = max(len(row) for row in rows)
    height = inches * max(picture.image.shape[0] / picture.image.shape[1] for row in rows for picture in row)
    title = LINE if any(picture.title for row in rows for picture in row) else 0.0
    head = LINE * max((text.count("\n") + 1 for text in column_titles), default=0)
    left = LEFT if row_titles else GAP
    step = height + title + GAP
    width = left + across * (inches + GAP)
    lines = [line for text in caption.splitlines() for line in textwrap.wrap(text, round(width * LETTERS))]
    size = (width, GAP + head + len(rows) * step + BOTTOM + CAPTION_LINE * len(lines))
    figure = Figure(figsize=size, facecolor="white")
    for down, row in enumerate(rows):
        top = size[1] - GAP - head - down * step - title
        for right, picture in enumerate(row):
            x = left + right * (inches + GAP)
            axes = figure.add_axes((x / size[0], (top - height) / size[1], inches / size[0], height / size[1]))
            _draw(axes, picture)
        if down < len(row_titles):
            _write(figure, size, left / 2, top - height / 2, row_titles[down], 10)
    for right, text in enumerate(column_titles):
        _write(figure, size, left + right * (inches + GAP) + inches / 2, size[1] - GAP - head / 2, text, 9)
    if lines:
        place = (GAP / size[0], BOTTOM / size[1])
        figure.text(*place, "\n".join(lines), ha="left", va="bottom", fontsize=8, color="0.3", parse_math=False)
    return figure


def importance_picture(image: Array, scores: Array, shortlist: Array, *, title: str = "", caption: str = "") -> Figure:
    """Draw one image, its scores, and its most important pixels.

    Args:
        image: Grey values, ``(rows, columns)``.
        scores: A score of each pixel, likewise; the larger, the whiter.
        shortlist: Indices of the important pixels.
        title: What the shortlist is, above its picture.
        caption: Below everything.
    """
    spread = float(np.ptp(scores))
    shown = (scores - scores.min()) / spread if spread > 0 else np.zeros_like(scores)
    row = [
        Picture(image, title="input"),
        Picture(shown, title="scores"),
        Picture(image, green=mask_of(shortlist, image.shape), title=title or "important"),
    ]
    return picture_grid([row], caption=caption, inches=2.2)


def attack_picture(
    image: Array,
    important: Array | Sequence[int],
    attackable: Array | Sequence[int],
    *,
    label: str,
    ranking: str = "",
    witness: Array | None = None,
    changed: Sequence[int] = (),
    new_label: str = "",
    caption: str = "",
) -> Figure:
    """Draw one image, its important and its attackable pixels, and one attack.

    Args:
        image: Grey values, ``(rows, columns)``.
        important: Indices of the important pixels.
        attackable: Indices of the attackable pixels.
        label: The image's label.
        ranking: What makes pixels important, such as "coi, top 5%".
        witness: The attacked image, if there is one.
        changed: Indices of the pixels that differ in it; they are framed.
        new_label: Its label.
        caption: Below everything.
    """
    red = mask_of(attackable, image.shape)
    green = mask_of(important, image.shape)
    row = [
        Picture(image, title=f"input: {label}"),
        Picture(image, green=green, title=f"important ({ranking})" if ranking else "important"),
        Picture(image, green=green, red=red, title=f"attackable: {len(attackable)}"),
    ]
    if witness is not None:
        row.append(Picture(witness, framed=mask_of(changed, image.shape), title=f"attacked: {new_label}"))
    return picture_grid([row], caption=caption, inches=2.2)


def mask_of(indices: Array | Sequence[int], shape: tuple[int, ...]) -> Array:
    """Which pixels of a shape some indices name, as bool."""
    mask = np.zeros(shape, dtype=bool)
    mask.flat[np.asarray(indices, dtype=np.int64)] = True
    return mask


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all; the same figure gives the same bytes.

    Raises:
        OptionError: If it cannot be written.
    """
    write_atomically(path, lambda stream: figure.savefig(stream, format="png", dpi=150, metadata={"Software": None}))


def grid_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """The rows and columns to draw features of some shape in; a flat input of n * n features is a square.

    Raises:
        OptionError: If the features form no grid.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    side = round(shape[0] ** 0.5)
    if len(shape) == 1 and side * side == shape[0]:
        return side, side
    raise OptionError(f"expected features in rows and columns to draw them, got features of shape {shape}")


def _draw(axes: Any, picture: Picture) -> None:
    axes.imshow(picture.colours, interpolation="nearest", aspect="equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("0.6")
        spine.set_linewidth(0.5)
    if picture.title:
        axes.set_title(picture.title, fontsize=9, pad=3)
    if picture.framed is not None:
        for y, x in np.argwhere(picture.framed):
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=RED, linewidth=1.6))


def _write(figure: Figure, size: tuple[float, float], x: float, y: float, text: str, points: float) -> None:
    figure.text(x / size[0], y / size[1], text, ha="center", va="center", fontsize=points, linespacing=1.3)
