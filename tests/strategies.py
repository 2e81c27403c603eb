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
        source = source or self.current
        return self.of([source, *others] if first else [*others, source], operator, shape=shape, **attributes)

    def of(self, inputs, operator, *, shape=None, **attributes):
        """Append a node on any tensors and make its result current."""
        (self.current,) = self.append(operator, inputs, **attributes)
        self.shape = self.shape if shape is None else tuple(shape)
        return self

    def append(self, operator, inputs, *, count=1, **attributes):
        """Append a node, and nothing else; the names of its results."""
        at = len(self.nodes)
        names = [f"t{at}"] if count == 1 else [f"t{at}_{i}" for i in range(count)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=f"n{at}", **attributes))
        return names

    def integers(self, *numbers):
        """Store whole numbers."""
        return self.store(np.array(numbers, np.int64))

    def axes(self, operator, axes, shape, *, since=13, **attributes):
        """Append a node whose axes are an attribute, or an input since some opset."""
        if self.opset < since:
            return self.node(operator, shape=shape, axes=axes, **attributes)
        return self.node(operator, self.integers(*axes), shape=shape, **attributes)

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
    # Of float64 onnxruntime has no LeakyRelu, PRelu or HardSigmoid, it computes Shrink in float32, and it fails to fuse
    # a Relu with a Clip.
    more = ["LeakyRelu", "Clip", "PRelu", "HardSigmoid", "Shrink"] if net.dtype == FLOAT32 else []
    which = draw(st.sampled_from(["Relu", "Relu", "Relu", "Abs", *more]))
    if which == "LeakyRelu":
        net.node("LeakyRelu", alpha=draw(st.sampled_from([0.01, 0.5, -0.25])))
    elif which == "PRelu":
        channels = (net.shape[0], *(1,) * (len(net.shape) - 1))
        net.node("PRelu", net.store(net.numbers(*draw(st.sampled_from([(1,), channels, net.shape])))))
    elif which == "HardSigmoid":
        alpha, beta = draw(st.sampled_from([(0.2, 0.5), (1 / 6, 0.5), (-0.75, 0.25), (3.0, -1.0)]))
        net.node("HardSigmoid", alpha=alpha, beta=beta)
    elif which == "Shrink":
        end = draw(st.sampled_from([0.5, 0.1, 0.0]))
        net.node("Shrink", bias=end, lambd=end)
    elif which == "Clip":
        net.clip(*draw(st.sampled_from([(0.0, 6.0), (-0.1, 0.3), (None, 1.0), (0.25, None)])))
    else:
        net.node(which)


def partner(draw, net):
    """Leave the current tensor, and make current another one that broadcasts with it; the name of the first."""
    kept, shape = net.current, net.shape
    if draw(st.booleans()):
        branch(draw, net)
    else:
        net.axes("ReduceSum", [len(shape)], (*shape[:-1], 1))
    return kept, shape


def constants_beside(draw, net, shape, most):
    """A few stored constants that broadcast with a value."""
    shapes = st.sampled_from([(), shape[-1:], (1, *shape)])
    return [net.store(net.numbers(*draw(shapes), 1)[..., 0]) for _ in range(draw(st.integers(0, most)))]


def extreme(draw, net):
    """The largest or smallest of one or two values and some constants."""
    operator = draw(st.sampled_from(["Max", "Min"]))
    if draw(st.booleans()):
        values, shape = [net.current], net.shape
    else:
        kept, shape = partner(draw, net)
        values = [kept, net.current]
    others = constants_beside(draw, net, shape, 3 - len(values))
    net.of(draw(st.permutations([*values, *others])), operator, shape=shape)


def several(draw, net):
    """A sum or a mean of several values and constants, or the negative."""
    if draw(st.booleans()):
        net.node("Neg")
    kept, shape = partner(draw, net)
    others = constants_beside(draw, net, shape, 2)
    operator = draw(st.sampled_from(["Sum", "Mean"] if net.dtype == FLOAT32 else ["Sum"]))
    net.of(draw(st.permutations([kept, net.current, *others])), operator, shape=shape)


