"""Float64 with a bound on the rounding error: the arithmetic that may decide a verdict.

Two grades. `NormBounded` keeps one error per item, from the norms of the constants: it costs next to
nothing. `RunningBounded` keeps one per element, from the same operation on absolute values: it costs a second
run and is tight enough to certify exact zeros. Both hold for any order of summation, with or
without fused multiply-add, and include the underflow of products, also where it is flushed to zero.

Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1
(``|fl(x'y) - x'y| <= n u / (1 - n u) |x|'|y|``), run a posteriori.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deepcheck.program.arithmetic import Arithmetic, Choice, Table
from deepcheck.program.constants import Constant
from deepcheck.program.floats import Floats
from deepcheck.program.maps import Contract, Convolve, Gather, Scale
from deepcheck.program.rationals import Array
from deepcheck.program.rows import difference as difference
from deepcheck.program.rows import least_of_rows as least_of_rows
from deepcheck.program.rows import sizes

UNIT = 2.0**-53
TINY = 2.0**-1022
UP = 1 + 2.0**-40
SUMMED_UP = 1 + 2.0**-30
"""Covers the rounding of an error that is itself a long sum."""
_FLOATS = Floats()
_MAGNITUDES = Floats(absolute=True)


def gamma(terms: int) -> float:
    """The relative error of a sum of ``terms`` products whose constants may be rounded once, rounded up."""
    return (terms + 3) * UNIT * UP


class Bounded(NamedTuple):
    """Computed values, how far each may be from the true one, and the largest magnitude.

    Attributes:
        value: ``(items, *shape)`` float64.
        error: ``(items,)`` (norm grade) or ``(items, *shape)`` (running grade).
        size: ``(items,)``, at least the largest absolute value of an item (norm grade only).
    """

    value: Array
    error: Array
    size: Array

    @property
    def element_error(self) -> Array:
        """The error in a form that broadcasts against the values."""
        if self.error.ndim == self.value.ndim:
            return self.error
        return self.error.reshape(-1, *(1,) * (self.value.ndim - 1))


def exact_floats(value: Array) -> Bounded:
    """Floats that are exactly what they say (an input), with error 0."""
    largest = max(float(value.max(initial=0.0)), -float(value.min(initial=0.0)))
    return Bounded(np.asarray(value, dtype=np.float64), np.zeros(len(value)), np.full(len(value), largest))


@dataclass(frozen=True)
class NormBounded(Arithmetic[Bounded]):
    """One error bound per item, from norms.

    Attributes:
        floats: What values are computed in; with absolute constants it bounds sums of magnitudes.
    """

    floats: Floats = _FLOATS

    def reshape(self, shape: tuple[int, ...], x: Bounded) -> Bounded:
        return Bounded(self.floats.reshape(shape, x.value), x.error, x.size)

    def gather(self, move: Gather, x: Bounded) -> Bounded:
        return Bounded(self.floats.gather(move, x.value), x.error, x.size)

    def gather_transposed(self, move: Gather, x: Bounded) -> Bounded:
        readers = move.most_readers
        error = readers * (x.error + gamma(readers) * x.size) * UP
        return Bounded(self.floats.gather_transposed(move, x.value), error, readers * x.size)

    def contract(self, product: Contract, x: Bounded) -> Bounded:
        value = self.floats.contract(product, x.value)
        return self.product(value, product.growth, product.source_shape[2], x)

    def contract_transposed(self, product: Contract, x: Bounded) -> Bounded:
        value = self.floats.contract_transposed(product, x.value)
        return self.product(value, product.growth_transposed, product.shape[2], x)

    @staticmethod
    def product(value: Array, growth: float, terms: int, x: Bounded, *, measured: bool = False) -> Bounded:
        """Bound a product with constants: at most ``terms`` terms each, growing an error at most ``growth`` times."""
        error = (growth * (x.error + gamma(terms) * x.size) + 2 * terms * TINY) * UP
        # Measuring a result much larger than its operand would cost more than making it.
        large = not measured and value.size > 4 * x.value.size
        return Bounded(value, error, growth * x.size * UP if large else sizes(value))

    def convolve(self, convolution: Convolve, x: Bounded) -> Bounded:
        product = convolution.product
        value = self.floats.convolve(convolution, x.value)
        return self.product(value, product.growth, product.source_shape[2], x, measured=True)

    def convolve_transposed(self, convolution: Convolve, x: Bounded) -> Bounded:
        # The columns, then their sums, as in `contract_transposed` and `gather_transposed`.
        product, readers = convolution.product, convolution.taps.most_readers
        value = self.floats.convolve_transposed(convolution, x.value)
        size = product.growth_transposed * x.size * (1 + gamma(product.shape[2])) * UP + 2 * product.shape[2] * TINY
        columns = self.product(value, product.growth_transposed, product.shape[2], x, measured=True)
        return columns._replace(error=readers * (columns.error + gamma(readers) * size) * UP)

    def scale(self, scaling: Scale, x: Bounded) -> Bounded:
        error = scaling.factor.largest * (x.error + 3 * UNIT * x.size) * UP + TINY
        return Bounded(self.floats.scale(scaling, x.value), error, scaling.factor.largest * x.size * UP)

    def add(self, x: Bounded, y: Bounded) -> Bounded:
        size = (x.size + y.size) * UP
        return Bounded(self.floats.add(x.value, y.value), (x.error + y.error + UNIT * size) * UP, size)

    def subtract(self, x: Bounded, y: Bounded) -> Bounded:
        size = (x.size + y.size) * UP
        return Bounded(self.floats.subtract(x.value, y.value), (x.error + y.error + UNIT * size) * UP, size)

    def shift(self, constant: Constant, x: Bounded) -> Bounded:
        size = (x.size + constant.largest) * UP
        return Bounded(self.floats.shift(constant, x.value), (x.error + 3 * UNIT * size) * UP, size)

    def times(self, x: Bounded, factors: Table) -> Bounded:
        largest = max(abs(float(number)) for number in factors.numbers)
        value = self.floats.times(x.value, factors)
        if all(number in (-1, 0, 1) for number in factors.numbers):
            return Bounded(value, x.error, x.size)
        return Bounded(value, largest * (x.error + 3 * UNIT * x.size) * UP + TINY, largest * x.size * UP)

    def plus(self, x: Bounded, offsets: Table) -> Bounded:
        if not any(offsets.numbers):
            return x
        size = (x.size + max(abs(float(number)) for number in offsets.numbers)) * UP
        return Bounded(self.floats.plus(x.value, offsets), (x.error + 3 * UNIT * size) * UP, size)

    def pick(self, x: Bounded, slots: Choice) -> Bounded:
        return Bounded(self.floats.pick(x.value, slots), x.error, x.size)

    def pick_transposed(self, x: Bounded, slots: Choice, width: int) -> Bounded:
        return Bounded(self.floats.pick_transposed(x.value, slots, width), x.error, x.size)

    def spread(self, x: Bounded, width: int) -> Bounded:
        return Bounded(self.floats.spread(x.value, width), x.error, x.size)

    def signs(self, x: Bounded) -> tuple[Array, Array]:
        return bounded_signs(x)

    def first_largest(self, x: Bounded, present: Array) -> Array:
        return self.floats.first_largest(x.value, present)

    def finite(self, x: Bounded) -> Array:
        return np.asarray(np.isfinite(x.size) & np.isfinite(x.error))

    def take(self, x: Bounded, items: Array) -> Bounded:
        return Bounded(x.value[items], x.error[items], x.size[items])

    def flat(self, x: Bounded) -> Bounded:
        return Bounded(self.floats.flat(x.value), x.error, x.size)


@dataclass(frozen=True)
class RunningBounded(Arithmetic[Bounded]):
    """One error bound per element, from a second run on absolute values."""

    @staticmethod
    def start(value: Array) -> Bounded:
        """An input that is exactly what it says."""
        value = np.asarray(value, dtype=np.float64)
        return Bounded(value, np.zeros(value.shape), np.zeros(len(value)))

    @staticmethod
    def _with(x: Bounded, value: Array, error: Array) -> Bounded:
        return Bounded(value, error * SUMMED_UP, x.size)

    def reshape(self, shape: tuple[int, ...], x: Bounded) -> Bounded:
        return Bounded(_FLOATS.reshape(shape, x.value), _FLOATS.reshape(shape, x.error), x.size)

    def gather(self, move: Gather, x: Bounded) -> Bounded:
        return Bounded(_FLOATS.gather(move, x.value), _FLOATS.gather(move, x.error), x.size)

    def gather_transposed(self, move: Gather, x: Bounded) -> Bounded:
        budget = x.error + gamma(move.most_readers) * np.abs(x.value)
        value = _FLOATS.gather_transposed(move, x.value)
        return self._with(x, value, _FLOATS.gather_transposed(move, budget))

    def contract(self, product: Contract, x: Bounded) -> Bounded:
        terms = product.source_shape[2]
        budget = _MAGNITUDES.contract(product, _budget(x, terms, product.weight.smallest))
        return self._with(x, _FLOATS.contract(product, x.value), budget)

    def contract_transposed(self, product: Contract, x: Bounded) -> Bounded:
        budget = _MAGNITUDES.contract_transposed(product, _budget(x, product.shape[2], product.weight.smallest))
        return self._with(x, _FLOATS.contract_transposed(product, x.value), budget)

    def convolve(self, convolution: Convolve, x: Bounded) -> Bounded:
        product = convolution.product
        budget = _budget(x, product.source_shape[2], product.weight.smallest)
        value = _FLOATS.convolve(convolution, x.value)
        return self._with(x, value, _MAGNITUDES.convolve(convolution, budget))

    def convolve_transposed(self, convolution: Convolve, x: Bounded) -> Bounded:
        # A column is at most twice the same product of magnitudes, so a budget for one more such product per reader and
        # twice the underflow cover the sum of the columns as well.
        product, readers = convolution.product, convolution.taps.most_readers
        budget = _budget(x, product.shape[2] + 2 * (readers + 3), product.weight.smallest / 2)
        value = _FLOATS.convolve_transposed(convolution, x.value)
        return self._with(x, value, _MAGNITUDES.convolve_transposed(convolution, budget) * SUMMED_UP)

    def scale(self, scaling: Scale, x: Bounded) -> Bounded:
        budget = _MAGNITUDES.scale(scaling, _budget(x, 1, scaling.factor.smallest))
        return self._with(x, _FLOATS.scale(scaling, x.value), budget)

    def add(self, x: Bounded, y: Bounded) -> Bounded:
        value = _FLOATS.add(x.value, y.value)
        return self._with(x, value, x.error + y.error + UNIT * np.abs(value))

    def subtract(self, x: Bounded, y: Bounded) -> Bounded:
        value = _FLOATS.subtract(x.value, y.value)
        return self._with(x, value, x.error + y.error + UNIT * np.abs(value))

    def shift(self, constant: Constant, x: Bounded) -> Bounded:
        value = _FLOATS.shift(constant, x.value)
        return self._with(x, value, x.error + 2 * UNIT * (np.abs(value) + np.abs(_FLOATS.constant(constant))))

    def times(self, x: Bounded, factors: Table) -> Bounded:
        unit = all(number in (-1, 0, 1) for number in factors.numbers)
        smallest = min((abs(float(number)) for number in factors.numbers if number), default=1.0)
        budget = x.error if unit else _budget(x, 1, smallest)
        return self._with(x, _FLOATS.times(x.value, factors), _MAGNITUDES.times(budget, factors))

    def plus(self, x: Bounded, offsets: Table) -> Bounded:
        if not any(offsets.numbers):
            return x
        value = _FLOATS.plus(x.value, offsets)
        rounding = 2 * UNIT * (np.abs(value) + _MAGNITUDES.table(offsets))
        return self._with(x, value, x.error + np.where(_FLOATS.table(offsets) == 0, 0.0, rounding))

    def pick(self, x: Bounded, slots: Choice) -> Bounded:
        return Bounded(_FLOATS.pick(x.value, slots), _FLOATS.pick(x.error, slots), x.size)

    def pick_transposed(self, x: Bounded, slots: Choice, width: int) -> Bounded:
        error = _FLOATS.pick_transposed(x.error, slots, width)
        return Bounded(_FLOATS.pick_transposed(x.value, slots, width), error, x.size)

    def spread(self, x: Bounded, width: int) -> Bounded:
        return Bounded(_FLOATS.spread(x.value, width), _FLOATS.spread(x.error, width), x.size)

    def signs(self, x: Bounded) -> tuple[Array, Array]:
        return bounded_signs(x)

    def first_largest(self, x: Bounded, present: Array) -> Array:
        return _FLOATS.first_largest(x.value, present)

    def finite(self, x: Bounded) -> Array:
        return _FLOATS.finite(x.value) & _FLOATS.finite(x.error)

    def take(self, x: Bounded, items: Array) -> Bounded:
        return Bounded(x.value[items], x.error[items], x.size[items])

    def flat(self, x: Bounded) -> Bounded:
        return Bounded(_FLOATS.flat(x.value), _FLOATS.flat(x.error), x.size)


def _budget(x: Bounded, terms: int, smallest: float) -> Array:
    """Error in, plus the rounding of a product sum; an element that is exactly 0 adds nothing.

    ``smallest`` is the least non-zero magnitude of the constants: it turns the underflow of a product into an
    error of its operand.
    """
    magnitude = np.abs(x.value)
    underflow = np.where((magnitude == 0) & (x.error == 0), 0.0, 4 * TINY / smallest)
    return np.asarray((x.error + gamma(terms) * magnitude + underflow) * UP)


def bounded_signs(x: Bounded) -> tuple[Array, Array]:
    """Signs that a bounded value certifies; an exact 0 with error 0 is certain."""
    error = x.element_error
    certain = (np.abs(x.value) > error) | (error == 0)
    return (x.value > 0).astype(np.int8) - (x.value < 0), certain
