"""Certificates: how long they take to produce and to check, how large they are, and how much they leave undecided.

    python benchmarks/certificates.py [--network MNIST_6x200_PGD --size 2 --paths all --images 2]

Images: the first ones of `few_pixels.images_of`; pixels in [0, 1], or 256 levels where it says so. Producing is
`deepcheck.certificate` on a result that is there already, in this process after a first one. Checking is the whole
process, its start included: ``python -I checker.py CERTIFICATE --model MODEL``, the file alone in a folder of its own,
which is nothing but whole numbers in pure Python, on one core.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from few_pixels import images_of, load, models
from measure import store

import deepcheck
from deepcheck import zoo
from deepcheck.certify import checker

PLANS = [
    ("mnist_10x4", 1, "same", None, 20),
    ("mnist_10x4", 1, "same", 256, 20),
    ("mnist_10x4", 2, "same", None, 20),
    ("mnist_10x4", 2, "same", 256, 5),
    ("mnist_10x4", 3, "same", None, 2),
    ("mnist_10x4", 1, "all", None, 20),
    ("mnist_10x4", 2, "all", None, 8),
    ("MNIST_6x200_PGD", 1, "same", None, 10),
    ("MNIST_6x200_PGD", 2, "same", None, 10),
    ("MNIST_6x200_PGD", 1, "all", None, 8),
    ("MNIST_6x200_PGD", 2, "all", None, 5),
    ("MNIST_ConvSmall", 1, "same", None, 5),
    ("MNIST_ConvSmall", 2, "same", None, 5),
    ("MNIST_ConvSmall", 1, "all", None, 3),
    ("MNIST_ConvBig", 1, "same", None, 2),
]
"""Network, size, paths, levels, images."""
LIMIT = 60.0
"""Seconds after which, over all paths, open sets are listed as undecided."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", help="only this one, and nothing is stored")
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--paths", default="same")
    parser.add_argument("--levels", type=int)
    parser.add_argument("--images", type=int, default=2)
    options = parser.parse_args()
    if options.network is not None:
        plan = (options.network, options.size, options.paths, options.levels, options.images)
        print(*measured(*plan).items(), sep="\n")
        return
    figures: dict = {"seconds allowed over all paths": LIMIT}
    for plan in PLANS:
        figures[name(*plan)] = measured(*plan)
        print(name(*plan), figures[name(*plan)], flush=True)
    store("certificates", figures, "1 core: no step uses more")


def name(network: str, size: int, paths: str, levels: int | None, _images: int) -> str:
    """What a plan is called in the figures."""
    return f"{network}, size {size}, {paths} path{'s' * (paths == 'all')}" + (f", {levels} levels" if levels else "")


def measured(network: str, size: int, paths: str, levels: int | None, count: int) -> dict:
    program = load(network)
    model = zoo.path(network) if network in zoo.names() else models() / f"{network}.onnx"
    domain = deepcheck.Pixels(0, 1, levels=levels)
    images = [image for _, image in images_of(program)][:count]
    produced, checked, sizes, attacks, undecided, proofs, verified = [], [], [], 0, 0, 0, 0
    deepcheck.certificate(deepcheck.attack(program, images[0], domain=domain))
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(shutil.copy(checker.__file__, folder))
        file = Path(folder) / "certificate.json"
        for image in images:
            result = deepcheck.attack(program, image, size=size, domain=domain, paths=paths)
            started = time.perf_counter()
            made = deepcheck.certificate(result, timeout=LIMIT)
            produced.append(time.perf_counter() - started)
            deepcheck.save_certificate(made, file)
            sizes.append(file.stat().st_size)
            started = time.perf_counter()
            command = [sys.executable, "-I", str(alone), str(file), "--model", str(model)]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            checked.append(time.perf_counter() - started)
            verified += answer.returncode == 0
            attacks += made.attacks
            undecided += made.undecided
            proofs += len(made.held.get("refutations", []))
    return {
        "images": len(images),
        "verified": verified,
        "s to produce, median": float(np.median(produced)),
        "s to produce, longest": max(produced),
        "s to check, median": float(np.median(checked)),
        "s to check, longest": max(checked),
        "bytes, largest": max(sizes),
        "attacks": attacks,
        "refutations": proofs,
        "undecided sets": undecided,
    }


if __name__ == "__main__":
    main()
