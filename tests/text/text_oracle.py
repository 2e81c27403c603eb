"""Small text networks written twice, as an ONNX model and in NumPy, and what every change of a sentence does to them.

Nothing here uses DeepCheck. All numbers are quarters of small whole numbers, so that every float64 here is exact: sums
and products are multiples of 2**-8 far below 2**40. Ties, zeros and units at their bends happen all the time.
"""

from dataclasses import dataclass, field
from itertools import pairwise, product

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAME, ATTACK, TIE, BORDER = 0, 1, 2, 3
"""The label stays; another one wins; it changes without a strict winner; it changes at the edge of the path."""
WORDS = ("<PAD>", "<UNK>", "ant", "bee", "cat", "dog", "eel", "fox")
ONE_LAYER = (
    "conv2", "conv3", "dense", "leaky", "clip", "abs", "skip", "classes", "parallel", "sigmoid", "dimensions first",
)  # fmt: skip
DEEPER = ("two layers", "max pool")
BENDS = {
    "relu": ((0.0,), lambda z: np.maximum(z, 0)),
    "leaky": ((0.0,), lambda z: np.where(z > 0, z, z / 4)),
    "clip": ((-0.5, 1.0), lambda z: np.clip(z, -0.5, 1.0)),
    "abs": ((0.0,), np.abs),
}


@dataclass
class Network:
    """A network in the making: ONNX nodes, and the same steps in NumPy on a batch."""

    rng: np.random.Generator
    length: int
    dimensions: int
    first: bool = False
    nodes: list = field(default_factory=list)
    stored: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    classes: int = 2
    sigmoid: bool = False

    def quarters(self, *shape):
        return (self.rng.integers(-4, 5, size=shape) * (self.rng.random(shape) < 0.8) / 4).astype(np.float32)

    def constant(self, array):
        name = f"c{len(self.stored)}"
        self.stored.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, operator, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def step(self, name, function):
        """A step in NumPy: ``function(values, guards)`` of the values so far, by name."""
        self.steps.append((name, function))
        return name

    def convolve(self, width, filters, source="input"):
        weight, bias = self.quarters(filters, self.dimensions, width), self.quarters(filters)
        turned = source if self.first else self.node("Transpose", source, perm=[0, 2, 1])
        name = self.node("Conv", turned, self.constant(weight), self.constant(bias))
        wide, shift = weight.astype(np.float64), bias.astype(np.float64)[:, None]

        def run(values, guards):
            windows = np.lib.stride_tricks.sliding_window_view(values[source], width, axis=1)
            return np.einsum("nldk,fdk->nfl", windows, wide) + shift

        return self.step(name, run)

    def flat(self, source):
        name = self.node("Flatten", source)
        turned = source == "input" and self.first

        def run(values, guards):
            value = values[source]
            return (value.transpose(0, 2, 1) if turned else value).reshape(len(value), -1)

        return self.step(name, run)

    def dense(self, source, inputs, outputs):
        weight, bias = self.quarters(inputs, outputs), self.quarters(outputs)
        name = self.node("Gemm", source, self.constant(weight), self.constant(bias))
        return self.step(name, lambda values, guards: values[source] @ weight.astype(np.float64) + bias)

    def bend(self, kind, source):
        operator = {"relu": "Relu", "leaky": "LeakyRelu", "clip": "Clip", "abs": "Abs"}[kind]
        given = [self.constant(np.float32(end)) for end in (-0.5, 1.0)] if kind == "clip" else []
        name = self.node(operator, source, *given, **({"alpha": 0.25} if kind == "leaky" else {}))
        breakpoints, function = BENDS[kind]

        def run(values, guards):
            guards.append((values[source].reshape(len(values[source]), -1), breakpoints))
            return function(values[source])

        return self.step(name, run)

    def pool(self, source):
        name = self.node("MaxPool", source, kernel_shape=[2], strides=[1])

        def run(values, guards):
            windows = np.lib.stride_tricks.sliding_window_view(values[source], 2, axis=2)
            guards.append((windows.reshape(len(windows), -1, 2), None))
            return windows.max(axis=-1)

        return self.step(name, run)

    def join(self, operator, function, *sources, **attributes):
        name = self.node(operator, *sources, **attributes)
        return self.step(name, lambda values, guards: function([values[source] for source in sources]))

    def model(self):
        """The ONNX model; its output is that of the last node."""
        shape = [self.dimensions, self.length] if self.first else [self.length, self.dimensions]
        last = self.nodes[-1].output[0]
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *shape])]
        outputs = [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["batch", None])]
        graph = helper.make_graph(self.nodes, "text", inputs, outputs, self.stored)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(made)
        return made

    def run(self, x):
        """Scores ``(items, labels)`` of sentences ``(items, length, dimensions)``, and what bends where."""
        values, guards = {"input": np.asarray(x, np.float64)}, []
        for name, function in self.steps:
            values[name] = function(values, guards)
        scores = values[self.steps[-1][0]]
        return (np.concatenate([-scores, scores], axis=1) if self.sigmoid else scores), guards


