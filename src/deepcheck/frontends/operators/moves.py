"""Operators that only move elements: what they do to numbered elements is what they do to any.

onnx's reference evaluator runs the node once, on the positions of the elements instead of their values. The result *is*
the index map. Constants among the operands are numbered as well and become an offset; 0 is what padding
leaves.
"""

from dataclasses import replace

import numpy as np
import onnx

from deepcheck.errors import UnsupportedOperator
from deepcheck.frontends.node import Node, Value
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.program import Affine, Array, Constant, Reshape, Term
from deepcheck.program.maps import ABSENT, gather

_DATA: dict[str, tuple[int, ...] | None] = {
    # Which operands are moved; the others say how. None: all of them.
    **dict.fromkeys(
        (
            *("Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Gather", "GatherElements"),
            *("GatherND", "Split", "Expand", "Tile", "DepthToSpace", "SpaceToDepth", "Trilu", "Compress"),
            *("ReverseSequence", "CenterCropPad"),
        ),
        (0,),
    ),
    "Concat": None,
    "Pad": (0, 2),
    "Where": (1, 2),
    "ScatterElements": (0, 2),
    "ScatterND": (0, 2),
    "Scatter": (0, 2),
    "TensorScatter": (0, 1),
    "OneHot": (2,),
}
_JOINING = ("add", "mul", "max", "min")


@operator(*_DATA)
def _move(node: Node) -> Result:
    """Any operator that moves elements."""
    positions = _DATA[node.operator]
    moved = [i for i in (range(len(node.operands)) if positions is None else positions) if i < len(node.operands)]
    if any(isinstance(o, Value) for i, o in enumerate(node.operands) if i not in moved):
        raise UnsupportedOperator("which elements it moves depends on the model's input, so it jumps")
    _check_joining(node)
    proto, fill = _without_fill(node)
    feeds: dict[str, Array] = {}
    data: list[tuple[Value | Array, int]] = []
    first = 1
    names = [f"operand{i}" if node.operands[i] is not None else "" for i in range(len(node.operands))]
    for i, operand in enumerate(node.operands):
        if operand is None:
            continue
        if i in moved:
            size = operand.size
            feeds[names[i]] = np.arange(first, first + size, dtype=np.float64).reshape(operand.shape)
            data.append((operand, first))
            first += size
        else:
            assert isinstance(operand, np.ndarray)
            feeds[names[i]] = operand
    if node.operator == "Pad":
        _cut(node, proto, feeds, names)
    del proto.input[:]
    proto.input.extend(names)
    node.allow((first,))
    folder = node.folder
    if proto.op_type == "Scatter":
        # The old name of the same operator.
        proto.op_type = "ScatterElements"
        folder = replace(folder, opsets=[onnx.helper.make_opsetid("", 11)])
    results = folder.evaluate(proto, feeds)
    made = tuple(_from_numbers(node, np.asarray(results[name]).astype(np.int64), data, fill) for name in proto.output)
    return made[0] if len(made) == 1 else made


def _check_joining(node: Node) -> None:
    """Raise for a scatter that combines instead of replacing."""
    mode = node.attributes.get("reduction", b"none")
    if mode in [word.encode() for word in _JOINING]:
        raise UnsupportedOperator(f"expected a scatter that replaces elements, got reduction '{mode.decode()}'")


def _cut(node: Node, proto: onnx.NodeProto, feeds: dict[str, Array], names: list[str]) -> None:
    """Cut off what negative pads take away, which the evaluator cannot, and leave the others."""
    numbers = feeds[names[0]]
    pads = np.ravel(node.setting("pads", 1, ())).astype(np.int64)
    axes = np.arange(numbers.ndim) if len(names) < 4 or not names[3] else np.ravel(feeds[names[3]])
    if (pads >= 0).all() or pads.size != 2 * axes.size:
        return
    for axis, (before, after) in zip(axes, np.minimum(pads, 0).reshape(2, -1).T, strict=True):
        kept = np.arange(-before, max(numbers.shape[axis] + after, -before))
        numbers = np.take(numbers, kept, axis=axis)
    feeds[names[0]], left = numbers, np.maximum(pads, 0)
    for attribute in proto.attribute:
        if attribute.name == "pads":
            attribute.ints[:] = left.tolist()
    if "pads" not in node.attributes:
        feeds[names[1]] = left


def _without_fill(node: Node) -> tuple[onnx.NodeProto, float]:
    """The node with a padding of 0, and the number that it pads with, where that is an attribute."""
    proto = onnx.NodeProto()
    proto.CopyFrom(node.proto)
    fill = float(node.attributes.get("value", 0.0)) if node.operator == "Pad" else 0.0
    for attribute in proto.attribute:
        if node.operator == "Pad" and attribute.name == "value":
            attribute.f = 0.0
    return proto, fill


def _from_numbers(node: Node, numbers: Array, data: list[tuple[Value | Array, int]], fill: float) -> Value:
    """The instruction that puts numbered elements where they came out."""
    shape = tuple(numbers.shape)
    node.allow((*shape, len(data)))
    offset = np.where(numbers == 0, fill, 0.0)
    terms, sources = [], []
    for operand, first in data:
        mine = (numbers >= first) & (numbers < first + operand.size)
        if isinstance(operand, Value) and mine.any():
            terms.append(Term(operand.index, (gather(np.where(mine, numbers - first, ABSENT), operand.shape),)))
            sources.append(operand)
        elif isinstance(operand, np.ndarray):
            offset[mine] = operand.reshape(-1)[numbers[mine] - first]
    if not terms:
        # Nothing of the value is left. It stays a value, as anything that reads one does: 0 of it, plus the constants.
        sources = [node.values[0]]
        terms = [Term(sources[0].index, (gather(np.full(shape, ABSENT), sources[0].shape),))]
    stored = Constant(offset) if offset.any() else None
    made = node.emit(Affine(_KINDS.get(node.operator, node.operator.lower()), tuple(terms), shape, stored))
    only_reshaped = len(terms) == 1 and stored is None and isinstance(terms[0].maps[0], Reshape)
    return replace(made, squashed=sources[0].squashed, by=sources[0].by) if only_reshaped else made


_KINDS = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), "reshape"),
    **dict.fromkeys(("Gather", "GatherElements", "GatherND"), "gather"),
    "Concat": "concatenate",
    "Where": "choose",
}


@operator("Identity", "Dropout", "Cast", "CastLike")
def _same(node: Node) -> Result:
    target = onnx.helper.tensor_dtype_to_np_dtype(node.attributes["to"]) if node.operator == "Cast" else None
    if node.operator == "CastLike" and isinstance(like := node.operands[1], np.ndarray):
        target = like.dtype
    if target is not None and target not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise UnsupportedOperator(f"expected a cast to float32 or float64, got {target}: that rounds")
    trains = node.constant(2) if node.operator == "Dropout" else None
    if trains is not None and bool(np.any(trains)):
        raise UnsupportedOperator("expected a dropout exported for inference (training mode is on)")
    value = node.value()
    if len(node.proto.output) < 2:
        return value
    return (value, np.ones(value.shape, dtype=bool))
