"""Differences with their rounding error, and the extremes of many short rows at once."""

import numpy as np

from deepcheck.program.rationals import Array

SHORT = 64
"""NumPy reduces rows up to this length one by one; a few long columns at once are faster."""


def difference(a: Array, b: Array) -> tuple[Array, Array]:
    """``a - b`` in float64 and a bound on its rounding error, which is 0 where the difference is exact."""
    with np.errstate(invalid="ignore", over="ignore"):
        value = a - b
        back = value - a
        residue = (a - (value - back)) - (b + back)
        error = np.where(np.isfinite(residue), 2 * np.abs(residue), 0.0)
    return np.asarray(value), np.asarray(error)


def sizes(value: Array) -> Array:
    """The largest magnitude of each item, ``(items,)``."""
    flat = value.reshape(len(value), -1)
    if flat.shape[1] == 0:
        return np.zeros(len(value))
    if flat.shape[1] <= SHORT:
        columns = np.ascontiguousarray(flat.T)
        return np.asarray(np.maximum(columns.max(axis=0), -columns.min(axis=0)))
    return np.asarray(np.maximum(flat.max(axis=1), -flat.min(axis=1)))


def least_of_rows(x: Array, initial: float = np.inf) -> Array:
    """``x.min(axis=-1)``; NumPy reduces many short rows one by one, but a few long columns at once."""
    if 0 < x.shape[-1] <= SHORT:
        return np.asarray(np.ascontiguousarray(np.moveaxis(x, -1, 0)).min(axis=0))
    return np.asarray(x.min(axis=-1, initial=initial))
