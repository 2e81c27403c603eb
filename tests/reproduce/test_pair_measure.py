"""Pairs: shortlists against the whole, the whole against NumPy layers, and the law that ties them to single pixels."""

from dataclasses import fields, replace
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest

from deepcheck import attack, load, zoo
from deepcheck.datasets import ImageSet
from deepcheck.domains import Pixels
from deepcheck.program import Program
from deepcheck.reproduce.measure import measure
from deepcheck.reproduce.pairs import measure as pair_measure
from deepcheck.reproduce.pairs.law import explained, fulfilled, touching
from deepcheck.reproduce.pairs.measure import ALL, TOP, MeasuredPairs, Scope, check, measure_pairs
from deepcheck.reproduce.study import Study

CHOSEN = np.array([16, 24, 53])
DOMAINS = {"bounded": Pixels(), "unbounded": Pixels(unbounded=True)}
Layers = list[tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def program() -> Program:
    return load(zoo.path("mnist_10x4"))


def measured(program: Program, images: ImageSet, items: np.ndarray, domain: Pixels, scope: Scope) -> MeasuredPairs:
    return measure_pairs(program, images, measure(program, images, items, domain), domain, scope)


def phases(first: np.ndarray, layers: Layers) -> tuple[np.ndarray, list[np.ndarray]]:
    """Labels and phases from the first layer's sums, ``(..., 10)``, in NumPy."""
    z, found = first, []
    for weight, bias in layers[1:]:
        found.append(z > 0)
        z = np.maximum(z, 0) @ weight.T + bias
    return z.argmax(axis=-1), found


def coi_order(x: np.ndarray, layers: Layers) -> np.ndarray:
    """Pixels by falling coefficient times value of the predicted label, ``(784,)``, in NumPy."""
    label, active = phases(layers[0][0] @ x + layers[0][1], layers)
    row = layers[-1][0][label]
    for (weight, _), on in zip(layers[-2::-1], active[::-1], strict=True):
        row = (row * on) @ weight
    return np.argsort(-row * x, kind="stable")


def grid_pairs(x: np.ndarray, pixels: np.ndarray, layers: Layers, values: np.ndarray) -> set[tuple[int, ...]]:
    """Pairs that flip the label on the same path at some point of a grid: some of the attackable ones."""
    weight, bias = layers[0]
    base = weight @ x + bias
    label, path = phases(base, layers)
    u, v = (grid.ravel()[:, None] for grid in np.meshgrid(values, values))
    found = set()
    for a, b in combinations(sorted(pixels.tolist()), 2):
        labels, paths = phases(base + (u - x[a]) * weight[:, a] + (v - x[b]) * weight[:, b], layers)
        same = np.all([(there == here).all(axis=1) for there, here in zip(paths, path, strict=True)], axis=0)
        if (same & (labels != label)).any():
            found.add((a, b))
    return found


def test_the_shortlist_is_the_whole_restricted_to_it(program: Program, train: ImageSet, layers: Layers) -> None:
    """The whole family's pairs, filtered by a ranking worked out in NumPy, are the paper's shortlist."""
    whole = attack(program, train.pixels(CHOSEN), size=2)
    top = measured(program, train, CHOSEN, Pixels(), TOP)
    for row, (item, result) in enumerate(zip(CHOSEN, whole, strict=True)):
        x = train.pixels(np.array([item])).reshape(-1).astype(np.float64)
        rank = np.argsort(coi_order(x, layers)) + 1
        high = np.array([max(rank[list(pair)]) for pair in result.attackable])
        assert top.attackable[row] == np.count_nonzero(high <= 39)
        needed = top.first_features[row, 0]
        assert needed == (high.min() if high.min() <= 39 else 0)
        alone = {feature for (feature,) in attack(program, train.pixels(np.array([item]))[0]).attackable}
        inside = [pair for pair, last in zip(result.attackable, high, strict=True) if last <= 39]
        assert top.new[row] == sum(not alone & set(pair) for pair in inside)
        assert np.flatnonzero(top.partners[row]).tolist() == sorted({pixel for pair in inside for pixel in pair})


def test_counts_of_every_shortlist_are_those_of_attacks_on_it(program: Program, train: ImageSet) -> None:
    found = measured(program, train, CHOSEN, Pixels(), ALL)
    x = train.pixels(CHOSEN)
    for i, metric in enumerate(("abs", "co", "coi", "reach")):
        for j, shortlist in enumerate(("5%", "10%", "30%")):
            for row, result in enumerate(attack(program, x, size=2, order=metric, shortlist=shortlist)):
                counts = [result.counts["attackable"], result.new]
                assert counts == found.within[row, i, j, 1:].tolist(), (metric, shortlist)
                if result.first is not None:
                    assert result.first == found.first[row, i]
                    assert result.first_features == found.first_features[row, i]


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)
def test_what_a_grid_attacks_is_attackable(program: Program, train: ImageSet, layers: Layers, domain: Pixels) -> None:
    """Digit 1 at index 24: its 39 top pixels on 9 x 9 values, beyond the bounds where there are none."""
    x = train.pixels(CHOSEN[1:2])
    flat = x.reshape(-1).astype(np.float64)
    values = np.linspace(-8, 9, 18) if domain.unbounded else np.linspace(0, 1, 9)
    grid = grid_pairs(flat, coi_order(flat, layers)[:39], layers, values)
    (result,) = attack(program, x, size=2, order="coi", shortlist="5%", domain=domain)
    assert grid
    assert grid <= set(result.attackable)


