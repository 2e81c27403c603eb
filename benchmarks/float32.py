"""How many proofs hold for the deployed network too, in any order of summation; and attacks in three semantics.

    python benchmarks/float32.py [--network MNIST_ConvBig --images 2]

Images: of each network the first 20 test images (`--images`) that it labels rightly behind the normalisation that
`../models/README.md` settles; pixels in [0, 1]; a pixel of a colour image is its three channels. Proofs: every pixel of
every image along its path, every pair of pixels of the first 5 images, and every pixel along all paths of the first 5.
What the bound costs beside the attack (replay included) is timed image by image. Attacks: those by single pixels of the
same images, and by pairs of the first 5, listed up to `MOST` an image, once with any real value and once on 256 levels:
how many have a lead that exceeds the bound on float32 rounding, and how many of those replay and survive as a PNG file.
"""

import argparse
import os
import time
from collections import Counter

import numpy as np
from few_pixels import NORMALISED, models
from measure import store

import deepcheck
from deepcheck import datasets, zoo

MNIST = ("mnist_10x4", "MNIST_6x200_PGD", "MNIST_ConvSmall", "MNIST_ConvSmallPGD", "MNIST_ConvMedPGD", "MNIST_ConvBig")
NETWORKS = (*MNIST, "FASHION_ConvSmallPGD", "CIFAR_ConvSmallPGD")
HALF = {"mean": 0.5, "std": 0.5}
FEW, MOST = 5, 200
SLOW = ("MNIST_ConvBig", "CIFAR_ConvSmallPGD")
"""Networks of which pairs, and all paths, are left out: minutes an image."""
REAL, LEVELS = deepcheck.Pixels(0, 1), deepcheck.Pixels(0, 1, levels=256)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", help="only this one, and nothing is stored")
    parser.add_argument("--images", type=int, default=20)
    options = parser.parse_args()
    figures: dict = {}
    for network in NETWORKS if options.network is None else (options.network,):
        found = measured(network, options.images)
        print(network, found, flush=True)
        figures |= {f"{network}: {key}": value for key, value in found.items()}
    if options.network is None:
        store("float32", figures, f"library defaults, {os.environ.get('OPENBLAS_NUM_THREADS', 'all')} BLAS threads")


def measured(network: str, count: int) -> dict:
    program, images = loaded(network, count)
    deepcheck.attack(program, images[0], domain=REAL, features_as="pixel")
    figures = {"images": len(images)} | proofs("pixels", program, images, size=1)
    if network not in SLOW:
        figures |= proofs("pairs", program, images[:FEW], size=2)
        figures |= proofs("pixels over all paths", program, images[:FEW], size=1, paths="all")
    figures |= attacks("attacks", program, images, REAL)
    figures |= attacks("attacks on levels", program, images, LEVELS)
    if network not in SLOW:
        figures |= attacks("attacks by pairs", program, images[:FEW], REAL, size=2)
        figures |= attacks("attacks by pairs on levels", program, images[:FEW], LEVELS, size=2)
    return figures


def loaded(network: str, count: int) -> tuple[deepcheck.Program, list[np.ndarray]]:
    path = models() / f"{network}.onnx"
    if network == "mnist_10x4":
        return right(deepcheck.load(zoo.path(network)), datasets.mnist("test"), count)
    if network.startswith("MNIST"):
        return right(deepcheck.load(path, **NORMALISED), datasets.mnist("test"), count)
    if network.startswith("FASHION"):
        return right(deepcheck.load(path, **HALF), datasets.fashion_mnist("test"), count)
    return right(deepcheck.load(path), datasets.cifar10("test"), count)


def right(
    program: deepcheck.Program, images: datasets.ImageSet, count: int
) -> tuple[deepcheck.Program, list[np.ndarray]]:
    """The first images that the network labels rightly."""
    pixels = images.pixels(slice(0, 5 * count)).reshape(-1, *program.input_shape)
    labels = program(pixels).reshape(len(pixels), -1).argmax(axis=1)
    return program, [pixels[at] for at in np.flatnonzero(labels == images.labels[: len(pixels)])[:count]]


def proofs(name: str, program: deepcheck.Program, images: list[np.ndarray], **asked: object) -> dict:
    proved, also, reasons = 0, 0, Counter()
    spent, more = [], []
    for image in images:
        started = time.perf_counter()
        result = deepcheck.attack(program, image, domain=REAL, features_as="pixel", **asked)
        between = time.perf_counter()
        proved, also = proved + result.counts["proved"], also + result.proved_float32
        reasons[result.deployed.reason] += result.counts["proved"] - result.proved_float32
        spent.append(between - started)
        more.append(time.perf_counter() - between)
    return {
        f"{name}: proved (real)": proved,
        f"{name}: proved (real and float32)": also,
        f"{name}: share": also / proved if proved else None,
        f"{name}: why not": {reason: left for reason, left in reasons.items() if left},
        f"{name}: ms an image, attack": 1e3 * float(np.median(spent)),
        f"{name}: ms an image, the float32 bound on top": 1e3 * float(np.median(more)),
    }


def attacks(
    name: str, program: deepcheck.Program, images: list[np.ndarray], domain: deepcheck.Pixels, size: int = 1
) -> dict:
    asked = {"domain": domain, "features_as": "pixel", "size": size}
    results = [deepcheck.attack(program, image, **asked) for image in images]
    witnesses = [attack.witness for result in results for attack in result.attacks[:MOST]]
    beating = [witness for witness in witnesses if witness.beats_rounding]
    images_of = [witness for witness in beating if witness.eight_bit is not None]
    return {
        f"{name}: listed": len(witnesses),
        f"{name}: replayed": sum(witness.replayed for witness in witnesses),
        f"{name}: lead exceeds the float32 bound": len(beating),
        f"{name}: of those replayed": sum(witness.replayed for witness in beating),
        f"{name}: of those as 8-bit PNG": f"{sum(bool(w.eight_bit) for w in images_of)} of {len(images_of)}",
        f"{name}: margins of the others": sorted(round(w.margin, 6) for w in witnesses if not w.beats_rounding)[-5:],
        f"{name}: questions that needed exact arithmetic": sum(result.exact_questions for result in results),
    }


if __name__ == "__main__":
    main()
