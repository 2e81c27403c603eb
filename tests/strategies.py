"""Hypothesis strategies: small random ONNX networks with inputs that fit them, ordinary and degenerate."""

from dataclasses import dataclass, field

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.float64): TensorProto.DOUBLE}
FLOAT32 = np.dtype(np.float32)
ORDINARY = ("normal",)
DEGENERATE = ("integers", "zeros", "ties", "huge", "tiny", "mixed")


@dataclass
class Graph:
    """An ONNX graph in the making: the current tensor and its shape without the batch axis."""

    rng: np.random.Generator
    kind: str
    shape: tuple
    opset: int = 17
    dtype: np.dtype = FLOAT32
    current: str = "input"
    nodes: list = field(default_factory=list)
    stored: list = field(default_factory=list)

    def numbers(self, *shape):
        """Weights of the drawn kind."""
        normal = self.rng.normal(size=shape)
        small = self.rng.integers(-2, 3, size=shape).astype(np.float64)
        made = {
            "normal": normal,
            "integers": small,
            "zeros": normal * (self.rng.random(shape) < 0.3),
            "ties": np.broadcast_to(self.rng.integers(-1, 2, size=(*shape[:-1], 1)), shape).astype(np.float64),
            "huge": normal * 1e20,
            "tiny": normal * 1e-20,
            "mixed": normal * 10.0 ** self.rng.integers(-12, 13, size=shape),
        }[self.kind]
        return np.ascontiguousarray(made.astype(self.dtype))

    def store(self, array):
        name = f"c{len(self.stored)}"
        self.stored.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def node(self, operator, *others, shape=None, source=None, first=True, **attributes):
        """Append a node on the current tensor (or ``source``) and make its result current."""
        name = f"t{len(self.nodes)}"
        source = source or self.current
        inputs = [source, *others] if first else [*others, source]
        self.nodes.append(helper.make_node(operator, inputs, [name], name=f"n{len(self.nodes)}", **attributes))
        self.current = name
        self.shape = self.shape if shape is None else tuple(shape)
        return self

    def axes(self, operator, axes, shape):
        if self.opset < 13:
            return self.node(operator, shape=shape, axes=axes)
        return self.node(operator, self.store(np.array(axes, np.int64)), shape=shape)

    def clip(self, low, high):
        if self.opset < 11:
            limits = {k: float(v) for k, v in (("min", low), ("max", high)) if v is not None}
            return self.node("Clip", **limits)
        names = ["" if end is None else self.store(np.array(end, self.dtype)) for end in (low, high)]
        return self.node("Clip", *names)

    def model(self, input_shape, batch=None):
        kind = TYPES[self.dtype]
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("input", kind, [batch or "N", *input_shape])],
            [helper.make_tensor_value_info(self.current, kind, [None] * (1 + len(self.shape)))],
            self.stored,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.checker.check_model(made)
        return made


@dataclass(frozen=True)
class Network:
    """A model with one input that fits it."""

    model: onnx.ModelProto = field(repr=False)
    x: np.ndarray
    sigmoid: bool
    description: str


def windows(draw, length, *, widest=3, dilated=True):
    """Kernel, stride, dilation, pads of one axis that leave at least one output; pads shorter than the kernel."""
    kernel = draw(st.integers(1, min(widest, length)))
    dilation = draw(st.integers(1, 2)) if dilated and kernel > 1 and length >= 2 * (kernel - 1) + 1 else 1
    before, after = draw(st.integers(0, kernel - 1)), draw(st.integers(0, kernel - 1))
    return kernel, draw(st.integers(1, 3)), dilation, before, after


def settings_of(axes):
    kernel, strides, dilations, before, after = zip(*axes, strict=True)
    return {
        "kernel_shape": list(kernel),
        "strides": list(strides),
        "dilations": list(dilations),
        "pads": [*before, *after],
    }


