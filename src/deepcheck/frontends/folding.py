"""What depends on constants alone is computed on loading, by onnx's own reference evaluator."""

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.model_file import BUDGET_BYTES
from deepcheck.program import Array

# Operators whose results are elements of their operands, or small integers: nothing is rounded.
MOVES = frozenset(
    (
        *("Constant", "ConstantOfShape", "Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze"),
        *("Concat", "Slice", "Gather", "Shape", "Size", "Split", "Expand", "Tile", "Range", "Pad"),
    )
)

RANDOM = frozenset(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli")
)


def fold(node: onnx.NodeProto, constants: dict[str, Array], model: onnx.ModelProto) -> tuple[dict[str, Array], bool]:
    """The results of a node whose operands are all constants, and whether they are free of rounding.

    Raises:
        MalformedModel: If an operand is missing or the node cannot be computed.
        UnsupportedOperator: If its result is random.
    """
    inputs = [name for name in node.input if name]
    missing = [name for name in inputs if name not in constants]
    if missing:
        raise MalformedModel(f"node '{node.name}' ({node.op_type}) reads '{missing[0]}', which nothing computes")
    if node.op_type in RANDOM:
        raise UnsupportedOperator(f"node '{node.name}' ({node.op_type}) draws random numbers: it has no fixed value")
    try:
        size = _elements(node, [constants[name] for name in inputs])
    except (IndexError, ValueError, TypeError, OverflowError) as problem:
        raise MalformedModel(f"node '{node.name}' ({node.op_type}) is inconsistent: {problem}") from None
    if size * 8 > BUDGET_BYTES:
        raise MalformedModel(f"node '{node.name}' ({node.op_type}) makes a constant over {BUDGET_BYTES} bytes")
    graph = helper.make_graph(
        [node],
        "constant",
        [helper.make_value_info(name, onnx.TypeProto()) for name in dict.fromkeys(inputs)],
        [helper.make_value_info(name, onnx.TypeProto()) for name in node.output],
    )
    opsets = list(model.opset_import)
    single = helper.make_model(graph, opset_imports=opsets, ir_version=min(model.ir_version or 8, 10))
    try:
        with np.errstate(all="ignore"):
            results = ReferenceEvaluator(single).run(None, {name: constants[name] for name in inputs})
    except Exception as problem:  # the evaluator raises whatever NumPy or the operator raises
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise MalformedModel(f"node '{node.name}' ({node.op_type}) cannot be computed on loading: {reason}") from None
    arrays = {name: np.asarray(result) for name, result in zip(node.output, results, strict=True)}
    exact = node.op_type in MOVES or all(array.dtype.kind in "iub" for array in arrays.values())
    return arrays, exact


def _elements(node: onnx.NodeProto, operands: list[Array]) -> float:
    """How many elements a node's result may have at most, where a small operand can ask for a large one."""
    size = max((operand.size for operand in operands), default=0)
    match node.op_type:
        case "ConstantOfShape" if operands:
            return float(np.prod(operands[0].astype(np.float64)))
        case "Expand" | "Tile" if len(operands) > 1:
            return float(size * np.prod(np.maximum(operands[1].astype(np.float64), 1)))
        case "Range" if len(operands) == 3:
            start, stop, step = (float(operand) for operand in operands)
            return abs(stop - start) / abs(step) if step else float("inf")
        case "Pad" if len(operands) > 1:
            pads = np.abs(operands[1].astype(np.float64)).reshape(2, -1).sum(axis=0)
            return float(np.prod(np.array(operands[0].shape[-len(pads) :]) + pads)) * operands[0].size
        case _:
            return float(size)
