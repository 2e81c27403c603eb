"""Reductions over axes: sums, means, largest and smallest elements."""

from math import prod
from string import ascii_letters

import numpy as np

from deepcheck.frontends.node import Node, Value, within
from deepcheck.frontends.operators.branches import absolute, largest
from deepcheck.frontends.operators.linear import MINUS, contracted, scaled
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.program import Constant, affine


def _axes(node: Node, rank: int) -> tuple[int, ...]:
    """Which axes a reduction runs over."""
    given = node.setting("axes", 1, None)
    if given is None or len(np.ravel(given)) == 0:
        return () if node.attributes.get("noop_with_empty_axes", 0) else tuple(range(rank))
    return tuple(sorted({within(int(axis), rank) for axis in np.ravel(given)}))


def _shaped(node: Node, made: Value, source: tuple[int, ...], axes: tuple[int, ...]) -> Value:
    """Put axes of 1 in the place of those that are gone, where the node keeps them."""
    if not node.attributes.get("keepdims", 1) or not axes:
        return made
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(source))
    return node.emit(affine.move(made.index, made.shape, made.numbered().reshape(shape), kind="reshape"))


@operator("ReduceSum", "ReduceMean", "ReduceL1")
def _sum(node: Node) -> Result:
    x = node.value()
    axes = _axes(node, len(x.shape))
    source = absolute(node, x) if node.operator == "ReduceL1" else x
    letters = ascii_letters[: len(x.shape)]
    kept = "".join(letter for axis, letter in enumerate(letters) if axis not in axes)
    one = np.ones((), np.float32)
    made = contracted(node, source, one, (letters, "", kept), kind="sum")
    count = prod(x.shape[axis] for axis in axes)
    if node.operator == "ReduceMean" and count > 1:
        made = scaled(node, made, Constant(one, np.asarray(float(count))))
    return _shaped(node, made, x.shape, axes)


@operator("ReduceMax", "ReduceMin")
def _extreme(node: Node) -> Result:
    x = node.value()
    axes = _axes(node, len(x.shape))
    if not axes:
        return x
    source = scaled(node, x, MINUS) if node.operator == "ReduceMin" else x
    rest = [axis for axis in range(len(x.shape)) if axis not in axes]
    index = x.numbered().transpose(*rest, *axes)
    made = largest(node, source, index.reshape(*(x.shape[axis] for axis in rest), -1))
    if node.operator == "ReduceMin":
        made = scaled(node, made, MINUS)
    return _shaped(node, made, x.shape, axes)


@operator("CumSum")
def _cumulative_sum(node: Node) -> Result:
    x = node.value()
    axis = within(int(node.required(1).reshape(-1)[0]), len(x.shape))
    length = x.shape[axis]
    node.allow((length, length))
    matrix = np.triu(np.ones((length, length), np.float32), k=int(node.attributes.get("exclusive", 0)))
    if node.attributes.get("reverse", 0):
        matrix = np.ascontiguousarray(matrix[::-1, ::-1])
    letters = ascii_letters[: len(x.shape)]
    new = ascii_letters[len(x.shape)]
    result = letters.replace(letters[axis], new)
    return contracted(node, x, matrix, (letters, letters[axis] + new, result), kind="sum")
