"""How a kernel slides over positions: convolution and pooling in any number of dimensions."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.program.maps import ABSENT, in_order
from deepcheck.program.rationals import Array


@dataclass(frozen=True)
class Sliding:
    """How a kernel slides: kernel size, strides, dilations, pads before and after, ``(d,)`` each.

    ``ceil`` lets the last window start inside the input or its left padding and reach past the right padding.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    ceil: bool = False

    def outputs(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """How many positions the kernel takes along each axis."""
        counts = []
        for axis, length in enumerate(spatial):
            reach = self.dilations[axis] * (self.kernel[axis] - 1) + 1
            room = length + self.before[axis] + self.after[axis] - reach
            if room < 0:
                raise MalformedModel(f"a kernel of {reach} is wider than its padded input of {room + reach}")
            count = -(-room // self.strides[axis]) + 1 if self.ceil else room // self.strides[axis] + 1
            if self.ceil and (count - 1) * self.strides[axis] >= length + self.before[axis]:
                count -= 1
            counts.append(count)
        return tuple(counts)

    def extent(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """How long each axis is with all padding that the kernel reads."""
        return tuple(
            max(length + before, (count - 1) * stride + dilation * (kernel - 1) + 1)
            for length, count, kernel, stride, dilation, before in zip(
                spatial, self.outputs(spatial), self.kernel, self.strides, self.dilations, self.before, strict=True
            )
        )

    def taps(self, counts: tuple[int, ...], axis: int = 0) -> list[tuple[slice, ...]]:
        """For each tap of the kernel, where in a padded array the outputs read; positions start at an axis."""
        axes = [
            [slice(tap * dilation, tap * dilation + (count - 1) * stride + 1, stride) for tap in range(kernel)]
            for count, kernel, stride, dilation in zip(counts, self.kernel, self.strides, self.dilations, strict=True)
        ]
        return [(slice(None),) * axis + at for at in product(*axes)]

    def inside(self, spatial: tuple[int, ...], axis: int = 0) -> tuple[slice, ...]:
        """Where in a padded array the input lies; positions start at an axis."""
        lengths = zip(self.before, spatial, strict=True)
        return (slice(None),) * axis + tuple(slice(before, before + length) for before, length in lengths)

    def along(self, axis: int, spatial: tuple[int, ...]) -> Array:
        """Source position along one axis of each output and tap, ``(outputs, kernel)``; outside is padding."""
        first = np.arange(self.outputs(spatial)[axis]) * self.strides[axis] - self.before[axis]
        return np.asarray(first[:, None] + np.arange(self.kernel[axis]) * self.dilations[axis])

    def positions(self, spatial: tuple[int, ...]) -> tuple[Array, Array]:
        """Source position of each output position and kernel offset.

        Returns:
            Flat source positions ``(outputs, kernel)``, ``ABSENT`` in padding; and a mask of those that
            lie in the input or its *declared* padding.
        """
        d = len(spatial)
        flat: Array = np.zeros((1,) * 2 * d, dtype=np.int64)
        inside, declared = np.ones_like(flat, dtype=bool), np.ones_like(flat, dtype=bool)
        for axis, length in enumerate(spatial):
            where = self.along(axis, spatial)
            where = np.expand_dims(where, tuple(i for i in range(2 * d) if i not in (axis, d + axis)))
            inside = inside & (where >= 0) & (where < length)
            declared = declared & (where < length + self.after[axis])
            flat = flat * length + where
        shape = (prod(self.outputs(spatial)), prod(self.kernel))
        return np.where(inside, flat, ABSENT).reshape(shape), np.broadcast_to(declared, flat.shape).reshape(shape)


@dataclass(frozen=True, eq=False)
class Taps:
    """The index map of a sliding kernel, known by its structure.

    Attributes:
        source: ``(..., *spatial)``; with groups ``(n, channels, *spatial)``.
        sliding: How the kernel slides.
        groups: Into how many groups the channels fall: the map makes ``(groups, n * positions, k)``; without, it makes
            ``(..., *positions, taps)``.
    """

    source: tuple[int, ...]
    sliding: Sliding
    groups: int | None = None

    @cached_property
    def spatial(self) -> tuple[int, ...]:
        """The axes that the kernel slides over."""
        return self.source[len(self.source) - len(self.sliding.kernel) :]

    @cached_property
    def leading(self) -> tuple[int, ...]:
        """The axes before them."""
        return self.source[: len(self.source) - len(self.sliding.kernel)]

    @cached_property
    def outputs(self) -> tuple[int, ...]:
        """How many positions the kernel takes along each axis."""
        return self.sliding.outputs(self.spatial)

    @cached_property
    def extent(self) -> tuple[int, ...]:
        """How long each axis is with all padding that the kernel reads."""
        return self.sliding.extent(self.spatial)

    def at(self, counts: tuple[int, ...], axis: int) -> list[tuple[slice, ...]]:
        """`Sliding.taps`, remembered: the same few are asked for again and again."""
        key = (counts, axis)
        if key not in self._at:
            self._at[key] = self.sliding.taps(counts, axis)
        return self._at[key]

    @cached_property
    def _at(self) -> dict[tuple[tuple[int, ...], int], list[tuple[slice, ...]]]:
        return {}

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The output's shape."""
        taps = prod(self.sliding.kernel)
        if self.groups is None:
            return (*self.leading, *self.outputs, taps)
        return (self.groups, self.source[0] * prod(self.outputs), self.source[1] // self.groups * taps)

    @cached_property
    def is_pointwise(self) -> bool:
        """Does each output position read the same input position and no other, in one group?"""
        one = (1,) * len(self.spatial)
        same = self.outputs == self.spatial and not any(self.sliding.before)
        return self.groups == 1 and same and self.sliding.kernel == self.sliding.strides == one

    @cached_property
    def plane(self) -> Array:
        """The same map within one image of one channel, ``(positions, taps)``."""
        return self.sliding.positions(self.spatial)[0]

    def index(self) -> Array:
        """Source element of each output element."""
        offsets = np.arange(prod(self.leading))[:, None, None] * prod(self.spatial)
        full = np.where(self.plane == ABSENT, ABSENT, self.plane + offsets)
        if self.groups is None:
            return full.reshape(self.shape)
        split = full.reshape(self.source[0], self.groups, -1, *self.plane.shape)
        return split.transpose(1, 0, 3, 2, 4).reshape(self.shape)

    def present(self) -> Array:
        """Which output elements are not padding, in the output's shape, without a copy for each channel."""
        assert self.groups is None, "only asked of windows, where channels are not mixed"
        return np.broadcast_to((self.plane != ABSENT).reshape(*self.outputs, -1), self.shape)

    @cached_property
    def padded(self) -> bool:
        """Does any output element read padding?"""
        axes = (self.sliding.along(axis, self.spatial) for axis in range(len(self.spatial)))
        return any(bool(((a < 0) | (a >= n)).any()) for a, n in zip(axes, self.spatial, strict=True))

    @cached_property
    def most_readers(self) -> int:
        """How many output elements read one source element, at most: the product over the axes."""
        most = 1
        for axis, length in enumerate(self.spatial):
            where = self.sliding.along(axis, self.spatial).ravel()
            most *= int(np.bincount(where[(where >= 0) & (where < length)], minlength=1).max())
        return max(most, 1)

    @cached_property
    def is_reshape(self) -> bool:
        """Is this only a new shape for the same elements in the same order?"""
        size = prod(self.spatial)
        if self.plane.size != size or not bool((self.plane.ravel() == np.arange(size)).all()):
            return False
        if self.groups is None:
            return True
        lengths = (self.source[0], self.groups, self.source[1] // self.groups, *self.plane.shape)
        return in_order(lengths, (1, 0, 3, 2, 4))
