"""Bring a model into the form that is translated: no functions, no old operator set, dense constants."""

from collections.abc import Iterator, Sequence

import onnx
from onnx import inliner, shape_inference, version_converter

from deepcheck.errors import MalformedModel, UnsupportedOperator

OLDEST_OPSET = 7
ANCIENT_OPSET = 3
"""Before it, tensors were described in ways that no tool reads today."""
_ALONG = frozenset(("Add", "Sub", "Mul", "Div", "Pow", "PRelu", "And", "Or", "Xor", "Equal", "Less", "Greater"))


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
        return version_converter.convert_version(_aligned(model, name), OLDEST_OPSET)
    except UnsupportedOperator:
        raise
    except Exception as problem:  # C++ exceptions of several classes
        raise UnsupportedOperator(
            f"{name}: expected opset {OLDEST_OPSET} or newer, got {opset}, which onnx cannot convert "
            f"({str(problem).splitlines()[0]}): export the model again"
        ) from None


def _aligned(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Drop what opset 6 said about broadcasting where it says what every opset does: last axes against last axes.

    Anything else is refused: onnx converts it wrongly.
    """
    inferred = shape_inference.infer_shapes(model)
    known = (*inferred.graph.input, *inferred.graph.value_info, *inferred.graph.output)
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in known}
    ranks |= {tensor.name: len(tensor.dims) for tensor in inferred.graph.initializer}
    for node in inferred.graph.node:
        axis = next((attribute for attribute in node.attribute if attribute.name == "axis"), None)
        if node.op_type not in _ALONG or axis is None:
            continue
        left, right = (ranks.get(tensor, -1) for tensor in node.input[:2])
        if left < 0 or right < 0 or axis.i % max(left, 1) + right != left:
            reason = f"it broadcasts along axis {axis.i}, as opset 6 did, which onnx converts wrongly"
            message = f"{name}: node '{node.name}' ({node.op_type}): {reason}: export the model again"
            raise UnsupportedOperator(message, operator=node.op_type, reason=reason)
        node.attribute.remove(axis)
    return inferred


def _without_functions(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    if not model.functions:
        return model
    try:
        return inliner.inline_local_functions(model)
    except Exception as problem:  # C++ exceptions of several classes
        raise MalformedModel(f"{name}: its functions cannot be inlined: {str(problem).splitlines()[0]}") from None
