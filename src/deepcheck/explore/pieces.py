"""Boxes of values of sets of features, many side by side, and how they are cut."""

from dataclasses import dataclass, fields

import numpy as np

from deepcheck.domains import Box
from deepcheck.program import Array
from deepcheck.program.bounded import difference
from deepcheck.symbolic.bounds import Known
from deepcheck.symbolic.parts import Boxes, Movable

NARROW = 2.0**-30
"""Pieces narrower than this, relative to the domain, are not cut: rounding decides there."""


@dataclass(frozen=True)
class Pieces:
    """Boxes, one per row.

    Attributes:
        of: The position of the set that it is a piece of.
        lower: Least displacement of each element, ``(rows, k)``; with levels, its first level.
        upper: The largest; with levels, its last level.
        labels: Which other labels are open, ``(rows, others)``.
        known: The layers' ranges of a part that holds the piece, ``(rows, m)`` each; may be views of one row.
    """

    of: Array
    lower: Array
    upper: Array
    labels: Array
    known: tuple[Known, ...]

    def __len__(self) -> int:
        return len(self.of)

    def take(self, rows: Array | slice) -> "Pieces":
        """Some rows."""
        known = tuple((low[rows], high[rows]) for low, high in self.known)
        return Pieces(self.of[rows], self.lower[rows], self.upper[rows], self.labels[rows], known)

    @staticmethod
    def join(parts: "list[Pieces]") -> "Pieces":
        """The rows of several, at least one."""
        if len(parts) == 1:
            return parts[0]
        plain = [np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Pieces) if f.name != "known"]
        known = tuple(
            (np.concatenate([p.known[at][0] for p in parts]), np.concatenate([p.known[at][1] for p in parts]))
            for at in range(len(parts[0].known))
        )
        return Pieces(plain[0], plain[1], plain[2], plain[3], known)


@dataclass(frozen=True)
class Cutter:
    """Makes pieces of sets of features of one input, and cuts them.

    Attributes:
        box: The domain.
        movable: The features, as displacements.
        origin: The input, flat float64.
        elements: The elements of each set, ``(sets, k)``.
    """

    box: Box
    movable: Movable
    origin: Array
    elements: Array

    def whole(self, of: Array, labels: Array, known: tuple[Known, ...]) -> Pieces:
        """The whole box of some sets; ``known`` holds for all of them, ``(m,)`` each."""
        elements = self.elements[of]
        views = tuple(
            (np.broadcast_to(low, (len(of), len(low))), np.broadcast_to(high, (len(of), len(high))))
            for low, high in known
        )
        labels = np.broadcast_to(labels, (len(of), len(labels)))
        if self.box.tables is None:
            return Pieces(of, self.movable.lower[elements], self.movable.upper[elements], labels, views)
        tables = self.box.tables[self.box.channel[elements]]
        first = (tables < self.box.lower[elements][..., None]).sum(axis=2)
        last = (tables <= self.box.upper[elements][..., None]).sum(axis=2) - 1
        return Pieces(of, first, last, labels, views)

    def boxes(self, pieces: Pieces) -> Boxes:
        """The pieces as boxes of displacements, rounded outward."""
        elements = self.elements[pieces.of]
        if self.box.tables is None:
            return Boxes(elements, pieces.lower, pieces.upper)
        origin = self.origin[elements]
        low, low_error = difference(self.box.tables[self.box.channel[elements], pieces.lower], origin)
        high, high_error = difference(self.box.tables[self.box.channel[elements], pieces.upper], origin)
        return Boxes(elements, low - low_error, high + high_error)

    def corners(self, pieces: Pieces, down: Array) -> Array:
        """The values at a corner of each piece, ``(rows, k)``, in the model's own numbers: the lower end where down.

        On a continuum they may lie outside of the piece by a rounding, never outside of the domain.
        """
        elements = self.elements[pieces.of]
        ends = np.where(down, pieces.lower, pieces.upper)
        if self.box.tables is not None:
            return np.asarray(self.box.tables[self.box.channel[elements], ends])
        values = self.origin[elements] + ends
        return np.asarray(np.clip(values, self.box.lower[elements], self.box.upper[elements]))

    def points(self, pieces: Pieces) -> Array:
        """Which pieces are one point of a grid, ``(rows,)``."""
        if self.box.tables is None:
            return np.zeros(len(pieces), dtype=bool)
        return np.asarray((pieces.lower == pieces.upper).all(axis=1))

    def halved(self, pieces: Pieces) -> tuple[Pieces, Array]:
        """Both halves of each piece that is wide enough, and which ones are, ``(rows,)``."""
        rows = np.arange(len(pieces))
        width = (pieces.upper - pieces.lower).astype(np.float64)
        if self.box.tables is not None:
            element = np.argmax(width, axis=1)
            low, high = pieces.lower[rows, element], pieces.upper[rows, element]
            first_ends, second_starts = (low + high) // 2, (low + high) // 2 + 1
            wide = low < high
        else:
            elements = self.elements[pieces.of]
            whole = np.maximum(self.box.upper[elements] - self.box.lower[elements], 2.0**-1000)
            element = np.argmax(width / whole, axis=1)
            low, high = pieces.lower[rows, element], pieces.upper[rows, element]
            first_ends = second_starts = low / 2 + high / 2
            wide = (low < first_ends) & (first_ends < high)
            wide &= width[rows, element] > NARROW * whole[rows, element]
        kept = np.flatnonzero(wide)
        both = pieces.take(np.concatenate([kept, kept]))
        lower, upper = both.lower.copy(), both.upper.copy()
        upper[np.arange(len(kept)), element[kept]] = first_ends[kept]
        lower[len(kept) + np.arange(len(kept)), element[kept]] = second_starts[kept]
        return Pieces(both.of, lower, upper, both.labels, both.known), wide
