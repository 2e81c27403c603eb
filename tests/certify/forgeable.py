"""Certificates of small networks of several kinds, made to be changed: all scopes, sizes, levels, nodes."""

import itertools
import json
from functools import cache
from unittest import mock

import numpy as np
from forged import sealed
from plain_networks import FLATTEN, RELU, Net, add, convolve, dense, pool

import deepcheck
from deepcheck import Pixels
from deepcheck.certify import tree
from deepcheck.certify.checker import Rejected, check


def weights(rng, *shape):
    return rng.integers(-8, 9, shape).astype(np.float32) / 8


@cache
def network(kind, seed):
    rng = np.random.default_rng(seed)
    if kind == "image":
        first = convolve(weights(rng, 2, 1, 2, 2), weights(rng, 2), stride=1, pad=1)
        steps = (first, RELU, pool(2, 1), add(2), FLATTEN) if seed < 0 else (first, RELU, pool(2, 2), FLATTEN)
        return Net((1, 3, 3), (*steps, dense(weights(rng, 8, 3), weights(rng, 3))))
    if kind == "tie":  # label 1 reaches label 0 where the only activation ends: the exact solution alone refutes it
        first = dense(np.array([[-1, 0], [0, 1]], np.float32), np.array([1 / 3, 0], np.float32))
        return Net((2,), (first, RELU, dense(np.array([[0, -3], [0, 0]], np.float32), np.zeros(2))))
    classes = 1 if kind == "sign" else 3
    hidden = (
        dense(weights(rng, 5, 6), weights(rng, 6)),
        RELU,
        dense(weights(rng, 6, 6), weights(rng, 6)),
        RELU,
        add(2),
    )
    return Net((5,), (*hidden, dense(weights(rng, 6, classes), weights(rng, classes))))


CASES = {
    f"{paths} {kind} size {size}{' levels' * bool(levels)}": (kind, paths, size, levels, {})
    for paths, (size, levels) in itertools.product(("same", "all"), [(1, None), (1, 5), (2, None), (2, 5), (3, None)])
    for kind in ("dense",)
}
CASES |= {
    f"{paths} {kind}": (kind, paths, 1 + (kind == "sign"), None, {})
    for paths in ("same", "all")
    for kind in ("image", "sign")
}
CASES["same tie"] = ("tie", "same", 1, None, {})
CASES |= {f"{paths} target": ("dense", paths, 2, None, {"target": True}) for paths in ("same", "all")}
CASES |= {f"{paths} groups": ("dense", paths, 1, None, {"features": [0, 1, 2, 4]}) for paths in ("same", "all")}
CASES |= {f"{paths} undecided": ("dense", paths, 2, None, {"cut short": True}) for paths in ("same", "all")}


def kept(held, net):
    """The same tree after all features that bounds alone settle have been dropped."""
    features = [feature for feature, _ in held["claim"]["features"]]
    trees = [
        ["keep", [[f for f in features if f not in dropped]], held["tree"]]
        for count in (2, 1, 0)
        for dropped in itertools.combinations(features, count)
    ]
    return next(tree for tree in trees if verified({**held, "tree": tree}, net))


@cache
def certified(name):
    """A certificate and its network: of some seeds the one with most attacks among those that prove something too."""
    kind, paths, size, levels, options = CASES[name]
    options, best = dict(options), None
    short, target = options.pop("cut short", False), options.pop("target", False)
    for seed in range(1, 4 if kind == "image" else 7):
        net, rng = network(kind, seed), np.random.default_rng(seed)
        x = rng.integers(0, 5, net.shape).astype(np.float32) / np.float32(4)
        x = np.array([0.1, 0.5], np.float32) if kind == "tie" else x
        program = deepcheck.load(net.model, decision="sign" if kind == "sign" else None)
        if target:
            options["target"] = next(j for j in (0, 1, 2) if j != int(np.argmax(program(x))))
        result = deepcheck.attack(
            program, x, size=size, paths=paths, domain=Pixels(levels=levels), features_as="element", **options
        )
        with mock.patch.object(tree, "LISTED", 1 if size == 2 else tree.LISTED):  # so that families are halved
            held = json.loads(deepcheck.certificate(result).content())
        if short and held["attacks"]:
            held["undecided"].append(held["attacks"].pop()["features"])
            held["claim"]["verdict"] = "attack" if held["attacks"] else "undecided"
        if name == "all groups":
            held["tree"] = kept(held, net)
        count = len(held["attacks"])
        rank = (bool(held.get("refutations")) or "cut" in str(held.get("tree")), bool(count), -count)
        if best is None or rank > best[0]:
            best = (rank, held, net)
    return best[1], best[2]


def verified(held, net):
    try:
        return check(sealed(held), net.model.SerializeToString())
    except Rejected:
        return ""
