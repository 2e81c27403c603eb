"""Branch instructions: a finite choice per element, then linear.

Two families cover every continuous piecewise-linear network: a scalar function given by breakpoints,
slopes and intercepts, and the largest of several elements. On a border the lowest index is taken (for ReLU
the inactive arm): both pieces agree there.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TypeVar

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.program.arithmetic import Arithmetic, Choice, Table
from deepcheck.program.floats import Floats
from deepcheck.program.maps import Gather
from deepcheck.program.rationals import Array

A = TypeVar("A")
_MAGNITUDES = Floats(absolute=True)


@dataclass(frozen=True, eq=False)
class Branch(ABC):
    """One operand, one arm per output element; along fixed arms the instruction is affine.

    Attributes:
        operand: The value that it reads.
    """

    operand: int

    @property
    def operands(self) -> tuple[int, ...]:
        """The values that the instruction reads."""
        return (self.operand,)

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The output's shape; arms have it too."""

    @property
    @abstractmethod
    def source_shape(self) -> tuple[int, ...]:
        """The operand's shape."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """A word for people."""

    @abstractmethod
    def decide(self, arithmetic: Arithmetic[A], z: A) -> Array:
        """The arm of each output element, ``(items, *shape)`` small integers."""

    def settle(self, arithmetic: Arithmetic[A], z: A, moves: Array | None = None) -> tuple[Array, Array, Array]:
        """The arms, whether each item's arms are certain, and how many guards of each are exactly 0.

        Args:
            arithmetic: What ``z`` is computed in.
            z: The operand.
            moves: 1 where an element of the operand can change along the path, else 0; two candidates of a max pooling
                that cannot are no border when they tie (DESIGN.md, section 4.3). By default all can.

        Returns:
            Arms ``(items, *shape)``, certain ``(items,)``, borders ``(items,)``.
        """
        arms = self.decide(arithmetic, z)
        certain, borders = np.ones(len(arms), dtype=bool), np.zeros(len(arms), dtype=np.int64)
        shifts = [] if moves is None else list(self.guards_linear(_MAGNITUDES, Choice(arms), moves))
        for family, (guard, present) in enumerate(self.guards(arithmetic, Choice(arms), z)):
            signs, sure = arithmetic.signs(guard)
            certain &= ((sure & (signs >= 0)) | ~present).reshape(len(arms), -1).all(axis=1)
            tied = (signs == 0) & present & (shifts[family] > 0 if shifts else True)
            borders += np.count_nonzero(tied.reshape(len(arms), -1), axis=1)
        return arms, certain, borders

    @abstractmethod
    def select(self, arithmetic: Arithmetic[A], arms: Choice, z: A) -> A:
        """The value along the given arms."""

    @abstractmethod
    def select_linear(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> A:
        """The slopes along the given arms: `select` without intercepts."""

    @abstractmethod
    def select_transposed(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> A:
        """The transpose of `select_linear`."""

    @abstractmethod
    def guards(self, arithmetic: Arithmetic[A], arms: Choice, z: A) -> Iterator[tuple[A, Array]]:
        """Values that are ``>= 0`` exactly on the given arms (closed), each with a mask of those present."""

    @abstractmethod
    def guards_linear(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> Iterator[A]:
        """The slopes of `guards`, in the same order."""


@dataclass(frozen=True, eq=False)
class Piecewise(Branch):
    """A continuous scalar function: piece ``i`` is ``slopes[i] * z + intercepts[i]`` up to ``breakpoints[i]``.

    Raises:
        MalformedModel: If the pieces do not meet at a breakpoint, or the breakpoints do not increase.
    """

    size: tuple[int, ...]
    name: str
    breakpoints: tuple[Fraction, ...]
    slopes: tuple[Fraction, ...]
    intercepts: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if any(b <= a for a, b in zip(self.breakpoints, self.breakpoints[1:], strict=False)):
            raise MalformedModel(f"{self.name}: expected increasing breakpoints, got {self.breakpoints}")
        for i, t in enumerate(self.breakpoints):
            if self.slopes[i] * t + self.intercepts[i] != self.slopes[i + 1] * t + self.intercepts[i + 1]:
                raise MalformedModel(f"{self.name}: expected a continuous function, but it jumps at {float(t)}")

    @property
    def shape(self) -> tuple[int, ...]:
        return self.size

    @property
    def source_shape(self) -> tuple[int, ...]:
        return self.size

    @property
    def kind(self) -> str:
        return self.name

    def decide(self, arithmetic: Arithmetic[A], z: A) -> Array:
        return self.settle(arithmetic, z)[0]

    def settle(self, arithmetic: Arithmetic[A], z: A, moves: Array | None = None) -> tuple[Array, Array, Array]:
        arms: Array = np.zeros((), dtype=np.int8)
        certain: Array = np.ones((), dtype=bool)
        borders: Array = np.zeros((), dtype=np.int64)
        for t in self.breakpoints:
            offset = Table((-t,), Choice(np.zeros((1, *self.size), dtype=np.int8)))
            signs, sure = arithmetic.signs(arithmetic.plus(z, offset))
            flat = signs.reshape(len(signs), self.elements)
            arms = np.asarray(arms + (signs > 0))
            certain = np.asarray(certain & _all_rows(sure.reshape(flat.shape)))
            borders = np.asarray(borders + _zeros_in_rows(flat))
        return arms.astype(np.int8), certain, borders

    def select(self, arithmetic: Arithmetic[A], arms: Choice, z: A) -> A:
        return arithmetic.plus(self.select_linear(arithmetic, arms, z), Table(self.intercepts, arms))

    def select_linear(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> A:
        return arithmetic.times(s, Table(self.slopes, arms))

    def select_transposed(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> A:
        return self.select_linear(arithmetic, arms, s)

    @cached_property
    def elements(self) -> int:
        """How many elements it branches on."""
        return prod(self.size)

    @cached_property
    def _sides(self) -> tuple[tuple[tuple[Fraction, ...], tuple[Fraction, ...]], ...]:
        """Per family of guards: factor and offset by arm; a factor of 0 means no guard."""
        zero, one = Fraction(0), Fraction(1)
        if len(self.breakpoints) == 1:
            t = self.breakpoints[0]
            return (((-one, one), (t, -t)),)
        above = ((zero, *(one for _ in self.breakpoints)), (zero, *(-t for t in self.breakpoints)))
        below = ((*(-one for _ in self.breakpoints), zero), (*self.breakpoints, zero))
        return (above, below)

    def guards(self, arithmetic: Arithmetic[A], arms: Choice, z: A) -> Iterator[tuple[A, Array]]:
        for factors, offsets in self._sides:
            present = np.array([factor != 0 for factor in factors])[arms.full]
            yield arithmetic.plus(arithmetic.times(z, Table(factors, arms)), Table(offsets, arms)), present

    def guards_linear(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> Iterator[A]:
        for factors, _ in self._sides:
            yield arithmetic.times(s, Table(factors, arms))


@dataclass(frozen=True, eq=False)
class Largest(Branch):
    """The largest of several elements (max pooling): which one wins, one guard per loser.

    Attributes:
        windows: The candidates of each output element, ``(*shape, w)``; padding is absent, it can never win.
    """

    windows: Gather

    def __post_init__(self) -> None:
        if not self.present.any(axis=-1).all():
            raise MalformedModel("max pooling: a window lies wholly in the padding, so it has no largest element")

    @property
    def shape(self) -> tuple[int, ...]:
        return self.windows.shape[:-1]

    @property
    def source_shape(self) -> tuple[int, ...]:
        return self.windows.source_shape

    @property
    def kind(self) -> str:
        return "max"

    @cached_property
    def present(self) -> Array:
        """Which candidates exist, ``(*shape, w)``."""
        return self.windows.present

    def decide(self, arithmetic: Arithmetic[A], z: A) -> Array:
        return arithmetic.first_largest(arithmetic.gather(self.windows, z), self.present).astype(np.int32)

    def select(self, arithmetic: Arithmetic[A], arms: Choice, z: A) -> A:
        return arithmetic.pick(arithmetic.gather(self.windows, z), arms)

    def select_linear(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> A:
        return self.select(arithmetic, arms, s)

    def select_transposed(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> A:
        width = self.windows.shape[-1]
        return arithmetic.gather_transposed(self.windows, arithmetic.pick_transposed(s, arms, width))

    def guards(self, arithmetic: Arithmetic[A], arms: Choice, z: A) -> Iterator[tuple[A, Array]]:
        loser = np.arange(self.windows.shape[-1]) != arms.full[..., None]
        for difference in self.guards_linear(arithmetic, arms, z):
            yield difference, self.present & loser

    def guards_linear(self, arithmetic: Arithmetic[A], arms: Choice, s: A) -> Iterator[A]:
        candidates = arithmetic.gather(self.windows, s)
        winner = arithmetic.spread(arithmetic.pick(candidates, arms), self.windows.shape[-1])
        yield arithmetic.subtract(winner, candidates)


def _all_rows(flags: Array) -> Array:
    """``flags.all(axis=1)``, at once where all are set."""
    return np.ones(len(flags), dtype=bool) if flags.all() else np.asarray(flags.all(axis=1))


def _zeros_in_rows(values: Array) -> Array:
    """How many zeros each row has, at once where there are none."""
    if np.count_nonzero(values) == values.size:
        return np.zeros(len(values), dtype=np.int64)
    return np.asarray(values.shape[1] - np.count_nonzero(values, axis=1))
