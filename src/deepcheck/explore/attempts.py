"""Cheap attempts at an attack: run the program at likely points, and certify what changes the label."""

from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.question import Question
from deepcheck.program import Array
from deepcheck.program.plain import outputs
from deepcheck.symbolic import exact_outputs, run

CHUNK_BYTES = 64 << 20


@dataclass(frozen=True)
class Tries:
    """Points that were tried.

    Attributes:
        label: The label there in exact arithmetic where it changes and counts and has a margin; else -1, ``(rows,)``.
        margin: That label's lead over every other, or 0.
        tie: Where the label changes with no margin: a tie.
        sure: Where the label is decided; a point that floats see far from any change is not.
    """

    label: Array
    margin: Array
    tie: Array
    sure: Array


def attempt(question: Question, elements: Array, values: Array) -> Tries:
    """Try points that differ from the input in a few elements.

    Args:
        question: The input, and which labels count.
        elements: Which elements change, ``(rows, k)``.
        values: Their values, numbers of the model's type, ``(rows, k)``.
    """
    size = question.query.program.size
    step = max(1, CHUNK_BYTES // (8 * size))
    parts = [
        _attempt(question, elements[at : at + step], values[at : at + step]) for at in range(0, len(elements), step)
    ]
    if not parts:
        return Tries(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool), np.zeros(0, bool))
    names = ("label", "margin", "tie", "sure")
    return Tries(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _attempt(question: Question, elements: Array, values: Array) -> Tries:
    program, decision = question.query.program, question.query.program.decided()
    points = changed(question, elements, values)
    with np.errstate(all="ignore"):
        scores = decision.scores(outputs(program, points).reshape(len(points), -1))
    own = int(question.run.labels[question.item])
    counts = np.isin(np.arange(decision.labels), _wanted(question))
    others = np.where(counts, scores, -np.inf).max(axis=1)
    # Floats propose: anything near a change of label goes to the certified run.
    near = np.flatnonzero(~(others < scores[:, own] - 2.0**-20 * np.abs(scores).max(axis=1)))
    label, margin, tie = np.full(len(points), -1), np.zeros(len(points)), np.zeros(len(points), dtype=bool)
    if len(near):
        found = certified(question, points[near])
        label[near], margin[near], tie[near] = found.label, found.margin, found.tie
    return Tries(label, margin, tie, np.zeros(len(points), dtype=bool))


def changed(question: Question, elements: Array, values: Array) -> Array:
    """The input with other values of a few elements, ``(rows, *input_shape)``, in the model's type."""
    x = question.x[question.item]
    found = np.repeat(x.reshape(1, -1), len(elements), axis=0)
    np.put_along_axis(found, elements, values.astype(x.dtype), axis=1)
    return found.reshape(-1, *x.shape)


def certified(question: Question, points: Array) -> Tries:
    """Labels and margins of changed inputs, ``(rows, *input_shape)``, decided exactly wherever that is feasible."""
    program, decision = question.query.program, question.query.program.decided()
    outcome = run(program, points, sharp=True)
    scores = decision.scores(outcome.outputs.value)
    errors = decision.doubts(np.broadcast_to(outcome.outputs.element_error, outcome.outputs.value.shape))
    rows, labels = np.arange(len(points)), outcome.labels
    rest = scores.copy()
    rest[rows, labels] = -np.inf
    second = np.argmax(rest, axis=1)
    lead = scores[rows, labels] - rest[rows, second]
    doubt = 2 * errors.max(axis=1) * (1 + 2.0**-30)
    counts = np.isin(labels, _wanted(question)) & ~outcome.overflow & ~outcome.unsettled
    tie = np.zeros(len(points), dtype=bool)
    for row in np.flatnonzero(counts & ~(lead > doubt)):
        exact = decision.scores(exact_outputs(program, points[row : row + 1]).fractions())[0]
        best = exact[labels[row]]
        least = min(best - each for other, each in enumerate(exact) if other != labels[row])
        lead[row], tie[row] = float(least), least == 0
    won = counts & (lead > 0) & ~tie
    sure = ~outcome.overflow & ~outcome.unsettled
    return Tries(np.where(won, labels, -1), np.where(won, lead, 0.0), tie, sure)


def _wanted(question: Question) -> Array:
    target = question.query.target
    return question.others if target is None else np.array([target])