def outputs_of(spatial, given, *, ceil=False):
    """How many windows there are along each axis."""
    d, out = len(spatial), []
    for a, n in enumerate(spatial):
        room = n + given["pads"][a] + given["pads"][d + a]
        room -= given.get("dilations", [1] * d)[a] * (given["kernel_shape"][a] - 1) + 1
        out.append((-(-room // given["strides"][a]) if ceil else room // given["strides"][a]) + 1)
    return tuple(out)


def starts_outside(spatial, given):
    """With ceil_mode, would a window start behind the input? Shape inference and kernels of ONNX differ there."""
    last = zip(outputs_of(spatial, given, ceil=True), given["strides"], given["pads"], spatial, strict=False)
    return any((count - 1) * stride >= n + before for count, stride, before, n in last)


def convolution(draw, net):
    groups = draw(st.sampled_from([g for g in (1, 2) if net.shape[0] % g == 0]))
    channels = groups * draw(st.integers(1, 2))
    given = settings_of([windows(draw, n) for n in net.shape[1:]])
    weight = net.numbers(channels, net.shape[0] // groups, *given["kernel_shape"])
    others = [net.store(weight)]
    if draw(st.booleans()):
        others.append(net.store(net.numbers(channels)))
    net.node("Conv", *others, shape=(channels, *outputs_of(net.shape[1:], given)), group=groups, **given)


def average_pool(draw, net):
    dilated = net.opset >= 19
    given = settings_of([windows(draw, n, dilated=dilated) for n in net.shape[1:]])
    if not dilated:
        del given["dilations"]
    counted = draw(st.booleans())
    shape = (net.shape[0], *outputs_of(net.shape[1:], given))
    net.node("AveragePool", shape=shape, count_include_pad=int(counted), **given)


def max_pool(draw, net):
    given = settings_of([windows(draw, n) for n in net.shape[1:]])
    if any(d > 1 for d in given["dilations"]):
        given["pads"] = [0] * len(given["pads"])
    if net.opset < 10:
        del given["dilations"]
        net.node("MaxPool", shape=(net.shape[0], *outputs_of(net.shape[1:], given)), **given)
        return
    ceil = draw(st.booleans()) and not starts_outside(net.shape[1:], given)
    net.node(
        "MaxPool", shape=(net.shape[0], *outputs_of(net.shape[1:], given, ceil=ceil)), ceil_mode=int(ceil), **given
    )


def batch_norm(draw, net):
    count = net.shape[0]
    parts = [net.numbers(count), net.numbers(count), net.numbers(count)]
    parts.append(np.abs(net.rng.normal(size=count)).astype(net.dtype) + net.dtype.type(0.1))
    net.node("BatchNormalization", *(net.store(p) for p in parts))


def constant_operation(draw, net):
    operator = draw(st.sampled_from(["Add", "Sub", "Mul", "Div"]))
    shape = draw(st.sampled_from([(), net.shape[-1:], (1, *net.shape)]))
    constant = net.numbers(*shape, 1)[..., 0]
    if operator == "Div":
        constant = np.where(constant == 0, net.dtype.type(3), constant)
    swap = operator != "Div" and draw(st.booleans())
    net.node(operator, net.store(constant), first=not swap)


def branch(draw, net):
    # Of float64 onnxruntime has no LeakyRelu, and it fails to fuse a Relu with a Clip.
    more = ["LeakyRelu", "Clip"] if net.dtype == FLOAT32 else []
    which = draw(st.sampled_from(["Relu", "Relu", "Relu", *more]))
    if which == "Relu":
        net.node("Relu")
    elif which == "LeakyRelu":
        net.node("LeakyRelu", alpha=draw(st.sampled_from([0.01, 0.5, -0.25])))
    else:
        net.clip(*draw(st.sampled_from([(0.0, 6.0), (-0.1, 0.3), (None, 1.0), (0.25, None)])))


def residual(draw, net):
    kept = net.current
    branch(draw, net)
    net.node(draw(st.sampled_from(["Add", "Sub"])), kept, first=draw(st.booleans()))


def concatenation(draw, net):
    kept = net.current
    branch(draw, net)
    axis = draw(st.integers(1, len(net.shape)))
    shape = tuple(n * 2 if a + 1 == axis else n for a, n in enumerate(net.shape))
    net.node("Concat", kept, shape=shape, axis=axis)


def move(draw, net):
    which = draw(st.sampled_from(["Transpose", "Reshape", "Squeeze", "Identity", "Dropout"]))
    rank = len(net.shape)
    if which == "Transpose":
        order = draw(st.permutations(range(1, rank + 1)))
        net.node("Transpose", shape=[net.shape[a - 1] for a in order], perm=[0, *order])
    elif which == "Reshape":
        target = draw(st.permutations(net.shape))
        given = [0 if target[0] == net.shape[0] and rank > 1 else target[0], *target[1:]]
        net.node("Reshape", net.store(np.array([draw(st.sampled_from([0, 1])), *given], np.int64)), shape=target)
    elif which == "Squeeze":
        at = draw(st.integers(1, rank + 1))
        longer = (*net.shape[: at - 1], 1, *net.shape[at - 1 :])
        shape = net.shape
        net.axes("Unsqueeze", [at], longer).axes("Squeeze", [at], shape)
    else:
        net.node(which)


def dense(draw, net, width=None):
    width = width or draw(st.integers(1, 5))
    weight = net.numbers(net.shape[-1], width)
    if len(net.shape) > 1 or draw(st.booleans()):
        net.node("MatMul", net.store(weight), shape=(*net.shape[:-1], width))
        net.node("Add", net.store(net.numbers(width)))
        return
    turned = draw(st.booleans())
    weight = np.ascontiguousarray(weight.T) if turned else weight
    scale = {} if draw(st.booleans()) else {"alpha": 0.5, "beta": 2.0}
    net.node("Gemm", net.store(weight), net.store(net.numbers(width)), shape=(width,), transB=int(turned), **scale)


BODIES = {
    1: (dense, dense, branch, branch, constant_operation, residual, concatenation, move),
    2: (convolution, convolution, branch, branch, average_pool, max_pool, batch_norm, dense, residual, move),
    3: (
        *(convolution, convolution, branch, branch, average_pool, max_pool),
        *(batch_norm, residual, concatenation, move, constant_operation),
    ),
}
SHAPES = {
    1: [(1,), (2,), (4,), (6,)],
    2: [(1, 5), (2, 4), (2, 7)],
    3: [(1, 3, 3), (2, 3, 4), (1, 4, 4)],
}


@st.composite
def networks(draw, kinds=ORDINARY, *, opsets=(9, 10, 11, 13, 17, 19), dtypes=(FLOAT32,), most=5, ranks=(1, 2, 3)):
    """A network of a few layers; inputs in [0, 1], some of them on exact fractions and ends."""
    rank = draw(st.sampled_from(ranks))
    shape = draw(st.sampled_from(SHAPES[rank]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(dtypes))
    net = Graph(rng, draw(st.sampled_from(kinds)), shape, draw(st.sampled_from(opsets)), dtype)
    for _ in range(draw(st.integers(1, most))):
        layer = draw(st.sampled_from(BODIES[min(len(net.shape), 3)]))
        if np.prod(net.shape) <= 48 or layer not in (concatenation, residual):
            layer(draw, net)
    if len(net.shape) > 1:
        net.node("Flatten", shape=(int(np.prod(net.shape)),))
    outputs = draw(st.integers(1, 4))
    dense(draw, net, outputs)
    final = "Sigmoid" if outputs == 1 else draw(st.sampled_from(["", "", "Softmax", "Sigmoid", "LogSoftmax"]))
    if final:
        net.node(final, **({"axis": 1} if final != "Sigmoid" else {}))
    x = draw(inputs_like(shape, net.dtype))
    model = net.model(shape, draw(st.sampled_from([None, 1])))
    words = " ".join(node.op_type for node in net.nodes)
    return Network(model, x, outputs == 1, f"{net.kind} opset {net.opset}: {words}")


@st.composite
def inputs_like(draw, shape, dtype=FLOAT32):
    """An input in [0, 1]: random, on simple fractions, or at the ends."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    which = draw(st.sampled_from(["random", "fractions", "ends", "constant"]))
    if which == "random":
        return rng.random(shape).astype(dtype)
    if which == "fractions":
        return (rng.integers(0, 5, shape) / 4).astype(dtype)
    if which == "ends":
        return rng.integers(0, 2, shape).astype(dtype)
    return np.full(shape, 0.5, dtype)


def dense_network(layers, *, dtype=FLOAT32, final="", relu=True, input_shape=None):
    """An ONNX model of dense layers ``(weight (in, out), bias)`` with ReLU between."""
    net = Graph(np.random.default_rng(0), "normal", (len(layers[0][0]),), 17, dtype)
    shape = input_shape or net.shape
    if len(shape) > 1:
        net.node("Flatten")
    for position, (weight, bias) in enumerate(layers):
        weight, bias = np.asarray(weight, dtype), np.asarray(bias, dtype)
        net.node("Gemm", net.store(weight), net.store(bias), shape=bias.shape)
        if relu and position < len(layers) - 1:
            net.node("Relu")
    if final:
        net.node(final)
    return net.model(shape)
