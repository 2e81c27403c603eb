"""The rule that picks images, against plain NumPy layers and a grid of values for every pixel."""

import numpy as np
import pytest

from deepcheck.datasets import ImageSet
from deepcheck.reproduce.selection import pick
from deepcheck.reproduce.study import Study

VALUES = np.linspace(0, 1, 17)
Layers = list[tuple[np.ndarray, np.ndarray]]


def run(first: np.ndarray, layers: Layers) -> tuple[np.ndarray, np.ndarray]:
    """Labels and activation patterns from the first layer's sums, ``(..., 10)``."""
    z, phases = first, []
    for weight, bias in layers[1:]:
        phases.append(z > 0)
        z = np.maximum(z, 0) @ weight.T + bias
    return z.argmax(axis=-1), np.concatenate(phases, axis=-1)


def grid_attacks(x: np.ndarray, layers: Layers) -> np.ndarray:
    """Which pixels flip the label on the same path at some value of a grid: some of the attackable ones, ``(784,)``."""
    weight, bias = layers[0]
    base = weight @ x + bias
    changed = base + (VALUES[None, :, None] - x[:, None, None]) * weight.T[:, None, :]
    label, phases = run(base, layers)
    labels, all_phases = run(changed, layers)
    return np.asarray(((labels != label) & (all_phases == phases).all(axis=-1)).any(axis=1))


@pytest.fixture(scope="module")
def oracle(train: ImageSet, layers: Layers) -> tuple[np.ndarray, np.ndarray]:
    """Is each image labelled rightly, and which pixels does the grid attack?"""
    x = train.pixels().reshape(len(train), -1).astype(np.float64)
    right = np.array([run(layers[0][0] @ one + layers[0][1], layers)[0] for one in x]) == train.labels
    return right, np.array([grid_attacks(one, layers) for one in x])


def test_picks_the_first_image_that_qualifies(study: Study, oracle: tuple[np.ndarray, np.ndarray]) -> None:
    right, attacked = oracle
    picked = pick(study.store, study.train)
    for label, item in enumerate(picked):
        known = np.flatnonzero(right & attacked.any(axis=1) & (study.train.labels == label))
        assert item is None or (right[item] and study.train.labels[item] == label)
        assert len(known) == 0 or (item is not None and item <= known[0])


def test_says_where_no_image_qualifies(study: Study, oracle: tuple[np.ndarray, np.ndarray]) -> None:
    """Some label of these 60 images has none that the grid attacks, and none was picked for it."""
    right, attacked = oracle
    reached = {int(label) for label in study.train.labels[right & attacked.any(axis=1)]}
    picked = pick(study.store, study.train)
    missing = [label for label, item in enumerate(picked) if item is None]
    assert missing
    assert not reached & set(missing)


def test_a_wrongly_labelled_image_is_never_picked(study: Study, oracle: tuple[np.ndarray, np.ndarray]) -> None:
    wrong = study.train.labels[~oracle[0]]
    shown = study.train.labels.copy()
    shown[:] = (shown + 1) % 10
    lied = ImageSet("mnist", "train", study.train.images.copy(), shown, study.train.classes)
    picked = {item for item in pick(study.store, lied) if item is not None}
    assert picked <= set(np.flatnonzero(~oracle[0]).tolist())
    assert len(picked) <= len(wrong)


def test_every_pixel_that_the_grid_attacks_is_attackable(study: Study, oracle: tuple[np.ndarray, np.ndarray]) -> None:
    measured = study.store.measured(study.train, np.arange(len(study.train)), "bounded")
    assert (measured.attackable >= oracle[1]).all()
    assert oracle[1].sum() > 20
