"""Explore all paths that the values of a few features can take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from deepcheck.attacks import Asked, Study
from deepcheck.certify import replayer_for
from deepcheck.domains import Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.explore.exploration import ORDERS, Explored, Explorer
from deepcheck.explore.exploration_result import Exploration, attacks_of
from deepcheck.explore.slices import Slice
from deepcheck.program import Array, Program
from deepcheck.symbolic import run
from deepcheck.verbs.questions import chosen_features, received_in
from deepcheck.verbs.refusals import check_options, check_target


def explore_paths(
    program: Program,
    x: Array,
    *,
    features: Sequence[int] | Array,
    order: str = "nearest",
    limit: int | None = None,
    timeout: float | None = None,
    domain: Pixels | None = None,
    target: int | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    progress: Callable[[int, int], None] | None = None,
) -> Exploration:
    """Visit every path that the program takes as some features change together, and look for attacks along each.

    From the input's linear region to its neighbours, each path once. When there are no more, all paths have been
    visited (`Exploration.complete`), and without an attack the label is proved for all values of the features at once.
    Anytime: at a limit, or on Ctrl-C, what was found so far is the answer.

    With levels, paths are those of all real values between them; attacks are on levels, and exact integer programs
    decide regions in which no level is found.

    Args:
        program: The program.
        x: Pixels, ``input_shape``.
        features: The features that change, by index or as a mask.
        order: "nearest": paths with the fewest flipped activations first; "depth": depth first.
        limit: Visit at most so many paths.
        timeout: Seconds after which the search stops.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        target: Only this label counts.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.
        progress: Called with the numbers of paths visited and ahead, again and again.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program, lies outside its domain, or has no certain path.
        NoDecision: If the network is a regression.

    Source: Section III (symbolic execution), over all paths.
    """
    if np.ndim(x) != len(program.input_shape):
        raise InputError(f"expected one input of shape {program.input_shape}, got shape {np.shape(x)}")
    check_options(program, "all", "margin", target, None, None, timeout)
    _check(order, limit)
    grouped = Features.of(program.input_shape, features_as, layout)
    chosen = chosen_features(grouped, features)
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    started = time.perf_counter()
    outcome = run(program, received, sharp=True)
    check_target(target, outcome)
    if outcome.overflow[0]:
        raise InputError("the network overflows float64 on this input: its path is not known")
    if outcome.unsettled[0]:
        raise InputError("the path depends on rounding, and the network is too large for exact arithmetic to decide it")
    asked = Asked(target=target, paths="all")
    study = Study(program, received, outcome, grouped, pixels, box, asked, np.zeros(0, np.int64), "")
    some = Slice.of(program, received, outcome, box, np.sort(grouped.members[chosen].reshape(-1)), target)
    deadline = None if timeout is None else time.monotonic() + timeout
    explorer = Explorer(some, order=order, limit=limit, deadline=deadline, progress=_reporting(progress))
    found = explorer.run()
    seconds = time.perf_counter() - started
    replayer = replayer_for(program.origin)
    study = replace(study, model_labels=replayer.labels(program, received), runtime=replayer.runtime)
    features_ = tuple(int(feature) for feature in chosen)
    attacks = attacks_of(study, some, found)
    return Exploration(study, features_, order, tuple(some.elements.tolist()), found, attacks, seconds)


def _check(order: str, limit: int | None) -> None:
    """Raise `OptionError` for options without meaning."""
    if order not in ORDERS:
        raise OptionError(f"expected an order of {', '.join(ORDERS)}, got '{order}'")
    whole = isinstance(limit, (int, np.integer)) and not isinstance(limit, bool)
    if limit is not None and (not whole or limit < 1):
        raise OptionError(f"expected a limit of 1 or more paths, got {limit}")


def _reporting(progress: Callable[[int, int], None] | None) -> Callable[[Explored], None] | None:
    if progress is None:
        return None
    return lambda found: progress(len(found.visits), found.frontier)
