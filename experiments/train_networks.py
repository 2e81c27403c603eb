"""Train the networks of `deepcheck.zoo` and write them as ONNX, each with a card beside it.

    python experiments/train_networks.py --data DATA --out src/deepcheck/zoo

DATA is laid out as `deepcheck.datasets.locate` says; networks go to OUT/networks, the ten seeds to OUT/seeds. One
thread, fixed seeds: on one machine, with one version of torch, a second run writes the same bytes (another processor
rounds otherwise, and training turns that into another network). The card's accuracies are those of the written file
in onnxruntime.

Networks this narrow depend much on their first weights. The settings and seeds below were the best of a few on held
out *training* images (every fifth digit; the last 10,000 of MNIST and of Fashion-MNIST), not on the test images. The
few of Fashion-MNIST: the settings of MNIST, and those with half the learning rate, with seeds 0 to 4 each.

The ten seeds are not chosen: the plan of MNIST again, with seeds 0 to 9, whatever comes out. A network that fails to
learn stays in.
"""

import argparse
import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from google.protobuf.message import Message
from torch import nn

from deepcheck.datasets import ImageSet, digits, fashion_mnist, mnist

OPSET = 18
SEEDS = range(10)


@dataclass(frozen=True)
class Plan:
    """What to train, on what, and how: AdamW, the learning rate annealed to 0 along a cosine, cross-entropy.

    Attributes:
        name: The stem of the two files.
        widths: Inputs, hidden units of each layer, outputs.
        data: What the training images are called in the card.
        read: Reads one split of them, given the folder of all data sets.
        seed: Seeds the initial weights and the order of the images.
        epochs: How many times each training image is seen.
        batch: Images per step.
        learning_rate: At the first step.
        weight_decay: The factor of AdamW's decay. Plain Adam's penalty would leave the weights of pixels that are
            always 0 subnormal, which are slow in floats and long as fractions.
    """

    name: str
    widths: tuple[int, ...]
    data: str
    read: Callable[[str, Path | None], ImageSet]
    seed: int
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float


PLANS = {
    "digits": Plan(
        name="digits_10x4",
        widths=(64, 10, 10, 10, 10),
        data="scikit-learn digits",
        read=lambda split, data: digits(split),
        seed=1,
        epochs=80,
        batch=16,
        learning_rate=1e-2,
        weight_decay=0.03,
    ),
    "mnist": Plan(
        name="mnist_10x4",
        widths=(784, 10, 10, 10, 10),
        data="MNIST",
        read=mnist,
        seed=3,
        epochs=30,
        batch=100,
        learning_rate=4e-3,
        weight_decay=0.01,
    ),
    "fashion": Plan(
        name="fashion_10x4",
        widths=(784, 10, 10, 10, 10),
        data="Fashion-MNIST",
        read=fashion_mnist,
        seed=4,
        epochs=30,
        batch=100,
        learning_rate=2e-3,
        weight_decay=0.01,
    ),
}


