"""Parts of a domain, many at once: changes of at most so many features of some blocks, and boxes of a few elements.

A part knows the least of a linear form over all of its points; that is all that bounds need to know of it.

Source: Shapira and Drachsler-Cohen (arXiv 2511.10576): over the changes of at most t features, the least of a linear
form is the sum of the t least that single features can add.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.program import Array, Bounded
from deepcheck.program.bounded import TINY, UP, gamma
from deepcheck.program.rows import sizes
from deepcheck.symbolic.bound_kernels import box_columns, box_products, least_changes, least_columns
from deepcheck.symbolic.prepared import Level


class Parts(ABC):
    """Some parts of the domain of one input, as displacements from it."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many parts."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many elements move."""

    @property
    @abstractmethod
    def reach(self) -> Array:
        """At least the sum of the magnitudes of any point's displacements, ``(parts,)``."""

    @abstractmethod
    def ranges(self, size: int) -> tuple[Array, Array]:
        """Each element's least and largest displacement, ``(parts, size)``."""

    @abstractmethod
    def columns(self, level: Level) -> tuple[Array, Array]:
        """Least and largest values of a layer's forms, rounded outward, ``(parts, m)`` each."""

    @abstractmethod
    def behind(self, rows: Bounded, items: Array, level: Level) -> Bounded:
        """Coefficients of the moving elements in forms over a layer: rows ``(rows, m)`` to ``(rows, moving)``."""

    @abstractmethod
    def moving(self, rows: Bounded, items: Array) -> Bounded:
        """Those coefficients, out of the coefficients of all elements, ``(rows, size)``."""

    @abstractmethod
    def least(self, rows: Bounded, items: Array) -> Array:
        """The least of each form over its part, rounded down, ``(rows,)``."""


@dataclass(frozen=True)
class Movable:
    """The features of one input that may change.

    Attributes:
        members: The elements of each feature, ``(features, width)``.
        lower: Least displacement of each element, ``(size,)``, never above 0.
        upper: Largest, never below 0.
    """

    members: Array
    lower: Array
    upper: Array

    @cached_property
    def farthest(self) -> Array:
        """How far each feature can move, summed over its elements, ``(features,)``."""
        far = np.maximum(np.abs(self.lower), np.abs(self.upper))[self.members]
        return np.asarray(far.sum(axis=1) * UP)

    def gains(self, level: Level) -> tuple[Array, Array]:
        """What each feature can add at least to each form, and to its negative, ``(features, m)`` each."""
        found = []
        for lower, upper in ((self.lower, self.upper), (-self.upper, -self.lower)):
            total = np.zeros((len(self.members), level.weights.shape[1]))
            for at in range(self.members.shape[1]):
                element = self.members[:, at]
                weights = level.weights[element]
                total += np.minimum(weights * lower[element, None], weights * upper[element, None])
            found.append(total)
        return found[0], found[1]


