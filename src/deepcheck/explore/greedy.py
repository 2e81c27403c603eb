"""A quick upper bound on the smallest set: walk greedily along coefficients, then drop what is not needed.

From the input, and then from the point reached, features go to the ends of their range in the order of what the linear
form there gains by it; every prefix is tried at once. No claim rests on this: what it finds is certified.
"""

import numpy as np

from deepcheck.attacks.question import Question
from deepcheck.explore.attempts import attempt, certified
from deepcheck.explore.found import Attackable
from deepcheck.program import Array
from deepcheck.symbolic import coefficients, run

ROUNDS = 4
"""How often the coefficients are taken anew, at the best point so far."""
PREFIX = 64
"""How many features a walk may change."""


def greedy(question: Question) -> Attackable | None:
    """A set that overturns the label, as small as the walk finds it; None where it finds none."""
    best: tuple[Array, Array] | None = None
    for label in _targets(question):
        point = question.x[question.item].reshape(-1).astype(np.float64)
        for _ in range(ROUNDS):
            order, moved = _walk(question, point, int(label))
            found = _shortest(question, order, moved)
            if found is None:
                point = _with(question, order[:PREFIX], moved[:PREFIX])
                continue
            features, values = _thinned(question, *found)
            if best is None or len(features) < len(best[0]):
                best = features, values
            point = _with(question, features, values)
    return None if best is None else _attackable(question, *best)


def _targets(question: Question) -> Array:
    target = question.query.target
    return question.others if target is None else np.array([target])


def _walk(question: Question, point: Array, label: int) -> tuple[Array, Array]:
    """Features by falling gain of a label at a point, and where each one's elements would go, ``(m, width)``."""
    query, features = question.query, question.order
    program, decision = query.program, query.program.decided()
    here = point.reshape(1, *program.input_shape).astype(program.dtype)
    outcome = run(program, here)
    own = int(question.run.labels[question.item])
    seeds = (decision.matrix[label] - decision.matrix[own])[None]
    slopes = coefficients(program, outcome.path, seeds)[0]
    origin = question.x[question.item].reshape(-1).astype(np.float64)
    low, high = query.box.lower, query.box.upper
    to = np.where(slopes > 0, high, low)
    gains = slopes * (to - origin)
    members = _members(question)
    total = gains[members].sum(axis=1)
    order = np.argsort(-total, kind="stable")
    return features[order], to[members[order]]


def _members(question: Question) -> Array:
    """The elements of the features asked about, ``(m, width)``."""
    return np.asarray(question.features.members[question.order])


def _shortest(question: Question, order: Array, moved: Array) -> tuple[Array, Array] | None:
    """The shortest prefix of a walk that overturns the label."""
    count = min(PREFIX, len(order))
    members = question.features.members[order[:count]]
    width = members.shape[1]
    elements = np.broadcast_to(members.reshape(1, -1), (count, count * width))
    origin = question.x[question.item].reshape(-1).astype(np.float64)
    kept = np.arange(count)[:, None] >= np.arange(count)[None]
    values = np.where(kept[:, :, None], moved[None, :count], origin[members][None]).reshape(count, -1)
    tries = attempt(question, elements, values)
    hits = np.flatnonzero(tries.label >= 0)
    return None if len(hits) == 0 else (order[: hits[0] + 1], moved[: hits[0] + 1])


def _with(question: Question, features: Array, values: Array) -> Array:
    """The input with other values of some features, flat."""
    point = question.x[question.item].reshape(-1).astype(np.float64)
    point[question.features.members[features].ravel()] = values.ravel()
    return np.asarray(point)


def _thinned(question: Question, features: Array, values: Array) -> tuple[Array, Array]:
    """Drop features one by one, as long as the label stays overturned."""
    while len(features) > 1:
        width = values.shape[1]
        elements = np.broadcast_to(question.features.members[features].reshape(1, -1), (len(features), values.size))
        origin = question.x[question.item].reshape(-1).astype(np.float64)
        own = np.broadcast_to(values[None], (len(features), len(features), width)).copy()
        every = np.arange(len(features))
        own[every, every] = origin[question.features.members[features]]
        tries = attempt(question, elements, own.reshape(len(features), -1))
        if not (tries.label >= 0).any():
            break
        drop = int(np.argmax(np.where(tries.label >= 0, tries.margin, -np.inf)))
        features, values = np.delete(features, drop), np.delete(values, drop, axis=0)
    return features, values


def _attackable(question: Question, features: Array, values: Array) -> Attackable | None:
    program = question.query.program
    point = _with(question, features, values).astype(program.dtype).reshape(1, *program.input_shape)
    tries = certified(question, point)
    if tries.label[0] < 0:
        return None
    by_index = np.argsort(features)
    stored = tuple(values[by_index].ravel().tolist())
    return Attackable(tuple(features[by_index].tolist()), int(tries.label[0]), stored, float(tries.margin[0]))
