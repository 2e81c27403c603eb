"""Pictures of results, as figures: to look at, or to save as PNG or SVG."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcheck.attacks import Attack, Attacks, Result, SmallestResult
from deepcheck.attacks.seen import changed, found_words, image_of, marked, shortlist_of, weights_of
from deepcheck.display.images import shown
from deepcheck.display.marks import Picture, flattened, mask_of
from deepcheck.display.pictures import attack_picture, picture_grid, save_figure
from deepcheck.display.pictures import importance_picture as draw_importance
from deepcheck.domains import Pixels
from deepcheck.domains.features import Layout
from deepcheck.errors import OptionError
from deepcheck.explore import Exploration, RegionMap
from deepcheck.explore.region_picture import region_picture
from deepcheck.program import Array, Program
from deepcheck.ranking import order_of, shortlist_length
from deepcheck.symbolic import run
from deepcheck.verbs.scoring import ORDERS, feature_scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 20
"""How many inputs of a batch are drawn."""


def picture(
    what: Result | Attacks | Attack | Exploration | RegionMap,
    *,
    order: str = "coi",
    shortlist: str | int = "5%",
) -> "Figure":
    """Draw what was found: important features green with a dot, attackable ones red with a cross, changes framed.

    Args:
        what: A result: the input, its important features, the attackable ones (the stronger, the more sets they are
            in), and the attack with the largest margin. A batch of them: a row for each of the first 20 inputs. One
            attack, an exploration: the input before and after. A region map: the labels over two features.
        order: What makes features important: "abs", "co", "coi" or "reach".
        shortlist: How many are: "5%" or a number. A result that was itself about a shortlist shows that one.

    Returns:
        A matplotlib figure; `save_picture` writes it.

    Raises:
        OptionError: If the features form no grid, or an option has no meaning.
    """
    if order not in ORDERS:
        raise OptionError(f"expected an order of {', '.join(ORDERS)}, got '{order}'")
    if isinstance(what, Result):
        return _result(what, order, shortlist)
    if isinstance(what, Attacks):
        return _batch(what, order, shortlist)
    if isinstance(what, Attack):
        return _attack(what)
    if isinstance(what, RegionMap):
        return region_picture(what, caption=str(what).split(";")[0])
    if isinstance(what, Exploration):
        return _exploration(what)
    raise OptionError(
        f"expected a result, an attack, an exploration or a region map to draw, got {type(what).__name__}"
    )


def importance_picture(
    program: Program,
    x: Array,
    scores: Array,
    *,
    shortlist: str | int = "5%",
    domain: Pixels | None = None,
    layout: Layout = "nchw",
    title: str = "importance",
) -> "Figure":
    """Draw an input, a score of each of its features (the larger, the whiter), and the features that score highest.

    Args:
        program: The program.
        x: Pixels, ``input_shape``.
        scores: A score of each feature, shaped like them: from `importance`, or your own.
        shortlist: How many are marked: "5%" or a number.
        domain: Its bounds are drawn black and white; without bounds the input's own least and largest value.
        layout: Where a pixel's channels are.
        title: What the scores are.

    Returns:
        A matplotlib figure; `save_picture` writes it.

    Raises:
        OptionError: If the features form no grid, or an option has no meaning.
        InputError: If the input does not fit the program.
    """
    pixels, values = program.batch(x), np.asarray(scores, dtype=np.float64)
    if len(pixels) != 1 or not np.isfinite(values).all():
        raise OptionError(f"expected one input and finite scores to draw, got {len(pixels)} inputs")
    black, white = (domain or Pixels()).bounds
    image = shown(pixels[0], values.shape, nhwc=layout == "nhwc", black=black, white=white)
    if values.size != image.shape[0] * image.shape[1]:
        raise OptionError(f"expected scores in rows and columns to draw them, got scores of shape {values.shape}")
    top = order_of(values.ravel())[: _length(shortlist, values.size)]
    label = int(run(program, program.model_input(pixels), borders=False).labels[0])
    caption = f"Label {label}; green: the {len(top)} most important of {values.size} features, by {title}."
    return draw_importance(image, values, top, title=f"{title}, top {len(top)}", caption=caption)


def save_picture(figure: "Figure", file: str | Path) -> None:
    """Write a figure as PNG or SVG, by the file's name, whole or not at all; the same figure gives the same bytes.

    Raises:
        OptionError: If it cannot be written, or its name ends in something else.
    """
    save_figure(figure, Path(file))


def _result(result: Result, order: str, shortlist: str | int) -> "Figure":
    study = result.study
    important, ranking = _important(result, order, shortlist)
    weights = weights_of(result)
    marks = np.flatnonzero(weights)
    best = result.attacks.strongest
    seen = None if best is None else result.attacks.glance(best)
    return attack_picture(
        image_of(study, study.x[result.item]),
        important,
        marks,
        label=str(result.label),
        ranking=ranking,
        witness=None if seen is None else image_of(study, seen.model_input),
        changed=() if seen is None else seen.features,
        new_label="" if seen is None else str(seen.label),
        weights=weights[marks],
        sets=_sets(result),
        caption=str(result),
    )


def _sets(result: Result) -> str:
    """What is attackable, where that is not single features that are all decided."""
    if isinstance(result, SmallestResult):
        return "the smallest set"
    if result.size > 1:
        return found_words(result)
    left = result.counts["undecided"] + result.counts["untried"]
    return f"{result.counts['attackable']:,}, {left:,} open" if left else ""


def _important(result: Result, order: str, shortlist: str | int) -> tuple[Array, str]:
    """The features shown as important: those tried if they are a shortlist, else the top of the order."""
    listed = shortlist_of(result)
    if listed is not None:
        return listed
    study = result.study
    x = study.x[result.item : result.item + 1]
    pixels, outcome = study.program.preprocessing.pixels(x), run(study.program, x, borders=False)
    scores = feature_scores(study.program, pixels, x, outcome, study.box, study.features, order)[0]
    count = _length(shortlist, len(scores))
    return order_of(scores)[:count], f"{order}, top {count}"


def _length(shortlist: str | int, count: int) -> int:
    """How long a shortlist is; five per cent are at least one."""
    return max(1, count // 20) if shortlist == "5%" else shortlist_length(shortlist, count)


def _batch(found: Attacks, order: str, shortlist: str | int) -> "Figure":
    if not len(found):
        raise OptionError("expected results to draw, got none")
    results = found[:ROWS]
    rows = [_row(result, order, shortlist) for result in results]
    more = len(found) - len(results)
    first = results[0]
    where = "all paths" if first.study.asked.paths == "all" else "each input's own path"
    caption = (
        f"Dots: important by {order}. Crosses: attackable, {where}, {first.domain.describe()}. "
        "Framed: the attack with the largest margin." + f" And {more} more inputs." * (more > 0)
    )
    titles = ["input", "important", "attackable", "changed"]
    return picture_grid(
        rows, row_titles=[str(result.label) for result in results], column_titles=titles, caption=caption, inches=1.1
    )


def _row(result: Result, order: str, shortlist: str | int) -> list[Picture]:
    study = result.study
    image = image_of(study, study.x[result.item])
    important, _ = _important(result, order, shortlist)
    whole = marked(result, important)
    count = result.counts["attackable"]
    row = [
        Picture(image),
        Picture(flattened(image), green=mask_of(important, image.shape[:2])),
        Picture(whole.image, whole.green, whole.red, title=f"{count:,}"),
    ]
    best = result.attacks.strongest
    if best is None:
        return row
    seen = result.attacks.glance(best)
    new = changed(study, seen.model_input, seen.features)
    return [*row, Picture(new.image, framed=new.framed, title=f"now {seen.label}")]


def _attack(attack: Attack) -> "Figure":
    study = attack.study
    image = image_of(study, study.x[attack.item])
    new = changed(study, attack.witness.model_input, attack.features)
    label = int(study.run.labels[attack.item])
    pair = [
        Picture(image, framed=new.framed, title=f"input: {label}"),
        Picture(new.image, framed=new.framed, title=f"changed: now {attack.witness.label}"),
    ]
    return picture_grid([pair], inches=2.2, caption=f"Features changed: {len(attack.features)}.")


def _exploration(found: Exploration) -> "Figure":
    study = found.study
    image = image_of(study, study.x[0])
    row = [Picture(image, framed=mask_of(found.features, image.shape[:2]), title=f"input: {found.label}")]
    nearest = found.nearest
    if nearest is not None:
        new = changed(study, nearest.witness.model_input, nearest.features)
        row.append(Picture(new.image, framed=new.framed, title=f"nearest attack: now {nearest.label}"))
    return picture_grid([row], inches=2.2, caption=str(found))
