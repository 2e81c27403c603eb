"""The plane interpretation: values at the corners of polygons, along all paths that a rectangle of two elements meets.

A value is its deviation at vertices of many planes. On each polygon the true deviation is linear between the corners,
up to the corners' errors: for all weights ``w_k >= 0`` of sum 1,

    |d_true(sum w_k v_k) - sum w_k d_k| <= sum w_k e_k.

A vertex that a cut makes *is* the point at its weight between two others, so parts fill their polygon exactly, and
its row is theirs interpolated, with the rounding of that. *Affine instructions* keep the claim row by row, as on
lines (`walking`). *A branch* cuts polygons where the operand crosses a breakpoint (or where another candidate becomes
the largest), then takes the function of each row. What a polygon still bends is added to the errors of its corners: a
scalar function leaves the interpolation by at most the jump in slope times the smaller of how far the corners reach
below and above the breakpoint; the largest of candidates by at most how far the best single candidate is behind at
its worst corner.

Verified: the claim above, with outward rounding.

Source: Sotoudeh and Thakur, SyReNN (arXiv 2101.03263): the linear partition of a network on a plane.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Choice,
    Interpretation,
    Largest,
    NormBounded,
    Path,
    Piecewise,
    Program,
    Windowed,
    Windows,
    interpret,
    run_linear,
)
from deepcheck.program.bounded import TINY, UNIT, UP
from deepcheck.symbolic import cuts, pools
from deepcheck.symbolic.mesh import Mesh
from deepcheck.symbolic.segments import Base
from deepcheck.symbolic.walking import rows_of, tables_of

_NORM = NormBounded()


@dataclass(frozen=True)
class Rectangles:
    """Parts of planes: two elements of one item move within ranges.

    Attributes:
        item: Which input of a batch each is about, ``(n,)``.
        elements: Which two elements move, ``(n, 2)``.
        lower: Their least displacements, float64, ``(n, 2)``.
        upper: Their largest.
    """

    item: Array
    elements: Array
    lower: Array
    upper: Array

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: Array) -> "Rectangles":
        """Some of them."""
        return Rectangles(self.item[rows], self.elements[rows], self.lower[rows], self.upper[rows])

    @property
    def corners(self) -> Array:
        """The four corners of each, ``(4 n, 2)``, as `Mesh.rectangles` has them."""
        (a, b), (c, d) = self.lower.T, self.upper.T
        return np.stack([np.stack([a, c, c, a], axis=1), np.stack([b, b, d, d], axis=1)], axis=2).reshape(-1, 2)


@dataclass(frozen=True)
class Spanned:
    """What a value is here: at the inputs, and one deviation per vertex, as many as there were when it was made."""

    base: Base
    deviation: Windowed


@dataclass(frozen=True)
class Filled:
    """A network on planes.

    Attributes:
        mesh: The polygons.
        place: Where each vertex is, as displacements of the two elements, ``(vertices, 2)``, errors like any value's.
        deviation: How far each output is from where it is at the input, ``(vertices, outputs)``.
    """

    mesh: Mesh
    place: Bounded
    deviation: Bounded


@dataclass
class Plane(Interpretation[Spanned]):
    """All planes at once."""

    windows: Windows
    rectangles: Rectangles
    path: Path
    mesh: Mesh

    def affine(self, instruction: Affine, operands: tuple[Spanned, ...]) -> Spanned:
        base = Base.affine(instruction, tuple(operand.base for operand in operands))
        finest = max(len(operand.deviation.data.value) for operand in operands)
        if any(len(operand.deviation.data.value) < finest for operand in operands):
            operands = tuple(self.now(operand) for operand in operands)
        return Spanned(base, run_linear(self.windows, instruction, tuple(operand.deviation for operand in operands)))

    def now(self, value: Spanned) -> Spanned:
        """A value at all vertices."""
        return Spanned(value.base, self.mesh.extended(self.windows, value.deviation))

    def branch(self, position: int, instruction: Branch, operand: Spanned) -> Spanned:
        operand = self.now(operand)
        base = operand.base.branch(position, instruction, self.path)
        assert isinstance(instruction, (Piecewise, Largest))
        if isinstance(instruction, Piecewise):
            return Spanned(base, self._piecewise(instruction, operand))
        return Spanned(base, self._largest(instruction, operand))

    def _tables(self, x: Windowed) -> tuple[Array, Array]:
        """Which element each entry of a row is, and which row of that table each plane reads."""
        count = len(self.rectangles)
        if x.window is None:
            return np.arange(int(np.prod(x.shape)))[None], np.zeros(count, dtype=np.int64)
        return x.window.elements, np.arange(count)

    def _shaped(self, data: Bounded, x: Windowed) -> Windowed:
        value = data.value.reshape(len(data.value), *x.data.value.shape[1:])
        return Windowed(data._replace(value=value), x.shape, x.window, None if x.window is None else self.mesh.belongs)

    def _piecewise(self, instruction: Piecewise, operand: Spanned) -> Windowed:
        breaks, slopes, intercepts = tables_of(instruction)
        x, mesh = operand.deviation, self.mesh
        elements, of = self._tables(x)
        item, base = self.rectangles.item, operand.base.value
        lists = mesh.by_plane(len(self.rectangles))
        steps = 4.0 * len(mesh.first) * elements.shape[1]

        def run(values, numbers, first, length, corners, plane, left, right, weight, used):  # type: ignore[no-untyped-def]
            return cuts.cut(
                values, numbers, base, elements, of, item, breaks, first, length, corners, plane, left, right, weight,
                used, *lists, steps=steps,
            )  # fmt: skip

        data = mesh.grown(x.data._replace(value=rows_of(x)), run)
        out = np.empty_like(data.value)
        size, bend = np.empty(len(out)), np.empty(len(out))
        cuts.bent(
            data.value, base, elements, of, item, breaks, slopes, intercepts, mesh.first, mesh.length, mesh.corners,
            mesh.plane, mesh.belongs, out, size, bend, steps=4.0 * out.size,
        )  # fmt: skip
        slope, offset = float(np.abs(slopes).max()) * UP, float(np.abs(intercepts).max()) * UP
        return self._shaped(self._charged(data, operand.base, (slope, offset), out, size, bend), x)

    def _charged(
        self, data: Bounded, base: Base, limits: tuple[float, float], out: Array, size: Array, bend: Array
    ) -> Bounded:
        """The values behind a branch, with their errors."""
        slope, offset = limits
        item = self.rectangles.item[self.mesh.belongs]
        reading = np.abs(base.value).max(axis=1, initial=0.0)[item] + data.size
        error = slope * (data.error + 2 * base.error[item] + 16 * UNIT * reading) + 16 * UNIT * offset + bend * UP
        return Bounded(out, error * UP + 8 * TINY, size)

    def _largest(self, instruction: Largest, operand: Spanned) -> Windowed:
        mesh, width, item = self.mesh, instruction.windows.shape[-1], self.rectangles.item
        present = np.ascontiguousarray(np.broadcast_to(instruction.present, instruction.windows.shape)).reshape(-1)
        at_input = _NORM.gather(instruction.windows, operand.base.running).value
        base = np.ascontiguousarray(at_input.reshape(len(at_input), -1))
        x, elements, source = self.windows.reading(instruction.windows, operand.deviation)
        of = self._tables(x)[1]
        steps = 8.0 * len(mesh.first) * elements.shape[1] * width

        def run(values, numbers, first, length, corners, plane, left, right, weight, used):  # type: ignore[no-untyped-def]
            return pools.apart(
                values, numbers, base, present, elements, of, item, source, width, first, length, corners, plane, left,
                right, weight, used, steps=steps,
            )  # fmt: skip

        data = mesh.grown(x.data._replace(value=rows_of(x)), run)
        out = np.empty((mesh.vertices, elements.shape[1] // width))
        size, bend = np.empty(len(out)), np.empty(len(out))
        pools.largest(
            data.value, base, present, elements, of, item, source, width, mesh.first, mesh.length, mesh.corners,
            mesh.plane, mesh.belongs, out, size, bend, steps=steps + 4.0 * out.size,
        )  # fmt: skip
        # Only its shape and window are of use: any slot will do.
        whole = self.windows.gather(instruction.windows, self._shaped(data, x))
        picked = self.windows.pick(
            whole, Choice(np.zeros((1, *instruction.shape), np.int64), np.zeros(len(out), np.int64))
        )
        return self._shaped(self._charged(data, operand.base, (1.0, 0.0), out, size, bend), picked)


def fill(program: Program, x: Array, path: Path, rectangles: Rectangles) -> Filled:
    """Run rectangles through a network, along all paths that they meet.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        path: The items' exact paths.
        rectangles: The rectangles, around their items.
    """
    windows, mesh = Windows(rectangles.elements, program.input_shape), Mesh.rectangles(len(rectangles))
    plane = Plane(windows, rectangles, path, mesh)
    start = windows.moved(rectangles.corners, mesh.belongs)
    place = Spanned(Base.start(x), start)
    with np.errstate(over="ignore", invalid="ignore"):
        out = plane.now(interpret(program, place, plane))
        where = mesh.extended(windows, start)
    return Filled(mesh, where.data, NormBounded().flat(windows.dense(out.deviation)))
