"""Lines that bound what a branch does to displacements, over a range of its operand.

Everything here is about *displacements*: how far a value is from what it is at the input. An affine instruction maps
displacements linearly, without its offset, so that only branches have constants. With ``z`` the operand at the input,
a branch turns ``d`` into ``phi(z + d) - phi(z)``, and a relaxation says, for every ``d`` in ``[lower, upper]``:

    lower_slope * d + lower_offset <= phi(z + d) - phi(z) <= upper_slope * d + upper_offset

Verified: the lines, at the ends of the range and at every breakpoint between them, with outward rounding (a piecewise
linear function lies within a line's distance from it there). Where a range is not finite the lines are NaN, and nothing
follows from them.

Source: Singh et al., An Abstract Domain for Certifying Neural Networks (POPL 2019), section 4; Zhang et al., CROWN
(NeurIPS 2018), for any piecewise linear function.
"""

from typing import NamedTuple

import numpy as np

from deepcheck.program import Array, Branch, Largest, Piecewise
from deepcheck.program.bounded import TINY, UNIT

ROUNDING = 32 * UNIT
"""Covers the dozen operations behind a line's offset."""


class Relaxation(NamedTuple):
    """Lines over the operand's displacement, one pair per part and output element, and the output's range.

    Attributes:
        lower_slope: ``(parts, m)``.
        lower_offset: Likewise.
        upper_slope: Likewise.
        upper_offset: Likewise.
        low: The least displacement of the output.
        high: The largest.
        slots: Which candidate of a max pooling the slopes multiply, ``(parts, m)``; None for a scalar function.
    """

    lower_slope: Array
    lower_offset: Array
    upper_slope: Array
    upper_offset: Array
    low: Array
    high: Array
    slots: Array | None = None


class Centre(NamedTuple):
    """A branch's operand at the input, with error bounds, ``(m,)`` each."""

    value: Array
    error: Array


def relax(branch: Branch, centre: Centre, lower: Array, upper: Array) -> Relaxation:
    """The lines of a branch over ranges ``(parts, m)`` of its operand's displacement."""
    if isinstance(branch, Piecewise):
        return _relax_piecewise(branch, centre, lower, upper)
    assert isinstance(branch, Largest)
    return _relax_largest(branch, centre, lower, upper)


def unsettled(branch: Branch, centre: Centre, lower: Array, upper: Array) -> Array:
    """Which operands' ranges decide no arm yet, so that a tighter range may help, ``(parts, m)``."""
    if isinstance(branch, Piecewise):
        return ~_arms(branch, centre, lower, upper)[1]
    assert isinstance(branch, Largest)
    _, settled = _winners(branch, centre, lower, upper)
    candidates = np.broadcast_to(~settled[:, :, None], (*settled.shape, branch.windows.shape[-1]))
    found = np.zeros((len(lower), lower.shape[1] + 1), dtype=bool)
    index = branch.windows.index.reshape(-1)
    part, at = np.nonzero(candidates.reshape(len(lower), -1))
    found[part, index[at]] = True  # what is absent (-1) lands in the last column
    return found[:, :-1]


def _ends(branch: Piecewise, centre: Centre, lower: Array, upper: Array) -> tuple[Array, Array]:
    """The operand's range itself, rounded outward; breakpoints may be rounded too."""
    farthest = max((abs(float(t)) for t in branch.breakpoints), default=0.0)
    pad = centre.error + 4 * UNIT * (np.abs(centre.value) + farthest)
    low = centre.value + lower
    high = centre.value + upper
    return low - (pad + 4 * UNIT * np.abs(lower)), high + (pad + 4 * UNIT * np.abs(upper))


def _arms(branch: Piecewise, centre: Centre, lower: Array, upper: Array) -> tuple[Array, Array]:
    """The arm at the lower end, and whether the whole range (or a range of one point) is on one arm."""
    low, high = _ends(branch, centre, lower, upper)
    first, last = np.zeros(low.shape, dtype=np.int8), np.zeros(low.shape, dtype=np.int8)
    for t in branch.breakpoints:
        first += low >= float(t)
        last += high > float(t)
    return first, ((first >= last) | ((lower == 0) & (upper == 0))) & np.isfinite(low) & np.isfinite(high)


