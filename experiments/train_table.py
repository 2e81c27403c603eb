"""Train the network of `deepcheck.zoo` that reads a table, and write it as ONNX, with a card beside it.

    python experiments/train_table.py --out src/deepcheck/zoo/tables

The model takes raw measurements: their standardisation, with the mean and the standard deviation of the training
samples, is its first two nodes (Sub and Div). One thread, a fixed seed: on one machine, with one version of torch, a
second run writes the same bytes. The card's accuracies are those of the written file in onnxruntime.

The settings were fixed before the first training run and not tuned; the seed is 0.
"""

import argparse
import hashlib
import itertools
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from train_networks import batches, export, write

from deepcheck.datasets import TableSet, breast_cancer

NAME, DATA = "cancer_16x2", "scikit-learn breast cancer (Wisconsin, diagnostic)"
WIDTHS = (30, 16, 16, 2)
SEED, EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 0, 60, 16, 1e-2, 0.01


class Standardised(nn.Module):
    """Dense layers with ReLU between them, behind ``(x - mean) / std``."""

    def __init__(self, mean: torch.Tensor, std: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(WIDTHS):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers((x - self.mean) / self.std)


def train(samples: TableSet) -> Standardised:
    """Train a fresh network: AdamW, the learning rate annealed to 0 along a cosine, cross-entropy."""
    torch.manual_seed(SEED)
    x, labels = torch.from_numpy(samples.values()), torch.from_numpy(samples.labels.copy())
    wide = samples.values().astype(np.float64)
    mean, std = (torch.from_numpy(stored.astype(np.float32)) for stored in (wide.mean(axis=0), wide.std(axis=0)))
    network = Standardised(mean, std)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(samples) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for chosen in batches(len(samples), BATCH, EPOCHS):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[chosen]), labels[chosen]).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def scores(model: bytes, samples: TableSet) -> np.ndarray:
    """Run the exported model in onnxruntime, all samples in one batch: ``(n, classes)``."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"input": samples.values()})[0]


def accuracy(model: bytes, samples: TableSet) -> float:
    """Give the share of samples whose largest score is their label's."""
    return float(np.mean(scores(model, samples).argmax(1) == samples.labels))


def card(model: bytes, training: TableSet, test: TableSet) -> dict[str, object]:
    """Describe the trained network; `deepcheck.zoo.TableCard` reads this."""
    widths = "x".join(map(str, WIDTHS))
    return {
        "name": NAME,
        "description": f"{widths} fully connected, ReLU, standardisation inside, trained on {DATA}",
        "sha256": hashlib.sha256(model).hexdigest(),
        "features": list(training.feature_names),
        "lower": training.lower.tolist(),
        "upper": training.upper.tolist(),
        "labels": list(training.classes),
        "data": DATA,
        "training": {
            "script": "experiments/train_table.py",
            "framework": f"torch {torch.__version__.partition('+')[0]}",
            "seed": SEED,
            "epochs": EPOCHS,
            "batch": BATCH,
            "optimizer": "AdamW, cosine annealing to 0",
            "learning_rate": LEARNING_RATE,
            "weight_decay": WEIGHT_DECAY,
            "samples": len(training),
        },
        "train_accuracy": accuracy(model, training),
        "test_accuracy": accuracy(model, test),
        "test_samples": len(test),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    training, test = breast_cancer("train"), breast_cancer("test")
    network = train(training)
    model = export(network, (WIDTHS[0],)).SerializeToString(deterministic=True)
    with torch.no_grad():
        expected = network(torch.from_numpy(test.values())).numpy()
    np.testing.assert_allclose(scores(model, test), expected, rtol=1e-4, atol=1e-4)
    description = card(model, training, test)
    print(f"{NAME}: train {description['train_accuracy']:.4f}, test {description['test_accuracy']:.4f}")
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / f"{NAME}.onnx", model)
    write(options.out / f"{NAME}.json", (json.dumps(description, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
