"""Every operator on its own, with awkward attributes, against onnxruntime or plain NumPy."""

from itertools import product

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from oracles import run_exactly, session_of

import deepcheck
from deepcheck.errors import MalformedModel, ModelError, OptionError, UnsupportedOperator
from deepcheck.frontends.graph import Reading, program_from_onnx
from deepcheck.symbolic import exact_outputs

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
KINDS = {FLOAT32: TensorProto.FLOAT, FLOAT64: TensorProto.DOUBLE}
RNG = np.random.default_rng(5)
X = "x"
"""The place of the model's input among a node's operands."""


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def whole(*values):
    return np.array(values, np.int64)


def model_of(nodes, shape, stored=(), *, outputs=("y",), opset=17, dtype=FLOAT32, kinds=None, functions=(), extra=()):
    """A model of nodes on the input "x", with constants by name."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(X, KINDS[dtype], shape), *extra],
        [helper.make_tensor_value_info(o, (kinds or {}).get(o, KINDS[dtype]), None) for o in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in dict(stored).items()],
    )
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in {f.domain for f in functions}]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8, functions=functions)
    # The checker wants the shapes of outputs: onnxruntime knows them.
    found = session_of(model).run(None, {X: np.zeros([n if isinstance(n, int) else 1 for n in shape], dtype)})
    for info, value in zip(model.graph.output, found, strict=True):
        info.type.tensor_type.shape.CopyFrom(helper.make_tensor_type_proto(1, [None] * value.ndim).tensor_type.shape)
    return model


def single(operator, operands, shape, *, opset=17, dtype=FLOAT32, count=1, **attributes):
    """A model of one node; operands are X, constants or None."""
    names, stored = [], {}
    for i, operand in enumerate(operands):
        if operand is None or isinstance(operand, str):
            names.append(operand or "")
            continue
        operand = np.asarray(operand)
        stored[f"c{i}"] = operand.astype(dtype) if operand.dtype == FLOAT32 and operator != "Resize" else operand
        names.append(f"c{i}")
    outputs = ["y", *(f"y{i}" for i in range(1, count))]
    node = helper.make_node(operator, names, outputs, name="it", **attributes)
    return model_of([node], shape, stored, outputs=outputs, opset=opset, dtype=dtype)


def reference(model, x, output="y"):
    """What onnxruntime computes."""
    return session_of(model).run([output], {X: x})[0]


def batched(shape, batch_axis=None):
    return batch_axis is not False and len(shape) > 1 and shape[0] in (1, "N")


def assert_equal(model, shape, *, dtype=FLOAT32, output="y", batch_axis=None, seed=0, tolerance=None):
    """The program is the model, on a few inputs, some of them on borders."""
    program = program_from_onnx(model, name="net", reading=Reading(output=output, batch_axis=batch_axis))
    rng = np.random.default_rng(seed)
    shape = [1 if n == "N" else n for n in shape]
    tolerance = tolerance or (1e-5 if dtype == FLOAT32 else 1e-12)
    for x in (rng.normal(size=shape), rng.integers(-2, 3, shape).astype(float), np.zeros(shape)):
        x = x.astype(dtype)
        expected = reference(model, x, output)
        item = x[0] if batched(shape, batch_axis) else x
        found = program(item)
        expected = expected[0] if batched(shape, batch_axis) and expected.shape[:1] == (1,) else expected
        assert found.shape == expected.shape
        assert np.all(np.abs(found - expected) <= tolerance * (1 + np.abs(expected)))
    return program


CASES = []


def case(name, operator, operands, shape, *, opset=17, dtypes=(FLOAT32, FLOAT64), output="y", count=1, **attributes):
    for dtype in dtypes:
        CASES.append(
            pytest.param(
                operator,
                operands,
                shape,
                {"opset": opset, "dtype": dtype, "count": count, **attributes},
                output,
                id=f"{name}-{dtype}",
            )
        )


ONLY32 = (FLOAT32,)
IMAGE = (1, 4, 5, 6)

# Sums and factors.
case("add several", "Sum", [X, numbers(5, 1), X, numbers(6)], IMAGE)
case("add nothing", "Sum", [X], IMAGE)
case("mean with constants", "Mean", [numbers(5, 1), X, X], IMAGE, dtypes=ONLY32)
case("subtract from", "Sub", [numbers(2, 1, 1, 1, 1), X], IMAGE)
case("subtract a value from itself, repeated", "Sub", [X, X], IMAGE)
case("power of one", "Pow", [X, np.ones((5, 1), np.float32)], IMAGE)
case("divide by a larger shape", "Div", [X, np.float32([[3], [7], [0.1]])], (1, 4))
case("negative", "Neg", [X], IMAGE)
case("batch norm of rows", "BatchNormalization", [X, numbers(3), numbers(3), numbers(3), np.abs(numbers(3))], (1, 3))
case(
    *("batch norm 3-D", "BatchNormalization", [X, numbers(2), numbers(2), numbers(2), np.abs(numbers(2))]),
    *((1, 2, 2, 3, 2),),
    epsilon=0.01,
)
case(
    *("batch norm opset 7", "BatchNormalization", [X, numbers(4), numbers(4), numbers(4), np.abs(numbers(4))], IMAGE),
    opset=7,
)
case(
    *("batch norm opset 8", "BatchNormalization", [X, numbers(4), numbers(4), numbers(4), np.abs(numbers(4))], IMAGE),
    opset=8,
    spatial=1,
)

# Products.
for a, b in product((0, 1), repeat=2):
    shape = (3, 1) if a else (1, 3)
    weight = numbers(2, 3) if b else numbers(3, 2)
    case(f"gemm {a}{b}", "Gemm", [X, weight, numbers(2)], shape, transA=a, transB=b, alpha=0.3, beta=-2.0)
    shape = (1, 3) if b else (3, 1)
    weight = numbers(3, 2) if a else numbers(2, 3)
    case(f"gemm, value second {a}{b}", "Gemm", [weight, X, numbers(2, 1)], shape, transA=a, transB=b, alpha=0.3)
case("gemm with the value added", "Gemm", [X, numbers(4, 4), X], (1, 4), beta=0.5)
case("gemm of a scalar", "Gemm", [X, numbers(4, 2), np.float32(3)], (1, 4))
case("matmul", "MatMul", [X, numbers(4, 2)], (1, 4))
case("matmul by a vector", "MatMul", [X, numbers(4)], (1, 3, 4))
case("matmul from the left", "MatMul", [numbers(2, 3), X], (1, 3, 4))
case("matmul from the left by a vector", "MatMul", [numbers(3), X], (1, 3, 4))
case("matmul batched", "MatMul", [X, numbers(2, 4, 2)], (1, 2, 3, 4))
case("matmul batched by one", "MatMul", [X, numbers(1, 4, 2)], (1, 2, 3, 4))
case("matmul repeated", "MatMul", [X, numbers(3, 4, 2)], (1, 1, 2, 4))
case("matmul that adds axes", "MatMul", [X, numbers(2, 3, 4, 2)], (1, 5, 4))
case("matmul batched from the left", "MatMul", [numbers(5, 1, 2, 3), X], (1, 2, 3, 4))
case("einsum of a matrix", "Einsum", [X, numbers(4, 2)], (1, 3, 4), equation="bij,jk->bik")
case("einsum, constant first", "Einsum", [numbers(2, 4), X], (1, 3, 4), equation="kj,bij->bki")
case("einsum with an ellipsis", "Einsum", [X, numbers(4, 2)], (1, 3, 4), equation="...j,jk->...k")
case("einsum of a diagonal", "Einsum", [X], (1, 3, 3), equation="bii->bi")
case("einsum of a trace", "Einsum", [X], (1, 3, 3), equation="bii->b")
case("einsum of the weight's diagonal", "Einsum", [X, numbers(3, 3)], (1, 3), equation="bi,ii->bi")
case("einsum that transposes", "Einsum", [X], (1, 3, 4), equation="b i j -> b j i")
case("einsum that sums", "Einsum", [X, numbers(4)], (1, 3, 4), equation="bij,j->b")
case("einsum without arrow", "Einsum", [X, numbers(4, 2)], (1, 4), equation="bi,ik")
case("einsum of blocks", "Einsum", [X, numbers(3, 4, 2)], (1, 5, 3, 4), equation="bnhd,hdk->bnhk")
case("einsum of an outer product", "Einsum", [X, numbers(2)], (1, 3), equation="bi,k->bik")

# Convolutions.
CONV = ONLY32
case("conv 1-D in groups", "Conv", [X, numbers(6, 2, 3), numbers(6)], (1, 4, 9), dtypes=CONV, group=2, strides=[2])
case(
    *("conv 3-D in groups", "Conv", [X, numbers(4, 1, 2, 1, 2)], (1, 2, 3, 4, 4)),
    dtypes=CONV,
    group=2,
    pads=[1, 0, 1, 0, 1, 1],
    dilations=[1, 2, 2],
)
case(
    *("conv with everything", "Conv", [X, numbers(2, 4, 2, 3), numbers(2)], IMAGE),
    dtypes=CONV,
    strides=[2, 1],
    dilations=[2, 1],
    pads=[1, 2, 0, 1],
)
for automatic in ("SAME_UPPER", "SAME_LOWER", "VALID"):
    case(f"conv {automatic}", "Conv", [X, numbers(2, 4, 2, 4)], IMAGE, dtypes=CONV, strides=[2, 3], auto_pad=automatic)
    case(
        *(f"conv transpose {automatic}", "ConvTranspose", [X, numbers(4, 2, 3, 4)], IMAGE),
        dtypes=CONV,
        strides=[2, 3],
        auto_pad=automatic,
    )
case("conv transpose", "ConvTranspose", [X, numbers(4, 2, 3, 3), numbers(2)], IMAGE, dtypes=CONV)
case(
    *("conv transpose with output padding", "ConvTranspose", [X, numbers(4, 2, 3, 2)], IMAGE),
    dtypes=CONV,
    strides=[2, 3],
    output_padding=[1, 2],
    pads=[1, 0, 1, 1],
)
case(
    *("conv transpose with an output shape", "ConvTranspose", [X, numbers(4, 2, 3, 3)], IMAGE),
    dtypes=CONV,
    strides=[2, 2],
    output_shape=[10, 12],
)
for automatic in ("SAME_UPPER", "SAME_LOWER"):
    case(
        *(f"conv transpose with an odd output shape {automatic}", "ConvTranspose", [X, numbers(4, 2, 3, 4)], IMAGE),
        dtypes=CONV,
        strides=[2, 2],
        output_shape=[10, 11],
        auto_pad=automatic,
    )
case(
    *("conv transpose in groups, dilated", "ConvTranspose", [X, numbers(4, 3, 2, 2), numbers(6)], IMAGE),
    dtypes=CONV,
    group=2,
    dilations=[2, 3],
    pads=[1, 2, 0, 1],
)
case("conv transpose 1-D", "ConvTranspose", [X, numbers(2, 1, 4)], (1, 2, 5), dtypes=CONV, strides=[3], pads=[2, 1])
case(
    "conv transpose 3-D", "ConvTranspose", [X, numbers(2, 1, 2, 2, 2)], (1, 2, 2, 3, 2), dtypes=CONV, strides=[2, 1, 2]
)
case("conv transpose with gaps", "ConvTranspose", [X, numbers(1, 1, 2)], (1, 1, 4), dtypes=CONV, strides=[4])

# Pooling.
for ceil, counted in product((0, 1), repeat=2):
    case(
        *(f"average pool, ceil {ceil}, counted {counted}", "AveragePool", [X], (1, 2, 7, 8)),
        opset=19,
        dtypes=CONV,
        kernel_shape=[3, 2],
        strides=[2, 3],
        pads=[1, 0, 1, 1],
        dilations=[1, 1],
        ceil_mode=ceil,
        count_include_pad=counted,
    )
    case(
        *(f"average pool, dilated, ceil {ceil}, counted {counted}", "AveragePool", [X], (1, 2, 9, 8)),
        opset=19,
        dtypes=CONV,
        kernel_shape=[3, 2],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        dilations=[2, 3],
        ceil_mode=ceil,
        count_include_pad=counted,
    )
case("average pool 1-D", "AveragePool", [X], (1, 2, 7), dtypes=CONV, opset=7, kernel_shape=[3], pads=[2, 0])
case("average pool 3-D", "AveragePool", [X], (1, 1, 3, 4, 4), dtypes=CONV, opset=11, kernel_shape=[2, 2, 2])
case("max pool 3-D", "MaxPool", [X], (1, 1, 3, 4, 4), dtypes=CONV, kernel_shape=[2, 2, 2], strides=[1, 2, 2])
case("max pool 1-D", "MaxPool", [X], (1, 2, 7), opset=8, kernel_shape=[3], strides=[2], pads=[1, 1])
case("max pool SAME_LOWER", "MaxPool", [X], IMAGE, kernel_shape=[2, 3], auto_pad="SAME_LOWER")
for operator in ("GlobalAveragePool", "GlobalMaxPool"):
    case(f"{operator} 1-D", operator, [X], (1, 3, 4), dtypes=CONV)
    case(f"{operator} 3-D", operator, [X], (1, 2, 2, 3, 2), dtypes=CONV)

# Reductions.
for operator in ("ReduceSum", "ReduceMean", "ReduceL1", "ReduceMax", "ReduceMin"):
    for opset, keep in product((11, 18), (0, 1)):
        new = opset >= (13 if operator == "ReduceSum" else 18)
        for axes in ([1], [-1, 1], [2, 3]):
            given = {} if new else {"axes": axes}
            operands = [X, whole(*axes)] if new else [X]
            case(f"{operator} {opset} {keep} {axes}", operator, operands, IMAGE, opset=opset, keepdims=keep, **given)
        case(f"{operator} of all {opset} {keep}", operator, [X], (1, 2, 3), opset=opset, keepdims=keep)
    case(f"{operator} of none", operator, [X, whole()], IMAGE, opset=18, noop_with_empty_axes=1, dtypes=ONLY32)
    case(f"{operator} of the batch axis", operator, [X, whole(0)], IMAGE, opset=18, dtypes=ONLY32)
for exclusive, reverse in product((0, 1), repeat=2):
    for axis in (1, -1):
        case(
            *(f"cumsum {axis} {exclusive}{reverse}", "CumSum", [X, np.int64(axis)], (1, 3, 4)),
            exclusive=exclusive,
            reverse=reverse,
        )

# Moves.
case("pad with a number", "Pad", [X, whole(0, 0, 1, 2, 0, 1, 0, 3), np.float32(-2.5)], IMAGE)
case("pad less than nothing", "Pad", [X, whole(0, -1, 1, -2, 0, 0, -2, 1), np.float32(7)], IMAGE)
case("pad the batch axis", "Pad", [X, whole(1, 0, 0, 0, 0, 1), np.float32(2)], (1, 2, 3))
for mode in ("reflect", "edge"):
    case(f"pad {mode}, some of it less than nothing", "Pad", [X, whole(0, 0, -2, 1, 0, 0, 2, -1)], IMAGE, mode=mode)
case("pad opset 10, less than nothing", "Pad", [X], IMAGE, opset=10, pads=[0, 0, -1, 2, 0, -1, 0, -3], value=1.5)
case("pad some axes less than nothing", "Pad", [X, whole(-2, 1), None, whole(-1)], IMAGE, opset=18)
for mode in ("reflect", "edge", "wrap"):
    case(f"pad {mode}", "Pad", [X, whole(0, 0, 2, 1, 0, 1, 0, 2)], IMAGE, opset=19, mode=mode)
case("pad some axes", "Pad", [X, whole(2, 1), np.float32(0.5), whole(-1)], IMAGE, opset=18)
case("pad opset 10", "Pad", [X], IMAGE, opset=10, pads=[0, 0, 1, 2, 0, 1, 0, 3], value=1.5)
case("pad reflect opset 7", "Pad", [X], IMAGE, opset=7, pads=[0, 0, 1, 2, 0, 1, 0, 3], mode="reflect")
case("slice back", "Slice", [X, whole(-1), whole(-100), whole(2), whole(-2)], IMAGE)
case("slice some", "Slice", [X, whole(1, 4), whole(2**40, -4), whole(-2, 3), whole(2, -1)], IMAGE)
case("slice without axes", "Slice", [X, whole(0, 1, 2), whole(1, 3, 4)], IMAGE)
case("slice opset 9", "Slice", [X], IMAGE, opset=9, starts=[1, -3], ends=[1000, -1], axes=[1, 3])
case("slice opset 7 without axes", "Slice", [X], IMAGE, opset=7, starts=[0, 1], ends=[1, 3])
for output in ("y", "y1", "y2"):
    case(f"split unevenly {output}", "Split", [X, whole(1, 3, 2)], IMAGE, axis=3, count=3, output=output)
    case(f"split opset 11 {output}", "Split", [X], IMAGE, opset=11, axis=-1, split=[2, 3, 1], count=3, output=output)
    case(f"split by count {output}", "Split", [X], (1, 7), opset=18, axis=1, count=3, num_outputs=3, output=output)
case("gather from the end", "Gather", [X, np.array([[-1, 0], [2, -3]])], IMAGE, axis=1)
case("gather one", "Gather", [X, np.int64(-2)], IMAGE, axis=3)
case("gather elements", "GatherElements", [X, RNG.integers(-3, 3, (1, 2, 5))], (1, 3, 4 + 1), axis=1)
case("gather nd", "GatherND", [X, np.array([[[0, 1, -1], [0, 2, 0]]])], (1, 3, 4))
case("gather nd, batched", "GatherND", [X, np.array([[[1], [2]]])], (1, 3, 4), batch_dims=1)
case("scatter elements", "ScatterElements", [X, whole(2, 0).reshape(1, 2, 1), numbers(1, 2, 1)], (1, 3, 4), axis=1)
case("scatter opset 9", "Scatter", [X, whole(2, 0).reshape(1, 2, 1), numbers(1, 2, 1)], (1, 3, 4), opset=9, axis=1)
case("scatter nd", "ScatterND", [X, np.array([[0, 1], [0, -3]]), numbers(2, 4)], (1, 3, 4))
case("scatter into a constant", "ScatterND", [numbers(1, 5), np.array([[[0, 4], [0, 1]]]), X], (1, 2))
case("where, value first", "Where", [np.array([[True], [False], [True]]), X, numbers(4)], (1, 3, 4))
case("where, value last", "Where", [np.array([True, False, False, True]), np.float32(2), X], (1, 3, 4))
case("where repeated", "Where", [np.array([[True], [False]]), X, numbers(2, 1)], (1, 3))
case("where of constants only", "Where", [np.array([False]), X, numbers(4)], (1, 3, 4))
case("reshape with 0 and -1", "Reshape", [X, whole(0, 2, -1)], IMAGE)
case("reshape to itself", "Reshape", [X, whole(0, 0, 0, 0)], IMAGE)
case("reshape, zeros allowed", "Reshape", [X, whole(1, -1)], IMAGE, allowzero=1)
case("reshape away the batch axis", "Reshape", [X, whole(6, -1)], IMAGE)
case("flatten to one row", "Flatten", [X], IMAGE, axis=0)
case("flatten late", "Flatten", [X], IMAGE, axis=3)
case("flatten from the end", "Flatten", [X], IMAGE, axis=-1)
case("flatten at the end", "Flatten", [X], IMAGE, axis=4)
case("transpose by default", "Transpose", [X], IMAGE)
case("transpose the batch axis", "Transpose", [X], (1, 3, 4), perm=[2, 0, 1])
case("squeeze without axes", "Squeeze", [X], (1, 1, 3, 1))
case("squeeze one", "Squeeze", [X, whole(-1)], (1, 1, 3, 1))
case("squeeze the batch axis", "Squeeze", [X, whole(0)], (1, 3, 4))
case("squeeze opset 11", "Squeeze", [X], (1, 1, 3, 1), opset=11, axes=[1, 3])
case("unsqueeze opset 11", "Unsqueeze", [X], (1, 3), opset=11, axes=[1, 3])
case("unsqueeze in front", "Unsqueeze", [X, whole(0, -1)], (1, 3))
case("concat on the batch axis", "Concat", [X, numbers(2, 3), X], (1, 3), axis=0)
case("concat with a constant", "Concat", [numbers(1, 2, 4), X], (1, 3, 4), axis=1)
case("concat from the end", "Concat", [X, X, numbers(1, 3, 1)], (1, 3, 4), axis=-1)
case("concat opset 7", "Concat", [X, X], (1, 3, 4), opset=7, axis=2)
case("expand", "Expand", [X, whole(2, 1, 3, 1)], (1, 1, 4))
case("expand less", "Expand", [X, whole(5, 1)], (1, 2, 1, 4))
case("tile", "Tile", [X, whole(1, 3, 2)], (1, 2, 3))
case("tile the batch axis", "Tile", [X, whole(2, 1)], (1, 3))
for mode in ("DCR", "CRD"):
    case(f"depth to space {mode}", "DepthToSpace", [X], (1, 8, 2, 3), blocksize=2, mode=mode)
case("space to depth", "SpaceToDepth", [X], (1, 2, 4, 6), blocksize=2)
for upper in (0, 1):
    case(f"trilu {upper}", "Trilu", [X, np.int64(-1)], (1, 3, 4), upper=upper)
case("reverse sequence", "ReverseSequence", [X, whole(3)], (1, 4, 2), batch_axis=0, time_axis=1)
case("compress", "Compress", [X, np.array([True, False, True])], (1, 3, 4), axis=1)
case("identity", "Identity", [X], IMAGE)
case("dropout opset 7", "Dropout", [X], IMAGE, opset=7, ratio=0.3)
case("dropout opset 12", "Dropout", [X, np.float32(0.3), np.array(False)], IMAGE, opset=12, dtypes=ONLY32)
case("cast to the same", "Cast", [X], IMAGE, dtypes=ONLY32, to=TensorProto.FLOAT)

# Branches.
case("relu", "Relu", [X], IMAGE)
case("abs", "Abs", [X], IMAGE)
case("leaky relu", "LeakyRelu", [X], IMAGE, dtypes=ONLY32, alpha=-0.3)
for shape in ((), (1,), (4, 1, 1), (6,), (5, 6), (4, 5, 6), (1, 4, 5, 6), (4, 1, 6)):
    case(f"prelu {shape}", "PRelu", [X, numbers(*shape)], IMAGE, dtypes=ONLY32)
case("prelu of large slopes", "PRelu", [X, np.float32([1e20, -1e30, 1e8, 0, 3e20, 1])], IMAGE, dtypes=ONLY32)
case("prelu of one slope", "PRelu", [X, np.full((4, 1, 1), 0.25, np.float32)], IMAGE, dtypes=ONLY32)
case("prelu opset 7", "PRelu", [X, numbers(4, 1, 1)], IMAGE, opset=7, dtypes=ONLY32)
case("thresholded relu", "ThresholdedRelu", [X], IMAGE, dtypes=ONLY32, alpha=0.0)
case("hard sigmoid", "HardSigmoid", [X], IMAGE, dtypes=ONLY32)
case("hard sigmoid down", "HardSigmoid", [X], IMAGE, dtypes=ONLY32, alpha=-0.5, beta=0.25)
for beta in (-1.0, 0.25, 3.0):
    case(f"hard sigmoid, flat at {beta}", "HardSigmoid", [X], IMAGE, dtypes=ONLY32, alpha=0.0, beta=beta)
case("shrink", "Shrink", [X], IMAGE, dtypes=ONLY32, bias=0.7, lambd=0.7)
case("shrink nothing", "Shrink", [X], IMAGE, dtypes=ONLY32, bias=0.0, lambd=0.0)
case("clip", "Clip", [X, np.float32(-0.3), np.float32(0.6)], IMAGE)
case("clip below", "Clip", [X, np.float32(-0.3)], IMAGE)
case("clip above", "Clip", [X, None, np.float32(0.6)], IMAGE)
case("clip to one number", "Clip", [X, np.float32(0.6), np.float32(0.6)], IMAGE)
case("clip with the ends exchanged", "Clip", [X, np.float32(0.6), np.float32(-0.6)], IMAGE)
case("clip opset 7", "Clip", [X], IMAGE, opset=7, dtypes=ONLY32, min=-0.5, max=0.25)
case("clip opset 10 above", "Clip", [X], IMAGE, opset=10, dtypes=ONLY32, max=0.25)
for operator in ("Max", "Min"):
    case(f"{operator} of one", operator, [X], IMAGE)
    case(f"{operator} with a number", operator, [X, np.float32(0.5)], IMAGE)
    case(f"{operator} with numbers", operator, [numbers(4, 1, 1), X, numbers(6)], IMAGE)
    case(f"{operator} that repeats the value", operator, [X, numbers(4, 5, 1)], (1, 4, 1, 6))
    case(f"{operator} with infinity", operator, [X, np.float32(-np.inf if operator == "Max" else np.inf)], IMAGE)
    case(f"{operator} with itself", operator, [X, X], IMAGE)
    case(f"{operator} with itself and a number", operator, [X, numbers(6), X], IMAGE)
    case(f"{operator} opset 8", operator, [X, numbers(6)], IMAGE, opset=8)

# The newest sets, and an old one.
for opset in (7, 22, 23):
    case(f"opset {opset}: relu", "Relu", [X], IMAGE, opset=opset)
    case(f"opset {opset}: flatten", "Flatten", [X], IMAGE, opset=opset, axis=2)
    case(f"opset {opset}: gemm", "Gemm", [X, numbers(4, 2), numbers(2)], (1, 4), opset=opset)
    case(f"opset {opset}: reshape", "Reshape", [X, whole(0, -1)], IMAGE, opset=opset)
    case(f"opset {opset}: max pool", "MaxPool", [X], IMAGE, opset=opset, dtypes=ONLY32, kernel_shape=[2, 3])
    case(f"opset {opset}: conv", "Conv", [X, numbers(2, 4, 3, 3)], IMAGE, opset=opset, dtypes=ONLY32, pads=[1, 1, 1, 1])
    case(f"opset {opset}: dropout", "Dropout", [X], IMAGE, opset=opset, dtypes=ONLY32)

# Resizing.
MODES = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
SCALES = [np.float32([1, 1, 2, 3]), np.float32([1, 1, 1.5, 0.6]), np.float32([1, 1, 0.5, 1])]
for transformation, nearest, (i, scales) in product(MODES, NEAREST, enumerate(SCALES)):
    case(
        *(f"resize {transformation} {nearest} {i}", "Resize", [X, None, scales], (1, 1, 4, 5)),
        dtypes=ONLY32,
        opset=13,
        coordinate_transformation_mode=transformation,
        nearest_mode=nearest,
    )
for transformation, (i, scales) in product([*MODES, "half_pixel_symmetric"], enumerate(SCALES)):
    case(
        *(f"resize linear {transformation} {i}", "Resize", [X, None, scales], (1, 1, 4, 5)),
        dtypes=ONLY32,
        opset=19,
        mode="linear",
        coordinate_transformation_mode=transformation,
    )
for transformation in MODES:
    case(
        *(f"resize to sizes {transformation}", "Resize", [X, None, None, whole(1, 1, 7, 3)], (1, 1, 4, 5)),
        dtypes=ONLY32,
        opset=13,
        mode="linear",
        coordinate_transformation_mode=transformation,
    )
    case(
        *(f"resize nearest to sizes {transformation}", "Resize", [X, None, None, whole(1, 1, 7, 3)], (1, 1, 4, 5)),
        dtypes=ONLY32,
        opset=13,
        coordinate_transformation_mode=transformation,
        nearest_mode="floor",
    )
for transformation, outside in product(["half_pixel", "align_corners", "asymmetric"], (0, 1)):
    case(
        *(f"resize cubic {transformation} {outside}", "Resize", [X, None, SCALES[0]], (1, 1, 4, 5)),
        dtypes=ONLY32,
        opset=13,
        mode="cubic",
        cubic_coeff_a=-0.5,
        exclude_outside=outside,
        coordinate_transformation_mode=transformation,
    )
case("resize some axes", "Resize", [X, None, np.float32([2, 3])], (1, 2, 2, 3), dtypes=ONLY32, opset=18, axes=[2, 3])
case("resize smoothly", "Resize", [X, None, np.float32([1, 1, 0.5, 0.6])], (1, 1, 6, 5), opset=18, dtypes=ONLY32)
case(
    *("resize smoothly, linear", "Resize", [X, None, np.float32([1, 1, 0.5, 0.6])], (1, 1, 6, 5)),
    opset=18,
    dtypes=ONLY32,
    mode="linear",
    antialias=1,
)
# Where a place is between two elements in real arithmetic, and float32 decides.
for n, scale in product((5, 10, 7), np.float32([0.6, 0.7, 0.3, 1.2, 2.6])):
    for transformation, nearest in (("asymmetric", "floor"), ("half_pixel", "floor"), ("align_corners", "ceil")):
        case(
            *(f"resize {n} by {scale} {transformation}", "Resize", [X, None, np.float32([1, 1, scale])], (1, 1, n)),
            opset=13,
            dtypes=ONLY32,
            coordinate_transformation_mode=transformation,
            nearest_mode=nearest,
        )
    case(
        f"resize {n} by {scale}, opset 10", "Resize", [X, np.float32([1, 1, scale])], (1, 1, n), opset=10, dtypes=ONLY32
    )
    case(
        *(f"resize {n} by {scale}, linear", "Resize", [X, None, np.float32([1, 1, scale])], (1, 1, n)),
        opset=13,
        dtypes=ONLY32,
        mode="linear",
    )
for policy in ("not_larger", "not_smaller"):
    case(
        *(f"resize {policy}", "Resize", [X, None, None, whole(8, 7)], (1, 1, 4, 5)),
        opset=18,
        dtypes=ONLY32,
        axes=[2, 3],
        keep_aspect_ratio_policy=policy,
    )
for mode in ("nearest", "linear"):
    case(f"resize opset 10 {mode}", "Resize", [X, SCALES[0]], (1, 1, 4, 5), opset=10, dtypes=ONLY32, mode=mode)
    case(f"upsample opset 9 {mode}", "Upsample", [X, SCALES[0]], (1, 1, 4, 5), opset=9, dtypes=ONLY32, mode=mode)
    case(
        *(f"upsample opset 7 {mode}", "Upsample", [X], (1, 1, 4, 5)),
        opset=7,
        dtypes=ONLY32,
        mode=mode,
        scales=[1.0, 1.0, 2.0, 3.0],
    )


@pytest.mark.parametrize(("operator", "operands", "shape", "settings", "output"), CASES)
def test_an_operator_computes_what_onnxruntime_computes(operator, operands, shape, settings, output):
    model = single(operator, operands, shape, **settings)
    batch_axis = None if shape[0] == 1 else False
    assert_equal(model, shape, dtype=settings["dtype"], output=output, batch_axis=batch_axis)


# Kept: what is not one node on one input.


def test_several_values_go_through_max_min_and_concat():
    """Slots of several values and constants, ties among them, with broadcasting."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("ReduceSum", ["x", "axis"], ["b"]),
        helper.make_node("Max", ["x", "c", "a", "b"], ["d"]),
        helper.make_node("Min", ["a", "x", "c2", "d", "c"], ["e"]),
        helper.make_node("Concat", ["d", "c3", "e"], ["f"], axis=1),
        helper.make_node("Mean", ["f", "f", "c2"], ["y"]),
    ]
    integers = RNG.integers(-1, 2, (4, 4)).astype(np.float32)
    stored = {"w": integers, "axis": whole(-1), "c": np.float32([[0], [1], [-1]]), "c2": np.float32(0.5)}
    model = model_of(nodes, (1, 3, 4), stored | {"c3": numbers(1, 1, 4)})
    program = assert_equal(model, (1, 3, 4))
    assert len(program.branches) == 2


