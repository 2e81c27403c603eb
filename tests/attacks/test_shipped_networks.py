"""The networks of the zoo on real images: every pixel against fractions, Z3, and brute force over all levels."""

from fractions import Fraction

import numpy as np
import pytest
from attack_oracle import check_result
from oracles import answers, box_spans, dense_layers, load_bytes, run_dense_exactly
from requirements import require

import deepcheck
from deepcheck import Pixels, datasets, zoo
from deepcheck.attacks import Outcome


@pytest.fixture(scope="module")
def digits():
    require("sklearn")
    return datasets.digits("test").pixels()


@pytest.fixture(scope="module")
def mnist(data_folder):
    return datasets.mnist("test", data_folder).pixels()


def network(name):
    model = load_bytes(zoo.path(name).read_bytes())
    return model, dense_layers(model), deepcheck.load(zoo.path(name))


def table_of(levels):
    return [Fraction(float(np.float32(v) / np.float32(levels - 1))) for v in range(levels)]


@pytest.mark.parametrize("levels", [None, 17])
def test_every_pixel_of_digits(digits, levels):
    model, layers, program = network("digits_10x4")
    verdicts = set()
    for x, result in zip(
        digits[:12], deepcheck.attack(program, digits[:12], domain=Pixels(levels=levels)), strict=True
    ):
        exact = run_dense_exactly(layers, x)
        verdicts.add(check_result(result, model, x, exact=exact, table=table_of(levels) if levels else None))
    assert verdicts == {"attack", "proved"}


@pytest.mark.parametrize("options", [{}, {"levels": 256}, {"unbounded": True}], ids=str)
def test_every_pixel_of_mnist(mnist, options):
    model, layers, program = network("mnist_10x4")
    # Image 8 is attackable within [0, 1], image 0 is not.
    for index in (8,) if options else (0, 8):
        x = mnist[index]
        result = deepcheck.attack(program, x, domain=Pixels(**options))
        ends = (None, None) if "unbounded" in options else (0.0, 1.0)
        table = table_of(256) if "levels" in options else None
        check_result(result, model, x, exact=run_dense_exactly(layers, x), lower=ends[0], upper=ends[1], table=table)


def same_path_and_label(layers, x):
    """For all 256 levels of every pixel, in float64: is the path kept, which label, and is either in doubt?

    Returns:
        Three arrays ``(784, 256)``: keeps the path, label, too close to call.
    """
    levels = (np.arange(256).astype(np.float32) / np.float32(255)).astype(np.float64)
    flat = x.reshape(-1).astype(np.float64)
    weights = [(w.astype(np.float64), b.astype(np.float64)) for w, b in layers]
    start = flat @ weights[0][0] + weights[0][1]
    value = start + (levels[None, :] - flat[:, None])[:, :, None] * weights[0][0][:, None, :]
    origin, kept, doubt = start, True, False
    for position, (weight, bias) in enumerate(weights):
        if position:
            origin, value = origin @ weight + bias, value @ weight + bias
        if position < len(weights) - 1:
            kept &= ((value > 0) == (origin > 0)).all(axis=-1)
            doubt |= (np.abs(value) < 1e-9).any(axis=-1)
            origin, value = np.maximum(origin, 0), np.maximum(value, 0)
    top = np.sort(value, axis=-1)
    return kept, value.argmax(axis=-1), doubt | (top[..., -1] - top[..., -2] < 1e-9)


def test_levels_of_mnist_are_those_of_brute_force(mnist):
    _, layers, program = network("mnist_10x4")
    batch = mnist[:60]
    flips = close = 0
    for x, result in zip(batch, deepcheck.attack(program, batch, domain=Pixels(levels=256)), strict=True):
        kept, labels, doubt = same_path_and_label(layers, x)
        found = {}
        for attack in result.attacks:
            for label, ((first, last),) in attack.levels.items():
                found[attack.features[0], label] = (first, last)
        close += int(doubt.sum())
        reached = np.where(kept & (labels != result.label), labels, -1)
        for pixel, label in {(int(p), int(reached[p, v])) for p, v in zip(*np.nonzero(reached >= 0), strict=True)}:
            expected = np.flatnonzero(reached[pixel] == label)
            if not doubt[pixel].any():
                assert (pixel, label) in found
                assert expected.tolist() == list(range(found[pixel, label][0], found[pixel, label][1] + 1))
            flips += len(expected)
        for (pixel, label), (first, last) in found.items():
            inside = slice(first, last + 1)
            assert ((reached[pixel, inside] == label) | doubt[pixel, inside]).all()
    assert flips > 500
    assert close < flips / 100


def test_z3_agrees_about_every_tenth_pixel_of_an_attackable_image(mnist):
    z3 = require("z3")
    _, layers, program = network("mnist_10x4")
    x = mnist[8]
    exact = run_dense_exactly(layers, x)
    result = deepcheck.attack(program, x)
    attackable = {feature for (feature,) in result.attackable}
    scores = exact.outputs
    asked = sorted(attackable | set(range(0, 784, 10)))
    assert attackable
    for i in asked:
        d, solver = z3.Real("d"), z3.Solver()
        origin = Fraction(float(x.reshape(-1)[i]))
        solver.add(d + q(z3, origin) >= 0, d + q(z3, origin) <= 1)
        for value, slope in zip(exact.guards[0], exact.guards[1 + i], strict=True):
            solver.add(q(z3, value) + q(z3, slope) * d >= 0)
        goals = []
        for j in range(10):
            if j != result.label:
                gap, step = scores[0, j] - scores[0, result.label], scores[1 + i, j] - scores[1 + i, result.label]
                form = q(z3, gap) + q(z3, step) * d
                goals.append(form >= 0 if j < result.label else form > 0)
        solver.add(z3.Or(goals))
        assert (solver.check() == z3.sat) == (i in attackable), i


def q(z3, value):
    return z3.Q(value.numerator, value.denominator)


def test_a_batch_of_images_is_each_image(digits):
    program = network("digits_10x4")[2]
    together = deepcheck.attack(program, digits[:40])
    for x, result in zip(digits[:40], together, strict=True):
        alone = deepcheck.attack(program, x)
        assert result.outcomes.tolist() == alone.outcomes.tolist()
        assert [a.witness.values for a in result.attacks] == [a.witness.values for a in alone.attacks]


def test_attackable_or_proved_agrees_with_fractions_on_many_digits(digits):
    """Only the verdict of every pixel, on twenty images."""
    _, layers, program = network("digits_10x4")
    for x, result in zip(digits[12:32], deepcheck.attack(program, digits[12:32]), strict=True):
        label, found = answers(run_dense_exactly(layers, x), box_spans(x, 0, 1))
        assert result.label == label
        expected = [any(not span.empty for span in answer.reached.values()) for answer in found]
        assert (result.outcomes == Outcome.ATTACKABLE).tolist() == expected
