"""Products with a constant: Gemm, MatMul, Einsum, convolution and its transpose."""

from math import prod
from string import ascii_letters, ascii_uppercase

import numpy as np

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.node import Node, Value
from deepcheck.frontends.operators.linear import contracted, number, scaled, shifted
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.frontends.windows import sliding_of, transposed_sliding
from deepcheck.program import Array, Constant, Sliding, affine
from deepcheck.program.maps import ABSENT


@operator("Gemm")
def _gemm(node: Node) -> Result:
    if len(node.operands) < 2 or len([o for o in node.operands[:2] if isinstance(o, Value)]) != 1:
        raise UnsupportedOperator(
            "expected one constant and one value as factors: a product of two values is not linear"
        )
    letters = ["ba" if node.attributes.get("transA", 0) else "ab", "cb" if node.attributes.get("transB", 0) else "bc"]
    x = next(o for o in node.operands[:2] if isinstance(o, Value))
    first = x is node.operands[0]
    weight = node.required(1 if first else 0)
    axes = (letters[0], letters[1], "ac") if first else (letters[1], letters[0], "ac")
    alpha, beta = (number(node.attributes.get(name, 1.0)) for name in ("alpha", "beta"))
    added = node.operands[2] if len(node.operands) > 2 else None
    plain = alpha == beta == 1 and isinstance(added, np.ndarray)
    offset = Constant(added) if plain and isinstance(added, np.ndarray) else None
    made = contracted(node, x, weight, axes, offset=offset)
    if alpha != 1:
        made = scaled(node, made, Constant(np.asarray(alpha)))
    if added is None or plain or beta == 0:
        return made
    return _plus(node, made, added, beta)


def _plus(node: Node, made: Value, added: Value | Array, beta: np.float32) -> Value:
    """Add ``beta`` times the third operand of a Gemm."""
    if isinstance(added, Value):
        more = added if beta == 1 else scaled(node, added, Constant(np.asarray(beta)))
        node.allow(np.broadcast_shapes(made.shape, more.shape))
        return node.emit(affine.add(((made.index, made.shape), (more.index, more.shape))))
    if beta == 1:
        return shifted(node, made, added)
    node.rounded.append(f"{node.inputs[2]} (Gemm beta)")
    return shifted(node, made, added.astype(np.float64) * np.float64(beta))


@operator("MatMul")
def _matmul(node: Node) -> Result:
    if len(node.values) != 1:
        raise UnsupportedOperator("expected a constant matrix: a product of two values is not piecewise linear")
    x, weight = node.values[0], node.constants[0]
    first = isinstance(node.operands[0], Value)
    mine, theirs, result, dropped = _matmul_axes(x.shape, weight.shape, first=first)
    squeezed = weight.reshape([n for n, a in zip(weight.shape, theirs, strict=True) if a != "-"])
    letters = theirs.replace("-", "")
    source = tuple(n for n, a in zip(x.shape, mine, strict=True) if a != "-")
    if dropped:
        x = node.emit(affine.move(x.index, x.shape, np.arange(x.size).reshape(source), kind="reshape"))
    return contracted(node, Value(x.index, source), squeezed, (mine.replace("-", ""), letters, result))


def _matmul_axes(value: tuple[int, ...], weight: tuple[int, ...], *, first: bool) -> tuple[str, str, str, bool]:
    """Letters of the value's axes, the weight's and the result's; "-" for an axis of 1 that the other one repeats."""
    left, right = (value, weight) if first else (weight, value)
    batch_left, batch_right = left[:-2], right[:-2]
    rank = max(len(batch_left), len(batch_right))
    letters = ascii_uppercase[:rank]
    a, b = (letters[rank - len(batch) :] for batch in (batch_left, batch_right))
    ours, others = dict(zip(a, batch_left, strict=True)), dict(zip(b, batch_right, strict=True))
    for letter in letters:
        n, m = ours.get(letter), others.get(letter)
        if m == 1 and n is not None:
            b = b.replace(letter, "-")
        elif n == 1 and m is not None:
            a = a.replace(letter, "-")
    a += "ik" if len(left) > 1 else "k"
    b += "kj" if len(right) > 1 else "k"
    result = letters + ("i" if len(left) > 1 else "") + ("j" if len(right) > 1 else "")
    mine, theirs = (a, b) if first else (b, a)
    return mine, theirs, result, "-" in mine


