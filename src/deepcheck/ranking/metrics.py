"""The paper's importance metrics: abs, co and coi.

Source: Section III-B.
"""

from typing import Protocol

import numpy as np

from deepcheck.program import Array


def absolute(form: Array, x: Array, out: Array | None = None) -> Array:
    """*abs*: the size of each coefficient."""
    return np.asarray(np.abs(form, out=out))


def coefficient(form: Array, x: Array, out: Array | None = None) -> Array:
    """*co*: the signed coefficient."""
    return form if out is form else np.asarray(np.positive(form, out=out))


def coefficient_times_input(form: Array, x: Array, out: Array | None = None) -> Array:
    """*coi*: the signed coefficient times the input's value."""
    return np.asarray(np.multiply(form, x, out=out))


class Metric(Protocol):
    """Scores elements from the predicted label's coefficients and the pixels, both ``(items, size)``."""

    def __call__(self, form: Array, x: Array, out: Array | None = None) -> Array:
        """The scores, ``(items, size)``, in ``out`` where it is given."""


METRICS: dict[str, Metric] = {"abs": absolute, "co": coefficient, "coi": coefficient_times_input}
"""The paper's metrics, by the paper's names."""
