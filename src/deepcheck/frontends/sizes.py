"""How much memory the result of a node on known operands takes, told from shapes and settings before it is computed.

onnx's own shape inference is not asked: on a malformed node it can end the whole process, and of some operators it does
not know the size. What is not listed here is not computed on loading.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import helper

from deepcheck.errors import MalformedModel
from deepcheck.program import Array

ITEM_BYTES = 8.0
SLOW = 100
"""An element that the evaluator visits in Python, one at a time, counts as so many."""
FEW = 1024
"""How many numbers a setting has at most: sizes, axes, pads."""

Operands = Sequence[Array | None]
Attributes = Mapping[str, Any]


def result_bytes(node: onnx.NodeProto, operands: Operands) -> float | None:
    """Bytes of a node's results, at most; None for an operator that is not computed on loading.

    Args:
        node: The node.
        operands: Its operands in order, None where one is left out.

    Raises:
        MalformedModel: If its operands cannot be right.
    """
    if node.domain not in ("", "ai.onnx"):
        return None
    outputs = 1 if node.op_type == "Split" else max(len(node.output), 1)
    if node.op_type in _KEEPING:
        return ITEM_BYTES * outputs * float(sum(o.size for o in operands if o is not None))
    if node.op_type in _BROADCASTING:
        shapes = [o.shape for o in operands if o is not None]
        return ITEM_BYTES * outputs * prod(map(float, np.broadcast_shapes(*shapes)))
    if node.op_type in _GROWING:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        return ITEM_BYTES * _GROWING[node.op_type](operands, attributes)
    return None


def _array(operands: Operands, position: int) -> Array:
    found = operands[position] if position < len(operands) else None
    if found is None:
        raise MalformedModel(f"expected an input {position}, got none")
    return found


def _numbers(operands: Operands, attributes: Attributes, position: int, name: str) -> list[float]:
    """What newer operator sets have as an input, and older ones as an attribute; empty where it is left out."""
    if name in attributes:
        return [float(n) for n in np.ravel(attributes[name])]
    found = operands[position] if position < len(operands) else None
    if found is None:
        return []
    if found.size > FEW:
        raise MalformedModel(f"expected at most {FEW} numbers for {name}, got {found.size}")
    return [float(n) for n in found.ravel()]


def _filled(operands: Operands, attributes: Attributes) -> float:
    return prod(_numbers(operands, attributes, 0, "shape"))


def _expanded(operands: Operands, attributes: Attributes) -> float:
    shape = tuple(int(n) for n in _numbers(operands, attributes, 1, "shape"))
    return prod(map(float, _array(operands, 0).shape)) * prod(max(n, 1.0) for n in map(float, shape))


def _tiled(operands: Operands, attributes: Attributes) -> float:
    return _array(operands, 0).size * prod(_numbers(operands, attributes, 1, "repeats"))


def _range(operands: Operands, _: Attributes) -> float:
    start, limit, step = (float(_array(operands, i).reshape(-1)[0]) for i in range(3))
    return max((limit - start) / step, 0.0) if step else float("inf")


def _padded(operands: Operands, attributes: Attributes) -> float:
    shape = _array(operands, 0).shape
    pads = _numbers(operands, attributes, 1, "pads")
    axes = [int(a) for a in _numbers(operands, {}, 3, "axes")] or list(range(len(shape)))
    lengths = [float(n) for n in shape]
    for axis, more in zip(axes * 2, pads, strict=True):
        lengths[axis] += max(more, 0.0)
    return prod(lengths)


def _one_hot(operands: Operands, _: Attributes) -> float:
    return _array(operands, 0).size * float(_array(operands, 1).reshape(-1)[0])


def _gathered(operands: Operands, attributes: Attributes) -> float:
    data, index = _array(operands, 0), _array(operands, 1)
    return float(data.size / max(data.shape[int(attributes.get("axis", 0))], 1) * index.size)


def _gathered_along(operands: Operands, attributes: Attributes) -> float:
    """The evaluator takes an index that is out of range for another one, after a long search."""
    data, index = _array(operands, 0), _array(operands, 1)
    length = data.shape[int(attributes.get("axis", 0))]
    if index.size and not -length <= index.min() <= index.max() < length:
        raise MalformedModel(f"expected indices from {-length} to {length - 1}, got {index.min()} to {index.max()}")
    return float(index.size)


def _gathered_at(operands: Operands, attributes: Attributes) -> float:
    data, index = _array(operands, 0), _array(operands, 1)
    batch, width = int(attributes.get("batch_dims", 0)), index.shape[-1]
    each = prod(map(float, data.shape[batch + width :]))
    return float(index.size / max(width, 1) * (SLOW + each))


def _scattered(operands: Operands, _: Attributes) -> float:
    return float(_array(operands, 0).size) + SLOW * float(_array(operands, 1).size)


def _reshaped(operands: Operands, attributes: Attributes) -> float:
    if min(_numbers(operands, attributes, 1, "shape"), default=0.0) < -1:
        raise MalformedModel("expected sizes from -1 up to reshape to, got a smaller one")
    return float(_array(operands, 0).size)


def _reversed(operands: Operands, attributes: Attributes) -> float:
    data, lengths = _array(operands, 0), _array(operands, 1)
    most = data.shape[int(attributes.get("time_axis", 0))]
    if lengths.size and not 0 <= lengths.min() <= lengths.max() <= most:
        raise MalformedModel(f"expected lengths from 0 to {most}, got {lengths.min()} to {lengths.max()}")
    return float(data.size)


def _triangle(operands: Operands, _: Attributes) -> float:
    if _array(operands, 0).ndim < 2:
        raise MalformedModel(f"expected matrices, got shape {_array(operands, 0).shape}")
    return float(_array(operands, 0).size)


def _cropped(operands: Operands, attributes: Attributes) -> float:
    shape, axes = _array(operands, 0).shape, attributes.get("axes", range(_array(operands, 0).ndim))
    lengths = [float(n) for n in shape]
    for axis, length in zip(axes, _numbers(operands, attributes, 1, "shape"), strict=True):
        lengths[axis] = max(lengths[axis], length)
    return prod(lengths)


def _resized(operands: Operands, attributes: Attributes) -> float:
    shape = _array(operands, 0).shape
    axes = [int(a) for a in attributes.get("axes", range(len(shape)))]
    lengths = [float(n) for n in shape]
    scales, sizes = (_numbers(operands, {}, i, name) for i, name in ((2, "scales"), (3, "sizes")))
    if attributes.get("keep_aspect_ratio_policy", b"stretch") != b"stretch" and sizes:
        scales, sizes = [max(size / max(lengths[a], 1.0) for size, a in zip(sizes, axes, strict=True))] * len(axes), []
    for axis, factor in zip(axes, scales, strict=False):
        lengths[axis] *= factor
    for axis, size in zip(axes, sizes, strict=False):
        lengths[axis] = size
    return SLOW * prod(lengths)


def _found(operands: Operands, _: Attributes) -> float:
    return float(_array(operands, 0).size) * max(_array(operands, 0).ndim, 1)


def _product(operands: Operands, _: Attributes) -> float:
    left, right = _array(operands, 0), _array(operands, 1)
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    return prod(map(float, (*batch, *left.shape[-2:-1], *right.shape[-1:] * (right.ndim > 1))))


def _gemm(operands: Operands, attributes: Attributes) -> float:
    left, right = _array(operands, 0), _array(operands, 1)
    rows = left.shape[1 if attributes.get("transA", 0) else 0]
    return float(rows * float(right.shape[0 if attributes.get("transB", 0) else 1]))


def _summed(operands: Operands, attributes: Attributes) -> float:
    equation = attributes["equation"].decode().replace(" ", "")
    left, arrow, right = equation.partition("->")
    if "." in equation or not arrow:
        return prod(float(o.size) for o in operands if o is not None)
    parts = zip(left.split(","), operands, strict=True)
    length = {letter: n for part, o in parts if o is not None for letter, n in zip(part, o.shape, strict=True)}
    return prod(float(length[letter]) for letter in right)


def _convolved(operands: Operands, attributes: Attributes) -> float:
    """The windows of each image, and the kernel with the holes that a dilation makes."""
    data, weight = _array(operands, 0), _array(operands, 1)
    kernel, spatial = weight.shape[2:], data.shape[2:]
    pads = [max(float(p), 0.0) for p in attributes.get("pads", (0,) * 2 * len(spatial))]
    dilations = [abs(float(d)) for d in attributes.get("dilations", (1,) * len(spatial))]
    wide = prod(k * d for k, d in zip(kernel, dilations, strict=True)) * prod(map(float, weight.shape[:2]))
    places = prod(n + before + after for n, before, after in zip(spatial, pads, pads[len(spatial) :], strict=True))
    taps = prod(map(float, (data.shape[0], max(data.shape[1], weight.shape[0]), *kernel)))
    return float(wide + places * taps)


_GROWING: dict[str, Callable[[Operands, Attributes], float]] = {
    "ConstantOfShape": _filled,
    "Expand": _expanded,
    "Tile": _tiled,
    "Range": _range,
    "Pad": _padded,
    "OneHot": _one_hot,
    "Gather": _gathered,
    "GatherElements": _gathered_along,
    "GatherND": _gathered_at,
    **dict.fromkeys(("ScatterElements", "ScatterND", "TensorScatter"), _scattered),
    "Trilu": _triangle,
    "Reshape": _reshaped,
    "ReverseSequence": _reversed,
    "NonZero": _found,
    "CenterCropPad": _cropped,
    "Resize": _resized,
    **dict.fromkeys(("MatMul", "MatMulInteger"), _product),
    "Gemm": _gemm,
    "Einsum": _summed,
    "Conv": _convolved,
}
# As large as all operands together, at most.
_KEEPING = frozenset(
    """
    Constant Identity Flatten Transpose Squeeze Unsqueeze Concat Slice Split Shape Size EyeLike
    DepthToSpace SpaceToDepth Compress CumSum CumProd ReduceMax ReduceMin ReduceSum ReduceMean
    ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin TopK Unique Cast
    CastLike Dropout Softmax LogSoftmax Hardmax BatchNormalization LayerNormalization InstanceNormalization
    RMSNormalization GlobalAveragePool GlobalMaxPool LpNormalization QuantizeLinear Det DequantizeLinear
    DynamicQuantizeLinear
    """.split()  # noqa: SIM905  (a list would take a line a word)
)
# As large as their operands broadcast together.
_BROADCASTING = frozenset(
    """
    Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Celu
    Clip Cos Cosh Div Elu Equal Erf Exp Floor Greater GreaterOrEqual HardSigmoid IsInf IsNaN LeakyRelu Less
    LessOrEqual Log Max Mean Min Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin
    Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Where Xor
    """.split()  # noqa: SIM905  (a list would take a line a word)
)
