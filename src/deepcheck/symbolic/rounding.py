"""How large sums are, and how far they may be off, in a network that is run in its own float type.

Forward, beside the exact values at an input: how far values move within a family, the sums of magnitudes since the last
branch, what underflow may add, and how far a run in floats may be off. All are bounds, computed in float64 and rounded
up. A sum of ``n`` products, in any order, with or without fused multiply-add, is off by at most ``g |W| |x|`` with
``g = n u / (1 - n u)``, beside underflow, flushed to zero or not. Affine instructions between two branches are one sum,
so that runtimes may fuse them.

Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 2.1 and 3.1.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Constant,
    Contract,
    Convolve,
    Floats,
    Gather,
    NormBounded,
    Scale,
    run_affine,
)
from deepcheck.program.bounded import SUMMED_UP
from deepcheck.program.maps import LinearMap
from deepcheck.symbolic.weights import column_norms, heaviest, spectral

_NORM, _MAGNITUDES = NormBounded(), Floats(absolute=True)
FACTOR_ROUNDINGS = 10
"""Roundings of an element times a factor that a runtime may compute itself (a batch norm's, in whatever order)."""
OFFSET_ROUNDINGS = 2
SMALLEST = 2.0**-900
"""Stands for the least normal number of float64, so that bounds on underflow do not underflow."""


@dataclass(frozen=True)
class Format:
    """A binary float type.

    Attributes:
        unit: Its unit roundoff.
        tiny: Its least normal number: all below may be flushed to zero.
        most: Its largest number.
    """

    unit: float
    tiny: float
    most: float

    @staticmethod
    def of(dtype: np.dtype[np.floating]) -> "Format":
        """The format of a NumPy type."""
        found = np.finfo(dtype)
        return Format(float(found.eps) / 2, max(float(found.tiny), SMALLEST), float(found.max))

    def gamma(self, roundings: int) -> float:
        """``n u / (1 - n u)``, rounded up; infinite where that says nothing."""
        share = roundings * self.unit
        return share / (1 - share) * SUMMED_UP if share < 0.25 else np.inf

    def divides(self, constant: Constant) -> bool:
        """Are divisors such that neither they nor their reciprocals under- or overflow?"""
        sizes = np.ones(1) if constant.denominator is None else np.abs(constant.denominator)
        return bool(sizes.min(initial=1.0) >= 4 * self.tiny and sizes.max(initial=1.0) <= 0.25 / self.tiny)


class Moved(NamedTuple):
    """How far a value may be from another one, in two ways that hold both.

    Attributes:
        each: Element by element, ``(items, *shape)``.
        norm: The Euclidean norm of the difference, ``(items,)``.
    """

    each: Array
    norm: Array

    @staticmethod
    def of(each: Array, norm: Array | None = None) -> "Moved":
        """Bounds that agree with one another."""
        flat = each.reshape(len(each), -1)
        with_each = np.sqrt(np.einsum("im,im->i", flat, flat)) * SUMMED_UP
        norm = with_each if norm is None else np.fmin(norm, with_each)
        return Moved(np.fmin(each, norm.reshape(-1, *(1,) * (each.ndim - 1))), norm)

    def plus(self, more: "Moved") -> "Moved":
        """The sum of both differences."""
        return Moved.of((self.each + more.each) * SUMMED_UP, (self.norm + more.norm) * SUMMED_UP)


class Carried(NamedTuple):
    """A value, and what a run in floats may make of it, over a family of displacements of the input.

    Attributes:
        value: The exact value at the input, as float64 with an error bound.
        spread: How far it moves within the family.
        moving: At most so many elements move at once; None where all may.
        sums: The sum of the magnitudes of all that was added up since the last branch, ``(items, *shape)``.
        flush: What underflow may have added since then, ``(items, *shape)``.
        error: How far a run in floats may be off because of what came before the last branch.
        roundings: Of how many roundings in a row the value is the result since then.
        peak: The largest sum of magnitudes so far, ``(items,)``; infinite where something may overflow.
        fused: The least and the largest magnitude of a constant that a runtime may make of those since the last branch.
    """

    value: Bounded
    spread: Moved
    moving: int | None
    sums: Array
    flush: Array
    error: Moved
    roundings: int
    peak: Array
    fused: tuple[float, float] = (1.0, 1.0)

    def local(self, format: Format) -> Array:
        """How far the sums since the last branch may be off, ``(items, *shape)``."""
        return np.asarray((format.gamma(self.roundings) * self.sums + 2 * self.flush) * SUMMED_UP)


def through(instruction: Affine, operands: tuple[Carried, ...], format: Format) -> Carried:
    """An affine instruction."""
    value = run_affine(_NORM, instruction, tuple(operand.value for operand in operands))
    chains = [_Chain(operand, format) for operand in operands]
    for chain, term in zip(chains, instruction.terms, strict=True):
        for linear in term.maps:
            chain.apply(linear)
    first, *rest = chains
    spread, error, (sums, flush) = first.spread, first.error, first.parts
    for chain in rest:
        spread, error = spread.plus(chain.spread), error.plus(chain.error)
        sums, flush = sums + chain.parts[0], flush + chain.parts[1]
    roundings = max(chain.roundings for chain in chains) + len(rest)
    if instruction.offset is not None:
        sums = sums + _MAGNITUDES.constant(instruction.offset)
        flush = flush + 2 * format.tiny
        roundings += OFFSET_ROUNDINGS
    sums = sums * SUMMED_UP
    peak = np.max([_largest(sums), *(chain.peak for chain in chains)], axis=0)
    fused = min(chain.fused[0] for chain in chains), max(chain.fused[1] for chain in chains)
    return Carried(value, spread, None if rest else first.moving, sums, flush, error, roundings, peak, fused)


class _Chain:
    """One operand on its way through the maps of a term."""

    def __init__(self, operand: Carried, format: Format) -> None:
        self.format, self.spread, self.moving, self.error = format, operand.spread, operand.moving, operand.error
        self.parts = np.stack([operand.sums, operand.flush])
        self.roundings, self.peak, self.fused = operand.roundings, operand.peak, operand.fused

    def apply(self, linear: LinearMap) -> None:
        """Go through one map."""
        match linear:
            case Contract() | Convolve():
                product = linear.product if isinstance(linear, Convolve) else linear
                terms = product.source_shape[2]
                self.spread = _product(linear, product, self.spread, self.moving)
                self.error, self.moving = _product(linear, product, self.error, None), None
                self._sum(linear, product.weight, terms, terms + 1)
            case Scale():
                largest = linear.factor.largest
                self.spread, self.error = (
                    Moved.of(_MAGNITUDES.apply(linear, part.each) * SUMMED_UP, part.norm * largest * SUMMED_UP)
                    for part in (self.spread, self.error)
                )
                self._sum(linear, linear.factor, 1, FACTOR_ROUNDINGS)
                if not self.format.divides(linear.factor):
                    self.peak = np.full_like(self.peak, np.inf)
            case _:
                self._move(linear)
        self.peak = np.maximum(self.peak, _largest(self.parts[0]))

    def _move(self, linear: LinearMap) -> None:
        """Only move elements; each is read at most so often."""
        readers = linear.most_readers if isinstance(linear, Gather) else 1
        self.spread, self.error = (
            Moved(_MAGNITUDES.apply(linear, part.each), part.norm * np.sqrt(readers) * SUMMED_UP)
            for part in (self.spread, self.error)
        )
        self.parts = self._applied(linear)
        self.moving = None if self.moving is None else self.moving * readers

    def _applied(self, linear: LinearMap) -> Array:
        flat = self.parts.reshape(-1, *self.parts.shape[2:])
        return np.asarray(_MAGNITUDES.apply(linear, flat)).reshape(*self.parts.shape[:2], *linear.shape)

    def _sum(self, linear: LinearMap, constant: Constant, terms: int, roundings: int) -> None:
        tiny = self.format.tiny
        lost = 2.0 * roundings * tiny
        # A constant below the least normal number may be read as 0.
        unread = terms * tiny * _largest(self.parts[0]) if constant.smallest < tiny else np.zeros(self.parts.shape[1])
        self.parts[1] += tiny
        self.parts = self._applied(linear) * SUMMED_UP
        self.parts[1] += lost + unread.reshape(-1, *(1,) * (self.parts.ndim - 2))
        self.roundings += roundings
        self._fuse(constant)

    def _fuse(self, constant: Constant) -> None:
        """Nothing is known where a constant that a runtime fuses with those before it may under- or overflow."""
        first = self.fused == (1.0, 1.0)
        self.fused = (self.fused[0] * min(constant.smallest, 1.0), self.fused[1] * max(constant.largest, 1.0))
        if not first and not (self.fused[0] >= self.format.tiny and self.fused[1] <= self.format.most / 4):
            self.peak = np.full_like(self.peak, np.inf)


def _product(linear: Contract | Convolve, product: Contract, part: Moved, moving: int | None) -> Moved:
    """A product with constants of something that moves, ``moving`` elements at once at most."""
    rows = (part.norm[:, None, None] * column_norms(product.weight))[:, :, None]
    if moving is None:
        each = _MAGNITUDES.apply(linear, part.each) * SUMMED_UP
    else:
        few = (_largest(part.each)[:, None, None] * heaviest(product.weight, moving))[:, :, None]
        each, rows = np.asarray(np.inf), np.fmin(few, rows)
    wide = np.broadcast_to(rows * SUMMED_UP, (len(part.norm), *product.shape))
    by_rows = _MAGNITUDES.apply(linear.fold, wide) if isinstance(linear, Convolve) else wide
    readers = linear.taps.most_readers if isinstance(linear, Convolve) else 1
    norm = part.norm * spectral(product.weight) * np.sqrt(readers) * SUMMED_UP
    return Moved.of(np.fmin(each, by_rows), norm)


def _largest(parts: Array) -> Array:
    return np.asarray(parts.reshape(len(parts), -1).max(axis=1, initial=0.0))
