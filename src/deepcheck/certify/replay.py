"""Replay: run inputs through the untouched model file, in its own arithmetic.

Trusted here: onnxruntime, or where it lacks a kernel (float64 convolutions), onnx's reference evaluator; and the
framework that the model came from, where it came from one. The activations come from a copy of the model that also
outputs the tensors that branches read; labels come from the untouched one.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Protocol, cast

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

from deepcheck.errors import MalformedModel
from deepcheck.program import Array, Branch, Choice, Decision, Floats, Origin, Path, Program, run_affine

UNCLEAR = -1
"""In place of a label where the model's own output is not finite, or its own framework disagrees."""


class Runtime(Protocol):
    """What runs a model: onnxruntime's session, or onnx's reference evaluator."""

    def run(self, output_names: Sequence[str], inputs: Mapping[str, Array]) -> Sequence[Array]:
        """The outputs asked for."""


class Replayer:
    """Runs inputs one by one (batch 1), on the CPU, with one thread."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._plain = _session(_ending_at(origin.model, origin), origin)
        self._open: Runtime | None = None

    @property
    def runtime(self) -> str:
        """What runs the model, with its version."""
        alone = isinstance(self._plain, ReferenceEvaluator)
        name = f"onnx {onnx.__version__} reference evaluator" if alone else f"onnxruntime {onnxruntime.__version__}"
        return name if self.origin.rerun is None else f"{name}, and its own framework"

    def labels(self, program: Program, inputs: Array) -> Array:
        """The label of each of ``(items, *input_shape)``, read from the model's own output.

        `UNCLEAR` where that is not finite, or where the framework that the model came from gives another label.
        """
        decision = program.decided()
        found = np.empty(len(inputs), dtype=np.int64)
        for item, x in enumerate(inputs):
            (output,) = self._plain.run([self.origin.output_name], self._feed(x))
            found[item] = _label(decision, self._first(output), self.origin.stripped)
        if self.origin.rerun is not None and len(inputs):
            again = self.origin.rerun(inputs.reshape(len(inputs), *self.origin.input_shape))
            own = [_label(decision, output, self.origin.stripped) for output in again]
            found[found != own] = UNCLEAR
        return found

    def paths(self, program: Program, inputs: Array) -> Path:
        """The activations of each input in the model's own arithmetic."""
        if len(inputs) == 0:
            return Path(tuple(np.zeros((0, *branch.shape), np.int8) for branch in program.branches), 0)
        needed = sources_of_branches(program)
        names = [self.origin.tensors[value] for value in needed if value > 0]
        distinct = list(dict.fromkeys(name for name in names if name != self.origin.input_name))
        tensors: dict[str, list[Array]] = {name: [] for name in distinct}
        if distinct and self._open is None:
            self._open = _session(_opened(self.origin.graph or self.origin.model, distinct), self.origin)
        for x in inputs if distinct else ():
            assert self._open is not None
            for name, tensor in zip(distinct, self._open.run(distinct, self._feed(x)), strict=True):
                shape = program.shapes[self.origin.tensors.index(name)]
                tensors[name].append(self._first(tensor, shape).astype(np.float64))
        joined = {name: np.stack(parts) for name, parts in tensors.items()}
        joined[self.origin.input_name] = inputs.astype(np.float64)
        values = {
            value: joined[self.origin.tensors[value] or self.origin.input_name].reshape(
                len(inputs), *program.shapes[value]
            )
            for value in needed
        }
        return Path(tuple(_arms(program, values)), len(inputs))

    def _feed(self, x: Array) -> dict[str, Array]:
        if self.origin.copies > 1:
            x = np.repeat(x[None], self.origin.copies, axis=0)
        return {**self.origin.given, self.origin.input_name: x.reshape(self.origin.input_shape)}

    def _first(self, tensor: Array, shape: tuple[int, ...] = ()) -> Array:
        """What of a tensor belongs to the first of a batch: along the axis where the translated shape has 1."""
        copies = self.origin.copies
        pairs = list(zip(tensor.shape, shape, strict=False)) if tensor.ndim == len(shape) else []
        along = [axis for axis, (n, one) in enumerate(pairs) if (n, one) == (copies, 1)]
        if copies > 1 and len(along) == 1:
            return np.asarray(tensor.take(0, axis=along[0]))
        return np.asarray(tensor.reshape(self.origin.copies, -1)[0])


def sources_of_branches(program: Program) -> tuple[int, ...]:
    """The values that branches read, or what those are made of, back to tensors of the model."""
    wanted = [program.instructions[at].operands[0] for at in _branch_positions(program)]
    found: set[int] = set()
    while wanted:
        value = wanted.pop()
        if value == 0 or program.origin.tensors[value]:
            found.add(value)
        else:
            wanted += program.instructions[value - 1].operands
    return tuple(sorted(found))


def _branch_positions(program: Program) -> list[int]:
    return [at for at, instruction in enumerate(program.instructions) if isinstance(instruction, Branch)]


def _arms(program: Program, values: dict[int, Array]) -> Iterator[Array]:
    """The arm of every branch, from the model's own tensors; what stands between them and a branch is redone."""

    def value_of(value: int) -> Array:
        if value not in values:
            instruction = program.instructions[value - 1]
            operands = tuple(value_of(operand) for operand in instruction.operands)
            if isinstance(instruction, Branch):
                arms = Choice(instruction.decide(Floats(), operands[0]))
                values[value] = instruction.select(Floats(), arms, operands[0])
            else:
                values[value] = run_affine(Floats(), instruction, operands)
        return values[value]

    for at in _branch_positions(program):
        branch = program.instructions[at]
        assert isinstance(branch, Branch)
        yield branch.decide(Floats(), value_of(branch.operand))


@lru_cache(maxsize=8)
def replayer_for(origin: Origin) -> Replayer:
    """The replayer of a model; the last few are kept, since starting a session takes milliseconds."""
    return Replayer(origin)


def _label(decision: Decision, output: Array, stripped: str) -> int:
    if not np.isfinite(output).all():
        return UNCLEAR
    if decision.kind == "sign":
        return int(output[0] > (0.5 if stripped == "Sigmoid" else 0.0))
    return int(np.argmin(output) if decision.kind == "arg min" else np.argmax(output))


def _session(model: bytes, origin: Origin) -> Runtime:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return cast(Runtime, onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        return cast(Runtime, ReferenceEvaluator(onnx.load_model_from_string(model)))
    except Exception as problem:  # onnxruntime raises many classes of its own
        reason = str(problem).splitlines()[0]
        raise MalformedModel(
            f"{origin.name}: onnxruntime cannot run the model, so nothing can be replayed: {reason}"
        ) from None


def _ending_at(model: bytes, origin: Origin) -> bytes:
    """The model, with the output that was asked for among its outputs."""
    proto = onnx.load_model_from_string(model)
    if any(value.name == origin.output_name for value in proto.graph.output):
        return model
    return _opened(model, [origin.output_name])


def _opened(model: bytes, names: list[str]) -> bytes:
    proto = onnx.load_model_from_string(model)
    known = {value.name for value in proto.graph.output}
    proto.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names if name not in known)
    return bytes(proto.SerializeToString())
