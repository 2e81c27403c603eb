"""The paper's picture: the image in grey, important pixels green, attackable pixels red.

Source: Table I and figure 3.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcheck.display.files import write_atomically
from deepcheck.errors import OptionError
from deepcheck.program import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREEN = np.array([0.15, 0.80, 0.35])
RED = np.array([0.93, 0.16, 0.16])
TINT = 0.8
"""How much of a marked pixel is the mark's colour; the rest is the image, so that the digit shows through."""

DPI = 150
GAP, MARGIN, LINE, CAPTION_LINE = 0.12, 0.1, 0.19, 0.14
"""Inches: between pictures, around everything, for one line of text, and for one line of the caption."""

LETTER = 0.09
"""About how many inches a letter of a row's title takes; a caption's takes two thirds."""


@dataclass(frozen=True)
class Picture:
    """One image with its marks.

    Attributes:
        image: Grey values, ``(rows, columns)``; 0 is black, 1 is white, what lies outside is cut off.
        green: Which pixels are important, ``(rows, columns)`` of bool, or None.
        red: Which pixels are attackable, as bool or how strongly to mark them, in [0, 1]; red lies over green.
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
                tint = TINT * np.asarray(mask, dtype=np.float64)[:, :, None]
                colours = tint * colour + (1 - tint) * colours
        return colours


def picture_grid(
    rows: Sequence[Sequence[Picture]],
    *,
    row_titles: Sequence[str] = (),
    column_titles: Sequence[str] = (),
    caption: str = "",
    inches: float = 0.8,
) -> "Figure":
    """Draw pictures in rows and columns.

    Args:
        rows: The pictures; rows may have different lengths.
        row_titles: What stands to the left of each row.
        column_titles: What stands above each column, in one or more lines.
        caption: What stands below everything; long lines are wrapped.
        inches: The width of one picture.
    """
    columns = rows[0][0].image.shape[1]
    wide = max(1, round(inches * DPI / columns)) * columns / DPI  # whole dots for each pixel, so that all look alike
    heights = [wide * max(p.image.shape[0] / p.image.shape[1] for p in row) for row in rows]
    titles = [LINE if any(picture.title for picture in row) else 0.0 for row in rows]
    left = MARGIN + LETTER * max((len(text) for text in row_titles), default=0)
    head = LINE * max((text.count("\n") + 1 for text in column_titles), default=0)
    width = left + max(len(row) for row in rows) * (wide + GAP)
    letters = round((width - 2 * MARGIN) / LETTER * 1.5)
    lines = [line for text in caption.splitlines() for line in textwrap.wrap(text, letters)]
    height = MARGIN + head + sum(heights) + sum(titles) + len(rows) * GAP + CAPTION_LINE * len(lines) + MARGIN
    sheet = _Sheet.of(width, height)
    top = MARGIN + head
    for right, text in enumerate(column_titles):
        sheet.write(left + right * (wide + GAP) + wide / 2, MARGIN + head / 2, text, points=9)
    for down, row in enumerate(rows):
        top += titles[down]
        for right, picture in enumerate(row):
            _draw(sheet.axes(left + right * (wide + GAP), top, wide, heights[down]), picture)
        if down < len(row_titles):
            sheet.write(left - 0.06, top + heights[down] / 2, row_titles[down], points=10, align="right")
        top += heights[down] + GAP
    sheet.write(MARGIN, height - MARGIN - CAPTION_LINE * len(lines) / 2, "\n".join(lines), points=8, align="left")
    return sheet.figure


def importance_picture(
    image: Array, scores: Array, shortlist: Array, *, title: str = "", caption: str = ""
) -> "Figure":
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
    weights: Array | None = None,
    sets: str = "",
    caption: str = "",
) -> "Figure":
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
        weights: How strongly to mark each attackable pixel, in (0, 1]; by default all alike.
        sets: What is attackable, where that is not single pixels.
        caption: Below everything.
    """
    red = mask_of(attackable, image.shape).astype(np.float64)
    if weights is not None:
        red.flat[np.asarray(attackable, dtype=np.int64)] = weights
    green = mask_of(important, image.shape)
    row = [
        Picture(image, title=f"input: {label}"),
        Picture(image, green=green, title=f"important ({ranking})" if ranking else "important"),
        Picture(image, green=green, red=red, title=f"attackable: {sets or len(attackable)}"),
    ]
    if witness is not None:
        row.append(Picture(witness, framed=mask_of(changed, image.shape), title=f"attacked: now {new_label}"))
    return picture_grid([row], caption=caption, inches=2.2)


def mask_of(indices: Array | Sequence[int], shape: tuple[int, ...]) -> Array:
    """Which pixels of a shape some indices name, as bool."""
    mask = np.zeros(shape, dtype=bool)
    mask.flat[np.asarray(indices, dtype=np.int64)] = True
    return mask


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG, whole or not at all; the same figure gives the same bytes.

    Raises:
        OptionError: If it cannot be written.
    """
    write_atomically(path, lambda stream: figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None}))


def grid_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """The rows and columns to draw features of some shape in; a flat input of n * n features is a square.

    Raises:
        OptionError: If the features form no grid.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) == 1 and isqrt(shape[0]) ** 2 == shape[0]:
        return isqrt(shape[0]), isqrt(shape[0])
    raise OptionError(f"expected features in rows and columns to draw them, got features of shape {shape}")


@dataclass(frozen=True)
class _Sheet:
    """A figure measured in inches from its top left corner."""

    figure: "Figure"
    width: float
    height: float

    @staticmethod
    def of(width: float, height: float) -> "_Sheet":
        """An empty sheet of whole dots."""
        size = (round(width * DPI) / DPI, round(height * DPI) / DPI)
        from matplotlib.figure import Figure  # only those who draw pay for it

        return _Sheet(Figure(figsize=size, dpi=DPI, facecolor="white"), *size)

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Axes whose corner lies on a whole dot."""
        x, y = round(left * DPI) / DPI, self.height - round((top + height) * DPI) / DPI
        return self.figure.add_axes((x / self.width, y / self.height, width / self.width, height / self.height))

    def write(self, left: float, top: float, text: str, *, points: float, align: str = "center") -> None:
        """Write lines around a point."""
        x, y = left / self.width, 1 - top / self.height
        self.figure.text(
            x, y, text, ha=align, va="center", multialignment=align, fontsize=points, color="0.2", parse_math=False
        )


def _draw(axes: Any, picture: Picture) -> None:
    from matplotlib.patches import Rectangle

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