def reduction(draw, net):
    operator = draw(st.sampled_from(["ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean", "ReduceL1"]))
    rank = len(net.shape)
    axes = sorted(draw(st.sets(st.integers(1, rank), min_size=1)))
    keep = len(axes) == rank or draw(st.booleans())
    shape = [1 if a in axes else n for a, n in enumerate(net.shape, start=1) if keep or a not in axes]
    spelled = [a - rank - 1 for a in axes] if net.opset >= 11 and draw(st.booleans()) else axes
    net.axes(operator, spelled, shape, since=13 if operator == "ReduceSum" else 18, keepdims=int(keep))


def global_pool(draw, net):
    operator = draw(st.sampled_from(["GlobalAveragePool", "GlobalMaxPool"]))
    net.node(operator, shape=(net.shape[0], *(1,) * (len(net.shape) - 1)))


def padding(draw, net):
    mode = draw(st.sampled_from(["constant", "constant", "reflect", "edge"]))
    most = [min(n - 1, 1) if mode == "reflect" else 1 for n in net.shape]
    before, after = ([draw(st.integers(0, m)) for m in most] for _ in range(2))
    shape = [n + b + a for n, b, a in zip(net.shape, before, after, strict=True)]
    pads, value = [0, *before, 0, *after], draw(st.sampled_from([None, 0.0, 0.75, -2.0]))
    if net.opset < 11:
        net.node("Pad", shape=shape, pads=pads, mode=mode, **({} if value is None else {"value": value}))
        return
    fill = [] if value is None else [net.store(np.array(value, net.dtype))]
    net.node("Pad", net.integers(*pads), *fill, shape=shape, mode=mode)


def slicing(draw, net):
    axis = draw(st.integers(1, len(net.shape)))
    n = net.shape[axis - 1]
    step = 1 if net.opset < 10 else draw(st.sampled_from([1, 2, -1, -2]))
    start = draw(st.integers(0, n - 1))
    end = draw(st.integers(start + 1, n)) if step > 0 else draw(st.integers(-1, start - 1))
    left = len(range(start, end, step))
    shape = [left if a == axis else m for a, m in enumerate(net.shape, start=1)]
    # From the end, or far beyond it, are other ways to say the same.
    start = draw(st.sampled_from([start, start - n]))
    if step < 0:
        end = draw(st.sampled_from([end - n, -(2**31)] if end < 0 else [end, end - n]))
    elif end == n:
        end = draw(st.sampled_from([n, 2**31 - 1, 2**63 - 1]))
    if net.opset < 10:
        net.node("Slice", shape=shape, starts=[start], ends=[end], axes=[axis])
    else:
        net.node("Slice", *(net.integers(v) for v in (start, end, axis, step)), shape=shape)


