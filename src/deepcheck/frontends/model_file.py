"""Read an ONNX file as if it were hostile: no path outside its folder, no unbounded allocation."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import helper, numpy_helper

from deepcheck.errors import MalformedModel
from deepcheck.frontends.budget import Budget
from deepcheck.frontends.messages import clear_errors
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
    with clear_errors(path):
        return _read(path, budget or Budget())


def _read(path: Path, budget: Budget) -> tuple[onnx.ModelProto, str]:
    content = read_file(path, budget, "an ONNX file")
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as problem:
        raise MalformedModel(f"{path} is not an ONNX file, or it is truncated ({problem}): export it again") from None
    if not model.graph.node or not model.opset_import:
        raise MalformedModel(f"{path} holds no ONNX graph: export the network to ONNX and pass that file")
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            load_external(tensor, path, _size(tensor, path, budget))
        else:
            _size(tensor, path, budget)
    check_model(model, str(path))
    return model, hashlib.sha256(content).hexdigest()


def read_file(path: Path, budget: Budget, what: str) -> bytes:
    """The bytes of a regular file, no more than the budget; `MalformedModel` if there is none."""
    try:
        if not path.is_file():
            raise MalformedModel(f"expected {what}, but there is no file {path}")
        budget.allow(path.stat().st_size, f"the file {path}")
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        raise MalformedModel(f"expected {what}, but {path} cannot be read: {problem}") from None


def check_model(model: onnx.ModelProto, name: str) -> None:
    """Raise `MalformedModel` unless onnx's own checker accepts the model, and all its other constants lie in it."""
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in every_tensor(model)):
        raise MalformedModel(
            f"{name} keeps a constant of a node, or one without a file, elsewhere: store it in the model"
        )
    try:
        onnx.checker.check_model(model)
    except Exception as problem:  # C++ exceptions of several classes
        reason = next(iter(str(problem).strip().splitlines()), type(problem).__name__)
        raise MalformedModel(f"{name} is not a valid ONNX model: {reason}") from None


def every_node(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """The nodes of a model, of its functions and training, and of the graphs within nodes."""
    for _, nodes in _levels(model):
        yield from nodes


def every_tensor(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """The constants of a model wherever they are: of graphs, of nodes, sparse or not."""
    for graph, nodes in _levels(model):
        if graph is not None:
            yield from graph.initializer
            yield from _dense(graph.sparse_initializer)
        yield from _attached(attribute for node in nodes for attribute in node.attribute)
    for function in model.functions:
        yield from _attached(function.attribute_proto)


def _attached(attributes: Iterable[onnx.AttributeProto]) -> Iterator[onnx.TensorProto]:
    for attribute in attributes:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        yield from _dense([*([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else [])])
        yield from _dense(attribute.sparse_tensors)


def _dense(sparse: Iterable[onnx.SparseTensorProto]) -> Iterator[onnx.TensorProto]:
    for tensor in sparse:
        yield from (tensor.values, tensor.indices)


def _levels(model: onnx.ModelProto) -> Iterator[tuple[onnx.GraphProto | None, Sequence[onnx.NodeProto]]]:
    """Each graph with its nodes, and the nodes of each function."""
    graphs = [model.graph]
    for step in model.training_info:
        graphs += [step.initialization, step.algorithm]
    for function in model.functions:
        yield None, function.node
        graphs += _inner(function.node)
    while graphs:
        graph = graphs.pop()
        yield graph, graph.node
        graphs += _inner(graph.node)


def nodes_within(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Nodes and those of the graphs within them."""
    waiting = [nodes]
    while waiting:
        level = waiting.pop()
        yield from level
        waiting += [graph.node for graph in _inner(level)]


def _inner(nodes: Iterable[onnx.NodeProto]) -> list[onnx.GraphProto]:
    attributes = [attribute for node in nodes for attribute in node.attribute]
    alone = [attribute.g for attribute in attributes if attribute.HasField("g")]
    return [*alone, *(graph for attribute in attributes for graph in attribute.graphs)]


def _size(tensor: onnx.TensorProto, path: Path, budget: Budget) -> float:
    """Spend what a constant takes once it is read; a shape alone may ask for anything."""
    if any(dim < 0 for dim in tensor.dims):
        raise MalformedModel(f"{path}: constant '{tensor.name}' has shape {list(tensor.dims[:9])}")
    try:
        width = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, TypeError, ValueError):
        raise MalformedModel(f"{path}: constant '{tensor.name}' has the unknown type {tensor.data_type}") from None
    size = float(width) * prod(map(float, tensor.dims))
    budget.spend(size, f"{path}: constant '{tensor.name}'")
    return size


def load_external(tensor: onnx.TensorProto, path: Path, size: float) -> None:
    """Read a constant of so many bytes from a regular file in the model's own folder."""
    given = {entry.key: entry.value for entry in tensor.external_data}
    location, folder = given.get("location", ""), path.parent.resolve()
    what = f"{path}: constant '{tensor.name}' lies in '{location}'"
    try:
        target = (folder / location).resolve()
        inside = bool(location) and target.is_relative_to(folder) and target.is_file()
        start = int(given.get("offset") or 0)
        length = int(given["length"]) if given.get("length") else None
    except (OSError, ValueError, RuntimeError) as problem:
        raise MalformedModel(f"{what}, which cannot be read: {problem}") from None
    if not inside:
        raise MalformedModel(f"{what}, expected a file in the model's own folder")
    try:
        there = target.stat().st_size - start
        if start < 0 or length not in (None, int(size)) or there < size or (length is None and there != size):
            raise MalformedModel(
                f"{what}, {there if length is None else length} bytes from {start}: expected {size:.0f} for shape "
                f"{list(tensor.dims[:9])}, in a file of {target.stat().st_size}: copy the whole model again"
            )
        with target.open("rb") as file:
            file.seek(start)
            tensor.raw_data = file.read(int(size))
    except OSError as problem:
        raise MalformedModel(f"{what}, which cannot be read: {problem}") from None
    del tensor.external_data[:]
    tensor.data_location = onnx.TensorProto.DEFAULT
