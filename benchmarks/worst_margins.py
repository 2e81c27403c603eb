"""Worst margins of all single pixels: seconds an image, and beside them every level of every pixel run in onnxruntime.

    python benchmarks/worst_margins.py

Images: the first ones of `few_pixels.images_of`, as many as `PLANS` says; pixels in [0, 1]. The rival runs all
784 * 256 changed images of the first one in batches of 4,096 with as many threads, and its largest margins over levels
are compared with ours (float32 against real arithmetic). A machine that does something else beside makes both slower:
the file says the load.
"""

import os
from math import prod

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import numpy as np
import onnx
import onnxruntime
from few_pixels import images_of, load
from measure import once, seconds, store

import deepcheck
from deepcheck import Pixels

PLANS = {"mnist_10x4": 50, "MNIST_6x200_PGD": 4, "MNIST_ConvSmall": 2}
DOMAINS = {"bounded": Pixels(0, 1), "256 levels": Pixels(0, 1, levels=256), "unbounded": Pixels(unbounded=True)}
BATCH = 4096


def main() -> None:
    figures: dict = {}
    for network, count in PLANS.items():
        program = load(network)
        images = np.stack([image for _, image in images_of(program)[:count]])
        found = {"images": count, "pixels": program.size}
        for paths in ("all", "same"):
            for domain in DOMAINS:
                found |= question(program, images, paths, domain)
        found |= rival(program, images[0])
        figures |= {f"{network}: {key}": value for key, value in found.items()}
    store("worst_margins", figures, f"{os.cpu_count()} cores: as many threads on both sides")


def question(program: deepcheck.Program, images: np.ndarray, paths: str, name: str) -> dict:
    """Seconds an image, and what is certain."""
    truth = deepcheck.worst_margins(program, images, paths=paths, domain=DOMAINS[name])
    took = seconds(lambda: deepcheck.worst_margins(program, images, paths=paths, domain=DOMAINS[name]), 3)
    finite, key = np.isfinite(truth.margins), f"{paths} paths, {name}"
    return {
        f"s an image, {key}": took / len(images),
        f"largest error, {key}": float(truth.errors[finite].max(initial=0.0)),
        f"margins without end, {key}": int(np.isposinf(truth.margins).sum()),
        f"open, {key}": int(truth.undecided.sum()),
        f"attackable, {key}": int(truth.attackable.sum()),
    }


def rival(program: deepcheck.Program, image: np.ndarray) -> dict:
    """Every level of every pixel of one image in onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    model = onnx.load_model_from_string(program.origin.model)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "N"  # the published files say 1
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "N"
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    table = np.arange(256, dtype=np.float32) / np.float32(255)
    truth = deepcheck.worst_margins(program, image, domain=DOMAINS["256 levels"])
    label, size = int(truth.own_labels[0]), prod(program.input_shape)
    worst = np.full(size, -np.inf)
    shape = tuple(program.origin.input_shape[1:])

    def run() -> None:
        for first in range(0, size, BATCH // 256):
            pixels = np.arange(first, min(first + BATCH // 256, size))
            rows = np.repeat(image.reshape(1, -1), 256 * len(pixels), axis=0)
            rows[np.arange(len(rows)), np.repeat(pixels, 256)] = np.tile(table, len(pixels))
            received = program.preprocessing.model_input(rows.reshape(-1, *program.input_shape), program.dtype)
            scores = session.run(None, {program.origin.input_name: received.reshape(-1, *shape)})[0]
            scores = scores.reshape(len(rows), -1).astype(np.float64)
            margins = np.delete(scores, label, axis=1).max(axis=1) - scores[:, label]
            worst[pixels] = margins.reshape(len(pixels), 256).max(axis=1)

    took = once(run)
    ours = seconds(lambda: deepcheck.worst_margins(program, image, domain=DOMAINS["256 levels"]), 3)
    return {
        "s, every level of every pixel in onnxruntime": took,
        "s, ours over levels, one image alone": ours,
        "onnxruntime / ours": took / ours,
        "largest difference from onnxruntime": float(np.abs(worst - truth.margins[0]).max()),
    }


if __name__ == "__main__":
    main()
