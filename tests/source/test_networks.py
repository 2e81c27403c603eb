"""Translated source = the model in exact arithmetic, for generated and shipped networks, whole and along a path."""

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import run_exactly, session_of
from requirements import absent
from running import answer, compiled, module_of, run_c, run_python
from strategies import DEGENERATE, FLOAT32, ORDINARY, networks

import deepcheck
from deepcheck import datasets, zoo
from deepcheck.program import NormBounded, exact_floats
from deepcheck.symbolic import run
from deepcheck.symbolic.concrete import Concrete

FLOAT64 = np.dtype(np.float64)


def assert_is_exact(found, network, program):
    """Within what float64 may lose on sums of this size, in any order, of the exact outputs."""
    expected = run_exactly(network.model, network.x, slopes=False).outputs[0].astype(np.float64)
    outcome = run(program, network.x[None])
    if outcome.overflow[0]:
        return
    outputs = outcome.outputs
    if outcome.exact[0]:
        # Those bounds are of the exact run. Where an arm is uncertain, bounds by norms hold all the same: no branch
        # enlarges a difference more than its steepest piece.
        with np.errstate(all="ignore"):
            outputs = Concrete(NormBounded(), 1).run(program, exact_floats(network.x[None]))
    bounds = np.broadcast_to(outputs.element_error, outputs.value.shape)[0]
    assert np.all(np.abs(found - expected) <= 4 * bounds + 1e-300), (found, expected, bounds)


@given(networks(dtypes=(FLOAT32, FLOAT64)), st.booleans())
def test_a_generated_network_in_python(network, along):
    program = deepcheck.load(network.model)
    outcome = run(program, network.x[None])
    # Where float64 cannot settle the path, a guard is within rounding of its border and may fail.
    source = deepcheck.translate(program, x=network.x if along and not outcome.exact[0] else None)
    found, expected = run_python(source, network.x), program(network.x).ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * (1 + np.abs(expected).max()))
    assert_is_exact(found, network, program)
    if program.decision is not None and not outcome.borders[0] and not outcome.exact[0]:
        assert module_of(source)["label"](found.tolist()) == outcome.labels[0]


@given(networks(DEGENERATE))
@settings(max_examples=50)
def test_a_degenerate_network_in_python(network):
    program = deepcheck.load(network.model)
    assert_is_exact(run_python(deepcheck.translate(program), network.x), network, program)


@given(networks(ORDINARY + DEGENERATE), st.booleans())
@settings(max_examples=20)
def test_a_generated_network_in_c_is_the_same_to_the_last_bit(tmp_path_factory, network, along):
    """Both languages print one form, so they add in the same order."""
    program = deepcheck.load(network.model)
    outcome = run(program, network.x[None])
    if outcome.overflow[0]:
        return
    x = network.x if along and not outcome.exact[0] else None
    binary = compiled(deepcheck.translate(program, "c", x), tmp_path_factory.mktemp("c"))
    found, label = run_c(binary, network.x)
    source = deepcheck.translate(program, x=x)
    assert found.tolist() == run_python(source, network.x).tolist()
    assert label == module_of(source)["label"](found.tolist())


def test_a_shipped_network_on_real_digits(tmp_path):
    path = zoo.path("digits_10x4")
    program, x = deepcheck.load(path), datasets.digits("test").pixels()[:40]
    names = module_of(deepcheck.translate(program))
    binary = compiled(deepcheck.translate(program, "c"), tmp_path)
    for image in x.reshape(-1, *program.input_shape):
        found = names["run"](image.tolist())
        np.testing.assert_allclose(found, program(image).ravel(), rtol=1e-12)
        assert names["label"](found) == program(image).argmax() == run_c(binary, image)[1]


PUBLISHED = {
    "MNIST_ConvSmall": (datasets.mnist, (0.1307, 0.3081)),
    "MNIST_6x200_PGD": (datasets.mnist, (0.1307, 0.3081)),
    "CIFAR_ConvSmallPGD": (datasets.cifar10, None),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_network_on_real_images(name, data_folder, tmp_path):
    file = Path(os.environ["DEEPCHECK_DATA"]).parent / "models" / f"{name}.onnx"
    if not file.is_file():
        absent("models", f"the shared networks are missing: there is no {file}")
    read, numbers = PUBLISHED[name]
    options = {} if numbers is None else {"mean": numbers[0], "std": numbers[1]}
    program = deepcheck.load(file, **options)
    x = read("test", data_folder).pixels()[:3].reshape(-1, *program.input_shape)
    binary = compiled(deepcheck.translate(program, "c"), tmp_path)
    received = x if numbers is None else (x - np.float32(numbers[0])) / np.float32(numbers[1])
    session = session_of(onnx.load(file))
    for image, fed in zip(x, received, strict=True):
        found, label = run_c(binary, image)
        expected = session.run(None, {session.get_inputs()[0].name: fed[None]})[0].ravel()
        assert label == expected.argmax()
        np.testing.assert_allclose(found, program(image).ravel(), rtol=1e-12, atol=1e-12)
    assert run_python(deepcheck.translate(program), x[2]).tolist() == found.tolist()
    (tmp_path / "path").mkdir()
    along = compiled(deepcheck.translate(program, "c", x[0]), tmp_path / "path")
    np.testing.assert_allclose(run_c(along, x[0])[0], program(x[0]).ravel(), rtol=1e-12, atol=1e-12)
    assert "Assertion" in answer(along, x[1]).stderr