def _relax_piecewise(branch: Piecewise, centre: Centre, lower: Array, upper: Array) -> Relaxation:
    first, settled = _arms(branch, centre, lower, upper)
    # On one arm with the input itself, a displacement is multiplied by the arm's slope, exactly.
    settled &= (lower <= 0) & (upper >= 0)
    slopes = np.array([float(s) for s in branch.slopes])
    slope = slopes[first]
    ends = np.stack([slope * lower, slope * upper])
    low, high = ends.min(axis=0), ends.max(axis=0)
    if not all(s in (-1, 0, 1) for s in branch.slopes):
        low, high = low - (4 * UNIT * np.abs(low) + TINY), high + (4 * UNIT * np.abs(high) + TINY)
    zeros = np.zeros(lower.shape)
    found = Relaxation(slope, zeros, slope.copy(), zeros.copy(), low, high)
    part, element = np.nonzero(~settled)
    if len(part):
        at = Centre(centre.value[element], centre.error[element])
        lines = _lines(branch, at, lower[part, element], upper[part, element])
        for whole, open_ones in zip(found, lines, strict=False):
            assert whole is not None
            whole[part, element] = open_ones
    return found


def _lines(branch: Piecewise, centre: Centre, lower: Array, upper: Array) -> tuple[Array, ...]:
    """Lines and range of elements ``(n,)`` that are not on one arm."""
    low, high = _ends(branch, centre, lower, upper)
    z, at_input = centre.value, _value(branch, centre.value)
    points = np.stack([low, high, *(np.clip(float(t), low, high) for t in branch.breakpoints)])
    values = _value(branch, points)
    steepest = max(abs(float(s)) for s in branch.slopes)
    away = np.maximum(np.abs(low - z), np.abs(high - z))
    size = np.abs(values).max(axis=0) + np.abs(at_input) + steepest * (away + np.abs(low) + np.abs(high))
    constant = max((abs(float(b)) for b in branch.intercepts), default=0.0)
    slack = 2 * steepest * centre.error + ROUNDING * (size + constant) + 4 * TINY
    with np.errstate(divide="ignore", invalid="ignore"):
        chord = (values[1] - values[0]) / (high - low)
    candidates = [np.clip(chord, -steepest, steepest), *(np.full(len(z), float(s)) for s in set(branch.slopes))]
    middle = (low + high) / 2 - z
    best = {sign: (np.full(len(z), np.inf), np.full(len(z), np.nan), np.full(len(z), np.nan)) for sign in (-1, 1)}
    for slope in candidates:
        rest = values - slope * (points - z) - at_input
        for sign, offset in ((-1, rest.min(axis=0) - slack), (1, rest.max(axis=0) + slack)):
            height = sign * (slope * middle + offset)
            better = height < best[sign][0]
            best[sign] = tuple(  # type: ignore[assignment]
                np.where(better, new, old) for new, old in zip((height, slope, offset), best[sign], strict=True)
            )
    least, most = values.min(axis=0) - at_input - slack, values.max(axis=0) - at_input + slack
    broken = ~(np.isfinite(low) & np.isfinite(high) & np.isfinite(slack))
    lines = (best[-1][1], best[-1][2], best[1][1], best[1][2], least, most)
    return tuple(np.where(broken, np.nan, line) for line in lines)


def _value(branch: Piecewise, z: Array) -> Array:
    """The function itself, in floats."""
    arm = np.zeros(z.shape, dtype=np.int8)
    for t in branch.breakpoints:
        arm += z > float(t)
    slopes = np.array([float(s) for s in branch.slopes])
    intercepts = np.array([float(b) for b in branch.intercepts])
    return np.asarray(slopes[arm] * z + intercepts[arm])


