"""FGSM at larger epsilons than the smallest: how far its adversaries leave the path then."""

from math import prod
from typing import Any

import numpy as np

from deepcheck.attacks.gradient_result import GradientAttacks
from deepcheck.datasets import ImageSet
from deepcheck.program import Array
from deepcheck.reproduce.figures import median
from deepcheck.reproduce.gradients.rules import A_LOT, LARGER
from deepcheck.reproduce.kept import digest_of
from deepcheck.reproduce.study import Study
from deepcheck.runs import Source
from deepcheck.verbs import fgsm

Content = dict[str, Any]


def larger(study: Study, images: ImageSet, items: Array) -> Content:
    """By epsilon: how many images change their label, and the ReLUs that differ on those."""
    data = f"{images.name} {images.split} {digest_of(images, items)}"
    source = Source(study.program.origin.sha256, data, f"RQ5, FGSM at {LARGER}, {A_LOT}")

    def make() -> Content:
        x, relus = images.pixels(items), sum(prod(branch.shape) for branch in study.program.branches)
        return {f"{epsilon:g}": _summary(fgsm(study.program, x, epsilon), x, relus) for epsilon in LARGER}

    return study.kept.content(source, int(items[0]), make)


def _summary(found: object, x: Array, relus: int) -> Content:
    assert isinstance(found, GradientAttacks)
    hit = found.changed
    flips = found.flips.sum(axis=1)[hit]
    step = np.abs(found.model_input[hit] - x[hit])
    return {
        "images": len(found),
        "changed": int(hit.sum()),
        "replayed": int(np.count_nonzero(found.replayed & hit)),
        "pixels": median(np.count_nonzero(step, axis=(1, 2, 3))),
        "relus": median(flips),
        "far": int(np.count_nonzero(flips >= A_LOT * relus)),
        "same_path": int(np.count_nonzero(flips == 0)),
    }
