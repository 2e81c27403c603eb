"""A picture of a table's samples: the range of each measurement, its value, and the values that change the label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcheck.display.images import Array
from deepcheck.display.pictures import DPI
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Spans = Mapping[int, Sequence[tuple[float, float]]]
"""Intervals of values by measurement; a measurement without any is left out."""

GREY, BLUE, ORANGE, INK = "0.88", "#0072B2", "#E69F00", "0.15"
"""The range; attacking values along the own path and along any (colours that the colour-blind tell apart, and bars of
two heights, so that they differ in print); the value."""
ROW, COLUMN, TITLE, LETTER, CAPTION = 0.185, 1.55, 0.52, 0.075, 0.16
"""Inches: a measurement's row, a sample's column, its title, a letter of a name, a line of the caption."""
FOOT = 0.55
"""Inches below the bars, for "least", "most" and the legend; a narrow picture's legend takes a line more."""
THIN = 0.008
"""No interval is drawn narrower than this share of its measurement's range."""


@dataclass(frozen=True)
class Ranges:
    """One sample.

    Attributes:
        title: What stands above it, in one or two lines.
        lower: The least value of each measurement, ``(m,)``.
        upper: The largest.
        values: The sample, ``(m,)``.
        anywhere: The values of each measurement that change the label along any path.
        along: Those that change it along the sample's own path.
    """

    title: str
    lower: Array
    upper: Array
    values: Array
    anywhere: Spans
    along: Spans


def ranges_picture(samples: Sequence[Ranges], names: Sequence[str], *, caption: str = "") -> "Figure":
    """Draw samples side by side, one row for each measurement, each scaled to its own range.

    Args:
        samples: The samples; all have the same measurements.
        names: Of the measurements.
        caption: Below everything, in lines as given.

    Raises:
        OptionError: If a sample has another number of measurements than there are names.
    """
    for sample in samples:
        if not len(sample.lower) == len(sample.upper) == len(sample.values) == len(names):
            raise OptionError(f"expected {len(names)} measurements of each sample, got {len(sample.values)}")
    from matplotlib.figure import Figure  # only those who draw pay for it

    left = 0.15 + LETTER * max(map(len, names), default=0)
    lines = caption.splitlines()
    foot = FOOT + CAPTION * (len(samples) <= 2)
    below = foot + CAPTION * len(lines)
    width, tall = left + COLUMN * len(samples) + 0.1, ROW * len(names)
    height = TITLE + tall + below
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    for position, sample in enumerate(samples):
        corner = ((left + COLUMN * position) / width, below / height)
        axes = figure.add_axes((*corner, (COLUMN - 0.15) / width, tall / height))
        _draw(axes, sample)
        axes.set_yticks(range(len(names)), names if position == 0 else [""] * len(names), fontsize=8, parse_math=False)
    _legend(figure, samples, 0.0 if len(samples) <= 2 else left / width, (below - 0.18) / height)
    for number, line in enumerate(lines):
        y = (below - foot - CAPTION * (number + 0.5) + 0.06) / height
        figure.text(0.1 / width, y, line, fontsize=7.5, color="0.3", va="center", parse_math=False)
    return figure


def _draw(axes: Any, sample: Ranges) -> None:
    count = len(sample.values)
    spread = np.where(sample.upper > sample.lower, np.subtract(sample.upper, sample.lower, dtype=np.float64), 1.0)
    axes.barh(range(count), 1.0, height=0.72, color=GREY)
    for spans, colour, height in ((sample.anywhere, ORANGE, 0.72), (sample.along, BLUE, 0.3)):
        for row, pieces in spans.items():
            for ends in pieces:
                start, end = (np.clip(ends, sample.lower[row], sample.upper[row]) - sample.lower[row]) / spread[row]
                axes.barh(row, max(end - start, THIN), left=min(start, 1 - THIN), height=height, color=colour)
    at = (sample.values - sample.lower) / spread
    axes.vlines(at, np.arange(count) - 0.42, np.arange(count) + 0.42, color=INK, linewidth=1.6)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_xticks([0, 1], ["least", "most"], fontsize=7)
    for text, side in zip(axes.get_xticklabels(), ("left", "right"), strict=True):
        text.set_horizontalalignment(side)
    axes.tick_params(length=0)
    axes.set_title(sample.title, fontsize=9, pad=4, parse_math=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _legend(figure: "Figure", samples: Sequence[Ranges], left: float, bottom: float) -> None:
    """Say what is drawn, of what is there."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys = [
        Patch(color=GREY, label="range"),
        Line2D([], [], color=INK, marker="|", linestyle="", markersize=9, markeredgewidth=1.6, label="the value"),
    ]
    if any(sample.anywhere for sample in samples):
        keys.append(Patch(color=ORANGE, label="changes the label, any path"))
    if any(sample.along for sample in samples):
        keys.append(Patch(color=BLUE, label="changes it on its own path"))
    columns = len(keys) if len(samples) > 2 else 2
    figure.legend(
        handles=keys, loc="upper left", bbox_to_anchor=(left, bottom), ncols=columns, fontsize=8, frameon=False
    )
