"""How MODEL is read where the file leaves it open: the same options in every verb that takes one."""

import json

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

WEIGHT = np.float32([[1, -1, 0], [0, 2, 1]])


@pytest.fixture
def folder(tmp_path):
    """Three models: two outputs of floats, a free size, and no batch axis; and an input for each."""
    save(tmp_path / "two.onnx", [1, 2], ["scores", "probabilities"])
    save(tmp_path / "free.onnx", [None, None], ["scores"])
    save(tmp_path / "flat.onnx", [2, 2], ["scores"], reduced=True)
    np.save(tmp_path / "x.npy", np.float32([[0.25, 0.75]]))
    np.save(tmp_path / "whole.npy", np.float32([[0.25, 0.75], [0.5, 0.5]]))
    return tmp_path


def save(path, shape, outputs, *, reduced=False):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["scores" if not reduced else "rows"])]
    if reduced:
        nodes.append(helper.make_node("ReduceSum", ["rows", "axis"], ["scores"], keepdims=0))
    nodes.append(helper.make_node("Softmax", ["scores"], ["probabilities"], axis=-1))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * (2 - reduced)) for name in outputs],
        [numpy_helper.from_array(WEIGHT, "w"), numpy_helper.from_array(np.array([0]), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def test_an_output_is_chosen(command, folder):
    failed = command("info", folder / "two.onnx")
    assert failed.status == 2
    assert "'scores', 'probabilities'" in failed.err
    for name, stripped in (("scores", None), ("probabilities", "Softmax")):
        found = json.loads(command("info", folder / "two.onnx", "--output-tensor", name, "--json").out)
        assert (found["output"]["name"], found["stripped"]) == (name, stripped)
    for verb in ("attack", "importance", "translate"):
        assert command(verb, folder / "two.onnx", folder / "x.npy", "--output-tensor", "scores").status < 2


def test_a_free_size_is_fixed(command, folder):
    assert "input_shape" in command("info", folder / "free.onnx").err
    found = json.loads(command("info", folder / "free.onnx", "--input-shape", "2", "--json").out)
    assert found["input"]["shape"] == [2]
    assert "--input-shape" in command("info", folder / "free.onnx", "--input-shape", "two").err


def test_an_input_without_batch_axis_is_taken_whole(command, folder):
    assert "batch_axis" in command("info", folder / "flat.onnx").err
    found = json.loads(command("attack", folder / "flat.onnx", folder / "whole.npy", "--no-batch-axis", "--json").out)
    x = np.load(folder / "whole.npy")
    assert found["label"] == int((x @ WEIGHT).sum(axis=0).argmax())
    assert found["feature_count"] == 4
    assert found["counts"]["replayed"] == found["counts"]["attackable"]


def test_the_budget_for_constants_can_be_set(command, folder):
    assert "budget" in command("info", folder / "two.onnx", "--budget", "1e-8").err
    assert command("info", folder / "two.onnx", "--output-tensor", "scores", "--budget", "0.001").status == 0


def test_memory_for_columns_can_be_set(command, folder):
    model, x = folder / "two.onnx", folder / "x.npy"
    options = ("--output-tensor", "scores", "--json")
    usual, little = (
        json.loads(command("attack", model, x, *options, *more).out) for more in ((), ("--memory", "0.0001"))
    )
    assert usual["attackable"] == little["attackable"]
    assert "memory" in command("attack", model, x, *options, "--memory", "0").err
