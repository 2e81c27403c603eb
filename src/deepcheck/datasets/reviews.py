"""What a data set of texts is, once read: the texts, their labels, and the names of the labels."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from deepcheck.errors import DataError


@final
@dataclass(frozen=True, eq=False)
class ReviewSet:
    """Labelled texts of one split of one data set.

    Attributes:
        name: The data set, as the function that reads it is called.
        split: ``"train"`` or ``"test"``.
        texts: As they were written, markup included.
        labels: Indices into ``classes``, ``(n,)``, int64, read-only.
        classes: The name of each label.

    Raises:
        DataError: The texts and the labels do not fit together.
    """

    name: str
    split: str
    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        where = f"{self.name} {self.split}"
        if self.labels.shape != (len(self.texts),):
            raise DataError(f"{where}: expected one label for each of {len(self)} texts, got {self.labels.shape}")
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            got = f"{self.labels.min()} to {self.labels.max()}"
            raise DataError(f"{where}: expected labels 0 to {len(self.classes) - 1}, got {got}")
        self.labels.setflags(write=False)

    def __len__(self) -> int:
        return len(self.texts)
