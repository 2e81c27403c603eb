"""The picture of a region map: labels coloured and written, linear regions outlined, the input marked.

As a figure for files; and without a plotting library, as SVG and as PNG, for notebooks.
"""

from typing import TYPE_CHECKING

import numpy as np

from deepcheck.explore.region_map import RegionMap
from deepcheck.program import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00", "#999999", "#aa4499", "#882255")
"""Of Okabe and Ito, and two of Tol for more labels; a label is also written on its largest region."""

INCHES = (6.4, 5.2)
OUTLINED = 4000
"""From so many regions on, their outlines would cover the colours."""

SIDE = 320
"""Dots of a side of the small pictures."""

LEGEND = 20
"""So many labels are named beside the picture."""


def colour_of(label: int) -> str:
    """The colour of a label; from ten labels on they repeat."""
    return COLOURS[label % len(COLOURS)]


def label_places(found: RegionMap) -> dict[int, Array]:
    """Where each label can be written: in the middle of the largest region that has it."""
    largest: dict[int, tuple[float, Array]] = {}
    for region in found:
        area = region.area
        if area > largest.get(region.label, (-1.0, None))[0]:
            largest[region.label] = area, region.corners
    whole = sum(region.area for region in found)
    return {label: corners.mean(axis=0) for label, (area, corners) in largest.items() if area > whole / 500}


def region_picture(found: RegionMap, *, caption: str = "") -> "Figure":
    """Draw a region map.

    Args:
        found: The map.
        caption: Below the picture.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Patch
    from matplotlib.patheffects import withStroke

    from deepcheck.display.figures import ShownFigure

    figure = ShownFigure(figsize=INCHES, dpi=150, facecolor="white")
    axes = figure.add_axes((0.11, 0.14, 0.66, 0.8))
    outline = "none" if len(found) > OUTLINED else (1, 1, 1, 0.7)
    colours = [colour_of(region.label) for region in found]
    patches = PolyCollection(
        [region.corners for region in found], facecolors=colours, edgecolors=outline, linewidths=0.4, antialiaseds=True
    )
    axes.add_collection(patches)
    halo = [withStroke(linewidth=2.5, foreground="white")]
    for label, (x, y) in label_places(found).items():
        axes.text(
            float(x),
            float(y),
            str(label),
            ha="center",
            va="center",
            fontsize=10,
            color="black",
            path_effects=halo,
            parse_math=False,
        )
    axes.plot(*found.point, marker="o", markersize=7, markerfacecolor="white", markeredgecolor="black", clip_on=False)
    axes.set_xlim(found.lower[0], found.upper[0])
    axes.set_ylim(found.lower[1], found.upper[1])
    axes.set_xlabel(f"feature {found.features[0]}")
    axes.set_ylabel(f"feature {found.features[1]}")
    handles = [
        Patch(color=colour_of(label), label=f"label {label}: {share:.1%}")
        for label, share in list(found.shares.items())[:LEGEND]
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=8)
    if caption:
        figure.text(0.02, 0.02, caption, fontsize=7, color="0.2", parse_math=False)
    return figure


def region_svg(found: RegionMap) -> str:
    """The map as an SVG element: one path for each label, labels and axes as text."""
    paths: dict[int, list[str]] = {label: [] for label in found.shares}
    for region in found:
        corners = _dots(found, region.corners)
        if np.ptp(corners, axis=0).min(initial=np.inf) >= 0.05:
            paths[region.label].append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
    outline = "none" if len(found) > OUTLINED else "#fff"
    drawn = "".join(
        f'<path d="{"".join(parts)}" fill="{colour_of(label)}" stroke="{outline}" stroke-width=".6"/>'
        for label, parts in paths.items()
    )
    names = "".join(
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" class="dc-on">{label}</text>'
        for label, (x, y) in ((label, _dots(found, place[None])[0]) for label, place in label_places(found).items())
    )
    (px, py), (first, second) = _dots(found, np.array([found.point]))[0], found.features
    said = f"labels over features {first} and {second}"
    axes = (
        f'<text x="{SIDE / 2}" y="{SIDE + 18}" text-anchor="middle">feature {first}: {found.lower[0]:g} to '
        f'{found.upper[0]:g}</text><text transform="translate(-8 {SIDE / 2}) rotate(-90)" text-anchor="middle">'
        f"feature {second}: {found.lower[1]:g} to {found.upper[1]:g}</text>"
    )
    return (
        f'<svg width="{SIDE + 40}" height="{SIDE + 34}" viewBox="-26 -6 {SIDE + 40} {SIDE + 34}" role="img" '
        f'aria-label="{said}">{drawn}{names}<circle cx="{px:.1f}" cy="{py:.1f}" r="5" fill="#fff" stroke="#000" '
        f'stroke-width="1.5"/>{axes}</svg>'
    )


def region_png(found: RegionMap) -> bytes:
    """The map as a PNG file, with the labels written on it."""
    from PIL import Image, ImageDraw, ImageFont  # only those who draw pay for it

    from deepcheck.display.thumbnails import png_bytes

    sheet = Image.new("RGB", (SIDE + 1, SIDE + 1), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default()
    outline = None if len(found) > OUTLINED else "white"
    for region in found:
        corners = [(float(x), float(y)) for x, y in _dots(found, region.corners)]
        if len(corners) > 2:
            pen.polygon(corners, fill=colour_of(region.label), outline=outline)
    for label, place in label_places(found).items():
        x, y = _dots(found, place[None])[0]
        pen.text((float(x) - 3, float(y) - 5), str(label), fill="black", font=font, stroke_width=2, stroke_fill="white")
    x, y = _dots(found, np.array([found.point]))[0]
    pen.ellipse((float(x) - 5, float(y) - 5, float(x) + 5, float(y) + 5), fill="white", outline="black")
    return png_bytes(np.asarray(sheet))


def _dots(found: RegionMap, points: Array) -> Array:
    """Where points lie in a small picture, from its top left corner."""
    lower, upper = np.array(found.lower), np.array(found.upper)
    x, y = ((points - lower) / (upper - lower) * SIDE).T
    return np.stack([x, SIDE - y], axis=1)
