"""FGSM and PGD: by hand, as plain NumPy and torchattacks have them; and the smallest epsilon."""

from itertools import pairwise

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from oracles import onnx_outputs
from requirements import require
from strategies import dense_network

import deepcheck
from deepcheck.attacks.gradient import bisected
from deepcheck.errors import OptionError

FINEST = 1 / 256 / 2**12


def two_scores(scale=1.0):
    """The scores are the two inputs."""
    return deepcheck.load(dense_network([(scale * np.eye(2), np.zeros(2))], dtype=np.dtype(np.float64)))


def layers_of(rng, widths, spread=1.0):
    pairs = pairwise(widths)
    return [(rng.normal(size=(m, n)) / np.sqrt(m) * spread, rng.normal(size=n) * 0.1) for m, n in pairs]


class Plain:
    """Dense layers with ReLU between, in NumPy, float64; nothing here is DeepCheck's."""

    def __init__(self, layers):
        self.layers = [(np.asarray(w, np.float64), np.asarray(b, np.float64)) for w, b in layers]

    def run(self, x):
        """The scores, and which ReLUs are active in each layer."""
        phases = []
        for weight, bias in self.layers[:-1]:
            z = x @ weight + bias
            phases.append(z > 0)
            x = np.maximum(z, 0)
        return x @ self.layers[-1][0] + self.layers[-1][1], phases

    def gradient(self, x, label):
        """Of the cross-entropy of a label."""
        scores, phases = self.run(x)
        back = np.exp(scores - scores.max())
        back /= back.sum()
        back[label] -= 1
        back = self.layers[-1][0] @ back
        for (weight, _), phase in zip(self.layers[-2::-1], phases[::-1], strict=True):
            back = weight @ (back * phase)
        return back

    def climb(self, x, epsilon, steps, share):
        label, start = int(np.argmax(self.run(x)[0])), x
        for _ in range(steps):
            x = x + share * epsilon * np.sign(self.gradient(x, label))
            x = np.clip(start + np.clip(x - start, -epsilon, epsilon), 0, 1)
        return x

    def smallest(self, x, steps, share):
        """One image, one epsilon after another."""
        label = np.argmax(self.run(x)[0])

        def flips(epsilon):
            return np.argmax(self.run(self.climb(x, epsilon, steps, share))[0]) != label

        for tick in range(1, 257):
            if flips(tick / 256):
                low, high = (tick - 1) / 256, tick / 256
                for _ in range(12):
                    middle = (low + high) / 2
                    low, high = (low, middle) if flips(middle) else (middle, high)
                return high
        return np.nan


def test_by_hand():
    found = deepcheck.fgsm(two_scores(), np.array([0.6, 0.5]), 0.125)
    assert found.pixels == pytest.approx([0.475, 0.625])
    assert (found.label, found.new_label, found.changed, found.flips, found.replayed) == (0, 1, True, 0, True)
    assert found.same_path
    clipped = deepcheck.fgsm(two_scores(), np.array([0.0625, 0.0]), 0.125)
    assert clipped.pixels.tolist() == [0.0, 0.125]


def test_the_smallest_epsilon_by_hand():
    """The scores meet at 0.05; there label 0 stays, and the next epsilon tried above takes it away."""
    for attack in (deepcheck.fgsm, deepcheck.pgd):
        found = attack(two_scores(), np.array([[0.6, 0.5], [0.75, 0.25], [0.5, 1.0]]))
        assert (found.epsilon > [0.05, 0.25, 0.25]).tolist() == [True, True, False]
        assert found.epsilon == pytest.approx([0.05, 0.25, 0.25], abs=FINEST)
        assert found.changed.all()
        assert found.new_labels.tolist() == [1, 1, 0]


def test_no_epsilon_flips():
    program = deepcheck.load(dense_network([(np.eye(2), [5.0, 0.0])]))
    x = np.array([[0.25, 0.5]], np.float32)
    found = deepcheck.fgsm(program, x)[0]
    assert found.epsilon is None
    assert not found.changed
    assert found.pixels.tolist() == x[0].tolist()
    assert found.replayed


@pytest.mark.parametrize("edge", [0.001, 1 / 256, 0.1, 0.4999, 0.99, 1.0])
def test_the_search_stops_at_the_edge(edge):
    found = bisected(lambda items, epsilon: epsilon >= edge, 3, 1.0)
    assert (found >= edge).all()
    assert (found - edge <= FINEST).all()


