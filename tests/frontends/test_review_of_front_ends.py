"""What a review found: programs that are not the model, models refused for a reason that is not so, replay that fails.

Where runtimes disagree, a refusal is as right as the answer of onnxruntime, which replay runs.
"""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from oracles import session_of

import deepcheck
from deepcheck.certify import replayer_for
from deepcheck.errors import ModelError, OptionError, UnsupportedOperator
from deepcheck.frontends.graph import Reading, program_from_onnx
from deepcheck.symbolic import run

RNG = np.random.default_rng(0)


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def model_of(nodes, shape, stored, *, rank, opset, kind=TensorProto.FLOAT, first=None, extra=(), ir_version=8):
    """A model from "x" to "y", which has ``rank`` axes."""
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape), *extra]
    if ir_version < 4:
        inputs += [helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in stored.items()]
    dims = [first or "n", *(f"d{axis}" for axis in range(1, rank))]
    graph = helper.make_graph(
        nodes,
        "net",
        inputs,
        [helper.make_tensor_value_info("y", kind, dims)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def single(operator, operands, shape, *, opset, outputs=("y",), **attributes):
    """A model of one node; operands are "x", constants or None."""
    names = ["" if o is None else o if isinstance(o, str) else f"c{i}" for i, o in enumerate(operands)]
    stored = {name: o for name, o in zip(names, operands, strict=True) if name and name != "x"}
    rank = len(shape)
    return model_of([helper.make_node(operator, names, outputs, **attributes)], shape, stored, rank=rank, opset=opset)


def whole(model):
    return program_from_onnx(model, name="net", reading=Reading(batch_axis=False))


def assert_equal_or_refused(model, shape, expected=None):
    """The program is the model, or the model is refused as unsupported."""
    try:
        program = whole(model)
    except UnsupportedOperator:
        return
    x = RNG.normal(size=shape).astype(np.float32)
    right = session_of(model).run(["y"], {"x": x})[0] if expected is None else expected(x)
    found = program(x)
    assert found.shape == right.shape
    np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)


# Resize.


@pytest.mark.parametrize(
    ("policy", "sizes"), [("not_larger", (9, 11)), ("not_larger", (3, 4)), ("not_smaller", (13, 8))]
)
@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_a_kept_aspect_ratio_is_that_of_the_operand_not_of_what_one_axis_made_of_it(mode, policy, sizes):
    settings = {"mode": mode, "axes": [2, 3], "keep_aspect_ratio_policy": policy}
    model = single("Resize", ["x", None, None, np.array(sizes)], (1, 2, 6, 7), opset=19, **settings)
    assert_equal_or_refused(model, (1, 2, 6, 7))


@pytest.mark.parametrize("scale", [1.3, 0.7])
@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_aligned_corners_stay_at_the_corners_where_the_length_is_rounded(mode, scale):
    settings = {"mode": mode, "coordinate_transformation_mode": "align_corners"}
    model = single("Resize", ["x", None, np.float32([1, 1, scale, 1])], (1, 2, 6, 7), opset=13, **settings)
    assert_equal_or_refused(model, (1, 2, 6, 7))


@pytest.mark.parametrize(
    ("transformation", "nearest", "length", "size"),
    [
        ("half_pixel_symmetric", "floor", 5, 3),
        ("half_pixel_symmetric", "floor", 6, 2),
        ("tf_half_pixel_for_nn", "round_prefer_ceil", 7, 1),
        ("tf_half_pixel_for_nn", "round_prefer_ceil", 10, 6),
        ("tf_half_pixel_for_nn", "round_prefer_floor", 11, 13),
        ("asymmetric", "round_prefer_ceil", 7, 2),
        ("asymmetric", "round_prefer_ceil", 10, 12),
    ],
)
def test_the_nearest_element_is_onnxruntime_s(transformation, nearest, length, size):
    opset = 19 if transformation == "half_pixel_symmetric" else 11
    empty = None if opset > 11 else np.zeros(0, np.float32)
    settings = {"nearest_mode": nearest, "coordinate_transformation_mode": transformation}
    model = single("Resize", ["x", empty, empty, np.array([size])], (length,), opset=opset, **settings)
    assert_equal_or_refused(model, (length,))


@pytest.mark.parametrize(
    ("transformation", "scales", "sizes"),
    [("pytorch_half_pixel", None, (1, 2, 1, 7)), ("half_pixel_symmetric", (1, 1, 0.5, 0.5), None)],
)
def test_cubic_interpolation_is_onnxruntime_s(transformation, scales, sizes):
    operands = ["x", None, None if scales is None else np.float32(scales), None if sizes is None else np.array(sizes)]
    settings = {"mode": "cubic", "coordinate_transformation_mode": transformation}
    model = single("Resize", operands if sizes else operands[:3], (1, 2, 6, 7), opset=19, **settings)
    assert_equal_or_refused(model, (1, 2, 6, 7))


# Other operators.


@pytest.mark.parametrize("automatic", ["SAME_UPPER", "SAME_LOWER"])
def test_a_transposed_convolution_whose_stride_exceeds_its_kernel_is_onnxruntime_s_or_refused(automatic):
    model = single(
        "ConvTranspose", ["x", numbers(1, 1, 1, 2)], (1, 1, 5, 3), opset=17, strides=[3, 3], auto_pad=automatic
    )
    assert_equal_or_refused(model, (1, 1, 5, 3))


@pytest.mark.parametrize("opset", [7, 9])
def test_a_batch_norm_with_five_outputs_trains(opset):
    stored = [numbers(3), numbers(3), numbers(3), np.abs(numbers(3))]
    outputs = ("y", "mean", "variance", "saved mean", "saved variance")
    model = single("BatchNormalization", ["x", *stored], (2, 3, 4), opset=opset, outputs=outputs)
    with pytest.raises(UnsupportedOperator, match="training"):
        whole(model)


def test_a_batch_norm_before_opset_7_trains_unless_it_says_otherwise():
    stored = {name: np.abs(numbers(3)) for name in "sbmv"}
    node = helper.make_node("BatchNormalization", ["x", *stored], ["y"])
    with pytest.raises(UnsupportedOperator, match="training"):
        whole(model_of([node], (2, 3, 4), stored, rank=3, opset=6, ir_version=3))


def test_a_constant_cast_like_a_double_stays_a_double():
    nodes = [
        helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.DOUBLE),
        helper.make_node("CastLike", ["tenth", "wide"], ["factor"]),
        helper.make_node("Mul", ["wide", "factor"], ["y"]),
    ]
    model = model_of(nodes, (1, 3), {"tenth": np.array(0.1)}, rank=2, opset=19, kind=TensorProto.DOUBLE)
    assert program_from_onnx(model, name="net")(np.ones(3)).tolist() == [0.1] * 3


