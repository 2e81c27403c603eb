"""What onnx does to a model in C++ runs in a process of its own: on a malformed graph it can end the whole process."""

import subprocess
import sys
from pathlib import Path

import onnx

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


def apart(task: str, model: onnx.ModelProto, *settings: int) -> onnx.ModelProto:
    """What onnx makes of a model, in a process of its own.

    Args:
        task: "infer shapes", "convert" or "inline".
        model: The model.
        settings: Further arguments.

    Raises:
        ValueError: If onnx refuses, dies, or takes longer than two minutes; the message is one line.
    """
    # -P: a folder of models may hold an onnx.py.
    command = [sys.executable, "-P", "-c", _FRAME.format(task=_TASKS[task]), str(Path(onnx.__file__).parents[1])]
    try:
        done = subprocess.run(
            [*command, *map(str, settings)],
            input=model.SerializeToString(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ValueError(f"cannot {task}: {str(problem).splitlines()[0][-200:]}") from None
    if done.returncode == 1:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ValueError(lines[0] if lines else f"cannot {task}")
    if done.returncode != 0:
        raise ValueError(f"onnx cannot {task}: it ended with status {done.returncode}")
    return onnx.load_model_from_string(done.stdout)
