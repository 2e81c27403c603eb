"""ONNX graphs run in plain NumPy floats, sums in any order: what a deployed network may compute.

Nothing here uses DeepCheck. Products and sums are added up one by one in the order that is asked for, optionally with
fused multiply-add, or with subnormal numbers read and written as 0; other operators are onnxruntime's, node by node.
"""

from dataclasses import dataclass, field

import numpy as np
from onnx import helper, numpy_helper
from oracles import session_of

ORDERS = ("forward", "backward", "rising", "falling", "signs", "tree", "lanes", "shuffled")


@dataclass
class Summation:
    """How sums of products are computed."""

    order: str = "forward"
    fused: bool = False
    flush: bool = False
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def flushed(self, x):
        """Subnormal numbers as 0, where they are flushed."""
        tiny = np.finfo(x.dtype).tiny
        return np.where(np.abs(x) < tiny, x.dtype.type(0), x) if self.flush else x

    def products(self, x, w):
        """``sum over the last axis of x * w``."""
        x, w = np.broadcast_arrays(self.flushed(x), self.flushed(w))
        if self.fused:
            total = np.zeros(x.shape[:-1], x.dtype)
            for k in self.places(x * w):
                exact = np.take_along_axis(x, k, -1).astype(np.longdouble) * np.take_along_axis(w, k, -1)
                total = self.flushed((exact[..., 0] + total).astype(x.dtype))
            return total
        return self.sum(self.flushed(x * w))

    def sum(self, terms):
        """The sum over the last axis."""
        if self.order == "tree":
            return self.tree(terms)
        if self.order == "lanes":
            return self.tree(np.stack([self.tree(terms[..., lane::4]) for lane in range(4)], axis=-1))
        total = np.zeros(terms.shape[:-1], terms.dtype)
        for k in self.places(terms):
            total = self.flushed(total + np.take_along_axis(terms, k, -1)[..., 0])
        return total

    def tree(self, terms):
        while terms.shape[-1] > 1:
            if terms.shape[-1] % 2:
                terms = np.concatenate([terms, np.zeros((*terms.shape[:-1], 1), terms.dtype)], axis=-1)
            terms = self.flushed(terms[..., ::2] + terms[..., 1::2])
        return terms[..., 0] if terms.shape[-1] else np.zeros(terms.shape[:-1], terms.dtype)

    def places(self, terms):
        """Index arrays, one for each step."""
        count = terms.shape[-1]
        plain = np.broadcast_to(np.arange(count), terms.shape)
        order = {
            "backward": lambda: plain[..., ::-1],
            "rising": lambda: np.argsort(np.abs(terms), axis=-1, kind="stable"),
            "falling": lambda: np.argsort(-np.abs(terms), axis=-1, kind="stable"),
            "signs": lambda: np.argsort(-np.sign(terms), axis=-1, kind="stable"),
            "shuffled": lambda: np.broadcast_to(self.rng.permutation(count), terms.shape),
        }.get(self.order, lambda: plain)()
        return [order[..., k : k + 1] for k in range(count)]


def run_in_order(model, x, how):
    """The model's output for one input (without batch axis), flat, in its own float type."""
    graph = model.graph
    opset = next(o.version for o in model.opset_import if o.domain == "")
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    values[graph.input[0].name] = x[None]
    with np.errstate(all="ignore"):
        for node in graph.node:
            given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            operands = [values[name] if name else None for name in node.input]
            layer = LAYERS.get(node.op_type)
            if layer is not None:
                results = [layer(how, operands, given)]
            elif node.op_type in ("Softmax", "LogSoftmax", "Sigmoid") and node is graph.node[-1]:
                results = [operands[0]]
            else:
                results = alone(node, values, opset)
            values.update(zip(node.output, results, strict=True))
    return values[graph.output[0].name].reshape(-1)


def alone(node, values, opset):
    feeds = {name: values[name] for name in node.input if name}
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for name, a in feeds.items()
    ]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
    graph = helper.make_graph([node], "alone", inputs, outputs)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return session_of(made).run(None, feeds)


def gemm(how, operands, given):
    x, w = operands[0], operands[1]
    w = w.T if given.get("transB", 0) else w
    out = how.products(x[:, None, :], w.T[None]) * x.dtype.type(given.get("alpha", 1.0))
    if len(operands) > 2:
        out = how.flushed(out + x.dtype.type(given.get("beta", 1.0)) * operands[2])
    return out


def matmul(how, operands, given):
    x, w = operands
    return how.products(x[..., :, None, :], np.swapaxes(w, -1, -2)[..., None, :, :])


def convolution(how, operands, given):
    """Any number of dimensions: window by window."""
    x, w = operands[:2]
    d, groups = w.ndim - 2, given.get("group", 1)
    strides, dilations = given.get("strides", [1] * d), given.get("dilations", [1] * d)
    pads = given.get("pads", [0] * 2 * d)
    x = np.pad(x, [(0, 0), (0, 0), *zip(pads[:d], pads[d:], strict=True)])
    reach = [dil * (k - 1) + 1 for dil, k in zip(dilations, w.shape[2:], strict=True)]
    counts = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], reach, strides, strict=True)]
    out = np.zeros((1, w.shape[0], *counts), x.dtype)
    per_group, outputs = w.shape[1], w.shape[0] // groups
    for at in np.ndindex(*counts):
        cut = tuple(slice(a * s, a * s + r, dil) for a, s, r, dil in zip(at, strides, reach, dilations, strict=True))
        window = x[(0, slice(None), *cut)]
        for g in range(groups):
            part = window[g * per_group : (g + 1) * per_group].reshape(1, -1)
            mine = slice(g * outputs, (g + 1) * outputs)
            out[(0, mine, *at)] = how.products(part, w[mine].reshape(outputs, -1))
    if len(operands) > 2:
        out = how.flushed(out + operands[2].reshape(-1, *(1,) * d))
    return out


def batch_norm(how, operands, given):
    """In one of two ways, by the order."""
    x, scale, shift, mean, variance = operands
    scale, shift, mean, variance = (a.reshape(-1, *(1,) * (x.ndim - 2)) for a in (scale, shift, mean, variance))
    root = np.sqrt(variance + x.dtype.type(given.get("epsilon", 1e-5)))
    if how.order in ("forward", "tree", "rising"):
        return (x - mean) / root * scale + shift
    factor = scale / root
    return x * factor + (shift - mean * factor)


def reduce_sum(how, operands, given):
    x = operands[0]
    axes = given.get("axes", operands[1] if len(operands) > 1 else None)
    axes = sorted(int(a) % x.ndim for a in (range(x.ndim) if axes is None else np.ravel(axes)))
    rest = [a for a in range(x.ndim) if a not in axes]
    out = how.sum(x.transpose(*rest, *axes).reshape(*(x.shape[a] for a in rest), -1))
    if given.get("keepdims", 1):
        out = out.reshape([1 if a in axes else n for a, n in enumerate(x.shape)])
    return out


LAYERS = {
    "Gemm": gemm,
    "MatMul": matmul,
    "Conv": convolution,
    "BatchNormalization": batch_norm,
    "ReduceSum": reduce_sum,
}
