"""Every value of every single pixel, along any path, beside brute force over 256 values of every pixel in onnxruntime.

    python benchmarks/single_pixels.py [--network MNIST_ConvBig --images 2]

Images: the first ones of `few_pixels.images_of`. DeepCheck answers one image at a time, pixels in [0, 1] (its verdicts
are of real numbers, so they cover more than brute force does); of the paper-shaped network also all images in one
batch. Once more on 256 levels, where brute force must agree: its label is that of float32 runs, ours that of real
arithmetic, so where the two differ the margin is shown. Brute force: 784 x 256 inputs an image in batches of `--batch`,
the batch axis of the model set free, all cores; of the paper-shaped network also in NumPy with the first layer reused.
"""

import argparse
import time

import numpy as np
import onnx
import onnxruntime
from few_pixels import NORMALISED, images_of, load, models
from measure import seconds, store
from plain import Plain

import deepcheck
from deepcheck import zoo

PLANS = {"mnist_10x4": 100, "MNIST_6x200_PGD": 10, "MNIST_ConvSmall": 5, "MNIST_ConvBig": 3}
BATCH = 3584
PIXELS, LEVELS = deepcheck.Pixels(0, 1), deepcheck.Pixels(0, 1, levels=256)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", help="only this one, and nothing is stored")
    parser.add_argument("--images", type=int)
    parser.add_argument("--batch", type=int, default=BATCH)
    options = parser.parse_args()
    plans = PLANS if options.network is None else {options.network: PLANS.get(options.network, 2)}
    figures: dict = {}
    for network, count in plans.items():
        found = measured(network, options.images or count, options.batch)
        figures |= {f"{network}: {key}": value for key, value in found.items()}
    if options.network is None:
        store("single_pixels", figures, "library defaults (2 cores) on both sides")
    else:
        print("\n".join(f"{key}: {value}" for key, value in figures.items()))


def measured(network: str, count: int, batch: int) -> dict:
    program = load(network)
    images = [image for _, image in images_of(program)][:count]
    deepcheck.attack(program, images[0], paths="all", domain=PIXELS)
    results = [deepcheck.attack(program, image, paths="all", domain=PIXELS) for image in images]
    took = np.array([result.seconds for result in results])
    figures = {
        "images": len(images),
        "undecided pixels": sum(result.counts["undecided"] for result in results),
        "images with an attackable pixel": sum(result.counts["attackable"] > 0 for result in results),
        "the same along the image's own path": sum(result.comparison.along_path > 0 for result in results),
        "ms, all pixels of an image, median": 1e3 * float(np.median(took)),
        "ms, all pixels of an image, longest": 1e3 * float(took.max()),
    }
    if network == "mnist_10x4":
        together = np.stack(images)
        figures["ms an image, all pixels, batch"] = (
            1e3 * seconds(lambda: deepcheck.attack(program, together, paths="all", domain=PIXELS), 3) / len(images)
        )
        plain = Plain.of(zoo.path(network))
        figures["ms, brute force in NumPy with the first layer reused"] = 1e3 * seconds(
            lambda: plain.brute_force(images[0])
        )
    forced = Forced(network, program, batch)
    forced(images[0])
    spent, differ = [], []
    for image in images:
        started = time.perf_counter()
        attacked = forced(image)
        spent.append(time.perf_counter() - started)
        differ += disagreements(program, image, attacked)
    figures["ms, brute force over 256 values, median"] = 1e3 * float(np.median(spent))
    figures["times faster than brute force, median image"] = float(np.median(np.array(spent) / took))
    figures["pixels on which brute force differs from 256 levels"] = len(differ)
    figures["largest margin of those"] = max(differ, default=0.0)
    return figures


class Forced:
    """Brute force: which pixels change the label at some of 256 values."""

    def __init__(self, network: str, program: deepcheck.Program, batch: int) -> None:
        path = zoo.path(network) if network == "mnist_10x4" else models() / f"{network}.onnx"
        model = onnx.load(path)
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_param = "N"
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        self.name, self.batch, self.shape = self.session.get_inputs()[0].name, batch, program.input_shape
        self.levels = self.received(network, np.arange(256, dtype=np.float32) / np.float32(255))
        self.network = network

    @staticmethod
    def received(network: str, pixels: np.ndarray) -> np.ndarray:
        if network == "mnist_10x4":
            return pixels
        return (pixels - np.float32(NORMALISED["mean"])) / np.float32(NORMALISED["std"])

    def labels(self, inputs: np.ndarray) -> np.ndarray:
        scores = self.session.run(None, {self.name: inputs.reshape(-1, *self.shape)})[0]
        return scores.reshape(len(inputs), -1).argmax(axis=1)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        x = self.received(self.network, image.astype(np.float32)).ravel()
        label, found = self.labels(x[None])[0], np.zeros(x.size, bool)
        each = max(1, self.batch // 256)
        for start in range(0, x.size, each):
            chosen = np.arange(start, min(start + each, x.size))
            inputs = np.repeat(x[None], 256 * len(chosen), axis=0)
            inputs[np.arange(len(inputs)), np.repeat(chosen, 256)] = np.tile(self.levels, len(chosen))
            found[chosen] = (self.labels(inputs).reshape(-1, 256) != label).any(axis=1)
        return found


def disagreements(program: deepcheck.Program, image: np.ndarray, attacked: np.ndarray) -> list[float]:
    """The margins of pixels that only one of the two can attack; 0 where it is brute force."""
    result = deepcheck.attack(program, image, paths="all", domain=LEVELS)
    ours = {features[0] for features in result.attackable}
    theirs = set(np.flatnonzero(attacked).tolist())
    margins = {attack.features[0]: attack.witness.margin for attack in result.attacks}
    return [margins[pixel] for pixel in ours - theirs] + [0.0] * len(theirs - ours)


if __name__ == "__main__":
    main()
