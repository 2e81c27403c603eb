"""Graphs in the style of converters that are not installed here: scikit-learn's, and TensorFlow's channels-last."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from oracles import session_of

import deepcheck
from deepcheck.errors import OptionError, UnsupportedOperator

RNG = np.random.default_rng(5)


def stored(**arrays):
    return [numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()]


def scikit_learn(final):
    """A scaled MLP with a label and a dictionary of probabilities, as skl2onnx writes it."""
    ml = "ai.onnx.ml"
    labels = [0, 1, 2] if final[0].op_type == "Softmax" else [0, 1]
    nodes = [
        helper.make_node(
            "Scaler", ["X"], ["scaled"], domain=ml, offset=[0.5, 1.0, 0.0, -1.0], scale=[2.0, 0.25, 1.0, 3.0]
        ),
        helper.make_node("Cast", ["scaled"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["cast", "w1"], ["m1"]),
        helper.make_node("Add", ["m1", "b1"], ["a1"]),
        helper.make_node("Relu", ["a1"], ["r1"]),
        helper.make_node("MatMul", ["r1", "w2"], ["m2"]),
        helper.make_node("Add", ["m2", "b2"], ["scores"]),
        *final,
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
        helper.make_node("ArrayFeatureExtractor", ["classes", "best"], ["label"], domain=ml),
        helper.make_node("ZipMap", ["probabilities"], ["output_probability"], domain=ml, classlabels_int64s=labels),
    ]
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, [1, None])]
    row = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    outputs.append(helper.make_value_info("output_probability", helper.make_sequence_type_proto(row)))
    width = 3 if final[0].op_type == "Softmax" else 1
    weights = stored(
        w1=RNG.normal(size=(4, 5)).astype(np.float32),
        b1=RNG.normal(size=5).astype(np.float32),
        w2=RNG.normal(size=(5, width)).astype(np.float32),
        b2=RNG.normal(size=width).astype(np.float32),
        classes=np.arange(3),
        unity=np.float32([1.0]),
    )
    inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 4])]
    graph = helper.make_graph(nodes, "classifier", inputs, outputs, weights)
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(ml, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


SEVERAL = [helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1)]
TWO = [
    helper.make_node("Sigmoid", ["scores"], ["positive"]),
    helper.make_node("Sub", ["unity", "positive"], ["negative"]),
    helper.make_node("Concat", ["negative", "positive"], ["probabilities"], axis=1),
]


def test_the_probabilities_of_a_scikit_learn_classifier_are_its_output():
    model = scikit_learn(SEVERAL)
    program = deepcheck.load(model)
    assert (program.origin.output_name, program.origin.stripped) == ("probabilities", "Softmax")
    x = RNG.random((20, 4)).astype(np.float32)
    _, zipped = session_of(model).run(None, {"X": x})
    expected = np.array([[row[label] for label in range(3)] for row in zipped])
    scores = program(x)
    found = np.exp(scores - scores.max(axis=1, keepdims=True))
    np.testing.assert_allclose(found / found.sum(axis=1, keepdims=True), expected, rtol=1e-4, atol=1e-6)
    results = deepcheck.attack(program, x)
    assert [result.label for result in results] == expected.argmax(axis=1).tolist()
    assert all(r.counts["replayed"] == r.counts["attackable"] for r in results)


def test_a_sigmoid_that_is_not_last_names_the_scores_in_front_of_it():
    model = scikit_learn(TWO)
    with pytest.raises(UnsupportedOperator, match=r"Sigmoid.*not last.*output='scores'"):
        deepcheck.load(model)
    program = deepcheck.load(model, output="scores", decision="sign")
    x = RNG.random((20, 4)).astype(np.float32)
    _, zipped = session_of(model).run(None, {"X": x})
    results = deepcheck.attack(program, x)
    assert [result.label for result in results] == [int(row[1] > row[0]) for row in zipped]
    assert all(r.counts["replayed"] == r.counts["attackable"] for r in results)
    with pytest.raises(OptionError, match="nowhere"):
        deepcheck.load(model, output="nowhere")


def test_a_linear_regressor_is_its_coefficients():
    node = helper.make_node(
        "LinearRegressor",
        ["X"],
        ["y"],
        domain="ai.onnx.ml",
        targets=2,
        coefficients=[1.0, 2.0, 3.0, -1.0, 0.5, 0.25],
        intercepts=[0.5, -1.0],
    )
    inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [1, 3])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])]
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 1)]
    model = helper.make_model(helper.make_graph([node], "linear", inputs, outputs), opset_imports=opsets, ir_version=8)
    assert deepcheck.load(model)(np.float32([1, 2, 4])).tolist() == [1 + 4 + 12 + 0.5, -1 + 1 + 1 - 1]


def test_a_channels_last_network_keeps_its_pixels_apart():
    """tf2onnx: the input is transposed to channels first, convolved, and transposed back before it is flattened."""
    nodes = [
        helper.make_node("Transpose", ["image"], ["first"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["first", "kernel", "bias"], ["convolved"], auto_pad="SAME_UPPER", strides=[2, 2]),
        helper.make_node("Relu", ["convolved"], ["active"]),
        helper.make_node("MaxPool", ["active"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2], auto_pad="VALID"),
        helper.make_node("Transpose", ["pooled"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["last", "flat"], ["flattened"]),
        helper.make_node("MatMul", ["flattened", "dense"], ["product"]),
        helper.make_node("Add", ["product", "offset"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    weights = stored(
        kernel=RNG.normal(size=(4, 3, 3, 3)).astype(np.float32),
        bias=RNG.normal(size=4).astype(np.float32),
        flat=np.array([-1, 16]),
        dense=RNG.normal(size=(16, 3)).astype(np.float32),
        offset=RNG.normal(size=3).astype(np.float32),
    )
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["unk__1", 9, 9, 3])]
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["unk__1", 3])]
    graph = helper.make_graph(nodes, "tf2onnx", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    program = deepcheck.load(model)
    x = RNG.random((5, 9, 9, 3)).astype(np.float32)
    (expected,) = session_of(model).run(None, {"image": x})
    scores = program(x)
    found = np.exp(scores - scores.max(axis=1, keepdims=True))
    np.testing.assert_allclose(found / found.sum(axis=1, keepdims=True), expected, rtol=1e-4, atol=1e-6)
    ranking = deepcheck.importance(program, x[0], features_as="pixel", layout="nhwc")
    assert ranking.shape == (9, 9)
