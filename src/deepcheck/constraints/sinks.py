"""Where guards go as a symbolic run emits them."""

from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

A = TypeVar("A", contravariant=True)


class GuardSink(Protocol[A]):
    """Receives the path condition, block by block: it collects the guards, or folds them at once.

    A block is one family of guards of one branch instruction, for a batch of symbolic columns.
    """

    def emit(self, values: A, slopes: A, present: npt.NDArray[np.bool_]) -> None:
        """Take ``values + slopes * d >= 0``, one row per column, where present.

        Args:
            values: The guards at the input, ``(columns, guards)``; never negative.
            slopes: Their slopes in each column's own displacement, ``(columns, guards)``.
            present: Which of them are guards at all, ``(columns, guards)``.
        """
