"""The paper's importance metrics: abs, co and coi.

Source: Section III-B.
"""

from collections.abc import Callable

import numpy as np

from deepcheck.program import Array


def absolute(form: Array, x: Array) -> Array:
    """*abs*: the size of each coefficient."""
    return np.asarray(np.abs(form))


def coefficient(form: Array, x: Array) -> Array:
    """*co*: the signed coefficient."""
    return form


def coefficient_times_input(form: Array, x: Array) -> Array:
    """*coi*: the signed coefficient times the input's value."""
    return np.asarray(form * x)


METRICS: dict[str, Callable[[Array, Array], Array]] = {
    "abs": absolute,
    "co": coefficient,
    "coi": coefficient_times_input,
}
"""Each metric scores elements from the predicted label's coefficients and the pixels, both ``(items, size)``."""


def element_scores(metric: str, form: Array, x: Array) -> Array:
    """Score every element by one of `METRICS`."""
    return METRICS[metric](form, x)
