"""One line in exact arithmetic: every attacking value of every label, ties and all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepcheck.attacks.findings import Regions
from deepcheck.attacks.goals import goal_rows
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Search
from deepcheck.program import Array
from deepcheck.solvers import ExactInterval
from deepcheck.symbolic.exact_line import ExactPiece, exact_pieces

Row = tuple[float, float, int, int, float, float, int]
SHARES = (Fraction(1, 2), Fraction(1, 16), Fraction(15, 16))


@dataclass(frozen=True)
class Stretch:
    """An interval in which a label's goal holds, with the part of each piece in it where it wins outright.

    Attributes:
        whole: Where the label changes to it, ties that count included.
        won: Where it leads strictly, piece by piece, with the leads there.
    """

    whole: ExactInterval
    won: tuple[tuple[ExactInterval, ExactPiece], ...]


def decide_line(
    query: Search, x: Array, label: int, element: int, late: Callable[[], bool] = lambda: False
) -> tuple[Regions, bool]:
    """All regions of one line of one input, ``(1, *input_shape)``; and whether there was time for it."""
    box, origin = query.box, Fraction(float(x.reshape(-1)[element]))
    lower, upper = (Fraction(float(end[element])) - origin for end in (box.lower, box.upper))
    pieces = list(exact_pieces(query.program, x, element, lower, upper, late))
    if not pieces or pieces[-1].upper < upper:
        return Regions.empty(), False
    decision = query.program.decided()
    scored = [
        (piece, decision.scores(piece.values[None])[0], decision.scores(piece.slopes[None])[0]) for piece in pieces
    ]
    rows = []
    for other in range(decision.labels):
        if other == label or query.target not in (None, other):
            continue
        for stretch in _stretches(scored, other, label):
            row = _region(query, stretch, element, origin, other)
            if row is not None:
                rows.append((0, element, other, *row))
    if not rows:
        return Regions.empty(), True
    return Regions(*(np.array(column) for column in zip(*rows, strict=True))), True


def _stretches(scored: Sequence[tuple[ExactPiece, Array, Array]], other: int, label: int) -> list[Stretch]:
    """Where a label's goal holds, in order; neighbours that touch are one."""
    found: list[Stretch] = []
    for piece, scores, rates in scored:
        whole = won = ExactInterval(piece.lower, piece.upper)
        for row in goal_rows(scores.tolist(), rates.tolist(), other):
            whole = whole.require(row.value, row.slope, strict=row.strict)
            won = won.require(row.value, row.slope, strict=True)
        if whole.empty:
            continue
        own = () if won.empty else ((won, piece),)
        before = found[-1] if found else None
        if before is not None and _touch(before.whole, whole):
            joined = ExactInterval(before.whole.lower, whole.upper, before.whole.lower_open, whole.upper_open)
            found[-1] = Stretch(joined, before.won + own)
        else:
            found.append(Stretch(whole, own))
    return found


def _touch(before: ExactInterval, after: ExactInterval) -> bool:
    return before.upper is not None and before.upper == after.lower and not (before.upper_open and after.lower_open)


def _region(query: Search, stretch: Stretch, element: int, origin: Fraction, label: int) -> Row | None:
    """The numbers of one region, from its lower end on; None where no level lies in it."""
    box, whole, decision = query.box, stretch.whole, query.program.decided()
    assert whole.lower is not None
    assert whole.upper is not None
    first = last = -1
    if box.tables is not None:
        table = box.tables[box.channel[element]]
        inside = [v for v, number in enumerate(table) if whole.contains(Fraction(float(number)) - origin)]
        if not inside:
            return None
        first, last = inside[0], inside[-1]
    best, margin = float("nan"), Fraction(0)
    for won, piece in stretch.won:
        scores, rates = decision.scores(piece.values[None])[0], decision.scores(piece.slopes[None])[0]
        for value in _values(query, won, element, origin):
            step = Fraction(value) - origin
            if not won.contains(step):
                continue
            own = scores[label] + rates[label] * step
            lead = min(own - scores[k] - rates[k] * step for k in range(len(scores)) if k != label)
            if lead > margin:
                best, margin = value, lead
    outcome = Outcome.ATTACKABLE
    if margin <= 0:
        outcome = Outcome.NO_VALUE if stretch.won and box.tables is None else Outcome.TIE
    return (
        float(whole.lower), float(whole.upper), first, last, best,
        rounded(margin) if margin > 0 else float("nan"), int(outcome),
    )  # fmt: skip


def rounded(value: Fraction) -> float:
    """The nearest float; infinite where it is too large."""
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _values(query: Search, won: ExactInterval, element: int, origin: Fraction) -> list[float]:
    """Numbers of the model's type in and around an interval; if one lies inside, so does one of these."""
    assert won.lower is not None
    assert won.upper is not None
    if query.box.tables is not None:
        table = query.box.tables[query.box.channel[element]]
        return [float(v) for v in table if won.contains(Fraction(float(v)) - origin)]
    dtype = query.program.dtype
    found = [dtype.type(float(origin + won.lower + (won.upper - won.lower) * share)) for share in SHARES]
    for end in (origin + won.lower, origin + won.upper):
        nearest = dtype.type(float(end))
        found += [nearest, np.nextafter(nearest, dtype.type(-np.inf)), np.nextafter(nearest, dtype.type(np.inf))]
    low, high = query.box.lower[element], query.box.upper[element]
    return [float(value) for value in found if low <= float(value) <= high]
