"""Segments: one element of one input moves within a range; deviations from the input along it.

A *deviation* is how far a value has moved from where it is at the input. Affine instructions map deviations without
their offsets, so a deviation lives in the same windows as a slope, and is 0 wherever the element does not reach.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Choice,
    Path,
    Program,
    RunningBounded,
    Windowed,
    Windows,
    run_affine,
)
from deepcheck.program.bounded import TINY, UNIT, UP

MANY, SMALL = 64, 1 << 22
"""From this many segments, on a program of up to this many elements times widest layer, windows are worked out once."""
_RUNNING = RunningBounded()


@dataclass(frozen=True)
class Segments:
    """Parts of lines.

    Attributes:
        item: Which input of a batch each is about, ``(n,)``.
        element: Which element moves.
        lower: The least displacement, float64.
        upper: The largest.
    """

    item: Array
    element: Array
    lower: Array
    upper: Array

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: Array) -> "Segments":
        """Some of them."""
        return Segments(self.item[rows], self.element[rows], self.lower[rows], self.upper[rows])

    def cut(self, parts: int) -> "Segments":
        """Each in so many parts, which share their ends and stay side by side."""
        shares = np.arange(parts + 1) / parts
        ends = self.lower[:, None] * (1 - shares) + self.upper[:, None] * shares
        ends[:, 0], ends[:, -1] = self.lower, self.upper
        item, element = np.repeat(self.item, parts), np.repeat(self.element, parts)
        return Segments(item, element, ends[:, :-1].ravel(), ends[:, 1:].ravel())


@dataclass(frozen=True)
class Base:
    """A value at the inputs themselves, in the running grade.

    Attributes:
        value: The computed value, ``(items, m)``.
        error: How far any element of an item may be off, ``(items,)``.
        running: The same as the arithmetic has it.
    """

    value: Array
    error: Array
    running: Bounded

    @staticmethod
    def of(running: Bounded) -> "Base":
        """A base from what the arithmetic computed."""
        flat = np.ascontiguousarray(running.value.reshape(len(running.value), -1))
        return Base(flat, running.error.reshape(len(flat), -1).max(axis=1, initial=0.0), running)

    @staticmethod
    def start(x: Array) -> "Base":
        """Inputs that are exactly what they say."""
        return Base.of(_RUNNING.start(x))

    @staticmethod
    def affine(instruction: Affine, operands: tuple["Base", ...]) -> "Base":
        """Through an affine instruction."""
        return Base.of(run_affine(_RUNNING, instruction, tuple(operand.running for operand in operands)))

    def branch(self, position: int, instruction: Branch, path: Path) -> "Base":
        """Through a branch, along the exact path."""
        return Base.of(instruction.select(_RUNNING, Choice(path.arms[position]), self.running))


def unit_windows(program: Program, elements: Array) -> tuple[Windows, Array]:
    """The windows of some elements, and which unit displacement each one is."""
    widest = max(int(np.prod(shape)) for shape in program.shapes)
    if len(elements) >= MANY and program.size * widest <= SMALL:
        return program.windows(np.arange(program.size)), elements
    distinct, of = np.unique(elements, return_inverse=True)
    return program.windows(distinct), of


def scaled(windows: Windows, slopes: Windowed, of: Array, times: Array) -> Windowed:
    """Deviations at displacements, ``(rows,)``, before any branch: multiples of slopes."""
    rows = windows.take(slopes, of)
    data, length = rows.data, np.abs(times)
    value = data.value * times.reshape(-1, *(1,) * (data.value.ndim - 1))
    size = length * data.size * UP
    error = (length * data.error + UNIT * size) * UP + TINY
    return Windowed(Bounded(value, error, size), rows.shape, rows.window, rows.of)


def places(x: Windowed) -> tuple[Array, Array]:
    """Which element of a layer each entry of a row is: a table, and which line of it each row reads."""
    if x.window is None:
        width = int(np.prod(x.shape))
        return np.arange(width)[None], np.zeros(len(x.data.value), dtype=np.int64)
    of = np.arange(len(x.data.value)) if x.of is None else x.of
    return x.window.elements, of
