"""Operators that branch: scalar activations, and the largest of several values."""

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from deepcheck.errors import UnsupportedOperator
from deepcheck.frontends.node import Node, Value
from deepcheck.frontends.operators.linear import MINUS, constant_result, number, scaled, shifted
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.program import Affine, Array, Constant, Gather, Largest, Piecewise, Scale, Term, affine
from deepcheck.program.maps import ABSENT, gather


def piecewise(node: Node, x: Value, name: str, breakpoints: Any, slopes: Any, intercepts: Any) -> Value:
    """A scalar function on every element of a value."""
    parts = [tuple(Fraction(n) for n in numbers) for numbers in (breakpoints, slopes, intercepts)]
    return node.emit(Piecewise(x.index, x.shape, name, *parts))


def relu(node: Node, x: Value) -> Value:
    """The larger of 0 and each element."""
    return piecewise(node, x, "relu", (0,), (0, 1), (0, 0))


def absolute(node: Node, x: Value) -> Value:
    """The absolute value of each element."""
    return piecewise(node, x, "abs", (0,), (-1, 1), (0, 0))


def largest(node: Node, x: Value, windows: Array) -> Value:
    """The largest of the elements that the last axis of an index map lists."""
    return node.emit(Largest(x.index, Gather(np.ascontiguousarray(windows), x.shape, rows=True)))


@operator("Relu")
def _relu(node: Node) -> Result:
    return relu(node, node.value())


@operator("Abs")
def _abs(node: Node) -> Result:
    return absolute(node, node.value())


@operator("LeakyRelu")
def _leaky_relu(node: Node) -> Result:
    return _leaky(node, node.value(), number(node.attributes.get("alpha", 0.01)))


def _leaky(node: Node, x: Value, slope: np.floating[Any]) -> Value:
    return piecewise(node, x, "leaky relu", (0,), (Fraction(float(slope)), 1), (0, 0))


@operator("PRelu")
def _prelu(node: Node) -> Result:
    """``a x - a relu(x) + relu(x)``: exact, with one guard an element, for any slopes ``a``.

    In this order a large slope takes nothing off ``x > 0`` in floats: the first two terms are exactly 0 together.
    """
    x, slopes = node.value(), node.required(1)
    if slopes.size and (slopes == slopes.reshape(-1)[0]).all():
        return _leaky(node, x, slopes.reshape(-1)[0])
    factor = Constant(np.broadcast_to(slopes, x.shape))
    positive = relu(node, x)
    less = Constant(np.broadcast_to(-slopes, x.shape))
    terms = (
        Term(x.index, (Scale(factor, x.shape),)),
        Term(positive.index, (Scale(less, x.shape),)),
        Term(positive.index),
    )
    return node.emit(Affine("parametric relu", terms, x.shape))


@operator("ThresholdedRelu")
def _thresholded_relu(node: Node) -> Result:
    if number(node.attributes.get("alpha", 1.0)) != 0:
        raise UnsupportedOperator("expected alpha=0: with any other threshold it jumps")
    return relu(node, node.value())


@operator("HardSigmoid")
def _hard_sigmoid(node: Node) -> Result:
    """``max(0, min(1, alpha x + beta))``."""
    x = node.value()
    alpha, beta = (Fraction(float(number(node.attributes.get(n, d)))) for n, d in (("alpha", 0.2), ("beta", 0.5)))
    if alpha == 0:
        flat = min(max(beta, Fraction(0)), Fraction(1))
        return constant_result(node, x, np.full(x.shape, float(flat), np.float32))
    ends = (-beta / alpha, (1 - beta) / alpha)
    if alpha > 0:
        return piecewise(node, x, "hard sigmoid", ends, (0, alpha, 0), (0, beta, 1))
    return piecewise(node, x, "hard sigmoid", ends[::-1], (0, alpha, 0), (1, beta, 0))


@operator("Shrink")
def _shrink(node: Node) -> Result:
    """``x + bias`` below ``-lambd``, ``x - bias`` above ``lambd``, else 0."""
    bias, end = (Fraction(float(number(node.attributes.get(n, d)))) for n, d in (("bias", 0.0), ("lambd", 0.5)))
    if bias != end or end < 0:
        raise UnsupportedOperator(f"expected bias = lambd, got {float(bias)} and {float(end)}: it jumps")
    if end == 0:
        return node.value()
    return piecewise(node, node.value(), "shrink", (-end, end), (1, 0, 1), (bias, 0, -bias))


