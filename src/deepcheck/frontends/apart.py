"""What runs a model in C++ runs in a process of its own: on a malformed graph it can end the whole process."""

import io
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from deepcheck.program import Array

SECONDS = 120
_TASKS = {
    "infer shapes": "from onnx.shape_inference import infer_shapes as run",
    "convert": "from onnx.version_converter import convert_version as run",
    "inline": "from onnx.inliner import inline_local_functions as run",
}
_FRAME = """
import sys
sys.path.insert(0, sys.argv[1])
import onnx
{task}
try:
    made = run(onnx.load_model_from_string(sys.stdin.buffer.read()), *map(int, sys.argv[2:]))
except Exception as problem:
    sys.exit(str(problem) or type(problem).__name__)
sys.stdout.buffer.write(made.SerializeToString())
"""
_RUN = """
import io, sys
sys.path.insert(0, sys.argv[1])
import numpy, onnxruntime
feeds = dict(numpy.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False))
try:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    model = feeds.pop("model of bytes").tobytes()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, feeds)
except Exception as problem:
    sys.exit(str(problem) or type(problem).__name__)
made = io.BytesIO()  # numpy takes a pipe for a file, and asks for its position
numpy.save(made, output, allow_pickle=False)
sys.stdout.buffer.write(made.getvalue())
"""


def run_apart(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> Array:
    """The only output of a model in onnxruntime, in a process of its own.

    Raises:
        ValueError: If onnxruntime refuses, dies, or takes longer than two minutes; the message is one line.
    """
    given = io.BytesIO()
    arrays: dict[str, Any] = {**feeds, "model of bytes": np.frombuffer(model.SerializeToString(), np.uint8)}
    np.savez(given, **arrays)
    return np.asarray(np.load(io.BytesIO(_done("run the model", _RUN, given.getvalue())), allow_pickle=False))


def apart(task: str, model: onnx.ModelProto, *settings: int) -> onnx.ModelProto:
    """What onnx makes of a model, in a process of its own.

    Args:
        task: "infer shapes", "convert" or "inline".
        model: The model.
        settings: Further arguments.

    Raises:
        ValueError: If onnx refuses, dies, or takes longer than two minutes; the message is one line.
    """
    frame = _FRAME.format(task=_TASKS[task])
    return onnx.load_model_from_string(_done(task, frame, model.SerializeToString(), *settings))


def _done(task: str, frame: str, given: bytes, *settings: int) -> bytes:
    """What a script makes of its standard input."""
    # -P: a folder of models may hold an onnx.py.
    command = [sys.executable, "-P", "-c", frame, str(Path(onnx.__file__).parents[1]), *map(str, settings)]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ValueError(f"cannot {task}: {str(problem).splitlines()[0][-200:]}") from None
    if done.returncode == 1:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ValueError(lines[0] if lines else f"cannot {task}")
    if done.returncode != 0:
        raise ValueError(f"cannot {task}: the process ended with status {done.returncode}")
    return done.stdout
