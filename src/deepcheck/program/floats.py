"""NumPy arrays of binary floats, without error bounds."""

from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.program.arithmetic import Arithmetic, Choice, Table
from deepcheck.program.constants import Constant
from deepcheck.program.convolving import convolved, convolved_transposed, matrices, windows, windows_transposed
from deepcheck.program.maps import Contract, Convolve, Gather, Scale
from deepcheck.program.rationals import Array
from deepcheck.program.sliding import Taps

FEW = 16
MANY, SPARSE = 256, 0.8
"""From so many rows on, columns of zeros are left out of a transposed product, where they leave at most this share."""
SMALL = 1 << 16
"""Sums over so many columns cost less by index than tap by tap."""


@dataclass(frozen=True)
class Floats(Arithmetic[Array]):
    """Arrays ``(items, *shape)`` of one float type.

    Attributes:
        dtype: The float type that everything is computed in.
        absolute: Use absolute values of all constants: run on absolute values, this bounds every sum.
        channels_last: Results of sliding products lie in memory with the channels last, which is faster as long as all
            that follows keeps to it; their shape is the same.
    """

    dtype: np.dtype[np.floating] = np.dtype(np.float64)  # noqa: RUF009  (a dtype is immutable)
    absolute: bool = False
    channels_last: bool = False

    def constant(self, constant: Constant) -> Array:
        """A constant in this arithmetic."""
        values = constant.floats(self.dtype)
        return np.abs(values) if self.absolute else values

    def table(self, table: Table) -> Array:
        """The numbers of a table in this arithmetic, per item and element."""
        numbers = np.array([float(number) for number in table.numbers], dtype=self.dtype)
        return np.take(np.abs(numbers) if self.absolute else numbers, table.choice.full)

    def reshape(self, shape: tuple[int, ...], x: Array) -> Array:
        return x.reshape(len(x), *shape)

    def gather(self, move: Gather, x: Array) -> Array:
        if isinstance(move.given, Taps) and move.given.groups is None:
            return windows(move.given, x)
        flat = x.reshape(len(x), -1)
        if move.padded:
            flat = np.concatenate([flat, np.zeros((len(x), 1), self.dtype)], axis=1)
        return np.take(flat, move.index, axis=1)

    def gather_transposed(self, move: Gather, x: Array) -> Array:
        if isinstance(move.given, Taps) and move.given.groups is None:
            return windows_transposed(move.given, x)
        flat = np.concatenate([x.reshape(len(x), -1), np.zeros((len(x), 1), self.dtype)], axis=1)
        summed = np.take(flat, move.readers[:, 0], axis=1)
        for reader in range(1, move.readers.shape[1]):
            summed += np.take(flat, move.readers[:, reader], axis=1)
        return summed.reshape(len(x), *move.source_shape)

    def contract(self, product: Contract, x: Array) -> Array:
        return _contract(x, self.constant(product.weight), product.shape)

    def contract_transposed(self, product: Contract, x: Array) -> Array:
        weight = self.constant(product.weight).transpose(0, 2, 1)
        if len(x) >= MANY and product.shape[:2] == (1, 1):
            # Coefficients behind a branch are 0 wherever an element is inactive on every row.
            flat = x.reshape(len(x), -1)
            used = np.flatnonzero(flat.any(axis=0))
            if len(used) < SPARSE * flat.shape[1]:
                return np.asarray(flat[:, used] @ weight[0][used]).reshape(len(x), *product.source_shape)
        return _contract(x, weight, product.source_shape)

    def convolve(self, convolution: Convolve, x: Array) -> Array:
        return convolved(convolution, self._kernels(convolution), x, channels_last=self.channels_last)

    def convolve_transposed(self, convolution: Convolve, x: Array) -> Array:
        if len(x) * prod(convolution.taps.shape) <= SMALL:
            return Arithmetic.convolve_transposed(self, convolution, x)
        return convolved_transposed(convolution, self._kernels(convolution), x)

    def _kernels(self, convolution: Convolve) -> Array:
        values = matrices(convolution, self.dtype)
        return np.abs(values) if self.absolute else values

    def scale(self, scaling: Scale, x: Array) -> Array:
        return np.asarray(x * self.constant(scaling.factor))

    def add(self, x: Array, y: Array) -> Array:
        return np.asarray(x + y)

    def subtract(self, x: Array, y: Array) -> Array:
        return np.asarray(x + y if self.absolute else x - y)

    def shift(self, constant: Constant, x: Array) -> Array:
        return np.asarray(x + self.constant(constant))

    def times(self, x: Array, factors: Table) -> Array:
        return np.asarray(x * self.table(factors))

    def plus(self, x: Array, offsets: Table) -> Array:
        return np.asarray(x + self.table(offsets)) if any(offsets.numbers) else x

    def pick(self, x: Array, slots: Choice) -> Array:
        return np.take_along_axis(x, slots.full[..., None], axis=-1)[..., 0]

    def pick_transposed(self, x: Array, slots: Choice, width: int) -> Array:
        out = np.zeros((*x.shape, width), self.dtype)
        np.put_along_axis(out, slots.full[..., None], x[..., None], axis=-1)
        return out

    def spread(self, x: Array, width: int) -> Array:
        return np.broadcast_to(x[..., None], (*x.shape, width))

    def signs(self, x: Array) -> tuple[Array, Array]:
        return (x > 0).astype(np.int8) - (x < 0).astype(np.int8), np.ones(x.shape, dtype=bool)

    def first_largest(self, x: Array, present: Array) -> Array:
        return np.asarray(np.argmax(np.where(present, x, -np.inf), axis=-1))

    def finite(self, x: Array) -> Array:
        return np.asarray(np.isfinite(x).reshape(len(x), -1).all(axis=1))

    def take(self, x: Array, items: Array) -> Array:
        return x[items]

    def flat(self, x: Array) -> Array:
        return x.reshape(len(x), -1)


def _contract(x: Array, weight: Array, shape: tuple[int, ...]) -> Array:
    """Rows times matrices, always as large matrix products: ``(n, g, r, k)`` with ``(g, k, m)``."""
    groups, rows, _ = shape
    items, width = len(x), weight.shape[1]
    if groups == 1:
        flat = x.reshape(items * rows, width)
        # A few outputs of one row: BLAS is faster on the transposed product.
        product = np.matmul(weight[0].T, flat.T).T if rows == 1 and shape[2] <= FEW else flat @ weight[0]
        return np.asarray(product).reshape(items, *shape)
    stacked = x.reshape(items, groups, rows, width).transpose(1, 0, 2, 3).reshape(groups, items * rows, width)
    product = np.matmul(stacked, weight).reshape(groups, items, *shape[1:])
    return np.ascontiguousarray(product.transpose(1, 0, 2, 3))
