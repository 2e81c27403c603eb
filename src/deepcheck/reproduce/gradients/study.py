"""RQ5: FGSM and PGD beside attacks of one and two pixels, on 1,000 images and on the image of figure 4."""

from typing import Any

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.program import Array
from deepcheck.reproduce.figures import mean, median, share
from deepcheck.reproduce.gradients.claims import rq5_claims
from deepcheck.reproduce.gradients.larger import larger
from deepcheck.reproduce.gradients.measure import NORMS, Compared, compare
from deepcheck.reproduce.gradients.rules import ALMOST_ALL, ATTACKS, CHUNK, FEW, GRADIENT, IMAGES, RULES
from deepcheck.reproduce.gradients.rules import QUICK_IMAGES as QUICK
from deepcheck.reproduce.kept import digest_of
from deepcheck.reproduce.provenance import provenance
from deepcheck.reproduce.rules import FIGURE_DIGIT
from deepcheck.reproduce.stacks import joined, taken
from deepcheck.reproduce.study import Study
from deepcheck.runs import Source

SCHEMA, PART = 1, "gradients"
Content = dict[str, Any]


def rq5(study: Study) -> Content:
    """How FGSM and PGD at the smallest epsilon compare with attacks of one and two pixels."""
    count = min(QUICK if study.quick else IMAGES, len(study.test))
    with study.bar("RQ5: gradients against few pixels", count) as advance:
        parts = []
        for first in range(0, count, CHUNK):
            parts.append(compared(study, study.test, np.arange(first, min(first + CHUNK, count))))
            advance(len(parts[-1]))
    found = joined(parts)
    item = study.picked[FIGURE_DIGIT]
    pictured = None if item is None else compared(study, study.train, np.array([item]))
    right = taken(found, np.flatnonzero(found.labels == found.truth))
    content: Content = {
        "schema": SCHEMA,
        "part": PART,
        "provenance": _provenance(study, [found, *([pictured] if pictured else [])]),
        "rules": list(RULES),
        "images": count,
        "relus": [int(np.prod(branch.shape)) for branch in study.program.branches],
        "groups": {"all": summaries(found), "rightly_labelled": summaries(right)},
        "same_images": {few: _on_the_same(found, few) for few in FEW},
        "seconds": dict(zip(ATTACKS, found.seconds[:, :-1].sum(axis=0).round(2).tolist(), strict=True)),
        "larger": larger(study, study.test, np.arange(count)),
        "figure4": None
        if pictured is None
        else _one(pictured) | {"larger": larger(study, study.train, pictured.items)},
    }
    return {**content, "claims": rq5_claims(content)}


def compared(study: Study, images: ImageSet, items: Array) -> Compared:
    """Read what is known about some images; if nothing is, measure and keep it."""
    source = Source(
        study.program.origin.sha256,
        f"{images.name} {images.split} {digest_of(images, items)}",
        f"RQ5, schema {SCHEMA}, {' '.join(RULES[1:5])}",
    )

    def make() -> dict[str, Array]:
        return vars(compare(study.program, images, items))

    return Compared(**study.kept.arrays(source, int(items[0]), make))


def summaries(found: Compared) -> Content:
    """The figures of every attack on a group of images."""
    attacks = {name: summary(found, column) for column, name in enumerate(ATTACKS)}
    return {"images": len(found), "lit": _spread(found.lit), "attacks": attacks}


def summary(found: Compared, column: int) -> Content:
    """The figures of one attack: what it found, and how large the changes are where it did."""
    hit = found.found[:, column]
    epsilon, flips = found.epsilon[hit, column], found.flips[hit, column]
    norms, reached, lit = found.norms[hit, column], found.lit_changed[hit, column], found.lit[hit]
    relus = flips.sum(axis=1)
    return {
        "found": int(hit.sum()),
        "found_share": share(hit.sum(), len(hit)),
        "proved": int(found.proved[:, column].sum()),
        "open": int(np.count_nonzero(~hit & ~found.proved[:, column])),
        "replayed": int(found.replayed[:, column].sum()),
        "epsilon": _spread(epsilon[~np.isnan(epsilon)]),
        "norms": {name: _spread(norms[:, at]) for at, name in enumerate(NORMS)},
        "lit_share": _spread(reached[:, 0] / lit),
        "lit_visible_share": _spread(reached[:, 1] / lit),
        "almost_all_lit": int(np.count_nonzero(reached[:, 0] >= ALMOST_ALL * lit)),
        "relus": _spread(relus),
        "relus_by_layer": [mean(flips[:, layer]) for layer in range(flips.shape[1])],
        "relus_counts": np.bincount(relus).tolist(),
        "same_path": int(np.count_nonzero(relus == 0)),
    }


def _spread(numbers: Array) -> Content:
    """The middle, the mean, the least and the most."""
    ends = [round(float(end), 6) for end in (numbers.min(), numbers.max())] if len(numbers) else [None, None]
    return {"median": _middle(numbers), "mean": mean(numbers), "least": ends[0], "most": ends[1]}


def _middle(numbers: Array) -> float | None:
    return round(float(np.median(numbers)), 6) if len(numbers) else None


def _on_the_same(found: Compared, few: str) -> Content:
    """Medians of a few-pixel attack and of gradients, on the images that have the former."""
    rows = found.found[:, ATTACKS.index(few)]
    names = (*GRADIENT, few)
    return {
        "images": int(rows.sum()),
        "norms": {
            name: {norm: median(found.norms[rows, ATTACKS.index(name), at]) for at, norm in enumerate(NORMS)}
            for name in names
        },
        "relus": {name: median(found.flips[rows, ATTACKS.index(name)].sum(axis=1)) for name in names},
    }


def _one(found: Compared) -> Content:
    """What became of a single image."""
    attacks = {}
    for column, name in enumerate(ATTACKS):
        epsilon = float(found.epsilon[0, column])
        attacks[name] = {
            "found": bool(found.found[0, column]),
            "proved": bool(found.proved[0, column]),
            "new_label": int(found.new_labels[0, column]),
            "replayed": bool(found.replayed[0, column]),
            "epsilon": None if np.isnan(epsilon) else round(epsilon, 6),
            "norms": {norm: round(float(found.norms[0, column, at]), 6) for at, norm in enumerate(NORMS)},
            "lit_changed": int(found.lit_changed[0, column, 0]),
            "relus": found.flips[0, column].tolist(),
        }
    return {
        "image": int(found.items[0]),
        "label": int(found.labels[0]),
        "truth": int(found.truth[0]),
        "lit": int(found.lit[0]),
        "attacks": attacks,
    }


def _provenance(study: Study, used: list[Compared]) -> Content:
    """Seconds are those of the first run; the replay that is part of an attack's own search counts as analysis."""
    known = provenance(study.program, PART, study.quick, [study.test, study.train], [])
    seconds = np.concatenate([each.seconds for each in used]).sum(axis=0)
    runtimes = {str(name) for each in used for name in each.runtime}
    return known | {
        "replayed_by": ", ".join(sorted(runtimes)),
        "seconds": {"analysis": round(float(seconds[:-1].sum()), 3), "replay": round(float(seconds[-1]), 3)},
    }