def test_guards_of_max_are_one_a_loser():
    """x, 2x and a constant: whichever wins, two guards; ties go to the lowest."""
    nodes = [helper.make_node("Add", ["x", "x"], ["a"]), helper.make_node("Max", ["x", "a", "c"], ["y"])]
    model = model_of(nodes, (1, 3), {"c": np.float32([0, 5, -7])})
    program = deepcheck.load(model)
    path = deepcheck.symbolic.run(program, np.float32([[0, 1, -2]])).path
    assert path.arms[0].ravel().tolist() == [0, 2, 0]


@pytest.mark.parametrize("operator", ["Max", "Min", "PRelu"])
def test_exact_where_float32_cannot_be(operator):
    """Weights of all sizes: the answer is the same in fractions, to the last digit."""
    nasty = np.float32([1e20, -1e-20, 1 / 3, 3e38, 1e-45, 0.1])
    nodes = [
        helper.make_node("Mul", ["x", "big"], ["a"]),
        helper.make_node(operator, ["a", "nasty"], ["b"]),
        helper.make_node("Sub", ["b", "a"], ["c"]),
        helper.make_node("ReduceMean", ["c"], ["y"], axes=[1], keepdims=1),
    ]
    model = model_of(nodes, (1, 6), {"big": nasty[::-1].copy(), "nasty": nasty})
    program = deepcheck.load(model)
    for x in (np.float32([0.1, 1, -1, 1e-30, 7, -0.5]), -nasty, np.zeros(6, np.float32)):
        (found,) = exact_outputs(program, x[None]).fractions()
        assert list(found) == list(run_exactly(model, x, slopes=False).outputs[0])


