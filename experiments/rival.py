"""What a rival is: an attack of another library or paper that changes few pixels, behind one small class."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib.metadata import version
from typing import ClassVar

import numpy as np
import torch
from rival_network import Counted

LABELS = 10
"""Of every network here."""


class Rival(ABC):
    """One attack.

    Attributes:
        name: What tables call it.
        package: The distribution that holds it, or "" where it is written here.
        source: The paper.
        settings: Everything that was chosen.
        takes_size: It is told how many pixels may change; the others look for as few as they can.
        draws: It draws at random; the others do the same for every seed.
        largest: The most pixels that it can be told.
    """

    name: ClassVar[str]
    package: ClassVar[str] = ""
    source: ClassVar[str]
    settings: ClassVar[str]
    takes_size: ClassVar[bool] = False
    draws: ClassVar[bool] = True
    largest: ClassVar[int] = 2

    @property
    def version(self) -> str:
        """Of its package."""
        return version(self.package) if self.package else "written from the paper"

    @abstractmethod
    def candidates(
        self, model: Counted, image: torch.Tensor, label: int, *, pixels: int, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """Candidates, ``(1, 1, rows, columns)`` each; libraries that draw by themselves are seeded by the caller.

        Args:
            model: Scores; raises `BudgetSpent`.
            image: ``(1, 1, rows, columns)`` in [0, 1].
            label: The network's label, to get away from.
            pixels: How many may change, if the attack takes that.
            rng: For what is drawn here.
        """


def art_classifier(model: Counted, image: torch.Tensor, softmax: bool = False):
    """Wrap the network for ART, giving scores or probabilities."""
    from art.estimators.classification import PyTorchClassifier

    network = torch.nn.Sequential(model, torch.nn.Softmax(dim=1)) if softmax else model
    loss = torch.nn.CrossEntropyLoss()
    return PyTorchClassifier(network, loss, tuple(image.shape[1:]), LABELS, clip_values=(0.0, 1.0), device_type="cpu")
