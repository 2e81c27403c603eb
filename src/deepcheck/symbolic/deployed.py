"""How far a network that is run in its own float type may be from real arithmetic, over a family of inputs.

The bound holds for any order of summation, with or without fused multiply-add, with subnormal numbers flushed or not,
and for affine nodes that a runtime fuses. Errors are made in each sum between two branches (`rounding`), and go on by
the coefficients of what comes behind; a branch that rounding may throw over passes on any slope between its own.

Verified: every figure is a bound from above, rounded up. Trusted: that the runtime adds and multiplies as IEEE 754 has
it, in the model's own type. Convolutions by transforms (Winograd, FFT) are not orders of summation.

Source: Higham (see `rounding`), run a posteriori. Why it matters: Jia and Rinard, Exploiting Verified Neural Networks
via Floating Point Numerical Error (SAS 2021); Szász et al., No Soundness in the Real World (2025, arXiv 2506.01054).
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np

from deepcheck.program import (
    Affine,
    Array,
    Bounded,
    Branch,
    Choice,
    Contract,
    Floats,
    Interpretation,
    Largest,
    NormBounded,
    Path,
    Piecewise,
    Program,
    exact_floats,
    interpret,
    interpret_transposed,
    parts_of,
)
from deepcheck.program.bounded import SUMMED_UP
from deepcheck.symbolic.reverse import Reverse
from deepcheck.symbolic.rounding import Carried, Format, Moved, through

_NORM, _PLAIN = NormBounded(), Floats()
BRANCH_ROUNDINGS = 4
FOLLOWED_PRODUCTS = 1 << 28
"""Up to so many multiplications errors are followed back from one branch."""
FOLLOWED_ROWS = 512
HEADROOM = 4.0
"""Sums of magnitudes stay this far below the largest number, so that no partial sum overflows."""


@dataclass(frozen=True)
class Running:
    """What a model is run in.

    Attributes:
        format: Its coarsest float type.
        casts: How many of its nodes change the float type, so that they round.
        behind: How far a lead may be lost behind the outputs.
    """

    format: Format
    casts: int = 0
    behind: float = 0.0


@dataclass(frozen=True)
class Reachable:
    """The family that a bound is about.

    Attributes:
        steps: The largest displacement of each element, ``(items, size)``; infinite where it may go anywhere.
        moving: How many elements move at once at most.
        along: Only inputs whose exact path is that of the item count; else any.
        movements: How far the first branches' operands move, ``(items, *source_shape)`` each, as far as it is known.
        sharp: Take the time to follow the errors of activations near a border back to where they are made.
    """

    steps: Array
    moving: int
    along: bool = True
    movements: tuple[Moved, ...] = ()
    sharp: bool = False


def deployed_errors(
    program: Program, x: Array, path: Path, seeds: Array, family: Reachable, running: Running | None = None
) -> Array:
    """How far forms of the outputs may be from real arithmetic in a run in the model's own type.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        path: The exact paths.
        seeds: The forms' weights over the outputs, ``(items, forms, outputs)``.
        family: How far inputs may be from ``x``.
        running: What the model is run in; by default its input's type.

    Returns:
        ``(items, forms)``; infinite where no bound is known (sums that may overflow).
    """
    with np.errstate(all="ignore"):
        running = running or Running(Format.of(program.dtype))
        forward = _Forward(program, running, path, family)
        shape = (len(x), *program.input_shape)
        steps = np.asarray(family.steps, dtype=np.float64).reshape(shape)
        sizes = np.abs(x.astype(np.float64)) + steps
        none = np.zeros(shape)
        spread = Moved.of(steps, _farthest(steps, family.moving))
        start = Carried(
            exact_floats(x), spread, family.moving, sizes, none, Moved.of(none), running.casts, np.zeros(len(x))
        )
        last = interpret(program, start, forward)
        local = last.local(running.format).reshape(len(x), program.outputs)
        weights = np.abs(seeds)
        own = _weighed(weights, local)
        whole = own + _weighed(weights, last.error.each.reshape(local.shape))
        items = np.repeat(np.arange(len(x)), seeds.shape[1])
        rows = seeds.reshape(-1, *program.shapes[program.output])
        signed = own + _collected(program, program.output, rows, path, items, forward.sources).reshape(own.shape)
        found = np.fmin(np.where(np.isnan(whole), np.inf, whole), signed) * SUMMED_UP + running.behind
        found[last.peak * HEADROOM > running.format.most] = np.inf
        return np.asarray(np.where(np.isnan(found), np.inf, found))


@dataclass(frozen=True)
class _Source:
    """Where a branch's errors come from.

    Attributes:
        before: How far the sums before it may be off, ``(items, *source_shape)``.
        after: What it adds itself: slopes that rounding may change, and its own rounding, ``(items, *shape)``.
    """

    before: Array
    after: Array


@dataclass
class _Forward(Interpretation[Carried]):
    """From the input on: what is carried, and each branch's sources of errors."""

    program: Program
    running: Running
    path: Path
    family: Reachable
    sources: list[_Source] = field(default_factory=list)
    products: int = 0

    def affine(self, instruction: Affine, operands: tuple[Carried, ...]) -> Carried:
        maps = [part for term in instruction.terms for part in parts_of(term.maps) if isinstance(part, Contract)]
        self.products += sum(prod(part.source_shape) * part.shape[2] for part in maps)
        return through(instruction, operands, self.running.format)

    def branch(self, position: int, instruction: Branch, operand: Carried) -> Carried:
        arms = Choice(self.path.arms[position])
        if position < len(self.family.movements):
            known = self.family.movements[position]
            each, norm = np.fmin(operand.spread.each, known.each), np.fmin(operand.spread.norm, known.norm)
            operand = operand._replace(spread=Moved.of(each, norm))
        before = operand.local(self.running.format)
        error = operand.error.plus(Moved.of(before))
        value = instruction.select(_NORM, arms, operand.value)
        if isinstance(instruction, Piecewise):
            error = self._followed(instruction, operand, before, error)
            spread, off, after = self._piecewise(instruction, arms, operand, error)
        else:
            assert isinstance(instruction, Largest)
            spread, off, after = self._largest(instruction, arms, operand, error)
        self.sources.append(_Source(before, after))
        sums = (np.abs(value.value) + value.element_error + spread.each + off.each) * SUMMED_UP
        return Carried(value, spread, None, sums, np.zeros(sums.shape), off, self.running.casts, operand.peak)

    def _followed(self, branch: Piecewise, operand: Carried, before: Array, error: Moved) -> Moved:
        """The errors of an operand, those that may throw the branch over followed back to where they are made."""
        if not self.family.sharp or not self.sources:
            return error
        open_ = _open(branch, operand, _near(operand, error)).reshape(len(before), -1)
        items, elements = np.nonzero(open_)
        if len(items) * self.products > FOLLOWED_PRODUCTS:
            return error
        each = error.each.reshape(len(before), -1).copy()
        for at in range(0, len(items), FOLLOWED_ROWS):
            mine, places = items[at : at + FOLLOWED_ROWS], elements[at : at + FOLLOWED_ROWS]
            seeds = np.zeros((len(mine), open_.shape[1]))
            seeds[np.arange(len(mine)), places] = 1.0
            rows = seeds.reshape(-1, *branch.source_shape)
            found = _collected(self.program, branch.operand, rows, self.path, mine, self.sources)
            found = (found + before.reshape(len(before), -1)[mine, places]) * SUMMED_UP
            each[mine, places] = np.fmin(each[mine, places], found)
        return Moved.of(each.reshape(error.each.shape), error.norm)

    def _piecewise(self, branch: Piecewise, arms: Choice, operand: Carried, error: Moved) -> tuple[Moved, Moved, Array]:
        """How far the result moves, how far it may be off, and what of that the branch adds."""
        near = _near(operand, error)
        open_ = _open(branch, operand, near)
        slopes = np.array([float(slope) for slope in branch.slopes])
        steepest = float(np.abs(slopes).max()) * SUMMED_UP
        own = np.abs(slopes)[arms.options] * SUMMED_UP
        most = np.where(open_, steepest, own)
        bends = np.abs(slopes - slopes[:, None]).max(axis=1)[arms.options]
        rounded = self._rounded(branch, np.abs(operand.value.value) + near) * (most > 0)
        added = np.where(open_, bends * error.each, 0.0) + rounded
        spread = Moved.of((own if self.family.along else most) * operand.spread.each, steepest * operand.spread.norm)
        off = Moved.of(most * error.each, steepest * error.norm).plus(Moved.of(rounded))
        return spread, off, added * SUMMED_UP

    def _rounded(self, branch: Piecewise, size: Array) -> Array:
        """How far the branch itself may round: nothing but underflow where its pieces are 0, the operand, or limits."""
        pairs = [(abs(float(s)), abs(float(c))) for s, c in zip(branch.slopes, branch.intercepts, strict=True)]
        inexact = [(s, c) for s, c in pairs if s not in (0.0, 1.0) or (s == 1.0 and c != 0.0)]
        rounding = self.running.format.gamma(BRANCH_ROUNDINGS)
        sums = [rounding * (s * size + c) for s, c in inexact]
        return np.asarray(np.max(sums, axis=0) if sums else np.zeros(size.shape)) + 4 * self.running.format.tiny

    def _largest(self, branch: Largest, arms: Choice, operand: Carried, error: Moved) -> tuple[Moved, Moved, Array]:
        """The same for the largest of several."""
        parts = (operand.value.value, operand.spread.each, error.each)
        value, spread, off = gathered = [_PLAIN.gather(branch.windows, part) for part in parts]
        best, best_spread, best_off = (_PLAIN.pick(part, arms)[..., None] for part in gathered)
        doubt = operand.value.error.reshape(-1, *(1,) * (value.ndim - 1))
        reach = (best_spread + spread + best_off + off + 2 * doubt) * SUMMED_UP
        loser = np.arange(branch.windows.shape[-1]) != arms.full[..., None]
        rival = branch.present & loser & ~(best - value - 2.0**-50 * (np.abs(best) + np.abs(value)) > reach)
        rivals_off, rivals_spread = (np.where(rival, part, 0.0).max(axis=-1) for part in (off, spread))
        most_off = np.maximum(best_off[..., 0], rivals_off)
        moves = best_spread[..., 0] if self.family.along else np.maximum(best_spread[..., 0], rivals_spread)
        readers = np.sqrt(branch.windows.most_readers) * SUMMED_UP
        flushed = np.full(moves.shape, self.running.format.tiny)
        added = np.where(rival, best_off + off, 0.0).max(axis=-1) + flushed
        return (
            Moved.of(moves, readers * operand.spread.norm),
            Moved.of(most_off, readers * error.norm).plus(Moved.of(flushed)),
            added * SUMMED_UP,
        )