@pytest.mark.parametrize(
    ("name", "operands", "shape", "attributes"),
    [
        ("MatMul", [X, numbers(3, 4, 2) * np.float32(1e15)], (1, 1, 5, 4), {}),
        ("Einsum", [X, numbers(3, 4) * np.float32(1e-30)], (1, 3), {"equation": "bi,ij->bj"}),
        ("Gemm", [X, numbers(3, 2), numbers(2)], (1, 3), {"alpha": 0.1, "beta": 1e10}),
        ("ConvTranspose", [X, numbers(2, 2, 3) * np.float32(1e20), numbers(2)], (1, 2, 4), {"strides": [2]}),
        ("HardSigmoid", [X], (1, 4), {"alpha": 0.1, "beta": 0.3}),
        ("Shrink", [X], (1, 4), {"bias": 0.1, "lambd": 0.1}),
        ("Pad", [X, whole(0, 1, 0, 2), np.float32(0.1)], (1, 4), {}),
        ("Mean", [X, numbers(4), numbers(1, 4)], (1, 4), {}),
    ],
)
def test_exactly_the_graph(name, operands, shape, attributes):
    model = single(name, operands, shape, **attributes)
    program = deepcheck.load(model)
    x = RNG.normal(size=shape[1:]).astype(np.float32) * np.float32(0.3)
    (found,) = exact_outputs(program, x[None]).fractions()
    assert list(found.ravel()) == list(run_exactly(model, x, slopes=False).outputs[0])


