import dataclasses
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import deepcheck
from deepcheck import datasets, zoo
from deepcheck.errors import OptionError
from deepcheck.text.tokens import tokenise

NAMES = ("imdb_frozen", "imdb_tuned")
every_network = pytest.mark.parametrize("name", NAMES)
LIMITS = {"model": 50_000, "vocabulary": 100_000, "vectors": 1_250_000}


def words_of(name: str) -> list[str]:
    return zoo.text_files(name).vocabulary.read_text(encoding="utf-8").split("\n")[:-1]


def vectors_of(name: str) -> np.ndarray:
    return np.load(zoo.text_files(name).vectors, allow_pickle=False)


def session_of(name: str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(zoo.path(name).read_bytes(), providers=["CPUExecutionProvider"])


def weights_of(name: str) -> list[np.ndarray]:
    """The filters, their biases, the dense unit's weights and its bias, by the nodes that read them."""
    model = onnx.load(zoo.path(name))
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    by_kind = {node.op_type: node for node in model.graph.node}
    return [stored[key] for kind in ("Conv", "Gemm") for key in by_kind[kind].input[1:]]


def logits_of(name: str, embedded: np.ndarray) -> np.ndarray:
    """The logits of vectors ``(n, 30, 30)``, by a sum over a window's three words for each position: ``(n,)``."""
    filters, offsets, dense, offset = (array.astype(np.float64) for array in weights_of(name))
    windows = [
        sum(embedded[:, position + word].astype(np.float64) @ filters[:, 0, word].T for word in range(3))
        for position in range(28)
    ]
    found = np.maximum(np.stack(windows, axis=2) + offsets[:, np.newaxis], 0)
    return found.reshape(len(embedded), 1792) @ dense[0] + offset[0]


def sample(seed: int, count: int) -> np.ndarray:
    """Rows of a vocabulary ``(count, 30)``, about half of them padding and unknown words."""
    rng = np.random.default_rng(seed)
    shape = (count, 30)
    return np.where(rng.random(shape) < 0.5, rng.integers(0, 2, shape), rng.integers(0, 10_002, shape))


# What is listed


def test_the_text_networks_are_listed_apart_from_those_that_read_images():
    assert zoo.text_names() == NAMES
    assert not set(zoo.names()) & set(NAMES)


@pytest.mark.parametrize("name", ["imdb", "", "../cards", "imdb_frozen.onnx", "mnist_10x4"])
@pytest.mark.parametrize("function", [zoo.text_files, zoo.text_card])
def test_an_unknown_name_is_answered_with_the_known_ones(function, name):
    with pytest.raises(OptionError, match=r"imdb_frozen, imdb_tuned; got " + re.escape(repr(name))):
        function(name)


@every_network
def test_path_knows_text_networks_and_card_says_which_it_reads(name):
    assert zoo.path(name) == zoo.text_files(name).model
    with pytest.raises(OptionError, match=f"reads images, one of .*; got '{name}'"):
        zoo.card(name)


# The card


@every_network
def test_the_files_are_those_on_the_card(name):
    card, files = zoo.text_card(name), zoo.text_files(name)
    sums = {key: hashlib.sha256(getattr(files, key).read_bytes()).hexdigest() for key in LIMITS}
    assert sums == {"model": card.sha256, "vocabulary": card.vocabulary_sha256, "vectors": card.vectors_sha256}


@every_network
def test_the_card_is_the_json_beside_the_model(name):
    stored = json.loads(zoo.path(name).with_suffix(".json").read_text())
    card = zoo.text_card(name)
    assert json.loads(json.dumps(dataclasses.asdict(card))) == stored
    assert (card.name, card.labels) == (name, ("negative", "positive"))
    assert (card.length, card.dimension, card.words) == (30, 30, 10_000)
    assert (card.training.reviews, card.test_reviews) == (25_000, 25_000)
    assert card.training.word2vec.vector_size == 30
    assert hash(card) == hash(zoo.text_card(name))


@every_network
def test_the_files_are_small_and_name_no_place_on_a_machine(name):
    files = dataclasses.asdict(zoo.text_files(name)) | {"card": zoo.path(name).with_suffix(".json")}
    for key, path in files.items():
        content = path.read_bytes()
        assert len(content) < LIMITS.get(key, 5_000)
        for trace in (b"/home/", b"/work/", b"/root/", b"/tmp/", b"site-packages", b".py:", b"stack_trace"):
            assert trace not in content


# The vocabulary and the vectors


@every_network
def test_the_words_are_unique_and_as_a_text_gives_them(name):
    words = words_of(name)
    assert words[:2] == ["<PAD>", "<UNK>"]
    assert len(words) == len(set(words)) == 10_002
    assert words[2:5] == ["the", "and", "a"]
    assert [token.word for token in tokenise(" ".join(words[1:]))] == words[1:]


def test_the_words_are_the_most_frequent_of_the_training_reviews(data_folder: Path):
    texts = datasets.imdb("train", data_folder).texts
    counts = Counter(token.word for text in texts for token in tokenise(text))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    assert words_of("imdb_frozen")[2:] == ranked[:10_000]


@every_network
def test_the_vectors_are_finite_and_those_without_a_word_are_zero(name):
    vectors = vectors_of(name)
    assert (vectors.dtype, vectors.shape, vectors.flags.c_contiguous) == (np.float32, (10_002, 30), True)
    assert np.all(np.isfinite(vectors))
    assert not vectors[:2].any()
    norms = np.linalg.norm(vectors[2:], axis=1)
    assert norms.min() > 0.05
    assert norms.max() < 20
    assert np.all((vectors[2:] == 0) | (np.abs(vectors[2:]) > 1e-30))


def test_the_frozen_vectors_are_word2vecs_and_words_of_one_kind_are_near():
    words, vectors = words_of("imdb_frozen"), vectors_of("imdb_frozen")
    norms = np.linalg.norm(vectors[2:], axis=1)
    assert norms.mean() == pytest.approx(zoo.text_card("imdb_frozen").training.vectors_norm, rel=1e-5)
    directions = vectors[2:] / norms[:, np.newaxis]
    nearest = np.argsort(-(directions @ directions[words.index("terrible") - 2]))[:8]
    assert {"awful", "horrible"} <= {words[2 + index] for index in nearest}


def test_both_networks_have_one_vocabulary_and_their_own_vectors():
    assert words_of("imdb_frozen") == words_of("imdb_tuned")
    frozen, tuned = vectors_of("imdb_frozen"), vectors_of("imdb_tuned")
    cosines = (frozen * tuned).sum(1)[2:] / (np.linalg.norm(frozen, axis=1) * np.linalg.norm(tuned, axis=1))[2:]
    assert 0.5 < np.median(cosines) < 0.9999  # it started from word2vec's, and moved away from them


# The model


@every_network
def test_the_model_is_sound_self_contained_and_has_no_documentation(name, tmp_path):
    copy = tmp_path / "alone.onnx"
    copy.write_bytes(zoo.path(name).read_bytes())
    onnx.checker.check_model(copy, full_check=True)
    model = onnx.load(copy, load_external_data=False)
    parts = [*model.graph.node, *model.graph.initializer, *model.graph.value_info]
    parts += [model, model.graph, *model.graph.input, *model.graph.output]
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in model.graph.initializer)
    assert not any(part.doc_string or part.metadata_props for part in parts)
    assert [(part.domain, part.version) for part in model.opset_import] == [("", 18)]


