"""Which tensors of a graph are the program's input and output, and what shape the input has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx
from onnx import helper

from deepcheck.errors import MalformedModel, OptionError
from deepcheck.frontends.budget import Budget
from deepcheck.program import Array

FLOATS: dict[int, np.dtype[np.floating]] = {
    onnx.TensorProto.FLOAT: np.dtype(np.float32),
    onnx.TensorProto.DOUBLE: np.dtype(np.float64),
}


MOST_AXES = 32


@dataclass(frozen=True)
class Port:
    """The input.

    Attributes:
        name: The tensor.
        shape: Its shape in the program: without the batch axis, where there is one.
        dtype: Its type.
        batch: How many inputs the model receives at once: 1 also where that is free; None without a batch axis.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.floating]
    batch: int | None

    @property
    def batched(self) -> bool:
        """Does the model's input have a batch axis in front?"""
        return self.batch is not None

    @property
    def translated_shape(self) -> tuple[int, ...]:
        """The shape that the model is translated for: one input."""
        return (1, *self.shape) if self.batched else self.shape

    @property
    def model_shape(self) -> tuple[int, ...]:
        """The shape that the model receives."""
        return self.shape if self.batch is None else (self.batch, *self.shape)


def input_of(
    graph: onnx.GraphProto,
    name: str,
    batch_axis: bool | None,
    asked: Sequence[int] | None,
    given: Mapping[str, Array],
    budget: Budget,
) -> Port:
    """The only input that is no constant."""
    stored = {tensor.name for tensor in graph.initializer}
    unknown = sorted(set(given) - {i.name for i in graph.input})
    if unknown:
        raise OptionError(f"expected constants for inputs of {name}, got one for '{unknown[0]}', which it lacks")
    for value in graph.input:
        if value.name in given:
            _check_given(value, given[value.name])
    free = [i for i in graph.input if i.name not in stored and i.name not in given]
    if len(free) != 1:
        raise MalformedModel(
            f"{name}: expected a model with 1 input, got {len(free)} ({_names(free)}): "
            "give constants for the others with given="
        )
    source = free[0]
    kind = source.type.tensor_type
    if kind.elem_type not in FLOATS:
        raise MalformedModel(
            f"expected an input of float32 or float64, got '{source.name}' of {_word(source)}: "
            "integers are no real numbers"
        )
    # Old exporters write 0 or -1 for a free size.
    dims = [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in kind.shape.dim]
    if not kind.HasField("shape") and asked is not None:
        dims = [None] * (len(asked) + (batch_axis is not False))
    batch = _batch(source.name, dims, batch_axis, _leading(graph))
    shape = _fixed(source.name, dims if batch is None else dims[1:], asked, batch is not None)
    if len(shape) > MOST_AXES:
        raise MalformedModel(f"expected an input of at most {MOST_AXES} axes, got '{source.name}' of {len(shape)}")
    budget.allow(8.0 * (batch or 1) * prod(map(float, shape)), f"the input '{source.name}' of shape {shape}")
    return Port(source.name, shape, FLOATS[kind.elem_type], batch)


def _check_given(value: onnx.ValueInfoProto, array: Array) -> None:
    """Raise `OptionError` unless a constant is one that the model takes as this input."""
    kind = value.type.tensor_type
    dims = [dim.dim_value if dim.dim_value > 0 else None for dim in kind.shape.dim]
    fits = len(dims) == array.ndim and all(d in (None, n) for d, n in zip(dims, array.shape, strict=False))
    try:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(kind.elem_type))
    except (KeyError, TypeError, ValueError):
        dtype = array.dtype
    if array.dtype != dtype or (kind.HasField("shape") and not fits):
        raise OptionError(
            f"expected {dtype} of shape {dims} for input '{value.name}' in given=, got {array.dtype} of shape "
            f"{array.shape}"
        )


def _leading(graph: onnx.GraphProto) -> set[int]:
    """The first lengths of outputs of two axes or more: where one is that of the input, both are the batch."""
    shapes = [output.type.tensor_type.shape.dim for output in graph.output]
    return {int(dims[0].dim_value) for dims in shapes if len(dims) > 1}


def _batch(name: str, dims: list[int | None], batch_axis: bool | None, leading: set[int]) -> int | None:
    """How many inputs the model receives at once; None without a batch axis."""
    alone = len(dims) < 2 and dims != [None]
    if batch_axis is False or (batch_axis is None and alone):
        return None
    if not dims:
        raise MalformedModel(f"expected an input with a batch axis first, got '{name}' without axes")
    first = dims[0] or 1
    if first > 1 and batch_axis is None and first not in leading:
        raise MalformedModel(
            f"expected an input with a batch axis of 1 or free first, got '{name}' {dims}: say which it is, a batch "
            "with batch_axis=True, or one whole input with batch_axis=False (--no-batch-axis)"
        )
    return first


def _fixed(name: str, dims: list[int | None], asked: Sequence[int] | None, batched: bool) -> tuple[int, ...]:
    if asked is not None:
        shape = tuple(int(n) for n in asked)
        fits = len(shape) == len(dims) and all(d in (None, n) for d, n in zip(dims, shape, strict=True))
        if not fits or min(shape, default=1) < 1:
            behind = " behind the batch axis" if batched else ""
            raise OptionError(f"expected input_shape to fit '{name}' {dims}{behind}, got {shape}")
        return shape
    fixed = tuple(d for d in dims if d is not None)
    if len(fixed) != len(dims):
        behind = " behind the batch axis" if batched else ""
        raise MalformedModel(
            f"expected fixed positive sizes{behind}, got '{name}' {dims}: say which with input_shape= (--input-shape)"
        )
    return fixed


def output_of(graph: onnx.GraphProto, name: str, asked: str | None) -> str:
    """The tensor that holds the output: the one asked for, or the only one of floats.

    scikit-learn's converters end in a ZipMap, which puts probabilities into a dictionary: what it reads is taken.
    """
    if asked is not None:
        made = {o for node in graph.node for o in node.output if o}
        if asked not in made:
            outputs = _names(graph.output)
            raise OptionError(f"expected a tensor of {name} as output, got '{asked}': its outputs are {outputs}")
        return asked
    zipped = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "ZipMap" and node.input}
    floats = [o for o in graph.output if o.type.tensor_type.elem_type in FLOATS or o.name in zipped]
    found = floats if len(floats) == 1 else list(graph.output)
    if len(found) != 1:
        raise MalformedModel(
            f"{name}: expected a model with 1 output, got {len(found)} ({_names(found)}): choose one with output= "
            "(--output-tensor)"
        )
    return str(zipped.get(found[0].name, found[0].name))


def _names(found: Sequence[onnx.ValueInfoProto]) -> str:
    names = ", ".join(f"'{value.name[:40]}'" for value in found[:9])
    return names if len(found) < 10 else f"{names}, ..."


def _word(source: onnx.ValueInfoProto) -> str:
    kind = source.type.tensor_type.elem_type
    if not source.type.HasField("tensor_type"):
        return "no tensor"
    return str(onnx.TensorProto.DataType.Name(kind)) if kind in onnx.TensorProto.DataType.values() else f"type {kind}"
