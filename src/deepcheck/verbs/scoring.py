"""Score the features of a prediction."""

import warnings

import numpy as np

from deepcheck.domains import Box, Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError, UncertifiedPath
from deepcheck.program import Array, Program, chunks_of
from deepcheck.ranking import METRICS, gains, integrated_gradients, reach
from deepcheck.symbolic import Run, coefficients, run

ORDERS = (*METRICS, "reach")
IG = "ig"
CHUNK_BYTES = 8 << 20
_UNCERTIFIED = (
    "the path and label used are those of float64: the network is too large for exact arithmetic, so rounding might "
    "change some activation; scores are those of the path taken"
)


def importance(
    program: Program,
    x: Array,
    *,
    metric: str = "coi",
    domain: Pixels | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    baseline: float | Array | None = None,
) -> Array:
    """Score every feature for the predicted label.

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        metric: "abs", "co" or "coi" (section III-B), from the coefficients of the predicted label's score along the
            path; or "reach", the largest margin of another label that this feature alone could produce in its
            domain if the path held (may be negative). Or "ig", integrated gradients, exact over all the paths that the
            line from the baseline crosses: the scores add up to the label's score here less that at the baseline.
        domain: Where features may go, for reach.
        features_as: "element", "pixel" or "word"; a group's score is the sum of its elements'.
        layout: Where a pixel's channels are.
        baseline: Where the line of integrated gradients starts, in pixels: a number, or an array of ``input_shape``;
            by default 0 (black).

    Returns:
        One score per feature, shaped like the features; with a leading axis for a batch. In ties the lower index
        is the more important one, as everywhere.

    Warns:
        UncertifiedPath: If the network is too large to certify its path: scores are then those of the path that
            float64 takes.

    Raises:
        OptionError: If the metric is unknown or needs a bounded domain.
        InputError: If the input does not fit the program or lies outside its domain.
    """
    if metric not in (*ORDERS, IG):
        raise OptionError(f"expected a metric of {', '.join((*ORDERS, IG))}, got '{metric}'")
    if baseline is not None and metric != IG:
        raise OptionError(f"expected a baseline with metric='ig' only, got one with '{metric}'")
    program.decided()
    features = Features.of(program.input_shape, features_as, layout)
    single = np.ndim(x) == len(program.input_shape)
    batch = program.batch(x)
    pixels = domain or Pixels()
    box = pixels.box(program) if metric == "reach" else None

    def score(part: Array) -> Array:
        try:
            with np.errstate(over="raise", invalid="raise"):
                return score_chunk(part)
        except FloatingPointError:
            raise InputError("the network overflows float64 on this input: no coefficients can be given") from None

    def score_chunk(part: Array) -> Array:
        received = program.preprocessing.model_input(part, program.dtype)
        outcome = run(program, received, borders=False)
        if outcome.overflow.any():
            raise FloatingPointError
        certified.append(not outcome.unsettled.any())
        if metric == IG:
            start = _baseline(program, baseline, len(part))
            return features.sum(integrated_gradients(program, received, outcome, start))
        if box is None:
            return features.sum(metric_scores(program, part, outcome, metric))
        pixels.check(program, received.reshape(len(received), -1).astype(np.float64), box)
        return reach_scores(program, received, outcome, box, features)

    length = max(1, CHUNK_BYTES // (8 * program.size))
    certified: list[bool] = []
    parts = [score(batch[start : start + length]) for start in range(0, len(batch), length)]
    if not all(certified):
        warnings.warn(_UNCERTIFIED, UncertifiedPath, stacklevel=2)
    scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
    shaped = scores.reshape(len(scores), *features.shape)
    return shaped[0] if single else shaped


def _baseline(program: Program, given: float | Array | None, count: int) -> Array:
    """What the model receives at a baseline, ``(count, *input_shape)``."""
    asked = np.zeros(()) if given is None else np.asarray(given)
    if asked.dtype.kind not in "iuf" or asked.shape not in ((), program.input_shape):
        raise OptionError(f"expected a baseline of one number or of the input's shape {program.input_shape}")
    pixels = np.broadcast_to(asked, (1, *program.input_shape)).astype(np.float64)
    if not np.isfinite(pixels).all():
        raise OptionError("expected a baseline of finite numbers")
    return np.repeat(program.model_input(pixels), count, axis=0)


def metric_scores(program: Program, pixels: Array, outcome: Run, metric: str) -> Array:
    """Element scores of the predicted label by one of the paper's metrics, in pixel units, ``(items, size)``."""
    form = coefficients(program, outcome.path, program.decided().matrix[outcome.labels])
    if not program.preprocessing.is_identity:
        form = form * program.preprocessing.slopes(program.input_shape).ravel()
    return METRICS[metric](form, pixels.reshape(len(pixels), -1), form)


def reach_scores(program: Program, received: Array, outcome: Run, box: Box, features: Features) -> Array:
    """The reach of every feature, ``(items, count)``, chunk by chunk."""
    if not box.bounded:
        raise OptionError("expected a bounded domain for reach: an unbounded feature reaches without end")
    flat = received.reshape(len(received), -1).astype(np.float64)
    members = None if features.in_order else features.members
    found = np.empty((len(flat), features.count))
    for items in chunks_of(len(flat), 8 * program.size * program.decided().labels, CHUNK_BYTES):
        steps = box.lower - flat[items], box.upper - flat[items]
        found[items] = reach(gains(program, outcome, items), *steps, members)
    return found


def feature_scores(
    program: Program, pixels: Array, received: Array, outcome: Run, box: Box, features: Features, metric: str
) -> Array:
    """The scores of every feature by a metric or reach, ``(items, count)``."""
    with np.errstate(over="ignore", invalid="ignore"):
        if metric == "reach":
            return reach_scores(program, received, outcome, box, features)
        return features.sum(metric_scores(program, pixels, outcome, metric))
