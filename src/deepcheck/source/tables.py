"""Tables of constants, and their numbers as text that reads back exactly."""

import re
from collections.abc import Iterator

import numpy as np

from deepcheck.program import Array, Constant
from deepcheck.source.syntax import Table

WIDTH = 116


class Tables:
    """The tables of a source file, in order."""

    def __init__(self) -> None:
        self.found: list[Table] = []

    def add(self, name: str, values: Array, comment: str) -> str:
        """Keep a table, unless it is there; a name that is taken by other numbers gets a suffix."""
        flat, base, count = np.ascontiguousarray(values).ravel(), name, 1
        known = {table.name: table for table in self.found}
        while name in known:
            other = known[name].values
            if other.dtype == flat.dtype and np.array_equal(other, flat):
                return name
            count += 1
            name = f"{base}_{count}"
        self.found.append(Table(name, flat, comment))
        return name


def floats_of(constant: Constant) -> Array:
    """A constant in float64, each number rounded at most once: what the program computes with."""
    return constant.floats(np.dtype(np.float64))


def uniform(values: Array) -> float | None:
    """The number that all are, or None."""
    first = float(values.flat[0])
    return first if (values == first).all() else None


def words(values: Array) -> list[str]:
    """Each number as text: floats hexadecimal, as Python and C99 read them."""
    if values.dtype.kind != "f":
        return [str(value) for value in values.tolist()]
    text = " ".join(map(float.hex, values.tolist()))
    return re.sub(r"\.?0+p", "p", text).split(" ")


def lines(values: Array, separator: str) -> Iterator[str]:
    """The numbers in lines of text."""
    line = ""
    for word in words(values):
        if line and len(line) + len(word) + len(separator) > WIDTH:
            yield line
            line = ""
        line += word + separator if not line else f" {word}{separator}"
    yield line
