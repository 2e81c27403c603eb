"""What depends on constants alone is computed on loading, by onnx's own reference evaluator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.budget import Budget
from deepcheck.program import Array

# Operators whose results are elements of their operands: nothing is rounded.
MOVES = frozenset(
    (
        *("Constant", "ConstantOfShape", "Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze"),
        *("Concat", "Slice", "Gather", "GatherElements", "GatherND", "Shape", "Size", "Split", "Expand", "Tile"),
        *("Range", "Pad", "Where", "DepthToSpace", "SpaceToDepth", "ScatterElements", "ScatterND", "Trilu"),
        *("Max", "Min", "ReduceMax", "ReduceMin", "Relu", "Neg", "Abs", "Clip", "EyeLike", "OneHot", "Compress"),
    )
)
RANDOM = frozenset(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli")
)
# Operators that need only the shape of their operand.
SHAPE_ONLY = frozenset(("Shape", "Size", "EyeLike"))
SMALL = 1024
"""Constants of up to this many numbers are shown to shape inference: they may be shapes."""


@dataclass(frozen=True)
class Folder:
    """Evaluates single nodes of a model whose operands are all known.

    Attributes:
        opsets: The model's operator sets.
        ir_version: The model's.
        budget: How much memory the results may take.
    """

    opsets: Sequence[onnx.OperatorSetIdProto]
    ir_version: int
    budget: Budget

    def fold(self, node: onnx.NodeProto, constants: Mapping[str, Array]) -> tuple[dict[str, Array], bool]:
        """The results of a node, and whether they are free of rounding.

        Raises:
            MalformedModel: If an operand is missing or the node cannot be computed.
            UnsupportedOperator: If its result is random.
        """
        if node.op_type in RANDOM:
            reason = "it draws random numbers, so it has no fixed value"
            raise UnsupportedOperator(f"{_words(node)}: {reason}", operator=node.op_type, reason=reason)
        feeds = {name: constants[name] for name in node.input if name}
        results = self.evaluate(node, feeds)
        for name, result in results.items():
            self.budget.spend(result.nbytes, f"{_words(node)}: its result '{name}'")
        exact = node.op_type in MOVES or all(array.dtype.kind in "iub" for array in results.values())
        return results, exact

    def evaluate(self, node: onnx.NodeProto, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """The results of a node on given operands, by output name."""
        model = self._alone(node, feeds)
        size = _largest_result(model)
        self.budget.allow(size, f"{_words(node)}: its result")
        try:
            with np.errstate(all="ignore"):
                results = ReferenceEvaluator(model).run(None, dict(feeds))
        except Exception as problem:  # the evaluator raises whatever NumPy or the operator raises
            reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise MalformedModel(f"{_words(node)} cannot be computed on loading: {reason}") from None
        if not all(isinstance(result, (np.ndarray, np.generic)) for result in results):
            reason = "it makes a sequence or a map, not a tensor"
            raise UnsupportedOperator(f"{_words(node)}: {reason}", operator=node.op_type, reason=reason)
        names = [name for name in node.output if name]
        return {name: np.asarray(result) for name, result in zip(names, results, strict=True)}

    def _alone(self, node: onnx.NodeProto, feeds: Mapping[str, Array]) -> onnx.ModelProto:
        """The node as a model of its own; small constants are stored in it, so that shapes can be inferred."""
        try:
            inputs = [
                helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
                for name, array in feeds.items()
            ]
        except (KeyError, TypeError, ValueError) as problem:
            reason = f"it has operands of an unknown type: {problem}"
            raise UnsupportedOperator(f"{_words(node)}: {reason}", operator=node.op_type, reason=reason) from None
        stored = [
            numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
            for name, array in feeds.items()
            if array.size <= SMALL
        ]
        outputs = [helper.make_value_info(name, onnx.TypeProto()) for name in node.output if name]
        graph = helper.make_graph([node], "alone", inputs, outputs, stored)
        return helper.make_model(graph, opset_imports=list(self.opsets), ir_version=min(self.ir_version or 8, 10))


def _largest_result(model: onnx.ModelProto) -> float:
    """How many bytes the largest result of a one-node model takes, by onnx's shape inference; 0 if it cannot tell."""
    (node,) = model.graph.node
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as problem:  # C++ exceptions of several classes
        raise MalformedModel(f"{_words(node)} is inconsistent: {str(problem).splitlines()[0]}") from None
    largest = 0.0
    for output in inferred.graph.output:
        dims = output.type.tensor_type.shape.dim
        largest = max(largest, 8.0 * prod(float(dim.dim_value) for dim in dims))
    return largest


def _words(node: onnx.NodeProto) -> str:
    return f"node '{node.name or (node.output[0] if node.output else '')}' ({node.op_type})"
