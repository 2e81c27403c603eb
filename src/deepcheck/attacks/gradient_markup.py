"""What FGSM and PGD made of inputs, as HTML for notebooks. They know no domain: black and white are an input's ends."""

import numpy as np

from deepcheck.attacks.gradient_result import GradientAttack, GradientAttacks
from deepcheck.display.images import grid_shape, shown
from deepcheck.display.marks import Picture
from deepcheck.display.markup import fact_list, figures, listing, section
from deepcheck.display.thumbnails import SMALL, image_tag
from deepcheck.errors import OptionError

ROWS = 20
LEAST = 8
"""How many inputs a table lists; of how many rows and columns a picture is worth one."""


def gradient_attack_html(found: GradientAttack) -> str:
    """The new input, and what holds of it."""
    picture = _picture(found)
    pieces = [] if picture is None else [figures([(image_tag(picture, picture.title), picture.title)])]
    said = "no epsilon changes the label" if found.epsilon is None else f"{found.epsilon:.6g}"
    facts = [
        ("epsilon", said),
        ("label", _labels(found)),
        ("path", "the input's own" if found.same_path else f"{found.flips:,} activations differ"),
        ("replayed", "yes" if found.replayed else "no"),
    ]
    return section(*pieces, fact_list(facts))


def gradient_attacks_html(found: GradientAttacks) -> str:
    """How many labels changed, and a row for each of the first inputs."""
    count = len(found)
    shown_ones = [found[item] for item in range(min(ROWS, count))]
    pictures = [_picture(each) for each in shown_ones]
    known = found.epsilon[~np.isnan(found.epsilon)]
    facts = [("inputs", f"{count:,}: the label of {int(found.changed.sum()):,} changes")]
    if len(known):
        facts.append(("median epsilon", f"{float(np.median(known)):.4g}"))
    facts.append(("replayed", f"{int(found.replayed.sum()):,} of {count:,}, {found.runtime}"))
    rows = [
        [
            str(item),
            "" if picture is None else image_tag(picture, picture.title, SMALL),
            _labels(each).replace("->", "&rarr;"),
            "none" if each.epsilon is None else f"{each.epsilon:.4g}",
            f"{each.flips:,}",
            "yes" if each.replayed else "no",
        ]
        for item, (each, picture) in enumerate(zip(shown_ones, pictures, strict=True))
    ]
    headings = ["", "changed", "label", "epsilon", "activations that differ", "replayed"]
    return section(fact_list(facts), listing(headings, rows, left=3, more=count - len(rows)))


def _labels(found: GradientAttack) -> str:
    return f"{found.label} -> {found.new_label}" if found.changed else f"{found.label}, not changed"


def _picture(found: GradientAttack) -> Picture | None:
    """The new input, where it is an image: channels first, or last where three are there."""
    shape = found.pixels.shape
    nhwc = len(shape) == 3 and shape[0] not in (1, 3) and shape[2] in (1, 3)
    grid = shape if len(shape) < 3 else shape[:2] if nhwc else shape[1:]
    try:
        if min(grid_shape(grid)) < LEAST:
            return None
    except OptionError:
        return None
    inside = found.pixels.min() >= 0 and found.pixels.max() <= 1
    ends = (0.0, 1.0) if inside else (-np.inf, np.inf)
    image = shown(found.pixels, grid, nhwc=nhwc, black=ends[0], white=ends[1])
    return Picture(image, title=f"label {found.new_label}")
