"""Resize and Upsample: along each axis on its own, elements are repeated (nearest) or mixed (linear, cubic).

Which elements, and how, onnx's reference evaluator says: it runs the node along one axis, on positions or on unit
vectors.
"""

from dataclasses import replace
from functools import reduce
from math import prod
from string import ascii_letters

import numpy as np
import onnx

from deepcheck.errors import UnsupportedOperator
from deepcheck.frontends.node import Node, Value, within
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.program import Array, affine
from deepcheck.program.contraction import contraction


@operator("Resize", "Upsample")
def _resize(node: Node) -> Result:
    x = node.value()
    if node.attributes.get("coordinate_transformation_mode", b"half_pixel") == b"tf_crop_and_resize":
        raise UnsupportedOperator("expected a resize without cropping (tf_crop_and_resize)")
    targets = _targets(node, x)
    size = 8.0 * prod(target if target is not None else float(n) for target, n in zip(targets, x.shape, strict=True))
    node.folder.budget.allow(size, f"node '{node.name}': its result")
    if node.attributes.get("mode", b"nearest") == b"nearest":
        along = [np.rint(_along(node, x, axis, np.arange(n))).astype(np.int64) for axis, n in enumerate(x.shape)]
        index = reduce(lambda done, pair: np.take(done, pair[1], axis=pair[0]), enumerate(along), x.numbered())
        return node.emit(affine.move(x.index, x.shape, index, kind="resize"))
    for axis in range(len(x.shape)):
        x = _mixed(node, x, axis)
    return x


def _mixed(node: Node, x: Value, axis: int) -> Value:
    """Interpolate along one axis: a product with the matrix that the node is on unit vectors."""
    length = x.shape[axis]
    rows = [_along(node, x, axis, unit) for unit in np.eye(length)]
    matrix = np.stack(rows)
    if matrix.shape == (length, length) and (matrix == np.eye(length)).all():
        return x
    node.rounded.append(f"{node.name} ({node.operator}: weights along axis {axis})")
    letters, new = ascii_letters[: len(x.shape)], ascii_letters[len(x.shape)]
    axes = (letters, letters[axis] + new, letters.replace(letters[axis], new))
    return node.emit(contraction(x.index, x.shape, matrix, axes=axes, kind="resize"))


def _targets(node: Node, x: Value) -> list[float | None]:
    """About how long each axis becomes; None where it stays."""
    targets: list[float | None] = [None] * len(x.shape)
    scales, sizes = _scales(node), _sizes(node)
    for at, axis in enumerate(_axes(node, x)):
        if sizes is not None:
            targets[axis] = float(max(sizes)) if _policy(node) != b"stretch" else float(sizes[at])
        elif scales is not None:
            targets[axis] = float(scales[at]) * x.shape[axis]
    return targets


def _along(node: Node, x: Value, axis: int, line: Array) -> Array:
    """What the node makes of a line of numbers along one axis."""
    axes = _axes(node, x)
    if axis not in axes:
        return line
    at, scales, sizes = axes.index(axis), _scales(node), _sizes(node)
    feeds: dict[str, Array] = {"x": line.astype(np.float64)}
    if sizes is not None:
        factors = [int(size) / x.shape[a] for size, a in zip(sizes, axes, strict=True)]
        kept = {b"not_larger": min(factors), b"not_smaller": max(factors)}.get(_policy(node))
        length = int(sizes[at]) if kept is None else int(np.floor(kept * x.shape[axis] + 0.5))
        feeds["sizes"] = np.array([length], np.int64)
    elif scales is not None:
        feeds["scales"] = scales[at : at + 1]
    folder = node.folder if node.opset >= 11 else replace(node.folder, opsets=[onnx.helper.make_opsetid("", 11)])
    (found,) = folder.evaluate(_of_one_axis(node, feeds), feeds).values()
    return np.asarray(found).reshape(-1)


def _of_one_axis(node: Node, feeds: dict[str, Array]) -> onnx.NodeProto:
    proto = onnx.NodeProto(op_type="Resize", name=node.name, output=["y"])
    if node.opset < 11:
        # Upsample and the first Resize: what Resize has called asymmetric since.
        old = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        proto.attribute.extend(a for a in node.proto.attribute if a.name == "mode")
        proto.attribute.extend(onnx.helper.make_attribute(name, value) for name, value in old.items())
    else:
        proto.attribute.extend(a for a in node.proto.attribute if a.name not in ("axes", "keep_aspect_ratio_policy"))
    proto.input.extend(["x", "", "", "sizes"] if "sizes" in feeds else ["x", "", "scales"])
    return proto


def _axes(node: Node, x: Value) -> list[int]:
    return [within(int(a), len(x.shape)) for a in node.attributes.get("axes", range(len(x.shape)))]


def _scales(node: Node) -> Array | None:
    if node.opset < 11:
        given = node.setting("scales", 1, None)
        return None if given is None else np.asarray(given, dtype=np.float32)
    found = node.constant(2)
    return None if found is None or not found.size else found


def _sizes(node: Node) -> Array | None:
    found = node.constant(3)
    return None if found is None or not found.size else found


def _policy(node: Node) -> bytes:
    return bytes(node.attributes.get("keep_aspect_ratio_policy", b"stretch"))
