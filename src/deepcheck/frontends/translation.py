"""One pass over the nodes of an ONNX graph, each translated, folded or refused."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import onnx

from deepcheck.errors import MalformedModel, ModelError, UnsupportedOperator
from deepcheck.frontends.batches import for_one
from deepcheck.frontends.budget import Budget
from deepcheck.frontends.emitter import Emitter
from deepcheck.frontends.folding import SHAPE_ONLY, Folder
from deepcheck.frontends.model_file import array_of, nodes_within
from deepcheck.frontends.node import Node, Value
from deepcheck.frontends.operators import OPERATORS, SQUASHING, Result, refuse, refused
from deepcheck.frontends.ports import Port
from deepcheck.program import Array


class Translation:
    """One pass over a graph."""

    def __init__(self, model: onnx.ModelProto, budget: Budget, source: Port, given: Mapping[str, Array]) -> None:
        self.model = model
        self.emitter = Emitter(budget)
        self.zero = source.dtype.type(0)
        self.types: dict[str, np.dtype[Any]] = {source.name: source.dtype}
        self.folder = Folder(model.opset_import, model.ir_version, budget)
        self.opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 1)
        for tensor in model.graph.initializer:
            if tensor.name not in given:
                self.emitter.known[tensor.name] = self._stored(tensor)
        self.emitter.known.update(given)
        self.batch, self.inner = source.batch or 1, 0
        self.emitter.name(source.name, Value(0, source.translated_shape))

    def _stored(self, tensor: onnx.TensorProto) -> Array:
        array = array_of(tensor)
        self.emitter.budget.spend(array.nbytes, f"constant '{tensor.name}'")
        return array

    def run(self, name: str, target: str) -> Emitter:
        """Translate what the target depends on."""
        self.nodes(_needed(self.model.graph.node, target))
        if target not in self.emitter.known:
            raise MalformedModel(f"{name}: nothing computes its output '{target}'")
        return self.emitter

    def nodes(self, nodes: Sequence[onnx.NodeProto]) -> None:
        """Translate nodes in order."""
        for proto in nodes:
            node = Node.read(proto, self.emitter.known, self.opset, self.emitter.emit, self.folder)
            node = node if self.batch == 1 else for_one(node, self.batch)
            made = self._branch(node) if proto.op_type == "If" else self._translated(node)
            results = made if isinstance(made, tuple) else (made,)
            for tensor, result in zip(proto.output, results, strict=False):
                if tensor:
                    self.emitter.name(tensor, result, within=self.inner > 0)
                    self.types[tensor] = self._type(node)
            self.emitter.rounded += node.rounded

    def _type(self, node: Node) -> np.dtype[Any]:
        """The type of a node's values: that of the first that it reads, unless it casts."""
        if node.operator == "Cast" and node.proto.domain in ("", "ai.onnx"):
            return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(node.attributes["to"]))
        like = 1 if node.operator == "CastLike" else 0
        pairs = list(zip(node.proto.input, node.operands, strict=True))
        for name, operand in [*pairs[like:], *pairs[:like]]:
            if isinstance(operand, Value):
                return self.types.get(name, self.zero.dtype)
            if like and isinstance(operand, np.ndarray):
                return operand.dtype
        return self.zero.dtype

    def _translated(self, node: Node) -> Result:
        proto = node.proto
        if not node.values:
            return self._folded(proto)
        if _asks_for_shape_only(node):
            return self._shape(node)
        operator = OPERATORS.get(node.key)
        squashed = next((value for value in node.values if value.squashed), None)
        try:
            if operator is None:
                return self._squashed(node)
            # Constants that are not finite are refused when the instruction is made, not warned about.
            with np.errstate(all="ignore"):
                made = operator(node)
        except UnsupportedOperator as problem:
            if problem.operator:
                raise
            raise _named(node, str(problem)) from None
        except ModelError as problem:
            words = f"node '{node.name}' ({proto.op_type}): "
            raise type(problem)(words + str(problem).removeprefix(words)) from None
        except (IndexError, KeyError, ValueError, TypeError, OverflowError, AttributeError) as problem:
            raise MalformedModel(f"node '{node.name}' ({proto.op_type}) is inconsistent: {problem}") from None
        if squashed is not None and not (isinstance(made, Value) and made.squashed):
            raise refused(
                squashed.by,
                squashed.squashed,
                f"it is not piecewise linear, and not last: node '{node.name}' ({proto.op_type}) reads its result; to "
                f"analyse the scores in front of it, name them: output='{self.emitter.tensors[squashed.index]}' "
                "(--output-tensor)",
            )
        return made

    def _folded(self, proto: onnx.NodeProto) -> Result:
        constants = {n: v for n in proto.input if n and isinstance(v := self.emitter.known[n], np.ndarray)}
        results, exact = self.folder.fold(proto, constants)
        self.emitter.folded += proto.op_type != "Constant"
        if not exact or self.emitter.rounded_names.intersection(proto.input):
            self.emitter.rounded_names.update(results)
            self.emitter.rounded += [f"{key} ({proto.op_type})" for key in results]
        return tuple(results.get(name, np.zeros(0)) for name in proto.output)

    def _shape(self, node: Node) -> Result:
        """What only asks for a value's shape or type is a constant."""
        feeds = {
            name: operand
            if isinstance(operand, np.ndarray)
            else np.broadcast_to(self.types.get(name, self.zero.dtype).type(0), operand.shape)
            for name, operand in zip(node.proto.input, node.operands, strict=True)
            if operand is not None
        }
        self.emitter.folded += 1
        results = self.folder.evaluate(node.proto, feeds)
        if node.operator == "CastLike":
            (cast,) = results.values()
            if not np.array_equal(node.constants[0].astype(np.float64), cast.astype(np.float64)):
                self.emitter.rounded += [f"{name} (CastLike)" for name in results]
                self.emitter.rounded_names.update(results)
        return tuple(results.values())

    def _squashed(self, node: Node) -> Value:
        """A softmax or sigmoid that may turn out to be the last."""
        value = node.values[0]
        if node.operator not in SQUASHING or node.proto.domain not in ("", "ai.onnx") or value.squashed:
            raise refuse(node)
        if node.operator != "Sigmoid":
            _check_axis(node, value.shape)
        return replace(value, squashed=node.operator, by=node.name)

    def _branch(self, node: Node) -> Result:
        """An ``If`` whose condition is a constant is the graph that it takes."""
        condition = node.operands[0]
        if not isinstance(condition, np.ndarray) or condition.size != 1:
            raise refuse(node)
        if condition.dtype != np.bool_:
            raise MalformedModel(f"node '{node.name}' (If): expected a condition of bool, got {condition.dtype}")
        taken = node.attributes["then_branch" if bool(condition.reshape(-1)[0]) else "else_branch"]
        for tensor in taken.initializer:
            self.emitter.known[tensor.name] = self._stored(tensor)
        self.inner += 1
        self.nodes(taken.node)
        self.inner -= 1
        missing = [o.name for o in taken.output if o.name not in self.emitter.known]
        if missing:
            raise MalformedModel(f"node '{node.name}' (If): nothing computes '{missing[0]}'")
        return tuple(self.emitter.known[o.name] for o in taken.output)


