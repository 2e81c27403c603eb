"""From an ONNX graph to a program."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
import onnx
from onnx import numpy_helper

from deepcheck.errors import MalformedModel, ModelError, OptionError, UnsupportedOperator
from deepcheck.frontends.folding import fold
from deepcheck.frontends.model_file import BUDGET_BYTES, check_model
from deepcheck.frontends.node import Node, Value
from deepcheck.frontends.operators import FINAL, OPERATORS, PREVIOUS, supported_operators
from deepcheck.program import Array, Branch, Decision, Instruction, Origin, Preprocessing, Program

OLDEST_OPSET = 7
FLOATS: dict[int, np.dtype[np.floating]] = {
    onnx.TensorProto.FLOAT: np.dtype(np.float32),
    onnx.TensorProto.DOUBLE: np.dtype(np.float64),
}


@dataclass
class _Builder:
    """Instructions so far, and what each tensor name means."""

    instructions: list[Instruction] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    rounded: list[str] = field(default_factory=list)
    rounded_names: set[str] = field(default_factory=set)
    folded: int = 0


def program_from_onnx(
    model: onnx.ModelProto,
    *,
    name: str,
    sha256: str = "",
    preprocessing: Preprocessing | None = None,
    decision: str | None = None,
) -> Program:
    """Translate a model (DeepCheck^T): equal to it on every input, in real arithmetic.

    Args:
        model: The model; not changed.
        name: A name for people.
        sha256: The hash of the model's file; without a file, of the serialized model.
        preprocessing: From pixels to what the model receives.
        decision: "arg max", "arg min" or "sign"; by default arg max, or sign behind a single sigmoid.

    Raises:
        MalformedModel: If the graph is inconsistent.
        UnsupportedOperator: If it has an operator outside the supported set.

    Source: Section III-A.
    """
    if not sha256:
        check_model(model, name)
        sha256 = hashlib.sha256(model.SerializeToString()).hexdigest()
    graph = model.graph
    _refuse(model, name)
    builder = _Builder(constants={t.name: _array(t) for t in graph.initializer})
    source = _single([i for i in graph.input if i.name not in builder.constants], "input", name)
    target = _single(list(graph.output), "output", name)
    shape, dtype = _input_type(source)
    builder.values[source.name] = Value(0, shape)
    scores, stripped = _strip(graph, target.name, builder)
    for node in graph.node:
        if stripped and target.name in node.output:
            continue
        _translate(node, builder, model)
    if scores not in builder.values:
        raise MalformedModel(f"{name}: its output '{scores}' does not depend on its input '{source.name}'")
    output = builder.values[scores]
    if stripped in ("Softmax", "LogSoftmax"):
        last = next(node for node in graph.node if target.name in node.output)
        _check_axis(Node.read(last, builder.values, builder.constants, model), stripped, output.shape)
    instructions = _needed(builder.instructions, output.index)
    origin = Origin(
        name=name,
        model=model.SerializeToString(),
        sha256=sha256,
        input_name=source.name,
        output_name=target.name,
        stripped=stripped,
        rounded=tuple(builder.rounded),
        folded=builder.folded,
    )
    preprocessing = preprocessing or Preprocessing()
    preprocessing.check(shape, dtype)
    found = _decision(decision, output.shape, stripped)
    return Program(tuple(instructions), shape, dtype, found, origin, preprocessing)


def _refuse(model: onnx.ModelProto, name: str) -> None:
    """Raise for what this front end does not read at all, rather than leave it out."""
    if model.graph.sparse_initializer:
        raise UnsupportedOperator(
            f"{name}: expected dense constants, got a sparse initializer: store it as a dense one"
        )
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if opset < OLDEST_OPSET:
        raise UnsupportedOperator(
            f"{name}: expected opset {OLDEST_OPSET} or newer, got {opset}: convert the model first"
        )
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.t.data_location == onnx.TensorProto.EXTERNAL:
                raise MalformedModel(
                    f"{name}: node '{node.name}' keeps a constant in another file: store it in the model"
                )
            if attribute.HasField("sparse_tensor"):
                raise UnsupportedOperator(f"{name}: node '{node.name}' has a sparse constant: store it as a dense one")


def _array(tensor: onnx.TensorProto) -> Array:
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as problem:
        raise MalformedModel(f"constant '{tensor.name}' cannot be read: {problem}") from None


def _single(found: list[onnx.ValueInfoProto], what: str, name: str) -> onnx.ValueInfoProto:
    if len(found) != 1:
        names = ", ".join(f"'{value.name}'" for value in found)
        raise MalformedModel(f"{name}: expected a model with 1 {what}, got {len(found)} ({names})")
    return found[0]


def _input_type(source: onnx.ValueInfoProto) -> tuple[tuple[int, ...], np.dtype[np.floating]]:
    kind = source.type.tensor_type
    if kind.elem_type not in FLOATS:
        known = kind.elem_type in onnx.TensorProto.DataType.values()
        word = onnx.TensorProto.DataType.Name(kind.elem_type) if known else f"type {kind.elem_type}"
        raise MalformedModel(f"expected an input of float32 or float64, got '{source.name}' of {word}")
    dims = [dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim]
    if len(dims) < 2 or dims[0] not in (None, 1):
        raise MalformedModel(f"expected an input with a batch axis of 1 or free first, got '{source.name}' {dims}")
    shape = tuple(dim or 0 for dim in dims[1:])
    if any(dim < 1 for dim in shape) or prod(shape) * 8 > BUDGET_BYTES:
        raise MalformedModel(f"expected fixed positive sizes behind the batch axis, got '{source.name}' {dims}")
    return shape, FLOATS[kind.elem_type]


def _strip(graph: onnx.GraphProto, target: str, builder: _Builder) -> tuple[str, str]:
    """The tensor that holds the scores, and the operator behind it, if that only turns scores to probabilities."""
    last = next((node for node in graph.node if target in node.output), None)
    if last is not None and last.op_type in FINAL and not any(target in node.input for node in graph.node):
        return last.input[0], last.op_type
    return target, ""


def _check_axis(last: Node, operator: str, shape: tuple[int, ...]) -> None:
    """Raise `UnsupportedOperator` unless a final softmax runs over all scores, so that it keeps their order."""
    axis = last.attributes.get("axis", -1 if last.opset >= 13 else 1) % (len(shape) + 1)
    # Before opset 13 a softmax ran over its axis and all behind it.
    together = shape[axis - 1 : axis] if last.opset >= 13 else shape[axis - 1 :]
    if axis == 0 or prod(together) != prod(shape):
        raise UnsupportedOperator(
            f"node '{last.name}' ({operator}): expected a final softmax over all {prod(shape)} scores, got axis {axis} "
            f"of scores of shape {shape} behind the batch axis"
        )


def _translate(proto: onnx.NodeProto, builder: _Builder, model: onnx.ModelProto) -> None:
    node = Node.read(proto, builder.values, builder.constants, model)
    if not any(name in builder.values for name in proto.input):
        results, exact = fold(proto, builder.constants, model)
        builder.constants.update(results)
        builder.folded += proto.op_type != "Constant"
        if not exact or builder.rounded_names.intersection(proto.input):
            builder.rounded_names.update(results)
            builder.rounded += [f"{key} ({proto.op_type})" for key in results]
        return
    operator = OPERATORS.get(proto.op_type) if proto.domain in ("", "ai.onnx") else None
    if operator is None:
        raise UnsupportedOperator(
            f"operator {proto.op_type} of node '{proto.name or proto.output[0]}' is not supported: "
            f"supported are {', '.join(supported_operators())}"
        )
    try:
        # Constants that are not finite are refused when the instruction is made, not warned about.
        with np.errstate(all="ignore"):
            made = operator(node)
    except ModelError as problem:
        raise type(problem)(f"node '{node.name}' ({proto.op_type}): {problem}") from None
    except (IndexError, KeyError, ValueError, TypeError, OverflowError) as problem:
        raise MalformedModel(f"node '{node.name}' ({proto.op_type}) is inconsistent: {problem}") from None
    builder.rounded += node.rounded
    if made is None:
        builder.values[proto.output[0]] = node.values[0]
        return
    for instruction in made:
        if prod(instruction.shape) * 8 > BUDGET_BYTES:
            raise MalformedModel(
                f"node '{node.name}' makes {instruction.shape}, over the budget of {BUDGET_BYTES} bytes"
            )
        builder.instructions.append(_linked(instruction, len(builder.instructions)))
    builder.values[proto.output[0]] = Value(len(builder.instructions), builder.instructions[-1].shape)


def _linked(instruction: Instruction, previous: int) -> Instruction:
    """Resolve "the instruction before" in a mapping that makes several."""
    if isinstance(instruction, Branch):
        return instruction
    return _renumbered(instruction, {value: value for value in instruction.operands} | {PREVIOUS: previous})


def _needed(instructions: list[Instruction], last: int) -> list[Instruction]:
    """The instructions that the output depends on, renumbered: a dead branch must not cut the path."""
    if last == 0:
        raise MalformedModel("the output is the input: there is no network to analyse")
    needed = {last}
    for result in range(last, 0, -1):
        if result in needed:
            needed.update(instructions[result - 1].operands)
    kept = sorted(needed - {0})
    number = {0: 0} | {result: position for position, result in enumerate(kept, start=1)}
    return [_renumbered(instructions[result - 1], number) for result in kept]


def _renumbered(instruction: Instruction, number: Mapping[int, int]) -> Instruction:
    if isinstance(instruction, Branch):
        return replace(instruction, operand=number[instruction.operand])
    terms = tuple(replace(term, operand=number[term.operand]) for term in instruction.terms)
    return replace(instruction, terms=terms)


def _decision(asked: str | None, shape: tuple[int, ...], stripped: str) -> Decision | None:
    outputs = prod(shape)
    if asked is not None and asked not in ("arg max", "arg min", "sign"):
        raise OptionError(f"expected decision 'arg max', 'arg min' or 'sign', got '{asked}'")
    if asked == "sign" and outputs != 1:
        raise OptionError(f"expected a single output for decision 'sign', got {outputs}")
    if outputs == 1:
        return Decision("sign", 1) if stripped == "Sigmoid" or asked == "sign" else None
    return Decision("arg min" if asked == "arg min" else "arg max", outputs)
