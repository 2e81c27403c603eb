"""Importance in batches of 1,000 images, against Captum's Saliency, both on one core."""

import os

os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import numpy as np
import torch
from captum.attr import Saliency
from measure import once, store
from plain import Plain

import deepcheck
from deepcheck import datasets, zoo

ROUNDS = 60


def twin(plain: Plain) -> torch.nn.Module:
    """The same network in torch, float32, as Captum's users have it."""
    layers: list[torch.nn.Module] = [torch.nn.Flatten()]
    for position, (weight, offset) in enumerate(zip(plain.weights, plain.offsets, strict=True)):
        linear = torch.nn.Linear(*weight.shape)
        linear.weight.data = torch.tensor(weight.T, dtype=torch.float32)
        linear.bias.data = torch.tensor(offset, dtype=torch.float32)
        layers += [torch.nn.ReLU()] * (position > 0) + [linear]
    return torch.nn.Sequential(*layers).eval()


def main() -> None:
    program = deepcheck.load(zoo.path("mnist_10x4"))
    images = datasets.mnist("test").pixels(slice(0, 1000))
    plain = Plain.of(zoo.path("mnist_10x4"))
    model = twin(plain)
    saliency = Saliency(model)
    batch = torch.tensor(images)

    def mine() -> np.ndarray:
        return deepcheck.importance(program, images, metric="abs").reshape(images.shape)

    def bare() -> np.ndarray:
        """The least that NumPy can do: this one network, float64, no checks and no error bounds."""
        x, active = images.reshape(len(images), -1).astype(np.float64), []
        for weight, offset in zip(plain.weights[:-1], plain.offsets[:-1], strict=True):
            z = (weight.T @ x.T).T + offset
            active.append(z > 0)
            x = z * active[-1]
        labels = (x @ plain.weights[-1] + plain.offsets[-1]).argmax(axis=1)
        slopes = plain.weights[-1].T[labels]
        for weight, kept in zip(plain.weights[-2::-1], active[::-1], strict=True):
            slopes = (slopes * kept) @ weight.T
        return np.abs(slopes, out=slopes)

    def rival() -> torch.Tensor:
        labels = model(batch).argmax(dim=1)
        return saliency.attribute(batch.clone(), target=labels, abs=True)

    # Turn by turn, so that whatever else the machine does falls on both.
    rounds = [(once(mine), once(bare), once(rival)) for _ in range(ROUNDS + 3)][3:]
    ours, least, theirs = (float(np.median(column)) for column in zip(*rounds, strict=True))
    difference = np.abs(mine() - rival().numpy()).max()
    figures = {
        "images": len(images),
        "rounds": ROUNDS,
        "us an image, DeepCheck abs": 1e6 * ours / len(images),
        "us an image, bare NumPy for this network alone": 1e6 * least / len(images),
        "us an image, Captum Saliency": 1e6 * theirs / len(images),
        "times faster": theirs / ours,
        "times faster, bare NumPy": theirs / least,
        "largest difference of a score": float(difference),
    }
    cores = len(os.sched_getaffinity(0))
    store("importance", figures, f"{cores} cores, torch {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
