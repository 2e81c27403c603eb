"""Which ONNX operators are understood, and what each becomes: a few lines an operator."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.node import Node, Value
from deepcheck.frontends.windows import sliding_of
from deepcheck.program import Array, Constant, Gather, Instruction, Piecewise, Reshape, Sliding, affine
from deepcheck.program.branches import Largest

Mapping = Callable[[Node], Sequence[Instruction] | None]
OPERATORS: dict[str, Mapping] = {}
FINAL = ("Softmax", "LogSoftmax", "Sigmoid")
PREVIOUS = -1
"""In a mapping that makes several instructions: the result of the one before."""


def supported_operators() -> tuple[str, ...]:
    """The names of the supported ONNX operators, sorted."""
    return tuple(sorted([*OPERATORS, "Constant", *(f"{name} (last)" for name in FINAL)]))


def operator(*names: str) -> Callable[[Mapping], Mapping]:
    """Register a mapping for ONNX operators."""

    def register(mapping: Mapping) -> Mapping:
        OPERATORS.update(dict.fromkeys(names, mapping))
        return mapping

    return register


@operator("Identity", "Dropout", "Cast")
def _same(node: Node) -> Sequence[Instruction] | None:
    target = node.attributes.get("to", 1)
    if target not in (1, 11):
        raise UnsupportedOperator("expected a cast to float32 or float64: any other type rounds")
    if node.constant(2) is not None and bool(np.any(node.required(2))):
        raise UnsupportedOperator("expected a dropout exported for inference (training mode is on)")
    return None


@operator("Gemm")
def _gemm(node: Node) -> Sequence[Instruction]:
    x, weight, offset = node.value(), node.required(1), node.constant(2)
    if node.attributes.get("transA", 0):
        raise UnsupportedOperator("expected transA=0: a transposed first operand mixes the items of a batch")
    if len(x.shape) != 1:
        raise MalformedModel(f"expected a vector for each item, got shape {x.shape}")
    matrix = weight.T if node.attributes.get("transB", 0) else weight
    alpha, beta = (np.float32(node.attributes.get(name, 1.0)) for name in ("alpha", "beta"))
    if alpha == beta == 1 and offset is not None:
        return [affine.dense(x.index, x.shape, matrix, Constant(_fit(offset, x.shape)))]
    made: list[Instruction] = [affine.dense(x.index, x.shape, matrix, None)]
    if alpha != 1:
        scaled = affine.scale_and_shift(PREVIOUS, made[-1].shape, Constant(np.asarray(alpha)), None, kind="scale")
        made.append(scaled)
    if offset is not None and beta == 1:
        made.append(_shifted(PREVIOUS, made[-1].shape, offset))
    elif offset is not None and beta != 0:
        node.rounded.append(f"{node.inputs[2]} (Gemm beta)")
        made.append(_shifted(PREVIOUS, made[-1].shape, offset.astype(np.float64) * np.float64(beta)))
    return made


@operator("MatMul")
def _matmul(node: Node) -> Sequence[Instruction]:
    x, weight = node.value(), node.required(1)
    if weight.ndim != 2:
        raise UnsupportedOperator(f"expected a constant matrix on the right, got shape {weight.shape}")
    return [affine.dense(x.index, x.shape, weight, None)]


@operator("Conv")
def _convolution(node: Node) -> Sequence[Instruction]:
    x, weight = node.value(), node.required(1)
    sliding = sliding_of(node, x.shape, kernel=weight.shape[2:])
    groups = node.attributes.get("group", 1)
    made = affine.convolution(x.index, (1, *x.shape), weight, node.constant(2), sliding=sliding, groups=groups)
    return [_one_item(made, x.shape)]


@operator("AveragePool")
def _average_pool(node: Node) -> Sequence[Instruction]:
    x = node.value()
    counted = bool(node.attributes.get("count_include_pad", 0))
    made = affine.average_pool(x.index, (1, *x.shape), sliding_of(node, x.shape), count_padding=counted)
    return [_one_item(made, x.shape)]


@operator("GlobalAveragePool")
def _global_average_pool(node: Node) -> Sequence[Instruction]:
    x = node.value()
    spatial = x.shape[1:]
    none = (0,) * len(spatial)
    sliding = Sliding(spatial, (1,) * len(spatial), (1,) * len(spatial), none, none)
    return [_one_item(affine.average_pool(x.index, (1, *x.shape), sliding, count_padding=False), x.shape)]


@operator("BatchNormalization")
def _batch_norm(node: Node) -> Sequence[Instruction]:
    x = node.value()
    if node.attributes.get("training_mode", 0):
        raise UnsupportedOperator("expected a batch norm exported for inference (training_mode=1)")
    gamma, beta, mean, variance = (_per_channel(node.required(i), x.shape) for i in range(1, 5))
    epsilon = np.float64(np.float32(node.attributes.get("epsilon", 1e-5)))
    factor = gamma.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
    node.rounded.append(f"{node.name} (batch norm: scale / sqrt(var + epsilon))")
    return [
        affine.scale_and_shift(x.index, x.shape, None, Constant(-mean), kind="batch norm: centre"),
        affine.scale_and_shift(PREVIOUS, x.shape, Constant(factor), Constant(beta), kind="batch norm: scale"),
    ]


@operator("Add")
def _add(node: Node) -> Sequence[Instruction]:
    if len(node.values) == 2:
        return [affine.add(tuple((value.index, value.shape) for value in node.values))]
    return [_shifted(node.values[0].index, node.values[0].shape, _other(node))]


@operator("Sub")
def _subtract(node: Node) -> Sequence[Instruction]:
    first, second = node.operands[:2]
    if isinstance(first, Value) and isinstance(second, Value):
        made = _scaled(second, np.float32(-1), None)
        return [made, affine.add(((first.index, first.shape), (PREVIOUS, made.shape)))]
    if isinstance(first, Value):
        return [_shifted(first.index, first.shape, -_other(node))]
    value, constant = node.value(1), _other(node)
    made = _scaled(value, np.float32(-1), None)
    return [made, _shifted(PREVIOUS, made.shape, constant)]


@operator("Neg")
def _negate(node: Node) -> Sequence[Instruction]:
    return [_scaled(node.value(), np.float32(-1), None)]


@operator("Mul")
def _multiply(node: Node) -> Sequence[Instruction]:
    if len(node.values) == 2:
        raise UnsupportedOperator("expected a constant factor: a product of two values is not piecewise linear")
    return [_scaled(node.values[0], _other(node), None)]


@operator("Div")
def _divide(node: Node) -> Sequence[Instruction]:
    x, divisor = node.value(), _fit(node.required(1), node.value().shape)
    if not np.all(divisor):
        raise MalformedModel("division by a constant of 0")
    return [_scaled(x, np.ones(divisor.shape, np.float32), divisor)]


@operator("Flatten")
def _flatten(node: Node) -> Sequence[Instruction]:
    x = node.value()
    axis = node.attributes.get("axis", 1)
    if axis not in (1, -len(x.shape)):
        raise UnsupportedOperator(f"expected axis=1, got {axis}: that would join the items of a batch")
    return [_reshaped(x, (prod(x.shape),))]


@operator("Reshape")
def _reshape(node: Node) -> Sequence[Instruction]:
    x = node.value()
    target = [int(dim) for dim in node.setting("shape", 1, [])]
    copied = [1, *x.shape]
    zero_is_zero = node.attributes.get("allowzero", 0)
    target = [copied[i] if dim == 0 and not zero_is_zero else dim for i, dim in enumerate(target)]
    if target and target[0] == -1 and -prod(target) == prod(x.shape):
        target[0] = 1
    if -1 in target and prod(target) != 0:
        target[target.index(-1)] = prod(x.shape) // -prod(target)
    if not target or target[0] != 1 or prod(target) != prod(x.shape):
        raise UnsupportedOperator(f"expected a reshape that keeps the batch axis first, got {x.shape} to {target}")
    return [_reshaped(x, tuple(target[1:]))]


@operator("Transpose")
def _transpose(node: Node) -> Sequence[Instruction]:
    x = node.value()
    order = list(node.attributes.get("perm", range(len(x.shape), -1, -1)))
    if not order or order[0] != 0 or sorted(order) != list(range(len(x.shape) + 1)):
        raise UnsupportedOperator(f"expected a permutation that keeps the batch axis first, got {order}")
    index = np.arange(prod(x.shape)).reshape(x.shape).transpose([axis - 1 for axis in order[1:]])
    return [affine.move(x.index, x.shape, index, kind="transpose")]


@operator("Squeeze")
def _squeeze(node: Node) -> Sequence[Instruction]:
    x = node.value()
    rank = len(x.shape) + 1
    axes = node.setting("axes", 1, None)
    if axes is None:
        raise UnsupportedOperator("expected axes: without them the batch axis of 1 is removed as well")
    chosen = [axis % rank for axis in axes]
    if 0 in chosen or any(x.shape[axis - 1] != 1 for axis in chosen):
        raise UnsupportedOperator(f"expected axes of length 1 behind the batch axis, got {axes} of {x.shape}")
    return [_reshaped(x, tuple(n for i, n in enumerate(x.shape) if i + 1 not in chosen))]


@operator("Unsqueeze")
def _unsqueeze(node: Node) -> Sequence[Instruction]:
    x = node.value()
    axes = node.setting("axes", 1, [])
    rank = len(x.shape) + 1 + len(axes)
    chosen = sorted(axis % rank for axis in axes)
    if 0 in chosen:
        raise UnsupportedOperator("expected the batch axis to stay first")
    rest = iter(x.shape)
    return [_reshaped(x, tuple(1 if axis in chosen else next(rest) for axis in range(1, rank)))]


@operator("Concat")
def _concatenate(node: Node) -> Sequence[Instruction]:
    if len(node.values) != len(node.operands):
        raise UnsupportedOperator("expected values only: joining values with constants is not supported")
    rank = len(node.values[0].shape) + 1
    axis = int(node.attributes["axis"]) % rank
    if axis == 0:
        raise UnsupportedOperator("expected an axis behind the batch axis: axis 0 joins the items of a batch")
    return [affine.concatenate(tuple((value.index, value.shape) for value in node.values), axis - 1)]


@operator("Relu")
def _relu(node: Node) -> Sequence[Instruction]:
    return [_piecewise(node, "relu", (0,), (0, 1), (0, 0))]


@operator("LeakyRelu")
def _leaky_relu(node: Node) -> Sequence[Instruction]:
    alpha = Fraction(float(np.float32(node.attributes.get("alpha", 0.01))))
    return [_piecewise(node, "leaky relu", (0,), (alpha, 1), (0, 0))]


@operator("Clip")
def _clip(node: Node) -> Sequence[Instruction] | None:
    lower, upper = (_limit(node, name, i, sign) for i, name, sign in ((1, "min", -1), (2, "max", 1)))
    if lower is None and upper is None:
        return None
    if lower is not None and upper is not None and lower >= upper:
        raise UnsupportedOperator(f"expected min < max, got {float(lower)} and {float(upper)}")
    breakpoints = tuple(limit for limit in (lower, upper) if limit is not None)
    slopes = (*((0,) if lower is not None else ()), 1, *((0,) if upper is not None else ()))
    intercepts = (*((lower,) if lower is not None else ()), 0, *((upper,) if upper is not None else ()))
    return [_piecewise(node, "clip", breakpoints, slopes, intercepts)]


@operator("MaxPool")
def _max_pool(node: Node) -> Sequence[Instruction]:
    x = node.value()
    sliding = sliding_of(node, x.shape)
    index = affine.unfold((1, *x.shape), sliding).reshape(x.shape[0], *sliding.outputs(x.shape[1:]), -1)
    return [Largest(x.index, node.inputs[0], Gather(index, x.shape, rows=True))]


def _piecewise(node: Node, name: str, breakpoints: Any, slopes: Any, intercepts: Any) -> Piecewise:
    x = node.value()
    parts = [tuple(Fraction(number) for number in numbers) for numbers in (breakpoints, slopes, intercepts)]
    return Piecewise(x.index, node.inputs[0], x.shape, name, *parts)


def _limit(node: Node, name: str, position: int, sign: int) -> Fraction | None:
    """A limit of a Clip; None where it is absent, infinite, or the old operator's default."""
    value = node.setting(name, position, None)
    if value is None:
        return None
    number = float(np.asarray(value).item())
    if name in node.attributes and sign * number >= float(np.finfo(np.float32).max):
        return None
    if np.isnan(number) or number == -sign * np.inf:
        raise UnsupportedOperator(f"expected a {name} that some number satisfies, got {number}")
    return None if np.isinf(number) else Fraction(number)


