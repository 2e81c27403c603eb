import dataclasses
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

NAMES = ("digits_10x4", "fashion_10x4", "mnist_10x4")
SEEDS = tuple(f"mnist_10x4_{seed:02}" for seed in range(10))
every_network = pytest.mark.parametrize("name", [*NAMES, *SEEDS])


def dense_layers(model: onnx.ModelProto) -> list[tuple[np.ndarray, np.ndarray]]:
    """The weights ``(out, in)`` and biases ``(out,)``, in order, of a model of Gemm nodes."""
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return [(stored[node.input[1]], stored[node.input[2]]) for node in model.graph.node if node.op_type == "Gemm"]


def labels_of(path: Path, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"input": x})[0].argmax(1)


def accuracy(path: Path, images: datasets.ImageSet) -> float:
    return float(np.mean(labels_of(path, images.pixels()) == images.labels))


def card_file(name: str) -> Path:
    return zoo.path(name).with_name("cards.json") if name in SEEDS else zoo.path(name).with_suffix(".json")


def stored_card(name: str) -> dict[str, object]:
    """The card as it is on disk: a file of its own, or one entry of the file of all seeds."""
    stored = json.loads(card_file(name).read_text())
    return stored[SEEDS.index(name)] if name in SEEDS else stored


def test_the_networks_are_listed():
    assert zoo.names() == NAMES
    assert zoo.seeds() == SEEDS


@pytest.mark.parametrize("name", ["mnist", "", "../cards", "mnist_10x4.onnx"])
@pytest.mark.parametrize("function", [zoo.path, zoo.card])
def test_an_unknown_name_is_answered_with_the_known_ones(function, name):
    with pytest.raises(
        OptionError, match=r"digits_10x4, fashion_10x4, (imdb_.+, )?mnist_10x4; got " + re.escape(repr(name))
    ):
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


@every_network
def test_the_scores_are_those_of_four_dense_layers(name):
    inputs = 64 if name == "digits_10x4" else 784
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
@pytest.mark.parametrize("card", [False, True])
def test_a_file_is_small_and_names_no_place_on_a_machine(name, card):
    content = (card_file(name) if card else zoo.path(name)).read_bytes()
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
    stored = stored_card(name)
    card = zoo.card(name)
    assert card.bounds == (0.0, 1.0)
    assert list(card.labels) == stored["labels"]
    assert len(card.labels) == 10
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


def test_the_accuracy_on_fashion_mnist_is_the_one_on_the_card(data_folder):
    test = datasets.fashion_mnist("test", data_folder)
    card, path = zoo.card("fashion_10x4"), zoo.path("fashion_10x4")
    assert accuracy(path, test) == pytest.approx(card.test_accuracy, abs=2.5 / len(test))
    assert (card.training.images, card.test_images) == (60_000, 10_000)
    assert card.labels == test.classes
    assert card.test_accuracy >= 0.83


# The seeds


def test_the_seeds_differ_in_their_seed_alone():
    cards = [zoo.card(name) for name in SEEDS]
    assert [card.training.seed for card in cards] == list(range(10))
    assert len({dataclasses.replace(card.training, seed=0) for card in cards}) == 1
    assert len({card.sha256 for card in cards}) == 10
    assert dataclasses.replace(cards[3].training, seed=0) == dataclasses.replace(
        zoo.card("mnist_10x4").training, seed=0
    )


def test_the_accuracies_of_the_seeds_are_those_on_their_cards(data_folder):
    test = datasets.mnist("test", data_folder)
    for name in SEEDS:
        assert accuracy(zoo.path(name), test) == pytest.approx(zoo.card(name).test_accuracy, abs=2.5 / len(test))


def test_the_seeds_take_little_room():
    assert sum(file.stat().st_size for file in zoo.path(SEEDS[0]).parent.iterdir()) < 400_000
