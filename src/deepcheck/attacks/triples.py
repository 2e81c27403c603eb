"""One symbolic element, one other label: the float stage, for all of them at once.

A *triple* is (item, element, label). Its constraints are the path's guards, the domain, and the label's lead over
every other label. Whatever the error bounds do not settle is handed on to exact arithmetic.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.domains import Box
from deepcheck.program import Array, Bounded
from deepcheck.program.bounded import UNIT, UP, difference, least_of_rows
from deepcheck.ranking import Gains
from deepcheck.solvers import Fold, Interval

PRECISION = 2.0**-20
"""How far a margin or an end may be off, as a share of it (of 1 for smaller ends); else exact arithmetic takes over."""

INWARD = (1 / 2, 1 / 16, 15 / 16)
"""Where in an interval a witness is looked for: its middle, and each end moved inwards."""
NEAR = (*INWARD, 1 / 1024, 1023 / 1024)
"""Where it is looked for when the change is to be small."""
NEAR_LEVELS = (*INWARD, 0.0, 1.0)
"""The same on levels, where an end is a value like any other."""


def places(objective: str, *, levels: bool) -> tuple[float, ...]:
    """Where in an interval a witness is looked for, as shares of its length."""
    if objective == "margin":
        return INWARD
    return NEAR_LEVELS if levels else NEAR


@dataclass(frozen=True)
class Triples:
    """Which triples, and the intervals of displacements that keep their path and domain.

    Attributes:
        item: Row in the gains of a chunk, ``(rows,)``.
        element: The symbolic element.
        other: Position of the label among the other labels.
        path: The interval of displacements that keeps path and domain.
    """

    item: Array
    element: Array
    other: Array
    path: Interval

    def take(self, rows: Array) -> "Triples":
        """Some of the triples."""
        return Triples(self.item[rows], self.element[rows], self.other[rows], self.path.take(rows))


def leads(found: Gains, triples: Triples) -> tuple[Bounded, Bounded]:
    """The label's lead over every other label: values and slopes, ``(rows, labels - 1)``.

    In the own position stands the lead over the original label.
    """
    rows = np.arange(len(triples.item))
    gaps, gap_errors = found.gaps[triples.item], found.gap_errors[triples.item]
    slopes, errors = found.slopes[triples.item, :, triples.element], found.slope_errors[triples.item]
    own = rows, triples.other
    parts = []
    for values, doubt in ((gaps, gap_errors), (slopes, errors)):
        mine, my_doubt = values[own], doubt[own]
        lead, unsure = mine[:, None] - values, my_doubt[:, None] + doubt
        lead[own], unsure[own] = mine, my_doubt
        parts.append(Bounded(lead, (unsure + 2 * UNIT * np.abs(lead)) * UP, np.zeros(len(rows))))
    return parts[0], parts[1]


def decide(
    found: Gains, triples: Triples, box: Box, x: Array, dtype: np.dtype[np.floating], objective: str
) -> tuple[Regions, Array]:
    """Settle what floats with error bounds can settle.

    Args:
        found: The difference forms of the chunk.
        triples: The triples, with their path's intervals.
        box: The domain.
        x: What the model receives, ``(items, size)`` float64.
        dtype: The model's input type: a witness is a number of it.
        objective: "margin", "l1" or "linf".

    Returns:
        The attackable regions found, and which triples are left for exact arithmetic.
        Triples in neither are refuted.
    """
    values, slopes = leads(found, triples)
    fold = Fold(triples.path)
    fold.require(values, slopes)
    region = fold.interval.cautious()
    origin = x[triples.item, triples.element]
    open_rows = np.flatnonzero(~region.empty)
    if box.tables is None:
        first = last = np.full(len(origin), -1)
        candidates = _continuous_candidates(region, origin, dtype, places(objective, levels=False))
        settled = region.solid
    else:
        outer, inner = levels_within(region, origin, box, triples.element)
        first, last = outer
        open_rows = np.flatnonzero(~region.empty & (first <= last))
        settled = (outer[0] == inner[0]) & (outer[1] == inner[1])
        steps = [np.rint(first + (last - first) * t).astype(np.int64) for t in places(objective, levels=True)]
        channel = box.channel[triples.element]
        levels = np.clip(np.stack(steps, axis=1), 0, box.tables.shape[1] - 1)
        candidates = box.tables[channel[:, None], levels]
    value, margin, certain = _best(candidates, origin, region, values, slopes, objective)
    ready = settled & certain & _sharp(region.outer_lower, region.inner_lower)
    ready &= _sharp(region.outer_upper, region.inner_upper)
    done = open_rows[ready[open_rows]]
    regions = Regions(
        item=triples.item[done],
        element=triples.element[done],
        label=found.others[triples.item, triples.other][done],
        lower=_middle(region.outer_lower[done], region.inner_lower[done]),
        upper=_middle(region.outer_upper[done], region.inner_upper[done]),
        first_level=first[done],
        last_level=last[done],
        value=value[done],
        margin=margin[done],
        outcome=np.full(len(done), Outcome.ATTACKABLE, dtype=np.int64),
    )
    return regions, open_rows[~ready[open_rows]]


def _middle(outer: Array, inner: Array) -> Array:
    """The best float for an end that lies between its outer and its inner bound."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isfinite(outer) & np.isfinite(inner), outer + (inner - outer) / 2, outer))


