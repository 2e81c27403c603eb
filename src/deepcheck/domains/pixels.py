"""Pixels: bounds and levels in the user's units, for any preprocessing."""

from dataclasses import dataclass

import numpy as np

from deepcheck.domains.box import Box
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program


@dataclass(frozen=True)
class Pixels:
    """What pixels may be.

    Attributes:
        lower: The least value of a pixel; None for the default, ``[0, 1]`` where the input lies in it.
        upper: The largest.
        levels: How many levels the full scale has (256 for 8-bit images); None for a continuum.
        unbounded: Any real number goes: what the paper's formulas literally say.

    Raises:
        OptionError: If bounds are the wrong way round, not finite, or given twice.
    """

    lower: float | None = None
    upper: float | None = None
    levels: int | None = None
    unbounded: bool = False

    def __post_init__(self) -> None:
        if (self.lower is None) != (self.upper is None):
            raise OptionError("expected both bounds or none")
        if self.lower is not None and self.upper is not None:
            if self.unbounded:
                raise OptionError("expected bounds or 'unbounded', got both")
            if not np.isfinite([self.lower, self.upper]).all() or self.lower >= self.upper:
                raise OptionError(f"expected finite bounds A < B, got {self.lower}:{self.upper}")
        if self.levels is not None and (
            self.unbounded or not isinstance(self.levels, (int, np.integer)) or not 2 <= self.levels <= 65536
        ):
            raise OptionError(
                f"expected a whole number of 2 to 65536 levels inside bounds, got {self.levels}"
                + " unbounded" * self.unbounded
            )

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds in pixel units; infinite if unbounded."""
        if self.unbounded:
            return -np.inf, np.inf
        return (0.0, 1.0) if self.lower is None or self.upper is None else (self.lower, self.upper)

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
        """
        per_channel = program.preprocessing.mean + program.preprocessing.std
        channels = program.input_shape[0] if len(per_channel) > 2 else 1
        channel = np.arange(program.size) // (program.size // channels)
        bounds = self._representable(program.dtype)
        ends = self._received(program, bounds, channels)
        tables = None
        if self.levels is not None:
            numbers = np.arange(self.levels).astype(program.dtype)
            values = numbers if self.scale != 1 else numbers / program.dtype.type(self.levels - 1)
            kept = values[(values >= bounds[0]) & (values <= bounds[1])]
            if len(kept) == 0:
                raise OptionError(f"expected bounds that hold at least one of {self.levels} levels, got {bounds}")
            tables = self._received(program, values, channels)
            if not (np.diff(tables, axis=1) > 0).all():
                raise OptionError(
                    f"expected {self.levels} different levels, but some are the same number in {program.dtype} behind "
                    f"mean {program.preprocessing.mean} and std {program.preprocessing.std}"
                )
            ends = self._received(program, kept[[0, -1]], channels)
        return Box(ends[channel, 0], ends[channel, -1], tables, channel)

    def _representable(self, dtype: np.dtype[np.floating]) -> Array:
        """The bounds, moved inwards to numbers of the model's type."""
        lower, upper = self.bounds
        with np.errstate(over="ignore"):
            low, high = dtype.type(lower), dtype.type(upper)
        low = np.nextafter(low, dtype.type(np.inf)) if float(low) < lower else low
        high = np.nextafter(high, dtype.type(-np.inf)) if float(high) > upper else high
        if not self.unbounded and (not np.isfinite([low, high]).all() or low > high):
            raise OptionError(f"expected bounds that hold some {dtype} number, got {lower}:{upper}")
        return np.array([low, high], dtype=np.float64)

    def _received(self, program: Program, values: Array, channels: int) -> Array:
        columns = np.repeat(values[:, None], channels, axis=1)
        return program.preprocessing.model_input(columns, program.dtype).astype(np.float64).T

    def check(self, program: Program, x: Array, box: Box) -> None:
        """Raise `InputError` unless a batch of what the model receives, ``(items, size)``, lies in the domain."""
        outside = (x < box.lower) | (x > box.upper)
        if outside.any():
            item, element = (int(i) for i in np.argwhere(outside)[0])
            pixel = program.preprocessing.pixels(x.reshape(-1, *program.input_shape))[item].ravel()[element]
            asked = "the default bounds 0:1; give bounds=(A, B) or --bounds A:B" if self.lower is None else "the bounds"
            raise InputError(
                f"expected pixels within {self.bounds[0]:g}:{self.bounds[1]:g}, got {pixel:.6g} at element {element} "
                f"of input {item}: it lies outside {asked}, or 'unbounded'"
            )
        if box.tables is None:
            return
        off = np.zeros(x.shape, dtype=bool)
        for channel, table in enumerate(box.tables):
            mine = box.channel == channel
            off[:, mine] = ~np.isin(x[:, mine], table)
        if off.any():
            item, element = (int(i) for i in np.argwhere(off)[0])
            raise InputError(
                f"expected every pixel on one of {self.levels} levels, got {x[item, element]!r} at element {element} "
                f"of input {item}: give an image file, or numpy.float32(level) / {box.tables.shape[1] - 1}"
            )

    def describe(self) -> str:
        """The domain in words."""
        if self.unbounded:
            return "any real value"
        lower, upper = self.bounds
        grid = f", {self.levels} levels" if self.levels is not None else ""
        return f"values in [{lower:g}, {upper:g}]{grid}"
