"""Models exported for a fixed batch of several inputs are what they do to each of them."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from oracles import session_of

import deepcheck
from deepcheck.errors import MalformedModel

RNG = np.random.default_rng(8)
STORED = {
    "kernel": RNG.normal(size=(3, 1, 3, 3)).astype(np.float32),
    "flat": np.array([6, -1]),
    "matrix": RNG.normal(size=(48, 4)).astype(np.float32),
    "offset": RNG.normal(size=4).astype(np.float32),
    "own": RNG.normal(size=(6, 4)).astype(np.float32),
    "axis": np.array([0]),
}
LAYERS = [
    helper.make_node("Conv", ["x", "kernel"], ["c"]),
    helper.make_node("Relu", ["c"], ["r"]),
    helper.make_node("Reshape", ["r", "flat"], ["f"]),
    helper.make_node("Gemm", ["f", "matrix", "offset"], ["scores"]),
]


def model_of(*more, output="scores", shape=(6, 4)):
    stored = [numpy_helper.from_array(array, name) for name, array in STORED.items()]
    graph = helper.make_graph(
        [*LAYERS, *more],
        "batch of six",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [6, 1, 6, 6])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, list(shape))],
        stored,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("softmax", [False, True])
def test_each_of_a_batch_is_the_program(softmax):
    more = [helper.make_node("Softmax", ["scores"], ["p"], axis=1)] if softmax else []
    model = model_of(*more, output="p" if softmax else "scores")
    program = deepcheck.load(model)
    assert program.input_shape == (1, 6, 6)
    assert program.origin.stripped == ("Softmax" if softmax else "")
    x = RNG.random((6, 1, 6, 6)).astype(np.float32)
    (expected,) = session_of(model_of()).run(None, {"x": x})
    np.testing.assert_allclose(program(x), expected, rtol=1e-4, atol=1e-5)
    results = deepcheck.attack(program, x)
    assert [result.label for result in results] == expected.argmax(axis=1).tolist()
    assert all(r.counts["replayed"] == r.counts["attackable"] for r in results)
    assert sum(r.counts["attackable"] for r in results) > 0
    assert all(a.witness.same_path_float32 for r in results for a in r.attacks)


@pytest.mark.parametrize(
    "mixing",
    [
        [helper.make_node("ReduceMean", ["scores"], ["m"], axes=[0]), helper.make_node("Sub", ["scores", "m"], ["y"])],
        [helper.make_node("Add", ["scores", "own"], ["y"])],
        [helper.make_node("CumSum", ["scores", "axis"], ["y"])],
    ],
    ids=["mean of the batch", "a constant of its own for each", "sums along the batch"],
)
def test_what_mixes_a_batch_or_treats_it_unevenly_is_refused(mixing):
    with pytest.raises(MalformedModel, match="batch"):
        deepcheck.load(model_of(*mixing, output="y"))


def test_an_axis_that_may_be_a_batch_or_not_has_to_be_said():
    model = model_of(helper.make_node("ReduceMax", ["scores"], ["y"], axes=[0], keepdims=0), output="y", shape=(4,))
    with pytest.raises(MalformedModel, match="batch_axis"):
        deepcheck.load(model)
    whole = deepcheck.load(model, batch_axis=False)
    x = RNG.random((6, 1, 6, 6)).astype(np.float32)
    (expected,) = session_of(model).run(None, {"x": x})
    np.testing.assert_allclose(whole(x), expected, rtol=1e-4, atol=1e-5)
