"""From scores to an order and a shortlist."""

import re

import numpy as np

from deepcheck.errors import OptionError
from deepcheck.program import Array


def order_of(scores: Array) -> Array:
    """Features by falling score, ``(..., count)``; ties go to the lowest index."""
    return np.asarray(np.argsort(-np.asarray(scores), axis=-1, kind="stable"))


def shortlist_length(shortlist: str | int | float | None, count: int) -> int:
    """How many features a shortlist has: "5%" of 784 is 39 (rounded down), 40 is 40, None is all.

    Raises:
        OptionError: If it is not a percentage in (0, 100] or a count in 1..count, or holds no feature.
    """
    if shortlist is None:
        return count
    text = str(shortlist).strip()
    percentage = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text)
    if percentage:
        share = float(percentage.group(1))
        length = int(count * share / 100 + 1e-9)
        if not 0 < share <= 100 or length < 1:
            raise OptionError(
                f"expected a shortlist above 0% and up to 100% with at least 1 of {count} features: {text}"
            )
        return length
    if re.fullmatch(r"\d+", text) and 1 <= int(text) <= count:
        return int(text)
    raise OptionError(f"expected a shortlist such as '5%' or a number from 1 to {count}, got '{text}'")
