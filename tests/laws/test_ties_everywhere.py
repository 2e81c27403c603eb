"""Small networks of small numbers, where inputs lie on borders and scores tie: every set against fractions."""

from random import Random

import numpy as np
import pytest
from edge_oracle import ATTACK, PROVED, TIE, Edges
from plain_networks import FLATTEN, RELU, Net, add, clip, dense, pool

import deepcheck
from deepcheck import Pixels

NUMBERS = (-2, -1, -1, -0.5, 0, 0, 0.5, 1, 1, 2)
SAID = {ATTACK: "attackable", TIE: "undecided", PROVED: "proved"}


def layer(draw, rows, columns):
    weight = [[draw.choice(NUMBERS) for _ in range(columns)] for _ in range(rows)]
    bias = [draw.choice((0, 0, 0.5, -0.5, 0.25, 1, -1.5)) for _ in range(columns)]
    return dense(np.array(weight, np.float32), np.array(bias, np.float32))


def network(draw, kind):
    labels, hidden = draw.choice((1, 2, 2, 3)), draw.choice((1, 2, 3))
    final = "Sigmoid" if labels == 1 else ""
    if kind == "pool":
        return Net((1, 2, 2), (pool(2, 1), FLATTEN, layer(draw, 1, labels)), final=final)
    if kind == "two":
        steps = (layer(draw, 3, hidden), RELU, layer(draw, hidden, 2), RELU, layer(draw, 2, labels))
    elif kind == "skip":
        steps = (layer(draw, 3, 3), RELU, layer(draw, 3, 3), RELU, add(2), layer(draw, 3, labels))
    else:
        steps = (layer(draw, 3, hidden), RELU if kind == "relu" else clip(0.0, 0.5), layer(draw, hidden, labels))
    return Net((3,), steps, final=final)


@pytest.mark.parametrize("kind", ["relu", "clip", "two", "skip", "pool"])
@pytest.mark.parametrize(("paths", "size", "count"), [("same", 1, 8), ("same", 2, 8), ("same", 3, 6), ("all", 1, 6),
                                                      ("all", 2, 2), ("all", 3, 1)])  # fmt: skip
def test_every_set(kind, paths, size, count):
    draw = Random(f"{kind} {paths} {size}")
    for _ in range(count):
        net = network(draw, kind)
        x = np.array([draw.choice((0, 0.5, 1, -0.0)) for _ in range(int(np.prod(net.shape)))], np.float32)
        lower = np.array([draw.choice((0.0, 0.0, v)) for v in x.tolist()]) + 0.0
        upper = np.array([draw.choice((1.0, 1.0, v)) for v in x.tolist()]) + 0.0
        levels = draw.choice((None, None, 3))
        table = None if levels is None else [0.0, 0.5, 1.0]
        want = Edges(net, x.reshape(net.shape), lower, upper, levels=table).every(size, paths)
        domain = Pixels(lower.reshape(net.shape), upper.reshape(net.shape), levels=levels)
        result = deepcheck.attack(
            deepcheck.load(net.model), x.reshape(net.shape), size=size, paths=paths, domain=domain,
            features_as="element",
        )  # fmt: skip
        if result.reason == "no value of the model's type inside the region":
            continue
        found = {word: sum(said == word for said in want.values()) for word in SAID}
        assert {word: result.counts[SAID[word]] for word in SAID} == found, (net.steps, x, lower, upper, levels)
        assert all(want.get(features, ATTACK) == ATTACK for features in result.attackable)