def test_the_search_takes_the_first_that_flips():
    """Items 0 and 2 flip between 0.25 and 0.5 and from 0.75 on, item 1 only there, item 3 never."""

    def flips(items, epsilon):
        early = np.isin(items, [0, 2]) & (epsilon >= 0.25) & (epsilon < 0.5)
        return (early | (epsilon >= 0.75)) & (items < 3)

    found = bisected(flips, 4, 1.0)
    assert found[:3] == pytest.approx([0.25, 0.75, 0.25], abs=FINEST)
    assert np.isnan(found[3])


def test_the_search_goes_by_the_range_of_pixels():
    program = two_scores()
    domain = deepcheck.Pixels(0, 255)
    found = deepcheck.fgsm(program, np.array([160.0, 100.0]), domain=domain)
    assert found.epsilon == pytest.approx(30, abs=255 * FINEST)
    assert found.pixels == pytest.approx([130, 130], abs=2 * 255 * FINEST)


@pytest.mark.parametrize(("attack", "steps", "share"), [(deepcheck.fgsm, 1, 1.0), (deepcheck.pgd, 40, 0.25)])
def test_plain_numpy_finds_the_same(attack, steps, share):
    rng = np.random.default_rng(25)
    layers = layers_of(rng, [12, 9, 7, 4], 2.0)
    plain, x = Plain(layers), rng.random((8, 12)) * (rng.random((8, 12)) < 0.7)
    program = deepcheck.load(dense_network(layers, dtype=np.dtype(np.float64)))
    fixed = attack(program, x, 0.07)
    smallest = attack(program, x)
    wanted = [plain.smallest(image, steps, share) for image in x]
    assert smallest.epsilon == pytest.approx(np.array(wanted), abs=1e-9, nan_ok=True)
    assert np.isfinite(wanted).sum() > 6
    for image, given, found in zip(x, fixed, smallest, strict=True):
        assert given.pixels == pytest.approx(plain.climb(image, 0.07, steps, share), abs=1e-12)
        assert given.new_label == np.argmax(plain.run(given.pixels)[0])
        assert found.flips == sum(
            int(np.count_nonzero(a != b)) for a, b in zip(plain.run(image)[1], plain.run(found.pixels)[1], strict=True)
        )
    assert smallest.flips.shape == (8, 2)
    assert smallest.flips.sum(axis=0).tolist() == [
        sum(
            int(np.count_nonzero(plain.run(a)[1][layer] != plain.run(b)[1][layer]))
            for a, b in zip(x, smallest.pixels, strict=True)
        )
        for layer in range(2)
    ]
    assert smallest.flips.sum() > 0


def test_labels_are_those_of_onnxruntime():
    rng = np.random.default_rng(6)
    model = dense_network(layers_of(rng, [10, 8, 3], 2.0))
    x = rng.random((70, 10)).astype(np.float32)
    found = deepcheck.pgd(deepcheck.load(model), x)
    assert found.model_input.dtype == np.float32
    assert found.model_input.min() >= 0
    assert found.model_input.max() <= 1
    moved = np.abs(found.pixels - x.astype(np.float64)).max(axis=1)
    known = ~np.isnan(found.epsilon)
    assert (moved[known] <= found.epsilon[known] + 1e-7).all()
    labels = [onnx_outputs(model, inputs).argmax(axis=1) for inputs in (x, found.model_input)]
    assert found.replayed.tolist() == ((labels[0] == found.labels) & (labels[1] == found.new_labels)).tolist()
    assert np.count_nonzero(found.replayed) >= 68
    assert found.changed.tolist() == known.tolist()


def test_a_sure_network_still_moves():
    """Softmax gives the label 1 exactly, so that the cross-entropy's own gradient is 0."""
    sure = deepcheck.fgsm(two_scores(1e4), np.array([0.75, 0.25]), 0.125)
    assert sure.pixels.tolist() == [0.625, 0.375]


def test_epsilon_is_in_pixels():
    """The model sees ``(pixel - 0.5) / 0.25``."""
    program = deepcheck.load(dense_network([(np.eye(2), np.zeros(2))]), mean=0.5, std=0.25)
    found = deepcheck.fgsm(program, np.array([0.625, 0.5], np.float32), 0.125)
    assert found.pixels.tolist() == [0.5, 0.625]
    assert found.model_input.tolist() == [0.0, 0.5]


def test_pixels_behind_a_preprocessing_are_those_that_were_made():
    """Not what comes back from the model's units: that is off by rounding, outside of bounds too."""
    sure = deepcheck.load(dense_network([(np.eye(2), np.array([9.0, 0.0]))]), mean=0.1307, std=0.3081)
    close = deepcheck.load(dense_network([(np.eye(2), np.zeros(2))]), mean=0.1307, std=0.3081)
    x = np.random.default_rng(0).random((50, 2)).astype(np.float32)
    assert (deepcheck.fgsm(sure, x).pixels == x).all()
    found = deepcheck.fgsm(close, x, 1.0)
    assert set(np.unique(found.pixels)) == {0.0, 1.0}
    np.testing.assert_array_equal(close.model_input(found.pixels), found.model_input)


