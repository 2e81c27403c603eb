"""A network whose logit is the sum of the words' first numbers."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def signed_network(positions: int) -> onnx.ModelProto:
    """``sigmoid(relu(s) - relu(-s))`` of vectors of two numbers, ``s`` the sum of their first ones."""
    first = np.tile(np.array([[1, -1], [0, 0]], dtype=np.float32), (positions, 1))
    nodes = [
        helper.make_node("Flatten", ["vectors"], ["flat"]),
        helper.make_node("MatMul", ["flat", "first"], ["sums"]),
        helper.make_node("Relu", ["sums"], ["parts"]),
        helper.make_node("MatMul", ["parts", "last"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["share"]),
    ]
    graph = helper.make_graph(
        nodes,
        "sum",
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [1, positions, 2])],
        [helper.make_tensor_value_info("share", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(first, "first"), numpy_helper.from_array(np.float32([[1], [-1]]), "last")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model
