"""What is measured on an image about pairs of pixels: which are attackable, which are new, how soon one is met.

Which pixels are attackable alone comes from the one-pixel measurement, another search; the law of
`deepcheck.reproduce.pairs.law` must hold between the two.
"""

import time
from dataclasses import dataclass
from math import comb
from typing import Any, final

import numpy as np

from deepcheck.attacks.set_result import SetAttacks, SetResult
from deepcheck.datasets import ImageSet
from deepcheck.domains import Pixels
from deepcheck.program import Array, Program
from deepcheck.ranking import shortlist_length
from deepcheck.reproduce.measure import Measured, metrics_in, ranks_of
from deepcheck.reproduce.pairs.law import fulfilled
from deepcheck.reproduce.rules import PAIR_ORDER, PAIR_SHORTLIST, SHORTLISTS
from deepcheck.verbs import attack


@final
@dataclass(frozen=True)
class Scope:
    """Which pairs of an image are asked about.

    Attributes:
        name: In file names.
        words: In words.
        order: The order in which pixels are ranked; None for index order.
        shortlist: How much of the order; None for all of it.
    """

    name: str
    words: str
    order: str | None = None
    shortlist: str | None = None

    def orders(self, domain: Pixels) -> tuple[str, ...]:
        """The metrics that pairs are ranked by afterwards."""
        return metrics_in(domain) if self.order is None else (self.order,)

    @property
    def lists(self) -> tuple[str, ...]:
        """The shortlists whose pairs are counted afterwards."""
        return SHORTLISTS if self.shortlist is None else (self.shortlist,)


TOP = Scope("top", "pairs in the top 5 %", PAIR_ORDER, PAIR_SHORTLIST)
ALL = Scope("all", "all pairs")


@final
@dataclass(frozen=True)
class MeasuredPairs:
    """What came of the pairs of some images, as arrays; metrics and shortlists are those of the scope.

    Attributes:
        items: Their indices in the data set, ``(n,)``.
        truth: Their labels in the data set, ``(n,)``.
        labels: Their labels by the network, exactly, ``(n,)``.
        asked: How many pairs were asked about, ``(n,)``.
        attackable: How many of them are attackable, ``(n,)``.
        new: How many of these have no member that is attackable alone, ``(n,)``.
        single: How many of all pixels are attackable alone, ``(n,)``.
        partners: In how many attackable pairs each pixel is, ``(n, pixels)``.
        reached: Is each label reached by a pair? ``(n, labels)``.
        first: At which try each metric meets an attackable pair, ``(n, metrics)``; 0: never.
        first_features: How many of its top pixels have such a pair, ``(n, metrics)``; 0: never.
        within: In each metric's shortlists: pixels attackable alone, attackable pairs, new ones,
            ``(n, metrics, shortlists, 3)``.
        undecided: How many pairs are undecided, ``(n,)``.
        replays: How many attackable pairs were replayed, ``(n,)``.
        replayed: How many of these survive, ``(n,)``.
        exact: How many questions needed exact arithmetic, ``(n,)``.
        seconds: Of analysis and of replay, for each call, ``(calls, 2)``.
        runtime: Which onnxruntime replayed, for each call, ``(calls,)``.
    """

    items: Array
    truth: Array
    labels: Array
    asked: Array
    attackable: Array
    new: Array
    single: Array
    partners: Array
    reached: Array
    first: Array
    first_features: Array
    within: Array
    undecided: Array
    replays: Array
    replayed: Array
    exact: Array
    seconds: Array
    runtime: Array

    def __len__(self) -> int:
        return len(self.items)


