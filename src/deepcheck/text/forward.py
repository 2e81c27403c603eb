"""What single words do to a sentence, for any network: by running it on every one of them.

Source: DESIGN.md, section 4.2; each run is decided in exact arithmetic where floats with error bounds do not suffice.
"""

import time
from collections.abc import Callable

import numpy as np

from deepcheck.program import Array, Path
from deepcheck.symbolic import run
from deepcheck.text.effects import Effects, gaps_of
from deepcheck.text.model import TextModel

ITEMS = 512
"""How many sentences are run at once."""


def run_every_word(
    model: TextModel,
    words: Array,
    places: Array,
    allowed: Array,
    *,
    label: int | None = None,
    deadline: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Effects:
    """Run a sentence with every allowed word at every place; what time does not suffice for is NaN.

    Args:
        model: The network and its words.
        words: The word at each position, ``(positions,)``.
        places: The positions that may change, increasing.
        allowed: Which words may take each place, ``(places, words)``.
        label: Whose lead is looked at; by default the sentence's own.
        deadline: When to stop, by `time.monotonic`.
        progress: Called with the share of the work that is done.
    """
    program = model.program
    base = run(program, model.inputs(words[None]), sharp=True)
    own = int(base.labels[0]) if label is None else label
    others = np.delete(np.arange(program.decided().labels), own)
    gaps, gap_errors = gaps_of(program, base, own, others)
    count = len(model.vocabulary)
    gains = np.full((len(places), len(others), count), np.nan)
    gains[np.broadcast_to(~allowed[:, None], gains.shape)] = -np.inf
    inside, errors = np.full((len(places), count), -1.0), np.zeros((len(places), len(others)))
    place, word = np.nonzero(allowed)
    for start in range(0, len(place), ITEMS):
        if deadline is not None and time.monotonic() > deadline:
            break
        p, w = place[start : start + ITEMS], word[start : start + ITEMS]
        rows = np.repeat(words[None], len(p), axis=0)
        rows[np.arange(len(p)), places[p]] = w
        outcome = run(program, model.inputs(rows), borders=False)
        found, doubts = gaps_of(program, outcome, own, others)
        lost = outcome.overflow | outcome.unsettled
        found[lost], doubts[lost] = np.nan, 0.0
        gains[p, :, w] = found - gaps
        np.maximum.at(errors, p, doubts + gap_errors)
        # At the edge of its arm a unit belongs to both paths: 0 leaves it to exact arithmetic.
        inside[p, w] = np.where(_same(outcome.path, base.path), 1.0, np.where(outcome.borders > 0, 0.0, -1.0))
        if progress is not None:
            progress((start + len(p)) / len(place))
    return Effects(words, places, own, others, gaps[0], gap_errors[0], gains, errors, inside, np.zeros(len(places)))


def _same(paths: Path, path: Path) -> Array:
    """Which runs take the path, ``(items,)``."""
    found = np.ones(paths.items, dtype=bool)
    for arms, own in zip(paths.arms, path.arms, strict=True):
        found &= (arms == own).reshape(paths.items, -1).all(axis=1)
    return found
