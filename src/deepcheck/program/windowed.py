"""Slopes that are zero outside a window: a pixel touches a few positions of an early convolution.

Each row of a batch array keeps only the elements that its symbolic input can reach. The window grows by the index map
of each gather, stays the same through branches, and is dropped where it would cover half of a layer.
Which elements a window holds depends on the program alone, not on the input, so it is worked out once
for a set of symbolic elements.

Source: DESIGN.md, section 1 ("a column may carry a window").
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from deepcheck.program.arithmetic import Arithmetic, Choice, Table
from deepcheck.program.bounded import Bounded, NormBounded
from deepcheck.program.constants import Constant
from deepcheck.program.floats import Floats
from deepcheck.program.maps import ABSENT, Contract, Convolve, Gather, Reshape, Scale
from deepcheck.program.rationals import Array
from deepcheck.program.window import Window, grown, widened

_DENSE = NormBounded()


@dataclass(frozen=True)
class Windowed:
    """A batch of rows, each within its window; without a window, the whole layer.

    Attributes:
        data: ``(rows, m)`` in a window, with 0 where the window is padded; else ``(rows, *shape)``.
        shape: The layer's shape.
        window: The window, or None.
        of: Which of the window's symbolic elements each row belongs to, ``(rows,)``; None: in order.
    """

    data: Bounded
    shape: tuple[int, ...]
    window: Window | None = None
    of: Array | None = None

    def own(self, table: Array) -> Array:
        """A table by symbolic element, as one by row."""
        return table if self.of is None else table[self.of]


class Windows(Arithmetic[Windowed]):
    """`NormBounded`, within windows. Remembers what it worked out for one set of symbolic elements."""

    def __init__(self, elements: Array, shape: tuple[int, ...]) -> None:
        """Windows that start from one element each, ``(n,)``, or from several at once, ``(n, k)``."""
        table = elements if elements.ndim == 2 else elements[:, None]
        self._start = Window(np.ascontiguousarray(table, dtype=np.int64))
        self._shape = shape
        self._norm = NormBounded()
        self._plans: dict[tuple[Window, object], tuple[Array, Window]] = {}

    def magnitudes(self) -> "Windows":
        """The same windows, with absolute values of all constants: run on magnitudes, it bounds every sum."""
        made = Windows(self._start.elements, self._shape)
        made._start, made._plans, made._norm = self._start, self._plans, NormBounded(Floats(absolute=True))
        return made

    def units(self) -> Windowed:
        """Unit displacements of the symbolic elements."""
        ones = np.ones((len(self._start.elements), 1))
        return Windowed(Bounded(ones, np.zeros(len(ones)), np.ones(len(ones))), self._shape, self._start)

    def moved(self, steps: Array, of: Array) -> Windowed:
        """Displacements of the symbolic elements, ``(rows, k)``, exact; ``of`` says whose each row is."""
        largest = np.abs(steps).max(axis=1, initial=0.0)
        return Windowed(Bounded(steps, np.zeros(len(steps)), largest), self._shape, self._start, of)

    def _plan(self, window: Window, key: object, make: Callable[[], tuple[Array, Window]]) -> tuple[Array, Window]:
        if (window, key) not in self._plans:
            self._plans[window, key] = make()
        return self._plans[window, key]

    def dense(self, x: Windowed) -> Bounded:
        """The whole layer, ``(rows, *shape)``."""
        if x.window is None:
            return x.data
        rows, size = len(x.data.value), prod(x.shape)
        whole = np.zeros((rows, size + 1))
        np.put_along_axis(whole, x.own(np.where(x.window.elements == ABSENT, size, x.window.elements)), x.data.value, 1)
        return x.data._replace(value=np.ascontiguousarray(whole[:, :size]).reshape(rows, *x.shape))

    def reshape(self, shape: tuple[int, ...], x: Windowed) -> Windowed:
        data = self._norm.reshape(shape, x.data) if x.window is None else x.data
        return replace(x, data=data, shape=shape)

    def gather(self, move: Gather, x: Windowed) -> Windowed:
        if x.window is None:
            return Windowed(self._norm.gather(move, x.data), move.shape)
        window = x.window
        slots, wider = self._plan(window, move, lambda: grown(window, move))
        if not self._keeps(window, move):
            return Windowed(self._norm.gather(move, self.dense(x)), move.shape)
        padded = np.concatenate([x.data.value, np.zeros((len(x.data.value), 1))], axis=1)
        offsets = np.arange(len(padded))[:, None] * padded.shape[1]
        value = np.take(padded.reshape(-1), x.own(slots) + offsets)
        return Windowed(x.data._replace(value=value), move.shape, wider, x.of)

    def reading(self, move: Gather, x: Windowed) -> tuple[Windowed, Array, Array]:
        """Where a gather reads: what is behind it reads the operand's rows in place.

        Returns:
            The operand, whole where its window is dropped; a table of the elements behind the gather; and for each of
            those which entry of the operand's row it is, -1 where it is 0. Rows of the tables as `Windowed.of` says.
        """
        if x.window is None or not self._keeps(x.window, move):
            elements = np.arange(prod(move.shape))[None]
            return Windowed(self.dense(x), x.shape), elements, np.asarray(move.index.reshape(1, -1))
        window = x.window
        slots, wider = self._plan(window, move, lambda: grown(window, move))
        return x, wider.elements, np.where(slots == window.elements.shape[1], ABSENT, slots)

    def contract(self, product: Contract, x: Windowed) -> Windowed:
        groups, rows, width = product.source_shape
        outputs = product.shape[2]
        window = x.window
        if window is None or groups > 1:
            return Windowed(self._norm.contract(product, self.dense(x)), product.shape)
        weight = self._norm.floats.constant(product.weight)[0]
        if window.width == width > 1:
            flat = x.data.value.reshape(-1, width) @ weight
            value = flat.reshape(len(x.data.value), -1)
            _, wider = self._plan(window, product, lambda: widened(window, outputs))
            return Windowed(self._norm.product(value, product.growth, width, x.data), product.shape, wider, x.of)
        if rows == 1 and window.elements.shape[1] == 1:
            value = x.data.value * x.own(weight[window.elements[:, 0]])
            made = self._norm.product(value.reshape(-1, *product.shape), product.growth, 1, x.data)
            return Windowed(made, product.shape)
        return Windowed(self._norm.contract(product, self.dense(x)), product.shape)

    def convolve(self, convolution: Convolve, x: Windowed) -> Windowed:
        if self._keeps(x.window, convolution.unfold) and convolution.product.source_shape[0] == 1:
            for part in convolution.parts:
                x = self.apply(part, x)
            return x
        return Windowed(self._norm.convolve(convolution, self.dense(x)), convolution.shape)

    def convolve_transposed(self, convolution: Convolve, x: Windowed) -> Windowed:
        return Windowed(self._norm.convolve_transposed(convolution, self.dense(x)), convolution.source_shape)

    def _keeps(self, window: Window | None, unfold: Gather | Reshape) -> bool:
        """Does a window stay one behind the unfolding of a convolution?"""
        if window is None or isinstance(unfold, Reshape):
            return window is not None
        _, wider = self._plan(window, unfold, lambda: grown(window, unfold))
        return 2 * int(wider.elements.shape[1]) <= prod(unfold.shape)

    def scale(self, scaling: Scale, x: Windowed) -> Windowed:
        if x.window is None:
            return Windowed(self._norm.scale(scaling, x.data), scaling.shape)
        window = x.window
        factors = scaling.factor.broadcast(scaling.shape).floats(np.dtype(np.float64)).reshape(-1)
        local = Constant(x.own(factors[window.elements]))
        bounded = self._norm.scale(Scale(local, local.shape), x.data)
        return replace(x, data=bounded)

    def add(self, x: Windowed, y: Windowed) -> Windowed:
        if _same_window(x, y):
            return replace(x, data=self._norm.add(x.data, y.data))
        return Windowed(self._norm.add(self.dense(x), self.dense(y)), x.shape)

    def subtract(self, x: Windowed, y: Windowed) -> Windowed:
        if _same_window(x, y):
            return replace(x, data=self._norm.subtract(x.data, y.data))
        return Windowed(self._norm.subtract(self.dense(x), self.dense(y)), x.shape)

    def times(self, x: Windowed, factors: Table) -> Windowed:
        return replace(x, data=self._norm.times(x.data, Table(factors.numbers, self._local(x, factors.choice))))

    def _local(self, x: Windowed, choice: Choice) -> Choice:
        return choice if x.window is None else Choice(choice.at(x.own(x.window.elements)))

    def pick(self, x: Windowed, slots: Choice) -> Windowed:
        shape, window = x.shape[:-1], x.window
        if window is None or window.width != x.shape[-1]:
            return Windowed(self._norm.pick(self.dense(x), slots), shape)
        rows, narrow = self._plan(window, "pick", lambda: (window.rows, Window(window.rows)))
        local = Choice(slots.at(x.own(rows)))
        data = x.data._replace(value=x.data.value.reshape(len(x.data.value), -1, window.width))
        return Windowed(self._norm.pick(data, local), shape, narrow, x.of)

    def spread(self, x: Windowed, width: int) -> Windowed:
        shape, window = (*x.shape, width), x.window
        if window is None:
            return Windowed(self._norm.spread(x.data, width), shape)
        assert window.width == 1, "each row of a window has one element here"
        _, wide = self._plan(window, ("spread", width), lambda: widened(window, width))
        value = np.repeat(x.data.value, width, axis=1)
        return Windowed(x.data._replace(value=value), shape, wide, x.of)

    def finite(self, x: Windowed) -> Array:
        return self._norm.finite(x.data)

    def take(self, x: Windowed, items: Array) -> Windowed:
        if x.window is None:
            return replace(x, data=self._norm.take(x.data, items))
        of = items if x.of is None else x.of[items]
        in_order = len(of) == len(x.window.elements) and bool((of == np.arange(len(of))).all())
        return replace(x, data=self._norm.take(x.data, items), of=None if in_order else of)

    def flat(self, x: Windowed) -> Windowed:
        return Windowed(self._norm.flat(self.dense(x)), (prod(x.shape),))

    # Slopes are never asked for these; whoever does asks for the whole layer.

    def shift(self, constant: Constant, x: Windowed) -> Windowed:
        return Windowed(self._norm.shift(constant, self.dense(x)), x.shape)

    def plus(self, x: Windowed, offsets: Table) -> Windowed:
        return Windowed(self._norm.plus(self.dense(x), offsets), x.shape)

    def gather_transposed(self, move: Gather, x: Windowed) -> Windowed:
        return Windowed(self._norm.gather_transposed(move, self.dense(x)), move.source_shape)

    def contract_transposed(self, product: Contract, x: Windowed) -> Windowed:
        return Windowed(self._norm.contract_transposed(product, self.dense(x)), product.source_shape)

    def pick_transposed(self, x: Windowed, slots: Choice, width: int) -> Windowed:
        return Windowed(self._norm.pick_transposed(self.dense(x), slots, width), (*x.shape, width))

    def signs(self, x: Windowed) -> tuple[Array, Array]:
        return self._norm.signs(self.dense(x))

    def first_largest(self, x: Windowed, present: Array) -> Array:
        return self._norm.first_largest(self.dense(x), present)


def aligned(slopes: Windowed, values: Bounded, present: Array, items: Array) -> tuple[Bounded, Bounded, Array]:
    """Guard values and masks, element by element with windowed slopes.

    Args:
        slopes: Guard slopes of the rows.
        values: Guard values of the items, ``(items, *shape)``.
        present: Which guards exist, ``(items, *shape)``.
        items: Which item each row belongs to, ``(rows,)``.

    Returns:
        Values, slopes and mask, each ``(rows, m)``.
    """
    flat = values.value.reshape(len(values.value), -1)
    mask = np.broadcast_to(present, values.value.shape).reshape(flat.shape)
    if slopes.window is None:
        taken = Bounded(flat[items], values.error[items], values.size[items])
        return taken, _DENSE.flat(slopes.data), mask[items]
    elements = slopes.own(slopes.window.elements)
    at = items[:, None], elements
    taken = Bounded(flat[at], values.error[items], values.size[items])
    return taken, slopes.data, mask[at] & (elements != ABSENT)


def _same_window(x: Windowed, y: Windowed) -> bool:
    if x.window is None or y.window is None:
        return x.window is y.window
    if (x.of is None) != (y.of is None) or x.window.width != y.window.width:
        return False
    return x.window is y.window or np.array_equal(x.window.elements, y.window.elements)
