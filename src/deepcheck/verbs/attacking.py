"""Attack a prediction by single features, or prove that none can."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from deepcheck.attacks import COLUMN_BYTES, OBJECTIVES, Asked, Attacks, Result, Search, Strategy, assemble, replayed
from deepcheck.domains import Box, Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import OptionError
from deepcheck.program import Array, Program
from deepcheck.ranking import order_of, shortlist_length
from deepcheck.symbolic import Run, run
from deepcheck.verbs.questions import received_in, single_elements
from deepcheck.verbs.scoring import ORDERS, metric_scores, reach_scores


def attack(
    program: Program,
    x: Array,
    *,
    size: int = 1,
    features: Sequence[int] | None = None,
    order: str | None = None,
    shortlist: str | int | None = None,
    first: bool = False,
    target: int | None = None,
    domain: Pixels | None = None,
    objective: str = "margin",
    paths: str = "same",
    timeout: float | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    memory_bytes: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result | Attacks:
    """Change one feature, keep the path, change the label; or prove that no feature can.

    Every feature gets a verdict in exact arithmetic, for the path of the input: *attackable*, with the exact set
    of attacking values for each label and a witness that is replayed on the untouched model; or *proved*.

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        size: How many features change at once; 1 is what is built.
        features: Only these features, by index; by default all.
        order: Try features by falling "coi", "co", "abs" or "reach"; by default in index order (the baseline).
        shortlist: Try only the top of that order: "5%" or a number of features; the rest stays untried.
        first: Stop at the first attackable feature; the rest stays untried.
        target: Only this label counts.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        objective: Witness with the largest "margin", or the smallest change ("l1", "linf").
        paths: "same": along the input's path.
        timeout: Seconds after which the rest stays untried.
        features_as: "element" or "pixel"; a pixel must have one element.
        layout: Where a pixel's channels are.
        memory_bytes: How much memory the columns of one forward pass may take, by default 256 MiB; with less there are
            more passes.
        progress: Called with the number of inputs finished.

    Returns:
        A `Result`, or for a batch an `Attacks`, a sequence of results.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program or lies outside its domain.
        NoDecision: If the network is a regression.

    Source: Section III-C.
    """
    _check_options(program, size, paths, objective, target, order, shortlist, timeout)
    if memory_bytes is not None and not memory_bytes > 0:
        raise OptionError(f"expected a positive number of bytes for memory_bytes, got {memory_bytes}")
    grouped = single_elements(program, features_as, layout)
    single = np.ndim(x) == len(program.input_shape)
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    started = time.perf_counter()
    outcome = run(program, received, sharp=True)
    already = np.flatnonzero(outcome.labels == target)
    if target is not None and len(already):
        raise OptionError(f"expected a target other than the label, but input {already[0]} has label {target} already")
    ranked = _ranked(program, program.batch(x), received, outcome, box, grouped, features, order)
    tried = ranked[:, : shortlist_length(shortlist, ranked.shape[1])]
    query = Search(program, box, target, objective, COLUMN_BYTES if memory_bytes is None else memory_bytes)
    found = Strategy(tried, first, timeout, progress).run(query, received, outcome)
    columns = assemble(
        query,
        received,
        outcome,
        found,
        ranked,
        features=grouped,
        pixels=pixels,
        asked=Asked(order, shortlist, first, objective, target),
        seconds=time.perf_counter() - started,
    )
    results = Attacks(replayed(columns))
    return results[0] if single else results


def _check_options(
    program: Program,
    size: int,
    paths: str,
    objective: str,
    target: int | None,
    order: str | None,
    shortlist: str | int | None,
    timeout: float | None,
) -> None:
    if size != 1:
        raise OptionError(f"expected size=1, got {size}: sets of several features are not built yet")
    if paths != "same":
        raise OptionError(f"expected paths='same', got '{paths}': other paths are not built yet")
    if objective not in OBJECTIVES:
        raise OptionError(f"expected an objective of {', '.join(OBJECTIVES)}, got '{objective}'")
    labels = program.decided().labels
    if target is not None and (not isinstance(target, (int, np.integer)) or not 0 <= target < labels):
        raise OptionError(f"expected a target label from 0 to {labels - 1}, got {target}")
    if order is not None and order not in ORDERS:
        raise OptionError(f"expected an order of {', '.join(ORDERS)}, got '{order}'")
    if shortlist is not None and order is None:
        raise OptionError("expected an order (such as 'coi') with a shortlist")
    if timeout is not None and not timeout > 0:
        raise OptionError(f"expected a timeout above 0 seconds, got {timeout}")


def _ranked(
    program: Program,
    pixels: Array,
    received: Array,
    outcome: Run,
    box: Box,
    features: Features,
    chosen: Sequence[int] | None,
    order: str | None,
) -> Array:
    """The elements asked about, first to try first, ``(items, m)``."""
    elements = features.elements
    if chosen is not None:
        asked = list(chosen)
        if not asked or not all(isinstance(f, (int, np.integer)) and 0 <= f < features.count for f in asked):
            raise OptionError(f"expected features from 0 to {features.count - 1}, got {asked}")
        elements = elements[np.unique(np.array(asked, dtype=np.int64))]
    if order is None:
        return np.broadcast_to(elements, (len(received), len(elements)))
    with np.errstate(over="ignore", invalid="ignore"):
        if order == "reach":
            scores = reach_scores(program, received, outcome, box)
        else:
            scores = metric_scores(program, pixels, outcome, order)
    return np.asarray(elements[order_of(scores[:, elements])])
