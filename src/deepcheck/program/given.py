"""What a caller gives as inputs: any array, a torch tensor among them, and what to do about one of the wrong shape."""

from math import prod
from typing import Any

import numpy as np

from deepcheck.errors import InputError
from deepcheck.program.rationals import Array


def as_array(x: Any) -> Array:
    """An array of what was given; a tensor leaves its graph and its device.

    Raises:
        InputError: If no array can be made of it.
    """
    if hasattr(x, "detach") and hasattr(x, "cpu"):
        x = x.detach().cpu()
    try:
        return np.asarray(x)
    except (TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"expected an array of numbers, got {type(x).__name__} ({reason})") from None


def shape_hint(given: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """What makes an input of a wrong shape fit, where the numbers are all there: ready to follow the message."""
    if given == shape or prod(given) != prod(shape):
        return ""
    if len(given) == len(shape) == 3 and (given[-1], *given[:-1]) == shape:
        return ": its channels are last, np.moveaxis(x, -1, -3) puts them first"
    if len(given) == len(shape) == 3 and (*given[1:], given[0]) == shape:
        return ": its channels are first, np.moveaxis(x, -3, -1) puts them last"
    if tuple(n for n in given if n != 1) == tuple(n for n in shape if n != 1):
        return f": x.reshape{shape} fits" if len(shape) != 1 else f": x.reshape({shape[0]}) fits"
    return ""
