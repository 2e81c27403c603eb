"""From the values that attack along lines to regions with witnesses; what error bounds leave open is named.

Verified: a line without an outer interval is proved, by outward rounding; every witness is run again, in exact
arithmetic wherever floats do not settle its label. The ends of regions are exact up to `PRECISION`, or `COARSE` in a
network in which exact arithmetic takes long.
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Search
from deepcheck.attacks.triples import INWARD, NEAR_LEVELS, levels_within
from deepcheck.explore.line_exact import rounded
from deepcheck.explore.line_regions import Ranges
from deepcheck.program import Array, Program
from deepcheck.program.bounded import UP
from deepcheck.solvers import Interval
from deepcheck.solvers.planes import PRECISION
from deepcheck.symbolic import EXACT_PRODUCTS, exact_outputs, run
from deepcheck.symbolic.segments import Segments

NEAR_PEAK = 1 / 16
"""How far from the largest margin to the middle of an interval a witness is taken."""
COARSE, LARGE = 2.0**-10, 1 << 21
"""In networks of more multiplications than this a run, ends of regions need not be known any better."""


@dataclass(frozen=True)
class Decided:
    """What became of some lines.

    Attributes:
        regions: Regions of lines that are settled.
        open: Lines that are not.
        hints: Regions with witnesses of lines that are not settled.
    """

    regions: Regions
    open: Array
    hints: Regions

    @staticmethod
    def join(parts: "list[Decided]") -> "Decided":
        """All of several."""
        return Decided(
            Regions.join([part.regions for part in parts]),
            np.concatenate([part.open for part in parts]) if parts else np.zeros(0, dtype=np.int64),
            Regions.join([part.hints for part in parts]),
        )


def decide(query: Search, x: Array, segments: Segments, found: Ranges) -> Decided:
    """Settle lines.

    Args:
        query: What is looked for.
        x: What the model receives, ``(items, *input_shape)``.
        segments: The lines.
        found: Where labels lead along them.
    """
    item, element = segments.item[found.line], segments.element[found.line]
    origin = x.reshape(len(x), -1)[item, element].astype(np.float64)
    region = Interval(found.outer_lower, found.inner_lower, found.inner_upper, found.outer_upper)
    if query.box.tables is None:
        first = last = np.full(len(item), -1)
        kept = np.ones(len(item), dtype=bool)
        precision = PRECISION if query.program.products <= LARGE else COARSE
        sure = found.sure & _sharp(region.outer_lower, region.inner_lower, precision)
        sure &= _sharp(region.outer_upper, region.inner_upper, precision)
        candidates = _inside(region, found.peak, origin)
    else:
        outer, inner = levels_within(region, origin, query.box, element)
        first, last = outer
        kept = first <= last
        sure = (outer[0] == inner[0]) & (outer[1] == inner[1])
        sure &= found.sure | ~np.isfinite(found.inner_lower)
        steps = [np.rint(first + (last - first) * t).astype(np.int64) for t in NEAR_LEVELS]
        levels = np.clip(np.stack(steps, axis=1), 0, query.box.tables.shape[1] - 1)
        candidates = query.box.tables[query.box.channel[element][:, None], levels]
    candidates = np.clip(candidates, query.box.lower[element][:, None], query.box.upper[element][:, None])
    rows, likely = (item, element, found.label), kept & np.isfinite(found.inner_lower)
    value, margin = _best(query, x, rows, candidates[:, :1], likely)
    failed = likely & np.isnan(value)
    if failed.any():
        others = _best(query, x, rows, candidates[:, 1:], failed)
        value[failed], margin[failed] = others[0][failed], others[1][failed]
    sure &= np.isfinite(value)
    regions = Regions(
        item, element, found.label, _middle(region.outer_lower, region.inner_lower),
        _middle(region.outer_upper, region.inner_upper), first, last, value, margin,
        np.full(len(item), int(Outcome.ATTACKABLE)),
    )  # fmt: skip
    open_lines = np.unique(found.line[kept & ~sure])
    held = np.isin(found.line, open_lines)
    return Decided(
        regions.take(np.flatnonzero(kept & ~held)), open_lines, regions.take(np.flatnonzero(held & np.isfinite(value)))
    )


def _middle(outer: Array, inner: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isfinite(inner), outer + (inner - outer) / 2, outer))


def _sharp(outer: Array, inner: Array, precision: float) -> Array:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(outer - inner) <= precision * np.maximum(1.0, np.abs(outer)))


def _inside(region: Interval, peak: Array, origin: Array) -> Array:
    """Values inside of the surely attacking intervals, ``(rows, candidates)``; first beside the largest margin."""
    low, high = region.inner_lower, region.inner_upper
    with np.errstate(invalid="ignore"):
        middle, peak = low + (high - low) / 2, np.clip(peak, low, high)
        steps = [peak + (middle - peak) * NEAR_PEAK, *(low + (high - low) * share for share in INWARD)]
        return origin[:, None] + np.stack(steps, axis=1)


def _best(
    query: Search, x: Array, rows: tuple[Array, Array, Array], candidates: Array, among: Array
) -> tuple[Array, Array]:
    """The candidate with the largest margin that certainly works, and that margin; NaN where there is none."""
    item, element, label = rows
    value, margin = np.full(len(item), np.nan), np.full(len(item), np.nan)
    at, slot = np.nonzero(np.isfinite(candidates) & among[:, None])
    if len(at) == 0:
        return value, margin
    stored = candidates[at, slot].astype(x.dtype)
    changed = x.reshape(len(x), -1)[item[at]].copy()
    changed[np.arange(len(at)), element[at]] = stored
    lead = certified_leads(query, changed.reshape(-1, *x.shape[1:]), label[at])
    order = np.lexsort((slot, -lead, at))
    best = order[np.unique(at[order], return_index=True)[1]]
    best = best[lead[best] > 0]
    value[at[best]], margin[at[best]] = stored[best].astype(np.float64), lead[best]
    return value, margin


def certified(program: Program, changed: Array) -> tuple[Array, Array, Array]:
    """The labels of changed inputs, their leads over every other label (0: a tie), and whether they are decided.

    A lead that floats do not know well is worked out in exact arithmetic, where the network is small enough.
    """
    outcome = run(program, changed, sharp=True, borders=False)
    decision, outputs, labels = program.decided(), outcome.outputs, outcome.labels
    scores = decision.scores(outputs.value)
    doubts = decision.doubts(np.broadcast_to(outputs.element_error, outputs.value.shape)).max(axis=1)
    rows = np.arange(len(labels))
    rest = scores.copy()
    rest[rows, labels] = -np.inf
    lead = scores[rows, labels] - rest.max(axis=1)
    sure = ~outcome.overflow & ~outcome.unsettled
    for row in np.flatnonzero(sure & ~(lead * PRECISION > 2 * doubts)):
        if program.products > EXACT_PRODUCTS:
            sure[row] &= lead[row] > 2 * doubts[row] * UP
            continue
        exact = decision.scores(exact_outputs(program, changed[row : row + 1]).fractions())[0]
        lead[row] = rounded(min(exact[labels[row]] - each for k, each in enumerate(exact) if k != labels[row]))
    return labels, lead, sure


def certified_leads(query: Search, changed: Array, label: Array) -> Array:
    """The lead of a label over every other one at changed inputs, 0 where it is not certain to lead."""
    labels, lead, sure = certified(query.program, changed)
    return np.asarray(np.where(sure & (labels == label), lead, 0.0))
