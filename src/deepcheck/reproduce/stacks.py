"""Frozen dataclasses of arrays, one row an image: some of the rows, or the rows of several."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from deepcheck.program import Array

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)

OF_CALLS = ("seconds", "runtime")
"""Attributes with a row for each call instead."""


def taken(stack: "T", rows: Array) -> "T":
    """Some images; what belongs to calls stays that of all calls."""
    named = {field.name: getattr(stack, field.name) for field in fields(stack)}
    return type(stack)(**{name: array if name in OF_CALLS else array[rows] for name, array in named.items()})


def joined(parts: "Sequence[T]") -> "T":
    """All images of several, at least one."""
    names = [field.name for field in fields(parts[0])]
    return type(parts[0])(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
