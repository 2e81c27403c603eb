"""Replay: run inputs through the untouched model file, in its own arithmetic.

Trusted here: onnxruntime. The activations come from a copy of the model that also outputs the tensors that
branches read; labels come from the untouched one.
"""

from functools import lru_cache

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from deepcheck.errors import MalformedModel
from deepcheck.program import Array, Decision, Floats, Origin, Path, Program

OVERFLOWED = -1
"""In place of a label where the model's own output is not finite."""


class Replayer:
    """Runs inputs one by one (batch 1), on the CPU, with one thread."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.version = str(onnxruntime.__version__)
        self._plain = _session(origin.model, origin)
        self._open: onnxruntime.InferenceSession | None = None

    def labels(self, program: Program, inputs: Array) -> Array:
        """The label of each of ``(items, *input_shape)``, read from the model's own output; -1 where not finite."""
        decision = program.decided()
        found = np.empty(len(inputs), dtype=np.int64)
        for item in range(len(inputs)):
            (output,) = self._plain.run([self.origin.output_name], {self.origin.input_name: inputs[item : item + 1]})
            found[item] = _label(decision, output.reshape(-1), self.origin.stripped)
        return found

    def paths(self, program: Program, inputs: Array) -> Path:
        """The activations of each input in the model's own arithmetic."""
        if len(inputs) == 0:
            return Path(tuple(np.zeros((0, *branch.shape), np.int8) for branch in program.branches), 0)
        if self._open is None:
            self._open = _session(_opened(self.origin.model, program), self.origin)
        names = [branch.origin for branch in program.branches]
        distinct = [name for name in dict.fromkeys(names) if name != self.origin.input_name]
        tensors: dict[str, list[Array]] = {name: [] for name in distinct}
        for item in range(len(inputs)):
            found = self._open.run(distinct, {self.origin.input_name: inputs[item : item + 1]}) if distinct else []
            for name, tensor in zip(distinct, found, strict=True):
                tensors[name].append(tensor)
        joined = {name: np.concatenate(parts) for name, parts in tensors.items() if parts}
        joined[self.origin.input_name] = inputs
        arms = []
        for branch in program.branches:
            z = joined[branch.origin].astype(np.float64)
            arms.append(branch.decide(Floats(), z.reshape(len(inputs), *branch.source_shape)))
        return Path(tuple(arms), len(inputs))


@lru_cache(maxsize=8)
def replayer_for(origin: Origin) -> Replayer:
    """The replayer of a model; the last few are kept, since starting a session takes milliseconds."""
    return Replayer(origin)


def _label(decision: Decision, output: Array, stripped: str) -> int:
    if not np.isfinite(output).all():
        return OVERFLOWED
    if decision.kind == "sign":
        return int(output[0] > (0.5 if stripped == "Sigmoid" else 0.0))
    return int(np.argmin(output) if decision.kind == "arg min" else np.argmax(output))


def _session(model: bytes, origin: Origin) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime raises many classes of its own
        reason = str(problem).splitlines()[0]
        raise MalformedModel(
            f"{origin.name}: onnxruntime cannot run the model, so nothing can be replayed: {reason}"
        ) from None


def _opened(model: bytes, program: Program) -> bytes:
    proto = onnx.load_model_from_string(model)
    known = {value.name for value in proto.graph.output}
    for name in dict.fromkeys(branch.origin for branch in program.branches):
        if name not in known and name != program.origin.input_name:
            proto.graph.output.append(helper.make_empty_tensor_value_info(name))
    return bytes(proto.SerializeToString())