@operator("Clip")
def _clip(node: Node) -> Result:
    x = node.value()
    lower, upper = (_limit(node, name, i, sign) for i, name, sign in ((1, "min", -1), (2, "max", 1)))
    if lower is None and upper is None:
        return x
    if lower is not None and upper is not None and lower >= upper:
        return constant_result(node, x, np.full(x.shape, float(upper)))
    breakpoints = tuple(limit for limit in (lower, upper) if limit is not None)
    slopes = (*((0,) if lower is not None else ()), 1, *((0,) if upper is not None else ()))
    intercepts = (*((lower,) if lower is not None else ()), 0, *((upper,) if upper is not None else ()))
    return piecewise(node, x, "clip", breakpoints, slopes, intercepts)


def _limit(node: Node, name: str, position: int, sign: int) -> Fraction | None:
    """A limit of a Clip; None where it is absent, infinite, or the old operator's default."""
    value = node.setting(name, position, None)
    if value is None:
        return None
    limit = float(np.asarray(value).reshape(-1)[0]) if np.size(value) == 1 else float("nan")
    if name in node.attributes and sign * limit >= float(np.finfo(np.float32).max):
        return None
    if np.isnan(limit) or limit == -sign * np.inf:
        raise UnsupportedOperator(f"expected a {name} that some number satisfies, got {value}")
    return None if np.isinf(limit) else Fraction(limit)


@operator("Max", "Min")
def _extreme(node: Node) -> Result:
    """The largest, or the smallest, of several operands, element by element."""
    low = node.operator == "Min"
    shape = tuple(np.broadcast_shapes(*(o.shape for o in node.operands if o is not None)))
    node.allow((*shape, len(node.operands), max(len(node.values), 1)))
    constant = reduce(np.minimum if low else np.maximum, node.constants) if node.constants else None
    if constant is not None and np.isinf(constant).all() and (constant > 0).all() == low:
        constant = None
    if len(node.values) == 1:
        wide = _repeated(node, node.values[0], shape)
        return wide if constant is None else _with_constant(node, wide, constant, low=low)
    made = _of_several(node, node.values, shape, constant, low=low)
    return scaled(node, made, MINUS) if low else made


def _repeated(node: Node, x: Value, shape: tuple[int, ...]) -> Value:
    if x.shape == shape:
        return x
    index = np.broadcast_to(x.numbered(), shape)
    return node.emit(affine.move(x.index, x.shape, index, kind="expand"))


def _with_constant(node: Node, x: Value, constant: Array, *, low: bool) -> Value:
    """``max(x, c)`` or ``min(x, c)``: one breakpoint where c is one number, else ``relu(x - c) + c``."""
    if not np.isfinite(constant).all():
        raise UnsupportedOperator("expected finite constants beside a value")
    first = constant.reshape(-1)[0]
    if (constant == first).all():
        end = Fraction(float(first))
        slopes, intercepts = ((1, 0), (0, end)) if low else ((0, 1), (end, 0))
        return piecewise(node, x, "min" if low else "max", (end,), slopes, intercepts)
    if not low:
        return shifted(node, relu(node, shifted(node, x, -constant)), constant)
    over = relu(node, shifted(node, scaled(node, x, MINUS), constant))
    return shifted(node, scaled(node, over, MINUS), constant)


def _of_several(
    node: Node, values: Sequence[Value], shape: tuple[int, ...], constant: Array | None, *, low: bool
) -> Value:
    """Stack the operands (negated for a minimum) along a new last axis, and take the largest of each row."""
    sign = -1 if low else 1
    count = len(values) + (constant is not None)
    stacked = (*shape, count)
    terms = []
    for slot, value in enumerate(values):
        index = np.full(stacked, ABSENT, dtype=np.int64)
        index[..., slot] = np.broadcast_to(value.numbered(), shape)
        terms.append(Term(value.index, (gather(index, value.shape), *([Scale(MINUS, stacked)] if low else []))))
    offset = None
    if constant is not None:
        added = np.zeros(stacked, constant.dtype)
        added[..., -1] = sign * constant
        offset = Constant(added)
    stack = node.emit(Affine("stack", tuple(terms), stacked, offset))
    return largest(node, stack, stack.numbered())
