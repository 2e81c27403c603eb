"""Networks taken apart into units, and every bound on rounding, against exact fractions."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from text_oracle import DEEPER, ONE_LAYER, Network, network
from trials import trial

import deepcheck
from deepcheck.symbolic.one_layer import OneLayer
from deepcheck.text import Question, TextModel, Vocabulary, every_word
from deepcheck.text.chains import Ceiling, most_apart
from deepcheck.text.couples import Shared

LENGTH, DIMENSIONS, WIDTH, FILTERS = 4, 3, 2, 3


@pytest.mark.parametrize("kind", ONE_LAYER)
def test_scores_are_what_is_linear_and_the_units(kind):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        net = network(kind, rng)
        program = deepcheck.load(net.model())
        layer = OneLayer.of(program)
        x = rng.integers(-8, 9, size=(6, net.length, net.dimensions)) / 4
        scores, guards = net.run(x)
        flat = (x.transpose(0, 2, 1) if net.first else x).reshape(6, -1)
        at_0 = layer.at(np.zeros((1, *program.input_shape))).value
        units = flat @ layer.weights.value + at_0
        made = flat @ layer.linear.value.T + np.maximum(units, 0) @ layer.rates.value.T
        np.testing.assert_allclose(made - made[0], scores - scores[0], atol=1e-12)
        np.testing.assert_allclose(layer.at(flat.reshape(6, *program.input_shape)).value, units, atol=1e-12)
        bent = [values - at for values, breakpoints in guards for at in breakpoints]
        np.testing.assert_allclose(units, np.concatenate(bent, axis=1), atol=1e-12)


@pytest.mark.parametrize("kind", DEEPER)
def test_a_network_of_more_layers_is_not_taken_apart(kind):
    assert OneLayer.of(deepcheck.load(network(kind, np.random.default_rng(0)).model())) is None


def test_slopes_that_no_float_holds_are_not_taken_apart():
    net = Network(np.random.default_rng(0), 2, 2)
    inner = net.node("LeakyRelu", net.dense(net.flat("input"), 4, 3), alpha=1e-30)
    net.dense(inner, 3, 2)
    assert OneLayer.of(deepcheck.load(net.model())) is None


def rough(rng, spread):
    """A convolution between dense layers, with numbers of very different sizes: arrays by name."""
    size = FILTERS * (LENGTH - WIDTH + 1)
    shapes = {"mix": (DIMENSIONS, DIMENSIONS), "kernel": (FILTERS, DIMENSIONS, WIDTH), "shift": (FILTERS,)}
    shapes |= {"dense": (size, 4), "last": (4, 3), "end": (3,)}
    return {
        name: (rng.normal(size=shape) * 10.0 ** rng.integers(-spread, spread + 1, size=shape)).astype(np.float32)
        for name, shape in shapes.items()
    }


def rough_model(arrays):
    nodes = [
        helper.make_node("MatMul", ["input", "mix"], ["mixed"]),
        helper.make_node("Transpose", ["mixed"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["turned", "kernel", "shift"], ["z"]),
        helper.make_node("LeakyRelu", ["z"], ["y"], alpha=0.1),
        helper.make_node("Flatten", ["y"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["inner"]),
        helper.make_node("Gemm", ["inner", "last", "end"], ["scores"]),
    ]
    ends = (("input", [LENGTH, DIMENSIONS]), ("scores", [3]))
    given, made = (helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", *shape]) for n, shape in ends)
    stored = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "rough", [given], [made], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def fractions(array):
    flat = [Fraction(float(value)) for value in np.ravel(array)]
    return np.array(flat, dtype=object).reshape(np.shape(array))


class Exactly:
    """The rough network in fractions."""

    def __init__(self, arrays):
        self.arrays = {name: fractions(array) for name, array in arrays.items()}
        self.slope = Fraction(float(np.float32(0.1)))

    def units(self, x):
        mixed, kernel = fractions(x) @ self.arrays["mix"], self.arrays["kernel"]
        windows = range(LENGTH - WIDTH + 1)
        return np.array(
            [
                [sum((kernel[f].T * mixed[w : w + WIDTH]).ravel()) + self.arrays["shift"][f] for w in windows]
                for f in range(FILTERS)
            ]
        )

    def scores(self, x):
        bent = np.array([z if z > 0 else z * self.slope for z in self.units(x).ravel()], dtype=object)
        return bent @ self.arrays["dense"] @ self.arrays["last"] + self.arrays["end"]


def rough_question(seed, spread):
    rng = np.random.default_rng([seed, spread % 100])
    arrays = rough(rng, max(spread, 0))
    if spread < 0:  # how much a unit counts is what is left of large numbers
        arrays["dense"][:, :3] *= 1e7
        arrays["dense"][:, 2] = -arrays["dense"][:, 0]
        arrays["dense"][:, 1] = arrays["dense"][:, 0] / 3
        arrays["last"][2] = arrays["last"][0] + arrays["last"][1] / 3
    words = ("<PAD>", "<UNK>", "ant", "bee", "cat", "dog")
    vectors = (
        rng.normal(size=(6, DIMENSIONS)) * 10.0 ** rng.integers(-abs(spread), abs(spread) + 1, size=(6, 1))
    ).astype("f4")
    model = TextModel.of(deepcheck.load(rough_model(arrays)), Vocabulary.of(words, vectors))
    sentence = model.sentence("ant bee bee cat")
    allowed = np.repeat([[False, True, True, True, True, True]], LENGTH, axis=0)
    return Question(model, sentence, sentence.places, allowed), Exactly(arrays), vectors


@pytest.mark.parametrize("spread", [-1, 0, 3, 8])
@pytest.mark.parametrize("seed", range(3))
def test_no_gain_is_off_by_more_than_it_says(seed, spread):
    question, exact, vectors = rough_question(seed, spread)
    effects, rows = question.effects, question.sentence.rows
    base, before = exact.scores(vectors[rows]), exact.units(vectors[rows])
    side = [1 if z > 0 else -1 for z in before.ravel()]
    assert question.label == max(range(3), key=lambda label: base[label])
    for form, other in enumerate(effects.others):
        off = Fraction(effects.gaps[form]) - (base[other] - base[question.label])
        assert abs(off) <= Fraction(effects.gap_errors[form])
    for place in range(LENGTH):
        for word in range(1, 6):
            changed = rows.copy()
            changed[place] = word
            scores, units = exact.scores(vectors[changed]), exact.units(vectors[changed])
            for form, other in enumerate(effects.others):
                gain = (scores[other] - scores[question.label]) - (base[other] - base[question.label])
                off = abs(Fraction(effects.gains[place, form, word]) - gain)
                assert off <= Fraction(effects.errors[place, form])
            seen = np.zeros((FILTERS, LENGTH - WIDTH + 1), bool)
            seen[:, max(0, place - WIDTH + 1) : place + 1] = True
            least = min(s * z for s, z, may in zip(side, units.ravel(), seen.ravel(), strict=True) if may)
            assert abs(Fraction(effects.inside[place, word]) - least) <= Fraction(effects.slack[place])
    if spread == 0:
        assert effects.errors.max() < 1e-10


@pytest.mark.parametrize("spread", [-1, 0, 3, 8])
@pytest.mark.parametrize("seed", range(3))
def test_no_best_pair_is_off_by_more_than_it_says(seed, spread):
    question, exact, vectors = rough_question(seed, spread)
    effects, rows = question.effects, question.sentence.rows

    def lead(changed, form):
        scores = exact.scores(vectors[changed])
        return scores[effects.others[form]] - scores[question.label]

    for i, j in ((0, 1), (2, 3)):
        assert effects.places[j] - effects.places[i] < effects.apart == WIDTH
        for form in range(2):
            found = Shared(effects, (i, j), question.allowed).best(form, -np.inf)
            gains = {}
            for first in range(1, 6):
                for second in range(1, 6):
                    changed = rows.copy()
                    changed[[i, j]] = first, second
                    gains[first, second] = lead(changed, form) - lead(rows, form)
            assert abs(Fraction(found.gain) - gains[found.first, found.second]) <= Fraction(found.error)
            assert max(gains.values()) <= Fraction(found.gain) + Fraction(found.error)


@pytest.mark.parametrize("spread", [0, 3])
def test_units_and_rates_are_within_their_errors(spread):
    rng = np.random.default_rng(spread)
    arrays = rough(rng, spread)
    layer, exact = OneLayer.of(deepcheck.load(rough_model(arrays))), Exactly(arrays)
    nothing = exact.units(np.zeros((LENGTH, DIMENSIONS))).ravel()
    for element in range(LENGTH * DIMENSIONS):
        unit = np.zeros(LENGTH * DIMENSIONS)
        unit[element] = 1
        slopes = exact.units(unit.reshape(LENGTH, DIMENSIONS)).ravel() - nothing
        for value, error, true in zip(layer.weights.value[element], layer.weights.error[element], slopes, strict=True):
            assert abs(Fraction(value) - true) <= Fraction(error)
    counts = exact.arrays["dense"] @ exact.arrays["last"]
    for element in range(LENGTH * DIMENSIONS):
        unit = np.zeros(LENGTH * DIMENSIONS)
        unit[element] = 1
        slopes = exact.units(unit.reshape(LENGTH, DIMENSIONS)).ravel() - nothing
        for label in range(3):
            true = exact.slope * (slopes @ counts[:, label])
            off = abs(Fraction(layer.linear.value[label, element]) - true)
            assert off <= Fraction(layer.linear.error[label, element])
    for label in range(3):
        for unit in range(len(counts)):
            true = counts[unit, label] * (1 - exact.slope)
            off = abs(Fraction(layer.rates.value[label, unit]) - true)
            assert off <= Fraction(layer.rates.error[label, unit])
            assert not off or layer.rates.error[label, unit] < 1e-9 * abs(true) + 1e-9


@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
@pytest.mark.parametrize("kind", ["conv2", "conv3", "skip", "parallel", "clip", "abs", "leaky"])
def test_a_ceiling_is_above_whatever_so_many_words_gain(kind, along):
    for seed in range(12):
        made = trial(kind, seed, along)
        truth, singles = made.truth, every_word(made.question)
        ceiling = Ceiling.of(made.question, singles)
        for size in range(1, len(made.question.places) + 1):
            may = truth.changed.sum(axis=1) <= size
            if along:  # what leaves the path is listed as the same
                may &= truth.kinds != 0
            gains = truth.leads[may] - truth.leads[0]
            assert gains.max(initial=0.0) <= ceiling.gain(size, 0), (seed, size)


def test_the_best_places_apart_are_those_that_trying_all_finds():
    for seed in range(12):
        made = trial("conv2", seed)
        effects, places = made.question.effects, made.question.places
        best = np.maximum(every_word(made.question).best, 0.0)
        for size in range(1, len(places) + 1):
            gain, rows = most_apart(effects, best, size, 0, effects.apart)
            apart = [
                sum(best[list(some), 0])
                for count in range(size + 1)
                for some in combinations(range(len(places)), count)
                if all(places[b] - places[a] >= effects.apart for a, b in combinations(some, 2))
            ]
            assert gain == pytest.approx(max(apart), abs=1e-12)
            assert sum(best[list(rows), 0]) == pytest.approx(gain, abs=1e-12)
            assert len(rows) <= size
            assert all(places[b] - places[a] >= effects.apart for a, b in combinations(rows, 2))