def _sharp(outer: Array, inner: Array) -> Array:
    """Is an end known to the precision that results promise?"""
    with np.errstate(invalid="ignore"):
        near = np.abs(outer - inner) <= PRECISION * np.maximum(1.0, np.abs(outer))
        return np.asarray((outer == inner) | (np.isfinite(outer) & near))


def levels_within(
    region: Interval, origin: Array, box: Box, element: Array
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """First and last level whose displacement lies in the outer and in the inner interval."""
    assert box.tables is not None
    channel = box.channel[element]
    outer_first = _first_level(box.tables, channel, origin, region.outer_lower, kind=1)
    inner_first = _first_level(box.tables, channel, origin, region.inner_lower, kind=-1)
    inner_last = _last_level(box.tables, channel, origin, region.inner_upper, kind=-1)
    outer_last = _last_level(box.tables, channel, origin, region.outer_upper, kind=1)
    return (outer_first, outer_last), (inner_first, inner_last)


def _first_level(tables: Array, channel: Array, origin: Array, bound: Array, *, kind: int) -> Array:
    """The first level whose displacement may be (kind 1) or certainly is (kind -1) at least the bound."""
    near = _near(tables, channel, origin + bound)
    step, error = difference(tables[channel[:, None], near], origin[:, None])
    return np.asarray(near[:, 0] + np.count_nonzero(step + kind * error < bound[:, None], axis=1))


def _last_level(tables: Array, channel: Array, origin: Array, bound: Array, *, kind: int) -> Array:
    """The last level whose displacement may be, or certainly is, at most the bound."""
    near = _near(tables, channel, origin + bound)
    step, error = difference(tables[channel[:, None], near], origin[:, None])
    return np.asarray(near[:, 0] - 1 + np.count_nonzero(step - kind * error <= bound[:, None], axis=1))


def _near(tables: Array, channel: Array, value: Array) -> Array:
    """Three consecutive levels around each value, ``(rows, 3)``: rounding can misplace a value by one."""
    guess = np.zeros(len(value), dtype=np.int64)
    for position, table in enumerate(tables):
        mine = channel == position
        guess[mine] = np.searchsorted(table, value[mine], side="left")
    width = min(3, tables.shape[1])
    start = np.clip(guess - 1, 0, tables.shape[1] - width)
    return np.asarray(start[:, None] + np.arange(width))


def _continuous_candidates(
    region: Interval, origin: Array, dtype: np.dtype[np.floating], shares: tuple[float, ...]
) -> Array:
    """Values of the model's type inside each region, ``(rows, candidates)``."""
    lower, upper = region.inner_lower, region.inner_upper
    with np.errstate(invalid="ignore", over="ignore"):
        reach = np.maximum(1.0, np.abs(origin))
        low = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper - reach, -reach))
        high = np.where(np.isfinite(upper), upper, low + reach + np.abs(low))
        inside = [origin + low + (high - low) * t for t in shares]
        return np.stack(inside, axis=1).astype(dtype).astype(np.float64)


def _best(
    candidates: Array, origin: Array, region: Interval, values: Bounded, slopes: Bounded, objective: str
) -> tuple[Array, Array, Array]:
    """The best candidate of each row that certainly works: value, margin, and whether there is one."""
    with np.errstate(invalid="ignore", over="ignore"):
        step, slack = difference(candidates, origin[:, None])
        inside = (step - slack >= region.inner_lower[:, None]) & (step + slack <= region.inner_upper[:, None])
        margins = values.value[:, None, :] + slopes.value[:, None, :] * step[:, :, None]
        doubt = (
            values.error[:, None, :]
            + slopes.error[:, None, :] * np.abs(step)[:, :, None]
            + 4 * UNIT * (np.abs(values.value)[:, None, :] + np.abs(slopes.value[:, None, :] * step[:, :, None]))
        ) * UP
        certain = inside & (least_of_rows(margins * PRECISION - doubt) > 0) & np.isfinite(candidates)
    margin = least_of_rows(margins)
    score = margin if objective == "margin" else -np.abs(step)
    best = np.argmax(np.where(certain, score, -np.inf), axis=1)
    rows = np.arange(len(candidates))
    return candidates[rows, best], margin[rows, best], certain[rows, best]
