"""Read an ONNX file as if it were hostile: no path outside its folder, no unbounded allocation."""

import hashlib
from math import prod
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import helper, numpy_helper

from deepcheck.errors import MalformedModel
from deepcheck.frontends.budget import Budget
from deepcheck.program import Array


def array_of(tensor: onnx.TensorProto) -> Array:
    """A stored constant; one that lies in another file must have been loaded before."""
    if any(dim < 0 for dim in tensor.dims):
        raise MalformedModel(f"constant '{tensor.name}' has shape {list(tensor.dims)}")
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise MalformedModel(f"constant '{tensor.name}' lies in another file: store it in the model")
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as problem:
        raise MalformedModel(f"constant '{tensor.name}' cannot be read: {problem}") from None


def read_model(path: Path, budget: Budget | None = None) -> tuple[onnx.ModelProto, str]:
    """Read and check a model; weights in external files must lie in the model's own folder.

    Args:
        path: The file.
        budget: What file and constants may take, asked before they are read; by default 2 GiB.

    Returns:
        The model, and the sha256 of the file that was read.

    Raises:
        MalformedModel: If the file is missing, not ONNX, truncated, cyclic, or points outside its folder.
    """
    budget = budget or Budget()
    if not path.is_file():
        raise MalformedModel(f"expected an ONNX file, but there is no file {path}")
    budget.allow(path.stat().st_size, f"the file {path}")
    try:
        content = path.read_bytes()
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as problem:
        raise MalformedModel(f"{path} is not an ONNX file, or it is truncated ({problem}): export it again") from None
    if not model.graph.node or not model.opset_import:
        raise MalformedModel(f"{path} holds no ONNX graph: export the network to ONNX and pass that file")
    for tensor in model.graph.initializer:
        _check_size(tensor, path, budget)
    external = [t for t in model.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    for tensor in external:
        _check_external(tensor, path)
    if external:
        try:
            onnx.load_external_data_for_model(model, str(path.parent))
        except (onnx.checker.ValidationError, ValueError, OSError) as problem:
            raise MalformedModel(f"{path}: its weights in other files cannot be read: {problem}") from None
    check_model(model, str(path))
    return model, hashlib.sha256(content).hexdigest()


def check_model(model: onnx.ModelProto, name: str) -> None:
    """Raise `MalformedModel` unless onnx's own checker accepts the model."""
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError, IndexError) as problem:
        reason = str(problem).strip().splitlines()[0]
        raise MalformedModel(f"{name} is not a valid ONNX model: {reason}") from None


def _check_size(tensor: onnx.TensorProto, path: Path, budget: Budget) -> None:
    """Spend what a constant takes once it is read; a shape alone may ask for anything."""
    if any(dim < 0 for dim in tensor.dims):
        raise MalformedModel(f"{path}: constant '{tensor.name}' has shape {list(tensor.dims)}")
    try:
        width = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, TypeError, ValueError):
        raise MalformedModel(f"{path}: constant '{tensor.name}' has the unknown type {tensor.data_type}") from None
    budget.spend(float(width) * prod(map(float, tensor.dims)), f"{path}: constant '{tensor.name}'")


def _check_external(tensor: onnx.TensorProto, path: Path) -> None:
    location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    folder = path.parent.resolve()
    target = (folder / location).resolve()
    if not location or not target.is_relative_to(folder) or not target.is_file():
        raise MalformedModel(
            f"{path}: constant '{tensor.name}' lies in '{location}', expected a file in the model's own folder"
        )