def test_the_law_by_hand() -> None:
    assert touching(4, 1) == 3
    assert touching(4, 4) == 6
    assert touching(39, 0) == 0
    assert fulfilled(4, 1, 5, 2)
    assert not fulfilled(4, 1, 5, 3)
    assert not fulfilled(4, 1, 7, 4)  # of the three pairs without the pixel four are new
    assert explained(4, 3, 0)
    assert not explained(4, 4, 0)  # four pairs of four pixels: one pixel touches 3, two touch 5


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)
def test_the_law_holds_on_every_image(program: Program, train: ImageSet, domain: Pixels) -> None:
    found = measured(program, train, np.arange(40), domain, TOP)
    alone, attackable, new = found.within[:, 0, 0].T
    assert (attackable == found.attackable).all()
    assert attackable.sum() > 50
    assert (attackable - new == comb(39, 2) - (39 - alone) * (38 - alone) // 2).all()


def test_a_count_that_breaks_the_law_stops_everything(program: Program, train: ImageSet) -> None:
    found = measured(program, train, CHOSEN, Pixels(), TOP)
    check(found, np.array([39]), 784)
    within = found.within.copy()
    within[1, 0, 0, 2] += 1
    with pytest.raises(AssertionError, match="image 24: 1 of 39 pixels"):
        check(replace(found, within=within), np.array([39]), 784)


def test_single_pixels_that_contradict_pairs_stop_everything(program: Program, train: ImageSet) -> None:
    """One attackable pixel forgotten: its pairs would be new, which the search of pairs denies."""
    single = measure(program, train, CHOSEN[1:2], Pixels())
    wrong = single.attackable.copy()
    wrong[0, np.flatnonzero(wrong[0])[0]] = False
    with pytest.raises(AssertionError, match="pairs of image 0"):
        measure_pairs(program, train, replace(single, attackable=wrong), Pixels(), ALL)


def test_what_is_stored_is_read_again(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    single = study.store.measured(study.train, CHOSEN, "bounded")
    first = study.store.pairs(study.train, single, "bounded", TOP)

    def refused(*_: Any, **__: Any) -> None:
        raise RuntimeError("measured again")

    monkeypatch.setattr(pair_measure, "attack", refused)
    second = study.store.pairs(study.train, single, "bounded", TOP)
    for field in fields(MeasuredPairs):
        assert (getattr(first, field.name) == getattr(second, field.name)).all(), field.name
    for domain, scope in (("unbounded", TOP), ("bounded", ALL)):
        with pytest.raises(RuntimeError, match="measured again"):
            study.store.pairs(study.train, single, domain, scope)
