"""The shipped networks that read a table: two files of one stem, the model, and a card that says what it is."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import final

from deepcheck.errors import OptionError

TABLES = Path(__file__).parent / "tables"


@final
@dataclass(frozen=True)
class TableTraining:
    """How a network was trained.

    Attributes:
        script: The script, in the project's repository, that made the network.
        framework: What trained it, with its version.
        seed: Of the initial weights and of the order of the samples.
        epochs: How many times each training sample was seen.
        batch: Samples per step.
        optimizer: The rule of each step.
        learning_rate: At the first step.
        weight_decay: The factor of the decay of the weights.
        samples: How many training samples.
    """

    script: str
    framework: str
    seed: int
    epochs: int
    batch: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    samples: int


@final
@dataclass(frozen=True)
class TableCard:
    """What a shipped network is, and how good.

    Attributes:
        name: As in `table_names`.
        description: One line.
        sha256: Of the model file, in hexadecimal.
        features: The name of each measurement, in the order of the input; it is read in its own unit.
        lower: The least value of each measurement in the training samples.
        upper: The largest, likewise.
        labels: The name of each label, in the order of the scores.
        data: The data set it was trained and tested on.
        training: How it was trained.
        train_accuracy: Share of the training samples it labels rightly, in onnxruntime.
        test_accuracy: Share of the test samples it labels rightly, in onnxruntime.
        test_samples: How many test samples.
    """

    name: str
    description: str
    sha256: str
    features: tuple[str, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    labels: tuple[str, ...]
    data: str
    training: TableTraining
    train_accuracy: float
    test_accuracy: float
    test_samples: int


def table_names() -> tuple[str, ...]:
    """List the shipped networks that read a table, in alphabetical order."""
    return tuple(sorted(file.stem for file in TABLES.glob("*.onnx")))


def table_path(name: str) -> Path:
    """The ONNX file of one of `table_names`."""
    return TABLES / f"{name}.onnx"


def table_card(name: str) -> TableCard:
    """Read the card of a shipped network that reads a table.

    Raises:
        OptionError: There is no such network.
    """
    if name not in table_names():
        known = ", ".join(table_names())
        raise OptionError(f"expected a network of the zoo that reads a table, one of {known}; got {name!r}")
    stored = json.loads((TABLES / f"{name}.json").read_text(encoding="utf-8"))
    return TableCard(
        features=tuple(stored.pop("features")),
        lower=tuple(stored.pop("lower")),
        upper=tuple(stored.pop("upper")),
        labels=tuple(stored.pop("labels")),
        training=TableTraining(**stored.pop("training")),
        **stored,
    )
