"""A shipped network is two files of one stem: the model, and a card that says what it is.

The seeds are one network trained ten times; their cards are in one file.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from deepcheck.errors import OptionError
from deepcheck.zoo.table_cards import table_names, table_path
from deepcheck.zoo.text_cards import text_files, text_names

NETWORKS = Path(__file__).parent / "networks"
SEEDS = Path(__file__).parent / "seeds"


@final
@dataclass(frozen=True)
class Training:
    """How a network was trained.

    Attributes:
        script: The script, in the project's repository, that made the network.
        framework: What trained it, with its version.
        seed: Of the initial weights and of the order of the images.
        epochs: How many times each training image was seen.
        batch: Images per step.
        optimizer: The rule of each step.
        learning_rate: At the first step.
        weight_decay: The factor of the decay of the weights.
        images: How many training images.
    """

    script: str
    framework: str
    seed: int
    epochs: int
    batch: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    images: int


@final
@dataclass(frozen=True)
class Card:
    """What a shipped network is, and how good.

    Attributes:
        name: As in `names` or `seeds`.
        description: One line.
        sha256: Of the model file, in hexadecimal.
        input_shape: Of one input, without the batch axis.
        bounds: The least and the largest value of a pixel.
        labels: The name of each label, in the order of the scores.
        data: The data set it was trained and tested on.
        training: How it was trained.
        train_accuracy: Share of the training images it labels rightly, in onnxruntime.
        test_accuracy: Share of the test images it labels rightly, in onnxruntime.
        test_images: How many test images.
    """

    name: str
    description: str
    sha256: str
    input_shape: tuple[int, ...]
    bounds: tuple[float, float]
    labels: tuple[str, ...]
    data: str
    training: Training
    train_accuracy: float
    test_accuracy: float
    test_images: int


def names() -> tuple[str, ...]:
    """List the shipped networks that read images, in alphabetical order."""
    return tuple(sorted(file.stem for file in NETWORKS.glob("*.onnx")))


def seeds() -> tuple[str, ...]:
    """List the networks that differ in their seed alone: the plan of ``mnist_10x4`` with seeds 0 to 9, none left out.

    `path` and `card` know them. They are for statistics over networks; a network that learned badly is among them.
    """
    return tuple(sorted(file.stem for file in SEEDS.glob("*.onnx")))


def path(name: str) -> Path:
    """Give the ONNX file of a shipped network, one of `names`, `seeds`, `table_names` or `text_names`.

    Raises:
        OptionError: There is no network of this name.
    """
    if name in text_names():
        return text_files(name).model
    if name in table_names():
        return table_path(name)
    if name in seeds():
        return SEEDS / f"{name}.onnx"
    if name not in names():
        known = ", ".join(sorted(names() + table_names() + text_names()))
        raise OptionError(f"expected a network of the zoo, one of {known}; got {name!r}")
    return NETWORKS / f"{name}.onnx"


def card(name: str) -> Card:
    """Read the card of a shipped network that reads images.

    Raises:
        OptionError: There is no such network.
    """
    if name in seeds():
        cards = json.loads((SEEDS / "cards.json").read_text(encoding="utf-8"))
        return _card(next(stored for stored in cards if stored["name"] == name))
    if name not in names():
        raise OptionError(f"expected a network of the zoo that reads images, one of {', '.join(names())}; got {name!r}")
    return _card(json.loads((NETWORKS / f"{name}.json").read_text(encoding="utf-8")))


def _card(stored: dict[str, Any]) -> Card:
    lower, upper = stored.pop("bounds")
    return Card(
        input_shape=tuple(stored.pop("input_shape")),
        bounds=(float(lower), float(upper)),
        labels=tuple(stored.pop("labels")),
        training=Training(**stored.pop("training")),
        **stored,
    )