def test_a_constant_that_a_cast_like_rounds_is_listed():
    nodes = [helper.make_node("CastLike", ["tenth", "x"], ["factor"]), helper.make_node("Mul", ["x", "factor"], ["y"])]
    model = model_of(nodes, (1, 3), {"tenth": np.array(0.1)}, rank=2, opset=19)
    assert program_from_onnx(model, name="net").origin.rounded


def test_a_range_of_floats_is_rounded():
    nodes = [helper.make_node("Range", ["a", "b", "c"], ["r"]), helper.make_node("Add", ["x", "r"], ["y"])]
    ends = {"a": np.float32(0.1), "b": np.float32(0.4), "c": np.float32(0.1)}
    assert program_from_onnx(model_of(nodes, (1, 3), ends, rank=2, opset=17), name="net").origin.rounded


@pytest.mark.parametrize("width", [3, 4])
def test_slopes_before_opset_7_were_one_a_channel(width):
    slopes, shape = numbers(4), (1, 4, 5, width)
    node = helper.make_node("PRelu", ["x", "slopes"], ["y"])
    model = model_of([node], shape, {"slopes": slopes}, rank=4, opset=6, ir_version=3)
    assert_equal_or_refused(model, shape, lambda x: np.where(x > 0, x, x * slopes.reshape(1, 4, 1, 1)))


@pytest.mark.parametrize("first", [True, False])
def test_a_product_of_seven_axes(first):
    shape = (1, 1, 2, 1, 2, 2, 3)
    if first:
        model = single("MatMul", ["x", numbers(1, 1, 1, 2, 1, 3, 2)], shape, opset=17)
        assert_equal_or_refused(model, shape)
    else:
        model = single("MatMul", [numbers(2, 3), "x"], (1, 1, 2, 1, 2, 3, 2), opset=17)
        assert_equal_or_refused(model, (1, 1, 2, 1, 2, 3, 2))


