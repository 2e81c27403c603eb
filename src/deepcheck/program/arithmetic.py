"""What an arithmetic must supply: the affine primitives, their transposes, and what branches need.

A *batch array* is whatever an arithmetic computes with; its leading axis counts items. Factors and
offsets of a branch come as small exact numbers, per item and element.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np

from deepcheck.program.constants import Constant
from deepcheck.program.maps import Contract, Convolve, Gather, LinearMap, Reshape, Scale
from deepcheck.program.rationals import Array

A = TypeVar("A")


@dataclass(frozen=True)
class Choice:
    """A small integer per row of a batch array and element, such as the arms of a path.

    Attributes:
        options: ``(items, *shape)``.
        items: Which item each row of the batch array belongs to, ``(rows,)``; None where rows are the items.
    """

    options: Array
    items: Array | None = None

    @property
    def full(self) -> Array:
        """One choice per row and element, ``(rows, *shape)``."""
        return self.options if self.items is None else self.options[self.items]

    def at(self, elements: Array) -> Array:
        """The choices of chosen elements, ``(rows, m)``, for flat elements ``(rows, m)``."""
        flat = self.options.reshape(len(self.options), -1)
        rows = np.arange(len(flat)) if self.items is None else self.items
        return np.asarray(flat[rows[:, None], elements])


@dataclass(frozen=True)
class Table:
    """One of a few exact numbers per row and element: ``numbers[choice]``."""

    numbers: tuple[Fraction, ...]
    choice: Choice


class Arithmetic(ABC, Generic[A]):
    """The primitives on batch arrays of one kind."""

    @abstractmethod
    def reshape(self, shape: tuple[int, ...], x: A) -> A:
        """The same elements in another shape (without the batch axis)."""

    @abstractmethod
    def gather(self, move: Gather, x: A) -> A:
        """Apply an index map."""

    @abstractmethod
    def gather_transposed(self, move: Gather, x: A) -> A:
        """Apply the transpose of an index map: every source sums its readers."""

    @abstractmethod
    def contract(self, product: Contract, x: A) -> A:
        """Multiply rows by a constant matrix."""

    @abstractmethod
    def contract_transposed(self, product: Contract, x: A) -> A:
        """Multiply rows by the transposed constant matrix."""

    @abstractmethod
    def scale(self, scaling: Scale, x: A) -> A:
        """Multiply each element by its constant (its own transpose)."""

    @abstractmethod
    def add(self, x: A, y: A) -> A:
        """The sum of two batch arrays."""

    @abstractmethod
    def shift(self, constant: Constant, x: A) -> A:
        """Add a constant to every item."""

    @abstractmethod
    def times(self, x: A, factors: Table) -> A:
        """Multiply by one of a few exact numbers per item and element."""

    @abstractmethod
    def plus(self, x: A, offsets: Table) -> A:
        """Add one of a few exact numbers per item and element."""

    @abstractmethod
    def pick(self, x: A, slots: Choice) -> A:
        """``out[n, ...] = x[n, ..., slots[n, ...]]``: one element of the last axis."""

    @abstractmethod
    def pick_transposed(self, x: A, slots: Choice, width: int) -> A:
        """The transpose of `pick`: each element back to its slot, 0 elsewhere."""

    @abstractmethod
    def spread(self, x: A, width: int) -> A:
        """Repeat each element along a new last axis."""

    @abstractmethod
    def subtract(self, x: A, y: A) -> A:
        """The difference of two batch arrays."""

    @abstractmethod
    def signs(self, x: A) -> tuple[Array, Array]:
        """The sign of each element (int8) and whether that sign is certain (bool), both in the array's shape."""

    @abstractmethod
    def first_largest(self, x: A, present: Array) -> Array:
        """The slot of the largest present element of the last axis, the lowest slot on ties."""

    @abstractmethod
    def finite(self, x: A) -> Array:
        """Which items have not overflowed, ``(items,)``."""

    @abstractmethod
    def take(self, x: A, items: Array) -> A:
        """Some items of the batch, in the given order."""

    @abstractmethod
    def flat(self, x: A) -> A:
        """The elements of each row in one axis, ``(rows, m)``."""

    def convolve(self, convolution: Convolve, x: A) -> A:
        """Apply a sliding product; by default its parts, one after another."""
        for part in convolution.parts:
            x = self.apply(part, x)
        return x

    def convolve_transposed(self, convolution: Convolve, x: A) -> A:
        """Apply the transpose of a sliding product; by default that of its parts, last to first."""
        for part in reversed(convolution.parts):
            x = self.apply_transposed(part, x)
        return x

    def apply(self, linear: LinearMap, x: A) -> A:
        """Apply one linear map."""
        match linear:
            case Reshape():
                return self.reshape(linear.shape, x)
            case Gather():
                return self.gather(linear, x)
            case Contract():
                return self.contract(linear, x)
            case Scale():
                return self.scale(linear, x)
            case Convolve():
                return self.convolve(linear, x)

    def apply_transposed(self, linear: LinearMap, x: A) -> A:
        """Apply the transpose of one linear map."""
        match linear:
            case Reshape():
                return self.reshape(linear.source_shape, x)
            case Gather():
                return self.gather_transposed(linear, x)
            case Contract():
                return self.contract_transposed(linear, x)
            case Scale():
                return self.scale(linear, x)
            case Convolve():
                return self.convolve_transposed(linear, x)
