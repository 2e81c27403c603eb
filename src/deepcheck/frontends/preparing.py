"""Bring a model into the form that is translated: no functions, no old operator set, dense constants."""

from collections.abc import Iterable, Iterator, Mapping
from math import prod

import onnx

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.apart import apart
from deepcheck.frontends.budget import Budget
from deepcheck.frontends.model_file import every_node, nodes_within

OLDEST_OPSET = 7
DEEPEST = 100
"""How many functions may call one another."""
NODE_BYTES = 2000
"""What a node takes while it is translated."""
ANCIENT_OPSET = 3
"""Before it, tensors were described in ways that no tool reads today."""
_ALONG = frozenset(("Add", "Sub", "Mul", "Div", "Pow", "PRelu", "And", "Or", "Xor", "Equal", "Less", "Greater"))


def prepared(model: onnx.ModelProto, name: str, budget: Budget) -> onnx.ModelProto:
    """The model itself, or an equivalent one that can be translated.

    Raises:
        UnsupportedOperator: If it has sparse constants, or an operator set that cannot be converted.
        MalformedModel: If its functions cannot be inlined, or not within the budget.
    """
    if model.graph.sparse_initializer:
        raise UnsupportedOperator(
            f"{name}: expected dense constants, got a sparse initializer: store it as a dense one"
        )
    for node in every_node(model):
        if any(a.HasField("sparse_tensor") or a.sparse_tensors for a in node.attribute):
            raise UnsupportedOperator(f"{name}: node '{node.name}' has a sparse constant: store it as a dense one")
    return _without_functions(_converted(model, name), name, budget)


def _converted(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    newest = onnx.defs.onnx_opset_version()
    if opset > newest:
        raise UnsupportedOperator(
            f"{name}: expected opset {newest} or older, which is what onnx {onnx.__version__} knows, got {opset}: "
            "update onnx, or export the model for an older opset"
        )
    if opset >= OLDEST_OPSET or opset == 0:
        return model
    try:
        if opset < ANCIENT_OPSET:
            raise ValueError("it is too old")
        return apart("convert", _aligned(model, name), OLDEST_OPSET)
    except UnsupportedOperator:
        raise
    except ValueError as problem:
        raise UnsupportedOperator(
            f"{name}: expected opset {OLDEST_OPSET} or newer, got {opset}, which onnx cannot convert "
            f"({problem}): export the model again"
        ) from None


def _aligned(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Drop what opset 6 said about broadcasting where it says what every opset does: last axes against last axes.

    Anything else is refused: onnx converts it wrongly.
    """
    inferred = apart("infer shapes", model)
    known = (*inferred.graph.input, *inferred.graph.value_info, *inferred.graph.output)
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in known}
    ranks |= {tensor.name: len(tensor.dims) for tensor in inferred.graph.initializer}
    sizes = {tensor.name: prod(tensor.dims) for tensor in inferred.graph.initializer}
    for node in inferred.graph.node:
        if node.op_type == "BatchNormalization" and not any(a.name == "is_test" and a.i for a in node.attribute):
            reason = "it is one of training (is_test=0)"
            message = f"{name}: node '{node.name}' (BatchNormalization): {reason}: export the model for inference"
            raise UnsupportedOperator(message, operator=node.op_type, reason=reason)
        if node.op_type == "PRelu" and len(node.input) > 1 and sizes.get(node.input[1], 2) > 1:
            _spread_slopes(inferred, node, name, ranks)
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


def _spread_slopes(model: onnx.ModelProto, node: onnx.NodeProto, name: str, ranks: Mapping[str, int]) -> None:
    """Give slopes in one row the axes that opset 6 meant, one a channel: later ones broadcast to the last axis."""
    rank, stored = ranks.get(node.input[0], -1), [t for t in model.graph.initializer if t.name == node.input[1]]
    if ranks.get(node.input[1], 1) != 1 or rank == 2:
        return
    readers = [other for other in model.graph.node if node.input[1] in other.input]
    if rank < 3 or len(stored) != 1 or len(readers) != 1:
        reason = "its slopes are one a channel, as in opset 6, which onnx converts wrongly"
        message = f"{name}: node '{node.name}' (PRelu): {reason}: export the model again"
        raise UnsupportedOperator(message, operator=node.op_type, reason=reason)
    stored[0].dims.extend([1] * (rank - 2))
    for value in model.graph.input:
        if value.name == node.input[1]:
            for _ in range(rank - 2):
                value.type.tensor_type.shape.dim.add().dim_value = 1


def _without_functions(model: onnx.ModelProto, name: str, budget: Budget) -> onnx.ModelProto:
    if not model.functions:
        return model
    budget.allow(_inlined_bytes(model, name), f"{name}: the graph without functions")
    try:
        return apart("inline", model)
    except ValueError as problem:
        raise MalformedModel(f"{name}: its functions cannot be inlined: {problem}") from None


def _inlined_bytes(model: onnx.ModelProto, name: str) -> float:
    """About how long the model becomes: functions that call functions can grow without bounds."""
    bodies = {(f.domain, f.name, f.overload): f for f in model.functions}
    sizes: dict[tuple[str, str, str], float] = {}
    waiting = [(key, False) for key in bodies]
    entered: set[tuple[str, str, str]] = set()
    depth = 0
    while waiting:
        key, done = waiting.pop()
        calls = [call for call in _calls(bodies[key].node) if call in bodies]
        if done:
            entered.discard(key)
            own = bodies[key].ByteSize() + NODE_BYTES * sum(1 for _ in nodes_within(bodies[key].node))
            sizes[key] = own + sum(sizes[call] for call in calls)
        elif key not in sizes:
            entered.add(key)
            depth = max(depth, len(entered))
            if entered.intersection(calls) or depth > DEEPEST:
                reason = "calls itself" if depth <= DEEPEST else f"calls others more than {DEEPEST} levels deep"
                raise MalformedModel(f"{name}: expected functions without recursion, but '{key[1]}' {reason}")
            waiting += [(key, True), *((call, False) for call in calls if call not in sizes)]
    return float(model.ByteSize()) + sum(sizes.get(call, 0.0) for call in _calls(model.graph.node))


def _calls(nodes: Iterable[onnx.NodeProto]) -> Iterator[tuple[str, str, str]]:
    """What nodes and the graphs within them may call."""
    for node in nodes_within(nodes):
        yield node.domain, node.op_type, node.overload
