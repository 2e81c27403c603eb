"""Operators that only move elements: what they do to numbered elements is what they do to any.

onnx's reference evaluator runs the node once, on the positions of the elements instead of their values. The result *is*
the index map. Constants among the operands are numbered as well and become an offset; 0 is what padding
leaves.
"""

from dataclasses import replace
from functools import reduce
from math import prod

import numpy as np
import onnx

from deepcheck.errors import UnsupportedOperator
from deepcheck.frontends.node import Node, Value, within
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.program import Affine, Array, Constant, Reshape, Term, affine
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
    del proto.input[:]
    proto.input.extend(names)
    node.folder.budget.allow(8.0 * first, f"node '{node.name}': its index map")
    results = node.folder.evaluate(proto, feeds)
    made = tuple(_from_numbers(node, np.asarray(results[name]).astype(np.int64), data, fill) for name in proto.output)
    return made[0] if len(made) == 1 else made


def _check_joining(node: Node) -> None:
    """Raise for a scatter that combines instead of replacing."""
    mode = node.attributes.get("reduction", b"none")
    if mode in [word.encode() for word in _JOINING]:
        raise UnsupportedOperator(f"expected a scatter that replaces elements, got reduction '{mode.decode()}'")


def _without_fill(node: Node) -> tuple[onnx.NodeProto, float]:
    """The node with a padding of 0, and the number that it pads with, where that is an attribute."""
    proto = onnx.NodeProto()
    proto.CopyFrom(node.proto)
    fill = float(node.attributes.get("value", 0.0)) if node.operator == "Pad" else 0.0
    for attribute in proto.attribute:
        if node.operator == "Pad" and attribute.name == "value":
            attribute.f = 0.0
    return proto, fill


def _from_numbers(node: Node, numbers: Array, data: list[tuple[Value | Array, int]], fill: float) -> Value | Array:
    """The instruction that puts numbered elements where they came out."""
    shape = tuple(numbers.shape)
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
        return offset
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
    if node.operator == "CastLike":
        target = node.required(1).dtype
    if target is not None and target not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise UnsupportedOperator(f"expected a cast to float32 or float64, got {target}: that rounds")
    trains = node.constant(2) if node.operator == "Dropout" else None
    if trains is not None and bool(np.any(trains)):
        raise UnsupportedOperator("expected a dropout exported for inference (training mode is on)")
    value = node.value()
    if len(node.proto.output) < 2:
        return value
    return (value, np.ones(value.shape, dtype=bool))


@operator("Resize", "Upsample")
def _resize(node: Node) -> Result:
    """Nearest neighbour: along each axis on its own, some elements are repeated or left out."""
    x = node.value()
    mode = node.attributes.get("mode", b"nearest").decode()
    if mode != "nearest":
        raise UnsupportedOperator(f"expected nearest neighbours, got mode '{mode}'")
    if node.attributes.get("coordinate_transformation_mode", b"half_pixel") == b"tf_crop_and_resize":
        raise UnsupportedOperator("expected a resize without cropping (tf_crop_and_resize)")
    along = [_nearest(node, x, axis) for axis in range(len(x.shape))]
    node.folder.budget.allow(8.0 * prod(float(len(a)) for a in along), f"node '{node.name}': its index map")
    index = reduce(lambda done, pair: np.take(done, pair[1], axis=pair[0]), enumerate(along), x.numbered())
    return node.emit(affine.move(x.index, x.shape, index, kind="resize"))


def _nearest(node: Node, x: Value, axis: int) -> Array:
    """Which elements of one axis a resize picks: the node run on the positions along that axis alone."""
    length, rank = x.shape[axis], len(x.shape)
    shape = [1] * rank
    shape[axis] = length
    positions = np.arange(length, dtype=np.float32).reshape(shape)
    if node.operator == "Upsample":
        factor = float(np.asarray(node.setting("scales", 1, []), dtype=np.float64)[axis])
        node.folder.budget.allow(8.0 * length * factor, f"node '{node.name}': its result")
        return np.asarray(np.minimum(np.arange(int(length * factor)) / factor, length - 1), dtype=np.int64)
    scales, sizes = node.constant(2), node.constant(3)
    if len(node.operands) == 2:
        scales = node.constant(1)
    axes = [within(a, rank) for a in node.attributes.get("axes", range(rank))]
    if axis not in axes:
        return np.arange(length)
    proto = onnx.NodeProto()
    proto.CopyFrom(node.proto)
    feeds: dict[str, Array] = {"x": positions}
    at = axes.index(axis)
    if sizes is not None and sizes.size:
        scale = _kept_scale(node, x, axes, sizes)
        length_out = int(sizes[at]) if scale is None else int(np.floor(scale * length + 0.5))
        feeds["sizes"] = np.array([length_out], np.int64)
    elif scales is not None:
        feeds["scales"] = scales[at : at + 1]
    return _one_axis(node, proto, feeds, axis)


def _kept_scale(node: Node, x: Value, axes: list[int], sizes: Array) -> float | None:
    """The common factor of a resize that keeps the aspect ratio; None where each axis has its own size."""
    policy = node.attributes.get("keep_aspect_ratio_policy", b"stretch")
    if policy == b"stretch":
        return None
    factors = [int(size) / x.shape[a] for size, a in zip(sizes, axes, strict=True)]
    return min(factors) if policy == b"not_larger" else max(factors)


def _one_axis(node: Node, proto: onnx.NodeProto, feeds: dict[str, Array], axis: int) -> Array:
    old = len(node.operands) == 2
    del proto.input[:]
    if "sizes" in feeds:
        proto.input.extend(["x", "", "", "sizes"])
    else:
        proto.input.extend(["x", "scales"] if old else ["x", "", "scales"])
    kept = [a for a in proto.attribute if a.name not in ("axes", "keep_aspect_ratio_policy")]
    del proto.attribute[:]
    proto.attribute.extend(kept)
    flat = feeds["x"].reshape(-1)
    (found,) = node.folder.evaluate(proto, feeds | {"x": flat}).values()
    return np.asarray(np.rint(found), dtype=np.int64).reshape(-1)
