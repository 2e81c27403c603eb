"""Element by element: sums, differences, factors, and batch norm."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.node import Node, Value
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.program import Affine, Array, Constant, Scale, Term, affine
from deepcheck.program.contraction import contraction
from deepcheck.program.maps import LinearMap

MINUS = Constant(np.asarray(np.float32(-1)))


def combined(node: Node, signs: Sequence[int], divisor: int = 1) -> Value:
    """The sum of a node's operands, each with its sign, over a whole number."""
    shape = tuple(np.broadcast_shapes(*(operand.shape for operand in node.operands if operand is not None)))
    node.allow((*shape, max(len(node.values), 1)))
    pairs = list(zip(node.operands, signs, strict=True))
    terms = [_term(o, s, divisor, shape) for o, s in pairs if isinstance(o, Value)]
    offsets = [_signed(o, s, divisor) for o, s in pairs if isinstance(o, np.ndarray)]
    first = offsets[0] if offsets else None
    kind = "add" if len(terms) > 1 else "shift"
    made = node.emit(Affine(kind, tuple(terms), shape, first))
    # Each constant on its own: their sum would be rounded.
    for offset in offsets[1:]:
        made = _changed(node, made, None, offset, "shift")
    return made


def _term(value: Value, sign: int, divisor: int, shape: tuple[int, ...]) -> Term:
    maps: list[LinearMap] = [] if value.shape == shape else [affine.broadcast(value.shape, shape)]
    if sign < 0 or divisor > 1:
        maps.append(Scale(_quotient(np.asarray(np.float32(sign)), divisor), shape))
    return Term(value.index, tuple(maps))


def _signed(constant: Array, sign: int, divisor: int) -> Constant:
    return _quotient(constant if sign > 0 else -constant, divisor)


def _quotient(numerator: Array, divisor: int) -> Constant:
    return Constant(numerator, None if divisor == 1 else np.asarray(float(divisor)))


def scaled(node: Node, value: Value, factor: Constant) -> Value:
    """A value times a constant, with broadcasting."""
    return _changed(node, value, factor, None, "scale")


def shifted(node: Node, value: Value, offset: Array) -> Value:
    """A value plus a constant, with broadcasting."""
    return _changed(node, value, None, Constant(offset), "shift")


def constant_result(node: Node, value: Value, result: Array) -> Value:
    """A result that does not depend on the value that the node reads: 0 times it, plus the result."""
    nothing = Constant(np.zeros((), np.float32))
    return _changed(node, value, nothing, Constant(result), "constant")


def _changed(node: Node, value: Value, factor: Constant | None, offset: Constant | None, kind: str) -> Value:
    """A value times a constant, plus a constant, where the result is within the budget."""
    node.allow(np.broadcast_shapes(value.shape, *(c.shape for c in (factor, offset) if c is not None)))
    return node.emit(affine.scale_and_shift(value.index, value.shape, factor, offset, kind=kind))


def contracted(
    node: Node,
    x: Value,
    weight: Array,
    axes: tuple[str, str, str],
    *,
    offset: Constant | None = None,
    kind: str = "dense",
) -> Value:
    """`contraction`, where its index maps, its whole matrix and its result are within the budget."""
    mine, theirs, result = axes
    length = dict(zip(theirs, weight.shape, strict=False)) | dict(zip(mine, x.shape, strict=False))
    matrix = [n for letter, n in length.items() if letter in theirs or letter not in result]
    node.allow(x.shape, matrix, [length.get(letter, 1) for letter in result])
    return node.emit(contraction(x.index, x.shape, weight, axes=axes, offset=offset, kind=kind))


@operator("Add", "Sum")
def _add(node: Node) -> Result:
    return combined(node, [1] * len(node.operands))


@operator("Sub")
def _subtract(node: Node) -> Result:
    return combined(node, [1, -1])


