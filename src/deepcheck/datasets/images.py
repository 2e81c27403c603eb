"""What a data set is, once read: images as integer levels, labels, and the names of the labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from deepcheck.errors import DataError, OptionError

SPLITS = ("train", "test")


@final
@dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled images of one split of one data set; the arrays are read-only.

    Attributes:
        name: The data set, as the function that reads it is called.
        split: ``"train"`` or ``"test"``.
        images: Levels, ``(n, H, W)`` or ``(n, C, H, W)``, uint8 in ``[0, max_level]``.
        labels: Indices into ``classes``, ``(n,)``, int64.
        classes: The name of each label.
        max_level: The level that means a pixel of 1: 255, or 16 for scikit-learn's digits.

    Raises:
        DataError: The arrays do not fit together.
    """

    name: str
    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    max_level: int = 255

    def __post_init__(self) -> None:
        where = f"{self.name} {self.split}"
        if self.images.dtype != np.uint8 or self.images.ndim not in (3, 4):
            got = f"{self.images.dtype} {self.images.shape}"
            raise DataError(f"{where}: expected uint8 images (n, H, W) or (n, C, H, W), got {got}")
        if self.labels.shape != self.images.shape[:1]:
            raise DataError(f"{where}: expected one label for each of {len(self)} images, got {self.labels.shape}")
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            got = f"{self.labels.min()} to {self.labels.max()}"
            raise DataError(f"{where}: expected labels 0 to {len(self.classes) - 1}, got {got}")
        if self.images.size and self.images.max() > self.max_level:
            raise DataError(f"{where}: expected levels 0 to {self.max_level}, got {self.images.max()}")
        self.images.setflags(write=False)
        self.labels.setflags(write=False)

    def __len__(self) -> int:
        return len(self.images)

    def pixels(self, indices: int | slice | Sequence[int] | NDArray[Any] | None = None) -> NDArray[np.float32]:
        """Give images as a network reads them: float32 in ``[0, 1]``, with a channel axis.

        Args:
            indices: One index, several, a slice, a mask ``(n,)`` of bool, or None for all images.

        Returns:
            ``(m, C, H, W)``: each level divided by ``max_level`` in float32; one index gives ``m = 1``.

        Raises:
            OptionError: An index that is not of this set.
        """
        chosen = self.images if indices is None else self.images[positions(indices, len(self), "images")]
        stacked = chosen if chosen.ndim == 4 else chosen[:, np.newaxis]
        return stacked.astype(np.float32) / np.float32(self.max_level)


def positions(indices: int | slice | Sequence[int] | NDArray[Any], count: int, what: str) -> NDArray[np.intp]:
    """The positions that indices name in a set of so many items: one index, several, a slice or a mask.

    Raises:
        OptionError: An index that is not of the set, or a list that is not flat.
    """
    everything = np.arange(count, dtype=np.intp)
    asked: Any = indices if isinstance(indices, slice) else np.atleast_1d(np.asarray(indices))
    if isinstance(asked, np.ndarray) and asked.size == 0:
        asked = asked.astype(np.intp)
    try:
        found: NDArray[np.intp] = everything[asked]
    except IndexError as error:
        raise OptionError(f"expected indices of {count} {what}, 0 to {count - 1}: {error}") from error
    if found.ndim != 1:
        raise OptionError(f"expected a flat list of indices, got one of shape {found.shape}")
    return found


def check_split(split: str) -> None:
    """Refuse a split that no data set has.

    Raises:
        OptionError: ``split`` is neither ``"train"`` nor ``"test"``.
    """
    if split not in SPLITS:
        raise OptionError(f"expected a split, 'train' or 'test', got {split!r}")
