"""DeepCheck as an ONNX backend: what the ONNX project's own conformance suite runs against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper
from onnx.backend.base import Backend, BackendRep

from deepcheck.errors import DeepCheckError, MalformedModel, UnsupportedOperator
from deepcheck.frontends.budget import Budget
from deepcheck.frontends.folding import Folder
from deepcheck.frontends.graph import Reading, program_from_onnx
from deepcheck.program import Array, Program

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass
class Prepared(BackendRep):
    """A model with any number of inputs and outputs, taken as a program in one of its inputs, the others given.

    Attributes:
        model: The model.
    """

    model: onnx.ModelProto

    def run(self, inputs: Any, **_: Any) -> tuple[Array, ...]:
        """The outputs, from the first input of floats that makes a program of each.

        Raises:
            DeepCheckError: If none does: the reason for the first.
        """
        feeds = self.feeds(inputs)
        refusals = []
        for name in self.symbols(feeds):
            try:
                return self.run_in(name, feeds)
            except DeepCheckError as problem:
                refusals.append(problem)
        if refusals:
            raise refusals[0]
        kinds = " and ".join(sorted({_kind(feed) for feed in feeds.values()} - {"numbers"}))
        raise self._refusal(f"it works on {kinds or 'no inputs'}, not on real numbers")

    def feeds(self, inputs: Any) -> dict[str, Any]:
        """The inputs by name."""
        stored = {tensor.name for tensor in self.model.graph.initializer}
        names = [i.name for i in self.model.graph.input if i.name not in stored]
        if isinstance(inputs, Mapping):
            return dict(inputs)
        return dict(zip(names, inputs, strict=False))

    @staticmethod
    def symbols(feeds: Mapping[str, Any]) -> list[str]:
        """The inputs that can be the program's: tensors of floats."""
        return [n for n, x in feeds.items() if isinstance(x, np.ndarray) and x.dtype in FLOATS and x.size]

    def run_in(self, name: str, feeds: Mapping[str, Any]) -> tuple[Array, ...]:
        """The outputs as programs of one input.

        Raises:
            DeepCheckError: If an output is no piecewise-linear function of it.
        """
        x = feeds[name]
        if not np.isfinite(x).all():
            raise self._refusal("it is tried on NaN or infinity, which are no real numbers")
        outputs = []
        for output in self.model.graph.output:
            program = self.program(name, feeds, output.name)
            outputs.append(self._restored(program, x, output))
        return tuple(outputs)

    def program(self, name: str, feeds: Mapping[str, Any], output: str) -> Program:
        """One output as a program of one input."""
        given = {n: v for n, v in feeds.items() if n != name}
        if not all(isinstance(value, (np.ndarray, np.generic)) for value in given.values()):
            raise self._refusal("it works on sequences or optionals, not on tensors")
        reading = Reading(
            input_shape=feeds[name].shape,
            batch_axis=False,
            output=output,
            given={n: np.asarray(v) for n, v in given.items()},
        )
        return program_from_onnx(self.model, name=output, reading=reading)

    def _restored(self, program: Program, x: Array, output: onnx.ValueInfoProto) -> Array:
        """A program's output in the model's type; what analysis leaves out at the end is put back."""
        kind = output.type.tensor_type.elem_type
        dtype = helper.tensor_dtype_to_np_dtype(kind) if kind else x.dtype
        scores = program(x).astype(dtype)
        if not program.origin.stripped:
            return np.asarray(scores)
        return _squash(self.model, program.origin.stripped, scores)

    def _refusal(self, reason: str) -> UnsupportedOperator:
        operators = ", ".join(dict.fromkeys(node.op_type for node in self.model.graph.node))
        return UnsupportedOperator(f"operator {operators} is refused: {reason}", operator=operators, reason=reason)


def _kind(feed: Any) -> str:
    """What an input holds, in a word."""
    if not isinstance(feed, (np.ndarray, np.generic)):
        return "sequences or optionals"
    if feed.size == 0:
        return "empty tensors"
    if feed.dtype in FLOATS:
        return "numbers"
    return {"i": "integers", "u": "integers", "b": "booleans", "c": "complex numbers"}.get(
        feed.dtype.kind, "strings" if feed.dtype.kind in "OUS" else "floats of 16 bits or fewer"
    )


def _squash(model: onnx.ModelProto, operator: str, scores: Array) -> Array:
    """A final softmax or sigmoid, by onnx's reference evaluator, over all scores."""
    node = helper.make_node(operator, ["scores"], ["squashed"])
    folder = Folder([helper.make_opsetid("", 13)], model.ir_version, Budget())
    (found,) = folder.evaluate(node, {"scores": scores.reshape(-1)}).values()
    return found.reshape(scores.shape)


class DeepCheckBackend(Backend):
    """Runs ONNX models as programs, on the CPU, in float64."""

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **_: Any) -> Prepared:
        """A model, ready to run."""
        if not isinstance(model, onnx.ModelProto):
            raise MalformedModel(f"expected an onnx.ModelProto, got {type(model).__name__}")
        return Prepared(model)

    @classmethod
    def run_node(
        cls, node: onnx.NodeProto, inputs: Any, device: str = "CPU", outputs_info: Any = None, **kwargs: Any
    ) -> tuple[Array, ...]:
        """Run one operator on arrays."""
        arrays: Sequence[Array] = [np.asarray(x) for x in inputs]
        names = [name for name in node.input if name]
        infos = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
            for name, x in zip(names, arrays, strict=True)
        ]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
        graph = helper.make_graph([node], "node", infos, outputs)
        opset = kwargs.get("opset_version", onnx.defs.onnx_opset_version())
        return cls.prepare(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])).run(arrays)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Only the CPU."""
        return device == "CPU"
