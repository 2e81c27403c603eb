"""The affine primitives: gather by an index map, contract with a constant, scale by a constant.

Shapes never include the batch axis. A map knows how long its sums are and how much it can enlarge a
value, which is what a rounding bound needs; an *arithmetic* knows how to apply it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Protocol

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.program.constants import BLOCK, Constant
from deepcheck.program.rationals import Array

if TYPE_CHECKING:
    from deepcheck.program.sliding import Taps

ABSENT = -1


class Structure(Protocol):
    """An index map known by its structure: the index itself is made only for an arithmetic that asks."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's shape."""

    @property
    def padded(self) -> bool:
        """Does any output element read padding?"""

    @property
    def is_reshape(self) -> bool:
        """Is this only a new shape for the same elements in the same order?"""

    @property
    def most_readers(self) -> int:
        """How many output elements read one source element, at most."""

    def index(self) -> Array:
        """Source element of each output element, ``ABSENT`` in padding."""

    def present(self) -> Array:
        """Which output elements are not padding."""


@dataclass(frozen=True, eq=False)
class Gather:
    """``out.flat[o] = in.flat[index.flat[o]]``, and 0 where the index is ``ABSENT`` (padding).

    Attributes:
        given: Source element of each output element, in the output's shape; or the structure that tells.
        source_shape: The operand's shape.
        rows: The last axis is about to be contracted whole, so a window must keep whole rows.
    """

    given: Array | Structure
    source_shape: tuple[int, ...]
    rows: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's shape."""
        return tuple(self.given.shape)

    @cached_property
    def index(self) -> Array:
        """Source element of each output element, in the output's shape."""
        return self.given if isinstance(self.given, np.ndarray) else self.given.index()

    @cached_property
    def present(self) -> Array:
        """Which output elements are not padding, in the output's shape."""
        return self.index != ABSENT if isinstance(self.given, np.ndarray) else self.given.present()

    @cached_property
    def padded(self) -> bool:
        """Does any output element read padding?"""
        return bool((self.given == ABSENT).any()) if isinstance(self.given, np.ndarray) else self.given.padded

    @cached_property
    def is_reshape(self) -> bool:
        """Is this only a new shape for the same elements in the same order?"""
        if not isinstance(self.given, np.ndarray):
            return self.given.is_reshape
        size = prod(self.source_shape)
        return self.given.size == size and bool((self.given.ravel() == np.arange(size)).all())

    @cached_property
    def most_readers(self) -> int:
        """How many output elements read one source element, at most; 1 where none reads any."""
        return int(self.readers.shape[1]) if isinstance(self.given, np.ndarray) else self.given.most_readers

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
class Permuted:
    """The index map that transposes an array of shape ``lengths`` and gives the result a shape."""

    lengths: tuple[int, ...]
    axes: tuple[int, ...]
    shape: tuple[int, ...]
    padded: bool = field(default=False, init=False)
    most_readers: int = field(default=1, init=False)

    @property
    def is_reshape(self) -> bool:
        """Does the transposition move nothing?"""
        return in_order(self.lengths, self.axes)

    def index(self) -> Array:
        """Source element of each output element."""
        return np.arange(prod(self.lengths)).reshape(self.lengths).transpose(self.axes).reshape(self.shape)

    def present(self) -> Array:
        """All are."""
        return np.broadcast_to(np.True_, self.shape)


def in_order(lengths: tuple[int, ...], axes: tuple[int, ...]) -> bool:
    """Does a transposition keep the order of the elements? It may move axes of length 1 only."""
    moved = [axis for axis in axes if lengths[axis] != 1]
    return 0 in lengths or moved == sorted(moved)


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
        stored = self.weight.stored
        pieces = min(-(-stored.size // BLOCK), max(stored.shape[3 - axis], 1)) or 1
        blocks = np.array_split(stored, pieces, axis=3 - axis)
        sums = [np.abs(block).sum(axis=axis, dtype=np.float64).max(initial=0.0) for block in blocks]
        return float(max(sums)) * (1 + 2.0**-30)


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
        taps: What the kernel reads, and from which images: ``(n, channels, *spatial)``.
        unfold: The operand to ``(groups, n * positions, k)``, with 0 in the padding.
        product: ``(groups, n * positions, k)`` to ``(groups, n * positions, m)``.
        fold: Back to ``(n, groups * m, *positions)``.
    """

    taps: "Taps"
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

    @cached_property
    def is_channelwise(self) -> bool:
        """Does each output channel read one channel only, its own, or do all share one kernel?"""
        taps, m = prod(self.taps.sliding.kernel), self.product.shape[2]
        return self.product.source_shape[2] == taps and m == 1

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


def gather(given: Array | Structure, source_shape: tuple[int, ...], *, rows: bool = False) -> Gather | Reshape:
    """A gather, or the cheaper reshape where the index map moves nothing."""
    if isinstance(given, np.ndarray):
        given = np.asarray(given, dtype=np.int64, order="C")
    found = Gather(given, source_shape, rows)
    return Reshape(source_shape, found.shape) if found.is_reshape else found
