"""A set that bounds leave open: all paths of its values are visited, exactly where floats do not settle them."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.explore.attempts import certified, changed
from deepcheck.explore.decide_tuple import Attacked, Proved, decide_tuple
from deepcheck.explore.found import Attackable
from deepcheck.explore.pairs import decide_pairs
from deepcheck.explore.slices import with_run
from deepcheck.program import Array

PATHS = 500
SECONDS = 2.0
"""A set of more paths than this, or one that takes longer, stays open."""


def decide_exactly(
    question: Question, features: Sequence[int], why: Outcome, deadline: float | None
) -> Attackable | Outcome:
    """Decide one set of features of one input.

    Args:
        question: The input.
        features: The set, increasing.
        why: Why it is open; it stays so where the paths are too many or the time runs out.
        deadline: When to stop, by `time.monotonic`, or None.
    """
    soon = time.monotonic() + SECONDS
    query, item = question.query, question.item
    elements = question.features.members[list(features)].ravel()
    answer = decide_tuple(
        query.program, question.x, question.run, item, elements.tolist(), query.box,
        target=query.target, deadline=soon if deadline is None else min(soon, deadline), limit=PATHS,
    )  # fmt: skip
    if isinstance(answer, Proved):
        return Outcome.PROVED
    if isinstance(answer, Attacked):
        values = np.array(answer.values)
        tries = certified(question, changed(question, elements[None], values[None]))
        if tries.label[0] >= 0:
            return Attackable(tuple(features), int(tries.label[0]), tuple(values.tolist()), float(tries.margin[0]))
        return why
    return Outcome.TIE if answer.reason == Outcome.TIE.words else why


def decide_by_regions(question: Question, sets: Array, late: Callable[[], bool]) -> list[Attackable | Outcome]:
    """Decide sets of two elements by the linear regions of their rectangles; open ones say why, or stay untried."""
    elements = question.features.members[sets].reshape(len(sets), 2)
    x, run = question.x[question.item : question.item + 1], with_run(question.run, question.item)
    found = decide_pairs(question.query, x, run, elements, late=late)
    answers: list[Attackable | Outcome] = []
    for at, outcome in enumerate(found.outcomes.tolist()):
        if outcome == Outcome.ATTACKABLE:
            features, values = tuple(sets[at].tolist()), tuple(found.values[at].tolist())
            answers.append(Attackable(features, int(found.label[at]), values, float(found.margin[at])))
        else:
            answers.append(Outcome.NARROW if outcome == Outcome.ROUNDING else Outcome(outcome))
    return answers
