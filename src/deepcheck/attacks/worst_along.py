"""The largest margin that each element can cause while the input keeps its path, all elements of a batch at once.

Along a path every lead is linear and the path allows an interval, so the largest margin is at one of its ends; over
levels at the first or the last level in it. Bounds on both come from columns with error bounds; what they leave wide
open is worked out in exact arithmetic, where the network is small enough for it.

Source: Section III-C with t = 1, as an optimisation; DESIGN.md, section 4.6, for closed guards.
"""

from collections.abc import Callable

import numpy as np

from deepcheck.attacks.peaks import Peaks, to_settle
from deepcheck.attacks.search import Search
from deepcheck.attacks.triples import levels_within
from deepcheck.attacks.worst_exact import highest_exactly
from deepcheck.program import Array, chunks_of, in_parallel
from deepcheck.program.bounded import UNIT, UP, difference
from deepcheck.ranking import Gains, gains
from deepcheck.solvers import Fold, Interval
from deepcheck.symbolic import Run, bounded_columns

CHUNK_BYTES = 32 << 20
"""How large the coefficients of a chunk of items may grow."""
NEAR = 2.0**-30
"""Bounds of an end that differ by no more, as a share of it, are the same end."""


def highest_along(
    query: Search, x: Array, outcome: Run, asked: Array, *, advance: Callable[[float], object] = lambda items: None
) -> Peaks:
    """The largest margin of each element within the domain along the path, ``(items, size)``; NaN where not asked.

    Args:
        query: Program, domain, target, and the memory that columns may take.
        x: What the model receives, ``(items, *input_shape)``.
        outcome: The run of it; only items with a certain path may be asked about.
        asked: Which elements to look at, ``(items, size)``.
        advance: Called with how many items a chunk had that is done.
    """
    found = Peaks.unknown(*asked.shape)

    def work(items: Array) -> None:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            forms = gains(query.program, outcome, items)
            item, element = np.nonzero(asked[items])
            columns = max(1, query.column_bytes // (24 * max(int(np.prod(s)) for s in query.program.shapes)))
            for start in range(0, len(item), columns):
                rows = slice(start, start + columns)
                peaks = _highest(query, x, outcome, forms, items, item[rows], element[rows])
                found.put((items[item[rows]], element[rows]), peaks)
        advance(len(items))

    wide = [items[asked[items].any(axis=1)] for items in _chunks(query, len(x))]
    in_parallel(work, [items for items in wide if len(items)])
    return found


def _chunks(query: Search, count: int) -> list[Array]:
    return chunks_of(count, 8 * query.program.size * (query.program.decided().labels - 1), CHUNK_BYTES)


def _highest(query: Search, x: Array, outcome: Run, forms: Gains, items: Array, item: Array, element: Array) -> Peaks:
    """The largest margins of some columns, ``(columns,)``."""
    region, origin = _region(query, x, outcome, items, item, element)
    if query.box.tables is None:
        inner, outer = [region.inner_lower, region.inner_upper], [region.outer_lower, region.outer_upper]
        doubt = np.zeros((2, len(item)))
        inside = inner[0] <= inner[1]
        values = [origin + _between(*pair) for pair in zip(inner, outer, strict=True)]
    else:
        most, least = levels_within(region, origin, query.box, element)
        table, last = query.box.tables[query.box.channel[element]], query.box.tables.shape[1] - 1
        rows = np.arange(len(item))
        picks = [[table[rows, np.clip(level, 0, last)] for level in ends] for ends in (least, most)]
        steps = [[difference(value, origin) for value in ends] for ends in picks]
        inner, outer = ([end[0] for end in ends] for ends in steps)
        doubt = np.maximum(*(np.stack([end[1] for end in ends]) for ends in steps))
        inside, values = least[0] <= least[1], picks[0]
    # What only may lie on the path counts for the upper bound alone; the input itself certainly does.
    inner = [np.where(inside, end, 0.0) for end in inner]
    values = [np.where(inside, value, origin) for value in values]
    peaks = _ends(query, forms, (item, element), (inner, outer), values, doubt)
    wide = to_settle(peaks, query.program.products)
    if wide.any():
        for own in np.unique(item[wide]):
            rows = np.flatnonzero(wide & (item == own))
            place = items[own : own + 1]
            label = int(outcome.labels[place[0]])
            path = outcome.path.take(place)
            peaks.put((rows,), highest_exactly(query, x[place], path, label, element[rows]))
    return peaks


def _between(inner: Array, outer: Array) -> Array:
    """An end of an interval, as good as known: amid its bounds where those differ by rounding alone, else inside."""
    near = np.isinf(inner) | (np.abs(outer - inner) <= NEAR * np.abs(outer))
    return np.asarray(np.where(near, inner / 2 + outer / 2, inner))


def _region(query: Search, x: Array, outcome: Run, items: Array, item: Array, element: Array) -> tuple[Interval, Array]:
    """The displacements of each column that keep path and domain, and where it starts."""
    used, local = np.unique(item, return_inverse=True)
    places = items[used]
    origin = x.reshape(len(x), -1)[items[item], element].astype(np.float64)
    lower, upper = difference(query.box.lower[element], origin), difference(query.box.upper[element], origin)
    fold = Fold(Interval.within(*lower, *upper))
    bounded_columns(query.program, x[places], outcome.path.take(places), local, element, fold)
    return fold.interval.cautious(), origin


def _ends(
    query: Search,
    forms: Gains,
    rows: tuple[Array, Array],
    ends: tuple[list[Array], list[Array]],
    values: list[Array],
    doubt: Array,
) -> Peaks:
    """The largest margin at the ends of intervals, with bounds; all ends are displacements.

    Args:
        query: The target, if any.
        forms: The difference forms.
        rows: Item and element of each row.
        ends: Lower and upper ends inside of the truth, and outside.
        values: The ends' values in the model's units, as good as known.
        doubt: How far ends may be off besides, ``(2, rows)``.
    """
    item, element = rows
    gap, gap_error = forms.gaps[item], forms.gap_errors[item]
    slope, slope_error = forms.slopes[item, :, element], forms.slope_errors[item]
    others = forms.others[item]
    counts = np.ones(others.shape, dtype=bool) if query.target is None else others == query.target
    low, best, high, label, value = (np.full(len(item), fill) for fill in (-np.inf, -np.inf, -np.inf, -1, np.nan))
    for side in (0, 1):
        inside, outside = ends[0][side][:, None], ends[1][side][:, None]
        # Beyond the inner end a lead can only grow by its slope times the rest of the way.
        unsure = doubt[side][:, None]
        near, own = _near(gap, gap_error, slope, slope_error, inside, unsure)
        far = _most(gap, gap_error, slope, slope_error, outside, unsure)
        near, far = np.where(counts, near, -np.inf), np.where(counts, far, -np.inf)
        own = np.where(counts, own, 0.0)
        pick = np.argmax(near, axis=1)
        at = np.arange(len(item)), pick
        better = near[at] > best
        best = np.where(better, near[at], best)
        label, value = np.where(better, others[at], label), np.where(better, values[side], value)
        low = np.maximum(low, (near - own).max(axis=1))
        high = np.maximum(high, np.maximum(far, near + own).max(axis=1))
    endless = np.isposinf(low)
    peaks = Peaks.between(low, best, high, label, value)
    peaks.put((np.flatnonzero(endless),), Peaks.endless(label[endless]))
    return peaks


def _near(
    gap: Array, gap_error: Array, slope: Array, slope_error: Array, step: Array, doubt: Array
) -> tuple[Array, Array]:
    """A lead at a displacement, and how far it may be off; minus infinity where nothing is certain at infinity."""
    moved = np.where(slope == 0, 0.0, slope * step)
    size = np.abs(gap) + np.abs(moved)
    own = (gap_error + slope_error * (np.abs(step) + doubt) + 8 * UNIT * size + np.abs(slope) * doubt) * UP
    endless = np.isinf(step)
    rising = np.sign(step) * slope > slope_error
    lead = np.where(endless, np.where(rising, np.inf, -np.inf), gap + moved)
    return lead, np.where(endless, 0.0, own)


def _most(gap: Array, gap_error: Array, slope: Array, slope_error: Array, step: Array, doubt: Array) -> Array:
    """The most that a lead can be at a displacement, rounded up."""
    reach = np.abs(step) + doubt
    grown = np.where(step >= 0, slope + slope_error, -(slope - slope_error)) * np.abs(step)
    grown = np.where(step == 0, 0.0, grown)
    size = np.abs(gap) + np.abs(slope) * reach
    size = np.where(np.isfinite(size), size, 0.0)
    return np.asarray(gap + gap_error + grown + (np.abs(slope) + slope_error) * doubt + 16 * UNIT * size)