def of_opset_6(**broadcast):
    """A scaled, shifted, normalised Relu, as exporters wrote it in 2017; and its constants."""
    spread = {"broadcast": 1, **broadcast}
    nodes = [
        helper.make_node("Mul", ["x", "w"], ["a"], **spread),
        helper.make_node("Dropout", ["a"], ["d"], is_test=1, ratio=0.5),
        helper.make_node("Relu", ["d"], ["r"]),
        helper.make_node("BatchNormalization", ["r", "s", "b", "m", "v"], ["n"], is_test=1, spatial=1),
        helper.make_node("Add", ["n", "w"], ["y"], **spread),
    ]
    stored = {k: np.abs(numbers(3)) for k in "wsbmv"}
    shape = (1, 3, 2, 2) if broadcast else (1, 3, 2, 3)
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
        + [helper.make_tensor_value_info(k, TensorProto.FLOAT, (3,)) for k in stored],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(v, k) for k, v in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 6)], ir_version=3), stored, shape[1:]


def check_opset_6(model, stored, shape, spread):
    x = RNG.normal(size=shape).astype(np.float32)
    scale, offset, mean, variance = (stored[k][:, None, None].astype(np.float64) for k in "sbmv")
    w = stored["w"].astype(np.float64).reshape(spread)
    expected = scale * (np.maximum(x * w, 0) - mean) / np.sqrt(variance + 1e-5) + offset + w
    found = deepcheck.load(model)(x)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_opset_6_is_converted():
    check_opset_6(*of_opset_6(), (1, 1, 3))