@every_network
def test_the_interface_of_the_model(name):
    session = session_of(name)
    (given,), (answered,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("input", "tensor(float)", ["batch", 30, 30])
    assert (answered.name, answered.type, answered.shape) == ("probability", "tensor(float)", ["batch", 1])
    for batch in (0, 1, 7):
        assert session.run(None, {"input": np.zeros((batch, 30, 30), np.float32)})[0].shape == (batch, 1)


@every_network
def test_the_layers_are_those_of_the_paper(name):
    model = onnx.load(zoo.path(name))
    kinds = [node.op_type for node in model.graph.node if node.op_type not in ("Unsqueeze", "Reshape", "Flatten")]
    assert kinds == ["Conv", "Relu", "Gemm", "Sigmoid"]
    assert [array.shape for array in weights_of(name)] == [(64, 1, 3, 30), (64,), (1, 1792), (1,)]
    for array in weights_of(name):
        assert array.dtype == np.float32
        assert np.all(np.isfinite(array))
        assert np.all((array == 0) | (np.abs(array) > 1e-30))


@every_network
def test_the_probability_is_that_of_a_convolution_by_hand(name):
    embedded = vectors_of(name)[sample(0, 200)]
    expected = 1 / (1 + np.exp(-logits_of(name, embedded)))
    np.testing.assert_allclose(session_of(name).run(None, {"input": embedded})[0][:, 0], expected, atol=2e-6)


@every_network
def test_the_program_that_is_loaded_gives_the_logit_and_decides_by_its_sign(name):
    program = deepcheck.load(zoo.path(name))
    embedded = vectors_of(name)[sample(1, 20)]
    expected = logits_of(name, embedded)
    assert program.decision.kind == "sign"
    got = np.array([np.ravel(program(x[np.newaxis]))[0] for x in embedded])
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10)
    assert len(set(expected > 0)) == 2


# How good it is


def embedded_reviews(name: str, texts: list[str]) -> np.ndarray:
    """The last 30 words of each text as vectors, padded on the left: ``(n, 30, 30)``."""
    row = {word: index for index, word in enumerate(words_of(name))}
    rows = np.zeros((len(texts), 30), np.intp)
    for index, text in enumerate(texts):
        last = [row.get(token.word, 1) for token in tokenise(text)][-30:]
        rows[index, 30 - len(last) :] = last
    return vectors_of(name)[rows]


@every_network
def test_the_accuracy_on_a_sample_of_the_test_reviews_is_the_one_on_the_card(data_folder: Path, name):
    reviews, card = datasets.imdb("test", data_folder), zoo.text_card(name)
    chosen = np.random.default_rng(0).permutation(len(reviews))[:2000]
    embedded = embedded_reviews(name, [reviews.texts[index] for index in chosen])
    probabilities = session_of(name).run(None, {"input": embedded})[0][:, 0]
    measured = np.mean((probabilities > 0.5) == reviews.labels[chosen])
    deviation = np.sqrt(card.test_accuracy * (1 - card.test_accuracy) / len(chosen))
    assert measured == pytest.approx(card.test_accuracy, abs=3 * deviation)


def test_the_accuracies_reach_what_they_should():
    frozen, tuned = (zoo.text_card(name) for name in NAMES)
    assert frozen.test_accuracy >= 0.76
    assert tuned.test_accuracy > frozen.test_accuracy
    assert frozen.train_accuracy > frozen.test_accuracy
