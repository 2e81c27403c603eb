"""From what a search found to results: order, witnesses, replay."""

import time
from dataclasses import replace

import numpy as np

from deepcheck.attacks.columns import Columns, witnesses
from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Found
from deepcheck.attacks.study import Study
from deepcheck.certify import replayer_for
from deepcheck.program import Array


def assemble(study: Study, found: Found, order: Array, seconds: float) -> Columns:
    """Put outcomes in the order tried and choose each attackable element's witness; nothing is replayed yet.

    Args:
        study: What all results share.
        found: What the search found.
        order: Elements in the order tried, ``(items, m)``.
        seconds: How long that took.
    """
    outcomes = np.take_along_axis(found.outcomes, order, axis=1)
    if study.asked.first:
        hits = outcomes == Outcome.ATTACKABLE
        stop = np.where(hits.any(axis=1), hits.argmax(axis=1), order.shape[1])
        outcomes[np.arange(order.shape[1]) > stop[:, None]] = Outcome.UNTRIED
    regions = found.regions
    rank = np.full(found.outcomes.shape, order.shape[1], dtype=np.int64)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(order.shape[1]), order.shape), axis=1)
    ranks = rank[regions.item, regions.element]
    kept = np.flatnonzero(ranks < order.shape[1])
    kept = kept[outcomes[regions.item[kept], ranks[kept]] >= Outcome.ATTACKABLE]
    kept = kept[np.lexsort((regions.label[kept], ranks[kept], regions.item[kept]))]
    regions = regions.take(kept)
    return Columns(
        study=study,
        order=order,
        outcomes=outcomes,
        regions=regions,
        chosen=_best_rows(study.asked.objective, study.x, regions),
        replayed=np.zeros(0, dtype=bool),
        same_path_float32=np.zeros(0, dtype=bool),
        exact=found.exact,
        seconds=seconds,
        replay_seconds=0.0,
    )


def _best_rows(objective: str, x: Array, regions: Regions) -> Array:
    """For each attackable element the row of its best witness; rows are sorted by item and rank."""
    rows = np.flatnonzero(regions.outcome == Outcome.ATTACKABLE)
    item, element = regions.item[rows], regions.element[rows]
    if objective == "margin":
        goodness = regions.margin[rows]
    else:
        origin = x.reshape(len(x), -1)[item, element].astype(np.float64)
        goodness = -np.abs(regions.value[rows] - origin)
    changes = np.ones(len(rows), dtype=bool)
    changes[1:] = (item[1:] != item[:-1]) | (element[1:] != element[:-1])
    group = np.cumsum(changes) - 1
    best = np.lexsort((-goodness, group))
    return np.asarray(rows[best[changes]])


def replayed(columns: Columns) -> Columns:
    """Replay every witness, and the inputs themselves: where the model's own label differs, nothing is decided."""
    started = time.perf_counter()
    program, replayer = columns.study.program, replayer_for(columns.study.program.origin)
    model_labels = replayer.labels(program, columns.study.x)
    differs = (model_labels != columns.study.run.labels) & ~columns.study.run.overflow
    outcomes = columns.outcomes.copy()
    outcomes[differs[:, None] & (outcomes != Outcome.UNTRIED)] = Outcome.LABEL
    chosen = columns.chosen[~differs[columns.regions.item[columns.chosen]]]
    changed = witnesses(columns, chosen)
    survived = replayer.labels(program, changed) == columns.regions.label[chosen]
    items, position = np.unique(columns.regions.item[chosen], return_inverse=True)
    before = replayer.paths(program, columns.study.x[items]).take(position)
    same = before.differences(replayer.paths(program, changed)) == 0
    return replace(
        columns,
        outcomes=outcomes,
        chosen=chosen,
        replayed=survived,
        same_path_float32=same,
        replay_seconds=time.perf_counter() - started,
        study=replace(columns.study, model_labels=model_labels, runtime=replayer.runtime),
    )
