"""One symbolic element, one other label, in exact arithmetic: what the float stage could not settle."""

from fractions import Fraction

import numpy as np

from deepcheck.attacks.findings import Regions
from deepcheck.attacks.goals import HalfLine, domain_rows, goal_rows
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.triples import places
from deepcheck.domains import Box
from deepcheck.program import Array, Path, Program
from deepcheck.solvers import ExactFold, ExactInterval
from deepcheck.symbolic import exact_columns, exact_outputs


def decide_exactly(
    program: Program, x: Array, path: Path, wanted: list[tuple[int, int]], box: Box, objective: str
) -> Regions:
    """Settle triples of one item.

    Args:
        program: The program.
        x: What the model receives, ``(1, *input_shape)``.
        path: Its exact path.
        wanted: (element, other label) pairs.
        box: The domain.
        objective: "margin", "l1" or "linf".

    Returns:
        One row per pair that is not refuted.
    """
    elements = sorted({element for element, _ in wanted})
    column = {element: position for position, element in enumerate(elements)}
    fold = ExactFold(len(elements))
    slopes = exact_columns(program, x, path, np.array(elements), fold)
    decision = program.decided()
    scores = decision.scores(exact_outputs(program, x).fractions())[0]
    score_slopes = decision.scores(slopes.fractions())
    found = []
    for element, other in wanted:
        position = column[element]
        origin = Fraction(float(x.reshape(-1)[element]))
        kept = fold.intervals[position]
        for end in domain_rows(box, element, origin):
            kept = kept.require(*end[:2], strict=end.strict)
        goal = list(goal_rows(scores, score_slopes[position], other))
        row = _settle(kept, goal, origin, box, element, program.dtype, objective)
        if row is not None:
            found.append((0, element, other, *row))
    if not found:
        return Regions.empty()
    return Regions(*(np.array(column) for column in zip(*found, strict=True)))


def _settle(
    kept: ExactInterval,
    goal: list[HalfLine],
    origin: Fraction,
    box: Box,
    element: int,
    dtype: np.dtype[np.floating],
    objective: str,
) -> tuple[float, float, int, int, float, float, int] | None:
    reached = won = kept
    for row in goal:
        reached = reached.require(row.value, row.slope, strict=row.strict)
        won = won.require(row.value, row.slope, strict=True)
    if reached.empty:
        return None
    first = last = -1
    if box.tables is not None:
        table = box.tables[box.channel[element]]
        inside = [
            v for v in _levels_near(reached, table, origin) if reached.contains(Fraction(float(table[v])) - origin)
        ]
        if not inside:
            return None
        first, last = inside[0], inside[-1]
        winners = [v for v in inside if won.contains(Fraction(float(table[v])) - origin)]
        picks = [winners[round((len(winners) - 1) * t)] for t in places(objective, levels=True)] if winners else []
        candidates = [float(table[v]) for v in picks]
    else:
        shares = places(objective, levels=False)
        candidates = [c for c in _candidates(won, origin, dtype, shares) if won.contains(Fraction(c) - origin)]

    def margin(value: float) -> Fraction:
        step = Fraction(value) - origin
        return min(row.value + row.slope * step for row in goal)

    hull = (_number(reached.lower, -np.inf), _number(reached.upper, np.inf))
    if not candidates:
        outcome = Outcome.TIE if won.empty or box.tables is not None else Outcome.NO_VALUE
        return (*hull, first, last, float("nan"), float("nan"), int(outcome))
    if objective == "margin":
        best = max(candidates, key=margin)
    else:
        best = min(candidates, key=lambda value: abs(Fraction(value) - origin))
    return (*hull, first, last, best, _number(margin(best), np.inf), int(Outcome.ATTACKABLE))


def _levels_near(interval: ExactInterval, table: Array, origin: Fraction) -> range:
    """The levels that can lie in an interval: those between its rounded ends, and one more on each side."""
    low = 0 if interval.lower is None else int(np.searchsorted(table, float(origin + interval.lower))) - 2
    high = len(table) if interval.upper is None else int(np.searchsorted(table, float(origin + interval.upper))) + 2
    return range(max(low, 0), min(high, len(table)))


def _candidates(
    won: ExactInterval, origin: Fraction, dtype: np.dtype[np.floating], shares: tuple[float, ...]
) -> list[float]:
    """Numbers of the model's type in and around an interval; if one lies inside, so does one of these."""
    if won.empty:
        return []
    reach = max(Fraction(1), abs(origin))
    low = won.lower if won.lower is not None else (won.upper if won.upper is not None else Fraction(0)) - reach
    high = won.upper if won.upper is not None else low + reach + abs(low)
    points = [origin + low + (high - low) * Fraction(t) for t in shares]
    with np.errstate(over="ignore"):
        found = [dtype.type(_number(point, 0.0)) for point in points]
        for end in (origin + low, origin + high):
            nearest = dtype.type(_number(end, 0.0))
            found += [nearest, np.nextafter(nearest, dtype.type(-np.inf)), np.nextafter(nearest, dtype.type(np.inf))]
    return [float(value) for value in found if np.isfinite(value)]


def _number(value: Fraction | None, default: float) -> float:
    """A fraction as a float; its limit where it overflows."""
    if value is None:
        return default
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
