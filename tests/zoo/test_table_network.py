"""The network that reads a table: what the file is, in onnxruntime and in plain NumPy."""

import hashlib
import json

import numpy as np
import onnx
import onnxruntime
import pytest
from requirements import require

from deepcheck import datasets, zoo
from deepcheck.errors import OptionError

NAME = "cancer_16x2"


def scores(x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(zoo.path(NAME).read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"input": x})[0]


def stored() -> dict[str, np.ndarray]:
    return {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(zoo.path(NAME)).graph.initializer}


def test_it_is_listed_apart_from_those_that_read_images_or_text():
    assert zoo.table_names() == (NAME,)
    assert NAME not in zoo.names() + zoo.text_names() + zoo.seeds()


@pytest.mark.parametrize("name", ["digits_10x4", "", "../tables/cancer_16x2"])
def test_an_unknown_name_is_answered_with_the_known_ones(name):
    with pytest.raises(OptionError, match="one of cancer_16x2; got"):
        zoo.table_card(name)


def test_the_card_is_about_the_file_and_the_data_set():
    require("sklearn")
    card, training = zoo.table_card(NAME), datasets.breast_cancer("train")
    assert card.sha256 == hashlib.sha256(zoo.path(NAME).read_bytes()).hexdigest()
    assert card.features == training.feature_names
    assert card.labels == training.classes == ("malignant", "benign")
    np.testing.assert_array_equal(np.float32(card.lower), training.rows.min(axis=0))
    np.testing.assert_array_equal(np.float32(card.upper), training.rows.max(axis=0))
    assert (card.training.samples, card.test_samples) == (455, 114)
    assert hash(card) == hash(zoo.table_card(NAME))


def test_the_accuracy_is_the_one_on_the_card():
    require("sklearn")
    card = zoo.table_card(NAME)
    for split, said in (("test", card.test_accuracy), ("train", card.train_accuracy)):
        samples = datasets.breast_cancer(split)
        share = np.mean(scores(samples.values()).argmax(axis=1) == samples.labels)
        assert share == pytest.approx(said, abs=1.5 / len(samples))  # another machine may round one to the other side
    assert card.test_accuracy >= 0.95


def test_it_standardises_raw_measurements_by_the_training_samples_alone():
    require("sklearn")
    rows = datasets.breast_cancer("train").rows.astype(np.float64)
    nodes = {node.op_type: node for node in onnx.load(zoo.path(NAME)).graph.node}
    np.testing.assert_allclose(stored()[nodes["Sub"].input[1]], rows.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(stored()[nodes["Div"].input[1]], rows.std(axis=0), rtol=1e-6)


def test_the_scores_are_those_of_three_dense_layers_on_standardised_measurements():
    require("sklearn")
    rows = datasets.breast_cancer("train").rows.astype(np.float64)
    x = datasets.breast_cancer("test").values()
    value = (x - rows.mean(axis=0)) / rows.std(axis=0)
    layers = [n for n in onnx.load(zoo.path(NAME)).graph.node if n.op_type == "Gemm"]
    for index, node in enumerate(layers):
        value = value @ stored()[node.input[1]].T.astype(np.float64) + stored()[node.input[2]]
        value = value if index == 2 else np.maximum(value, 0)
    np.testing.assert_allclose(scores(x), value, rtol=1e-4, atol=1e-4)
    assert scores(x[:0]).shape == (0, 2)


def test_the_files_are_small_and_name_no_place_on_a_machine():
    for file in (zoo.path(NAME), zoo.path(NAME).with_suffix(".json")):
        assert file.stat().st_size < 10_000
        for trace in (b"/home/", b"/work/", b"/root/", b"/tmp/", b"site-packages", b"stack_trace"):
            assert trace not in file.read_bytes()
    json.loads(zoo.path(NAME).with_suffix(".json").read_text())
