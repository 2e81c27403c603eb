"""A box around an input, in the units of what the model receives."""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import Array


@dataclass(frozen=True)
class Box:
    """Where each element may go.

    Attributes:
        lower: Least value of each element, ``(size,)`` float64, exactly a number of the model's type.
        upper: Largest value, likewise; infinite where unbounded.
        tables: The numbers that the model can receive, ``(channels, levels)`` increasing, or None for a continuum.
        channel: Which table each element uses, ``(size,)``.
    """

    lower: Array
    upper: Array
    tables: Array | None
    channel: Array

    @property
    def bounded(self) -> bool:
        """Is every element's range finite?"""
        return bool(np.isfinite(self.lower).all() and np.isfinite(self.upper).all())
