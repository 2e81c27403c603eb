"""The largest margin of each element over any real value, over all paths.

Recessions say where a margin grows without end: that is most of what there is to know. The other lines are walked up to
far away on both sides, in segments of growing length; where every branch then keeps its arm for good, the lead is a
straight line whose slope is its recession, not positive, so that nothing larger comes. Lines with a bend farther away
than `FAR` stay open.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from deepcheck.attacks.peaks import Peaks, leads
from deepcheck.attacks.search import Search
from deepcheck.explore.line_search import VALUE_BYTES
from deepcheck.explore.recession import exact_recession, keep_their_arms, recessions
from deepcheck.explore.worst_lines import Walker
from deepcheck.explore.worst_readings import highest
from deepcheck.explore.worst_settled import settled
from deepcheck.program import Array, in_parallel
from deepcheck.program.bounded import UNIT, UP, difference
from deepcheck.symbolic import EXACT_PRODUCTS, Run
from deepcheck.symbolic.segments import Segments

FAR = 2.0**35
"""From so far away on branches must keep their arms."""
STEPS = 2.0 ** np.arange(0, 36, 5)
"""How far a line is walked at most, one after another: the last is `FAR`."""
OVER = 1 + 2.0**-20
"""A line is walked a little farther than to where its tail starts."""
WAYS = (1, -1)


def highest_unbounded(
    query: Search, x: Array, outcome: Run, asked: Array, *, advance: Callable[[float], object] = lambda items: None
) -> Peaks:
    """The supremum of each element's margin over the reals, ``(items, size)``; see `worst_lines.highest_on_lines`."""
    found = Peaks.unknown(*asked.shape)
    item, element = np.nonzero(asked)
    endless, label = _endless(query, outcome.labels, item, element)
    without, others = np.flatnonzero(endless > 0), np.flatnonzero(endless == 0)
    found.put((item[without], element[without]), Peaks.endless(label[without]))
    item, element = item[others], element[others]
    reach = np.stack([_tails(query, x, item, element, way) for way in WAYS])
    closed = np.flatnonzero((reach < len(STEPS)).all(axis=0))
    item, element, reach = item[closed], element[closed], reach[:, closed]
    walker = Walker(query, x, outcome)
    walker.points *= 2 * len(STEPS)
    origin = x.reshape(len(x), -1)[item, element].astype(np.float64)

    def read(rows: Array) -> Peaks:
        ends, of = _parts(reach[:, rows])
        parts = Segments(item[rows][of], element[rows][of], ends[:, 0], ends[:, 1])
        nowhere = np.zeros(len(rows))
        with np.errstate(over="ignore", invalid="ignore"):
            return highest(walker.margins(parts, of), origin[rows], (nowhere, nowhere))

    for chunks in walker.chunks(len(item)):
        for lines, peaks in zip(chunks, in_parallel(read, chunks), strict=True):
            ends = origin[lines] - STEPS[reach[1, lines]] * OVER, origin[lines] + STEPS[reach[0, lines]] * OVER
            sharp = settled(query, x, outcome, (item[lines], element[lines], *ends), peaks)
            found.put((item[lines], element[lines]), sharp)
        advance(len(x) * float(chunks[-1][-1] + 1) / len(item))
    return found


def _parts(reach: Array) -> tuple[Array, Array]:
    """Segments of growing length on both sides of each line's start.

    Args:
        reach: Which of `STEPS` each line is walked to, ``(ways, lines)``.

    Returns:
        The ends of the segments, ``(segments, 2)``, and which line each is a part of; in order along their lines.
    """
    steps = np.concatenate([-STEPS[::-1] * OVER, [0.0], STEPS * OVER])
    ends = np.stack([steps[:-1], steps[1:]], axis=1)
    number = np.concatenate([np.arange(len(STEPS))[::-1], np.arange(len(STEPS))])
    side = np.repeat([1, 0], len(STEPS))
    of, part = np.nonzero(number[None] <= reach[side].T)
    return ends[part], of


def _endless(query: Search, labels: Array, item: Array, element: Array) -> tuple[Array, Array]:
    """Which lines have a margin without end (1), have none (0), or stay open (-1); and the label that leads there."""
    program = query.program
    unit = np.eye(program.size)
    each = max(1, VALUE_BYTES // (8 * max(int(np.prod(shape)) for shape in program.shapes)))
    rows = np.concatenate([unit, -unit])
    parts = [recessions(program, rows[start : start + each]) for start in range(0, len(rows), each)]
    scores, errors = (np.concatenate(part) for part in zip(*parts, strict=True))
    doubt = (2 * errors.max(axis=1) + 4 * UNIT * np.abs(scores).max(axis=1)) * UP

    @lru_cache(maxsize=4096)
    def exact(moved: int, way: int) -> Array:
        return exact_recession(program, moved, way)

    state, label = np.zeros(len(item), dtype=np.int64), np.full(len(item), -1)
    for side, way in enumerate(WAYS):
        lead = leads(scores[side * program.size + element], labels[item], query.target)
        best = np.argmax(lead, axis=1)
        top, room = lead[np.arange(len(lead)), best], doubt[side * program.size + element]
        rises = top > room
        label = np.where(rises & (state < 1), best, label)
        state = np.where(rises, 1, state)
        for row in np.flatnonzero(~rises & ~(top <= -room) & (state < 1)):
            state[row], label[row] = _settled(query, exact, int(element[row]), way, int(labels[item[row]]), state[row])
    return state, label


def _settled(
    query: Search, exact: Callable[[int, int], Array], element: int, way: int, own: int, known: int
) -> tuple[int, int]:
    """The same about one direction that floats leave open."""
    if query.program.products > EXACT_PRODUCTS:
        return -1, -1
    scores = exact(element, way)
    rising = [j for j in range(len(scores)) if j != own and query.target in (None, j) and scores[j] > scores[own]]
    return (1, max(rising, key=lambda j: scores[j])) if rising else (known, -1)


def _tails(query: Search, x: Array, item: Array, element: Array, way: int) -> Array:
    """The first of `STEPS` from which on every branch keeps its arm on one side of each line; their number if none."""
    found = np.full(len(item), len(STEPS))
    each = max(1, VALUE_BYTES // (8 * max(int(np.prod(shape)) for shape in query.program.shapes)))
    feasible = query.program.products <= EXACT_PRODUCTS
    for number, distance in enumerate(STEPS):
        left = np.flatnonzero(found == len(STEPS))
        for start in range(0, len(left), each):
            rows = left[start : start + each]
            holds = _tail(query, x, item[rows], element[rows], way * distance, exactly=False)
            found[rows[holds]] = number
    for row in np.flatnonzero(found == len(STEPS)) if feasible else ():
        one = np.array([row])
        if _tail(query, x, item[one], element[one], way * FAR, exactly=True)[0]:
            found[row] = len(STEPS) - 1
    return found


def _tail(query: Search, x: Array, item: Array, element: Array, distance: float, *, exactly: bool) -> Array:
    """On which lines every branch certainly keeps its arm from a distance on, to the side of its sign."""
    starts = x[item].reshape(len(item), -1).astype(np.float64)
    at = np.arange(len(item)), element
    origin = starts[at]
    starts[at] = origin + distance
    step, doubt = difference(starts[at], origin)
    near = np.abs(step) + doubt <= abs(distance) * OVER
    sign = np.full(len(item), np.sign(distance))
    shaped = starts.reshape(-1, *query.program.input_shape)
    return np.asarray(near & keep_their_arms(query.program, shaped, element, sign, exactly=exactly))
