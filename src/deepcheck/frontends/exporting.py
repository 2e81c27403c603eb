"""What every exporter owes: silence, and a model that computes what the network computes.

Trusted here: onnxruntime (or, where that lacks a kernel, onnx's reference evaluator) to run the exported model.
"""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

from deepcheck.errors import MalformedModel
from deepcheck.program import Array

TOLERANCE = 1e-4


@contextmanager
def silent() -> Iterator[None]:
    """Keep an exporter's chatter off the standard streams, the log and the warnings."""
    disabled = logging.root.manager.disable
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(disabled)


def reason(problem: BaseException) -> str:
    """What went wrong first, in one line."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return f"{type(problem).__name__}: {lines[0] if lines else 'no reason given'}"[:300]


def check_agreement(model: onnx.ModelProto, name: str, pairs: Sequence[tuple[Array, Array]]) -> None:
    """Raise `MalformedModel` unless the model gives each output for its input, within 1e-4 of the largest number."""
    for x, expected in pairs:
        found = _output(model, name, x)
        if found.shape != expected.shape:
            raise MalformedModel(
                f"{name}: its exporter changed the network: expected an output of shape {expected.shape}, the exported "
                f"model gives {found.shape}: export it to ONNX by hand and compare"
            )
        scale = 1.0 + np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
        if not np.allclose(found, expected, rtol=0.0, atol=TOLERANCE * scale, equal_nan=True):
            with np.errstate(invalid="ignore"):
                difference = np.abs(found - expected).max()
            raise MalformedModel(
                f"{name}: its exporter changed the network: expected the outputs of the network itself within "
                f"{TOLERANCE * scale:.2g}, those of the exported model differ by {difference:.2g}: export it to ONNX "
                "by hand and compare"
            )


def _output(model: onnx.ModelProto, name: str, x: Array) -> Array:
    source, target = model.graph.input[0].name, model.graph.output[0].name
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        try:
            content = model.SerializeToString()
            session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            (output,) = session.run([target], {source: x})
        except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:  # no kernel: convolutions of doubles
            with np.errstate(all="ignore"):
                (output,) = ReferenceEvaluator(model).run([target], {source: x})
    except Exception as problem:  # both raise many classes of their own
        raise MalformedModel(
            f"{name}: the exported model cannot be run ({reason(problem)}): export it to ONNX again, by hand"
        ) from None
    return np.asarray(output)
