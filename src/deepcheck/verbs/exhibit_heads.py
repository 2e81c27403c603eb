"""What an exhibit says of an input before anything is asked: values, bounds, scores and coefficients along its path."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from deepcheck.attacks.study import Study
from deepcheck.domains import Features
from deepcheck.program import Array, Program, chunks_of
from deepcheck.ranking import METRICS, gains, reach
from deepcheck.symbolic import coefficients

MOST_COEFFICIENTS = 1 << 18
"""So many coefficients are kept of one input at most, but always those of the label and the runner-up."""
CHUNK_BYTES = 64 << 20
PRECISE = np.finfo(np.float32).max
_OVERFLOW = "the network overflows float64 on this input: all scores are shown as 0, and coefficients are left out"
_UNSETTLED = "rounding might change some activation: scores and coefficients are those of the path that float64 takes"


def packed(values: Array) -> str:
    """Numbers as an exhibit holds them: base64 of little-endian float32; what is too large for it is its largest."""
    held = np.asarray(values, dtype=np.float64)
    narrow = np.where(np.isinf(held), held, np.clip(held, -PRECISE, PRECISE)).astype("<f4")
    return base64.b64encode(np.ascontiguousarray(narrow).tobytes()).decode()


@dataclass(frozen=True)
class Names:
    """What features and labels are called; None for their numbers.

    Attributes:
        features: One name for each feature.
        labels: One for each label.
    """

    features: Sequence[str] | None = None
    labels: Sequence[str] | None = None


def heads(study: Study, items: Sequence[int], names: Names) -> list[dict[str, Any]]:
    """The parts of exhibits that are about some inputs of a call themselves, in passes of many inputs at once."""
    at = np.asarray(items, dtype=np.int64)
    scored = list(_scored(study, at))
    program, features = study.program, study.features
    about = _about(study, names)
    found = []
    for item, own in zip(at.tolist(), scored, strict=True):
        received = study.x[item]
        values = program.preprocessing.pixels(received[None])[0].reshape(-1)[features.members]
        outputs = study.run.outputs.value[item].reshape(-1)
        found.append(
            about
            | {
                "input": {"sha256": input_digest(received), "shape": list(program.input_shape)},
                "label": max(int(study.run.labels[item]), 0),
                "outputs": [float(value) if np.isfinite(value) else None for value in outputs],
                "values": packed(values),
            }
            | own
        )
    return found


def input_digest(received: Array) -> str:
    """The sha256 of what the model receives: its type, its shape, its bytes."""
    head = f"{received.dtype.str} {received.shape} ".encode()
    return sha256(head + np.ascontiguousarray(received).tobytes()).hexdigest()


def _about(study: Study, names: Names) -> dict[str, Any]:
    """What is the same for all inputs of a call."""
    program, features, decision = study.program, study.features, study.program.decided()
    elements = features.members.shape[1]
    grid = _grid(features, elements)
    return {
        "schema": 1,
        "kind": "features",
        "model": {
            "name": program.origin.name,
            "sha256": program.origin.sha256,
            "decision": decision.kind,
            "rounded_constants": list(program.origin.rounded),
            "mean": list(program.preprocessing.mean),
            "std": list(program.preprocessing.std),
        },
        "labels": list(names.labels) if names.labels is not None else [str(at) for at in range(decision.labels)],
        "features": {
            "count": features.count,
            "shape": list(features.shape),
            "grid": None if grid is None else list(grid),
            "grouping": features.grouping,
            "layout": features.layout,
            "names": None if names.features is None else list(names.features),
            "elements": elements,
        },
        "picture": None if grid is None else {"channels": elements, **_shades(study)},
        "bounds": _bounds(study),
    }


def _grid(features: Features, elements: int) -> tuple[int, int] | None:
    """Rows and columns where features are the pixels of a grey or RGB picture."""
    if elements not in (1, 3) or features.grouping == "word":
        return None
    if len(features.shape) == 2:
        return features.shape[0], features.shape[1]
    side = round(features.count**0.5)
    flat = len(features.shape) == 1 and side * side == features.count and side >= 16
    return (side, side) if flat else None


def _shades(study: Study) -> dict[str, float]:
    """Which values are black and white: the domain's ends, or the least and the largest value where there are none."""
    lower, upper = study.pixels.bounds
    if not (np.isfinite(lower) and np.isfinite(upper) and lower < upper):
        values = study.program.preprocessing.pixels(study.x)
        lower, upper = float(values.min()), float(values.max())
    return {"black": float(lower), "white": float(upper if upper > lower else lower + 1)}


