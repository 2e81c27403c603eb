"""Keras models: the program computes what the model computes in Keras, channels last, and the model stays as it was."""

import os
import random

import numpy as np
import pytest
from requirements import require

import deepcheck
from deepcheck.certify import replayer_for
from deepcheck.errors import DeepCheckError, MissingExtra, OptionError
from deepcheck.frontends import keras_model

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = require("keras")
layers = keras.layers
ON_TORCH = keras.backend.backend() == "torch"
# Keras' own, with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def sequence(*parts):
    return lambda: keras.Sequential(list(parts_of(parts)))


def parts_of(parts):
    return (part() for part in parts)


def residual():
    source = keras.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(source)
    y = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(x))
    x = layers.MaxPooling2D()(layers.ReLU()(layers.Add()([x, y])))
    x = layers.Concatenate()([x, layers.AveragePooling2D(3, 1, "same")(x)])
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(source, layers.Dense(3)(x))


MODELS = {
    "dense": sequence(lambda: keras.Input((6,)), lambda: layers.Dense(5, "relu"), lambda: layers.Dense(3)),
    "convolution": sequence(
        lambda: keras.Input((8, 8, 1)),
        lambda: layers.Conv2D(4, 3, strides=2, activation="relu"),
        lambda: layers.MaxPooling2D(),
        lambda: layers.Flatten(),
        lambda: layers.Dense(3),
    ),
    "residual": residual,
    "activations": sequence(
        lambda: keras.Input((4,)),
        lambda: layers.Dense(4),
        lambda: layers.LeakyReLU(negative_slope=0.1),
        lambda: layers.Dense(4),
        lambda: layers.ReLU(max_value=6.0),
        lambda: layers.Dense(4, "hard_sigmoid"),
        lambda: layers.Dense(3),
    ),
    "PReLU": sequence(lambda: keras.Input((4,)), lambda: layers.PReLU(), lambda: layers.Dense(3)),
    "separable": sequence(
        lambda: keras.Input((5, 5, 2)),
        lambda: layers.SeparableConv2D(3, 3, activation="relu"),
        lambda: layers.DepthwiseConv2D(2),
        lambda: layers.Flatten(),
    ),
    "one dimension": sequence(
        lambda: keras.Input((6, 2)),
        lambda: layers.Conv1D(3, 3, activation="relu"),
        lambda: layers.GlobalMaxPooling1D(),
    ),
    "padding and cropping": sequence(
        lambda: keras.Input((4, 4, 1)),
        lambda: layers.ZeroPadding2D(((1, 0), (2, 1))),
        lambda: layers.Conv2D(2, 2),
        lambda: layers.Cropping2D(1),
        lambda: layers.Permute((3, 1, 2)),
        lambda: layers.Flatten(),
    ),
    "upsampling": sequence(
        lambda: keras.Input((2, 2, 1)),
        lambda: layers.UpSampling2D(2),
        lambda: layers.Conv2D(2, 3),
        lambda: layers.Flatten(),
    ),
    "normalisation inside": sequence(
        lambda: keras.Input((4, 4, 1)),
        lambda: layers.Rescaling(1 / 0.25, -2.0),
        lambda: layers.Flatten(),
        lambda: layers.Dense(3),
    ),
}


def seeded(make, seed=0):
    """A model with random weights and statistics, variances positive."""
    model, rng = make(), np.random.default_rng(seed)
    for weight in model.weights:
        values = rng.uniform(0.5, 2, weight.shape) if "variance" in weight.path else rng.normal(0, 0.5, weight.shape)
        weight.assign(values.astype(np.float32))
    return model


def inputs_of(model, items=6, seed=1):
    return np.random.default_rng(seed).normal(0, 1, (items, *model.inputs[0].shape[1:])).astype(np.float32)


def outputs_of(model, x):
    return np.concatenate([keras.ops.convert_to_numpy(model(x[i : i + 1], training=False)) for i in range(len(x))])


def agrees(found, expected):
    return np.abs(found - expected).max() <= 1e-4 * (1 + np.abs(expected).max())