@pytest.mark.parametrize("final", ["", "Sigmoid"])
def test_a_single_output(final):
    """Label 1 iff ``x0 - x1 > 0``."""
    model = dense_network([(np.array([[1.0], [-1.0]]), np.zeros(1))], final=final)
    program = deepcheck.load(model, decision="sign")
    found = deepcheck.fgsm(program, np.array([[0.5, 0.25], [0.25, 0.5]], np.float32), 0.25)
    assert found.labels.tolist() == [1, 0]
    assert found.new_labels.tolist() == [0, 1]
    assert found.pixels.tolist() == [[0.25, 0.5], [0.5, 0.25]]


@pytest.mark.parametrize("name", ["FGSM", "PGD"])
def test_torchattacks_finds_the_same(name):
    torch, library = require("torch"), require("torchattacks")
    rng = np.random.default_rng(3)
    layers = layers_of(rng, [64, 20, 12, 5], 2.0)
    program = deepcheck.load(dense_network(layers, dtype=np.dtype(np.float64), input_shape=(1, 8, 8)))
    net = _as_torch(torch, [(weight.T.copy(), bias) for weight, bias in layers])
    x = torch.from_numpy(rng.random((20, 1, 8, 8)) * (rng.random((20, 1, 8, 8)) < 0.6))
    labels = net(x).argmax(dim=1)
    given = {"FGSM": {}, "PGD": {"alpha": 0.0125, "steps": 40, "random_start": False}}[name]
    theirs = getattr(library, name)(net, eps=0.05, **given)(x, labels)
    ours = getattr(deepcheck, name.lower())(program, x.numpy(), 0.05)
    assert np.abs(ours.pixels - theirs.numpy()).max() < 1e-12
    assert np.abs(ours.pixels - x.numpy()).max() > 0.04
    assert ours.new_labels.tolist() == net(theirs).argmax(dim=1).tolist()


def test_torchattacks_in_float32_on_our_own_network(data_folder):
    """Signs of sums may differ where they are nearly 0: on few pixels, if at all."""
    torch, library = require("torch"), require("torchattacks")
    program = deepcheck.load(deepcheck.zoo.path("mnist_10x4"))
    x = deepcheck.datasets.mnist("test", data_folder).pixels(np.arange(20))
    net = _as_torch(torch, _stored_layers(deepcheck.zoo.path("mnist_10x4")))
    labels = net(torch.from_numpy(x)).argmax(dim=1)
    theirs = library.FGSM(net, eps=0.02)(torch.from_numpy(x), labels).numpy()
    ours = deepcheck.fgsm(program, x, 0.02).pixels
    assert np.mean(np.abs(ours - theirs) < 1e-7) > 0.999


def _stored_layers(path):
    graph = onnx.load(str(path)).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in graph.initializer}
    return [tuple(tensors[name] for name in node.input[1:]) for node in graph.node if node.op_type == "Gemm"]


def _as_torch(torch, layers):
    """Dense layers ``(weight (out, in), bias)`` with ReLU between."""
    parts = [torch.nn.Flatten()]
    for weight, bias in layers:
        linear = torch.nn.Linear(*weight.shape[::-1])
        linear.weight, linear.bias = (torch.nn.Parameter(torch.from_numpy(each)) for each in (weight, bias))
        parts += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*parts[:-1]).eval()


@pytest.mark.parametrize("epsilon", [0, -0.1, float("nan"), float("inf"), True, "much"])
def test_an_epsilon_without_meaning(epsilon):
    with pytest.raises(OptionError, match="positive epsilon"):
        deepcheck.fgsm(two_scores(), np.array([0.6, 0.5]), epsilon)


@pytest.mark.parametrize(("given", "message"), [({"steps": 0}, "1 or more steps"), ({"step": 0.0}, "positive share")])
def test_steps_without_meaning(given, message):
    with pytest.raises(OptionError, match=message):
        deepcheck.pgd(two_scores(), np.array([0.6, 0.5]), 0.1, **given)


@pytest.mark.parametrize("domain", [deepcheck.Pixels(unbounded=True), deepcheck.Pixels(0, 1, levels=3)])
def test_a_domain_without_meaning(domain):
    with pytest.raises(OptionError, match="bounds without levels"):
        deepcheck.pgd(two_scores(), np.array([0.5, 0.0]), domain=domain)
