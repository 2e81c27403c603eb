"""The affine instruction: a sum of operands, each through a chain of linear maps, plus a constant.

Every affine layer is one of these; the constructors below build the common ones. A new layer is a new
constructor and needs no new code anywhere else.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.program.constants import Constant
from deepcheck.program.maps import (
    ABSENT,
    Contract,
    Convolve,
    Gather,
    LinearMap,
    Permuted,
    Reshape,
    Scale,
    gather,
    parts_of,
)
from deepcheck.program.rationals import Array
from deepcheck.program.sliding import Sliding, Taps


@dataclass(frozen=True, eq=False)
class Term:
    """One operand and the maps that it goes through, first to last."""

    operand: int
    maps: tuple[LinearMap, ...] = ()


@dataclass(frozen=True, eq=False)
class Affine:
    """``y = sum of maps(operand) + offset``.

    Attributes:
        kind: A word for people: "dense", "convolution", ...
        terms: The operands with their maps.
        shape: The output's shape, without the batch axis.
        offset: What is added, broadcast over the shape.
    """

    kind: str
    terms: tuple[Term, ...]
    shape: tuple[int, ...]
    offset: Constant | None = None

    def __post_init__(self) -> None:
        for term in self.terms:
            for before, after in zip(term.maps, term.maps[1:], strict=False):
                if before.shape != after.source_shape:
                    raise MalformedModel(f"{self.kind}: shapes {before.shape} and {after.source_shape} do not chain")
            if term.maps and term.maps[-1].shape != self.shape:
                raise MalformedModel(f"{self.kind}: makes shape {term.maps[-1].shape}, expected {self.shape}")
        if self.offset is not None and np.broadcast_shapes(self.offset.shape, self.shape) != self.shape:
            raise MalformedModel(f"{self.kind}: cannot add shape {self.offset.shape} to shape {self.shape}")
        if not all(constant.finite for constant in self.constants):
            raise MalformedModel(f"{self.kind}: expected finite constants, got NaN, infinity or overflow")

    @property
    def constants(self) -> tuple[Constant, ...]:
        """The stored constants: weights, factors, offset."""
        primitives = [m for t in self.terms for m in parts_of(t.maps)]
        weights = [m.weight for m in primitives if isinstance(m, Contract)]
        factors = [m.factor for m in primitives if isinstance(m, Scale)]
        return (*weights, *factors, *(() if self.offset is None else (self.offset,)))

    @property
    def operands(self) -> tuple[int, ...]:
        """The values that the instruction reads."""
        return tuple(term.operand for term in self.terms)

    @property
    def parameters(self) -> int:
        """How many stored numbers the instruction has."""
        return sum(constant.size for constant in self.constants)


def dense(operand: int, source: tuple[int, ...], weight: Array, offset: Constant | None) -> Affine:
    """``(..., k) -> (..., m)``: the last axis times a ``(k, m)`` matrix, plus an offset."""
    inputs, outputs = weight.shape
    rows = (1, prod(source[:-1]), inputs)
    shape = (*source[:-1], outputs)
    product = Contract(Constant(weight[None]), rows)
    maps = (Reshape(source, rows), product, Reshape(product.shape, shape))
    return Affine("dense", (Term(operand, maps),), shape, offset)


def windows(source: tuple[int, ...], sliding: Sliding) -> Gather:
    """Elements under the kernel, ``(..., *positions, taps)``, for ``(..., *spatial)``, as max pooling reads them."""
    return Gather(Taps(source, sliding), source, rows=True)


def convolution(
    operand: int,
    source: tuple[int, ...],
    weight: Array,
    offset: Array | None,
    *,
    sliding: Sliding,
    groups: int,
) -> Affine:
    """A convolution in any number of dimensions, as unfold, one matrix product per group, and fold.

    Args:
        operand: The value convolved, of shape ``source``.
        source: ``(n, channels, *spatial)``; n is 1 unless the whole of a model's batch is one input.
        weight: ``(out channels, channels / groups, *kernel)``.
        offset: ``(out channels,)`` or nothing.
        sliding: How the kernel slides.
        groups: Into how many groups the channels fall.
    """
    count, channels = source[:2]
    outputs = weight.shape[0]
    if channels != weight.shape[1] * groups or outputs % groups:
        raise MalformedModel(
            f"convolution: {channels} channels in {groups} groups do not fit a weight of shape {weight.shape}"
        )
    taps = Taps(source, sliding, groups)
    positions, per_group = prod(taps.outputs), outputs // groups
    matrices = weight.reshape(groups, per_group, -1).transpose(0, 2, 1)
    product = Contract(Constant(matrices), taps.shape)
    shape = (count, outputs, *taps.outputs)
    fold = Permuted((groups, count, positions, per_group), (1, 0, 3, 2), shape)
    maps = (Convolve(taps, gather(taps, source, rows=True), product, gather(fold, product.shape)),)
    added = None if offset is None else Constant(offset.reshape(-1, *(1,) * len(taps.outputs)))
    return Affine("convolution", (Term(operand, maps),), shape, added)


def average_pool(operand: int, source: tuple[int, ...], sliding: Sliding, *, count_padding: bool) -> Affine:
    """Average pooling of ``(n, channels, *spatial)``; each window divides by its own exact count."""
    flat, declared = sliding.positions(source[2:])
    counts = (declared if count_padding else flat != ABSENT).sum(axis=1)
    if (counts == 0).any():
        raise MalformedModel("average pooling: a window lies wholly in the padding")
    spatial = sliding.outputs(source[2:])
    # Each channel is an image of its own, and all share one kernel.
    taps = Taps((prod(source[:2]), 1, *source[2:]), sliding, groups=1)
    product = Contract(Constant(np.ones((1, flat.shape[1], 1), np.float32)), taps.shape)
    shape = (*source[:2], *spatial)
    divide = Scale(Constant(np.ones(spatial, np.float32), counts.reshape(spatial).astype(np.float64)), shape)
    maps = (Convolve(taps, gather(taps, source, rows=True), product, Reshape(product.shape, shape)), divide)
    return Affine("average pool", (Term(operand, maps),), shape)


def scale_and_shift(
    operand: int, source: tuple[int, ...], factor: Constant | None, offset: Constant | None, *, kind: str
) -> Affine:
    """Element by element: times a constant, plus a constant, with NumPy broadcasting."""
    shapes = [constant.shape for constant in (factor, offset) if constant is not None]
    shape = tuple(np.broadcast_shapes(source, *shapes))
    maps: list[LinearMap] = [] if shape == source else [broadcast(source, shape)]
    if factor is not None:
        maps.append(Scale(factor, shape))
    return Affine(kind, (Term(operand, tuple(maps)),), shape, offset)


def broadcast(source: tuple[int, ...], shape: tuple[int, ...]) -> LinearMap:
    """Repeat elements as NumPy broadcasting does."""
    return gather(np.broadcast_to(np.arange(prod(source)).reshape(source), shape), source)


def move(operand: int, source: tuple[int, ...], index: Array, *, kind: str) -> Affine:
    """An index move: each output element is one source element, or padding."""
    return Affine(kind, (Term(operand, (gather(index, source),)),), tuple(index.shape))


def add(operands: tuple[tuple[int, tuple[int, ...]], ...]) -> Affine:
    """The sum of several values, with NumPy broadcasting."""
    shape = tuple(np.broadcast_shapes(*(source for _, source in operands)))
    terms = [Term(operand, () if source == shape else (broadcast(source, shape),)) for operand, source in operands]
    return Affine("add", tuple(terms), shape)


def concatenate(operands: tuple[tuple[int, tuple[int, ...]], ...], axis: int) -> Affine:
    """Values joined along an axis (counted without the batch axis)."""
    widths = [source[axis] for _, source in operands]
    first = operands[0][1]
    shape = (*first[:axis], sum(widths), *first[axis + 1 :])
    terms, start = [], 0
    for (operand, source), width in zip(operands, widths, strict=True):
        index = np.full(shape, ABSENT, dtype=np.int64)
        place = (slice(None),) * axis + (slice(start, start + width),)
        index[place] = np.arange(prod(source)).reshape(source)
        terms.append(Term(operand, (gather(index, source),)))
        start += width
    return Affine("concatenate", tuple(terms), shape)
