"""The census: the same questions on the whole test set."""

from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.figures import mean, median, share
from deepcheck.reproduce.measure import Measured, metrics_in
from deepcheck.reproduce.places import PLACES, places_of
from deepcheck.reproduce.provenance import provenance
from deepcheck.reproduce.rules import BASELINE, DOMAINS, PIXELS, QUICK_IMAGES, RULES, SHORTLISTS
from deepcheck.reproduce.stacks import taken
from deepcheck.reproduce.study import Study

SCHEMA = 1
CHUNK = 500


def census(study: Study) -> dict[str, Any]:
    """What share of the images can be attacked through one pixel, and how soon each order finds it."""
    count = min(QUICK_IMAGES, len(study.test)) if study.quick else len(study.test)
    found = {domain: collect(study, domain, count) for domain in DOMAINS}
    return {
        "schema": SCHEMA,
        "part": "census",
        "provenance": provenance(study.program, "census", study.quick, [study.test], list(found.values())),
        "rules": list(RULES),
        "images": count,
        "of": len(study.test),
        "domains": {domain: _groups(study, domain, measured) for domain, measured in found.items()},
    }


def collect(study: Study, domain: str, count: int) -> Measured:
    """Measure the first images of the test set in a domain."""
    with study.bar(f"census, {domain}", count) as advance:
        return study.store.in_chunks(study.test, np.arange(count), domain, CHUNK, advance)


def _groups(study: Study, domain: str, measured: Measured) -> dict[str, Any]:
    places = places_of(measured, study.test, study.lit_in_training)
    right = np.flatnonzero(measured.labels == measured.truth)
    return {
        "seconds": {"analysis": float(measured.seconds[:, 0].sum()), "replay": float(measured.seconds[:, 1].sum())},
        "all": summary(measured, places, domain),
        "rightly_labelled": summary(taken(measured, right), places[right], domain),
    }


def summary(measured: Measured, places: Array, domain: str) -> dict[str, Any]:
    """The figures of a group of images: shares and counts over all, tries over those with an attackable pixel."""
    counts = measured.counts
    hit = counts > 0
    attackable = int(counts.sum())
    metrics = metrics_in(DOMAINS[domain])
    return {
        "images": len(measured),
        "attackable_images": int(hit.sum()),
        "attackable_share": share(hit.sum(), len(measured)),
        "attackable_pixels": attackable,
        "per_image": {"mean": mean(counts), "median": median(counts)},
        "per_attackable_image": {"mean": mean(counts[hit]), "median": median(counts[hit])},
        "pixels_asked": int(measured.attackable.size),
        "undecided_pixels": int(measured.undecided.sum()),
        "undecided_images": int(np.count_nonzero(measured.undecided)),
        "exact_questions": int(measured.exact.sum()),
        "images_on_borders": int(np.count_nonzero(measured.borders)),
        "replayed": int(measured.replayed.sum()),
        "replayed_share": share(measured.replayed.sum(), attackable),
        "several_labels_share": share((measured.reached[hit].sum(axis=1) > 1).sum(), hit.sum()),
        "places": {name: share(n, attackable) for name, n in zip(PLACES, places.sum(axis=0), strict=True)},
        "tries": {order: _tries(measured.first[hit, column]) for column, order in enumerate((BASELINE, *metrics))}
        | {"random": _tries((PIXELS + 1) / (counts[hit] + 1))},
        "shortlists": {
            metric: {s: _shortlist(measured.within[hit, i, j], counts[hit]) for j, s in enumerate(SHORTLISTS)}
            for i, metric in enumerate(metrics)
        },
    }


def _tries(tries: Array) -> dict[str, float | None]:
    """Of the tries before the first attack: the middle, the mean, and the paper's two limits."""
    return {
        "median": median(tries),
        "mean": mean(tries),
        "under_10_share": share((tries < 10).sum(), len(tries)),
        "within_third_share": share((tries <= PIXELS / 3).sum(), len(tries)),
    }


def _shortlist(found: Array, counts: Array) -> dict[str, float | None]:
    """The share of attackable pixels in a shortlist, and of images where that is all, or at least half, of them."""
    return {
        "pixels_share": share(found.sum(), counts.sum()),
        "all_share": share((found == counts).sum(), len(counts)),
        "half_share": share((2 * found >= counts).sum(), len(counts)),
    }
