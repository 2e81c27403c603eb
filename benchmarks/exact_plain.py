"""`Plain` over the rationals, with Python integers and without DeepCheck: what Z3 is asked about."""

from fractions import Fraction

import numpy as np
import z3
from plain import Plain


def exact_forms(plain: Plain, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`Plain.forms` over the rationals: object arrays of integers over one power of two, as fractions at the end."""
    value, slopes = scaled(image.ravel()), None
    guards, guard_slopes = [], []
    last = len(plain.weights) - 1
    bits, slope_bits = 60, 0
    for position, (weight, offset) in enumerate(zip(plain.weights, plain.offsets, strict=True)):
        matrix = scaled(weight)
        value = value @ matrix + scaled(offset) * (1 << bits)
        slopes = matrix.T if slopes is None else matrix.T @ slopes
        bits, slope_bits = bits + 60, slope_bits + 60
        if position == last:
            return *fractions_of(guards, guard_slopes), over(value, bits), over(slopes, slope_bits)
        active = value > 0
        sign = np.where(active, 1, -1).astype(object)
        guards.append((sign * value, bits))
        guard_slopes.append((sign[:, None] * slopes, slope_bits))
        value, slopes = value * active, slopes * active[:, None]
    raise AssertionError


def scaled(values: np.ndarray) -> np.ndarray:
    """Exact integers ``values * 2**60``; float32 weights above 2**-36 have no more digits than that."""
    exact = [Fraction(float(value)) * (1 << 60) for value in values.ravel()]
    assert all(value.denominator == 1 for value in exact), "a weight is too small for this oracle"
    return np.array([int(value) for value in exact], dtype=object).reshape(values.shape)


def over(values: np.ndarray, bits: int) -> np.ndarray:
    return np.array([Fraction(int(v), 1 << bits) for v in values.ravel()], dtype=object).reshape(values.shape)


def fractions_of(guards: list, slopes: list) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([over(g, b) for g, b in guards]), np.concatenate([over(s, b) for s, b in slopes])


def rational(value: Fraction) -> z3.RatNumRef:
    return z3.Q(value.numerator, value.denominator)
