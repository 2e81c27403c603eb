"""The figures of one network, as JSON."""

from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.figures import mean, median, share
from deepcheck.reproduce.measure import Measured, metrics_in
from deepcheck.reproduce.networks.measure import TRACERS, Answers, Tries
from deepcheck.reproduce.networks.rules import ORDER, RANDOM
from deepcheck.reproduce.pairs.measure import MeasuredPairs
from deepcheck.reproduce.rules import DOMAINS, PIXELS, SHORTLISTS

Figures = dict[str, Any]


def figures_of(found: Answers) -> Figures:
    """What came of a network, by domain, and where the top of its orders lies."""
    labels = next(iter(found.single.values()))
    return {
        "name": found.subject.name,
        "group": found.subject.group,
        "sha256": found.subject.program.origin.sha256,
        "images": len(labels),
        "labelled_rightly": share(np.count_nonzero(labels.labels == labels.truth), len(labels)),
        "labels_given": len(np.unique(labels.labels)),
        "domains": {domain: _single(single, domain) for domain, single in found.single.items()},
        "pairs": {domain: _pairs(pairs) for domain, pairs in found.pairs.items()},
        "beside_strokes": {
            shortlist: dict(zip(TRACERS, (mean(column) for column in shares.T), strict=True))
            for shortlist, shares in found.traced.items()
        },
    }


def _single(single: Measured, domain: str) -> Figures:
    tries, counts = Tries.of(single, domain), single.counts
    hit = counts > 0
    metrics = metrics_in(DOMAINS[domain])
    return {
        "attackable_images": int(hit.sum()),
        "attackable_share": share(hit.sum(), len(single)),
        "attackable_pixels": int(counts.sum()),
        "per_image": {"mean": mean(counts), "median": median(counts)},
        "per_attackable_image": {"mean": mean(counts[hit]), "median": median(counts[hit])},
        "undecided_pixels": int(single.undecided.sum()),
        "replayed": int(single.replayed.sum()),
        "tries": {order: _tries(tries.by(order), np.log(tries.by(order))) for order in tries.orders}
        | {RANDOM: _tries((PIXELS + 1) / (tries.counts + 1), tries.random(ORDER).log_tries)},
        "shortlists": {
            metric: {
                s: {
                    "pixels_share": share(within.sum(), counts.sum()),
                    "half_share": share(np.count_nonzero(2 * within >= counts[hit]), hit.sum()),
                }
                for s, within in zip(SHORTLISTS, single.within[hit, index].T, strict=True)
            }
            for index, metric in enumerate(metrics)
        },
    }


def _tries(tries: Array, logs: Array) -> Figures:
    return {
        "median": median(tries),
        "mean": mean(tries),
        "geometric_mean": round(float(np.exp(logs.mean())), 4) if len(logs) else None,
        "within_third_share": share(np.count_nonzero(tries <= PIXELS / 3), len(tries)),
    }


def _pairs(pairs: MeasuredPairs) -> Figures:
    asked, attackable = int(pairs.asked.sum()), int(pairs.attackable.sum())
    return {
        "asked": asked,
        "attackable": attackable,
        "attackable_share": share(attackable, asked),
        "attackable_images": int(np.count_nonzero(pairs.attackable)),
        "new": int(pairs.new.sum()),
        "new_images": int(np.count_nonzero(pairs.new)),
        "undecided": int(pairs.undecided.sum()),
        "replays": int(pairs.replays.sum()),
        "replayed": int(pairs.replayed.sum()),
    }