def _ranges(branch: Largest, centre: Centre, lower: Array, upper: Array) -> tuple[Array, Array, Array]:
    """The candidates' ends ``(parts, m, w)``, rounded outward, and which candidate each window is led by."""
    index = branch.windows.index.reshape(-1, branch.windows.shape[-1])
    pad = centre.error + 4 * UNIT * np.abs(centre.value)
    low = centre.value + lower - (pad + 4 * UNIT * np.abs(lower))
    high = centre.value + upper + (pad + 4 * UNIT * np.abs(upper))
    present = branch.present.reshape(index.shape)
    low_ends = np.where(present, low[:, index], -np.inf)
    high_ends = np.where(present, high[:, index], -np.inf)
    return low_ends, high_ends, np.argmax(low_ends, axis=2)


def _winners(branch: Largest, centre: Centre, lower: Array, upper: Array) -> tuple[Array, Array]:
    """The candidate with the largest lower end, and whether no other can exceed it, ``(parts, m)``."""
    low, high, winner = _ranges(branch, centre, lower, upper)
    least = np.take_along_axis(low, winner[:, :, None], axis=2)
    others = np.arange(low.shape[2]) != winner[:, :, None]
    index = branch.windows.index.reshape(-1, branch.windows.shape[-1])
    # A candidate that cannot move, beside a winner that cannot, keeps its place even where they tie.
    still = (lower == 0) & (upper == 0)
    fixed = still[:, index]
    held = fixed & np.take_along_axis(fixed, winner[:, :, None], axis=2) & (centre.error[index] == 0)
    beaten = (high <= least) | held
    finite = np.asarray(np.isfinite(lower).all(axis=1) & np.isfinite(upper).all(axis=1))
    return winner, np.asarray((beaten | ~others).all(axis=2) & finite[:, None])


def _relax_largest(branch: Largest, centre: Centre, lower: Array, upper: Array) -> Relaxation:
    low, high, winner = _ranges(branch, centre, lower, upper)
    settled = _winners(branch, centre, lower, upper)[1]
    index = branch.windows.index.reshape(-1, branch.windows.shape[-1])
    present = branch.present.reshape(index.shape)
    chosen = np.take_along_axis(np.broadcast_to(index, low.shape), winner[:, :, None], axis=2)[:, :, 0]
    at = np.where(present, centre.value[index], -np.inf).max(axis=1)
    error = np.where(present, centre.error[index], 0.0).max(axis=1)
    slack = 2 * error + ROUNDING * (np.abs(at) + np.abs(centre.value[chosen])) + 4 * TINY
    # A winner over a range around the input is the winner at the input too.
    zero = settled & ((((lower <= 0) & (upper >= 0))[:, index]) | ~present).all(axis=2)
    apart = centre.value[chosen] - at
    behind, ahead = np.where(zero, 0.0, apart - slack), np.where(zero, 0.0, apart + slack)
    part = np.arange(len(lower))[:, None]
    own_low, own_high = lower[part, chosen], upper[part, chosen]
    most = high.max(axis=2) - at
    most = most + slack + ROUNDING * np.abs(most)
    least = own_low + behind
    least = least - np.where(zero, 0.0, ROUNDING * (np.abs(own_low) + np.abs(behind)))
    top = own_high + ahead
    top = top + np.where(zero, 0.0, ROUNDING * (np.abs(own_high) + np.abs(ahead)))
    # The lower line follows the winner; the upper one too where no other can exceed it, else it is a constant.
    ones = np.ones(winner.shape)
    upper_slope, upper_offset = np.where(settled, 1.0, 0.0), np.where(settled, ahead, most)
    lines = [ones, behind, upper_slope, upper_offset, least, np.where(settled, top, most)]
    finite = np.asarray(np.isfinite(lower).all(axis=1) & np.isfinite(upper).all(axis=1))
    if not finite.all():
        lines = [np.where(finite[:, None], line, np.nan) for line in lines]
    return Relaxation(lines[0], lines[1], lines[2], lines[3], lines[4], lines[5], winner)