def _bounds(study: Study) -> dict[str, Any]:
    ends = study.pixels.element_bounds(study.program.input_shape)
    if study.pixels.per_element:
        lower, upper = (packed(end[study.features.members]) for end in ends)
        return {"lower": lower, "upper": upper}
    return {
        name: float(end) if np.isfinite(end) else None
        for name, end in zip(("lower", "upper"), study.pixels.bounds, strict=True)
    }


def _scored(study: Study, items: Array) -> Iterator[dict[str, Any]]:
    """Scores, coefficients and remarks of each input, in order."""
    program, decision = study.program, study.program.decided()
    labels = _kept_labels(study, items)
    bytes_each = 8 * program.size * (decision.labels + labels.shape[1])
    for rows in chunks_of(len(items), bytes_each, CHUNK_BYTES):
        with np.errstate(over="ignore", invalid="ignore"):
            yield from _chunk(study, items[rows], labels[rows])


def _kept_labels(study: Study, items: Array) -> Array:
    """The labels whose coefficients are kept, increasing: all, or the first two, ``(items, kept)``."""
    decision, count = study.program.decided(), study.features.count
    if decision.labels * count <= MOST_COEFFICIENTS or decision.labels <= 2:
        return np.broadcast_to(np.arange(decision.labels), (len(items), decision.labels))
    scores = np.nan_to_num(decision.scores(study.run.outputs.value[items].reshape(len(items), -1)), nan=-np.inf)
    scores[np.arange(len(items)), study.run.labels[items]] = np.inf
    room = max(2, MOST_COEFFICIENTS // count)
    return np.sort(np.argsort(-scores, axis=1, kind="stable")[:, :room], axis=1)


def _chunk(study: Study, items: Array, labels: Array) -> Iterator[dict[str, Any]]:
    program, features, decision = study.program, study.features, study.program.decided()
    kept = labels.shape[1]
    own = study.run.labels[items]
    wanted = np.concatenate([labels, own[:, None]], axis=1)
    path = study.run.path.take(items)
    rows = np.repeat(np.arange(len(items)), kept + 1)
    found = coefficients(program, path, decision.matrix[wanted.ravel()], rows)
    forms = (found * _slopes(program)).reshape(len(items), kept + 1, program.size)
    pixels = program.preprocessing.pixels(study.x[items]).reshape(len(items), -1)
    form = forms[:, -1]
    scores = {
        metric: features.sum(METRICS[metric](form, pixels, np.empty_like(form))) for metric in ("coi", "co", "abs")
    }
    if study.box.bounded:
        scores["reach"] = _reaches(study, items)
    sums = features.sum(forms[:, :-1].reshape(-1, program.size)).reshape(len(items), kept, features.count)
    for row, item in enumerate(items.tolist()):
        yield _one({name: each[row] for name, each in scores.items()}, labels[row], sums[row], study, item)


def _one(scores: dict[str, Array], labels: Array, sums: Array, study: Study, item: int) -> dict[str, Any]:
    finite = not study.run.overflow[item] and all(np.isfinite(each).all() for each in (*scores.values(), sums))
    remarks = []
    if not finite:
        remarks.append(_OVERFLOW)
        scores, labels, sums = {name: np.zeros_like(each) for name, each in scores.items()}, labels[:0], sums[:0]
    elif study.run.unsettled[item]:
        remarks.append(_UNSETTLED)
    every = study.program.decided().labels
    if finite and len(labels) < every:
        remarks.append(
            f"coefficients of {len(labels)} of {every} labels are kept, those of the largest scores: all would be "
            f"{every * study.features.count:,} numbers"
        )
    return {
        "scores": {name: packed(each) for name, each in scores.items()},
        "coefficients": {"labels": labels.tolist(), "values": packed(sums)},
        **({"remarks": remarks} if remarks else {}),
    }


def _slopes(program: Program) -> Array:
    if program.preprocessing.is_identity:
        return np.ones(program.size)
    return program.preprocessing.slopes(program.input_shape).ravel()


def _reaches(study: Study, items: Array) -> Array:
    """The reach of every feature, ``(items, count)``."""
    flat = study.x[items].reshape(len(items), -1).astype(np.float64)
    members = None if study.features.in_order else study.features.members
    return reach(gains(study.program, study.run, items), study.box.lower - flat, study.box.upper - flat, members)