def test_opset_6_with_an_axis_to_broadcast_along_is_not_misread():
    """``broadcast=1, axis=1``: w belongs to the channels. onnx converts it to (3, 1, 1, 1), the batch axis."""
    with pytest.raises(UnsupportedOperator, match="axis"):
        deepcheck.load(of_opset_6(axis=1)[0])


@pytest.mark.parametrize("opset", [1, 2])
def test_older_ones_are_refused(opset):
    model = model_of([helper.make_node("Relu", ["x"], ["y"])], (1, 3))
    model.opset_import[0].version = opset
    with pytest.raises(UnsupportedOperator, match="opset"):
        deepcheck.load(model)


@pytest.mark.parametrize("taken", [True, False])
def test_an_if_with_a_constant_condition_is_the_graph_that_it_takes(taken):
    def branch(name, *nodes):
        return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(f"{name} out", 1, (1, 3))])

    then = branch("then", helper.make_node("Relu", ["a"], ["inner"]), helper.make_node("Neg", ["inner"], ["then out"]))
    other = branch("other", helper.make_node("Sub", ["x", "c"], ["other out"]))
    nodes = [
        helper.make_node("Add", ["x", "c"], ["a"]),
        helper.make_node("If", ["which"], ["b"], then_branch=then, else_branch=other, name="choice"),
        helper.make_node("Mul", ["b", "c"], ["y"]),
    ]
    model = model_of(nodes, (1, 3), {"c": numbers(3), "which": np.array(taken)})
    program = assert_equal(model, (1, 3))
    assert len(program.branches) == taken


