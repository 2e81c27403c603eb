"""Explorations, region maps and worst margins as HTML for notebooks."""

import numpy as np

from deepcheck.attacks.attack_rows import named
from deepcheck.attacks.seen import changed, has_picture, image_of
from deepcheck.display.images import grid_shape
from deepcheck.display.marks import Picture, mask_of
from deepcheck.display.markup import escaped, fact_list, figures, listing, section, verdict_line
from deepcheck.display.thumbnails import SMALL, image_tag, strip
from deepcheck.errors import OptionError
from deepcheck.explore.exploration_result import Exploration, PathAttack
from deepcheck.explore.region_map import RegionMap
from deepcheck.explore.region_picture import LEGEND, colour_of, region_svg
from deepcheck.explore.worst_margins import WorstMargins
from deepcheck.program import Array

ROWS, ATTACKS, NAMED = 20, 10, 12
"""How many inputs, how many attacks a table lists; of how many features names are given."""


def exploration_html(found: Exploration) -> str:
    """The verdict with its scope, the nearest attack, how many paths, and the attacks that flip the fewest."""
    said = str(found).removeprefix(found.verdict).lstrip(": ")
    study, counts = found.study, found.counts
    pieces = [verdict_line(found.verdict, said)]
    if has_picture(study):
        pictures = _pictures(found)
        pieces.append(figures((image_tag(picture, picture.title), picture.title) for picture in pictures))
    features = ", ".join(named(study, feature) for feature in found.features[:NAMED])
    kinds = ", ".join(f"{counts[name]:,} {name}" for name in ("attackable", "proved", "undecided"))
    ahead = "all there are" if found.complete else f"{counts['ahead']:,} ahead"
    labels = ", ".join(f"{label} on {count:,} path{'s' * (count != 1)}" for label, count in found.labels.items())
    facts = [
        ("features", features + ", ..." * (len(found.features) > NAMED)),
        (
            "paths visited",
            f"{found.paths:,}: {kinds}; {ahead}",
        ),
        ("labels seen", labels),
        ("seconds", f"{found.seconds:.3g}"),
    ]
    pieces.append(fact_list(facts))
    if found.attacks:
        pieces.append(_attacks(found))
    return section(*pieces)


def exploration_png(found: Exploration) -> bytes | None:
    """The input and the nearest attack, side by side; None where the features form no picture."""
    if not has_picture(found.study):
        return None
    return strip(_pictures(found), f"{found.verdict} ({found.scope})")


def _pictures(found: Exploration) -> list[Picture]:
    study = found.study
    image = image_of(study, study.x[0])
    asked = mask_of(found.features, image.shape[:2])
    pictures = [Picture(image, framed=asked, title=f"input: label {found.label}")]
    nearest = found.nearest
    if nearest is not None:
        new = changed(study, nearest.witness.model_input, nearest.features)
        pictures.append(Picture(new.image, framed=new.framed, title=f"nearest attack: label {nearest.label}"))
    return pictures


def _attacks(found: Exploration) -> str:
    rows = [_row(found, each) for each in found.attacks[:ATTACKS]]
    headings = ["features changed", "changed to", "activations that differ", "new label", "replayed"]
    return listing(headings, rows, left=1, more=len(found.attacks) - len(rows))


def _row(found: Exploration, each: PathAttack) -> list[str]:
    features = ", ".join(named(found.study, feature) for feature in each.features[:NAMED])
    values = ", ".join(f"{value:.4g}" for value in each.witness.values[:NAMED])
    replayed = "yes" if each.witness.replayed else "no"
    return [features, values, f"{each.flips:,}", f"<b>{each.label}</b>", replayed]


def region_map_html(found: RegionMap) -> str:
    """The map, and the share of each label."""
    shares = list(found.shares.items())
    rows = [
        [f'<span class="dc-bar" style="background: {colour_of(label)}; width: 1em"></span> {label}', f"{share:.1%}",
         f"{sum(region.label == label for region in found):,}"]
        for label, share in shares[:LEGEND]
    ]  # fmt: skip
    parts = len(found) - found.paths
    facts = [
        ("program", found.program.origin.name),
        ("features", f"{found.features[0]} and {found.features[1]}, at {found.point[0]:.4g} and {found.point[1]:.4g}"),
        ("label", str(found.label)),
        ("scope", "all paths"),
        ("linear regions", f"{found.paths:,}" + (f", in {len(found):,} parts of one label" if parts else "")),
        ("seconds", f"{found.seconds:.3g}"),
    ]
    table = listing(["label", "share", "parts"], rows, left=1, more=len(shares) - len(rows))
    return section(f'<div class="dc-pictures">{region_svg(found)}<div>{fact_list(facts)}{table}</div></div>')


def worst_margins_html(found: WorstMargins) -> str:
    """What the worst feature of each of the first inputs can do, and a picture of what all can."""
    shown = range(min(ROWS, len(found)))
    facts = [("asked", str(found).split(": ")[0]), ("inputs", _summary(found)), ("model", found.model[0])]
    rows = [_worst(found, item) for item in shown]
    headings = ["", "margins", "label", "margin now", "worst margin", "by feature", "at", "attackable", "open"]
    return section(fact_list(facts), listing(headings, rows, left=3, more=len(found) - len(rows)))


def _summary(found: WorstMargins) -> str:
    some = int(found.attackable.any(axis=1).sum())
    return f"{len(found):,}: {some:,} with an attackable feature"


def _worst(found: WorstMargins, item: int) -> list[str]:
    margins = found.margins[item]
    counts = [f"{int(found.attackable[item].sum()):,}", f"{int(found.undecided[item].sum()):,}"]
    head = [str(item), _heat(found, item), str(int(found.own_labels[item])), f"{found.current[item]:.4g}"]
    if np.isnan(margins).all():
        return [*head, "-", "-", "-", *counts]
    best = int(np.nanargmax(margins))
    feature = str(best)
    if len(found.shape) == 2:
        feature += f" ({', '.join(str(int(at)) for at in np.unravel_index(best, found.shape))})"
    label = f" &rarr; <b>{int(found.labels[item, best])}</b>" if found.attackable[item, best] else ""
    value = found.values[item, best]
    at = "not attained" if np.isnan(value) else f"{value:.4g}"
    return [*head, f"{margins[best]:.4g}", f'<span class="dc-line">{escaped(feature)}{label}</span>', at, *counts]


def _heat(found: WorstMargins, item: int) -> str:
    """How much each feature can do, white for the most, where features form a picture; attackable ones marked."""
    try:
        grid = grid_shape(found.shape)
    except OptionError:
        return ""
    if min(grid) < 8:
        return ""
    gains = np.nan_to_num(found.gains[item], posinf=np.nanmax(_finite(found.gains[item]), initial=0.0))
    image = (gains / max(gains.max(), 1e-300)).reshape(grid)
    red = found.attackable[item].reshape(grid)
    return image_tag(Picture(image, red=red), f"what each feature of input {item} can add to the margin", SMALL)


def _finite(values: Array) -> Array:
    return np.asarray(values[np.isfinite(values)])


__all__ = ["exploration_html", "exploration_png", "region_map_html", "worst_margins_html"]
