"""Concrete runs of MNIST_ConvBig (34,688 ReLUs) in float64 against onnxruntime in float32, and columns against runs.

One thread each, and the kernels that NumPy's OpenBLAS chooses by itself: what a machine sets to hold it back
(``OPENBLAS_CORETYPE``, ``OPENBLAS_L2_SIZE``) is unset here. The figures with AVX2 kernels are stored beside them.
`DEEPCHECK_DATA`/../models must hold the networks (see the data set's README).
"""

import json
import os
import statistics
import subprocess
import sys

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"
if "--print" not in sys.argv:
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from measure import once, store
from threadpoolctl import threadpool_info

import deepcheck
from deepcheck import datasets, symbolic

BATCH = 784
ROUNDS = 15


class Ignored:
    """A sink that drops the guards: the columns alone are timed."""

    def emit(self, values: object, slopes: object, present: object) -> None:
        pass


def session(path: Path) -> onnxruntime.InferenceSession:
    free = onnx.load(path)
    for value in (*free.graph.input, *free.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(free.SerializeToString(), options, providers=["CPUExecutionProvider"])


def side_by_side(action: Callable[[], object], rival: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Median seconds of both, and the median ratio of runs that follow each other: other work slows both."""
    action(), rival()
    pairs = [(once(action), once(rival)) for _ in range(rounds)]
    ours, theirs = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(theirs), statistics.median(a / b for a, b in pairs)


def columns(program: deepcheck.Program, image: np.ndarray) -> Callable[[], object]:
    """Run the columns of all pixels of one image."""
    x = program.model_input(image[None])
    path = symbolic.run(program, x).path
    items, elements = np.zeros(program.size, dtype=np.int64), np.arange(program.size)
    value = x.astype(np.float64)
    return lambda: symbolic.bounded_columns(program, value, path, items, elements, Ignored())


def measured() -> dict[str, float]:
    path = Path(os.environ["DEEPCHECK_DATA"]).parent / "models" / "MNIST_ConvBig.onnx"
    program = deepcheck.load(path, mean=0.1307, std=0.3081)
    images = datasets.mnist("test").pixels(slice(0, BATCH))
    rival, x = session(path), program.model_input(images)
    name = rival.get_inputs()[0].name
    many = side_by_side(lambda: program(images), lambda: rival.run(None, {name: x}), ROUNDS)
    one = side_by_side(lambda: program(images[0]), lambda: rival.run(None, {name: x[:1]}), 10 * ROUNDS)
    column = side_by_side(columns(program, images[0]), lambda: program(images), ROUNDS)
    return {
        "ms, onnxruntime float32, 784 inputs": 1e3 * many[1],
        "ms, DeepCheck float64, 784 inputs": 1e3 * many[0],
        "times onnxruntime, 784 inputs": many[2],
        "ms, onnxruntime float32, one input": 1e3 * one[1],
        "ms, DeepCheck float64, one input": 1e3 * one[0],
        "times onnxruntime, one input": one[2],
        "ms, columns of all 784 pixels of an image": 1e3 * column[0],
        "a column, in forward runs": column[2],
    }


def measured_apart(core: str) -> dict[str, float]:
    """The same in a process of its own, with OpenBLAS told which kernels to take."""
    command = [sys.executable, __file__, "--print"]
    environment = {**os.environ, "OPENBLAS_CORETYPE": core}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    if "--print" in sys.argv:
        print(json.dumps(measured()))
        return
    figures = measured()
    kernels = {info["architecture"] for info in threadpool_info() if info["user_api"] == "blas"}
    narrow = measured_apart("Haswell")
    chosen = ("ms, DeepCheck float64, 784 inputs", "times onnxruntime, 784 inputs", "times onnxruntime, one input")
    figures |= {f"{key}, OpenBLAS held to AVX2": narrow[key] for key in chosen}
    store("concrete", figures, f"one thread each, OpenBLAS kernels: {', '.join(sorted(kernels))}")


if __name__ == "__main__":
    main()