def test_an_if_that_depends_on_the_input_is_refused():
    inner = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["o"])], "i", [], [helper.make_tensor_value_info("o", 1, (1, 3))]
    )
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0),
        helper.make_node("Cast", ["s"], ["b"], to=TensorProto.BOOL),
        helper.make_node("If", ["b"], ["y"], then_branch=inner, else_branch=inner, name="choice"),
    ]
    with pytest.raises(UnsupportedOperator, match=r"Cast|If"):
        deepcheck.load(model_of(nodes, (1, 3)))


def test_functions_of_the_model_are_inlined():
    body = [
        helper.make_node("MatMul", ["a", "w"], ["p"]),
        helper.make_node("Constant", [], ["one"], value_float=1.0),
        helper.make_node("Add", ["p", "one"], ["q"]),
        helper.make_node("LeakyRelu", ["q"], ["r"]),
    ]
    body[3].attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    layer = helper.make_function("mine", "Layer", ["a", "w"], ["r"], body, [helper.make_opsetid("", 17)], ["slope"])
    nodes = [
        helper.make_node("Layer", ["x", "v"], ["h"], domain="mine", slope=0.25),
        helper.make_node("Layer", ["h", "w"], ["y"], domain="mine", slope=-0.5),
    ]
    model = model_of(nodes, (1, 3), {"v": numbers(3, 4), "w": numbers(4, 2)}, functions=[layer])
    program = assert_equal(model, (1, 3))
    assert len(program.branches) == 2


