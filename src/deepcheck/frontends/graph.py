"""From an ONNX graph to a program: the model at a batch of one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx
from google.protobuf.message import EncodeError  # type: ignore[import-untyped]

from deepcheck.errors import MalformedModel, OptionError
from deepcheck.frontends.batches import check_each
from deepcheck.frontends.budget import Budget
from deepcheck.frontends.emitter import finished
from deepcheck.frontends.messages import clear_errors
from deepcheck.frontends.model_file import check_model
from deepcheck.frontends.node import Value
from deepcheck.frontends.ports import input_of, output_of
from deepcheck.frontends.preparing import prepared
from deepcheck.frontends.translation import Translation
from deepcheck.program import Array, Decision, Origin, Preprocessing, Program, Rerun


@dataclass(frozen=True)
class Reading:
    """How a model is to be read, where the file leaves it open.

    Attributes:
        input_shape: The input's shape without the batch axis, for sizes that the model leaves free.
        batch_axis: Is the input's first axis a batch axis? By default it is where it is free or 1, or as long as the
            output's first.
        output: Which tensor is the output, by name; by default the model's only output of floats.
        given: Constants for inputs of the model, by name; the one left is the program's input.
        decision: "arg max", "arg min" or "sign"; by default arg max, or sign behind a single sigmoid.
        budget_bytes: How much memory the model's constants may take; by default 2 GiB.
    """

    input_shape: Sequence[int] | None = None
    batch_axis: bool | None = None
    output: str | None = None
    given: Mapping[str, Array] | None = None
    decision: str | None = None
    budget_bytes: float | None = None


def program_from_onnx(
    model: onnx.ModelProto,
    *,
    name: str,
    sha256: str = "",
    preprocessing: Preprocessing | None = None,
    reading: Reading | None = None,
    rerun: Rerun | None = None,
) -> Program:
    """Translate a model (DeepCheck^T): equal to it on every input, in real arithmetic.

    The program is the model at a batch of one: a batch of inputs is run item by item, whatever the model does to its
    batch axis.

    Args:
        model: The model; not changed.
        name: A name for people.
        sha256: The hash of the model's file; without a file, of the serialized model.
        preprocessing: From pixels to what the model receives.
        reading: How to read what the file leaves open.
        rerun: Runs the network in its own framework, for replay, where it came from one.

    Raises:
        MalformedModel: If the graph is inconsistent, or makes constants beyond the budget.
        UnsupportedOperator: If it has an operator outside the supported set.

    Source: Section III-A.
    """
    with clear_errors(name):
        return _program(model, name, sha256, preprocessing or Preprocessing(), reading or Reading(), rerun)


def _program(
    model: onnx.ModelProto, name: str, sha256: str, preprocessing: Preprocessing, reading: Reading, rerun: Rerun | None
) -> Program:
    try:
        content = model.SerializeToString()
    except (EncodeError, ValueError) as problem:
        raise MalformedModel(
            f"{name}: expected a model of less than 2 GiB, got one that is too large: {problem}"
        ) from None
    budget = Budget.of(reading.budget_bytes)
    if not sha256:
        check_model(model, name)
        sha256 = hashlib.sha256(content).hexdigest()
    ready = prepared(model, name, budget)
    given = {key: np.asarray(value) for key, value in (reading.given or {}).items()}
    source = input_of(ready.graph, name, reading.batch_axis, reading.input_shape, given, budget)
    target = output_of(ready.graph, name, reading.output)
    emitter = Translation(ready, budget, source, given).run(name, target)
    output = emitter.known[target]
    if not isinstance(output, Value):
        raise MalformedModel(f"{name}: its output '{target}' does not depend on its input '{source.name}'")
    shape = output.shape[1:] if source.batched and output.shape[:1] == (1,) else output.shape
    if prod(shape) == 0:
        raise MalformedModel(f"{name}: expected an output of at least one number, got shape {output.shape}")
    instructions, tensors = finished(emitter.instructions, emitter.tensors, source.shape, output, shape)
    origin = Origin(
        name=name,
        model=content,
        sha256=sha256,
        input_name=source.name,
        output_name=target,
        input_shape=source.model_shape,
        copies=source.batch or 1,
        tensors=tensors,
        graph=b"" if ready is model else ready.SerializeToString(),
        given=given,
        rerun=rerun,
        stripped=output.squashed,
        rounded=tuple(emitter.rounded),
        folded=emitter.folded,
    )
    preprocessing.check(source.shape, source.dtype)
    found = _decision(reading.decision, shape, output.squashed)
    program = Program(instructions, source.shape, source.dtype, found, origin, preprocessing)
    if origin.copies > 1:
        check_each(program, ready, emitter.tensors[output.index] or target)
    return program


def _decision(asked: str | None, shape: tuple[int, ...], stripped: str) -> Decision | None:
    outputs = prod(shape)
    if asked is not None and asked not in ("arg max", "arg min", "sign"):
        raise OptionError(f"expected decision 'arg max', 'arg min' or 'sign', got '{asked}'")
    if asked == "sign" and outputs != 1:
        raise OptionError(f"expected a single output for decision 'sign', got {outputs}")
    if outputs == 1:
        return Decision("sign", 1) if stripped == "Sigmoid" or asked == "sign" else None
    return Decision("arg min" if asked == "arg min" else "arg max", outputs)
