"""Pixels: bounds and levels in the user's units, for any preprocessing."""

from dataclasses import dataclass

import numpy as np

from deepcheck.domains.bounds import Bound, checked, inwards, spread
from deepcheck.domains.box import Box
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program


@dataclass(frozen=True, eq=False)
class Pixels:
    """What pixels may be.

    Bounds are numbers, or arrays: one bound per element (the input's shape) or per position (``(rows, columns)``, for
    all channels). Where an element's two bounds are equal, it stays at that number. Arrays are copied.

    Attributes:
        lower: The least value of a pixel; None for the default, ``[0, 1]`` where the input lies in it.
        upper: The largest.
        levels: How many levels the full scale has (256 for 8-bit images); None for a continuum.
        unbounded: Any real number goes: what the paper's formulas literally say.

    Raises:
        OptionError: If bounds are the wrong way round, not finite, of two shapes, or given twice.
    """

    lower: Bound | None = None
    upper: Bound | None = None
    levels: int | None = None
    unbounded: bool = False

    def __post_init__(self) -> None:
        if (self.lower is None) != (self.upper is None):
            raise OptionError("expected both bounds or none")
        if self.lower is not None and self.upper is not None:
            if self.unbounded:
                raise OptionError("expected bounds or 'unbounded', got both")
            lower, upper = checked(self.lower, self.upper)
            object.__setattr__(self, "lower", lower)
            object.__setattr__(self, "upper", upper)
        if self.levels is not None and (
            self.unbounded or not isinstance(self.levels, (int, np.integer)) or not 2 <= self.levels <= 65536
        ):
            raise OptionError(
                f"expected a whole number of 2 to 65536 levels inside bounds, got {self.levels}"
                + " unbounded" * self.unbounded
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pixels) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[object, ...]:
        ends = (None if end is None else (np.shape(end), np.asarray(end).tobytes()) for end in (self.lower, self.upper))
        return (*ends, self.levels, self.unbounded)

    @property
    def per_element(self) -> bool:
        """Are the bounds arrays?"""
        return isinstance(self.lower, np.ndarray)

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds in pixel units, infinite if unbounded; of arrays the least lower and the largest upper one."""
        if self.unbounded:
            return -np.inf, np.inf
        if self.lower is None or self.upper is None:
            return 0.0, 1.0
        return float(np.min(self.lower)), float(np.max(self.upper))

    def element_bounds(self, shape: tuple[int, ...]) -> Array:
        """The bounds of every element of an input, in pixel units: lower and upper, ``(2, size)`` float64.

        Raises:
            OptionError: If arrays of bounds do not fit the shape.
        """
        ends = self.bounds if self.lower is None or self.upper is None else (self.lower, self.upper)
        laid = [np.broadcast_to(end, shape) if np.ndim(end) == 0 else spread(np.asarray(end), shape) for end in ends]
        if laid[0] is None or laid[1] is None:
            given = np.shape(np.asarray(self.lower))
            raise OptionError(f"expected bounds of the input's shape {shape}, or of its positions, got {given}")
        return np.stack([laid[0].ravel(), laid[1].ravel()]).astype(np.float64)

    @property
    def scale(self) -> float:
        """The pixel value of the highest level: 1, or ``levels - 1`` where pixels are whole numbers."""
        lower, upper = self.bounds
        if self.levels is None or (lower >= 0 and upper <= 1):
            return 1.0
        if lower >= 0 and upper <= self.levels - 1:
            return float(self.levels - 1)
        raise OptionError(f"expected bounds within 0:1 or 0:{self.levels - 1} for levels, got {lower:g}:{upper:g}")

    def box(self, program: Program) -> Box:
        """The same domain in the units of what the model receives.

        Bounds and levels go through the preprocessing in the model's own type, so an end of the box is a number
        that the model can receive.

        Raises:
            OptionError: If bounds do not fit the input, or hold no number of the model's type or no level.
        """
        per_channel = program.preprocessing.mean + program.preprocessing.std
        channels = program.input_shape[0] if len(per_channel) > 2 else 1
        channel = np.arange(program.size) // (program.size // channels)
        asked = self.element_bounds(program.input_shape)
        ends = inwards(asked, program.dtype)
        if not self.unbounded:
            empty = ~np.isfinite(ends).all(axis=0) | (ends[0] > ends[1])
            self._refuse(empty, asked, f"some {program.dtype} number")
        tables = None
        if self.levels is not None:
            values = self._level_values(self.levels, program.dtype)
            tables = _tables(program, values, channels)
            ends = self._on_levels(values.astype(np.float64), ends, asked)
        received = program.preprocessing.model_input(ends.reshape(2, *program.input_shape), program.dtype)
        lower, upper = received.reshape(2, -1).astype(np.float64)
        return Box(lower, upper, tables, channel)

    def _level_values(self, levels: int, dtype: np.dtype[np.floating]) -> Array:
        numbers = np.arange(levels).astype(dtype)
        return numbers if self.scale != 1 else np.asarray(numbers / dtype.type(levels - 1))

    def _on_levels(self, values: Array, ends: Array, asked: Array) -> Array:
        """Bounds, moved inwards to levels."""
        first = np.searchsorted(values, ends[0], side="left")
        last = np.searchsorted(values, ends[1], side="right") - 1
        self._refuse(first > last, asked, f"at least one of {self.levels} levels")
        return np.stack([values[first], values[last]])

    def _refuse(self, empty: Array, asked: Array, what: str) -> None:
        if not empty.any():
            return
        element = int(np.flatnonzero(empty)[0])
        place = f" at element {element}" * self.per_element
        raise OptionError(
            f"expected bounds that hold {what}, got {asked[0, element]:.9g}:{asked[1, element]:.9g}{place}"
        )

    def check(self, program: Program, x: Array, box: Box) -> None:
        """Raise `InputError` unless a batch of what the model receives, ``(items, size)``, lies in the domain."""
        outside = (x < box.lower) | (x > box.upper)
        if outside.any():
            item, element = (int(i) for i in np.argwhere(outside)[0])
            pixel = program.preprocessing.pixels(x.reshape(-1, *program.input_shape))[item].ravel()[element]
            raise InputError(self._outside(program, item, element, pixel))
        if box.tables is None:
            return
        off = np.zeros(x.shape, dtype=bool)
        for channel, table in enumerate(box.tables):
            mine = box.channel == channel
            off[:, mine] = ~np.isin(x[:, mine], table)
        if off.any():
            item, element = (int(i) for i in np.argwhere(off)[0])
            raise InputError(
                f"expected every pixel on one of {self.levels} levels, got {float(x[item, element])!r} "
                f"at element {element} of input {item}: "
                f"give an image file, or numpy.float32(level) / {box.tables.shape[1] - 1}"
            )

    def _outside(self, program: Program, item: int, element: int, pixel: float) -> str:
        lower, upper = self.element_bounds(program.input_shape)[:, element]
        if self.per_element:
            return (
                f"expected the pixel at element {element} of input {item} within its bounds {lower:.9g}:{upper:.9g}, "
                f"got {pixel:.9g}: bounds must hold the input itself, as {program.dtype}"
            )
        default = "the default bounds 0:1; give domain=deepcheck.Pixels(A, B) or --bounds A:B, or 'unbounded'"
        asked = default if self.lower is None else "these bounds; give wider ones, or 'unbounded'"
        return (
            f"expected pixels within {lower:g}:{upper:g}, got {pixel:.6g} at element {element} "
            f"of input {item}: it lies outside {asked}"
        )

    def describe(self) -> str:
        """The domain in words."""
        if self.unbounded:
            return "any real value"
        lower, upper = self.bounds
        grid = f", {self.levels} levels" if self.levels is not None else ""
        bounds = "within per-element bounds in" if self.per_element else "in"
        return f"values {bounds} [{lower:g}, {upper:g}]{grid}"


def _tables(program: Program, values: Array, channels: int) -> Array:
    """What the model receives for each level, ``(channels, levels)``.

    Raises:
        OptionError: If two levels are the same number there.
    """
    columns = np.repeat(values[:, None], channels, axis=1)
    tables = program.preprocessing.model_input(columns, program.dtype).astype(np.float64).T
    if not (np.diff(tables, axis=1) > 0).all():
        raise OptionError(
            f"expected {len(values)} different levels, but some are the same number in {program.dtype} behind "
            f"mean {program.preprocessing.mean} and std {program.preprocessing.std}"
        )
    return np.asarray(tables)
