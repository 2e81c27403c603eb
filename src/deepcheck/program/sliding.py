"""How a kernel slides over positions: convolution and pooling in any number of dimensions."""

from dataclasses import dataclass
from math import prod

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.program.maps import ABSENT
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

    def positions(self, spatial: tuple[int, ...]) -> tuple[Array, Array]:
        """Source position of each output position and kernel offset.

        Returns:
            Flat source positions ``(outputs, kernel)``, ``ABSENT`` in padding; and a mask of those that
            lie in the input or its *declared* padding.
        """
        out, taps = self.outputs(spatial), prod(self.kernel)
        flat = np.zeros((prod(out), taps), dtype=np.int64)
        inside, declared = np.ones_like(flat, dtype=bool), np.ones_like(flat, dtype=bool)
        starts = np.indices(out).reshape(len(out), -1)
        offsets = np.indices(self.kernel).reshape(len(out), -1)
        for axis, length in enumerate(spatial):
            first = starts[axis] * self.strides[axis] - self.before[axis]
            where = first[:, None] + offsets[axis][None, :] * self.dilations[axis]
            inside &= (where >= 0) & (where < length)
            declared &= where < length + self.after[axis]
            flat = flat * length + where
        return np.where(inside, flat, ABSENT), declared
