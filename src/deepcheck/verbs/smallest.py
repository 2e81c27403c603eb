"""The least number of features whose change overturns a prediction."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from deepcheck.attacks import (
    Asked,
    Question,
    Replays,
    Search,
    Smallest,
    SmallestResult,
    Study,
    find_smallest,
    replay_smallest,
)
from deepcheck.domains import Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.explore import smallest_over_all_paths
from deepcheck.program import Array, Program
from deepcheck.ranking import gains
from deepcheck.symbolic import run
from deepcheck.verbs.questions import chosen_features, received_in
from deepcheck.verbs.refusals import check_all_paths, check_options, check_target
from deepcheck.verbs.states import digest, keeper_for, question_of


def smallest(
    program: Program,
    x: Array,
    *,
    features: Sequence[int] | Array | None = None,
    exclude: Sequence[int] | Array | None = None,
    most: int | None = None,
    target: int | None = None,
    domain: Pixels | None = None,
    paths: str = "same",
    timeout: float | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    state: str | Path | None = None,
    report: Callable[[int, int | None], None] | None = None,
) -> SmallestResult:
    """Find the smallest set of features that, changed, overturns the label; prove that none is smaller.

    Anytime: at the time limit, or on Ctrl-C, the best set and the proved bound so far are the answer.

    Args:
        program: The program.
        x: Pixels, ``input_shape``.
        features: Only these features, by index or as a mask; by default all.
        exclude: None of these.
        most: Sets of more features are of no interest.
        target: Only this label counts.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        paths: "same": along the input's path. "all": along any path.
        timeout: Seconds.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.
        state: A file for a search over all paths: what is known is kept there about every 30 seconds and at the end,
            and the same call goes on from there. Compressed if it ends in ``.gz``. What it says is proved is trusted as
            this program is; the set is run again.
        report: Called with the bound and the best size (or None) whenever one of them gets better.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program or lies outside its domain.
        NoDecision: If the network is a regression.
        DataError: If ``state`` is another search's file, or damaged.

    Source: Section III-C, for the least number of symbolic inputs.
    """
    if np.ndim(x) != len(program.input_shape):
        raise InputError(f"expected one input of shape {program.input_shape}, got shape {np.shape(x)}")
    if most is not None and (isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1):
        raise OptionError(f"expected at most 1 or more features, got {most}")
    check_options(program, paths, "margin", target, None, None, timeout)
    grouped = Features.of(program.input_shape, features_as, layout)
    order = chosen_features(grouped, features, exclude)
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    if paths == "all":
        check_all_paths(box)
    elif state is not None:
        raise OptionError("expected paths='all' with a state to go on from: along one path there is none")
    started = time.perf_counter()
    outcome = run(program, received, sharp=True)
    check_target(target, outcome)
    asked = Asked(target=target, paths=paths)
    study = Study(program, received, outcome, grouped, pixels, box, asked, np.zeros(0, np.int64), "")
    along = None
    reason = "overflow" if outcome.overflow[0] else "path depends on rounding" if outcome.unsettled[0] else ""
    if reason:
        found = Smallest(1, None, None, (), float("nan"), False, 0, None, reason)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            forms = gains(program, outcome, np.array([0]))
        deadline = None if timeout is None else time.monotonic() + timeout
        query = Search(program, box, target)
        question = Question(query, received, outcome, 0, forms, 0, grouped, order, deadline)
        if paths == "all":
            words = question_of(
                program, grouped, pixels, size="smallest", most=most, target=target, order=digest(order)
            )
            keeper = None if state is None else keeper_for(state, program, received, words)
            along, found = smallest_over_all_paths(question, limit_features=most, report=report, keeper=keeper)
        else:
            found = find_smallest(question, limit_features=most, report=report)
    result = SmallestResult(study, 0, order, found, Replays.none(), time.perf_counter() - started, along)
    return replay_smallest(result)
