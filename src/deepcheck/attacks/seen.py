"""What pictures of attacks are made of: inputs in rows and columns, important and attackable features. No HTML."""

from collections.abc import Sequence

import numpy as np

from deepcheck.attacks.result import Result
from deepcheck.attacks.study import Study
from deepcheck.display.images import grid_shape, shown
from deepcheck.display.marks import Picture, flattened, mask_of
from deepcheck.errors import OptionError
from deepcheck.program import Array
from deepcheck.ranking import METRICS, order_of, shortlist_length
from deepcheck.symbolic import coefficients

SMALLEST_SQUARE = 64
"""A flat input of so many features and more is taken for a picture where they form a square."""

SHOWN_PRODUCTS = 4_000_000
"""A network that takes more multiplications is not run to show what is important."""


def has_picture(study: Study) -> bool:
    """Do the features lie in rows and columns that are worth a picture?"""
    shape = study.features.shape
    if len(shape) == 1 and shape[0] < SMALLEST_SQUARE:
        return False
    try:
        return study.features.grouping != "word" and min(grid_shape(shape)) > 1
    except OptionError:
        return False


def image_of(study: Study, model_input: Array) -> Array:
    """What the model receives as it is to be seen, ``(rows, columns)`` grey or with three colours, in [0, 1].

    Raises:
        OptionError: If the features form no grid.
    """
    black, white = study.pixels.bounds
    pixels = study.program.preprocessing.pixels(model_input[None])[0]
    features = study.features
    return shown(pixels, features.shape, nhwc=features.layout == "nhwc", black=black, white=white)


def scores_of(result: Result, metric: str = "coi") -> Array:
    """A score for each feature by one of the paper's metrics, along the path of the input, ``(features,)``."""
    study, items = result.study, np.array([result.item])
    program = study.program
    with np.errstate(over="ignore", invalid="ignore"):
        form = coefficients(program, study.run.path.take(items), program.decided().matrix[study.run.labels[items]])
        if not program.preprocessing.is_identity:
            form = form * program.preprocessing.slopes(program.input_shape).ravel()
        pixels = program.preprocessing.pixels(study.x[items]).reshape(1, -1)
        return np.asarray(study.features.sum(METRICS[metric](form, pixels))[0])


def shortlist_of(result: Result) -> tuple[Array, str] | None:
    """The features tried, where they are a shortlist, and what made it; else None."""
    asked = result.study.asked
    if asked.shortlist is None:
        return None
    tried = result.order[: shortlist_length(asked.shortlist, len(result.order))]
    return tried, f"{asked.order}, top {len(tried)}"


def important_of(result: Result) -> tuple[Array, str]:
    """The features to show as important, and by what: the shortlist, or else the top 5 % by coi where that is cheap."""
    listed = shortlist_of(result)
    if listed is not None:
        return listed
    if result.study.program.products > SHOWN_PRODUCTS:
        return np.zeros(0, np.int64), ""
    scores = scores_of(result)
    count = max(1, len(scores) // 20)
    return order_of(scores)[:count], f"coi, top {count}"


def weights_of(result: Result) -> Array:
    """How strongly to mark each feature, in [0, 1]: by how many of the listed attackable sets it is in."""
    counts = result.attacks.memberships()
    return np.asarray(np.where(counts > 0, 0.15 + 0.85 * counts / max(1, counts.max(initial=1)), 0.0))


def found_words(result: Result) -> str:
    """How much is attackable, in few words."""
    count = result.counts["attackable"]
    if result.size == 1 and result.counts["attackable"] == len(result.attacks):
        return f"{count:,} feature{'s' * (count != 1)}"
    return f"{count:,} set{'s' * (count != 1)} of {result.size}"


def marked(result: Result, important: Array | Sequence[int]) -> Picture:
    """The input with its important and its attackable features."""
    image = flattened(image_of(result.study, result.study.x[result.item]))
    grid = image.shape
    return Picture(image, green=mask_of(important, grid), red=weights_of(result).reshape(grid))


def changed(study: Study, model_input: Array, features: Sequence[int]) -> Picture:
    """A changed input, its changed features framed."""
    image = image_of(study, model_input)
    return Picture(image, framed=mask_of(features, image.shape[:2]))