def _one_item(made: affine.Affine, source: tuple[int, ...]) -> affine.Affine:
    (term,) = made.terms
    maps = (Reshape(source, (1, *source)), *term.maps, Reshape(made.shape, made.shape[1:]))
    return replace(made, terms=(replace(term, maps=maps),), shape=made.shape[1:])


def _other(node: Node) -> Array:
    """The constant operand of a node with one value, fitted to shapes without the batch axis."""
    constant = next(operand for operand in node.operands if isinstance(operand, np.ndarray))
    return _fit(constant, node.values[0].shape)


def _fit(constant: Array, shape: tuple[int, ...]) -> Array:
    """A constant that broadcasts against a batch, as one that broadcasts against an item."""
    rank = len(shape) + 1
    if constant.ndim < rank:
        return constant
    if constant.ndim > rank or constant.shape[0] != 1:
        raise UnsupportedOperator(f"expected a constant that broadcasts to {shape}, got {constant.shape}")
    return np.asarray(constant[0])


def _per_channel(constant: Array, shape: tuple[int, ...]) -> Array:
    return constant.reshape(-1, *(1,) * (len(shape) - 1))


def _scaled(x: Value, factor: Any, divisor: Array | None) -> affine.Affine:
    return affine.scale_and_shift(x.index, x.shape, Constant(np.asarray(factor), divisor), None, kind="scale")


def _shifted(index: int, shape: tuple[int, ...], offset: Array) -> affine.Affine:
    return affine.scale_and_shift(index, shape, None, Constant(_fit(offset, shape)), kind="shift")


def _reshaped(x: Value, shape: tuple[int, ...]) -> affine.Affine:
    return affine.move(x.index, x.shape, np.arange(prod(shape)).reshape(shape), kind="reshape")