@dataclass(frozen=True)
class Blocks(Parts):
    """Each part: at most ``count`` features of each of a few disjoint blocks.

    Attributes:
        movable: The features.
        listed: The features of all blocks, block after block, ``(places,)``.
        starts: First place of each block, ``(parts, blocks)``.
        ends: One past its last.
        counts: How many of its features may change.
        gains: By layer, what `Movable.gains` found.
    """

    movable: Movable
    listed: Array
    starts: Array
    ends: Array
    counts: Array
    gains: "dict[int, tuple[Array, Array]]"

    @property
    def count(self) -> int:
        return len(self.starts)

    @property
    def width(self) -> int:
        return int(self._elements.size)

    @cached_property
    def reach(self) -> Array:
        farthest = float(self.movable.farthest.max(initial=0.0))
        return np.asarray(self.counts.sum(axis=1) * farthest * UP)

    @cached_property
    def used(self) -> Array:
        """The features that any part can change, increasing."""
        return np.unique(self.listed)

    @cached_property
    def place(self) -> Array:
        """For each place its feature's position among those used."""
        return np.searchsorted(self.used, self.listed)

    @cached_property
    def _elements(self) -> Array:
        return np.asarray(self.movable.members[self.used])

    def ranges(self, size: int) -> tuple[Array, Array]:
        lower, upper = np.zeros((self.count, size)), np.zeros((self.count, size))
        for block in range(self.starts.shape[1]):
            for part in range(self.count):
                if self.counts[part, block]:
                    places = self.listed[self.starts[part, block] : self.ends[part, block]]
                    elements = self.movable.members[places].ravel()
                    lower[part, elements] = self.movable.lower[elements]
                    upper[part, elements] = self.movable.upper[elements]
        return lower, upper

    def columns(self, level: Level) -> tuple[Array, Array]:
        if id(level) not in self.gains:
            self.gains[id(level)] = self.movable.gains(level)
        pointers, rows = self._pattern(level)
        steps = float(len(rows)) * self.count
        found = []
        slack = self.reach * level.error * UP
        for gains in self.gains[id(level)]:
            total = np.zeros((self.count, level.weights.shape[1]))
            blocks = (self.starts, self.ends, self.counts)
            least_columns(gains, pointers, rows, blocks, self.listed, total, steps=steps)
            terms = int(self.counts.sum(axis=1).max(initial=0)) * self.movable.members.shape[1]
            found.append(total * (1 + gamma(terms) * UP) - slack[:, None] - TINY)
        return found[0], -found[1]

    def _pattern(self, level: Level) -> tuple[Array, Array]:
        if np.array_equal(self.movable.members, np.arange(len(level.weights))[:, None]):
            return level.pattern
        touched = (level.weights[self.movable.members] != 0).any(axis=1)
        feature, form = np.nonzero(touched)
        return np.searchsorted(feature, np.arange(len(touched) + 1)), form

    def behind(self, rows: Bounded, items: Array, level: Level) -> Bounded:
        live = np.flatnonzero(rows.value.any(axis=0))
        weights = level.weights[np.ix_(self._elements.ravel(), live)]
        value = np.ascontiguousarray(rows.value[:, live]) @ weights.T
        return Bounded(value, level.product_error(rows.size), np.zeros(len(items)))

    def moving(self, rows: Bounded, items: Array) -> Bounded:
        return Bounded(rows.value[:, self._elements.ravel()], rows.error, rows.size)

    def least(self, rows: Bounded, items: Array) -> Array:
        elements = self._elements
        values = np.ascontiguousarray(rows.value).reshape(len(items), *elements.shape)
        ends = (self.movable.lower[elements], self.movable.upper[elements])
        found = np.zeros(len(items))
        blocks = (self.starts, self.ends, self.counts)
        least_changes(values, items, blocks, self.place, ends, found, steps=float(values.size))
        terms = int(self.counts.sum(axis=1).max(initial=0)) * self.movable.members.shape[1]
        return np.asarray(found * (1 + gamma(terms) * UP) - rows.error * self.reach[items] * UP - TINY)

    def changes(self, rows: Array) -> Array:
        """What each used feature can add at least to each form, ``(rows, used)``."""
        elements = self._elements
        values = rows.reshape(len(rows), *elements.shape)
        gains = np.minimum(values * self.movable.lower[elements], values * self.movable.upper[elements])
        return np.asarray(gains[:, :, 0] if elements.shape[1] == 1 else gains.sum(axis=2))


@dataclass(frozen=True)
class Boxes(Parts):
    """Each part: a box of a few elements' displacements; all others stay.

    Attributes:
        elements: The elements, ``(parts, k)``, each once in a part.
        lower: Their least displacements, ``(parts, k)``.
        upper: Their largest.
    """

    elements: Array
    lower: Array
    upper: Array

    @property
    def count(self) -> int:
        return len(self.elements)

    @property
    def width(self) -> int:
        return int(self.elements.shape[1])

    @cached_property
    def reach(self) -> Array:
        return np.asarray(np.maximum(np.abs(self.lower), np.abs(self.upper)).sum(axis=1) * UP)

    def ranges(self, size: int) -> tuple[Array, Array]:
        lower, upper = np.zeros((self.count, size)), np.zeros((self.count, size))
        np.put_along_axis(lower, self.elements, self.lower, axis=1)
        np.put_along_axis(upper, self.elements, self.upper, axis=1)
        return lower, upper

    def columns(self, level: Level) -> tuple[Array, Array]:
        found = np.zeros((3, self.count, level.weights.shape[1]))
        box_columns(level.weights, self.elements, self.lower, self.upper, found, steps=float(found.size))
        slack = found[2] * gamma(self.elements.shape[1]) + (self.reach * level.error)[:, None] * UP + TINY
        return found[0] - slack, found[1] + slack

    def behind(self, rows: Bounded, items: Array, level: Level) -> Bounded:
        found = np.zeros((len(items), self.elements.shape[1]))
        steps = float(rows.value.size * self.elements.shape[1])
        box_products(rows.value, items, level.weights, self.elements, found, steps=steps)
        return Bounded(found, level.product_error(rows.size), np.zeros(len(items)))

    def moving(self, rows: Bounded, items: Array) -> Bounded:
        return Bounded(np.take_along_axis(rows.value, self.elements[items], axis=1), rows.error, rows.size)

    def least(self, rows: Bounded, items: Array) -> Array:
        low, high = rows.value * self.lower[items], rows.value * self.upper[items]
        size = np.maximum(np.abs(low), np.abs(high)).sum(axis=1)
        slack = gamma(self.elements.shape[1]) * size + rows.error * self.reach[items] * UP + TINY
        return np.asarray(np.minimum(low, high).sum(axis=1) - slack)


def measured(value: Array) -> Bounded:
    """Rows that are exactly what they say, with the size of each."""
    return Bounded(value, np.zeros(len(value)), sizes(value))
