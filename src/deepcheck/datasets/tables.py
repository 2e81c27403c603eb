"""What a data set of measurements is, once read: rows of numbers in the measurements' own units, and their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from deepcheck.datasets.images import positions
from deepcheck.errors import DataError


@final
@dataclass(frozen=True, eq=False)
class TableSet:
    """Labelled samples of one split of one data set; the arrays are read-only.

    Attributes:
        name: The data set, as the function that reads it is called.
        split: ``"train"`` or ``"test"``.
        rows: One sample each, ``(n, m)`` float32, in the measurements' own units.
        labels: Indices into ``classes``, ``(n,)``, int64.
        classes: The name of each label.
        feature_names: The name of each measurement.
        lower: The least value of each measurement in the *training* samples, ``(m,)`` float32.
        upper: The largest, likewise. A test sample may lie outside: see `range_holding`.

    Raises:
        DataError: The arrays do not fit together, or hold a number that is not finite.
    """

    name: str
    split: str
    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    feature_names: tuple[str, ...]
    lower: NDArray[np.float32]
    upper: NDArray[np.float32]

    def __post_init__(self) -> None:
        where, width = f"{self.name} {self.split}", len(self.feature_names)
        if self.rows.dtype != np.float32 or self.rows.shape != (len(self.labels), width):
            wanted = f"float32 rows ({len(self.labels)}, {width})"
            raise DataError(f"{where}: expected {wanted}, got {self.rows.dtype} {self.rows.shape}")
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            got = f"{self.labels.min()} to {self.labels.max()}"
            raise DataError(f"{where}: expected labels 0 to {len(self.classes) - 1}, got {got}")
        if self.lower.shape != (width,) or self.upper.shape != (width,) or not (self.lower <= self.upper).all():
            raise DataError(f"{where}: expected a least and a largest value for each of {width} measurements")
        if not np.isfinite(self.rows).all():
            raise DataError(f"{where}: expected finite numbers, got others")
        for array in (self.rows, self.labels, self.lower, self.upper):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, indices: int | slice | Sequence[int] | NDArray[Any] | None = None) -> NDArray[np.float32]:
        """Give samples as a network reads them, in their own units.

        Args:
            indices: One index, several, a slice, a mask ``(n,)`` of bool, or None for all samples.

        Returns:
            ``(k, m)``; one index gives ``k = 1``.

        Raises:
            OptionError: An index that is not of this set.
        """
        chosen = np.arange(len(self)) if indices is None else positions(indices, len(self), "samples")
        return np.array(self.rows[chosen])

    def range_holding(self, rows: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The range of each measurement in the training samples, widened where it has to be to hold some rows.

        Args:
            rows: One row ``(m,)`` or several ``(k, m)``.

        Returns:
            Least and largest values, ``(m,)`` each.
        """
        held = np.atleast_2d(np.asarray(rows, dtype=np.float32))
        return np.minimum(self.lower, held.min(axis=0)), np.maximum(self.upper, held.max(axis=0))
