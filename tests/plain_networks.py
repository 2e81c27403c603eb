"""Small networks written twice: as an ONNX model, and as plain steps that run in fractions, floats or Z3's terms.

Nothing here uses DeepCheck. A step is dense, convolution, ReLU, clip, max pool, flatten, or the sum with an earlier
value (a residual). Steps are lowered to three operations on flat vectors: a matrix, a clip, the largest of groups.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from oracles import fractions_of, label_scores
from strategies import FLOAT32, Graph


@dataclass(frozen=True)
class Step:
    """One step: its name, its arrays in the model's type, its whole numbers."""

    name: str
    arrays: tuple = ()
    numbers: tuple = ()


def dense(weight, bias):
    return Step("dense", (np.asarray(weight), np.asarray(bias)))


def convolve(weight, bias, *, stride=1, pad=0):
    return Step("convolve", (np.asarray(weight), np.asarray(bias)), (stride, pad))


def clip(low, high):
    return Step("clip", numbers=(low, high))


def pool(kernel, stride):
    return Step("pool", numbers=(kernel, stride))


def add(earlier):
    """The sum with the value before step ``earlier``."""
    return Step("add", numbers=(earlier,))


RELU, FLATTEN = Step("relu"), Step("flatten")


@dataclass(frozen=True)
class Net:
    """A network: the shape of an input, the steps, the type of its numbers."""

    shape: tuple
    steps: tuple
    dtype: np.dtype = FLOAT32
    final: str = ""
    opset: int = 17
    stored: dict = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def shapes(self):
        """The shape before each step, and of the output."""
        shapes = [self.shape]
        for step in self.steps:
            shapes.append(shape_after(step, shapes[-1]))
        return shapes

    @cached_property
    def model(self):
        graph = Graph(np.random.default_rng(0), "normal", self.shape, self.opset, self.dtype)
        names = [graph.current]
        for step, shape in zip(self.steps, self.shapes[1:], strict=True):
            append(graph, step, shape, names, self.dtype)
            names.append(graph.current)
        if self.final:
            graph.node(self.final)
        return graph.model(self.shape)

    @cached_property
    def operations(self):
        return [lowered(step, shape, self.dtype) for step, shape in zip(self.steps, self.shapes, strict=False)]

    @cached_property
    def float_operations(self):
        """The same with float64 matrices."""
        return [(n, tuple(np.array(a, np.float64) for a in given) if n == "linear" else given) for n, given in
                self.operations]  # fmt: skip

    @cached_property
    def steepest(self):
        """No score changes faster than this with the largest change of an input."""
        slopes = [Fraction(1)]
        for name, given in self.operations:
            if name == "linear":
                slopes.append(slopes[-1] * max(sum(map(abs, row)) for row in given[0]))
            else:
                slopes.append(slopes[-1] + (slopes[given] if name == "add" else 0))
        return 2 * slopes[-1]

    def outputs(self, x):
        """What the network computes, in fractions, for one input: an object array ``(labels,)`` of scores."""
        values = [fractions_of(x).ravel()]
        for name, given in self.operations:
            values.append(apply_to_numbers(name, given, values))
        return label_scores(values[-1][None])[0]

    def float_outputs(self, x):
        """The same in float64 for a batch ``(items, size)``: ``(items, labels)``."""
        values = [np.asarray(x, np.float64)]
        for name, given in self.float_operations:
            if name == "linear":
                values.append(values[-1] @ given[0].T + given[1])
            elif name == "clip":
                values.append(np.clip(values[-1], *(None if end is None else float(end) for end in given)))
            elif name == "largest":
                values.append(np.stack([values[-1][:, group].max(axis=1) for group in given], axis=1))
            else:
                values.append(values[-1] + values[given])
        return label_scores(values[-1])


def shape_after(step, shape):
    if step.name == "dense":
        return (len(step.arrays[1]),)
    if step.name == "flatten":
        return (int(np.prod(shape)),)
    if step.name == "pool":
        kernel, stride = step.numbers
        return (shape[0], *((n - kernel) // stride + 1 for n in shape[1:]))
    if step.name == "convolve":
        stride, pad = step.numbers
        kernel = step.arrays[0].shape[-1]
        return (len(step.arrays[1]), *((n + 2 * pad - kernel) // stride + 1 for n in shape[1:]))
    return shape


def append(graph, step, shape, names, dtype):
    """Append a step to an ONNX graph."""
    stored = [graph.store(np.asarray(array, dtype)) for array in step.arrays]
    if step.name == "dense":
        graph.node("Gemm", *stored, shape=shape)
    elif step.name == "convolve":
        stride, pad = step.numbers
        graph.node("Conv", *stored, shape=shape, strides=[stride] * 2, pads=[pad] * 4)
    elif step.name == "pool":
        kernel, stride = step.numbers
        graph.node("MaxPool", shape=shape, kernel_shape=[kernel] * 2, strides=[stride] * 2)
    elif step.name == "clip":
        graph.clip(*step.numbers)
    elif step.name == "add":
        graph.node("Add", names[step.numbers[0]])
    else:
        graph.node({"relu": "Relu", "flatten": "Flatten"}[step.name], shape=shape)


def lowered(step, shape, dtype):
    """One operation on flat vectors."""
    if step.name in ("dense", "convolve"):
        weight, bias = (np.asarray(array, dtype).astype(np.float64) for array in step.arrays)
        if step.name == "convolve":
            weight, bias = as_matrix(weight, bias, shape, *step.numbers)
        else:
            weight = weight.T
        return "linear", (fractions_of(weight), fractions_of(bias))
    if step.name == "pool":
        return "largest", pool_groups(shape, *step.numbers)
    if step.name == "add":
        return "add", step.numbers[0]
    if step.name == "flatten":
        return "clip", (None, None)
    ends = (0, None) if step.name == "relu" else step.numbers
    return "clip", tuple(None if end is None else Fraction(float(dtype.type(end))) for end in ends)


def as_matrix(weight, bias, shape, stride, pad):
    """A convolution as a matrix, entry by entry."""
    channels, height, width = shape
    kernel = weight.shape[-1]
    rows, columns = ((n + 2 * pad - kernel) // stride + 1 for n in (height, width))
    matrix = np.zeros((len(bias), rows, columns, channels, height, width))
    for r, c, kr, kc in np.ndindex(rows, columns, kernel, kernel):
        y, x = r * stride + kr - pad, c * stride + kc - pad
        if 0 <= y < height and 0 <= x < width:
            matrix[:, r, c, :, y, x] = weight[:, :, kr, kc]
    return matrix.reshape(len(bias) * rows * columns, -1), np.repeat(bias, rows * columns)


def pool_groups(shape, kernel, stride):
    """Which elements each maximum is of."""
    at = np.arange(int(np.prod(shape))).reshape(shape)
    rows, columns = ((n - kernel) // stride + 1 for n in shape[1:])
    return [
        at[ch, r * stride : r * stride + kernel, c * stride : c * stride + kernel].ravel().tolist()
        for ch, r, c in np.ndindex(shape[0], rows, columns)
    ]


def apply_to_numbers(name, given, values):
    """One operation on a vector of fractions."""
    value = values[-1]
    if name == "linear":
        return given[0] @ value + given[1]
    if name == "add":
        return value + values[given]
    out = np.empty(len(given) if name == "largest" else len(value), dtype=object)
    if name == "largest":
        out[:] = [max(value[i] for i in group) for group in given]
    else:
        out[:] = [clipped(v, *given) for v in value]
    return out


def clipped(value, low, high):
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value