def test_initializers_that_are_inputs_too():
    weight = numbers(3, 2)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    extra = [helper.make_tensor_value_info("w", TensorProto.FLOAT, (3, 2))]
    assert_equal(model_of([node], (1, 3), {"w": weight}, extra=extra), (1, 3))


CONSTANTS = {
    "value": (numpy_helper.from_array(np.float32([1, -2, 3])), "Add"),
    "value_float": (0.1, "Add"),
    "value_floats": ([0.1, 2.0, -3.0], "Add"),
    "value_int": (2, "Reshape"),
    "value_ints": ([1, -1], "Reshape"),
}


@pytest.mark.parametrize("kind", CONSTANTS)
def test_constants_of_every_kind(kind):
    value, reader = CONSTANTS[kind]
    nodes = [helper.make_node("Constant", [], ["c"], **{kind: value})]
    if kind == "value_int":
        nodes += [helper.make_node("Gather", ["x", "c"], ["y"], axis=1)]
    else:
        nodes += [helper.make_node(reader, ["x", "c"], ["y"])]
    assert_equal(model_of(nodes, (1, 3)), (1, 3))


def several_outputs():
    nodes = [
        helper.make_node("Relu", ["x"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "w"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1),
        helper.make_node("Softmax", ["scores"], ["probabilities"]),
    ]
    outputs = ("label", "scores", "probabilities")
    return model_of(nodes, (1, 3), {"w": numbers(3, 4)}, outputs=outputs, kinds={"label": TensorProto.INT64})


@pytest.mark.parametrize(("output", "stripped"), [("scores", ""), ("probabilities", "Softmax"), ("hidden", "")])
def test_the_output_is_the_one_that_is_asked_for(output, stripped):
    model = several_outputs()
    program = program_from_onnx(model, name="net", reading=Reading(output=output))
    assert program.origin.stripped == stripped
    x = RNG.normal(size=3).astype(np.float32)
    scores = reference(model, x[None], "scores")[0]
    np.testing.assert_allclose(program(x), np.maximum(x, 0) if output == "hidden" else scores, rtol=1e-4, atol=1e-5)


def test_an_output_must_be_chosen_and_must_be_numbers():
    model = several_outputs()
    with pytest.raises(ModelError, match="output="):
        program_from_onnx(model, name="net")
    with pytest.raises(UnsupportedOperator, match="ArgMax"):
        program_from_onnx(model, name="net", reading=Reading(output="label"))
    with pytest.raises(OptionError, match="scores"):
        program_from_onnx(model, name="net", reading=Reading(output="nothing"))


def test_labels_beside_scores_need_no_choice():
    model = several_outputs()
    del model.graph.output[2]
    assert program_from_onnx(model, name="net").origin.output_name == "scores"


def squashed(final, *after, shape=(1, 3)):
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["scores"]),
        helper.make_node(final, ["scores"], ["p"], name="soft"),
    ]
    last = "p"
    for i, (operator, others, attributes) in enumerate(after):
        nodes.append(helper.make_node(operator, [last, *others], [f"p{i}"], **attributes))
        last = f"p{i}"
    nodes[-1].output[0] = "y"
    stored = {
        "w": numbers(3, 4),
        "row": whole(-1),
        "square": whole(1, 2, 2),
        "c": np.float32(2),
        "back": whole(3, 2, 1, 0),
        "pads": whole(0, 1, 0, 0),
    }
    return model_of(nodes, shape, stored), stored["w"]