def _asks_for_shape_only(node: Node) -> bool:
    if node.proto.domain not in ("", "ai.onnx"):
        return False
    return node.operator in SHAPE_ONLY or (node.operator == "CastLike" and isinstance(node.operands[0], np.ndarray))


def _named(node: Node, reason: str) -> UnsupportedOperator:
    message = f"node '{node.name}' ({node.operator}): {reason}"
    return UnsupportedOperator(message, operator=node.operator, reason=reason)


def _needed(nodes: Sequence[onnx.NodeProto], target: str) -> list[onnx.NodeProto]:
    """The nodes that a tensor depends on, in order."""
    wanted, kept = {target}, []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
            for inner in nodes_within([node]):
                wanted.update(inner.input)
                for attribute in inner.attribute:
                    wanted.update(output.name for output in attribute.g.output)
    return kept[::-1]


def _check_axis(node: Node, shape: tuple[int, ...]) -> None:
    """Raise `UnsupportedOperator` unless a final softmax runs over all scores, so that it keeps their order."""
    rank = max(len(shape), 1)
    axis = int(node.attributes.get("axis", -1 if node.opset >= 13 else 1)) % rank
    # Before opset 13 a softmax ran over its axis and all behind it.
    together = shape[axis : axis + 1] if node.opset >= 13 else shape[axis:]
    if prod(together) != prod(shape):
        raise refused(
            node.name,
            node.operator,
            "it is not piecewise linear, and it does not keep the order of the scores: expected it over all "
            f"{prod(shape)} scores, got axis {axis} of shape {shape}",
        )