def network(kind, rng):
    """A random network of a kind."""
    net = Network(rng, int(rng.integers(3, 6)), int(rng.integers(2, 5)), first=kind == "dimensions first")
    if net.first and net.length == net.dimensions:
        net.length += 1
    filters, length = int(rng.integers(1, 4)), net.length
    net.classes = 3 if kind == "classes" else 2
    outputs, net.sigmoid = (1, True) if kind == "sigmoid" else (net.classes, False)
    bend = kind if kind in BENDS else "relu"
    if kind in ("dense", "abs"):
        hidden = net.bend(bend, net.dense(net.flat("input"), length * net.dimensions, filters + 1))
        size = filters + 1
    elif kind == "parallel":
        parts = [net.flat(net.bend("relu", net.convolve(width, filters))) for width in (2, 3)]
        hidden = net.join("Concat", lambda values: np.concatenate(values, axis=1), *parts, axis=1)
        size = filters * (2 * length - 3)
    else:
        width = 3 if kind == "conv3" else 2
        inner, size = net.bend(bend, net.convolve(width, filters)), filters * (length - width + 1)
        if kind == "max pool":
            inner, size = net.pool(inner), size - filters
        hidden = net.flat(inner)
    if kind == "two layers":
        hidden, size = net.bend("relu", net.dense(hidden, size, 3)), 3
    scores = net.dense(hidden, size, outputs)
    if kind == "skip":
        net.join("Add", sum, scores, net.dense(net.flat("input"), length * net.dimensions, outputs))
    if net.sigmoid:
        net.node("Sigmoid", scores)
    return net


@dataclass(frozen=True)
class Truth:
    """Every way to change a sentence in words that are allowed, and what it does.

    Attributes:
        rows: The word at each place, ``(ways, places)``.
        changed: Which places differ, ``(ways, places)``.
        kinds: `SAME`, `ATTACK`, `TIE` or `BORDER` for each.
        edge: Does some unit stand exactly at a bend?
        leads: How far the best other label is ahead.
    """

    rows: np.ndarray
    changed: np.ndarray
    kinds: np.ndarray
    edge: np.ndarray
    leads: np.ndarray

    def within(self, places):
        """The ways that change no other places."""
        return ~np.delete(self.changed, list(places), axis=1).any(axis=1) & self.changed.any(axis=1)

    def smallest(self, kinds):
        """The fewest places that must change for one of these kinds; None if none does."""
        sizes = self.changed.sum(axis=1)[np.isin(self.kinds, kinds) & self.changed.any(axis=1)]
        return int(sizes.min()) if len(sizes) else None

    def of(self, words):
        """The number of the way with these new words, ``{place: row}``."""
        wanted = self.rows[0].copy()
        wanted[list(words)] = list(words.values())
        return int(np.flatnonzero((self.rows == wanted).all(axis=1))[0])


def truth(net, vectors, rows, places, allowed, along, apart=1):
    """Try everything; way 0 is the sentence itself."""
    options = [[int(rows[at]), *np.flatnonzero(may).tolist()] for at, may in zip(places, allowed, strict=True)]
    every = np.array(list(product(*options)))
    ways = every[[_stands_apart(places[way != every[0]], apart) for way in every]]
    sentences = np.repeat(rows[None], len(ways), axis=0)
    sentences[:, places] = ways
    scores, guards = net.run(vectors[sentences])
    label = int(scores[0].argmax())
    winners = scores.argmax(axis=1)
    ordered = np.sort(scores, axis=1)
    strict = ordered[:, -1] > ordered[:, -2]
    kinds = np.where(winners == label, SAME, np.where(strict, ATTACK, TIE))
    on, touching, edge = (np.ones(len(ways), bool), np.ones(len(ways), bool), np.zeros(len(ways), bool))
    for values, breakpoints in guards:
        same, closed, at = _kept(values, breakpoints)
        on, touching, edge = on & same, touching & closed, edge | at
    if along:
        kinds = np.where(on, kinds, np.where(touching & (winners != label), BORDER, SAME))
    leads = np.delete(scores, label, axis=1).max(axis=1) - scores[:, label]
    return Truth(ways, ways != ways[0], kinds, edge, leads)


def _stands_apart(places, apart):
    return all(second - first >= apart for first, second in pairwise(places.tolist()))


def _kept(values, breakpoints):
    """Which items keep item 0's arms, keep them at least at an edge, and have something at an edge."""
    if breakpoints is None:
        best, most = values[0].argmax(axis=1), values.max(axis=2)
        own = np.take_along_axis(values, np.broadcast_to(best[None, :, None], (*most.shape, 1)), axis=2)[..., 0]
        tied = (values == most[..., None]).sum(axis=2) > 1
        return (values.argmax(axis=2) == best).all(axis=1), (own == most).all(axis=1), tied.any(axis=1)
    arms = sum((values > at).astype(int) for at in breakpoints)
    ends = np.array([-np.inf, *breakpoints, np.inf])
    closed = (ends[arms[0]] <= values) & (values <= ends[arms[0] + 1])
    return (arms == arms[0]).all(axis=1), closed.all(axis=1), np.isin(values, breakpoints).any(axis=1)


def words_of(rng, dimensions):
    """Words and vectors, quarters; some vectors are zero, some words share theirs."""
    count = int(rng.integers(4, 9))
    vectors = (rng.integers(-3, 4, size=(count, dimensions)) / 2).astype(np.float32)
    vectors[0] = 0
    if rng.random() < 0.3:
        vectors[rng.integers(1, count)] = vectors[rng.integers(1, count)]
    return WORDS[:count], vectors
