"""The paper's picture: the image in grey, important pixels green with a dot, attackable pixels red with a cross.

Source: Table I and figure 3.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcheck.display.files import write_atomically
from deepcheck.display.images import Array, grid_shape
from deepcheck.display.marks import CROSS, DOT, RED, Picture, flattened, mask_of
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
GAP, MARGIN, LINE, CAPTION_LINE = 0.12, 0.1, 0.19, 0.14
"""Inches: between pictures, around everything, for one line of text, and for one line of the caption."""

LETTER = 0.09
"""About how many inches a letter of a row's title takes; a caption's takes two thirds."""

KINDS = {".png": "PNG", ".svg": "SVG"}
"""What pictures are written as, by the end of a file's name."""


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
        image: Grey values, ``(rows, columns)``, or colours, ``(rows, columns, 3)``.
        scores: A score of each pixel, in rows and columns or flat; the larger, the whiter.
        shortlist: Indices of the important pixels.
        title: What the shortlist is, above its picture.
        caption: Below everything.
    """
    spread = float(np.ptp(scores))
    shown = (scores - scores.min()) / spread if spread > 0 else np.zeros_like(scores)
    grid = image.shape[:2]
    row = [
        Picture(image, title="input"),
        Picture(shown.reshape(grid), title="scores"),
        Picture(flattened(image), green=mask_of(shortlist, grid), title=title or "important"),
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
        image: Grey values, ``(rows, columns)``, or colours, ``(rows, columns, 3)``.
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
    grid, plain = image.shape[:2], flattened(image)
    red = mask_of(attackable, grid).astype(np.float64)
    if weights is not None:
        red.flat[np.asarray(attackable, dtype=np.int64)] = weights
    green = mask_of(important, grid)
    row = [
        Picture(image, title=f"input: {label}"),
        Picture(plain, green=green, title=f"important ({ranking})" if ranking else "important"),
        Picture(plain, green=green, red=red, title=f"attackable: {sets or len(attackable)}"),
    ]
    if witness is not None:
        row.append(Picture(witness, framed=mask_of(changed, grid), title=f"attacked: now {new_label}"))
    return picture_grid([row], caption=caption, inches=2.2)


def picture_kind(path: Path) -> str:
    """How a file's picture is written, by its name: "png" or "svg".

    Raises:
        OptionError: If its name ends in something else.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise OptionError(f"expected a picture's file to end in .png or .svg, got '{path}'")
    return kind[1:]


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG or SVG, by the file's name, whole or not at all; the same figure gives the same bytes.

    The text of an SVG stays text.

    Raises:
        OptionError: If it cannot be written, or its name ends in something else.
    """
    from matplotlib import rc_context

    kind = picture_kind(path)
    metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    with rc_context({"svg.hashsalt": "deepcheck", "svg.fonttype": "none"}):
        write_atomically(path, lambda stream: figure.savefig(stream, format=kind, dpi=DPI, metadata=metadata))


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
        from deepcheck.display.figures import ShownFigure  # only those who draw pay for it

        return _Sheet(ShownFigure(figsize=size, dpi=DPI, facecolor="white"), *size)

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
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle

    axes.imshow(picture.colours, interpolation="nearest", aspect="equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("0.6")
        spine.set_linewidth(0.5)
    if picture.title:
        axes.set_title(picture.title, fontsize=9, pad=3, parse_math=False)
    cell = 72 * axes.get_position().width * axes.figure.get_figwidth() / picture.image.shape[1]
    dots, crosses = (np.argwhere(mask)[:, ::-1] for mask in (picture.dots, picture.crosses))
    if len(dots):
        axes.scatter(*dots.T, s=(0.36 * cell) ** 2, color=DOT, linewidths=0)
    if len(crosses):
        arms = np.array([[[-0.27, -0.27], [0.27, 0.27]], [[-0.27, 0.27], [0.27, -0.27]]])
        lines = (crosses[:, None, None, :] + arms).reshape(-1, 2, 2)
        strengths = np.repeat(picture.strengths[picture.crosses], 2)[:, None]
        colours = np.hstack([np.broadcast_to(CROSS, (len(lines), 3)), strengths])
        axes.add_collection(LineCollection(lines, colors=colours, linewidths=0.14 * cell))
    if picture.framed is not None:
        for y, x in np.argwhere(picture.framed):
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=RED, linewidth=1.6))


__all__ = [
    "DPI",
    "Picture",
    "attack_picture",
    "grid_shape",
    "importance_picture",
    "mask_of",
    "picture_grid",
    "picture_kind",
    "save_figure",
]