@operator("Einsum")
def _einsum(node: Node) -> Result:
    equation = node.attributes["equation"].decode().replace(" ", "")
    if len(node.values) != 1 or len(node.operands) > 2:
        raise UnsupportedOperator("expected one value and at most one constant: a product of values is not linear")
    equation = _spelled_out(equation, [len(operand.shape) for operand in node.operands if operand is not None])
    left, _, right = equation.partition("->")
    if "->" not in equation:
        right = "".join(sorted(a for a in set(left) - {","} if left.count(a) == 1))
    letters = left.split(",")
    if len(letters) != len(node.operands):
        raise MalformedModel(f"expected {len(node.operands)} operands in '{equation}'")
    x = node.values[0]
    at = next(i for i, operand in enumerate(node.operands) if isinstance(operand, Value))
    if len(letters) == 1:
        return contracted(node, x, np.ones((), np.float32), (left, "", right), kind="einsum")
    weight, mine, theirs = node.constants[0], letters[at], letters[1 - at]
    length = dict(zip(mine, x.shape, strict=True))
    lost = set(theirs) - set(mine) - set(right)
    if lost or any(length.get(a, n) != n for a, n in zip(theirs, weight.shape, strict=True)):
        raise UnsupportedOperator(f"expected a constant whose axes are the value's or the result's, in '{equation}'")
    return contracted(node, x, weight, (mine, theirs, right), kind="einsum")


def _spelled_out(equation: str, ranks: list[int]) -> str:
    """An equation with a letter in the place of each axis that "..." stands for."""
    if "..." not in equation:
        return equation
    left, arrow, right = equation.partition("->")
    unused = [a for a in ascii_letters if a not in equation]
    parts = left.split(",")
    counts = [rank - len(part.replace("...", "")) for part, rank in zip(parts, ranks, strict=True) if "..." in part]
    most = max(counts)
    shared = "".join(unused[:most])
    counted = iter(counts)
    parts = [p.replace("...", shared[most - next(counted) :]) if "..." in p else p for p in parts]
    if not arrow:
        once = sorted(a for a in set(left) - set(",.") if left.count(a) == 1)
        return f"{','.join(parts)}->{shared}{''.join(once)}"
    return f"{','.join(parts)}->{right.replace('...', shared)}"


@operator("Conv")
def _convolution(node: Node) -> Result:
    x, weight = node.value(), node.required(1)
    sliding = sliding_of(node, x.shape, kernel=weight.shape[2:])
    groups = int(node.attributes.get("group", 1))
    bias = node.constant(2)
    return node.emit(affine.convolution(x.index, x.shape, weight, bias, sliding=sliding, groups=groups))


@operator("ConvTranspose")
def _transposed_convolution(node: Node) -> Result:
    """Zeros between the elements, then a convolution with the mirrored kernel."""
    x, weight = node.value(), node.required(1)
    groups = int(node.attributes.get("group", 1))
    if weight.ndim < 3 or x.shape[1] != weight.shape[0] or groups < 1 or x.shape[1] % groups:
        raise MalformedModel(f"{x.shape[1]} channels in {groups} groups do not fit a weight of shape {weight.shape}")
    kernel = weight.shape[2:]
    spread = transposed_sliding(node, x.shape, kernel)
    spaced = node.emit(affine.move(x.index, x.shape, _spaced(node, x, kernel, spread), kind="spread"))
    per_group = x.shape[1] // groups
    grouped = weight.reshape(groups, per_group, *weight.shape[1:]).swapaxes(1, 2)
    mirrored = np.flip(grouped.reshape(-1, per_group, *kernel), axis=tuple(range(2, 2 + len(kernel))))
    none = (0,) * len(kernel)
    sliding = Sliding(tuple(kernel), (1,) * len(kernel), spread.dilations, none, none)
    bias = node.constant(2)
    node.allow((*spaced.shape[:2], *sliding.outputs(spaced.shape[2:]), *kernel))
    made = affine.convolution(spaced.index, spaced.shape, mirrored, bias, sliding=sliding, groups=groups)
    return node.emit(made)


def _spaced(node: Node, x: Value, kernel: tuple[int, ...], spread: Sliding) -> Array:
    """Where the elements of a transposed convolution stand, zeros between, before and behind them."""
    index = x.numbered()
    for axis, taps in enumerate(kernel):
        reach = spread.dilations[axis] * (taps - 1)
        length = (x.shape[axis + 2] - 1) * spread.strides[axis] + 1
        total = length + 2 * reach - spread.before[axis] - spread.after[axis]
        size = 8.0 * prod(index.shape) / index.shape[axis + 2] * max(total, 0)
        node.folder.budget.allow(size, f"node '{node.name}': its result")
        if total <= reach:
            raise MalformedModel(f"pads {spread.before} and {spread.after} leave no output")
        where = np.arange(total) - reach + spread.before[axis]
        source, off = np.divmod(where, spread.strides[axis])
        inside = (off == 0) & (source >= 0) & (source < x.shape[axis + 2])
        moved = np.take(index, np.where(inside, source, 0), axis=axis + 2)
        shape = [-1 if a == axis + 2 else 1 for a in range(index.ndim)]
        index = np.where(inside.reshape(shape), moved, ABSENT)
    return index
