"""One question about every input of a data set, kept on disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepcheck.attacks import SmallestResult
from deepcheck.campaign import MinimalTable, Report, ask
from deepcheck.domains import Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program
from deepcheck.report.exhibit_keeping import is_exhibit
from deepcheck.runs import Source, Store
from deepcheck.verbs.keeping import SEARCH, STORE, digest, folder_of, question_of
from deepcheck.verbs.refusals import check_options
from deepcheck.verbs.smallest import smallest

CHUNK = 256
"""So many inputs are labelled at once."""


def run_minimal(
    program: Program,
    images: Array,
    labels: Array | None = None,
    *,
    out: str | Path,
    name: str = "",
    paths: str = "all",
    most: int | None = None,
    limit_seconds: float | None = 60.0,
    domain: Pixels | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    report: Report | None = None,
    seen: Callable[[int, SmallestResult], None] | None = None,
) -> MinimalTable:
    """Find the smallest number of features that overturn each prediction: proved from below, witnessed from above.

    Every answer is on disk before the next input is asked about. A run that was stopped goes on where it was; one with
    a longer time limit or larger sizes asks again only about what is open, and keeps the better bounds. An answer
    counts only for the same model file, question and input.

    Args:
        program: The program.
        images: Pixels, ``(items, *input_shape)``.
        labels: Their true labels, ``(items,)``: inputs that the network labels wrongly are not asked about. None: all
            are.
        out: The run's folder, made where there is none; its answers are in ``run.sqlite``.
        name: What the data set is called.
        paths: "all": along any path. "same": along each input's own.
        most: Sets of more features are of no interest; by default sets of any size are.
        limit_seconds: The time limit of one input; None for none.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.
        report: Told how far it is.
        seen: Called with the place of an input and its result, before its answer is kept.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If an input does not fit the program or lies outside its domain.
        DataError: If the folder's store is damaged, or of something else.
        NoDecision: If the network is a regression.
    """
    pixels, inputs = domain or Pixels(), _checked(program, images, labels)
    features = Features.of(program.input_shape, features_as, layout)
    sizes = _sizes(most, features)
    limit_seconds = None if limit_seconds == np.inf else limit_seconds
    check_options(program, paths, "margin", None, None, None, limit_seconds)
    wrong = wrongly_labelled(program, inputs, labels)
    asked = np.setdiff1d(np.arange(len(inputs)), wrong)
    question = question_of(program, features, pixels, find="smallest", paths=paths, search=SEARCH)
    source = Source(program.origin.sha256, name, question)

    def decide(item: int, tell: Any) -> SmallestResult:
        found = smallest(
            program, inputs[item], paths=paths, most=sizes, timeout=limit_seconds, domain=pixels,
            features_as=features.grouping, layout=layout, report=tell,
        )  # fmt: skip
        if seen is not None and found.found.reason != "interrupted":
            seen(item, found)
        return found

    with Store.opened(folder_of(out) / STORE) as store:
        answers, repeated, interrupted = ask(
            store,
            source,
            {int(item): digest(inputs[item]) for item in asked},
            decide,
            most=sizes,
            limit_seconds=limit_seconds,
            report=report or _nothing,
        )
        elsewhere = sum(count for other, count in store.sources().items() if other != source and not is_exhibit(other))
    about = {
        "model": {"name": program.origin.name, "sha256": program.origin.sha256},
        "dataset": name,
        "question": json.loads(source.question),
        "limit_seconds": limit_seconds,
    }
    return MinimalTable(
        len(inputs), tuple(wrong.tolist()), answers, sizes, features.count, paths, about, repeated, elsewhere,
        interrupted,
    )  # fmt: skip


def _checked(program: Program, images: Array, labels: Array | None) -> Array:
    inputs = np.asarray(images)
    if inputs.ndim != len(program.input_shape) + 1 or not len(inputs):
        raise InputError(f"expected a batch of inputs of shape {program.input_shape}, got an array {inputs.shape}")
    if labels is not None and np.shape(labels) != (len(inputs),):
        raise InputError(f"expected one label for each of {len(inputs)} inputs, got labels of shape {np.shape(labels)}")
    return program.batch(inputs)


def _sizes(most: int | None, features: Features) -> int:
    if most is None:
        return features.count
    if isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1:
        raise OptionError(f"expected sizes up to 1 or more features, got {most}")
    return min(int(most), features.count)


def wrongly_labelled(program: Program, inputs: Array, labels: Array | None) -> Array:
    """The inputs whose label in float64 is another than the true one, by place."""
    if labels is None:
        return np.zeros(0, np.int64)
    decision, parts = program.decided(), range(0, len(inputs), CHUNK)
    found = [
        decision.labels_of(program(inputs[start : start + CHUNK]).reshape(-1, decision.outputs)) for start in parts
    ]
    return np.flatnonzero(np.concatenate(found) != np.asarray(labels))


def _nothing(place: object) -> None:
    """Report nothing."""