@pytest.mark.parametrize(
    ("equation", "shape", "constant", "rank"),
    [("ij,jk->i", (2, 3), (3, 4), 1), ("...ij,...jk->...ik", (5, 2, 3), (1, 3, 4), 3), ("ij,kj->", (2, 3), (2, 3), 0)],
)
def test_an_einsum_that_sums_or_repeats_axes_of_the_constant_is_no_malformed_model(equation, shape, constant, rank):
    node = helper.make_node("Einsum", ["x", "c"], ["y"], equation=equation)
    model = model_of([node], shape, {"c": numbers(*constant)}, rank=1, opset=12)
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "m", "k"][:rank]))
    assert_equal_or_refused(model, shape)


def test_an_if_within_an_if_reads_what_stands_outside_both():
    def graph(nodes, output):
        return helper.make_graph(nodes, output, [], [helper.make_tensor_value_info(output, TensorProto.FLOAT, (1, 3))])

    def choice(output, then, otherwise):
        return helper.make_node("If", ["yes"], [output], then_branch=then, else_branch=otherwise)

    inner = choice(
        "b",
        graph([helper.make_node("Add", ["h", "bias"], ["a1"])], "a1"),
        graph([helper.make_node("Identity", ["h"], ["a2"])], "a2"),
    )
    outer = choice("y", graph([inner], "b"), graph([helper.make_node("Identity", ["x"], ["c"])], "c"))
    nodes = [helper.make_node("Relu", ["x"], ["h"]), outer]
    model = model_of(nodes, (1, 3), {"yes": np.array(True), "bias": numbers(3)}, rank=2, opset=17)
    assert_equal_or_refused(model, (1, 3))


# Constants for other inputs.


@pytest.mark.parametrize(
    "given",
    [np.array([0.1, 0.2, 0.3]), np.array([1, 2, 3]), np.float32([[0.1, 0.2, 0.3]]), np.float32(0.1), [0.1, 0.2, 0.3]],
    ids=["float64", "integers", "another rank", "a number", "a list"],
)
def test_a_given_constant_is_one_that_the_model_takes(given):
    nodes = [
        helper.make_node("Add", ["x", "bias"], ["z"]),
        helper.make_node("Relu", ["z"], ["h"]),
        helper.make_node("Gemm", ["h", "weight"], ["y"]),
    ]
    extra = [helper.make_tensor_value_info("bias", TensorProto.FLOAT, (3,))]
    model = model_of(nodes, (1, 3), {"weight": numbers(3, 2)}, rank=2, opset=17, extra=extra)
    try:
        program = deepcheck.load(model, given={"bias": given})
    except OptionError:
        return
    deepcheck.attack(program, np.full(3, 0.5, np.float32))


def test_a_fixed_batch_that_is_mixed_by_large_inputs_alone_is_not_several_inputs():
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["largest"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["largest", "five"], ["more"]),
        helper.make_node("Relu", ["more"], ["over"]),
        helper.make_node("Add", ["x", "over"], ["both"]),
        helper.make_node("Gemm", ["both", "weight"], ["y"]),
    ]
    stored = {"five": np.float32(5), "weight": numbers(3, 2)}
    model = model_of(nodes, (2, 3), stored, rank=2, opset=13, first=2)
    with pytest.raises(ModelError, match="mixes"):
        deepcheck.load(model)


# Replay.


def test_activations_of_a_fixed_batch_are_the_first_input_s_wherever_the_batch_stands():
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]),
        helper.make_node("Relu", ["t"], ["r"]),
        helper.make_node("Transpose", ["r"], ["u"], perm=[1, 0]),
        helper.make_node("Gemm", ["u", "weight"], ["y"]),
    ]
    model = model_of(nodes, (2, 3), {"weight": numbers(3, 2)}, rank=2, opset=17, first=2)
    program = deepcheck.load(model)
    x = np.float32([[0.5, -0.1, 0.2]])
    assert replayer_for(program.origin).paths(program, x).differences(run(program, x).path).tolist() == [0]


def test_the_output_asked_for_of_a_torch_module_replays():
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")

    class Complement(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scores = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))

        def forward(self, x):
            return 1 - torch.softmax(self.scores(x), 1)

    torch.manual_seed(0)
    module, example = Complement(), torch.zeros(1, 3)
    with pytest.raises(UnsupportedOperator, match="output='linear_1'"):
        deepcheck.load(module, example_input=example)
    program = deepcheck.load(module, example_input=example, output="linear_1")
    result = deepcheck.attack(program, np.float32([0.5, 0.1, 0.2]))
    assert result.counts["undecided"] == 0
