"""Replay: labels and activations are those of onnxruntime on the untouched model."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from oracles import onnx_label, session_of
from strategies import ORDINARY, Graph, dense_network, networks

import deepcheck
from deepcheck.certify import replayer_for


@settings(max_examples=80)
@given(networks(ORDINARY, dtypes=(np.dtype(np.float32),)), st.integers(0, 2**32 - 1))
def test_labels_are_the_model_s_own(network, seed):
    program = deepcheck.load(network.model)
    batch = np.random.default_rng(seed).random((5, *network.x.shape), np.float32)
    found = replayer_for(program.origin).labels(program, batch)
    assert found.tolist() == [onnx_label(network.model, x, sigmoid=network.sigmoid) for x in batch]


def test_activations_are_the_model_s_own():
    rng = np.random.default_rng(1)
    layers = [(rng.normal(size=(4, 8)), rng.normal(size=8)), (rng.normal(size=(8, 8)), rng.normal(size=8))]
    model = dense_network([*layers, (rng.normal(size=(8, 3)), np.zeros(3))])
    program = deepcheck.load(model)
    batch = rng.random((20, 4), np.float32)
    opened = type(model)()
    opened.CopyFrom(model)
    for node in model.graph.node:
        if node.op_type == "Relu":
            opened.graph.output.append(type(model.graph.output[0])(name=node.input[0]))
    _, *tensors = session_of(opened).run(None, {"input": batch})
    found = replayer_for(program.origin).paths(program, batch)
    assert [arms[:, 0].tolist() for arms in found.arms] == [(z > 0).astype(int).tolist() for z in tensors]
    assert 0 < sum(int(arms.sum()) for arms in found.arms) < sum(arms.size for arms in found.arms)


def test_activations_of_the_input_itself_and_of_no_input():
    net = Graph(np.random.default_rng(0), "normal", (3,))
    net.node("Relu").node("MatMul", net.store(net.numbers(3, 2)), shape=(2,))
    program = deepcheck.load(net.model((3,)))
    replayer = replayer_for(program.origin)
    assert replayer.paths(program, np.array([[-1, 0, 1]], np.float32)).arms[0][:, 0].tolist() == [[0, 0, 1]]
    nothing = replayer.paths(program, np.zeros((0, 3), np.float32))
    assert len(nothing) == 0
    assert nothing.arms[0].shape == (0, 1, 3)


def test_a_saturated_sigmoid_is_read_as_the_model_says():
    """A logit of 1e-9 is above 0, but its float32 sigmoid is 1/2: the model's own label is 0."""
    program = deepcheck.load(dense_network([([[1e-9]], [0.0])], final="Sigmoid"))
    result = deepcheck.attack(program, np.ones(1, np.float32))
    assert (result.label, result.reason) == (1, "label depends on rounding")
    assert replayer_for(program.origin).labels(program, np.ones((1, 1), np.float32)).tolist() == [0]


def test_a_saturated_softmax_is_read_as_the_model_says():
    model = dense_network([([[0, 0]], [200.0, 100.0]), ([[0, 1], [0, 0]], [200.00001, 0])], final="Softmax")
    program = deepcheck.load(model)
    result = deepcheck.attack(program, np.zeros(1, np.float32))
    assert result.label == onnx_label(model, np.zeros(1, np.float32)) or result.verdict == "undecided"


def test_an_output_that_is_not_a_number_has_no_label():
    """In real arithmetic f = (1, 0); in float32 its first score is infinity minus infinity."""
    model = dense_network([([[3e38]], [0]), ([[10, 10]], [0, 0]), ([[1, 0], [-1, 0]], [1, 0])])
    program = deepcheck.load(model)
    assert np.isnan(session_of(model).run(None, {"input": np.ones((1, 1), np.float32)})[0][0, 0])
    assert replayer_for(program.origin).labels(program, np.ones((1, 1), np.float32)).tolist() == [-1]
    result = deepcheck.attack(program, np.ones(1, np.float32))
    assert (result.label, result.verdict, result.reason) == (0, "undecided", "label depends on rounding")


def test_activations_that_are_not_numbers_are_inactive():
    layers = [([[3e38]], [0]), ([[10, 10]], [0, 0]), ([[1], [-1]], [1]), ([[1, -1]], [0, 0.5])]
    program = deepcheck.load(dense_network(layers))
    found = replayer_for(program.origin).paths(program, np.ones((1, 1), np.float32))
    assert [arms[:, 0].tolist() for arms in found.arms] == [[[1]], [[1, 1]], [[0]]]
    assert deepcheck.attack(program, np.ones(1, np.float32)).tried == 1


def test_the_runtime_is_named():
    program = deepcheck.load(dense_network([([[1, -1]], [-0.5, 0.5])]))
    import onnxruntime

    written = deepcheck.as_json(deepcheck.attack(program, np.ones(1, np.float32)))
    assert written["runtime"] == f"onnxruntime {onnxruntime.__version__}"


def test_what_onnxruntime_has_no_kernel_for_is_replayed_by_the_reference_evaluator():
    net = Graph(np.random.default_rng(0), "normal", (2,), 13, np.dtype(np.float64))
    net.node("LeakyRelu", alpha=0.1).node("MatMul", net.store(net.numbers(2, 2)), shape=(2,))
    program = deepcheck.load(net.model((2,)))
    result = deepcheck.attack(program, np.full(2, 0.5))
    assert "reference evaluator" in result.study.runtime
    assert result.counts["undecided"] == 0
    assert result.counts["replayed"] == result.counts["attackable"]


def test_activations_within_the_graph_of_an_if_are_worked_out():
    """No tensor of an inner graph can be an output of the model: what its branches read is computed again."""
    out = helper.make_tensor_value_info("o", TensorProto.FLOAT, [1, 3])
    inner = [helper.make_node("MatMul", ["x", "v"], ["hidden"]), helper.make_node("Relu", ["hidden"], ["o"])]
    taken = helper.make_graph(inner, "taken", [], [out])
    nodes = [
        helper.make_node("If", ["yes"], ["t"], then_branch=taken, else_branch=taken),
        helper.make_node("Relu", ["t"], ["r"]),
        helper.make_node("MatMul", ["r", "w"], ["y"]),
    ]
    rng = np.random.default_rng(4)
    stored = {"v": rng.normal(size=(4, 3)), "w": rng.normal(size=(3, 2))}
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])],
        [
            *(numpy_helper.from_array(array.astype(np.float32), name) for name, array in stored.items()),
            numpy_helper.from_array(np.array(True), "yes"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    program = deepcheck.load(model)
    x = rng.random((30, 4)).astype(np.float32)
    found = replayer_for(program.origin).paths(program, x).arms[0][:, 0]
    assert (found == (x @ stored["v"].astype(np.float32) > 0)).all()
    results = deepcheck.attack(program, x)
    assert all(r.counts["replayed"] == r.counts["attackable"] for r in results)
    assert all(a.witness.same_path_float32 for r in results for a in r.attacks)
