"""What is not understood is refused by name; what would be misread is not read."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from oracles import onnx_outputs, session_of
from strategies import Graph, dense_network

import deepcheck
from deepcheck.errors import MalformedModel, ModelError, OptionError, UnsupportedOperator
from deepcheck.frontends import supported_operators


def graph(*shape, opset=17, dtype=np.float32):
    return Graph(np.random.default_rng(3), "normal", shape, opset, np.dtype(dtype))


def ended(net, *shape):
    """The net with a dense layer to two scores behind it, as a model for inputs of a shape."""
    if len(net.shape) > 1:
        net.node("Flatten", shape=(int(np.prod(net.shape)),))
    net.node("MatMul", net.store(net.numbers(net.shape[0], 2)), shape=(2,))
    return net.model(shape)


@pytest.mark.parametrize(
    "operator",
    [
        "HardSwish",
        "Tanh",
        "Sign",
        "Softplus",
        "Erf",
        "Round",
        "Floor",
        "Exp",
        "ArgMax",
        "Tan",
        "Elu",
        "Gelu",
    ],
)
def test_an_operator_outside_the_set_is_named_with_its_node_and_the_supported_list(operator):
    net = graph(4, opset=20)
    net.node("Relu").node(operator)
    with pytest.raises(UnsupportedOperator) as caught:
        deepcheck.load(ended(net, 4))
    message = str(caught.value)
    assert operator in message
    assert "'n1'" in message
    for name in ("Conv", "Gemm", "MaxPool", "Relu"):
        assert name in message
    assert "\n" not in message


def test_the_supported_list_is_what_the_issue_asks_for():
    asked = [
        "Gemm",
        "MatMul",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Conv",
        "Relu",
        "LeakyRelu",
        "Clip",
        "MaxPool",
        "AveragePool",
        "BatchNormalization",
        "Flatten",
        "Reshape",
        "Transpose",
        "Squeeze",
        "Unsqueeze",
        "Identity",
        "Dropout",
        "Constant",
        "Cast",
        "Concat",
    ]
    assert set(asked) <= set(supported_operators())
    assert {"Softmax (last)", "LogSoftmax (last)", "Sigmoid (last)"} <= set(supported_operators())


def test_a_product_of_two_values_is_refused():
    net = graph(4)
    net.node("Relu").node("Mul", "input")
    with pytest.raises(UnsupportedOperator, match=r"'n1' \(Mul\).*two values"):
        deepcheck.load(ended(net, 4))
    net = graph(4, 4)
    net.node("Relu").node("MatMul", "input")
    with pytest.raises(UnsupportedOperator, match=r"'n1' \(MatMul\).*constant"):
        deepcheck.load(ended(net, 4, 4))
    net = graph(4)
    net.node("Add", net.store(np.float32([3]))).node("Div", "input")
    with pytest.raises(UnsupportedOperator, match=r"'n1' \(Div\)"):
        deepcheck.load(ended(net, 4))
    net = graph(4)
    net.node("Div", net.store(np.ones(4, np.float32)), first=False)
    with pytest.raises(UnsupportedOperator, match=r"'n0' \(Div\)"):
        deepcheck.load(ended(net, 4))


def test_weights_that_depend_on_the_input_are_refused():
    net = graph(1, 3, 3)
    net.node("Conv", "input", shape=(1, 1, 1))
    with pytest.raises(ModelError, match=r"'n0' \(Conv\)"):
        deepcheck.load(ended(net, 1, 3, 3))


def test_division_by_zero_is_refused():
    net = graph(2)
    net.node("Div", net.store(np.array([1, 0], np.float32)))
    with pytest.raises(MalformedModel, match="division"):
        deepcheck.load(ended(net, 2))


def test_an_operator_of_another_domain_is_not_one_of_ours():
    model = dense_network([(np.eye(2), np.zeros(2)), (np.eye(2), np.zeros(2))])
    model.graph.node[1].domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    with pytest.raises(UnsupportedOperator, match="Relu"):
        deepcheck.load(model)


def moves(name, net):
    """What does something to the batch axis: at a batch of one it is an index move like any other."""
    match name:
        case "transpose":
            net.node("Transpose", perm=[1, 0, 2], shape=(1, 3))
        case "reshape":
            net.node("Reshape", net.store(np.array([2, -1], np.int64)), shape=(3,))
        case "flatten":
            net.node("Flatten", axis=0, shape=(6,))
        case "concat":
            net.node("Concat", "input", axis=0)
        case "squeeze":
            net.axes("Squeeze", [0], (3,))
        case "unsqueeze":
            net.axes("Unsqueeze", [0], (1, 2, 3))
    return net


@pytest.mark.parametrize("name", ["transpose", "reshape", "flatten", "concat", "squeeze", "unsqueeze"])
def test_a_program_is_the_model_at_a_batch_of_one(name):
    model = moves(name, graph(2, 3)).model((2, 3))
    x = np.random.default_rng(0).normal(size=(4, 2, 3)).astype(np.float32)
    found = deepcheck.load(model)(x)
    np.testing.assert_allclose(found.reshape(4, -1), onnx_outputs(model, x), rtol=1e-6)


def test_a_product_that_mixes_a_batch_does_not_fit_a_batch_of_one():
    net = graph(2, 3)
    net.node("Flatten", shape=(6,))
    net.node("Gemm", net.store(net.numbers(2, 2)), transA=1, shape=(2,))
    with pytest.raises(MalformedModel, match="Gemm"):
        deepcheck.load(net.model((2, 3)))


def test_a_squeeze_of_every_axis_would_take_the_batch_axis_too():
    """Without axes ONNX drops the batch axis of 1 as well, so a later axis 1 means another one."""
    net = graph(1, 2, 3)
    net.node("Squeeze", shape=(2, 3))
    kept = net.current
    net.node("Relu").node("Concat", kept, axis=1, shape=(2, 6))
    net.node("Reshape", net.store(np.array([1, 12], np.int64)), shape=(12,))
    net.node("MatMul", net.store(net.numbers(12, 3)), shape=(3,))
    model = net.model((1, 2, 3), 1)
    x = np.random.default_rng(0).normal(size=(1, 2, 3)).astype(np.float32)
    found = deepcheck.load(model)(x)
    np.testing.assert_allclose(found, onnx_outputs(model, x[None])[0], rtol=1e-4)


@pytest.mark.parametrize(("axis", "shape"), [(0, (3,)), (2, (2, 3)), (1, (2, 3))])
def test_a_softmax_over_another_axis_is_not_stripped(axis, shape):
    """Only a softmax over all scores keeps their order."""
    net = graph(4)
    net.node("MatMul", net.store(net.numbers(4, int(np.prod(shape)))), shape=(int(np.prod(shape)),))
    if len(shape) > 1:
        net.node("Reshape", net.store(np.array([-1, *shape], np.int64)), shape=shape)
    net.node("Softmax", axis=axis)
    with pytest.raises(UnsupportedOperator, match="Softmax"):
        deepcheck.load(net.model((4,)))


@pytest.mark.parametrize("opset", [9, 11, 13, 17])
@pytest.mark.parametrize("final", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("axis", [None, 1, -1])
def test_a_softmax_over_the_scores_is_stripped(opset, final, axis):
    net = graph(4, opset=opset)
    net.node("MatMul", net.store(net.numbers(4, 3)), shape=(3,))
    net.node(final, **({} if axis is None else {"axis": axis}))
    assert deepcheck.load(net.model((4,))).origin.stripped == final


def test_a_softmax_whose_result_is_used_again_is_not_the_last():
    net = graph(4)
    net.node("MatMul", net.store(net.numbers(4, 3)), shape=(3,)).node("Softmax", axis=1).node("Relu")
    with pytest.raises(UnsupportedOperator, match="Softmax"):
        deepcheck.load(net.model((4,)))


def test_random_numbers_are_not_constants():
    net = graph(3)
    net.nodes.append(helper.make_node("RandomUniform", [], ["noise"], shape=[3], name="noisy"))
    net.node("Add", "noise")
    with pytest.raises(UnsupportedOperator, match=r"RandomUniform.*noisy|noisy.*RandomUniform"):
        deepcheck.load(ended(net, 3))


def test_training_mode_is_refused():
    net = graph(3)
    net.node("Dropout", net.store(np.float32(0.5)), net.store(np.array(True)))
    with pytest.raises(UnsupportedOperator, match="training"):
        deepcheck.load(ended(net, 3))


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.INT64, TensorProto.INT8, TensorProto.BOOL])
def test_a_cast_that_rounds_is_refused(kind):
    net = graph(3)
    net.node("Cast", to=kind).node("Cast", to=TensorProto.FLOAT)
    with pytest.raises(UnsupportedOperator, match="Cast"):
        deepcheck.load(ended(net, 3))


def test_a_clip_whose_limits_cross_is_a_constant():
    for low, high in ((1.0, 1.0), (2.0, 1.0)):
        net = graph(3)
        net.clip(low, high)
        model = ended(net, 3)
        x = np.array([0.0, 1.5, -3.0], np.float32)
        np.testing.assert_allclose(deepcheck.load(model)(x), onnx_outputs(model, x[None])[0], rtol=1e-6)


def test_the_limits_of_a_clip_are_those_of_the_model_s_type():
    """0.1 of float64 is not 0.1 of float32."""
    net = graph(2, dtype=np.float64)
    net.clip(0.1, 0.7)
    model = ended(net, 2)
    x = np.array([0.0, 1.0])
    np.testing.assert_allclose(deepcheck.load(model)(x), onnx_outputs(model, x[None])[0], rtol=1e-13)


def test_an_open_clip_is_no_branch():
    net = graph(3)
    net.clip(None, None)
    assert len(deepcheck.load(ended(net, 3)).branches) == 0


def test_constants_are_folded_and_rounded_ones_are_listed():
    net = graph(3)
    net.nodes.append(
        helper.make_node("Constant", [], ["two"], value=onnx.numpy_helper.from_array(np.full(3, 0.3, np.float32)))
    )
    net.nodes.append(helper.make_node("Mul", ["two", "two"], ["four"], name="squared"))
    net.node("Add", "four")
    model = ended(net, 3)
    program = deepcheck.load(model)
    x = np.array([0.1, 0.2, 0.3], np.float32)
    np.testing.assert_allclose(program(x), onnx_outputs(model, x[None])[0], rtol=1e-5)
    assert any("four" in name for name in program.origin.rounded)
    assert program.origin.folded == 1


def test_a_batch_norm_is_listed_as_rounded():
    net = graph(2)
    net.node("BatchNormalization", *(net.store(np.array(v, np.float32)) for v in ([1, 2], [0, 1], [0, 0], [0.3, 0.7])))
    assert any("batch norm" in name for name in deepcheck.load(ended(net, 2)).origin.rounded)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("length", [4, 5, 7])
def test_automatic_padding_is_onnxruntime_s(lower, length):
    net = graph(1, length, length)
    weight = net.store(net.numbers(1, 1, 3, 3))
    automatic = "SAME_LOWER" if lower else "SAME_UPPER"
    net.node("Conv", weight, auto_pad=automatic, strides=[2, 2], kernel_shape=[3, 3])
    model = net.model((1, length, length))
    x = np.random.default_rng(1).normal(size=(1, length, length)).astype(np.float32)
    (expected,) = session_of(model).run(None, {"input": x[None]})
    np.testing.assert_allclose(deepcheck.load(model)(x), expected[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("decision", ["argmax", "max", ""])
def test_an_unknown_decision(decision):
    with pytest.raises(OptionError, match="arg max"):
        deepcheck.load(dense_network([(np.eye(2), np.zeros(2))]), decision=decision)


def test_the_sign_of_several_scores_has_no_meaning():
    with pytest.raises(OptionError, match="single"):
        deepcheck.load(dense_network([(np.eye(2), np.zeros(2))]), decision="sign")


@pytest.mark.parametrize("given", [3, None, b"bytes", ["a.onnx"]])
def test_what_is_no_model_at_all(given):
    with pytest.raises(OptionError, match="ONNX"):
        deepcheck.load(given)


@pytest.mark.parametrize(
    "options",
    [{"mean": [0.1, 0.2], "std": 1.0}, {"std": 0.0}, {"std": -1.0}, {"mean": float("nan")}, {"std": float("inf")}],
)
def test_a_preprocessing_without_meaning(options):
    with pytest.raises(OptionError):
        deepcheck.load(dense_network([(np.eye(3), np.zeros(3))]), **options)