@operator("Mean")
def _mean(node: Node) -> Result:
    return combined(node, [1] * len(node.operands), divisor=len(node.operands))


@operator("Neg")
def _negate(node: Node) -> Result:
    return scaled(node, node.value(), MINUS)


@operator("Mul")
def _multiply(node: Node) -> Result:
    if len(node.values) != 1:
        raise UnsupportedOperator("expected a constant factor: a product of two values is not piecewise linear")
    return scaled(node, node.values[0], Constant(node.constants[0]))


@operator("Div")
def _divide(node: Node) -> Result:
    if len(node.operands) > 1 and isinstance(node.operands[1], Value):
        raise UnsupportedOperator("expected a constant divisor: division by a value is not piecewise linear")
    divisor = node.required(1)
    if not np.all(divisor):
        raise MalformedModel("division by a constant of 0")
    return scaled(node, node.value(), Constant(np.ones(divisor.shape, np.float32), divisor))


@operator("Pow")
def _power(node: Node) -> Result:
    exponent = node.operands[1] if len(node.operands) > 1 else None
    if isinstance(exponent, np.ndarray) and isinstance(node.operands[0], Value) and np.all(exponent == 1):
        return combined_alone(node, exponent)
    raise UnsupportedOperator("expected an exponent of 1: a power is not piecewise linear")


def combined_alone(node: Node, like: Array) -> Value:
    """The first operand, repeated to the shape of a constant."""
    value = node.value()
    return scaled(node, value, Constant(np.ones(like.shape, np.float32)))


@operator("BatchNormalization")
def _batch_norm(node: Node) -> Result:
    x = node.value()
    if node.attributes.get("training_mode", 0) or any(node.proto.output[1:]):
        raise UnsupportedOperator(
            "expected a batch norm exported for inference, got one of training (training_mode=1, or several outputs)"
        )
    if node.opset < 9 and not node.attributes.get("spatial", 1):
        raise UnsupportedOperator("expected a batch norm per channel (spatial=0)")
    gamma, beta, mean, variance = (per_channel(node.required(i), x.shape) for i in range(1, 5))
    epsilon = np.float64(np.float32(node.attributes.get("epsilon", 1e-5)))
    factor = gamma.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
    node.rounded.append(f"{node.name} (batch norm: scale / sqrt(var + epsilon))")
    middle = _changed(node, x, None, Constant(-mean), "batch norm: centre")
    return _changed(node, middle, Constant(factor), Constant(beta), "batch norm: scale")


@operator("ai.onnx.ml.Scaler")
def _scaler(node: Node) -> Result:
    """scikit-learn's StandardScaler: ``(x - offset) * scale``, feature by feature."""
    offset, scale = (np.asarray(node.attributes[name], dtype=np.float32) for name in ("offset", "scale"))
    return scaled(node, shifted(node, node.value(), -offset), Constant(scale))


@operator("ai.onnx.ml.LinearRegressor")
def _linear_regressor(node: Node) -> Result:
    """scikit-learn's linear models: a row of coefficients for each target."""
    x, targets = node.value(), int(node.attributes.get("targets", 1))
    if node.attributes.get("post_transform", b"NONE") != b"NONE":
        raise UnsupportedOperator("expected no post_transform: that is not piecewise linear")
    weight = np.asarray(node.attributes["coefficients"], dtype=np.float32).reshape(targets, -1)
    intercepts = np.asarray(node.attributes.get("intercepts", np.zeros(targets)), dtype=np.float32)
    return contracted(node, x, weight, ("bi", "ti", "bt"), offset=Constant(intercepts))


def per_channel(constant: Array, shape: tuple[int, ...]) -> Array:
    """One number per channel, axis 1, in a form that broadcasts."""
    return np.asarray(constant.reshape(-1, *(1,) * (len(shape) - 2)))


def number(value: Any) -> np.float32:
    """An attribute: float32, as it is stored."""
    return np.float32(value)
