import hashlib
import json
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from requirements import require

from deepcheck import datasets, zoo
from deepcheck.errors import OptionError

NAMES = ("digits_10x4", "mnist_10x4")
every_network = pytest.mark.parametrize("name", NAMES)


def dense_layers(model: onnx.ModelProto) -> list[tuple[np.ndarray, np.ndarray]]:
    """The weights ``(out, in)`` and biases ``(out,)``, in order, of a model of Gemm nodes."""
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return [(stored[node.input[1]], stored[node.input[2]]) for node in model.graph.node if node.op_type == "Gemm"]


def labels_of(path: Path, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"input": x})[0].argmax(1)


def accuracy(path: Path, images: datasets.ImageSet) -> float:
    return float(np.mean(labels_of(path, images.pixels()) == images.labels))


def test_the_networks_are_listed():
    assert zoo.names() == NAMES


@pytest.mark.parametrize("name", ["mnist", "", "../cards", "mnist_10x4.onnx"])
@pytest.mark.parametrize("function", [zoo.path, zoo.card])
def test_an_unknown_name_is_answered_with_the_known_ones(function, name):
    with pytest.raises(OptionError, match=r"digits_10x4, (imdb_.+, )?mnist_10x4; got " + re.escape(repr(name))):
        function(name)


@every_network
def test_the_model_is_the_one_on_the_card(name):
    assert zoo.card(name).name == name
    assert zoo.card(name).sha256 == hashlib.sha256(zoo.path(name).read_bytes()).hexdigest()


@every_network
def test_the_model_is_sound_and_self_contained(name, tmp_path):
    copy = tmp_path / "alone.onnx"
    copy.write_bytes(zoo.path(name).read_bytes())
    onnx.checker.check_model(copy, full_check=True)
    model = onnx.load(copy, load_external_data=False)
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in model.graph.initializer)


@every_network
def test_the_interface_of_the_model(name):
    card = zoo.card(name)
    session = onnxruntime.InferenceSession(zoo.path(name).read_bytes(), providers=["CPUExecutionProvider"])
    (given,), (answered,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("input", "tensor(float)", ["batch", *card.input_shape])
    assert (answered.name, answered.type, answered.shape) == ("scores", "tensor(float)", ["batch", len(card.labels)])
    for batch in (0, 1, 7):
        x = np.zeros((batch, *card.input_shape), np.float32)
        assert session.run(None, {"input": x})[0].shape == (batch, 10)


@pytest.mark.parametrize(("name", "inputs"), [("digits_10x4", 64), ("mnist_10x4", 784)])
def test_the_scores_are_those_of_four_dense_layers(name, inputs):
    layers = dense_layers(onnx.load(zoo.path(name)))
    assert [weight.shape for weight, _ in layers] == [(10, inputs), (10, 10), (10, 10), (10, 10)]
    x = np.random.default_rng(0).random((50, *zoo.card(name).input_shape), np.float32)
    value = x.reshape(50, inputs).astype(np.float64)
    for index, (weight, bias) in enumerate(layers):
        value = value @ weight.T.astype(np.float64) + bias
        value = value if index == 3 else np.maximum(value, 0)
    session = onnxruntime.InferenceSession(zoo.path(name).read_bytes(), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(["scores"], {"input": x})[0], value, rtol=1e-4, atol=1e-4)


@every_network
def test_the_weights_are_ordinary_numbers(name):
    for weight, bias in dense_layers(onnx.load(zoo.path(name))):
        for array in (weight, bias):
            assert array.dtype == np.float32
            assert np.all(np.isfinite(array))
            assert np.all((array == 0) | (np.abs(array) > 1e-30))  # weight decay must not leave subnormal numbers


@every_network
@pytest.mark.parametrize("suffix", [".onnx", ".json"])
def test_a_file_is_small_and_names_no_place_on_a_machine(name, suffix):
    content = zoo.path(name).with_suffix(suffix).read_bytes()
    assert len(content) < 100_000
    for trace in (b"/home/", b"/work/", b"/root/", b"/tmp/", b"site-packages", b".py:", b"stack_trace", b"pkg.torch"):
        assert trace not in content


@every_network
def test_the_model_has_no_documentation_strings(name):
    model = onnx.load(zoo.path(name))
    parts = [model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.value_info]
    parts += [*model.graph.input, *model.graph.output]
    assert not any(part.doc_string or part.metadata_props for part in parts)


@every_network
def test_the_card_is_the_json_beside_the_model(name):
    stored = json.loads(zoo.path(name).with_suffix(".json").read_text())
    card = zoo.card(name)
    assert (card.bounds, card.labels) == ((0.0, 1.0), tuple("0123456789"))
    assert list(card.input_shape) == stored["input_shape"]
    assert (card.training.seed, card.training.epochs) == (stored["training"]["seed"], stored["training"]["epochs"])
    assert hash(card) == hash(zoo.card(name))


def test_the_accuracy_on_digits_is_the_one_on_the_card():
    require("sklearn")
    test, training = datasets.digits("test"), datasets.digits("train")
    card, path = zoo.card("digits_10x4"), zoo.path("digits_10x4")
    # One image may lie so near to a border that another machine rounds it to the other side.
    assert accuracy(path, test) == pytest.approx(card.test_accuracy, abs=1.5 / len(test))
    assert accuracy(path, training) == pytest.approx(card.train_accuracy, abs=1.5 / len(training))
    assert (card.training.images, card.test_images) == (1437, 360)
    assert card.test_accuracy >= 0.93


def test_the_accuracy_on_mnist_is_the_one_on_the_card(data_folder):
    test, training = datasets.mnist("test", data_folder), datasets.mnist("train", data_folder)
    card, path = zoo.card("mnist_10x4"), zoo.path("mnist_10x4")
    assert accuracy(path, test) == pytest.approx(card.test_accuracy, abs=2.5 / len(test))
    assert accuracy(path, training) == pytest.approx(card.train_accuracy, abs=10.5 / len(training))
    assert (card.training.images, card.test_images) == (60_000, 10_000)
    assert card.test_accuracy >= 0.92
