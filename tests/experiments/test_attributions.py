"""The rivals of `experiments/attributions.py` against onnxruntime, differences, and sums by hand."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from requirements import require

from deepcheck import zoo

torch = require("torch")
attributions = require("attributions")

Rows = np.ndarray


def model_of(folder: Path, nodes: Sequence[onnx.NodeProto], constants: dict[str, Rows], shape: tuple[int, ...]) -> Path:
    inside = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape] if name == "x" else None)
        for name in ("x", "y")
    ]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], inside)
    path = folder / "chain.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


def run(path: Path, x: Rows) -> Rows:
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    found: Rows = session.run(None, {session.get_inputs()[0].name: x.astype(np.float32)})[0]
    return found


@pytest.fixture(scope="module")
def images() -> Rows:
    """Images with a black background, as digits have."""
    rng = np.random.default_rng(0)
    images = rng.random((3, 1, 28, 28)).astype(np.float32)
    return np.where(rng.random(images.shape) < 0.7, np.float32(0), images)


@pytest.fixture(scope="module")
def digits() -> "torch.nn.Module":
    return attributions.module_of(zoo.path("mnist_10x4"))


def test_a_network_of_the_zoo_is_rebuilt(images: Rows, digits: "torch.nn.Module") -> None:
    np.testing.assert_allclose(
        attributions.scores_of(digits, images), run(zoo.path("mnist_10x4"), images), rtol=1e-5, atol=1e-5
    )


def test_convolutions_products_and_sums_are_rebuilt_behind_preprocessing(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    shapes = {"w": (4, 1, 3, 2), "v": (6, 2, 2, 2), "m": (6 * 4 * 3, 5), "a": (5,), "g": (5, 3), "b": (3,)}
    constants = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], strides=[2, 1], pads=[1, 0, 1, 0], kernel_shape=[3, 2]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("Conv", ["d", "v"], ["e"], group=2, dilations=[1, 2]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("MatMul", ["f", "m"], ["p"]),
        helper.make_node("Add", ["a", "p"], ["s"]),
        helper.make_node("Relu", ["s"], ["t"]),
        helper.make_node("Gemm", ["t", "g", "b"], ["y"], alpha=0.5, beta=2.0),
    ]
    path = model_of(tmp_path, nodes, constants, (1, 9, 6))
    pixels = rng.random((4, 1, 9, 6)).astype(np.float32)
    module = attributions.module_of(path, 0.25, 0.5)
    np.testing.assert_allclose(
        attributions.scores_of(module, pixels), run(path, (pixels - 0.25) / 0.5), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([helper.make_node("Sigmoid", ["x"], ["y"])], "got Sigmoid"),
        ([helper.make_node("MatMul", ["w", "x"], ["y"])], "got MatMul"),
        (
            [helper.make_node("Relu", ["x"], ["z"]), helper.make_node("Add", ["x", "z"], ["y"])],
            "expected a chain of layers",
        ),
        ([helper.make_node("Conv", ["x", "w"], ["y"], pads=[0, 0, 1, 0])], "equal padding"),
    ],
)
def test_what_is_no_such_chain_is_refused(tmp_path: Path, nodes: Sequence[onnx.NodeProto], message: str) -> None:
    path = model_of(tmp_path, nodes, {"w": np.ones((1, 1, 2, 2), np.float32)}, (1, 3, 3))
    with pytest.raises(ValueError, match=message):
        attributions.module_of(path)


def test_the_class_difference_is_the_slope_of_the_lead(images: Rows, digits: "torch.nn.Module") -> None:
    scores = attributions.scores_of(digits, images)
    labels = scores.argmax(axis=1)
    rivals = np.argsort(scores, axis=1)[:, -2]
    found = attributions.class_difference(digits, images, labels)
    step = 1e-6
    for item, (label, rival) in enumerate(zip(labels, rivals, strict=True)):
        for pixel in (100, 300, 406, 500):
            moved = np.repeat(images[item : item + 1].astype(np.float64), 2, axis=0)
            moved.reshape(2, -1)[:, pixel] += (step, -step)
            lead = attributions.scores_of(digits, moved) @ (np.eye(10)[label] - np.eye(10)[rival])
            assert found[item, pixel] == pytest.approx((lead[0] - lead[1]) / (2 * step), rel=1e-5, abs=1e-6)


def test_occlusion_sets_one_pixel_at_a_time(images: Rows, digits: "torch.nn.Module") -> None:
    labels = run(zoo.path("mnist_10x4"), images).argmax(axis=1)
    values: list[Callable[[Rows], Rows]] = [np.zeros_like, lambda v: 1 - v]
    falls, margins = attributions.occlusions(digits, images, labels, values)
    lit, dark = int(np.flatnonzero(images[1])[0]), int(np.flatnonzero(images[1] == 0)[0])
    before = run(zoo.path("mnist_10x4"), images)[1, labels[1]]
    for kind, pixel, value in ((0, lit, 0.0), (1, lit, 1 - images[1].ravel()[lit]), (1, dark, 1.0)):
        changed = images[1:2].copy()
        changed.reshape(-1)[pixel] = value
        after = run(zoo.path("mnist_10x4"), changed)[0]
        assert falls[kind, 1, pixel] == pytest.approx(before - after[labels[1]], abs=1e-4)
        others = np.delete(after, labels[1]).max()
        assert margins[kind, 1, pixel] == pytest.approx(others - after[labels[1]], abs=1e-4)
    assert falls[0, 1, dark] == 0


@pytest.mark.parametrize("name", ["integrated_in_steps", "deeplift"])
def test_captum_explains_what_the_score_gained_from_black(name: str, images: Rows, digits: "torch.nn.Module") -> None:
    require("captum")
    labels = np.array([0, 3, 7])
    found = getattr(attributions, name)(digits, images, labels)
    gained = (run(zoo.path("mnist_10x4"), images) - run(zoo.path("mnist_10x4"), 0 * images))[np.arange(3), labels]
    assert found.shape == (3, 784)
    np.testing.assert_allclose(found.sum(axis=1), gained, atol=0.35 if "steps" in name else 1e-4)
    assert (found[images.reshape(3, -1) == 0] == 0).all()
