"""What depends on constants alone is computed on loading, by onnx's own reference evaluator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.budget import Budget
from deepcheck.frontends.sizes import result_bytes
from deepcheck.program import Array

# Operators whose results are elements of their operands: nothing is rounded.
MOVES = frozenset(
    (
        *("Constant", "ConstantOfShape", "Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze"),
        *("Concat", "Slice", "Gather", "GatherElements", "GatherND", "Shape", "Size", "Split", "Expand", "Tile"),
        *("Pad", "Where", "DepthToSpace", "SpaceToDepth", "ScatterElements", "ScatterND", "Trilu"),
        *("Max", "Min", "ReduceMax", "ReduceMin", "Relu", "Neg", "Abs", "Clip", "EyeLike", "OneHot", "Compress"),
    )
)
RANDOM = frozenset(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli")
)
SEQUENCES = frozenset(("SequenceEmpty", "SequenceConstruct", "SequenceInsert", "SequenceErase", "SplitToSequence"))
# Operators that need only the shape of their operand.
SHAPE_ONLY = frozenset(("Shape", "Size", "EyeLike"))


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
        self._check_size(node, feeds)
        model = self._alone(node, feeds)
        try:
            with np.errstate(all="ignore"):
                results = ReferenceEvaluator(model).run(None, dict(feeds))
        except Exception as problem:  # the evaluator raises whatever NumPy or the operator raises
            reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise MalformedModel(f"{_words(node)} cannot be computed on loading: {reason}") from None
        names = [name for name in node.output if name]
        return {name: np.asarray(result) for name, result in zip(names, results, strict=True)}

    def _check_size(self, node: onnx.NodeProto, feeds: Mapping[str, Array]) -> None:
        """Raise unless the node is one that is computed on loading, with a result within the budget."""
        try:
            size = result_bytes(node, [feeds[name] if name else None for name in node.input])
        except MalformedModel as problem:
            raise MalformedModel(f"{_words(node)}: {problem}") from None
        except (IndexError, KeyError, ValueError, TypeError, OverflowError, AttributeError) as problem:
            raise MalformedModel(f"{_words(node)} is inconsistent: {problem}") from None
        if size is None:
            reason = "it works on constants alone, and is not one that is computed on loading"
            if node.op_type in SEQUENCES:
                reason = "it makes a sequence or a map, not a tensor"
            raise UnsupportedOperator(
                f"{_words(node)}: {reason}: store its result in the model", operator=node.op_type, reason=reason
            )
        self.budget.allow(size, f"{_words(node)}: its result")

    def _alone(self, node: onnx.NodeProto, feeds: Mapping[str, Array]) -> onnx.ModelProto:
        """The node as a model of its own."""
        try:
            inputs = [
                helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
                for name, array in feeds.items()
            ]
        except (KeyError, TypeError, ValueError) as problem:
            reason = f"it has operands of an unknown type: {problem}"
            raise UnsupportedOperator(f"{_words(node)}: {reason}", operator=node.op_type, reason=reason) from None
        outputs = [helper.make_value_info(name, onnx.TypeProto()) for name in node.output if name]
        graph = helper.make_graph([node], "alone", inputs, outputs)
        return helper.make_model(graph, opset_imports=list(self.opsets), ir_version=min(self.ir_version or 8, 10))


def _words(node: onnx.NodeProto) -> str:
    return f"node '{node.name or (node.output[0] if node.output else '')}' ({node.op_type})"
