"""All pixels of one image on MNIST_ConvSmall (3,604 ReLUs), against 784 plain runs in onnxruntime; one thread each.

`DEEPCHECK_DATA`/../models must hold the networks (see the data set's README).
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from measure import seconds, store

import deepcheck
from deepcheck import datasets


def main() -> None:
    path = Path(os.environ["DEEPCHECK_DATA"]).parent / "models" / "MNIST_ConvSmall.onnx"
    program = deepcheck.load(path, mean=0.1307, std=0.3081)
    images = datasets.mnist("test").pixels(slice(0, 10))
    free = onnx.load(path)
    for value in (*free.graph.input, *free.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(free.SerializeToString(), options)
    batch = np.repeat((images[:1] - np.float32(0.1307)) / np.float32(0.3081), 784, axis=0)
    runs = seconds(lambda: session.run(None, {"input": batch}), 9)
    usual = seconds(lambda: [deepcheck.attack(program, image) for image in images], 5) / len(images)
    # With every pixel's range ten times wider hardly any pixel is proved by the bound, so their columns are run.
    wide = deepcheck.Pixels(-1000, 1000)
    columns = seconds(lambda: [deepcheck.attack(program, image, domain=wide) for image in images], 5) / len(images)
    figures = {
        "ms, onnxruntime, 784 runs in one batch": 1e3 * runs,
        "ms an image, DeepCheck, all pixels in [0, 1], replay included": 1e3 * usual,
        "times onnxruntime": usual / runs,
        "ms an image, DeepCheck, all pixels in [-1000, 1000], replay included": 1e3 * columns,
        "times onnxruntime, wide": columns / runs,
    }
    store("convolution", figures, "one thread each")


if __name__ == "__main__":
    main()