def measure_pairs(program: Program, images: ImageSet, single: Measured, domain: Pixels, scope: Scope) -> MeasuredPairs:
    """Attack pairs of pixels of some images in one call.

    Args:
        program: The network.
        images: The data set.
        single: What came of the single pixels of these images.
        domain: Where pixels may go.
        scope: Which pairs.

    Raises:
        AssertionError: If pairs and single pixels contradict each other.
    """
    x = images.pixels(single.items)
    started = time.perf_counter()
    found = attack(program, x, size=2, order=scope.order, shortlist=scope.shortlist, domain=domain)
    took = time.perf_counter() - started
    assert isinstance(found, SetAttacks)
    ranks = np.stack([ranks_of(program, x, metric, domain) for metric in scope.orders(domain)], axis=1)
    lengths = np.array([shortlist_length(shortlist, program.size) for shortlist in scope.lists])
    counts = [
        _counts(result, alone, of_image, lengths)
        for result, alone, of_image in zip(found.results, single.attackable, ranks, strict=True)
    ]
    measured = MeasuredPairs(
        items=single.items,
        truth=single.truth,
        labels=single.labels,
        single=single.counts,
        reached=_reached(found, len(images.classes)),
        **{name: np.array([one[name] for one in counts]) for name in counts[0]},
        seconds=np.array([[found.seconds, took - found.seconds]]),
        runtime=np.array([found.results[0].study.runtime]),
    )
    check(measured, lengths, program.size)
    return measured


def check(measured: MeasuredPairs, lengths: Array, pixels: int) -> None:
    """Hold every image and shortlist against the law.

    Raises:
        AssertionError: If it does not hold: one of the two searches is wrong.
    """
    for row, item in enumerate(measured.items):
        counts = (measured.single[row], measured.attackable[row], measured.new[row])
        lists = [(lengths[at], within) for of_metric in measured.within[row] for at, within in enumerate(of_metric)]
        whole = [(pixels, counts)] if measured.asked[row] == comb(pixels, 2) else []
        for length, (alone, attackable, new) in (*whole, *lists):
            if not fulfilled(int(length), int(alone), int(attackable), int(new)):
                raise AssertionError(
                    f"image {item}: {alone} of {length} pixels are attackable alone, but {attackable} pairs of them "
                    f"are attackable, {new} of these new"
                )


def _counts(result: SetResult, alone: Array, ranks: Array, lengths: Array) -> dict[str, Any]:
    """What came of one image; ``alone`` is ``(pixels,)``, ``ranks`` ``(metrics, pixels)``, counted from 1."""
    family, counts = result.family, result.counts
    pairs = family.order[family.wins.ranks[result.attacks.starts[:-1]]]
    new = ~alone[pairs].any(axis=1)
    if counts["attackable"] != len(pairs) or result.new != np.count_nonzero(new):
        raise AssertionError(f"pairs of image {result.item}: {result.new} are new, by single pixels {new.sum()}")
    ranked = ranks[:, pairs]
    low, high = ranked.min(axis=2), ranked.max(axis=2)
    none = comb(len(alone), 2) + 1
    tries = low + (high - 1) * (high - 2) // 2  # (1,2), (1,3), (2,3), (1,4), ...
    first, features = (least.min(axis=1, initial=none) for least in (tries, high))
    inside = high[:, None, :] <= lengths[:, None]
    singles = np.count_nonzero(alone & (ranks[:, None, :] <= lengths[:, None]), axis=2)
    within = [singles, np.count_nonzero(inside, axis=2), np.count_nonzero(inside & new, axis=2)]
    return {
        "asked": family.asked - counts["untried"],
        "attackable": len(pairs),
        "new": np.count_nonzero(new),
        "partners": np.bincount(pairs.ravel(), minlength=len(alone)),
        "first": np.where(first < none, first, 0),
        "first_features": np.where(features < none, features, 0),
        "within": np.stack(within, axis=2),
        "undecided": counts["undecided"],
        "replays": result.replays,
        "replayed": counts["replayed"],
        "exact": result.exact_questions,
    }


def _reached(found: SetAttacks, labels: int) -> Array:
    reached = np.zeros((len(found), labels), dtype=bool)
    for row, result in enumerate(found.results):
        reached[row, result.family.wins.label] = True
    return reached
