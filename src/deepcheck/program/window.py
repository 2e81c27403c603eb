"""Which elements of a layer a symbolic element reaches, and how that grows by a gather."""

from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.program.maps import ABSENT, Gather
from deepcheck.program.rationals import Array


@dataclass(frozen=True, eq=False)
class Window:
    """Which elements of a layer each symbolic element reaches.

    Attributes:
        elements: Flat elements, ``(symbolic elements, m)``, padded with ``ABSENT``.
        width: Elements come in whole rows of this length, as a contraction needs them; 1 is no rows.
    """

    elements: Array
    width: int = 1

    @property
    def rows(self) -> Array:
        """The rows that the elements fill, ``(symbolic elements, m / width)``, padded with ``ABSENT``."""
        first = self.elements[:, :: self.width]
        return np.where(first == ABSENT, ABSENT, first // self.width)


def widened(window: Window, width: int) -> tuple[Array, Window]:
    """Each row of a window becomes a row of ``width`` elements."""
    rows = window.rows[:, :, None]
    elements = np.where(rows == ABSENT, ABSENT, rows * width + np.arange(width))
    return rows, Window(elements.reshape(len(rows), -1), width)


def grown(window: Window, move: Gather) -> tuple[Array, Window]:
    """The window behind a gather, and for each of its elements the slot in the window before.

    Returns:
        Slots ``(symbolic elements, m)``, pointing one past the end where nothing arrives; the new window.
    """
    count, before = window.elements.shape
    padded = np.concatenate([move.readers, np.full((1, move.readers.shape[1]), ABSENT)], axis=0)
    readers = padded[window.elements]
    symbol, slot, _ = np.nonzero(readers != ABSENT)
    reached = readers[readers != ABSENT]
    width = move.shape[-1] if move.rows else 1
    lines = prod(move.shape) // width
    keys, inverse = np.unique(symbol * lines + reached // width, return_inverse=True)
    owner = keys // lines
    starts = np.searchsorted(owner, np.arange(count + 1))
    most = max(int(np.diff(starts).max(initial=0)), 1)
    position = np.arange(len(keys)) - starts[owner]
    rows = np.full((count, most), ABSENT, dtype=np.int64)
    rows[owner, position] = keys % lines
    slots = np.full((count, most, width), before, dtype=np.int64)
    slots[symbol, position[inverse], reached % width] = slot
    elements = np.where(rows[:, :, None] == ABSENT, ABSENT, rows[:, :, None] * width + np.arange(width))
    return slots.reshape(count, -1), Window(elements.reshape(count, -1), width)
