"""One symbolic feature at a time, all features of a batch at once, complete for the path of each input.

Stages: the gain bound proves most features from one reverse pass; the rest become columns of one forward pass whose
guards fold into an interval each; the labels' half-lines are intersected; exact arithmetic takes what is left.

Source: Section III-C with t = 1; DESIGN.md, section 4.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import numpy as np

from deepcheck.attacks.exact_triples import decide_exactly
from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.triples import Triples, decide
from deepcheck.domains import Box
from deepcheck.program import Array, Program, chunks_of, in_parallel
from deepcheck.program.bounded import difference
from deepcheck.ranking import Gains, gains
from deepcheck.solvers import Fold, Interval
from deepcheck.symbolic import EXACT_PRODUCTS, Run, bounded_columns

OBJECTIVES = ("margin", "l1", "linf")
COLUMN_BYTES = 256 << 20
CHUNK_BYTES = 32 << 20
"""How large the coefficients of a chunk of items may grow."""


@dataclass(frozen=True)
class Search:
    """What to look for.

    Attributes:
        program: The program.
        box: The domain.
        target: The only label that counts, or None for any other label.
        objective: What the witness is chosen by: "margin", or the smallest change, "l1" or "linf".
        column_bytes: Memory budget of one forward pass of columns.
    """

    program: Program
    box: Box
    target: int | None = None
    objective: str = "margin"
    column_bytes: int = COLUMN_BYTES


@dataclass(frozen=True)
class Found:
    """Outcomes and regions of a search.

    Attributes:
        outcomes: An `Outcome` per item and element, ``(items, size)``; untried where not asked.
        regions: Every region that is not refuted.
        exact: How many (element, label) questions needed exact arithmetic, ``(items,)``.
    """

    outcomes: Array
    regions: Regions
    exact: Array


def search(
    query: Search,
    x: Array,
    run: Run,
    asked: Array,
    *,
    advance: Callable[[int], bool] = lambda items: True,
) -> Found:
    """Decide single elements of a batch.

    Args:
        query: What to look for.
        x: What the model receives, ``(items, *input_shape)``, in the model's type.
        run: The concrete run of ``x``.
        asked: Which elements to decide, ``(items, size)``.
        advance: Called after each chunk, from its thread, with its number of items; False stops, and the rest stays
            untried.
    """
    program = query.program
    outcomes = np.where(asked, Outcome.PROVED, Outcome.UNTRIED).astype(np.int8)
    outcomes[run.overflow[:, None] & asked] = Outcome.OVERFLOW
    outcomes[run.unsettled[:, None] & asked] = Outcome.ROUNDING
    decidable = ~run.overflow & ~run.unsettled
    exact = np.zeros(len(x), dtype=np.int64)
    stopped = Event()

    def work(items: Array) -> Chunk | None:
        """Decide a chunk; None if the search has been stopped."""
        if stopped.is_set():
            return None
        fit = items[decidable[items] & asked[items].any(axis=1)]
        found = Chunk(Regions.empty())
        if len(fit):
            # Slopes may overflow where values do not: nothing is concluded from such a float.
            with np.errstate(over="ignore", invalid="ignore"):
                found = _chunk(query, x[fit], run, fit, asked[fit])
            exact[fit] = found.exact
        if not advance(len(items)):
            stopped.set()
        return found

    chunks = chunks_of(len(x), 8 * program.size * (program.decided().labels - 1), CHUNK_BYTES)
    parts = []
    for items, found in zip(chunks, in_parallel(work, chunks), strict=True):
        if found is None:
            outcomes[items] = Outcome.UNTRIED
        else:
            parts.append(found.regions)
            outcomes[found.open_item, found.open_element] = Outcome.ROUNDING
    regions = Regions.join(parts)
    for outcome in (Outcome.TIE, Outcome.NO_VALUE, Outcome.ATTACKABLE):
        rows = regions.outcome == outcome
        outcomes[regions.item[rows], regions.element[rows]] = outcome
    return Found(outcomes, regions, exact)


@dataclass(frozen=True)
class Chunk:
    """What was found about some items.

    Attributes:
        regions: Every region that is not refuted.
        exact: How many questions each item put to exact arithmetic.
        open_item: Items with questions that floats leave open in a network too large for exact arithmetic.
        open_element: The elements that those questions are about.
    """

    regions: Regions
    exact: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    open_item: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    open_element: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def _chunk(query: Search, x: Array, run: Run, items: Array, asked: Array) -> Chunk:
    program, box = query.program, query.box
    flat = x.reshape(len(x), -1).astype(np.float64)
    found = gains(program, run, items)
    wanted = np.ones(found.others.shape, dtype=bool) if query.target is None else found.others == query.target
    if box.bounded:
        item, other, element = found.may_flip(box.lower - flat, box.upper - flat, wanted)
        kept = asked[item, element]
        item, other, element = item[kept], other[kept], element[kept]
    else:
        item, other, element = np.nonzero(wanted[:, :, None] & asked[:, None, :])
    parts = []
    left: list[tuple[int, int, int]] = []
    for rows in _column_chunks(query, item, element):
        triples = _with_paths(query, x, flat, run, items, (item[rows], element[rows], other[rows]))
        regions, open_rows = decide(found, triples, box, flat, program.dtype, query.objective)
        parts.append(regions)
        left += _left_over(found, triples.take(open_rows))
    counts = np.zeros(len(x), dtype=np.int64)
    if program.products > EXACT_PRODUCTS:
        rows = np.array(left, dtype=np.int64).reshape(-1, 3)
        return Chunk(Regions.join(parts).at_items(items), counts, items[rows[:, 0]], rows[:, 1])
    for position in sorted({row[0] for row in left}):
        wanted = [(e, label) for i, e, label in left if i == position]
        counts[position] = len(wanted)
        path = run.path.take(items[position : position + 1])
        settled = decide_exactly(program, x[position : position + 1], path, wanted, box, query.objective)
        parts.append(settled.at_items(np.full(1, position)))
    return Chunk(Regions.join(parts).at_items(items), counts)


def _left_over(found: Gains, triples: Triples) -> list[tuple[int, int, int]]:
    labels = found.others[triples.item, triples.other]
    return list(zip(triples.item.tolist(), triples.element.tolist(), labels.tolist(), strict=True))


def _column_chunks(query: Search, item: Array, element: Array) -> list[Array]:
    """Rows of triples in chunks whose columns fit the memory budget; a column's triples stay together."""
    if len(item) == 0:
        return []
    program = query.program
    widest = max(int(np.prod(shape)) for shape in program.shapes)
    limit = max(1, query.column_bytes // (3 * 8 * widest))
    order = np.lexsort((element, item))
    column = item[order] * program.size + element[order]
    number = np.concatenate([[0], np.cumsum(column[1:] != column[:-1])])
    cuts = np.searchsorted(number, np.arange(limit, int(number[-1]) + 1, limit))
    return np.split(order, cuts)


def _with_paths(
    query: Search, x: Array, flat: Array, run: Run, items: Array, rows: tuple[Array, Array, Array]
) -> Triples:
    """Run the columns of some triples and give each triple the interval that keeps its path and domain."""
    program, box = query.program, query.box
    item, element, other = rows
    columns, column_of = np.unique(item * program.size + element, return_inverse=True)
    column_item, column_element = columns // program.size, columns % program.size
    used, local = np.unique(column_item, return_inverse=True)
    origin = flat[column_item, column_element]
    lower = difference(box.lower[column_element], origin)
    upper = difference(box.upper[column_element], origin)
    fold = Fold(Interval.within(*lower, *upper))
    bounded_columns(program, x[used], run.path.take(items[used]), local, column_element, fold)
    return Triples(item, element, other, fold.interval.take(column_of))
