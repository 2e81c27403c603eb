"""The census of pairs: the paper's 741 pairs on the test set, and what it could not ask: all pairs of an image."""

from math import comb
from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.ranking import shortlist_length
from deepcheck.reproduce.census import collect
from deepcheck.reproduce.figures import mean, median, share
from deepcheck.reproduce.pairs.measure import ALL, TOP, MeasuredPairs, Scope
from deepcheck.reproduce.provenance import provenance
from deepcheck.reproduce.rules import (
    ALL_PAIRS_IMAGES,
    DOMAINS,
    PIXELS,
    QUICK_ALL_PAIRS_IMAGES,
    QUICK_SHORTLIST_IMAGES,
    RULES,
    SHORTLIST_IMAGES,
    SHORTLISTS,
)
from deepcheck.reproduce.stacks import taken
from deepcheck.reproduce.study import Study

SCHEMA = 1
CHUNKS = {TOP: {"bounded": 500, "unbounded": 500}, ALL: {"bounded": 50, "unbounded": 2}}
"""Images a step: each is stored, and moves the progress bar."""


def pair_census(study: Study) -> dict[str, Any]:
    """How many pairs are attackable, how many of them are new, and what share of them shortlists have."""
    found = {scope: {domain: _collect(study, domain, scope) for domain in DOMAINS} for scope in (TOP, ALL)}
    used = [measured for domains in found.values() for measured in domains.values()]
    return {
        "schema": SCHEMA,
        "part": "pairs",
        "provenance": provenance(study.program, "pairs", study.quick, [study.test], used),
        "rules": list(RULES),
        "of": len(study.test),
        "random_share": {s: share(comb(shortlist_length(s, PIXELS), 2), comb(PIXELS, 2)) for s in SHORTLISTS},
        "scopes": {
            scope.name: {domain: _groups(measured, domain, scope) for domain, measured in domains.items()}
            for scope, domains in found.items()
        },
    }


def images_of(study: Study, domain: str, scope: Scope) -> int:
    """How many test images are asked about."""
    whole, quick = (
        (SHORTLIST_IMAGES, QUICK_SHORTLIST_IMAGES) if scope == TOP else (ALL_PAIRS_IMAGES, QUICK_ALL_PAIRS_IMAGES)
    )
    return min((quick if study.quick else whole)[domain], len(study.test))


def _collect(study: Study, domain: str, scope: Scope) -> MeasuredPairs:
    count = images_of(study, domain, scope)
    single = collect(study, domain, count)
    with study.bar(f"{scope.words}, {domain}", count) as advance:
        return study.store.pairs_in_chunks(study.test, single, domain, scope, CHUNKS[scope][domain], advance)


def _groups(measured: MeasuredPairs, domain: str, scope: Scope) -> dict[str, Any]:
    right = np.flatnonzero(measured.labels == measured.truth)
    return {
        "seconds": {"analysis": float(measured.seconds[:, 0].sum()), "replay": float(measured.seconds[:, 1].sum())},
        "all": summary(measured, domain, scope, len(measured)),
        "rightly_labelled": summary(taken(measured, right), domain, scope, len(measured)),
    }


def summary(measured: MeasuredPairs, domain: str, scope: Scope, images: int) -> dict[str, Any]:
    """The figures of a group of images: counts over all, first pairs over those that have one.

    Args:
        measured: What came of these images.
        domain: The domain.
        scope: Which pairs.
        images: How many images the seconds are of.
    """
    counts, new = measured.attackable, measured.new
    hit = counts > 0
    metrics = scope.orders(DOMAINS[domain])
    return {
        "images": len(measured),
        "attackable_images": int(hit.sum()),
        "attackable_share": share(hit.sum(), len(measured)),
        "only_by_pairs_images": int((hit & (measured.single == 0)).sum()),
        "single_images": int(np.count_nonzero(measured.single)),
        "seconds_an_image": round(float(measured.seconds[:, 0].sum()) / images, 6),
        "pairs_asked": int(measured.asked.sum()),
        "attackable_pairs": int(counts.sum()),
        "attackable_pairs_share": share(counts.sum(), measured.asked.sum()),
        "new_pairs": int(new.sum()),
        "new_share": share(new.sum(), counts.sum()),
        "per_image": {"mean": mean(counts), "median": median(counts)},
        "per_attackable_image": {"mean": mean(counts[hit]), "median": median(counts[hit])},
        "undecided_pairs": int(measured.undecided.sum()),
        "exact_questions": int(measured.exact.sum()),
        "replays": int(measured.replays.sum()),
        "replayed": int(measured.replayed.sum()),
        "several_labels_share": share((measured.reached[hit].sum(axis=1) > 1).sum(), hit.sum()),
        "first_features": {m: _needed(measured.first_features[hit, i]) for i, m in enumerate(metrics)},
        "tries": {m: _tries(measured.first[hit, i]) for i, m in enumerate(metrics)},
        "shortlists": {
            metric: {
                s: _shortlist(measured.within[hit, i, j], counts[hit], shortlist_length(s, PIXELS))
                for j, s in enumerate(scope.lists)
            }
            for i, metric in enumerate(metrics)
        },
    }


def _needed(features: Array) -> dict[str, float | None]:
    """Of the numbers of top pixels that have an attackable pair: the middle, the mean, the paper's two limits."""
    return {
        "median": median(features),
        "mean": mean(features),
        "two_share": share((features == 2).sum(), len(features)),
        "within_19_share": share((features <= 19).sum(), len(features)),
    }


def _tries(tries: Array) -> dict[str, float | None]:
    return {"median": median(tries), "mean": mean(tries)}


def _shortlist(within: Array, counts: Array, length: int) -> dict[str, float | None]:
    """The share of attackable pairs that a shortlist has, and that any of its length can have; images that it serves.

    Args:
        within: Pixels attackable alone, attackable pairs and new ones in the shortlist, ``(n, 3)``.
        counts: Attackable pairs of the image among those asked, ``(n,)``.
        length: How many pixels the shortlist has.
    """
    found = within[:, 1]
    return {
        "pairs_share": share(found.sum(), counts.sum()),
        "mean_image_share": mean(found / counts),
        "any_share": share((found > 0).sum(), len(counts)),
        "at_most": share(np.minimum(comb(length, 2), counts).sum(), counts.sum()),
        "half_share": share((2 * found >= counts).sum(), len(counts)),
        "new_pairs": int(within[:, 2].sum()),
    }
