"""Exact rational arithmetic: integers over one denominator, matrix products by python-flint."""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from flint import fmpz_mat

from deepcheck.program.arithmetic import Arithmetic, Choice, Table
from deepcheck.program.constants import Constant
from deepcheck.program.maps import Contract, Gather, Scale
from deepcheck.program.rationals import Array, Rationals, from_fractions


@dataclass(frozen=True)
class Exact(Arithmetic[Rationals]):
    """Arrays ``(items, *shape)`` of rationals; every operation is exact."""

    def reshape(self, shape: tuple[int, ...], x: Rationals) -> Rationals:
        return Rationals(x.numerators.reshape(len(x.numerators), *shape), x.denominator)

    def gather(self, move: Gather, x: Rationals) -> Rationals:
        flat = x.numerators.reshape(len(x.numerators), -1)
        if move.padded:
            flat = np.concatenate([flat, _zeros((len(flat), 1))], axis=1)
        return Rationals(np.take(flat, move.index, axis=1), x.denominator)

    def gather_transposed(self, move: Gather, x: Rationals) -> Rationals:
        flat = x.numerators.reshape(len(x.numerators), -1)
        flat = np.concatenate([flat, _zeros((len(flat), 1))], axis=1)
        summed = np.take(flat, move.readers, axis=1).sum(axis=-1)
        return Rationals(summed.reshape(len(flat), *move.source_shape), x.denominator)

    def contract(self, product: Contract, x: Rationals) -> Rationals:
        return _contract(x, product.weight, product.shape, transposed=False)

    def contract_transposed(self, product: Contract, x: Rationals) -> Rationals:
        return _contract(x, product.weight, product.source_shape, transposed=True)

    def scale(self, scaling: Scale, x: Rationals) -> Rationals:
        factor = scaling.factor.exact
        return Rationals(x.numerators * factor.numerators, x.denominator * factor.denominator)

    def add(self, x: Rationals, y: Rationals) -> Rationals:
        denominator = lcm(x.denominator, y.denominator)
        return Rationals(x.over(denominator) + y.over(denominator), denominator)

    def subtract(self, x: Rationals, y: Rationals) -> Rationals:
        denominator = lcm(x.denominator, y.denominator)
        return Rationals(x.over(denominator) - y.over(denominator), denominator)

    def shift(self, constant: Constant, x: Rationals) -> Rationals:
        return self.add(x, constant.exact)

    def times(self, x: Rationals, factors: Table) -> Rationals:
        table = _table(factors)
        return Rationals(x.numerators * table.numerators, x.denominator * table.denominator)

    def plus(self, x: Rationals, offsets: Table) -> Rationals:
        return self.add(x, _table(offsets)) if any(offsets.numbers) else x

    def pick(self, x: Rationals, slots: Choice) -> Rationals:
        picked = np.take_along_axis(x.numerators, slots.full[..., None], axis=-1)[..., 0]
        return Rationals(picked, x.denominator)

    def pick_transposed(self, x: Rationals, slots: Choice, width: int) -> Rationals:
        out = _zeros((*x.shape, width))
        np.put_along_axis(out, slots.full[..., None], x.numerators[..., None], axis=-1)
        return Rationals(out, x.denominator)

    def spread(self, x: Rationals, width: int) -> Rationals:
        return Rationals(np.broadcast_to(x.numerators[..., None], (*x.shape, width)), x.denominator)

    def signs(self, x: Rationals) -> tuple[Array, Array]:
        positive, negative = (x.numerators > 0).astype(np.int8), (x.numerators < 0).astype(np.int8)
        return positive - negative, np.ones(x.shape, dtype=bool)

    def first_largest(self, x: Rationals, present: Array) -> Array:
        lowest = int(np.min(x.numerators, initial=0)) - 1
        return np.asarray(np.argmax(np.where(present, x.numerators, lowest), axis=-1))

    def finite(self, x: Rationals) -> Array:
        return np.ones(len(x.numerators), dtype=bool)

    def take(self, x: Rationals, items: Array) -> Rationals:
        return Rationals(x.numerators[items], x.denominator)

    def flat(self, x: Rationals) -> Rationals:
        return Rationals(x.numerators.reshape(len(x.numerators), -1), x.denominator)


def _zeros(shape: tuple[int, ...]) -> Array:
    return np.full(shape, 0, dtype=object)


def _table(table: Table) -> Rationals:
    numbers = from_fractions([Fraction(number) for number in table.numbers], (len(table.numbers),))
    return Rationals(np.take(numbers.numerators, table.choice.full), numbers.denominator)


def _contract(x: Rationals, weight: Constant, shape: tuple[int, ...], *, transposed: bool) -> Rationals:
    groups, rows, columns = shape
    items = len(x.numerators)
    operand = x.numerators.reshape(items, groups, rows, -1)
    out = np.empty((items, *shape), dtype=object)
    for group in range(groups):
        left = fmpz_mat(items * rows, operand.shape[-1], operand[:, group].reshape(-1).tolist())
        product = (left * _integer_matrix(weight, group, transposed)).entries()
        out[:, group] = np.array([int(entry) for entry in product], dtype=object).reshape(items, rows, columns)
    return Rationals(out, x.denominator * weight.exact.denominator)


def _integer_matrix(weight: Constant, group: int, transposed: bool) -> Any:
    key = ("integers", group, transposed)
    if key not in weight.memo:
        matrix = weight.exact.numerators[group]
        matrix = matrix.T if transposed else matrix
        weight.memo[key] = fmpz_mat(matrix.shape[0], matrix.shape[1], matrix.reshape(-1).tolist())
    return weight.memo[key]
