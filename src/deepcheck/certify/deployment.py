"""What a model is run in where it is deployed, and whether rounding there has a bound.

The bound (`symbolic.deployed`) is about the program's instructions, which are the model's nodes one by one. Here are
the exceptions: constants that a runtime computes itself, casts, and batch norms, whose factor it computes too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import onnx
from onnx import helper, numpy_helper

from deepcheck.program import Array, Origin, Program
from deepcheck.program.decision import Kind
from deepcheck.symbolic.deployed import Running
from deepcheck.symbolic.rounding import Format

COVERED = ("(batch norm: scale / sqrt(var + epsilon))", "(Gemm beta)")
"""Roundings on loading that the bound counts as roundings of a run."""
CASTS = ("Cast", "CastLike")
SQUASHED_UNITS = 4096
"""A final softmax or sigmoid is not followed: no standard bounds exponentials. Leads of more than so many unit
roundoffs survive one that is right to nearly as many; smaller ones it may turn into ties."""
SANE = 2.0**-60, 2.0**60
"""Between these, no intermediate result of a batch norm's factor under- or overflows in float32, in whatever order."""


@dataclass(frozen=True)
class Deployment:
    """How a model is run.

    Attributes:
        running: The float type, and how often it changes; None where there is no bound.
        reason: Why there is none; else "".
    """

    running: Running | None
    reason: str = ""


def deployment_of(program: Program) -> Deployment:
    """How the model that a program came from is run, without any freedom but the order of summation."""
    return _deployment(program.origin, program.dtype.name, program.decided().kind)


@lru_cache(maxsize=8)
def _deployment(origin: Origin, dtype: str, kind: Kind) -> Deployment:
    if origin.stripped == "Sigmoid" and kind != "sign":
        return Deployment(None, "the label is read from several sigmoids, which may saturate and tie")
    for constant in origin.rounded:
        if not constant.endswith(COVERED):
            return Deployment(None, f"a constant is itself computed in floats: {constant}")
    graph = onnx.load_model_from_string(origin.graph or origin.model).graph
    nodes = list(_nodes(graph))
    stored = {tensor.name: tensor for tensor in _constants(graph, nodes)}
    formats = {np.dtype(dtype)}
    for tensor in stored.values():
        formats |= _type(tensor.data_type)
    casts = [node for node in nodes if node.op_type in CASTS]
    for node in casts:
        formats |= _type(next((a.i for a in node.attribute if a.name == "to"), 0))
    coarsest = max((Format.of(kind) for kind in formats), key=lambda each: each.unit)
    for node in nodes:
        if node.op_type == "BatchNormalization" and not (coarsest.most > SANE[1] ** 2 and _sane(node, stored)):
            return Deployment(None, f"node '{node.name}' (BatchNormalization): its factor may under- or overflow")
    behind = SQUASHED_UNITS * coarsest.unit if origin.stripped else 0.0
    return Deployment(Running(coarsest, len(casts), behind))


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _constants(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    """Stored tensors, those of ``Constant`` nodes and of graphs within nodes included, by the name of what they are."""
    yield from graph.initializer
    for node in nodes:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                tensor = onnx.TensorProto()
                tensor.CopyFrom(attribute.t)
                tensor.name = node.output[0]
                yield tensor
            if attribute.HasField("g"):
                yield from attribute.g.initializer


def _type(number: int) -> "set[np.dtype[np.floating]]":
    """A float type; nothing for any other."""
    try:
        kind = helper.tensor_dtype_to_np_dtype(number)
    except (KeyError, TypeError, ValueError):
        return set()
    return {kind} if kind.kind == "f" else set()


def _sane(node: onnx.NodeProto, stored: dict[str, onnx.TensorProto]) -> bool:
    """Is a batch norm's factor the same up to some roundings, in whatever order it is computed?"""
    if any(name not in stored for name in node.input[1:5]):
        return False
    scale, _, mean, variance = (_sizes(stored[name]) for name in node.input[1:5])
    epsilon = float(next((a.f for a in node.attribute if a.name == "epsilon"), 1e-5))
    signed = numpy_helper.to_array(stored[node.input[4]])
    low, high = SANE
    fits = bool((signed >= 0).all()) and epsilon >= 0 and variance.max(initial=0.0) <= high and mean.max() <= high
    return fits and bool(
        (variance + epsilon >= low).all() and ((scale == 0) | ((scale >= low) & (scale <= high))).all()
    )


def _sizes(tensor: onnx.TensorProto) -> Array:
    return np.abs(np.atleast_1d(numpy_helper.to_array(tensor)).astype(np.float64))
