"""Preprocessing given with a model: the first instruction, from pixels to what the model receives."""

from dataclasses import dataclass

import numpy as np

from deepcheck.errors import OptionError
from deepcheck.program.rationals import Array


@dataclass(frozen=True)
class Preprocessing:
    """``(pixel - mean) / std`` per channel, or per feature of a vector, run in the model's own input type.

    What the model receives is the result of *this* computation, roundings included, so claims are made of that
    array; bounds, scores and pictures stay in pixel units (DESIGN.md, section 4.8).

    Attributes:
        mean: One number, or one for each place of the first axis: a channel, or a feature of a vector.
        std: The same; positive.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if not all(np.isfinite(self.mean)) or not all(np.isfinite(s) and s > 0 for s in self.std):
            raise OptionError(f"expected a finite mean and a positive std, got mean={self.mean} std={self.std}")

    @property
    def is_identity(self) -> bool:
        """Does the model receive the pixels as they are?"""
        return set(self.mean) == {0.0} and set(self.std) == {1.0}

    def check(self, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> None:
        """Raise `OptionError` unless mean and std fit an input ``(channels, ...)`` or ``(features,)`` of a type."""
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, *shape[:1]):
                allowed = f"1 or {shape[0]} numbers" if shape else "1 number"
                raise OptionError(f"expected {allowed} for {name}, got {len(values)}")
        with np.errstate(all="ignore"):
            steps = np.array([1.0 / s for s in self.std]).astype(dtype)
            ends = self.model_input(np.broadcast_to(np.zeros(()), (1, *shape)), dtype)
        if not (np.isfinite(steps).all() and (steps > 0).all() and np.isfinite(ends).all()):
            raise OptionError(f"expected a mean and std within the range of {dtype}, got {self.mean} and {self.std}")

    def model_input(self, pixels: Array, dtype: np.dtype[np.floating]) -> Array:
        """What the model receives for pixels ``(items, *shape)``, computed in its type."""
        pixels = np.asarray(pixels, dtype=dtype)
        if self.is_identity:
            return pixels
        mean, std = self._columns(dtype, pixels.ndim)
        return np.asarray((pixels - mean) / std)

    def pixels(self, model_input: Array) -> Array:
        """Pixel values, in float64, of what the model receives, ``(items, *shape)``."""
        if self.is_identity:
            return np.asarray(model_input, dtype=np.float64)
        mean, std = self._columns(np.dtype(np.float64), model_input.ndim)
        return np.asarray(model_input.astype(np.float64) * std + mean)

    def slopes(self, shape: tuple[int, ...]) -> Array:
        """How far a pixel step of 1 moves each element of the model's input, ``shape``, in float64."""
        _, std = self._columns(np.dtype(np.float64), len(shape) + 1)
        return np.asarray(np.broadcast_to(1.0 / std, (1, *shape))[0])

    def _columns(self, dtype: np.dtype[np.floating], dimensions: int) -> tuple[Array, Array]:
        trailing = (1,) * max(dimensions - 2, 0)
        mean = np.array(self.mean, dtype=dtype).reshape(1, -1, *trailing)
        return mean, np.array(self.std, dtype=dtype).reshape(1, -1, *trailing)
