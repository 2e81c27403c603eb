"""Hypothesis strategy: networks of every operator that the certificate checker has, in all their variants.

And what their parts are in fractions, from `oracles`, which knows nothing of the checker.
"""

import numpy as np
import strategies
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from oracles import run_exactly
from strategies import FLOAT32, ORDINARY, SHAPES, Graph, Network, inputs_like


def pool(draw, net):
    """A max pooling, whose padding never wins."""
    given = strategies.settings_of([strategies.windows(draw, n, dilated=net.opset >= 10) for n in net.shape[1:]])
    if net.opset < 10:
        del given["dilations"]
    elif any(d > 1 for d in given["dilations"]):
        given["pads"] = [0] * len(given["pads"])
    if not any(given["pads"]) and draw(st.booleans()):
        del given["pads"]
        shape = strategies.outputs_of(net.shape[1:], {**given, "pads": [0] * 2 * len(net.shape[1:])})
        return net.node("MaxPool", shape=(net.shape[0], *shape), auto_pad="VALID", **given)
    return net.node("MaxPool", shape=(net.shape[0], *strategies.outputs_of(net.shape[1:], given)), **given)


def constant(draw, net):
    """Add, Sub, Div with a constant of fewer axes, or of one that is 1, in both orders; at times from a node."""
    operator = draw(st.sampled_from(["Add", "Sub", "Div"]))
    narrow = tuple(draw(st.sampled_from([1, n])) for n in net.shape)
    values = net.numbers(*draw(st.sampled_from([(), net.shape[-1:], narrow, (1, *net.shape), (1, 1, *narrow[1:])])), 1)
    values = values[..., 0]
    if values.ndim > 1 + len(net.shape):
        values = values.reshape(values.shape[1:])
    if operator == "Div":
        values = np.where(values == 0, net.dtype.type(3), values)
    name = net.store(values)
    if draw(st.booleans()):
        net.stored.pop()
        (name,) = net.append("Constant", [], value=numpy_helper.from_array(np.array(values, order="C")))
    net.node(operator, name, first=operator == "Div" or draw(st.booleans()))


def relu(draw, net):
    net.node("Relu")


def two_values(draw, net):
    """The sum or the difference of a value and another one made from it, at times a narrower one, or of the same."""
    operator, kept, shape = draw(st.sampled_from(["Add", "Sub"])), net.current, net.shape
    which = draw(st.sampled_from(["relu", "same", "constant", "narrow"]))
    if which == "relu":
        relu(draw, net)
    elif which == "constant":
        net.node("Add", net.store(net.numbers(*net.shape)))
    elif which == "narrow":
        net.node("MatMul", net.store(net.numbers(shape[-1], 1)), shape=(*shape[:-1], 1))
    net.node(operator, kept, first=draw(st.booleans()), shape=shape)


def move(draw, net):
    if draw(st.booleans()):
        order = draw(st.permutations(range(1, len(net.shape) + 1)))
        net.node("Transpose", shape=[net.shape[a - 1] for a in order], perm=[0, *order])
        return
    target = draw(st.permutations(net.shape))
    at = draw(st.sampled_from([None, *range(len(target))]))
    given = [-1 if k == at else 0 if n == net.shape[k] and draw(st.booleans()) else n for k, n in enumerate(target)]
    net.node("Reshape", net.store(np.array([draw(st.sampled_from([0, 1])), *given], np.int64)), shape=target)


def dense(draw, net, width=None):
    """Gemm in its variants on flat values, MatMul on all."""
    width = width or draw(st.integers(1, 5))
    weight = net.numbers(net.shape[-1], width)
    if len(net.shape) > 1 or draw(st.booleans()):
        net.node("MatMul", net.store(weight), shape=(*net.shape[:-1], width))
        return
    turned, factors = draw(st.booleans()), st.sampled_from([1.0, 0.5, -2.0, 0.1])
    bias = draw(st.sampled_from([(), (1,), (width,), (1, width), (1, 1)]))
    others = [net.store(net.numbers(*bias, 1)[..., 0])] if net.opset < 11 or draw(st.booleans()) else []
    scale = {} if draw(st.booleans()) else {"alpha": draw(factors), "beta": draw(factors)}
    weight = np.ascontiguousarray(weight.T) if turned else weight
    net.node("Gemm", net.store(weight), *others, shape=(width,), transB=int(turned), **scale)


def layers(net):
    convolution = (strategies.convolution, strategies.average_pool, pool) if len(net.shape) > 1 else (dense, dense)
    return (*convolution, dense, relu, relu, relu, constant, constant, two_values, move)


@st.composite
def certifiable(draw, kinds=ORDINARY, *, most=5, dtypes=(FLOAT32,), final=True):
    """A network of a few layers, all of them in the checker's list; an input in [0, 1]."""
    shape = draw(st.sampled_from([*SHAPES[1], *SHAPES[2], *SHAPES[3]]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    net = Graph(rng, draw(st.sampled_from(kinds)), shape, draw(st.sampled_from((9, 11, 13, 17, 19, 21))))
    net.dtype = draw(st.sampled_from(dtypes))
    for _ in range(draw(st.integers(1, most))):
        layer = draw(st.sampled_from(layers(net)))
        layer(draw, net)
    if len(net.shape) > 1:
        net.node("Flatten", shape=(int(np.prod(net.shape)),), axis=-len(net.shape) if net.opset >= 11 else 1)
    outputs = draw(st.integers(1, 4))
    dense(draw, net, outputs)
    last = "Sigmoid" if outputs == 1 else draw(st.sampled_from(["", "", "Softmax", "Sigmoid", "LogSoftmax"]))
    if last and final:
        net.node(last, **({"axis": 1} if last != "Sigmoid" else {}))
    x = draw(inputs_like(shape, net.dtype))
    words = " ".join(node.op_type for node in net.nodes)
    return Network(net.model(shape, 1), x, outputs == 1, f"{net.kind} opset {net.opset}: {words}")


def exact_scores(model, x):
    """One score per label in fractions, for an array or an object array of fractions of the input's shape."""
    (row,) = run_exactly(model, x, slopes=False).outputs
    return [-row[0], row[0]] if len(row) == 1 else list(row)


def inner_tensor(model, name):
    """The model up to one of its tensors."""
    graph = helper.make_graph(
        [node for node in model.graph.node if node.op_type not in ("Softmax", "LogSoftmax", "Sigmoid")],
        "inner",
        list(model.graph.input),
        [helper.make_tensor_value_info(name, model.graph.input[0].type.tensor_type.elem_type, None)],
        list(model.graph.initializer),
    )
    return helper.make_model(graph, opset_imports=list(model.opset_import), ir_version=8)
