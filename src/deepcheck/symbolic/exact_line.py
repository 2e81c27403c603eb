"""One line in exact arithmetic: from piece to piece, each with the linear form that holds on it.

The network is run on ``a + b t`` along the path just behind a time; the guards say until when that path holds, and
there the next piece starts. Numbers keep the denominators of the constants: times never enter the products.

Verified: everything here is exact.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Branch,
    Choice,
    Exact,
    Interpretation,
    Largest,
    Piecewise,
    Program,
    Rationals,
    from_floats,
    interpret,
    run_linear,
)
from deepcheck.program.rationals import from_fractions

_EXACT = Exact()
_BOTH = np.zeros(2, dtype=np.int64)


@dataclass(frozen=True)
class ExactPiece:
    """A piece of a line: the outputs are ``values + slopes * t`` from one displacement to another, ends included.

    Attributes:
        lower: Where it starts.
        upper: Where it ends.
        values: The outputs' forms at displacement 0, fractions, ``(outputs,)``.
        slopes: Their slopes.
    """

    lower: Fraction
    upper: Fraction
    values: Array
    slopes: Array


@dataclass
class _Ray(Interpretation[Rationals]):
    """Rows ``a`` and ``b`` of ``a + b t``, along the path just behind ``time``; ``until`` says how long that holds."""

    time: Fraction
    until: Fraction

    def affine(self, instruction: Affine, operands: tuple[Rationals, ...]) -> Rationals:
        total = run_linear(_EXACT, instruction, operands)
        if instruction.offset is None:
            return total
        return _first_row(_EXACT.shift(instruction.offset, total), total)

    def branch(self, position: int, instruction: Branch, operand: Rationals) -> Rationals:
        if isinstance(instruction, Piecewise):
            return self._piecewise(instruction, operand)
        assert isinstance(instruction, Largest)
        return self._largest(instruction, operand)

    def _piecewise(self, instruction: Piecewise, z: Rationals) -> Rationals:
        arms = np.zeros(z.shape[1:], dtype=np.int8)
        for t in instruction.breakpoints:
            arms += self._ahead(*self._above(z, t)).astype(np.int8)
        for k, t in enumerate(instruction.breakpoints):
            near = (arms == k) | (arms == k + 1)
            value, slope = self._above(z, t)
            sign = np.where(arms == k, -1, 1)
            self._hold((sign * value)[near], (sign * slope)[near])
        choice = Choice(arms[None], _BOTH)
        linear = instruction.select_linear(_EXACT, choice, z)
        return _first_row(instruction.select(_EXACT, choice, z), linear)

    def _largest(self, instruction: Largest, z: Rationals) -> Rationals:
        candidates = _EXACT.gather(instruction.windows, z)
        value, slope = candidates.numerators
        here = value * self.time.denominator + slope * self.time.numerator
        present = np.broadcast_to(instruction.present, here.shape)
        top = _greatest(here, present)
        steep = _greatest(slope, present & (here == top[..., None]))
        best = np.argmax(present & (here == top[..., None]) & (slope == steep[..., None]), axis=-1)
        for at in range(here.shape[-1]):
            exists = present[..., at]
            won = [np.take_along_axis(row, best[..., None], axis=-1)[..., 0] - row[..., at] for row in (value, slope)]
            self._hold(won[0][exists], won[1][exists])
        return _EXACT.pick(candidates, Choice(best[None], _BOTH))

    def _above(self, z: Rationals, t: Fraction) -> tuple[Array, Array]:
        """Integers in proportion to the value and slope of what lies above a breakpoint."""
        value, slope = z.numerators
        return value * t.denominator - t.numerator * z.denominator, slope * t.denominator

    def _ahead(self, value: Array, slope: Array) -> Array:
        """Where a form is positive just behind the time."""
        here = value * self.time.denominator + slope * self.time.numerator
        return np.asarray((here > 0) | ((here == 0) & (slope > 0)), dtype=bool)

    def _hold(self, value: Array, slope: Array) -> None:
        """Stop where a form, not negative just behind the time, becomes 0."""
        falling = np.flatnonzero(np.asarray(slope < 0, dtype=bool))
        if len(falling) == 0:
            return
        ends = [(int(value[i]), -int(slope[i])) for i in falling]
        rough = [_rough(*end) for end in ends]
        least = min(rough)  # rounding is monotone: the least end is among those that round to it
        first = min(Fraction(*end) for end, about in zip(ends, rough, strict=True) if about == least)
        self.until = min(self.until, first)


def _rough(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if numerator > 0 else float("-inf")


def _greatest(values: Array, among: Array) -> Array:
    lowest = int(np.min(values, initial=0)) - 1
    return np.asarray(np.max(np.where(among, values, lowest), axis=-1))


def _first_row(first: Rationals, second: Rationals) -> Rationals:
    """Row 0 of one pair and row 1 of another, whose denominator divides the first's."""
    numerators = first.numerators.copy()
    numerators[1] = second.over(first.denominator)[1]
    return Rationals(numerators, first.denominator)


def exact_pieces(
    program: Program,
    x: Array,
    element: int,
    lower: Fraction,
    upper: Fraction,
    late: Callable[[], bool] = lambda: False,
) -> Iterator[ExactPiece]:
    """The pieces of one line, in order; they stop early where the time runs out.

    Args:
        program: The program.
        x: What the model receives, ``(1, *input_shape)``.
        element: Which element moves.
        lower: The least displacement.
        upper: The largest.
        late: Has the time run out?
    """
    start = _start(x, element)
    time = lower
    while not late():
        ray = _Ray(time, upper)
        outputs = _EXACT.flat(interpret(program, start, ray)).fractions()
        yield ExactPiece(time, ray.until, outputs[0], outputs[1])
        if ray.until >= upper:
            return
        time = ray.until


def _start(x: Array, element: int) -> Rationals:
    origin = from_floats(x)
    unit = from_fractions([Fraction(int(e == element)) for e in range(x.size)], x.shape)
    numerators = np.concatenate([origin.numerators, unit.over(origin.denominator)])
    return Rationals(numerators, origin.denominator)
