"""Bounds as people give them, numbers or arrays, and as a type of floats can hold them."""

from math import prod

import numpy as np

from deepcheck.errors import OptionError
from deepcheck.program import Array

Bound = float | Array


def spread(given: Array, shape: tuple[int, ...]) -> Array | None:
    """Lay values over an input: one per element, or one per position for all its channels; None if they do not fit.

    Args:
        given: Of the input's shape; flat; any shape of as many elements for a flat input; or, for an input of three
            axes, of the shape of its positions, ``(rows, columns)``, wherever the channels are, if that is clear.
        shape: The input's shape.

    Returns:
        An array of ``shape``.
    """
    if given.shape == shape:
        return given
    if given.size == prod(shape) and (given.ndim == 1 or len(shape) == 1):
        return given.reshape(shape)
    if len(shape) != 3:
        return None
    first, last = given.shape == shape[1:], given.shape == shape[:-1]
    if first and last and prod(shape) > 1:
        return None
    return np.broadcast_to(given if first else given[..., None], shape) if first or last else None


def checked(lower: Bound, upper: Bound) -> tuple[Bound, Bound]:
    """Two floats, or two read-only arrays of one shape, float64.

    Raises:
        OptionError: If they are not finite numbers, the wrong way round, or of two shapes.
    """
    low, high = _numbers(lower), _numbers(upper)
    if low.ndim == high.ndim == 0:
        if not np.isfinite([low, high]).all() or low >= high:
            raise OptionError(f"expected finite bounds A < B, got {lower}:{upper}")
        return float(low), float(high)
    if 0 not in (low.ndim, high.ndim) and low.shape != high.shape:
        raise OptionError(f"expected bounds of one shape, got {low.shape} and {high.shape}")
    low, high = np.broadcast_arrays(low, high)
    if low.size == 0:
        raise OptionError("expected bounds of at least one element, got none")
    wrong = ~(np.isfinite(low) & np.isfinite(high) & (low <= high))
    if wrong.any():
        at = np.unravel_index(int(np.flatnonzero(wrong)[0]), wrong.shape)
        place = ", ".join(str(int(i)) for i in at)
        raise OptionError(f"expected finite bounds A <= B everywhere, got {low[at]:.9g}:{high[at]:.9g} at [{place}]")
    return _frozen(low), _frozen(high)


def inwards(ends: Array, dtype: np.dtype[np.floating]) -> Array:
    """Finite bounds, moved inwards to numbers of a type.

    An element frozen at a number (lower = upper) stays there: at the nearest number of the type, which is what the
    type makes of an input.

    Args:
        ends: Lower and upper bounds, ``(2, size)`` float64.
        dtype: The type.

    Returns:
        ``(2, size)`` float64; a lower bound above its upper one, or an infinite one, holds no number of the type.
    """
    with np.errstate(over="ignore"):
        low, high = ends.astype(dtype)
        inner_low = np.where(low.astype(np.float64) < ends[0], np.nextafter(low, dtype.type(np.inf)), low)
        inner_high = np.where(high.astype(np.float64) > ends[1], np.nextafter(high, dtype.type(-np.inf)), high)
    frozen = ends[0] == ends[1]
    return np.where(frozen, [low, high], [inner_low, inner_high]).astype(np.float64)


def _numbers(given: Bound) -> Array:
    try:
        found = np.asarray(given)
    except ValueError:  # lists of different lengths
        found = np.asarray(None)
    if found.dtype.kind not in "iuf":
        raise OptionError(f"expected bounds as numbers or arrays of numbers, got {given!r}")
    return found.astype(np.float64)


def _frozen(given: Array) -> Array:
    copy = np.array(given, dtype=np.float64) + 0.0  # no negative zero: equal bounds have equal bytes
    copy.setflags(write=False)
    return copy