@pytest.mark.parametrize("final", ["Softmax", "LogSoftmax", "Sigmoid"])
@pytest.mark.parametrize(
    "after",
    [
        (),
        (("Reshape", ["row"], {}),),
        (("Reshape", ["square"], {}), ("Flatten", [], {})),
        (("Identity", [], {}), ("Unsqueeze", ["row"], {})),
        (("Cast", [], {"to": TensorProto.FLOAT}),),
    ],
    ids=lambda after: "-".join(name for name, *_ in after),
)
def test_a_final_softmax_is_stripped_whatever_its_shape(final, after):
    model, weight = squashed(final, *after)
    program = deepcheck.load(model)
    assert program.origin.stripped == final
    x = RNG.normal(size=3).astype(np.float32)
    np.testing.assert_allclose(program(x).ravel(), x @ weight, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("final", ["Softmax", "LogSoftmax", "Sigmoid"])
@pytest.mark.parametrize(
    "after",
    [
        ("Add", ["c"], {}),
        ("Relu", [], {}),
        ("Gather", ["back"], {"axis": 1}),
        ("Sigmoid", [], {}),
        ("Concat", ["p"], {"axis": 1}),
        ("Pad", ["pads"], {}),
        ("Tanh", [], {}),
    ],
    ids=lambda after: after[0],
)
def test_a_softmax_before_anything_else_is_refused_by_name(final, after):
    model, _ = squashed(final, after)
    with pytest.raises(UnsupportedOperator, match=final) as caught:
        deepcheck.load(model)
    if after[0] not in ("Tanh", "Sigmoid"):
        assert "'soft'" in str(caught.value)


def test_an_input_without_a_batch_axis():
    """All of the input is one input: rows mix, as the model says."""
    nodes = [helper.make_node("MatMul", ["m", "x"], ["a"]), helper.make_node("Relu", ["a"], ["y"])]
    model = model_of(nodes, (3, 4), {"m": numbers(2, 3)})
    with pytest.raises(MalformedModel, match="batch_axis=False"):
        program_from_onnx(model, name="net")
    program = assert_equal(model, (3, 4), batch_axis=False)
    assert program.shapes[0] == (3, 4)
    one = model_of([helper.make_node("Neg", ["x"], ["y"])], (4,))
    assert program_from_onnx(one, name="net").shapes[0] == (4,)


def test_a_batch_axis_of_one_may_be_part_of_the_input():
    model = model_of([helper.make_node("Neg", ["x"], ["y"])], (1, 4))
    assert program_from_onnx(model, name="net", reading=Reading(batch_axis=False)).shapes[0] == (1, 4)


def test_a_free_size_is_fixed_by_hand():
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("GlobalAveragePool", ["a"], ["b"]),
        helper.make_node("Flatten", ["b"], ["y"]),
    ]
    weight = numbers(4, 2, 2, 2)
    model = free(nodes, {"w": weight})
    with pytest.raises(MalformedModel, match="input_shape="):
        program_from_onnx(model, name="net")
    for shape in ((2, 5, 4), (2, 2, 7)):
        program = program_from_onnx(model, name="net", reading=Reading(input_shape=shape))
        x = RNG.normal(size=shape).astype(np.float32)
        np.testing.assert_allclose(program(x), reference(model, x[None])[0], rtol=1e-4, atol=1e-5)
    with pytest.raises(OptionError, match="input_shape"):
        program_from_onnx(model, name="net", reading=Reading(input_shape=(3, 5, 4)))


def free(nodes, stored):
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, "height", "width"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4])],
        [numpy_helper.from_array(v, k) for k, v in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_other_inputs_are_given():
    nodes = [helper.make_node("Mul", ["x", "scale"], ["y"])]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, (1, 3)) for n in ("x", "scale")],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 3))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(MalformedModel, match="given="):
        program_from_onnx(model, name="net")
    scale = numbers(1, 3)
    for symbol, given in (("x", "scale"), ("scale", "x")):
        program = program_from_onnx(model, name="net", reading=Reading(given={given: scale}))
        assert program.origin.input_name == symbol
        x = RNG.normal(size=3).astype(np.float32)
        np.testing.assert_allclose(program(x), x * scale[0], rtol=1e-6)


def test_a_budget_is_kept():
    model = single("Tile", [X, whole(1, 1000, 1000)], (1, 10, 10))
    with pytest.raises(MalformedModel, match=r"budget|bytes|memory"):
        program_from_onnx(model, name="net", reading=Reading(budget_bytes=1e6))


def test_a_shape_that_an_export_computes():
    """PyTorch's ``x.view(x.size(0), -1)`` and TensorFlow's resize to a multiple of the input's own size."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Slice", ["shape", "two", "four"], ["spatial"]),
        helper.make_node("Mul", ["spatial", "factor"], ["larger"]),
        helper.make_node("Slice", ["shape", "zero", "two"], ["front"]),
        helper.make_node("Concat", ["front", "larger"], ["sizes"], axis=0),
        helper.make_node("Resize", ["x", "", "", "sizes"], ["up"], nearest_mode="floor"),
        helper.make_node("Gather", ["shape", "zero"], ["batch"], axis=0),
        helper.make_node("Concat", ["batch", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["up", "target"], ["y"]),
    ]
    stored = {n: whole(v) for n, v in (("zero", 0), ("two", 2), ("four", 4), ("factor", 2), ("rest", -1))}
    assert_equal(model_of(nodes, ("N", 2, 3, 4), stored), ("N", 2, 3, 4))


@pytest.mark.parametrize(
    ("operator", "operands", "attributes", "reason"),
    [
        ("ThresholdedRelu", [X], {"alpha": 1.0}, "jumps"),
        ("Shrink", [X], {"bias": 0.0, "lambd": 0.5}, "jumps"),
        ("Shrink", [X], {"bias": -1.0, "lambd": -1.0}, "jumps"),
        ("ScatterND", [X, np.array([[0]]), numbers(1, 4)], {"reduction": "add"}, "reduction"),
        ("Pow", [X, np.float32(2)], {}, "power"),
        ("Max", [X, np.float32(np.inf)], {}, "finite"),
        ("Einsum", [X, X], {"equation": "bi,bi->b"}, "one value"),
        ("PRelu", [numbers(1, 4), X], {}, "constant"),
    ],
)
def test_what_is_not_piecewise_linear_is_refused(operator, operands, attributes, reason):
    model = single(operator, operands, (1, 4), **attributes)
    with pytest.raises(UnsupportedOperator, match=reason) as caught:
        deepcheck.load(model)
    assert "'it'" in str(caught.value)
    assert operator in str(caught.value)


@pytest.mark.parametrize("to", ["python", "c"])
def test_a_value_without_axes_can_be_translated(to):
    """A sum over everything, batch axis too, has shape ()."""
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0),
        helper.make_node("Relu", ["s"], ["r"]),
        helper.make_node("Mul", ["r", "w"], ["y"]),
    ]
    model = model_of(nodes, (1, 3), {"w": numbers(2)})
    assert_equal(model, (1, 3))
    assert "return" in deepcheck.translate(deepcheck.load(model), to)
