"""What every word of a vocabulary puts into every unit, place by place: worked out once for a network.

Places of a convolution see their units through the same weights, so that most of them share one table.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from deepcheck.domains import Features
from deepcheck.program import Array, Program
from deepcheck.symbolic.one_layer import TINY, UNIT, UP, OneLayer

KEPT_BYTES = 512 << 20
"""Tables are kept up to so much memory; beyond it they are made again for each sentence."""

MODERATE = 1e100
"""Products of two numbers below this, summed, are far from overflow."""


def encoded(program: Program, features: Features, vectors: Array, words: Array) -> Array:
    """What the model receives for some sentences, ``(items, *input_shape)``, in the model's type.

    Args:
        program: The network.
        features: Which elements each position owns.
        vectors: The vector of each word, ``(words, dimensions)``.
        words: The word at each position, a row of the vectors, ``(items, positions)``.
    """
    flat = np.zeros((len(words), program.size), dtype=program.dtype)
    flat[:, features.members] = vectors[words]
    return flat.reshape(len(words), *program.input_shape)


@dataclass(frozen=True)
class Place:
    """What a place of a sentence is to a network.

    Attributes:
        members: The input elements that its vector owns, ``(dimensions,)``.
        units: The units that see it, increasing.
        table: Which table is its own.
        error: How far an entry of its table may be off, by unit.
        reach: The most that any word puts into each of these units, in magnitude.
    """

    members: Array
    units: Array
    table: int
    error: Array
    reach: Array


@dataclass
class Tables:
    """The places of a network, and their tables.

    Attributes:
        layer: The network, taken apart.
        vectors: What the model receives for each word, ``(words, dimensions)`` float64, exact.
        features: Which elements each position owns.
        places: One for each position.
    """

    layer: OneLayer
    vectors: Array
    features: Features
    places: tuple[Place, ...]
    _matrices: tuple[Array, ...]
    _made: dict[int, Array] = field(default_factory=dict)

    @staticmethod
    def of(layer: OneLayer, vectors: Array, features: Features) -> "Tables":
        """Find which units see which place, and which places share a table."""
        weights, errors = layer.weights.value, layer.weights.error
        largest = np.abs(vectors).max(axis=0)
        known: dict[tuple[tuple[int, ...], bytes], int] = {}
        matrices: list[Array] = []
        places = []
        for members in features.members:
            own, own_error = weights[members], errors[members]
            units = np.flatnonzero(((own != 0) | (own_error != 0)).any(axis=0))
            matrix = np.ascontiguousarray(own[:, units])
            key = (matrix.shape, matrix.tobytes())
            if key not in known:
                known[key] = len(matrices)
                matrices.append(matrix)
            reach = largest @ np.abs(matrix)
            terms = len(members)
            error = largest @ own_error[:, units] + (terms + 3) * UNIT * reach + terms * TINY
            places.append(Place(members, units, known[key], error * (1 + 2.0**-30), (reach + error) * (1 + 2.0**-30)))
        return Tables(layer, vectors, features, tuple(places), tuple(matrices))

    def inputs(self, words: Array) -> Array:
        """What the model receives for some sentences, ``(items, positions)`` rows of the vectors."""
        return encoded(self.layer.program, self.features, self.vectors, words)

    def table(self, number: int) -> Array:
        """What each word puts into each unit, ``(units, words)``."""
        if number in self._made:
            return self._made[number]
        made = np.ascontiguousarray(self._matrices[number].T @ self.vectors.T)
        if sum(table.nbytes for table in self._made.values()) + made.nbytes <= KEPT_BYTES:
            self._made[number] = made
        return made

    @property
    def moderate(self) -> bool:
        """Are all numbers so small that no sum of them overflows? Bounds on rounding say nothing otherwise."""
        layer, vectors = self.layer, float(np.abs(self.vectors).max())
        reach = max(float(place.reach.max(initial=0.0)) for place in self.places)
        rates = np.abs(layer.rates.value) + layer.rates.error
        linear = np.abs(layer.linear.value) + layer.linear.error
        sizes = np.array([reach, float(rates.max(initial=0.0)), float(linear.max(initial=0.0)), vectors])
        return bool((sizes < MODERATE).all())

    @cached_property
    def gap(self) -> int:
        """Two places at least so far apart share no unit: what their words do adds up."""
        seen = np.zeros((len(self.places), self.layer.weights.value.shape[1]), dtype=np.float32)
        for number, place in enumerate(self.places):
            seen[number, place.units] = 1
        first, second = np.nonzero(seen @ seen.T)
        return int(np.abs(first - second).max(initial=0)) + 1


__all__ = ["TINY", "UNIT", "UP", "Place", "Tables"]
