"""What a search finds, as columns: one row per (item, element, other label)."""

from dataclasses import dataclass, fields, replace

import numpy as np

from deepcheck.program import Array


@dataclass(frozen=True)
class Regions:
    """Sets of values of one element that reach one other label: one a label along a path, several along all paths.

    Attributes:
        item: Which input, ``(rows,)``.
        element: Which element is symbolic.
        label: The label reached.
        lower: Lower end of the closed hull of displacements, float64.
        upper: Upper end.
        first_level: First attacking level; -1 without levels.
        last_level: Last attacking level.
        value: A witness, in the model's type; NaN where there is none (only ties, or no value inside).
        margin: The label's lead over every other at the witness.
        outcome: An `Outcome`: attackable, tie or no value.
    """

    item: Array
    element: Array
    label: Array
    lower: Array
    upper: Array
    first_level: Array
    last_level: Array
    value: Array
    margin: Array
    outcome: Array

    def take(self, rows: Array) -> "Regions":
        """Some rows."""
        return Regions(*(getattr(self, field.name)[rows] for field in fields(self)))

    def at_items(self, items: Array) -> "Regions":
        """The same rows, with positions in a chunk turned into items of the batch."""
        return replace(self, item=items[self.item])

    @staticmethod
    def empty() -> "Regions":
        """No rows."""
        return Regions(
            *(np.zeros(0, dtype=kind) for kind in (int, int, int, float, float, int, int, float, float, int))
        )

    @staticmethod
    def join(parts: list["Regions"]) -> "Regions":
        """All rows of several."""
        if not parts:
            return Regions.empty()
        return Regions(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Regions)))
