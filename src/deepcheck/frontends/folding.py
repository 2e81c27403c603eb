"""What depends on constants alone is computed on loading, by onnx's own reference evaluator."""

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from deepcheck.errors import MalformedModel
from deepcheck.program import Array

# Operators whose results are elements of their operands, or small integers: nothing is rounded.
MOVES = frozenset(
    "Constant ConstantOfShape Identity Reshape Flatten Transpose Squeeze Unsqueeze Concat Slice Gather Shape Size Split "
    "Expand Tile Range Pad".split()
)


def fold(node: onnx.NodeProto, constants: dict[str, Array], model: onnx.ModelProto) -> tuple[dict[str, Array], bool]:
    """The results of a node whose operands are all constants, and whether they are free of rounding.

    Raises:
        MalformedModel: If an operand is missing or the node cannot be computed.
    """
    inputs = [name for name in node.input if name]
    missing = [name for name in inputs if name not in constants]
    if missing:
        raise MalformedModel(f"node '{node.name}' ({node.op_type}) reads '{missing[0]}', which nothing computes")
    graph = helper.make_graph(
        [node],
        "constant",
        [helper.make_value_info(name, onnx.TypeProto()) for name in dict.fromkeys(inputs)],
        [helper.make_value_info(name, onnx.TypeProto()) for name in node.output],
    )
    opsets = list(model.opset_import)
    single = helper.make_model(graph, opset_imports=opsets, ir_version=min(model.ir_version or 8, 10))
    try:
        results = ReferenceEvaluator(single).run(None, {name: constants[name] for name in inputs})
    except Exception as problem:  # the evaluator raises whatever NumPy or the operator raises
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise MalformedModel(f"node '{node.name}' ({node.op_type}) cannot be computed on loading: {reason}") from None
    arrays = {name: np.asarray(result) for name, result in zip(node.output, results, strict=True)}
    exact = node.op_type in MOVES or all(array.dtype.kind in "iub" for array in arrays.values())
    return arrays, exact
