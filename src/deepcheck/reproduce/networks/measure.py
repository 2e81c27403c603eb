"""What is measured on each network: single pixels, pairs, and where the top of each order lies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.program import Array, Program
from deepcheck.ranking import order_of, shortlist_length
from deepcheck.reproduce.kept import Kept
from deepcheck.reproduce.measure import Measured, metrics_in, ranks_of
from deepcheck.reproduce.networks.rules import CHUNK, RANDOM
from deepcheck.reproduce.networks.subjects import Subject
from deepcheck.reproduce.pairs.measure import TOP, MeasuredPairs
from deepcheck.reproduce.places import near
from deepcheck.reproduce.rules import BASELINE, DOMAINS, PAPER_METRICS, PIXELS
from deepcheck.reproduce.statistics import RandomOrder, against_random
from deepcheck.reproduce.store import Store

TRACED = ("5%", "10%")
TRACERS = (*PAPER_METRICS, "value", RANDOM)
"""The orders of which `beside` says where they lie."""
STROKE_PIXELS = 1


@final
@dataclass(frozen=True)
class Answers:
    """What came of one network.

    Attributes:
        subject: The network.
        single: By domain: what came of single pixels.
        pairs: By domain: what came of the pairs in the top of coi.
        traced: By shortlist of `TRACED`: the share of each of `TRACERS` beside a stroke, ``(n, tracers)``.
    """

    subject: Subject
    single: Mapping[str, Measured]
    pairs: Mapping[str, MeasuredPairs]
    traced: Mapping[str, Array]

    @property
    def measured(self) -> list[Measured | MeasuredPairs]:
        """All measurements."""
        return [*self.single.values(), *self.pairs.values()]


@final
@dataclass(frozen=True)
class Tries:
    """Tries to the first attackable pixel, of the images that have one.

    Attributes:
        orders: The baseline, then the metrics.
        counts: Attackable pixels of each image, ``(n,)``.
        tries: ``(n, orders)``, from 1.
    """

    orders: tuple[str, ...]
    counts: Array
    tries: Array

    @staticmethod
    def of(measured: Measured, domain: str) -> "Tries":
        """The tries of a measurement."""
        hit = measured.counts > 0
        return Tries((BASELINE, *metrics_in(DOMAINS[domain])), measured.counts[hit], measured.first[hit])

    def __len__(self) -> int:
        return len(self.counts)

    def by(self, order: str) -> Array:
        """The tries of one order, ``(n,)``."""
        return np.asarray(self.tries[:, self.orders.index(order)])

    def random(self, order: str) -> RandomOrder:
        """One order against a random one."""
        return against_random(self.by(order), self.counts, PIXELS)


def answers(kept: Kept, subject: Subject, images: ImageSet, count: int, advance: Callable[[int], object]) -> Answers:
    """Measure the first images on one network; ``advance`` is told of each image in each domain, twice."""
    store = Store(kept, subject.program)
    single, pairs = {}, {}
    for domain in subject.domains:
        single[domain] = store.in_chunks(images, np.arange(count), domain, CHUNK, advance)
        pairs[domain] = store.pairs_in_chunks(images, single[domain], domain, TOP, CHUNK, advance)
    return Answers(subject, single, pairs, traced(subject.program, images.pixels(np.arange(count))))


def traced(program: Program, x: Array) -> dict[str, Array]:
    """The share of the top of each of `TRACERS` beside a stroke: by shortlist, ``(n, tracers)``.

    Args:
        program: The network.
        x: Images in [0, 1], ``(n, 1, H, W)``.
    """
    beside = near(x[:, 0] > 0, STROKE_PIXELS).reshape(len(x), -1)
    ranks = [ranks_of(program, x, metric, DOMAINS["bounded"]) for metric in PAPER_METRICS]
    ranks.append(np.argsort(order_of(x.reshape(len(x), -1)), axis=1) + 1)
    everywhere = beside.mean(axis=1)
    found = {}
    for shortlist in TRACED:
        length = shortlist_length(shortlist, beside.shape[1])
        shares = [np.count_nonzero(beside & (rank <= length), axis=1) / length for rank in ranks]
        found[shortlist] = np.stack([*shares, everywhere], axis=1)
    return found
