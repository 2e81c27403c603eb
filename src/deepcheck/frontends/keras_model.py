"""A Keras model as an ONNX model, through its backend's exporter.

On its torch backend a Keras model is a torch module and takes that door; on TensorFlow and JAX, Keras' own ``export``
writes one ONNX file, into a temporary folder that is deleted again. Keras itself is never imported: whoever hands a
model in has done so.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx

from deepcheck.errors import MalformedModel, MissingExtra, OptionError
from deepcheck.frontends.exporting import check_agreement, reason, silent
from deepcheck.frontends.model_file import read_model
from deepcheck.frontends.torch_module import onnx_from_torch
from deepcheck.program import Array, Rerun

EXPORTERS = {"tensorflow": "tf2onnx", "jax": "jax2onnx"}
OLDEST = (3, 8)


def is_keras_model(model: object) -> bool:
    """Is it a ``keras.Model``? Never imports Keras: without it nothing can be one."""
    keras: Any = sys.modules.get("keras")
    return keras is not None and isinstance(model, keras.Model)


def onnx_from_keras(model: Any, example: object = None) -> onnx.ModelProto:
    """Export a Keras model as it is in inference, for inputs one at a time (batch 1).

    Args:
        model: A Keras 3 model that takes one tensor and returns one tensor.
        example: As for a torch module; not needed where the model states the size of its input.

    Raises:
        OptionError: If the size of the input is not known, or the model does not take the example.
        MalformedModel: If Keras cannot export the model, or the exported model computes something else.
        MissingExtra: If what the backend exports with is not installed.
    """
    keras: Any = sys.modules["keras"]
    backend, name = keras.backend.backend(), type(model).__name__
    with silent():
        x = _example(model, example, name)
    if backend == "torch":
        return onnx_from_torch(model, x)
    _check_exporter(backend, keras.__version__)
    other = np.random.default_rng(0).random(x.shape).astype(x.dtype)
    with silent():
        pairs = [(given, _output(keras, model, given, name)) for given in (x, other)]
        exported = _exported(keras, model, x, name)
    check_agreement(exported, name, pairs)
    return exported


def rerun_keras(model: Any) -> Rerun:
    """Run inputs through the model itself, in inference, one by one: ``(items, 1, ...)`` to ``(items, outputs)``."""
    keras: Any = sys.modules["keras"]

    def rerun(inputs: Array) -> Array:
        return np.stack([_output(keras, model, x, type(model).__name__).reshape(-1) for x in inputs])

    return rerun


def _example(model: Any, example: object, name: str) -> Array:
    """One input with its batch axis: the first of those given, or zeros of the size that the model states."""
    stated = getattr(model, "inputs", None) or []  # a model written as a class states none until it is called
    if len(stated) > 1:
        raise OptionError(f"{name}: expected a model with 1 input, got {len(stated)}: wrap it in one that takes one")
    dtype = np.dtype(stated[0].dtype if stated else "float32")
    if example is not None:
        keras: Any = sys.modules["keras"]
        array = np.asarray(keras.ops.convert_to_numpy(example)).astype(dtype)
        batched = array.ndim == len(stated[0].shape) if stated else array.ndim > 1
        return np.ascontiguousarray(array[:1] if batched else array[None])
    shape = tuple(stated[0].shape[1:]) if stated else (None,)
    if None in shape:
        raise OptionError(
            f"expected example_input= beside {name}, whose input has no fixed size: pass one input as the model "
            "receives it, with its batch axis, such as example_input=np.zeros((1, 32, 32, 3))"
        )
    return np.zeros((1, *shape), dtype)


def _check_exporter(backend: str, version: str) -> None:
    if backend not in EXPORTERS:
        raise OptionError(
            f"expected a Keras model on the torch, tensorflow or jax backend, got {backend}: Keras exports to ONNX "
            "from these; set KERAS_BACKEND=torch and load the model again"
        )
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise MissingExtra(f"expected Keras 3.8 or newer, which exports to ONNX, got {version}: pip install -U keras")
    if find_spec(EXPORTERS[backend]) is None:
        raise MissingExtra(
            f"expected {EXPORTERS[backend]}, which Keras exports with on its {backend} backend: "
            f"pip install {EXPORTERS[backend]}"
        )


def _output(keras: Any, model: Any, x: Array, name: str) -> Array:
    try:
        y = model(x, training=False)
    except Exception as problem:  # a model may raise anything
        raise OptionError(f"{name} does not take an input of shape {x.shape} ({reason(problem)})") from None
    if not keras.ops.is_tensor(y):
        raise OptionError(f"{name}: expected a model that returns one tensor, got {type(y).__name__}: wrap it")
    return np.asarray(keras.ops.convert_to_numpy(y))


def _exported(keras: Any, model: Any, x: Array, name: str) -> onnx.ModelProto:
    signature = [keras.InputSpec(shape=x.shape, dtype=str(x.dtype), name="input")]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        try:
            model.export(str(path), format="onnx", verbose=False, input_signature=signature)
        except Exception as problem:  # the exporters raise many classes
            raise MalformedModel(f"Keras cannot export {name} to ONNX ({reason(problem)})") from None
        return read_model(path)[0]
