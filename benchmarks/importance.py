"""Importance in batches of 1,000 images, against Captum's Saliency on the same cores."""

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
    model = twin(Plain.of(zoo.path("mnist_10x4")))
    saliency = Saliency(model)
    batch = torch.tensor(images)

    def mine() -> np.ndarray:
        return deepcheck.importance(program, images, metric="abs").reshape(images.shape)

    def rival() -> torch.Tensor:
        labels = model(batch).argmax(dim=1)
        return saliency.attribute(batch.clone(), target=labels, abs=True)

    # Turn by turn, so that whatever else the machine does falls on both.
    rounds = [(once(mine), once(rival)) for _ in range(ROUNDS + 3)][3:]
    ours, theirs = (float(np.median(column)) for column in zip(*rounds, strict=True))
    difference = np.abs(mine() - rival().numpy()).max()
    figures = {
        "images": len(images),
        "rounds": ROUNDS,
        "us an image, DeepCheck abs": 1e6 * ours / len(images),
        "us an image, Captum Saliency": 1e6 * theirs / len(images),
        "times faster": theirs / ours,
        "largest difference of a score": float(difference),
    }
    store("importance", figures, f"library defaults; torch {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
