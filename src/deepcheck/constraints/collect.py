"""A guard sink that keeps the guards: for solvers, certificates and export."""

from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from deepcheck.constraints.inequalities import Inequalities


class ExactBlock(Protocol):
    """A block of exact numbers, one row per column."""

    def fractions(self) -> npt.NDArray[np.object_]:
        """The numbers as ``fractions.Fraction``."""


class Collect:
    """Keeps the guards of a single column in exact arithmetic; those that cannot change are counted, not kept.

    Attributes:
        constant: How many guards do not depend on the unknown.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[Fraction, Fraction]] = []
        self.constant = 0

    def emit(self, values: ExactBlock, slopes: ExactBlock, present: npt.NDArray[np.bool_]) -> None:
        """Take ``values + slopes * d >= 0`` where present."""
        kept = present[0]
        pairs = list(zip(values.fractions()[0][kept], slopes.fractions()[0][kept], strict=True))
        self._rows += [pair for pair in pairs if pair[1] != 0]
        self.constant += sum(slope == 0 for _, slope in pairs)

    def inequalities(self) -> Inequalities:
        """The path condition so far, over one unknown."""
        coefficients = tuple((slope,) for _, slope in self._rows)
        return Inequalities(coefficients, tuple(value for value, _ in self._rows), (False,) * len(self._rows))