def _farthest(steps: Array, moving: int) -> Array:
    """The Euclidean norm of the farthest displacement of so many elements, ``(items,)``."""
    flat = steps.reshape(len(steps), -1)
    if moving < flat.shape[1]:
        flat = np.partition(flat, flat.shape[1] - moving, axis=1)[:, flat.shape[1] - moving :]
    return np.asarray(np.sqrt((flat * flat).sum(axis=1)) * SUMMED_UP)


def _near(operand: Carried, error: Moved) -> Array:
    """How far from its value at the input an operand may be in a run in floats."""
    return np.asarray((operand.spread.each + error.each + operand.value.element_error) * SUMMED_UP)


def _open(branch: Piecewise, operand: Carried, near: Array) -> Array:
    """Which elements may be on either side of a border."""
    value = operand.value.value
    found = np.zeros(value.shape, dtype=bool)
    for end in branch.breakpoints:
        # Not "<=": what has overflowed is open.
        found |= ~(np.abs(value - float(end)) - 2.0**-50 * (np.abs(value) + abs(float(end))) > near)
    return found


def _collected(program: Program, value: int, rows: Array, path: Path, items: Array, sources: list[_Source]) -> Array:
    """How far forms of a value may be off because of the branches before it, each of its item, ``(rows,)``."""
    behind = _Collecting(path, items, sources)
    interpret_transposed(program, {value: exact_floats(rows)}, behind)
    return np.asarray(sum(behind.sums, np.zeros(len(rows))) * SUMMED_UP)


class _Collecting(Reverse[Bounded]):
    """The reverse pass, which weighs each branch's sources with the coefficients that arrive there."""

    def __init__(self, path: Path, items: Array, sources: list[_Source]) -> None:
        super().__init__(_NORM, path, items)
        self.of, self.sources = items, sources
        self.sums: list[Array] = []

    def branch(self, position: int, instruction: Branch, cotangent: Bounded) -> Bounded:
        self._collect(cotangent, self.sources[position].after)
        arriving = super().branch(position, instruction, cotangent)
        self._collect(arriving, self.sources[position].before)
        return arriving

    def _collect(self, cotangent: Bounded, source: Array) -> None:
        sizes = np.abs(cotangent.value.reshape(len(self.of), -1)) + cotangent.error[:, None]
        own = source.reshape(len(source), -1)[self.of]
        self.sums.append(np.einsum("rm,rm->r", sizes, own) * SUMMED_UP)


def _weighed(weights: Array, source: Array) -> Array:
    """Sums over a source, ``(items, m)``, by non-negative weights ``(items, forms, m)``, rounded up."""
    return np.asarray(np.matmul(weights, source[:, :, None])[:, :, 0] * SUMMED_UP)
