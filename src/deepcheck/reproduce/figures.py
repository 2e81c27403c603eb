"""Shares, means and medians, rounded for JSON; None where there is nothing to take them of."""

from typing import Any

import numpy as np

from deepcheck.program import Array


def share(part: Any, whole: Any) -> float | None:
    """A part of a whole."""
    return round(float(part) / float(whole), 6) if whole else None


def mean(numbers: Array) -> float | None:
    """The mean."""
    return round(float(numbers.mean()), 4) if len(numbers) else None


def median(numbers: Array) -> float | None:
    """The middle one."""
    return round(float(np.median(numbers)), 4) if len(numbers) else None
