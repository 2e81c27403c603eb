"""Features: named groups of input elements."""

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Literal

import numpy as np

from deepcheck.errors import OptionError
from deepcheck.program import Array

Grouping = Literal["element", "pixel", "word"]
Layout = Literal["nchw", "nhwc"]


@dataclass(frozen=True)
class Features:
    """Which feature owns each input element.

    Attributes:
        shape: The features' own shape: ``(28, 28)`` for the pixels of ``(1, 28, 28)``.
        owner: The feature of each element, ``(size,)``.
        grouping: What a feature is.
        layout: Where a pixel's channels are.
    """

    shape: tuple[int, ...]
    owner: Array = field(repr=False)
    grouping: Grouping = "element"
    layout: Layout = "nchw"

    @staticmethod
    def of(shape: tuple[int, ...], grouping: Grouping | None = None, layout: Layout = "nchw") -> "Features":
        """The features of an input.

        Args:
            shape: The input's shape without the batch axis.
            grouping: "element": each element by itself. "pixel": all channels at one position. "word": a whole
                vector along the last axis. By default pixels for inputs of three axes, else elements.
            layout: Where the channels of a pixel are: first ("nchw") or last ("nhwc").

        Raises:
            OptionError: If the grouping does not fit the shape.
        """
        if layout not in ("nchw", "nhwc"):
            raise OptionError(f"expected layout nchw or nhwc, got '{layout}'")
        chosen = grouping or ("pixel" if len(shape) == 3 else "element")
        elements = np.arange(prod(shape)).reshape(shape)
        if chosen == "element":
            squeezed = shape[1:] if len(shape) == 3 and shape[0] == 1 else shape
            return Features(squeezed, elements.ravel(), chosen, layout)
        if chosen == "pixel":
            if len(shape) != 3:
                raise OptionError(f"expected an input of three axes for pixels, got {shape}: use elements")
            grid = shape[1:] if layout == "nchw" else shape[:-1]
            owner = np.arange(prod(grid)).reshape(grid)
            owners = np.broadcast_to(owner if layout == "nchw" else owner[..., None], shape)
            return Features(grid, owners.ravel(), chosen, layout)
        if chosen == "word":
            if len(shape) < 2:
                raise OptionError(f"expected at least two axes for words, got {shape}: use elements")
            words = shape[:-1]
            owner = np.arange(prod(words)).reshape(*words, 1)
            return Features(words, np.broadcast_to(owner, shape).ravel(), chosen, layout)
        raise OptionError(f"expected features as element, pixel or word, got '{grouping}'")

    @property
    def count(self) -> int:
        """How many features there are."""
        return prod(self.shape)

    @property
    def single(self) -> bool:
        """Does every feature own exactly one element?"""
        return self.count == len(self.owner)

    @cached_property
    def in_order(self) -> bool:
        """Is feature ``i`` element ``i``?"""
        return self.single and bool((self.owner == np.arange(self.count)).all())

    @property
    def elements(self) -> Array:
        """The element of each feature, ``(count,)``, where each owns one."""
        assert self.single
        return np.asarray(np.argsort(self.owner, kind="stable"))

    @cached_property
    def members(self) -> Array:
        """The elements of each feature, increasing, ``(count, elements per feature)``: all own equally many."""
        return np.argsort(self.owner, kind="stable").reshape(self.count, -1)

    def sum(self, scores: Array) -> Array:
        """Sum element scores by feature: ``(items, size)`` to ``(items, count)``."""
        if self.in_order:
            return scores
        order = np.argsort(self.owner, kind="stable")
        starts = np.searchsorted(self.owner[order], np.arange(self.count))
        return np.asarray(np.add.reduceat(scores[:, order], starts, axis=1))
