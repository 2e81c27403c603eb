"""The seven published networks on 100 real images each, with their source's normalisation."""

import gzip
import itertools
import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from oracles import session_of
from requirements import absent

import deepcheck
from deepcheck import Pixels, datasets
from deepcheck.certify import replayer_for

MNIST, FASHION, CIFAR = (0.1307, 0.3081), (0.5, 0.5), None
NETWORKS = {
    "MNIST_6x200_PGD": MNIST,
    "MNIST_ConvSmall": MNIST,
    "MNIST_ConvSmallPGD": MNIST,
    "MNIST_ConvMedPGD": MNIST,
    "MNIST_ConvBig": MNIST,
    "FASHION_ConvSmallPGD": FASHION,
    "CIFAR_ConvSmallPGD": CIFAR,
}


@pytest.fixture(scope="module")
def models():
    folder = Path(os.environ.get("DEEPCHECK_DATA") or "missing").parent / "models"
    if not folder.is_dir():
        absent("models", "the shared networks are missing: DEEPCHECK_DATA names no folder with ../models")
    return folder


def images_of(name, data_folder):
    kind = name.split("_")[0]
    read = {"MNIST": datasets.mnist, "FASHION": datasets.fashion_mnist, "CIFAR": datasets.cifar10}[kind]
    x = read("test", data_folder).pixels()[:100]
    return x.reshape(100, *((3, 32, 32) if kind == "CIFAR" else (1, 28, 28)))


def load(name, models):
    numbers = NETWORKS[name]
    options = {} if numbers is None else {"mean": numbers[0], "std": numbers[1]}
    return deepcheck.load(models / f"{name}.onnx", **options)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_published_network_computes_what_onnxruntime_computes(name, models, data_folder):
    x, numbers = images_of(name, data_folder), NETWORKS[name]
    received = x if numbers is None else (x - np.float32(numbers[0])) / np.float32(numbers[1])
    session = onnxruntime.InferenceSession(models / f"{name}.onnx", providers=["CPUExecutionProvider"])
    expected = np.concatenate([session.run(None, {"input": received[i : i + 1]})[0] for i in range(100)])
    program = load(name, models)
    found = program(x)
    assert (found.argmax(1) == expected.argmax(1)).all()
    if program.origin.stripped == "Softmax":
        found = np.exp(found - found.max(1, keepdims=True))
        found /= found.sum(1, keepdims=True)
    assert np.abs(found - expected).max() <= 1e-4
    assert (replayer_for(program.origin).labels(program, program.model_input(x)) == expected.argmax(1)).all()


def test_the_images_are_those_of_the_source(models, data_folder):
    """The CSV files beside the networks hold the same first 100 images."""
    rows = np.loadtxt(models / "data" / "mnist_test.csv", delimiter=",", dtype=np.int64)
    assert (rows[:, 1:] == np.rint(images_of("MNIST_", data_folder).reshape(100, -1) * 255)).all()
    rows = np.loadtxt(models / "data" / "cifar10_test.csv", delimiter=",", dtype=np.int64)
    ours = np.rint(images_of("CIFAR_", data_folder) * 255).transpose(0, 2, 3, 1).reshape(100, -1)
    assert (rows[:, 1:] == ours).all()


def test_what_a_program_of_a_published_network_is(models):
    small, big, cifar = (load(name, models) for name in ("MNIST_ConvSmall", "MNIST_ConvBig", "CIFAR_ConvSmallPGD"))
    assert sum(int(np.prod(branch.shape)) for branch in small.branches) == 3604
    assert sum(int(np.prod(branch.shape)) for branch in big.branches) == 34688
    assert sum(int(np.prod(branch.shape)) for branch in cifar.branches) == 4852
    assert big.origin.stripped == "Softmax"
    assert cifar.origin.rounded == ()
    assert small.origin.sha256 == "b6a661b00c788c4b41cdb826038d7dc90373c624ad1916125a9b7eb117ff3ea5"


@pytest.mark.parametrize(("name", "index", "count"), [("MNIST_ConvSmall", 66, 6), ("MNIST_ConvSmallPGD", 92, 18)])
def test_a_published_network_is_attacked_in_pixels(name, index, count, models, data_folder):
    """Every 17th level of every pixel in onnxruntime: a clear flip is listed, or some activation differs."""
    image = images_of(name, data_folder)[index]
    model = onnx.load(models / f"{name}.onnx")
    for node in model.graph.node:
        if node.op_type == "Relu":
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(node.input[0]))
    session = session_of(model)

    def run(pixels):
        received = (pixels - np.float32(0.1307)) / np.float32(0.3081)
        scores, *activations = session.run(None, {"input": received[None]})
        return scores[0], [z > 0 for z in activations]

    result = deepcheck.attack(load(name, models), image, domain=Pixels(levels=256))
    assert result.counts["attackable"] == count
    levels = {(a.features[0], j): ends for a in result.attacks for j, (ends,) in a.levels.items()}
    label, before = result.label, run(image)[1]
    flips = 0
    for pixel, level in itertools.product(range(784), range(0, 256, 17)):
        changed = image.copy()
        changed.reshape(-1)[pixel] = np.float32(level) / np.float32(255)
        scores, after = run(changed)
        found = int(scores.argmax())
        first, last = levels.get((pixel, found), (256, -1))
        clear = np.sort(scores)[-1] - np.sort(scores)[-2] > 1e-4
        if first <= level <= last:
            flips += 1
        elif found != label and clear:
            assert any((a != b).any() for a, b in zip(before, after, strict=True)), (pixel, level)
        for (where, other), (low, high) in levels.items():
            if where == pixel and low <= level <= high and clear:
                assert found == other, (pixel, level)
    assert flips >= 3


def test_gzip_files_are_read(data_folder):
    """The oracle of the first test reads its images through `datasets`: here they are read plainly."""
    with gzip.open(data_folder / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        plain = np.frombuffer(file.read(16 + 784 * 100), np.uint8, offset=16).reshape(100, 1, 28, 28)
    assert (images_of("MNIST_", data_folder) == plain / np.float32(255)).all()
