"""The picture of a region map: labels coloured, linear regions outlined, the input marked."""

from typing import TYPE_CHECKING

from deepcheck.explore.region_map import RegionMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#edc948", "#76b7b2", "#ff9da7", "#9c755f", "#bab0ac")
INCHES = (6.4, 5.2)
OUTLINED = 4000
"""From so many regions on, their outlines would cover the colours."""


def region_picture(found: RegionMap, *, caption: str = "") -> "Figure":
    """Draw a region map.

    Args:
        found: The map.
        caption: Below the picture.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure(figsize=INCHES, dpi=150, facecolor="white")
    axes = figure.add_axes((0.11, 0.14, 0.66, 0.8))
    outline = "none" if len(found) > OUTLINED else (1, 1, 1, 0.7)
    colours = [COLOURS[region.label % len(COLOURS)] for region in found]
    patches = PolyCollection(
        [region.corners for region in found], facecolors=colours, edgecolors=outline, linewidths=0.4, antialiaseds=True
    )
    axes.add_collection(patches)
    axes.plot(*found.point, marker="o", markersize=7, markerfacecolor="white", markeredgecolor="black", clip_on=False)
    axes.set_xlim(found.lower[0], found.upper[0])
    axes.set_ylim(found.lower[1], found.upper[1])
    axes.set_xlabel(f"feature {found.features[0]}")
    axes.set_ylabel(f"feature {found.features[1]}")
    shares = found.shares
    handles = [
        Patch(color=COLOURS[label % len(COLOURS)], label=f"label {label}: {share:.1%}")
        for label, share in list(shares.items())[:20]
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=8)
    if caption:
        figure.text(0.02, 0.02, caption, fontsize=7, color="0.2", parse_math=False)
    return figure
