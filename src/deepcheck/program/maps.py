"""The affine primitives: gather by an index map, contract with a constant, scale by a constant.

Shapes never include the batch axis. A map knows how long its sums are and how much it can enlarge a
value, which is what a rounding bound needs; an *arithmetic* knows how to apply it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.program.constants import Constant
from deepcheck.program.rationals import Array

ABSENT = -1


@dataclass(frozen=True, eq=False)
class Gather:
    """``out.flat[o] = in.flat[index.flat[o]]``, and 0 where the index is ``ABSENT`` (padding).

    Attributes:
        index: Source element of each output element, in the output's shape.
        source_shape: The operand's shape.
        rows: The last axis is about to be contracted whole, so a window must keep whole rows.
    """

    index: Array
    source_shape: tuple[int, ...]
    rows: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's shape."""
        return tuple(self.index.shape)

    @cached_property
    def padded(self) -> bool:
        """Does any output element read padding?"""
        return bool((self.index == ABSENT).any())

    @cached_property
    def is_reshape(self) -> bool:
        """Is this only a new shape for the same elements in the same order?"""
        size = prod(self.source_shape)
        return self.index.size == size and bool((self.index.ravel() == np.arange(size)).all())

    @cached_property
    def readers(self) -> Array:
        """For each source element the output elements that read it, ``(source, r)``, padded with ``ABSENT``."""
        flat = self.index.ravel()
        outputs = np.flatnonzero(flat != ABSENT)
        order = outputs[np.argsort(flat[outputs], kind="stable")]
        sources = flat[order]
        counts = np.bincount(sources, minlength=prod(self.source_shape))
        starts = np.cumsum(counts) - counts
        table = np.full((len(counts), max(int(counts.max(initial=0)), 1)), ABSENT, dtype=np.int64)
        table[sources, np.arange(len(order)) - starts[sources]] = order
        return table


@dataclass(frozen=True, eq=False)
class Reshape:
    """The same elements, in the same order, in another shape."""

    source_shape: tuple[int, ...]
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if prod(self.source_shape) != prod(self.shape):
            raise MalformedModel(f"cannot reshape {self.source_shape} to {self.shape}")


@dataclass(frozen=True, eq=False)
class Contract:
    """``(groups, rows, k) -> (groups, rows, m)``: each group's rows times its constant ``(k, m)`` matrix."""

    weight: Constant
    source_shape: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's shape, ``(groups, rows, m)``."""
        return (*self.source_shape[:2], self.weight.shape[2])

    @cached_property
    def growth(self) -> float:
        """The largest 1-norm of the coefficients of one output: how much an error can grow."""
        return self._norm(1)

    @cached_property
    def growth_transposed(self) -> float:
        """The same for the transpose."""
        return self._norm(2)

    def _norm(self, axis: int) -> float:
        magnitudes = np.abs(self.weight.floats(np.dtype(np.float64)))
        return float(magnitudes.sum(axis=axis).max(initial=0.0)) * (1 + 2.0**-30)


@dataclass(frozen=True, eq=False)
class Scale:
    """Each element times its own constant (a diagonal matrix)."""

    factor: Constant
    shape: tuple[int, ...]

    @property
    def source_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        return self.shape


@dataclass(frozen=True, eq=False)
class Convolve:
    """A sliding product: unfold, contract, fold. It means its parts, one after another; an arithmetic may fuse them.

    Attributes:
        unfold: ``(n, channels, *spatial)`` to ``(groups, n * positions, k)``, with 0 in the padding.
        product: ``(groups, n * positions, k)`` to ``(groups, n * positions, m)``.
        fold: Back to ``(n, groups * m, *positions)``.
    """

    unfold: "Gather | Reshape"
    product: Contract
    fold: "Gather | Reshape"

    @property
    def source_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        return self.unfold.source_shape

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's shape."""
        return self.fold.shape

    @property
    def parts(self) -> tuple["Gather | Reshape", Contract, "Gather | Reshape"]:
        """The primitives that it is made of, first to last."""
        return (self.unfold, self.product, self.fold)


Primitive = Gather | Reshape | Contract | Scale
LinearMap = Primitive | Convolve


def parts_of(maps: Sequence[LinearMap]) -> Iterator[Primitive]:
    """The primitives of a chain of maps, first to last."""
    for linear in maps:
        if isinstance(linear, Convolve):
            yield from linear.parts
        else:
            yield linear


def gather(index: Array, source_shape: tuple[int, ...], *, rows: bool = False) -> Gather | Reshape:
    """A gather, or the cheaper reshape where the index map moves nothing."""
    found = Gather(np.ascontiguousarray(index, dtype=np.int64), source_shape, rows)
    return Reshape(source_shape, found.shape) if found.is_reshape else found
