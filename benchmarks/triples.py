"""Every triple of pixels of an image: 80,007,984 triples x 9 labels along its path; and all pairs of a convolution.

Images: the first test images in index order, one at a time through the public API, pixels in [0, 1]; minimal sets are
listed with witnesses, all are counted. Replay of the first 1,000 witnesses is timed apart.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from measure import peak_mib, store

import deepcheck
from deepcheck import datasets, zoo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20)
    options = parser.parse_args()
    conv = convolution()
    program = deepcheck.load(zoo.path("mnist_10x4"))
    images = datasets.mnist("test").pixels(slice(0, options.images))
    deepcheck.attack(program, images[2], size=3)
    results = []
    for image in images:
        results.append(deepcheck.attack(program, image, size=3))
        print(len(results), results[-1].counts, f"{results[-1].seconds:.3f} s", flush=True)
    took = np.array([result.seconds for result in results])
    proved = [r.seconds for r in results if r.verdict == "proved"]
    figures = {
        "images": len(images),
        "triples an image": results[0].asked,
        "images proved (no triple works)": len(proved),
        "most attackable triples of an image": max(r.counts["attackable"] for r in results),
        "minimal sets listed": sum(len(r.attacks) for r in results),
        "undecided": sum(r.counts["undecided"] for r in results),
        "untried": sum(r.counts["untried"] for r in results),
        "exact questions": sum(r.exact_questions for r in results),
        "ms, all triples of an image, median": 1e3 * float(np.median(took)),
        "ms, all triples of an image that is proved, median": 1e3 * float(np.median(proved)),
        "s, all triples of an image, 95th percentile": float(np.percentile(took, 95)),
        "s, all triples of an image, slowest": float(took.max()),
    }
    store("triples", figures | conv, "library defaults (2 cores)")


def convolution() -> dict:
    """All pairs of the first ten test images along their paths through `MNIST_ConvSmall`."""
    path = Path(os.environ["DEEPCHECK_DATA"]).parent / "models" / "MNIST_ConvSmall.onnx"
    program = deepcheck.load(path, mean=0.1307, std=0.3081)
    images = datasets.mnist("test").pixels(slice(0, 10))
    deepcheck.attack(program, images[8], size=2)
    results = [deepcheck.attack(program, image, size=2) for image in images]
    wide = deepcheck.attack(program, images[0], size=2, domain=deepcheck.Pixels(-10, 10))
    return {
        "MNIST_ConvSmall: ReLUs": sum(int(np.prod(branch.shape)) for branch in program.branches),
        "MNIST_ConvSmall: images with an attackable pair": sum(r.counts["attackable"] > 0 for r in results),
        "MNIST_ConvSmall: attackable pairs of ten images": sum(r.counts["attackable"] for r in results),
        "MNIST_ConvSmall: undecided pairs": sum(r.counts["undecided"] for r in results),
        "MNIST_ConvSmall: s, all pairs of an image, median": float(np.median([r.seconds for r in results])),
        "MNIST_ConvSmall: s, all pairs of an image, slowest": max(r.seconds for r in results),
        "MNIST_ConvSmall, pixels in [-10, 10]: attackable pairs": wide.counts["attackable"],
        "MNIST_ConvSmall, pixels in [-10, 10]: s, all pairs of an image": wide.seconds,
        "MNIST_ConvSmall: peak MiB": peak_mib(),
    }


if __name__ == "__main__":
    main()
