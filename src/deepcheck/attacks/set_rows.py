"""The rows of sets that are attackable: where each set starts, its best witness, the inputs that they make."""

import numpy as np

from deepcheck.attacks.family import Wins
from deepcheck.attacks.study import Study
from deepcheck.domains import Features
from deepcheck.program import Array


def set_starts(wins: Wins) -> Array:
    """Where each set's rows start, and where the last one's end, ``(sets + 1,)``."""
    changes = (wins.ranks[1:] != wins.ranks[:-1]).any(axis=1)
    inner = np.flatnonzero(changes) + 1
    return np.concatenate([np.zeros(min(len(wins.ranks), 1), np.int64), inner, [len(wins.ranks)]])


def best_rows(wins: Wins, starts: Array, study: Study, item: int, order: Array) -> Array:
    """For each set the row of its witness: the largest margin, or the smallest change, ``(sets,)``."""
    objective = study.asked.objective
    if objective == "margin":
        goodness = wins.margin
    else:
        members = study.features.members[order[wins.ranks]].reshape(len(wins.ranks), -1)
        step = np.abs(np.nan_to_num(wins.values - study.x[item].reshape(-1)[members].astype(np.float64)))
        goodness = -(step.sum(axis=1) if objective == "l1" else step.max(axis=1, initial=0.0))
    group = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    best = np.lexsort((-goodness, group))
    return np.asarray(best[starts[:-1]])


def changed_inputs(wins: Wins, x: Array, features: Features, order: Array) -> Array:
    """The changed inputs of some rows, ``(rows, *input_shape)``, in the model's type."""
    changed = np.repeat(x.reshape(1, -1), len(wins.ranks), axis=0)
    rows, at = np.nonzero(wins.ranks >= 0)
    members = features.members[order[wins.ranks[rows, at]]]
    values = wins.values.reshape(len(wins.ranks), wins.ranks.shape[1], -1)[rows, at]
    changed[rows[:, None], members] = values.astype(x.dtype)
    return changed.reshape(-1, *x.shape)
