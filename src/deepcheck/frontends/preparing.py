"""Bring a model into the form that is translated: no functions, no old operator set, dense constants."""

from collections.abc import Iterator, Sequence

import onnx
from onnx import inliner, version_converter

from deepcheck.errors import MalformedModel, UnsupportedOperator

OLDEST_OPSET = 7
ANCIENT_OPSET = 3
"""Before it, tensors were described in ways that no tool reads today."""


def prepared(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """The model itself, or an equivalent one that can be translated.

    Raises:
        UnsupportedOperator: If it has sparse constants, or an operator set that cannot be converted.
        MalformedModel: If a node keeps a constant in another file, or its functions cannot be inlined.
    """
    if model.graph.sparse_initializer:
        raise UnsupportedOperator(
            f"{name}: expected dense constants, got a sparse initializer: store it as a dense one"
        )
    for node in _every_node(model):
        for attribute in node.attribute:
            if any(t.data_location == onnx.TensorProto.EXTERNAL for t in (attribute.t, *attribute.tensors)):
                raise MalformedModel(
                    f"{name}: node '{node.name}' keeps a constant in another file: store it in the model"
                )
            if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                raise UnsupportedOperator(f"{name}: node '{node.name}' has a sparse constant: store it as a dense one")
    return _without_functions(_converted(model, name), name)


def _every_node(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """The nodes of a model, of its functions, and of the graphs within nodes."""
    waiting: list[Sequence[onnx.NodeProto]] = [model.graph.node, *(function.node for function in model.functions)]
    while waiting:
        for node in waiting.pop():
            yield node
            for attribute in node.attribute:
                waiting += [graph.node for graph in (attribute.g, *attribute.graphs)]


def _converted(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if opset >= OLDEST_OPSET or opset == 0:
        return model
    try:
        if opset < ANCIENT_OPSET:
            raise ValueError("it is too old")
        return version_converter.convert_version(model, OLDEST_OPSET)
    except Exception as problem:  # C++ exceptions of several classes
        raise UnsupportedOperator(
            f"{name}: expected opset {OLDEST_OPSET} or newer, got {opset}, which onnx cannot convert "
            f"({str(problem).splitlines()[0]}): export the model again"
        ) from None


def _without_functions(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    if not model.functions:
        return model
    try:
        return inliner.inline_local_functions(model)
    except Exception as problem:  # C++ exceptions of several classes
        raise MalformedModel(f"{name}: its functions cannot be inlined: {str(problem).splitlines()[0]}") from None
