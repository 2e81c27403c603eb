"""Load a model as a program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from deepcheck.errors import MalformedModel, OptionError
from deepcheck.frontends import (
    Budget,
    Reading,
    is_keras_model,
    is_torch_module,
    onnx_from_keras,
    onnx_from_torch,
    program_from_onnx,
    read_model,
    read_nnet,
    rerun_keras,
    rerun_torch,
)
from deepcheck.program import Array, Preprocessing, Program, Rerun

if TYPE_CHECKING:
    import torch

# Files of a framework: most are pickles, and opening a pickle runs whatever it says.
_FRAMEWORKS = {
    "PyTorch": (".pt", ".pth", ".pt2", ".ckpt", ".pkl", ".pickle", ".joblib", ".safetensors"),
    "Keras or TensorFlow": (".keras", ".h5", ".hdf5", ".tflite"),
}


def load(
    model: "str | Path | onnx.ModelProto | torch.nn.Module | Any",
    *,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    decision: str | None = None,
    example_input: object = None,
    input_shape: Sequence[int] | None = None,
    batch_axis: bool | None = None,
    output: str | None = None,
    given: Mapping[str, Array] | None = None,
    budget_bytes: float | None = None,
) -> Program:
    """Read a trained network as a program. Nothing is ever unpickled.

    Args:
        model: An ONNX file, a ``.nnet`` file, a loaded ``onnx.ModelProto``, a ``torch.nn.Module`` (with
            ``example_input``), or a Keras 3 model. Modules are read as they are in eval mode and left as they were.
        mean: With ``std``: preprocessing outside the model, ``(pixel - mean) / std``; one number, or one per
            channel, or per feature of a vector.
        std: See ``mean``.
        decision: "arg max", "arg min" or "sign"; by default arg max, or sign behind a single sigmoid, or arg min for
            an ACAS Xu ``.nnet`` file (5 inputs with its ranges, 5 outputs).
        example_input: For a torch module: a tensor or array, one input as the module receives it, with its batch axis;
            of several the first is taken, and where the module does not take it so, a batch axis is put first. For
            a Keras model only where its input has no fixed size.
        input_shape: The input's shape without the batch axis, where the model leaves sizes free.
        batch_axis: Is the input's first axis a batch axis? By default it is where it is free or 1, or as long as the
            output's first; False takes the whole input as one. The program is the model at a batch of one; of a model
            with a fixed larger batch, what it does to each (compared with onnxruntime on random batches).
        output: Which tensor is the output, by name, of any in the graph; by default the model's only output of floats.
        given: Constants for all inputs of the model but one, by name.
        budget_bytes: How much memory the model's constants may take, files of weights included; by default 2 GiB.

    Raises:
        MalformedModel: If the file is missing, truncated, hostile or neither ONNX nor ``.nnet``, or if a framework's
            exporter fails or changes the network.
        UnsupportedOperator: If an operator is not piecewise linear or not supported; the message names it.
        OptionError: If mean and std do not fit, or the example is missing or does not fit.
        MissingExtra: If what the model's framework exports with is not installed; the message says how to get it.
    """
    preprocessing = Preprocessing(_numbers(mean, 0.0), _numbers(std, 1.0))
    opened = _open(model, example_input, Budget.of(budget_bytes))
    reading = Reading(
        input_shape,
        batch_axis,
        output,
        given,
        decision=opened.decision if decision is None else decision,
        budget_bytes=budget_bytes,
    )
    return program_from_onnx(
        opened.proto,
        name=opened.name,
        sha256=opened.sha256,
        preprocessing=preprocessing,
        reading=reading,
        # Its own framework gives its own output, not a tensor within.
        rerun=opened.rerun if output is None else None,
    )


@dataclass(frozen=True)
class _Opened:
    """A model that came through the one door; a hash where it came from a file."""

    proto: onnx.ModelProto
    name: str
    sha256: str = ""
    decision: str | None = None
    rerun: Rerun | None = None


def _open(model: Any, example: object, budget: Budget) -> _Opened:
    # A Keras model on the torch backend is a torch module too.
    if is_keras_model(model):
        return _Opened(onnx_from_keras(model, example), type(model).__name__, rerun=rerun_keras(model))
    if is_torch_module(model):
        return _Opened(onnx_from_torch(model, example), type(model).__name__, rerun=rerun_torch(model))
    if example is not None:
        raise OptionError(
            f"expected example_input= only beside a torch module or a Keras model, got it beside {_kind(model)}: "
            "leave it out"
        )
    if isinstance(model, (str, Path)):
        return _open_file(Path(model), budget)
    if isinstance(model, onnx.ModelProto):
        return _Opened(model, model.graph.name or "model")
    raise OptionError(
        f"expected an ONNX or .nnet file, an onnx.ModelProto, a torch.nn.Module or a keras.Model, got {_kind(model)}: "
        "export it to ONNX"
    )


def _open_file(path: Path, budget: Budget) -> _Opened:
    suffix = path.suffix.lower()
    for framework, suffixes in _FRAMEWORKS.items():
        if suffix in suffixes:
            raise MalformedModel(
                f"expected an ONNX or .nnet file, got {path}, which is never opened, since a framework's file can run "
                f"code: load it in {framework} yourself and pass the module, or export it to ONNX"
            )
    if suffix == ".nnet":
        proto, sha256, decision = read_nnet(path, budget)
        return _Opened(proto, path.stem, sha256, decision)
    proto, sha256 = read_model(path, budget)
    return _Opened(proto, path.stem, sha256)


def _kind(model: object) -> str:
    return type(model).__name__


def _numbers(value: float | Sequence[float] | None, default: float) -> tuple[float, ...]:
    if value is None:
        return (default,)
    try:
        return tuple(float(v) for v in np.atleast_1d(np.asarray(value, dtype=np.float64)))
    except (TypeError, ValueError):
        raise OptionError(f"expected a number or a list of numbers for mean and std, got {value!r}") from None
