"""The public functions: load a program, rank its inputs, attack it."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcheck.attacks import OBJECTIVES, Asked, Attacks, Result, Search, Strategy, assemble, replayed
from deepcheck.attacks import conditions as build_conditions
from deepcheck.constraints import Inequalities
from deepcheck.domains import Box, Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.frontends import program_from_onnx, read_model
from deepcheck.program import Array, Preprocessing, Program, chunks_of
from deepcheck.ranking import METRICS, gains, order_of, reach, shortlist_length
from deepcheck.symbolic import Run, coefficients, run

if TYPE_CHECKING:
    import onnx

ORDERS = (*METRICS, "reach")
CHUNK_BYTES = 8 << 20


def load(
    model: "str | Path | onnx.ModelProto",
    *,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    decision: str | None = None,
) -> Program:
    """Read a trained network as a program.

    Args:
        model: An ONNX file, or a loaded ``onnx.ModelProto``.
        mean: With ``std``: preprocessing outside the model, ``(pixel - mean) / std``; one number or one per channel.
        std: See ``mean``.
        decision: "arg max", "arg min" or "sign"; by default arg max, or sign behind a single sigmoid.

    Raises:
        MalformedModel: If the file is missing, truncated, hostile or not ONNX.
        UnsupportedOperator: If an operator is not piecewise linear or not supported; the message names it.
        OptionError: If mean and std do not fit.
    """
    preprocessing = Preprocessing(_numbers(mean, 0.0), _numbers(std, 1.0))
    if isinstance(model, (str, Path)):
        path = Path(model)
        proto, sha256 = read_model(path)
        return program_from_onnx(proto, name=path.stem, sha256=sha256, preprocessing=preprocessing, decision=decision)
    if type(model).__name__ != "ModelProto":
        raise OptionError(f"expected an ONNX file or an onnx.ModelProto, got {type(model).__name__}: export it to ONNX")
    return program_from_onnx(model, name=model.graph.name or "model", preprocessing=preprocessing, decision=decision)


def importance(
    program: Program,
    x: Array,
    *,
    metric: str = "coi",
    domain: Pixels | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
) -> Array:
    """Score every feature for the predicted label.

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        metric: "abs", "co" or "coi" (section III-B), from the coefficients of the predicted label's score along the
            path; or "reach", the largest margin of another label that this feature alone could produce in its
            domain if the path held (may be negative).
        domain: Where features may go, for reach.
        features_as: "element", "pixel" or "word"; a group's score is the sum of its elements'.
        layout: Where a pixel's channels are.

    Returns:
        One score per feature, shaped like the features; with a leading axis for a batch. In ties the lower index
        is the more important one, as everywhere.

    Raises:
        OptionError: If the metric is unknown or needs a bounded domain.
        InputError: If the input does not fit the program or lies outside its domain.
    """
    if metric not in ORDERS:
        raise OptionError(f"expected a metric of {', '.join(ORDERS)}, got '{metric}'")
    program.decided()
    features = Features.of(program.input_shape, features_as, layout)
    if metric == "reach" and not features.single:
        raise OptionError("expected features of one element for reach: use features_as='element'")
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
        outcome = run(program, received)
        if outcome.overflow.any():
            raise FloatingPointError
        if box is None:
            return features.sum(_scores(program, part, outcome, metric))
        pixels.check(program, received.reshape(len(received), -1).astype(np.float64), box)
        return _reaches(program, received, outcome, box)[:, features.elements]

    length = max(1, CHUNK_BYTES // (8 * program.size))
    parts = [score(batch[start : start + length]) for start in range(0, len(batch), length)]
    scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
    shaped = scores.reshape(len(scores), *features.shape)
    return shaped[0] if single else shaped


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
    grouped = _single_elements(program, features_as, layout)
    single = np.ndim(x) == len(program.input_shape)
    pixels = domain or Pixels()
    received, box = _received(program, x, pixels)
    started = time.perf_counter()
    outcome = run(program, received, sharp=True)
    already = np.flatnonzero(outcome.labels == target)
    if target is not None and len(already):
        raise OptionError(f"expected a target other than the label, but input {already[0]} has label {target} already")
    ranked = _ranked(program, program.batch(x), received, outcome, box, grouped, features, order)
    tried = ranked[:, : shortlist_length(shortlist, ranked.shape[1])]
    query = Search(program, box, target, objective)
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


def conditions(
    program: Program,
    x: Array,
    feature: int,
    *,
    label: int | None = None,
    domain: Pixels | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
) -> Inequalities:
    """The path condition of one symbolic feature, with its domain and, for a label, the goal: exact, for any solver.

    Args:
        program: The program.
        x: Pixels, ``input_shape``.
        feature: The symbolic feature; the unknown is its displacement, in units of the model's input.
        label: The label to reach, or None for path condition and domain alone.
        domain: Where the feature may go; by default ``[0, 1]`` where the input lies in it.
        features_as: "element" or "pixel"; a pixel must have one element.
        layout: Where a pixel's channels are.

    Raises:
        OptionError: If the feature or label does not exist.
        InputError: If the input does not fit the program or lies outside its domain.

    Source: Section III-C.
    """
    if np.ndim(x) != len(program.input_shape):
        raise InputError(f"expected one input of shape {program.input_shape}, got shape {np.shape(x)}")
    grouped = _single_elements(program, features_as, layout)
    labels = program.decided().labels
    if not isinstance(feature, (int, np.integer)) or not 0 <= feature < grouped.count:
        raise OptionError(f"expected a feature from 0 to {grouped.count - 1}, got {feature}")
    if label is not None and not 0 <= label < labels:
        raise OptionError(f"expected a label from 0 to {labels - 1}, got {label}")
    pixels = domain or Pixels()
    received, box = _received(program, x, pixels)
    outcome = run(program, received)
    if outcome.overflow[0]:
        raise InputError("the network overflows float64 on this input: its path is not known")
    return build_conditions(program, received, outcome.path, int(grouped.elements[feature]), label, box)


def _received(program: Program, x: Array, pixels: Pixels) -> tuple[Array, Box]:
    """What the model receives, checked against its domain, and the domain in those units."""
    if not isinstance(pixels, Pixels):
        raise OptionError(f"expected a domain such as deepcheck.Pixels(0, 1), got {pixels!r}")
    received = program.model_input(x)
    box = pixels.box(program)
    pixels.check(program, received.reshape(len(received), -1).astype(np.float64), box)
    return received, box


def _single_elements(program: Program, features_as: Grouping | None, layout: Layout) -> Features:
    grouped = Features.of(program.input_shape, features_as, layout)
    if not grouped.single:
        raise OptionError(
            f"expected features of one element, got {grouped.count} of {program.size // grouped.count} elements each: "
            "attacks on colour pixels and words are not built yet; use features_as='element' (--features-as element)"
        )
    return grouped


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
            scores = _reaches(program, received, outcome, box)
        else:
            scores = _scores(program, pixels, outcome, order)
    return np.asarray(elements[order_of(scores[:, elements])])


def _scores(program: Program, pixels: Array, outcome: Run, metric: str) -> Array:
    """Element scores of the predicted label by one of the paper's metrics, in pixel units, ``(items, size)``."""
    form = coefficients(program, outcome.path, program.decided().matrix[outcome.labels])
    if not program.preprocessing.is_identity:
        form = form * program.preprocessing.slopes(program.input_shape).ravel()
    return METRICS[metric](form, pixels.reshape(len(pixels), -1), form)


def _reaches(program: Program, received: Array, outcome: Run, box: Box) -> Array:
    """The reach of every element, ``(items, size)``, chunk by chunk."""
    if not box.bounded:
        raise OptionError("expected a bounded domain for reach: an unbounded feature reaches without end")
    flat = received.reshape(len(received), -1).astype(np.float64)
    found = np.empty(flat.shape)
    for items in chunks_of(len(flat), 8 * program.size * program.decided().labels, CHUNK_BYTES):
        found[items] = reach(gains(program, outcome, items), box.lower - flat[items], box.upper - flat[items])
    return found


def _numbers(value: float | Sequence[float] | None, default: float) -> tuple[float, ...]:
    if value is None:
        return (default,)
    try:
        return tuple(float(v) for v in np.atleast_1d(np.asarray(value, dtype=np.float64)))
    except (TypeError, ValueError):
        raise OptionError(f"expected a number or a list of numbers for mean and std, got {value!r}") from None
