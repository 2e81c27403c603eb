"""Several numbers in one integer: none may be larger than its field, on any network, without slack as well."""

import numpy as np
import pytest
from certifiable import certifiable
from forged import claim_about, claimed, model, relaxed
from hypothesis import assume, given
from oracles import label_of, run_exactly
from strategies import DEGENERATE, ORDINARY

from deepcheck.certify import checker


class Watched(checker.Fields):
    """Fields that say so if a number in them is larger than they were made for."""

    def __init__(self, count, largest):
        super().__init__(count, largest)
        self.largest = largest

    def split(self, held):
        found = super().split(held)
        assert sum(n << self.width * k for k, n in enumerate(found)) == held
        assert max(map(abs, found), default=0) <= self.largest
        return found


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(checker, "Fields", Watched)


def everything_packed(held, made):
    """Split whatever the checker packs for a claim, along both scopes."""
    path = checker.SamePath(held, made)
    path.follow(path.claim.features)
    for at in range(len(path.guards)):
        path.guard(at)
    list(path.open())
    tree = checker.AllPaths(held, made)
    tree.prepare()
    features = list(tree.claim.features)
    for count in {1, len(features)}:
        tree.bounds([(features, count)], tree.claim.box)
    low, high = ({e: (end, end) for e, ends in tree.claim.box.items() for end in ends[k : k + 1]} for k in (0, 1))
    for box in (low, high):
        tree.bounds([(features, len(features))], box)
    walk = checker.Walk(tree.net, tree.claim, tree.claim.box)
    for _ in range(20):
        choices = walk.on()
        if not choices:
            break
        walk = walk.fork(choices[-1])


@pytest.mark.usefixtures("watched")
def test_no_packed_number_exceeds_its_width():
    @relaxed(300)
    @given(certifiable(ORDINARY + DEGENERATE, most=7))
    def test(network):
        assume(network.x.size <= 12)
        everything_packed(claim_about(network), network.model)

    test()


def diamonds(count, sign):
    """x + x, or x - (-x), again and again: every value is used twice, and no weight or bias gives any slack."""
    nodes, last = [], "x"
    for k in range(count):
        if sign > 0:
            nodes.append(("Add", [last, last], f"d{k}", {}))
        else:
            nodes += [("Sub", ["zero", last], f"n{k}", {}), ("Sub", [last, f"n{k}"], f"d{k}", {})]
        last = f"d{k}"
    nodes.append(("MatMul", [last, "w"], "out", {}))
    return model(nodes, [1, 1], {"zero": np.zeros((1, 1), np.float32), "w": np.array([[1, -1]], np.float32)})


def reshaped(count):
    """A value that reaches a sum by several reshapes: steps without weights."""
    nodes, last = [], "x"
    for k in range(count):
        nodes += [("Flatten", [last], f"a{k}", {}), ("Flatten", [last], f"b{k}", {})]
        nodes.append(("Add", [f"a{k}", f"b{k}"], f"d{k}", {}))
        last = f"d{k}"
    nodes.append(("MatMul", [last, "w"], "out", {}))
    return model(nodes, [1, 1], {"w": np.array([[1, -1]], np.float32)})


def fanned(count):
    """One value used many times, joined in a chain."""
    nodes = [("Relu", ["x"], "s0", {})]
    nodes += [("Add", [f"s{k}", "x"], f"s{k + 1}", {}) for k in range(count)]
    nodes.append(("MatMul", [f"s{count}", "w"], "out", {}))
    return model(nodes, [1, 1], {"w": np.array([[1, -1]], np.float32)})


def pooled(count):
    """Windows over one another, of values of both signs."""
    nodes = [("MaxPool", ["x"], "p0", {"kernel_shape": [1, 2]})]
    nodes += [("Sub", [f"p{k}", f"p{k}" if k % 2 else "b"], f"p{k + 1}", {}) for k in range(count)]
    nodes += [("Flatten", [f"p{count}"], "f", {}), ("MatMul", ["f", "w"], "out", {})]
    return model(nodes, [1, 1, 1, 2], {"w": np.array([[1, -1]], np.float32), "b": np.zeros((1, 1), np.float32)})


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("make", [lambda n: diamonds(n, 1), lambda n: diamonds(n, -1), reshaped, fanned, pooled])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 15])
@pytest.mark.parametrize("x", [1, 127, -127, 255, 2.0**15 - 1, -(2.0**23) + 1])
def test_widths_without_slack(make, count, x):
    made = make(count)
    start = [x, -x] if make is pooled else [x]
    shape = (1, 1, 2) if make is pooled else (1,)
    shaped = np.array(start, np.float32).reshape(shape)
    label = label_of(run_exactly(made, shaped, slopes=False).outputs[0])
    held = claimed(made.SerializeToString(), start, label=label, lower=-(2.0**24), upper=2.0**24)
    everything_packed(held, made)