@pytest.mark.parametrize("name", MODELS)
def test_a_program_computes_what_the_model_computes(name):
    model = seeded(MODELS[name])
    x, weights = inputs_of(model), model.get_weights()
    program = deepcheck.load(model)
    assert program.input_shape == x.shape[1:]
    assert program.dtype == np.float32
    assert agrees(program(x), outputs_of(model, x))
    assert all((before == after).all() for before, after in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize(("units", "activation", "stripped"), [(3, "softmax", "Softmax"), (1, "sigmoid", "Sigmoid")])
def test_probabilities_at_the_end_are_stripped_and_the_model_replays(units, activation, stripped):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 2, activation="relu"), layers.Flatten()])
    model.add(layers.Dense(units, activation))
    program, x = deepcheck.load(model), inputs_of(model, 20)
    scores = outputs_of(model, x)
    expected = scores.argmax(1) if units > 1 else (scores[:, 0] > 0.5).astype(int)
    assert program.origin.stripped == stripped
    assert (replayer_for(program.origin).labels(program, x) == expected).all()
    result = deepcheck.attack(program, np.abs(x[0]) / 4, layout="nhwc")
    assert result.counts["replayed"] == result.counts["attackable"]


class Written(keras.Model):
    """A model written as a class: it states no size until it is called."""

    def __init__(self):
        super().__init__()
        self.first, self.drop, self.last = layers.Dense(4, "relu"), layers.Dropout(0.5), layers.Dense(3)

    def call(self, x, training=False):
        return self.last(self.drop(self.first(x), training=training))


@pytest.mark.parametrize("example", [np.zeros((1, 5)), np.zeros((7, 5), np.float32), keras.ops.zeros((1, 5))])
def test_a_model_without_a_size_takes_it_from_the_example(example):
    model = Written()
    program = deepcheck.load(model, example_input=example)
    x = np.random.default_rng(2).normal(0, 1, (4, 5)).astype(np.float32)
    assert agrees(program(x), outputs_of(model, x))
    assert program.origin.name == "Written"


def test_a_model_without_a_size_and_an_example_says_what_to_pass():
    free = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 2), layers.GlobalMaxPooling2D()])
    for model in (Written(), free):
        with pytest.raises(OptionError, match=r"example_input= beside .* no fixed size.*=np\.zeros"):
            deepcheck.load(model)
    for example in (np.zeros((1, 4, 4, 1)), np.zeros((4, 4, 1))):
        assert deepcheck.load(free, example_input=example).input_shape == (4, 4, 1)


def test_an_example_that_does_not_fit_is_refused():
    with pytest.raises(OptionError, match="does not take"):
        deepcheck.load(seeded(MODELS["dense"]), example_input=np.zeros((1, 5)))


def test_several_inputs_or_outputs_are_refused():
    first, second = keras.Input((3,)), keras.Input((3,))
    with pytest.raises(OptionError, match="1 input, got 2"):
        deepcheck.load(keras.Model([first, second], layers.Add()([first, second])))
    with pytest.raises(OptionError, match="returns one tensor, got list"):
        deepcheck.load(keras.Model(first, [layers.Dense(2)(first), layers.Dense(3)(first)]))


def test_an_operator_that_is_not_piecewise_linear_is_refused_by_its_name():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3, "tanh"), layers.Dense(2)])
    with pytest.raises(DeepCheckError, match="Tanh"):
        deepcheck.load(model)


def test_a_model_and_all_around_it_stay_as_they_were(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = seeded(residual)
    if ON_TORCH:
        flags = [part.training for part in model.modules()]
    generators = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    deepcheck.load(model)
    assert tuple(capsys.readouterr()) == ("", "")
    assert not list(tmp_path.iterdir())
    if ON_TORCH:
        assert [part.training for part in model.modules()] == flags
    assert (generators[0] == np.random.get_state()[1]).all()  # noqa: NPY002
    assert generators[1] == random.getstate()


@pytest.mark.parametrize(
    ("backend", "version", "error", "words"),
    [
        ("numpy", "3.15.1", OptionError, ["torch, tensorflow or jax", "numpy", "KERAS_BACKEND=torch"]),
        ("jax", "3.7.0", MissingExtra, ["3.8 or newer", "3.7.0"]),
        ("jax", "3.15.1", MissingExtra, ["jax2onnx", "pip install jax2onnx"]),
    ],
)
def test_what_keras_cannot_export_with_is_named(backend, version, error, words, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(keras, "__version__", version)
    monkeypatch.setattr(keras_model, "find_spec", lambda name: None)
    with pytest.raises(error) as caught:
        deepcheck.load(seeded(MODELS["dense"]))
    for word in words:
        assert word in str(caught.value)


def test_a_saved_model_is_never_opened(tmp_path):
    path = tmp_path / "model.keras"
    seeded(MODELS["dense"]).save(path)
    with pytest.raises(DeepCheckError, match="Keras or TensorFlow yourself and pass the module"):
        deepcheck.load(path)
