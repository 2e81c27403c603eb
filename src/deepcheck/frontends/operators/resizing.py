"""Resize and Upsample: along each axis on its own, elements are repeated (nearest) or mixed (linear, cubic).

How they are mixed, onnx's reference evaluator says: it runs the node along one axis, on unit vectors.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from math import prod
from string import ascii_letters

import numpy as np
import onnx
import onnxruntime

from deepcheck.errors import UnsupportedOperator
from deepcheck.frontends.node import Node, Value, within
from deepcheck.frontends.operators.linear import contracted
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.program import Array, affine


@operator("Resize", "Upsample")
def _resize(node: Node) -> Result:
    x = node.value()
    if node.attributes.get("coordinate_transformation_mode", b"half_pixel") == b"tf_crop_and_resize":
        raise UnsupportedOperator("expected a resize without cropping (tf_crop_and_resize)")
    if node.opset >= 11:
        _check_agreed(node, x)
    targets = _targets(node, x)
    size = 8.0 * prod(target if target is not None else float(n) for target, n in zip(targets, x.shape, strict=True))
    node.folder.budget.allow(size, f"node '{node.name}': its result")
    if node.attributes.get("mode", b"nearest") == b"nearest":
        along = [_nearest(node, x, axis) for axis in range(len(x.shape))]
        index = reduce(lambda done, pair: np.take(done, pair[1], axis=pair[0]), enumerate(along), x.numbered())
        return node.emit(affine.move(x.index, x.shape, index, kind="resize"))
    made = x
    for axis in range(len(x.shape)):
        made = _mixed(node, x, made, axis)
    return made


def _check_agreed(node: Node, x: Value) -> None:
    """Raise for interpolation that runtimes disagree on."""
    mode, transformation = (
        bytes(node.attributes.get(name, default)).decode("utf-8", "replace")
        for name, default in (("mode", b"nearest"), ("coordinate_transformation_mode", b"half_pixel"))
    )
    lengths = {axis: _scale(node, x, axis) for axis in _axes(node, x)}
    # A scale in float32 makes 3.0000001 of 0.6 times 5: that is no length that was rounded.
    off = [abs(float(scale) * x.shape[axis] - size) for axis, (scale, size) in lengths.items()]
    rounded = _sizes(node) is None and max(off, default=0.0) > 1e-4
    alone = any(size == 1 < x.shape[axis] for axis, (_, size) in lengths.items())
    cubic = (transformation == "half_pixel_symmetric") or (transformation == "pytorch_half_pixel" and alone)
    corners = transformation == "align_corners" and rounded
    if mode != "nearest" and (corners or (mode == "cubic" and cubic)):
        raise UnsupportedOperator(
            f"expected a resize on which runtimes agree, got mode '{mode}' with '{transformation}' and these sizes"
        )


def _as_onnxruntime(node: Node, n: int, scale: np.float32, size: int, picked: Array) -> Array:
    """The elements picked; `UnsupportedOperator` where onnxruntime, which replay runs, picks others."""
    operands = {"sizes": np.array([size], np.int64)} if _sizes(node) is not None else {"scales": np.array([scale])}
    names = ["x", "", "", "sizes"] if "sizes" in operands else ["x", "", "scales"]
    if node.opset < 13:
        operands["roi"] = np.zeros(0, np.float32)
        names[1] = "roi"
        if "sizes" in operands:
            operands["none"], names[2] = np.zeros(0, np.float32), "none"
    proto = onnx.NodeProto(op_type="Resize", name=node.name, input=names, output=["y"])
    kept = ("coordinate_transformation_mode", "nearest_mode")
    proto.attribute.extend(a for a in node.proto.attribute if a.name in kept)
    source = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [n])
    target = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [size])
    stored = [onnx.numpy_helper.from_array(array, name) for name, array in operands.items()]
    graph = onnx.helper.make_graph([proto], "axis", [source], [target], stored)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", node.opset)], ir_version=8)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {"x": np.arange(n, dtype=np.float32)})
    except Exception:  # onnxruntime raises many classes of its own; what it does not run is not replayed
        return picked
    if not np.array_equal(np.asarray(found), picked):
        raise UnsupportedOperator(f"expected a resize on which runtimes agree, got {n} elements to {size}")
    return picked


def _mixed(node: Node, x: Value, made: Value, axis: int) -> Value:
    """Interpolate along one axis: a product with the matrix that the node is on unit vectors.

    Args:
        node: The node.
        x: Its operand, whose shape says how much each axis grows.
        made: The operand with the axes before this one interpolated.
        axis: The axis.
    """
    length = x.shape[axis]
    # The evaluator makes one number at a time.
    node.allow((length, length + 10.0 * _scale(node, x, axis)[1]))
    matrix = np.stack([_along(node, x, axis, unit) for unit in np.eye(length)])
    if matrix.shape == (length, length) and (matrix == np.eye(length)).all():
        return made
    node.rounded.append(f"{node.name} ({node.operator}: weights along axis {axis})")
    letters, new = ascii_letters[: len(x.shape)], ascii_letters[len(x.shape)]
    axes = (letters, letters[axis] + new, letters.replace(letters[axis], new))
    return contracted(node, made, matrix, axes, kind="resize")


def _nearest(node: Node, x: Value, axis: int) -> Array:
    """Which elements stand along one axis.

    Computed in float32, as onnxruntime does: between two elements a last digit decides, and a whole column moves.
    """
    n = x.shape[axis]
    scale, size = _scale(node, x, axis)
    at, one, half = np.arange(size, dtype=np.float32), np.float32(1), np.float32(0.5)
    if scale == one and size == n:
        return np.arange(n)
    mode, rounding = (
        bytes(node.attributes.get(name, default))
        for name, default in (
            ("coordinate_transformation_mode", b"half_pixel"),
            ("nearest_mode", b"round_prefer_floor"),
        )
    )
    if node.opset < 11:
        # Upsample and the first Resize say neither.
        mode, rounding = b"asymmetric", b"ceil" if scale < one else b"floor"
    if mode == b"asymmetric":
        place = at / scale
    elif mode == b"align_corners":
        place = at * np.float32(n - 1) / np.float32(max(size - 1, 1))
    elif mode == b"tf_half_pixel_for_nn":
        place = (at + half) / scale
    elif mode == b"pytorch_half_pixel" and size == 1:
        place = np.zeros(1, np.float32)
    elif mode == b"half_pixel_symmetric":
        missing = one - np.float32(size) / (scale * np.float32(n))
        place = np.float32(n) / 2 * missing + (at + half) / scale - half
    elif mode in (b"half_pixel", b"pytorch_half_pixel"):
        place = (at + half) / scale - half
    else:
        raise UnsupportedOperator(f"expected a known coordinate_transformation_mode, got '{mode.decode()}'")
    rounds: dict[bytes, Callable[[Array], Array]] = {
        b"floor": np.floor,
        b"ceil": np.ceil,
        b"round_prefer_floor": lambda place: np.ceil(place - half),
        b"round_prefer_ceil": lambda place: np.floor(place + half),
    }
    picked = np.asarray(np.clip(rounds[rounding](place), 0, n - 1).astype(np.int64))
    stretched = node.opset >= 11 and _policy(node) == b"stretch"
    return _as_onnxruntime(node, n, scale, size, picked) if stretched else picked


def _scale(node: Node, x: Value, axis: int) -> tuple[np.float32, int]:
    """By how much an axis grows, and how long it becomes."""
    n, axes = x.shape[axis], _axes(node, x)
    scales, sizes = _scales(node), _sizes(node)
    if axis not in axes or (scales is None and sizes is None):
        return np.float32(1), n
    if sizes is None:
        assert scales is not None
        scale = np.float32(scales[axes.index(axis)])
        return scale, int(np.floor(scale * np.float32(n)))
    factors = [np.float32(size) / np.float32(x.shape[a]) for size, a in zip(sizes, axes, strict=True)]
    kept = {b"not_larger": min(factors), b"not_smaller": max(factors)}.get(_policy(node))
    if kept is None:
        return factors[axes.index(axis)], int(sizes[axes.index(axis)])
    return kept, int(np.floor(kept * np.float32(n) + np.float32(0.5)))


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
    if axis not in _axes(node, x):
        return line
    scale, length = _scale(node, x, axis)
    feeds: dict[str, Array] = {"x": line.astype(np.float64)}
    if _sizes(node) is None:
        if np.floor(float(scale) * len(line)) < length:
            # The length was rounded up in float32.
            scale = np.nextafter(scale, np.float32(np.inf))
        feeds["scales"] = np.array([scale], np.float32)
    else:
        feeds["sizes"] = np.array([length], np.int64)
        if np.float32(length) / np.float32(len(line)) != scale:
            raise UnsupportedOperator("expected sizes of the aspect ratio itself: runtimes disagree on interpolation")
    folder = node.folder if node.opset >= 11 else replace(node.folder, opsets=[onnx.helper.make_opsetid("", 11)])
    (found,) = folder.evaluate(_of_one_axis(node, feeds), feeds).values()
    return np.asarray(found).reshape(-1)


def _of_one_axis(node: Node, feeds: dict[str, Array]) -> onnx.NodeProto:
    proto = onnx.NodeProto(op_type="Resize", name=node.name, output=["y"])
    if node.opset < 11:
        # Upsample and the first Resize: what Resize has called asymmetric since.
        proto.attribute.extend(a for a in node.proto.attribute if a.name == "mode")
        proto.attribute.append(onnx.helper.make_attribute("coordinate_transformation_mode", "asymmetric"))
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
