"""Networks small enough to be worked out by hand."""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper


def two_sums(path: Path, shape: tuple[int, ...] = (1, 2, 2), dtype: type[np.floating] = np.float32) -> Path:
    """Scores ``relu(x0 + x1)`` and ``relu(x2 + x3)`` of four pixels."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["sums"]),
        helper.make_node("Relu", ["sums"], ["scores"]),
    ]
    weight = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=dtype)
    return _saved(path, nodes, shape, 2, weight)


def regression(path: Path) -> Path:
    """The sum of four numbers, without a decision."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["price"]),
    ]
    return _saved(path, nodes, (1, 2, 2), 1, np.ones((4, 1), dtype=np.float32))


def rgb_sum(path: Path) -> Path:
    """Scores red + 2 green + 3 blue, summed over two pixels, and 0."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["scores"]),
    ]
    weight = np.array([[1, 0], [1, 0], [2, 0], [2, 0], [3, 0], [3, 0]], dtype=np.float32)
    return _saved(path, nodes, (3, 2, 1), 2, weight)


def with_operator(path: Path, operator: str) -> Path:
    """An operator of one operand, named ``curve``, before a dense layer."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node(operator, ["flat"], ["bent"], name="curve"),
        helper.make_node("MatMul", ["bent", "weight"], ["scores"]),
    ]
    return _saved(path, nodes, (1, 2, 2), 2, np.ones((4, 2), dtype=np.float32))


def _saved(path: Path, nodes: list[onnx.NodeProto], shape: tuple[int, ...], outputs: int, weight: np.ndarray) -> Path:
    kind = helper.np_dtype_to_tensor_dtype(weight.dtype)
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", kind, [1, *shape])],
        [helper.make_tensor_value_info(nodes[-1].output[0], kind, [1, outputs])],
        [numpy_helper.from_array(weight, "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
