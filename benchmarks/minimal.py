"""The smallest number of pixels over all paths, image by image: what `deepcheck run --minimal` makes of a data set.

    python benchmarks/minimal.py

Images: the first ones of `few_pixels.images_of`, as many as `PLANS` says, pixels in [0, 1]. The run lies in `--out` and
goes on there if it was stopped.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from few_pixels import ROOT, images_of, load
from measure import store

import deepcheck

PLANS = {"mnist_10x4": (99, 30.0), "MNIST_6x200_PGD": (10, 30.0)}
"""Images, and the time limit of each in seconds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "minimal")
    options = parser.parse_args()
    figures: dict = {}
    for network, (count, limit) in PLANS.items():
        program = load(network)
        images = np.stack([image for _, image in images_of(program)[:count]])
        started = time.perf_counter()
        table = deepcheck.run_minimal(program, images, out=options.out / network, name=network, limit_seconds=limit)
        took = time.perf_counter() - started
        figures |= {f"{network}: {key}": value for key, value in summary(table, limit).items()}
        figures[f"{network}: s, this call"] = took
    store("minimal", figures, "2 cores: one BLAS thread a product, two threads of ours")


def summary(table: "deepcheck.MinimalTable", limit: float) -> dict:
    return {
        "images": table.images,
        "s, time limit of an image": limit,
        "proved smallest": table.counts["decided"],
        "images by the smallest number of pixels": {str(size): n for size, n in table.histogram.items()},
        "open, by what is proved and what is known to work": {
            f"{bound} to {'unknown' if size is None else size}": n for (bound, size), n in table.open_bounds.items()
        },
    }


if __name__ == "__main__":
    main()
