"""From families of sets to results: replay."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepcheck.attacks.family import Family, Wins
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.set_result import REPLAYS, Replays, SetAttacks, SetResult
from deepcheck.attacks.set_rows import best_rows, changed_inputs, set_starts
from deepcheck.attacks.smallest import Smallest
from deepcheck.attacks.smallest_result import SmallestResult, family_of
from deepcheck.attacks.study import Study
from deepcheck.certify import Replayer, replayer_for


def replayed_sets(
    study: Study, families: Sequence[Family], seconds: Sequence[float], along: Sequence[Family] | None = None
) -> SetAttacks:
    """Replay inputs and witnesses: where the model's own label of an input differs, nothing is decided about it.

    Args:
        study: What all results share.
        families: What became of each input's sets.
        seconds: How long each took.
        along: The same along each input's path, where ``families`` are about all paths.
    """
    started = time.perf_counter()
    program, replayer = study.program, replayer_for(study.program.origin)
    model_labels = replayer.labels(program, study.x)
    study = replace(study, model_labels=model_labels, runtime=replayer.runtime)
    differs = (model_labels != study.run.labels) & ~study.run.overflow
    results = []
    for item, (family, took) in enumerate(zip(families, seconds, strict=True)):
        kept = _open(family, Outcome.LABEL) if differs[item] else family
        beside = None if along is None or differs[item] else along[item]
        results.append(SetResult(study, item, kept, _replays(study, item, kept, replayer), took, beside))
    return SetAttacks(tuple(results), sum(seconds), time.perf_counter() - started)


def replayed_again(result: SetResult, family: Family, took: float) -> SetResult:
    """The result after its search went on."""
    if result.study.model_labels[result.item] != result.study.run.labels[result.item]:
        family = _open(family, Outcome.LABEL)
    replayer = replayer_for(result.study.program.origin)
    return replace(
        result, family=family, replayed=_replays(result.study, result.item, family, replayer), took=result.took + took
    )


def replay_smallest(result: SmallestResult) -> SmallestResult:
    """Replay the input and the witness: where the model's own label of the input differs, nothing is decided."""
    study, replayer = result.study, replayer_for(result.study.program.origin)
    model_labels = replayer.labels(study.program, study.x)
    shared = replace(study, model_labels=model_labels, runtime=replayer.runtime)
    if model_labels[0] != study.run.labels[0] and not study.run.overflow[0]:
        nothing = Smallest(1, None, None, (), float("nan"), False, 0, None, Outcome.LABEL.words)
        return replace(result, shared=shared, found=nothing)
    family = family_of(result.found, result.asked_about)
    return replace(result, shared=shared, replayed=_replays(shared, 0, family, replayer))


def _open(family: Family, outcome: Outcome) -> Family:
    """The same sets, none of them decided."""
    none = Wins.empty(family.size, family.wins.values.shape[1])
    tried = family.asked - family.untried
    return Family(family.size, family.order, none, 0, 0, {outcome: tried} if tried else {}, family.untried)


def _replays(study: Study, item: int, family: Family, replayer: Replayer) -> Replays:
    """Replay the first witnesses, and go on until one survives."""
    starts = set_starts(family.wins)
    rows = best_rows(family.wins, starts, study, item, family.order) if len(starts) > 1 else np.zeros(0, np.int64)
    found = Replays.none()
    for start in range(0, len(rows), REPLAYS):
        wins = family.wins.take(rows[start : start + REPLAYS])
        changed = changed_inputs(wins, study.x[item], study.features, family.order)
        x = study.x[item : item + 1]
        found = found.join(Replays.of(replayer, study.program, x, changed, wins.label))
        if found.survived.any():
            break
    return found
