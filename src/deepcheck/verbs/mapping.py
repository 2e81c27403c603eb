"""Map the linear regions and labels over two features."""

import time
from collections.abc import Sequence

import numpy as np

from deepcheck.attacks import Asked, Search, Study
from deepcheck.domains import Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.explore.region_map import RegionMap, cells_of, map_of
from deepcheck.program import Array, Program
from deepcheck.symbolic import run
from deepcheck.verbs.questions import chosen_features, received_in


def region_map(
    program: Program,
    x: Array,
    features: Sequence[int],
    *,
    domain: Pixels | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
) -> RegionMap:
    """Partition the rectangle of two features into regions on which the network is linear, with the label on each.

    Args:
        program: The program.
        x: Pixels, ``input_shape``: all other features stay as they are.
        features: The two features, by index; the first one is the horizontal axis.
        domain: Where they may go; by default ``[0, 1]`` where the input lies in it. Levels are not heeded.
        features_as: "element", or "pixel" where a pixel has one channel.
        layout: Where a pixel's channels are.

    Returns:
        The regions, over all paths: polygons that fill the rectangle.

    Raises:
        OptionError: If there are not two features of one element each, or the domain is unbounded.
        InputError: If the input does not fit, lies outside its domain, or its path cannot be decided.
    """
    grouped = Features.of(program.input_shape, features_as, layout)
    if not grouped.single:
        raise OptionError("expected features of one element each for a map, got pixels of several: use elements")
    first, second = _two(grouped, features)
    if np.ndim(x) != len(program.input_shape):
        raise InputError(f"expected one input of shape {program.input_shape} for a map, got {np.shape(x)}")
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    if not box.bounded:
        raise OptionError("expected a bounded domain for a map: give domain=deepcheck.Pixels(A, B) or --bounds A:B")
    elements = grouped.elements[[first, second]]
    if not (box.lower[elements] < box.upper[elements]).all():
        raise OptionError("expected two features that can change, but the domain fixes one of them")
    started = time.perf_counter()
    outcome = run(program, received, sharp=True)
    if outcome.overflow[0] or outcome.unsettled[0]:
        raise InputError("expected an input whose path can be decided, but it overflows or depends on rounding")
    study = Study(program, received, outcome, grouped, pixels, box, Asked(paths="all"), np.zeros(0, np.int64), "")
    cells = cells_of(Search(program, box), received, outcome, (int(elements[0]), int(elements[1])))
    return map_of(study, (first, second), cells, time.perf_counter() - started)


def _two(grouped: Features, features: Sequence[int]) -> tuple[int, int]:
    given = [int(feature) for feature in features]
    if len(given) != 2 or len(chosen_features(grouped, given)) != 2:
        raise OptionError(f"expected two different features for a map, got {given}")
    return given[0], given[1]