def build(widths: tuple[int, ...]) -> nn.Sequential:
    """Stack linear layers with ReLU between them; the scores of the last are not normalised."""
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train(plan: Plan, images: ImageSet) -> nn.Sequential:
    """Train a fresh network, following the plan."""
    torch.manual_seed(plan.seed)
    network = build(plan.widths)
    x, labels = torch.from_numpy(images.pixels()), torch.from_numpy(images.labels.copy())
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay)
    steps = plan.epochs * -(-len(images) // plan.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for chosen in batches(len(images), plan.batch, plan.epochs):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[chosen]), labels[chosen]).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def batches(count: int, size: int, epochs: int) -> Iterator[torch.Tensor]:
    """Yield the indices of each step, every epoch in a new order."""
    for _ in range(epochs):
        yield from torch.randperm(count).split(size)


def export(network: nn.Module, shape: tuple[int, ...], output: str = "scores") -> onnx.ModelProto:
    """Make a self-contained ONNX model that says nothing about the machine it was made on.

    Args:
        network: What to export.
        shape: Of one input, without the batch axis.
        output: What the result is called.
    """
    # Two rows: an example with a batch of one makes torch take the batch axis for a constant.
    exported = torch.onnx.export(
        network,
        (torch.zeros(2, *shape),),
        input_names=["input"],
        output_names=[output],
        opset_version=OPSET,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        verbose=False,
    )
    model = exported.model_proto
    anonymise(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def anonymise(message: Message) -> None:
    """Clear every doc string and every metadata entry: torch writes stack traces, with paths, into them."""
    for field, value in message.ListFields():
        if field.name in ("doc_string", "metadata_props"):
            message.ClearField(field.name)
        elif field.type == field.TYPE_MESSAGE:
            for part in [value] if isinstance(value, Message) else value:
                anonymise(part)


def scores(model: bytes, images: ImageSet) -> np.ndarray:
    """Run the exported model in onnxruntime, all images in one batch: ``(n, classes)``."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"input": images.pixels()})[0]


def compare(network: nn.Module, model: bytes, images: ImageSet) -> None:
    """Stop unless onnxruntime and torch agree on the scores up to rounding."""
    with torch.no_grad():
        expected = network(torch.from_numpy(images.pixels())).numpy()
    np.testing.assert_allclose(scores(model, images), expected, rtol=1e-4, atol=1e-4)


def accuracy(model: bytes, images: ImageSet) -> float:
    """Give the share of images whose largest score is their label's."""
    return float(np.mean(scores(model, images).argmax(1) == images.labels))


def card(plan: Plan, model: bytes, training: ImageSet, test: ImageSet) -> dict[str, object]:
    """Describe a trained network; `deepcheck.zoo.Card` reads this."""
    shape = training.pixels(0).shape[1:]
    return {
        "name": plan.name,
        "description": f"{'x'.join(map(str, plan.widths))} fully connected, ReLU, trained on {plan.data}",
        "sha256": hashlib.sha256(model).hexdigest(),
        "input_shape": list(shape),
        "bounds": [0, 1],
        "labels": list(training.classes),
        "data": plan.data,
        "training": {
            "script": "experiments/train_networks.py",
            "framework": f"torch {torch.__version__.partition('+')[0]}",
            "seed": plan.seed,
            "epochs": plan.epochs,
            "batch": plan.batch,
            "optimizer": "AdamW, cosine annealing to 0",
            "learning_rate": plan.learning_rate,
            "weight_decay": plan.weight_decay,
            "images": len(training),
        },
        "train_accuracy": accuracy(model, training),
        "test_accuracy": accuracy(model, test),
        "test_images": len(test),
    }


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
        stream.write(content)
    os.chmod(stream.name, 0o644)
    os.replace(stream.name, path)


def make(plan: Plan, data: Path | None) -> tuple[bytes, dict[str, object]]:
    """Train, export and check one network; give the file and its card."""
    training, test = plan.read("train", data), plan.read("test", data)
    network = train(plan, training)
    model = export(network, training.pixels(0).shape[1:]).SerializeToString(deterministic=True)
    compare(network, model, test)
    description = card(plan, model, training, test)
    print(
        f"{plan.name}: train {description['train_accuracy']:.4f}, test {description['test_accuracy']:.4f}", flush=True
    )
    return model, description


def make_network(plan: Plan, data: Path | None, out: Path) -> None:
    """Write one network and its card."""
    model, description = make(plan, data)
    out.mkdir(parents=True, exist_ok=True)
    write(out / f"{plan.name}.onnx", model)
    write(out / f"{plan.name}.json", (json.dumps(description, indent=2) + "\n").encode())


def make_seeds(plan: Plan, data: Path | None, out: Path) -> None:
    """Write the same network from each of `SEEDS`, and one file of all their cards."""
    out.mkdir(parents=True, exist_ok=True)
    cards = []
    for seed in SEEDS:
        model, description = make(replace(plan, name=f"{plan.name}_{seed:02}", seed=seed), data)
        write(out / f"{description['name']}.onnx", model)
        cards.append(description)
    write(out / "cards.json", (json.dumps(cards, indent=1) + "\n").encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of data sets; default DEEPCHECK_DATA, else the user's cache")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--only", choices=[*sorted(PLANS), "seeds"], help="train this network, or the seeds, only")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for key in PLANS:
        if options.only in (key, None):
            make_network(PLANS[key], options.data, options.out / "networks")
    if options.only in ("seeds", None):
        make_seeds(PLANS["mnist"], options.data, options.out / "seeds")


if __name__ == "__main__":
    main()
