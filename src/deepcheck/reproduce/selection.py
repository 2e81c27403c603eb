"""The rule that picks the ten images."""

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.reproduce.store import Store

STEP = 200


def pick(store: Store, images: ImageSet) -> tuple[int | None, ...]:
    """For each label the first image that is labelled rightly and has a pixel attackable in [0, 1].

    Returns:
        One index for each label; None where no image qualifies.
    """
    picked: dict[int, int] = {}
    for start in range(0, len(images), STEP):
        missing = [label for label in range(len(images.classes)) if label not in picked]
        span = np.arange(start, min(start + STEP, len(images)))
        items = span[np.isin(images.labels[span], missing)]
        if len(items) == 0:
            continue
        found = store.measured(images, items, "bounded")
        for row in np.flatnonzero((found.labels == found.truth) & (found.counts > 0)):
            picked.setdefault(int(found.truth[row]), int(found.items[row]))
        if len(picked) == len(images.classes):
            break
    return tuple(picked.get(label) for label in range(len(images.classes)))
