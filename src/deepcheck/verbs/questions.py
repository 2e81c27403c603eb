"""What the verbs share: an input in its domain, and the features that are asked about."""

from collections.abc import Sequence

import numpy as np

from deepcheck.domains import Box, Features, Pixels, spread
from deepcheck.errors import OptionError
from deepcheck.program import Array, Program


def received_in(program: Program, x: Array, pixels: Pixels) -> tuple[Array, Box]:
    """What the model receives, checked against its domain, and the domain in those units."""
    if not isinstance(pixels, Pixels):
        raise OptionError(f"expected a domain such as deepcheck.Pixels(0, 1), got {pixels!r}")
    received = program.model_input(x)
    box = pixels.box(program)
    pixels.check(program, received.reshape(len(received), -1).astype(np.float64), box)
    return received, box


def chosen_features(
    features: Features, chosen: Sequence[int] | Array | None = None, exclude: Sequence[int] | Array | None = None
) -> Array:
    """The features asked about, by index: those chosen (by default all), less those excluded.

    Args:
        features: The features.
        chosen: Indices, or a mask: a boolean array of the features' shape, or flat; a mask of positions for elements
            of a colour image counts for all its channels.
        exclude: The same.

    Returns:
        Increasing indices, each once, at least one.

    Raises:
        OptionError: If an index or a mask does not fit the features, or none is left.
    """
    asked = np.arange(features.count) if chosen is None else _indices(features, chosen, "features")
    left = asked if exclude is None else np.setdiff1d(asked, _indices(features, exclude, "exclude"))
    if len(left) == 0:
        raise OptionError(f"expected at least one of {features.count} features to ask about, but all are excluded")
    return left


def _indices(features: Features, given: Sequence[int] | Array, name: str) -> Array:
    """Increasing indices of a list or a mask."""
    found = _as_array(given)
    if found.dtype == np.bool_:
        return _masked(features, found, name)
    if found.size == 0 and name == "exclude":
        return np.zeros(0, dtype=np.int64)
    integers = found.ndim == 1 and len(found) > 0 and found.dtype.kind in "iu"
    if not integers or found.min() < 0 or found.max() >= features.count:
        shown = " ".join(str(found.tolist()).split())
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        raise OptionError(f"expected {name} from 0 to {features.count - 1}, got {shown}")
    return np.unique(found.astype(np.int64))


def _as_array(given: Sequence[int] | Array) -> Array:
    """An array of whatever was given; of objects where it is no plain list of numbers."""
    try:
        return np.asarray(given if isinstance(given, np.ndarray) else list(given))
    except (TypeError, ValueError):  # not a list, or lists of different lengths
        return np.asarray([str(given)], dtype=object)


def _masked(features: Features, mask: Array, name: str) -> Array:
    laid = spread(mask, features.shape)
    if laid is None:
        raise OptionError(f"expected a mask of shape {features.shape} for {name}, got {mask.shape}")
    if name == "features" and not laid.any():
        raise OptionError("expected a mask that lets at least one feature change, got one that lets none")
    return np.flatnonzero(laid)
