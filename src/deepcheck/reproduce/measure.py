"""What is measured on an image: which pixels are attackable, and how soon each order meets one.

One attack on all pixels answers for every order and every shortlist, since an order changes no outcome.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from deepcheck.attacks import FeatureAttacks
from deepcheck.attacks.outcome import Outcome
from deepcheck.datasets import ImageSet
from deepcheck.domains import Pixels
from deepcheck.program import Array, Program
from deepcheck.ranking import order_of, shortlist_length
from deepcheck.reproduce.rules import METRICS, PAPER_METRICS, SHORTLISTS
from deepcheck.verbs import attack, importance


@final
@dataclass(frozen=True)
class Measured:
    """What came of some images, as arrays.

    Attributes:
        items: Their indices in the data set, ``(n,)``.
        truth: Their labels in the data set, ``(n,)``.
        labels: Their labels by the network, exactly, ``(n,)``.
        attackable: Is each pixel attackable? ``(n, pixels)``.
        reached: Is each label reached from one pixel? ``(n, labels)``.
        first: At which try the baseline, then each metric, meets an attackable pixel, ``(n, 1 + metrics)``; 0: never.
        within: Attackable pixels in each metric's shortlists, ``(n, metrics, shortlists)``.
        undecided: How many pixels are undecided, ``(n,)``.
        replayed: How many attackable pixels survive replay, ``(n,)``.
        exact: How many questions needed exact arithmetic, ``(n,)``.
        borders: On how many borders between pieces each image lies, ``(n,)``.
        seconds: Of analysis and of replay, for each call, ``(calls, 2)``.
        runtime: Which onnxruntime replayed, for each call, ``(calls,)``.
    """

    items: Array
    truth: Array
    labels: Array
    attackable: Array
    reached: Array
    first: Array
    within: Array
    undecided: Array
    replayed: Array
    exact: Array
    borders: Array
    seconds: Array
    runtime: Array

    def __len__(self) -> int:
        return len(self.items)

    @property
    def counts(self) -> Array:
        """How many pixels are attackable, ``(n,)``."""
        return np.asarray(np.count_nonzero(self.attackable, axis=1))


def metrics_in(domain: Pixels) -> tuple[str, ...]:
    """The metrics that have a meaning in a domain."""
    return PAPER_METRICS if domain.unbounded else METRICS


def measure(program: Program, images: ImageSet, items: Array, domain: Pixels) -> Measured:
    """Attack every pixel of some images in one call, and rank the attackable ones by every metric."""
    x = images.pixels(items)
    found = attack(program, x, domain=domain)
    assert isinstance(found, FeatureAttacks)
    columns = found.columns
    attackable = np.zeros(columns.outcomes.shape, dtype=bool)
    np.put_along_axis(attackable, columns.order, columns.outcomes == Outcome.ATTACKABLE, axis=1)
    ranks = [ranks_of(program, x, metric, domain) for metric in metrics_in(domain)]
    index = np.broadcast_to(np.arange(1, program.size + 1), attackable.shape)
    return Measured(
        items=np.asarray(items),
        truth=images.labels[items],
        labels=columns.study.run.labels,
        attackable=attackable,
        reached=_reached(found, len(images.classes)),
        first=np.stack([first_tries(attackable, rank) for rank in (index, *ranks)], axis=1),
        within=np.stack([_within(attackable, rank) for rank in ranks], axis=1),
        undecided=np.count_nonzero(columns.outcomes >= Outcome.TIE, axis=1),
        replayed=np.array([result.counts["replayed"] for result in found]),
        exact=columns.exact,
        borders=columns.study.run.borders,
        seconds=np.array([[columns.seconds, columns.replay_seconds]]),
        runtime=np.array([columns.study.runtime]),
    )


def ranks_of(program: Program, x: Array, metric: str, domain: Pixels) -> Array:
    """The rank of every pixel by a metric, counted from 1, ``(n, pixels)``."""
    order = order_of(importance(program, x, metric=metric, domain=domain).reshape(len(x), -1))
    return np.asarray(np.argsort(order, axis=1) + 1)


def first_tries(attackable: Array, ranks: Array) -> Array:
    """The least rank of an attackable pixel, ``(n,)``; 0 where none is attackable."""
    least = np.where(attackable, ranks, ranks.shape[1] + 1).min(axis=1)
    return np.asarray(np.where(attackable.any(axis=1), least, 0))


def _within(attackable: Array, ranks: Array) -> Array:
    lengths = [shortlist_length(shortlist, ranks.shape[1]) for shortlist in SHORTLISTS]
    return np.stack([np.count_nonzero(attackable & (ranks <= length), axis=1) for length in lengths], axis=1)


def _reached(found: FeatureAttacks, labels: int) -> Array:
    regions = found.columns.regions
    rows = regions.outcome == Outcome.ATTACKABLE
    reached = np.zeros((len(found), labels), dtype=bool)
    reached[regions.item[rows].astype(np.int64), regions.label[rows].astype(np.int64)] = True
    return reached