def split(draw, net):
    """Two parts, joined again in the other order; one of them may branch."""
    axis = draw(st.integers(1, len(net.shape)))
    shape = net.shape
    n = shape[axis - 1]
    if n < 2:
        return
    first = draw(st.integers(1, n - 1))
    sizes = [first, n - first]
    if n % 2 == 0 and draw(st.booleans()):
        sizes = [n // 2] * 2
        given, settings = [], {"num_outputs": 2} if net.opset >= 18 else {}
    elif net.opset < 13:
        given, settings = [], {"split": sizes}
    else:
        given, settings = [net.integers(*sizes)], {}
    left, right = net.append("Split", [net.current, *given], count=2, axis=axis, **settings)
    net.current, net.shape = right, tuple(sizes[1] if a == axis else m for a, m in enumerate(shape, start=1))
    if draw(st.booleans()):
        branch(draw, net)
    net.node("Concat", left, shape=shape, axis=axis)


def gather(draw, net):
    axis = draw(st.integers(1, len(net.shape)))
    n = net.shape[axis - 1]
    if len(net.shape) > 1 and draw(st.booleans()):
        shape = [m for a, m in enumerate(net.shape, start=1) if a != axis]
        net.node("Gather", net.store(np.array(draw(st.integers(0, n - 1)))), shape=shape, axis=axis)
        return
    low = -n if net.opset >= 11 else 0
    chosen = draw(st.lists(st.integers(low, n - 1), min_size=1, max_size=n))
    shape = [len(chosen) if a == axis else m for a, m in enumerate(net.shape, start=1)]
    net.node("Gather", net.integers(*chosen), shape=shape, axis=axis)


def repeat(draw, net):
    axis = draw(st.integers(1, len(net.shape)))
    times = [2 if a == axis else 1 for a in range(1 + len(net.shape))]
    shape = [n * t for n, t in zip(net.shape, times[1:], strict=True)]
    if net.shape[axis - 1] == 1:
        net.node("Expand", net.integers(*draw(st.sampled_from([(1, *shape), tuple(shape), tuple(times)]))), shape=shape)
    else:
        net.node("Tile", net.integers(*times), shape=shape)


def choice(draw, net):
    """Where, with a condition that is stored: a value and a constant, or two values, of both some elements."""
    shape = draw(st.sampled_from([net.shape, net.shape[-1:], (1, *net.shape)]))
    condition = net.rng.integers(0, 2, shape) > 0
    # What no element is taken from is no part of the program, and branches behind it are none of the path.
    condition.reshape(-1)[:2] = [True, False][: condition.size]
    stored = net.store(condition)
    if condition.size > 1 and draw(st.booleans()):
        kept, shape = partner(draw, net)
        both = [kept, net.current]
    else:
        shape = net.shape
        both = [net.current, net.store(net.numbers(*draw(st.sampled_from([shape, shape[-1:], (1,)]))))]
    net.of([stored, *draw(st.permutations(both))], "Where", shape=shape)


def transposed_convolution(draw, net):
    groups = draw(st.sampled_from([g for g in (1, 2) if net.shape[0] % g == 0]))
    per_group = draw(st.integers(1, 2))
    axes = []
    for n in net.shape[1:]:
        kernel, stride = draw(st.integers(1, 2)), draw(st.integers(1, 2))
        dilation, extra = draw(st.integers(1, 2)), draw(st.integers(0, stride - 1))
        full = stride * (n - 1) + extra + dilation * (kernel - 1) + 1
        before, after = (draw(st.integers(0, min(dilation * (kernel - 1), (full - 1) // 2))) for _ in range(2))
        axes.append((kernel, stride, dilation, extra, before, after, full - before - after))
    kernel, strides, dilations, extra, before, after, sizes = zip(*axes, strict=True)
    others = [net.store(net.numbers(net.shape[0], per_group, *kernel))]
    if draw(st.booleans()):
        others.append(net.store(net.numbers(groups * per_group)))
    net.node(
        "ConvTranspose",
        *others,
        shape=(groups * per_group, *sizes),
        group=groups,
        strides=strides,
        dilations=dilations,
        output_padding=extra,
        pads=[*before, *after],
    )


def blocks(draw, net):
    """Depth to space where the channels allow it, else space to depth."""
    c, h, w = net.shape
    if c % 4 == 0:
        mode = {"mode": draw(st.sampled_from(["DCR", "CRD"]))} if net.opset >= 11 else {}
        net.node("DepthToSpace", shape=(c // 4, 2 * h, 2 * w), blocksize=2, **mode)
    elif h % 2 == w % 2 == 0:
        net.node("SpaceToDepth", shape=(c * 4, h // 2, w // 2), blocksize=2)
    else:
        net.node("Conv", net.store(net.numbers(4, c, 1, 1)), shape=(4, h, w))


def resize(draw, net):
    """Nearest neighbours, by whole factors."""
    factor = draw(st.integers(2, 3))
    scales = net.store(np.array([1, 1, factor, *(1,) * (len(net.shape) - 2)], np.float32))
    shape = (net.shape[0], net.shape[1] * factor, *net.shape[2:])
    if net.opset < 11:
        net.node("Upsample" if net.opset == 9 else "Resize", scales, shape=shape)
        return
    mode = draw(st.sampled_from(["half_pixel", "asymmetric"]))
    nearest = draw(st.sampled_from(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]))
    given = {"coordinate_transformation_mode": mode, "nearest_mode": nearest}
    region = "" if net.opset >= 13 else net.store(np.zeros(0, np.float32))
    net.node("Resize", region, scales, shape=shape, **given)


def product(draw, net):
    """A stack of matrices, on either side."""
    *front, n, k = net.shape
    stack = draw(st.sampled_from([(), tuple(front), (1, *front)]))
    width = draw(st.integers(1, 3))
    if draw(st.booleans()):
        net.node("MatMul", net.store(net.numbers(*stack, k, width)), shape=(*front, n, width))
    else:
        net.node("MatMul", net.store(net.numbers(*stack, width, n)), shape=(*front, width, k), first=False)


def einsum(draw, net):
    if net.opset < 12:
        return
    letters = "acdefg"[: len(net.shape)]
    axis = draw(st.integers(0, len(net.shape) - 1))
    n, width = net.shape[axis], draw(st.integers(1, 3))
    swapped = letters.replace(letters[axis], "z")
    shape = tuple(width if a == axis else m for a, m in enumerate(net.shape))
    name, left, weight = letters[axis], f"b{letters}", net.numbers(n, width)
    kinds = {
        "matrix": (f"{left},{name}z->b{swapped}", weight, shape),
        "turned": (f"z{name},{left}->b{swapped}", np.ascontiguousarray(weight.T), shape),
        "factor": (f"{left},{name}->{left}", net.numbers(n), net.shape),
        "last": ("...i,ij->...j", net.numbers(net.shape[-1], width), (*net.shape[:-1], width)),
    }
    equation, weight, shape = kinds[draw(st.sampled_from(list(kinds)))]
    net.node("Einsum", net.store(weight), shape=shape, first=not equation.startswith("z"), equation=equation)


def channels_last(draw, net):
    """As tf2onnx writes it: channels move to the front for a convolution, and back."""
    rank = len(net.shape)
    net.node("Transpose", shape=(net.shape[-1], *net.shape[:-1]), perm=[0, rank, *range(1, rank)])
    convolution(draw, net)
    net.node("Transpose", shape=(*net.shape[1:], net.shape[0]), perm=[0, *range(2, rank + 1), 1])


def exported_reshape(draw, net):
    """As PyTorch writes ``x.view(x.size(0), ...)``: the batch size is computed from the shape."""
    (sizes,) = net.append("Shape", [net.current])
    (batch,) = net.append("Gather", [sizes, net.store(np.array(0))], axis=0)
    axes = {"axes": [0]} if net.opset < 13 else {}
    (first,) = net.append("Unsqueeze", [batch, *([] if axes else [net.integers(0)])], **axes)
    target = draw(st.sampled_from([net.shape, net.shape[::-1], (int(np.prod(net.shape)),)]))
    rest = [-1, *target[1:]] if draw(st.booleans()) else target
    (wanted,) = net.append("Concat", [first, net.integers(*rest)], axis=0)
    net.node("Reshape", wanted, shape=target)


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


EVERYWHERE = (
    *(extreme, extreme, several, reduction, reduction),
    *(padding, slicing, split, gather, repeat, choice, einsum, exported_reshape),
)
BODIES = {
    1: (*(dense, branch) * 4, constant_operation, residual, concatenation, move, *EVERYWHERE),
    2: (
        *(convolution, branch) * 4,
        *(average_pool, max_pool, batch_norm, dense, residual, move, *EVERYWHERE),
        *(global_pool, transposed_convolution, resize, product),
    ),
    3: (
        *(convolution, branch) * 4,
        *(average_pool, max_pool, batch_norm, residual, concatenation, move, constant_operation, *EVERYWHERE),
        *(global_pool, transposed_convolution, resize, product, channels_last, blocks),
    ),
}
GROWING = (concatenation, residual, padding, repeat, transposed_convolution, resize, several, extreme, blocks)
SHAPES = {
    1: [(1,), (2,), (4,), (6,)],
    2: [(1, 5), (2, 4), (2, 7)],
    3: [(1, 3, 3), (2, 3, 4), (1, 4, 4)],
}


@st.composite
def networks(
    draw, kinds=ORDINARY, *, opsets=(9, 10, 11, 12, 13, 17, 18, 19, 21), dtypes=(FLOAT32,), most=5, ranks=(1, 2, 3)
):
    """A network of a few layers; inputs in [0, 1], some of them on exact fractions and ends."""
    rank = draw(st.sampled_from(ranks))
    shape = draw(st.sampled_from(SHAPES[rank]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(dtypes))
    net = Graph(rng, draw(st.sampled_from(kinds)), shape, draw(st.sampled_from(opsets)), dtype)
    for _ in range(draw(st.integers(1, most))):
        layer = draw(st.sampled_from(BODIES[min(len(net.shape), 3)]))
        if np.prod(net.shape) <= 48 or layer not in GROWING:
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
