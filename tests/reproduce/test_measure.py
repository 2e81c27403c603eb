"""Tries and shortlists, against attacks that really try in that order and stop."""

import numpy as np
import pytest

from deepcheck import attack, load, zoo
from deepcheck.datasets import ImageSet
from deepcheck.domains import Pixels
from deepcheck.reproduce.measure import first_tries, measure
from deepcheck.reproduce.places import near, places_of

CHOSEN = np.array([0, 16, 22, 53, 55, 7])


@pytest.mark.parametrize("domain", [Pixels(), Pixels(unbounded=True)], ids=["bounded", "unbounded"])
def test_equals_attacks_in_each_order(train: ImageSet, domain: Pixels) -> None:
    program = load(zoo.path("mnist_10x4"))
    found = measure(program, train, CHOSEN, domain)
    orders = [None, "abs", "co", "coi"] if domain.unbounded else [None, "abs", "co", "coi", "reach"]
    assert found.first.shape == (len(CHOSEN), len(orders))
    x = train.pixels(CHOSEN)
    for column, order in enumerate(orders):
        tried = attack(program, x, order=order, first=True, domain=domain)
        assert [result.first or 0 for result in tried] == found.first[:, column].tolist(), order
        for position, shortlist in enumerate(("5%", "10%", "30%") if order else ()):
            short = attack(program, x, order=order, shortlist=shortlist, domain=domain)
            counts = [result.counts["attackable"] for result in short]
            assert counts == found.within[:, column - 1, position].tolist(), (order, shortlist)


def test_first_tries_by_hand() -> None:
    attackable = np.array([[False, True, True], [False, False, False]])
    ranks = np.array([[1, 3, 2], [1, 2, 3]])
    assert first_tries(attackable, ranks).tolist() == [2, 0]


def test_near_by_hand() -> None:
    lit = np.zeros((1, 5, 6), dtype=bool)
    lit[0, 0, 0] = True
    assert np.argwhere(near(lit, 1)[0]).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert near(lit, 2).sum() == 9


def test_places_cover_every_attackable_pixel_once(train: ImageSet) -> None:
    found = measure(load(zoo.path("mnist_10x4")), train, CHOSEN, Pixels())
    places = places_of(found, train, np.zeros(784, dtype=bool))
    assert (places[:, :3].sum(axis=1) == found.counts).all()
    assert (places[:, 3] == found.counts).all()
