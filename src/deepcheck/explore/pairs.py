"""Pairs of elements over all paths: each rectangle's linear regions, until it is proved or attacked.

On every polygon the label's leads are linear between the corners, up to their errors. A pair whose leads exceed the
errors at all corners is proved; else witnesses are looked for in the parts where a lead is lost. On a grid of levels
the points of those parts are tried one by one, where they are few.

Verified: what is proved, by outward rounding; every witness is run again, in exact arithmetic wherever floats do not
settle it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Search
from deepcheck.explore.line_decide import certified
from deepcheck.program import Array, in_parallel
from deepcheck.program.bounded import UNIT, UP, difference
from deepcheck.program.parallel import CORES
from deepcheck.symbolic import Run
from deepcheck.symbolic.planes import Filled, Rectangles, fill

VALUE_BYTES = 4 << 20
"""About how large one value of a chunk may grow."""
LATTICE = 1 << 13
"""Up to so many points of a grid are tried in one pair."""
NEAR = 1 / 16
"""How far towards the middle of a part a witness is moved from its best corner."""


@dataclass(frozen=True)
class Pairs:
    """What became of pairs.

    Attributes:
        outcomes: An `Outcome` each: proved, attackable, tie, rounding (floats leave it open) or untried, ``(n,)``.
        label: The label reached, or -1.
        values: The witness: the two elements' values in the model's type, NaN where there is none, ``(n, 2)``.
        margin: Its lead over every other label; 0 without a witness.
        regions: How many linear regions the rectangle has; 0 where it was not tried.
    """

    outcomes: Array
    label: Array
    values: Array
    margin: Array
    regions: Array

    @staticmethod
    def untried(count: int) -> "Pairs":
        """None of them decided."""
        return Pairs(
            np.full(count, int(Outcome.UNTRIED)), np.full(count, -1), np.full((count, 2), np.nan), np.zeros(count),
            np.zeros(count, dtype=np.int64),
        )  # fmt: skip


def decide_pairs(
    query: Search,
    x: Array,
    run: Run,
    elements: Array,
    *,
    lower: Array | None = None,
    upper: Array | None = None,
    late: Callable[[], bool] = lambda: False,
) -> Pairs:
    """Decide pairs of elements of one input over all paths.

    Args:
        query: What is looked for: program, domain and target.
        x: What the model receives, ``(1, *input_shape)``, in the model's type.
        run: The concrete run of ``x`` (`Run` of one item), settled.
        elements: The pairs, ``(n, 2)``.
        lower: Their least displacements, rounded outward, ``(n, 2)`` float64; by default the whole domain.
        upper: Their largest.
        late: Has the time run out? What is left then stays untried.
    """
    box = query.box
    origin = x.reshape(-1).astype(np.float64)[elements]
    if lower is None or upper is None:
        (low, low_error), (high, high_error) = (
            difference(box.lower[elements], origin),
            difference(box.upper[elements], origin),
        )
        lower, upper = low - low_error, high + high_error
    every = Rectangles(np.zeros(len(elements), dtype=np.int64), elements, lower, upper)
    found = Pairs.untried(len(elements))
    widest = max((int(np.prod(branch.source_shape)) for branch in query.program.branches), default=1)
    rows, corners, start = max(VALUE_BYTES // (8 * widest), 64), 16.0, 0
    while start < len(elements) and not late():
        each = max(int(rows / corners), 1)
        chunks = [
            np.arange(at, min(at + each, len(elements)))
            for at in range(start, min(start + CORES * each, len(elements)), each)
        ]
        work = in_parallel(lambda chunk: _decide(query, x, run, every.take(chunk)), chunks)
        for chunk, (pairs, vertices) in zip(chunks, work, strict=True):
            for name in ("outcomes", "label", "values", "margin", "regions"):
                getattr(found, name)[chunk] = getattr(pairs, name)
            corners = max(vertices / len(chunk), 4.0)
        start = int(chunks[-1][-1]) + 1
    return found


def _decide(query: Search, x: Array, run: Run, rectangles: Rectangles) -> tuple[Pairs, int]:
    """Decide a chunk; and how many vertices its polygons have."""
    filled = fill(query.program, x, run.path, rectangles)
    mesh = filled.mesh
    found = Pairs.untried(len(rectangles))
    found.regions[:] = np.bincount(mesh.plane, minlength=len(rectangles))
    leads = _Leads.of(query, run, filled)
    parts = leads.parts()
    found.outcomes[:] = Outcome.PROVED
    for plane in np.unique(mesh.plane[parts[0]]).tolist():
        mine = parts[0][mesh.plane[parts[0]] == plane], parts[1][mesh.plane[parts[0]] == plane]
        _attack(query, x, run, rectangles, leads, mine, plane, found)
    return found, mesh.vertices


@dataclass(frozen=True)
class _Leads:
    """The label's lead over every label at the vertices, ``(vertices, labels)``, and how far it may be off.

    Attributes:
        filled: The polygons.
        lead: The leads.
        error: Their errors, ``(vertices,)``.
        wanted: Which labels count.
    """

    filled: Filled
    lead: Array
    error: Array
    wanted: Array

    @staticmethod
    def of(query: Search, run: Run, filled: Filled) -> "_Leads":
        decision, label = query.program.decided(), int(run.labels[0])
        value = run.outputs.value + filled.deviation.value
        doubt = float(np.broadcast_to(run.outputs.element_error, run.outputs.value.shape).max())
        size = np.abs(value).max(axis=1) + np.abs(filled.deviation.value).max(axis=1)
        error = (2 * (filled.deviation.error + doubt + 2 * UNIT * size) + 4 * UNIT * size) * UP
        scores = decision.scores(value)
        wanted = np.arange(decision.labels) != label
        if query.target is not None:
            wanted &= np.arange(decision.labels) == query.target
        return _Leads(filled, scores[:, [label]] - scores, error, wanted)

    def parts(self) -> tuple[Array, Array]:
        """Polygons, and labels that may lead on them: ``(polygon, label)`` pairs."""
        mesh = self.filled.mesh
        near = ~(self.lead > self.error[:, None]) & self.wanted
        at = np.flatnonzero(near.any(axis=1))
        if len(at) == 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        owner = np.repeat(np.arange(len(mesh.first)), mesh.length)
        found = np.zeros((len(mesh.first), near.shape[1]), dtype=bool)
        np.logical_or.at(found, owner, near[mesh.corners])
        polygon, label = np.nonzero(found)
        return polygon, label

    def part(self, polygon: int, label: int) -> tuple[Array, Array]:
        """Where a label may lead on a polygon: corners of that part, ``(k, 2)``, and the lead it has there."""
        mesh = self.filled.mesh
        corners = mesh.corners[mesh.first[polygon] : mesh.first[polygon] + mesh.length[polygon]]
        place, lead = self.filled.place.value[corners], self.lead[corners, label] - self.error[corners]
        after, ahead = np.roll(place, -1, axis=0), np.roll(lead, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = lead / (lead - ahead)
        crossed = ((lead > 0) != (ahead > 0)) & np.isfinite(share)
        share = np.where(crossed, share, 0.0)[:, None]
        inside = ~(lead > 0)
        points = np.concatenate([place[inside], (place + share * (after - place))[crossed]])
        return points, np.concatenate([lead[inside], np.zeros(int(crossed.sum()))])


def _attack(
    query: Search, x: Array, run: Run, rectangles: Rectangles, leads: _Leads, parts: tuple[Array, Array], plane: int,
    found: Pairs,
) -> None:  # fmt: skip
    """Look for a witness in the parts of one plane where a label may lead."""
    elements = rectangles.elements[plane]
    pieces = [leads.part(polygon, label) for polygon, label in zip(*(p.tolist() for p in parts), strict=True)]
    pieces.sort(key=lambda piece: float(piece[1].min(initial=np.inf)))
    places = []
    for points, lost in pieces[:16]:
        if len(points):
            middle, best = points.mean(axis=0), points[int(np.argmin(lost))]
            places += [best + (middle - best) * NEAR, middle]
    found.outcomes[plane] = Outcome.ROUNDING
    if places and _tried(query, x, run, elements, _stored(query, x, elements, np.array(places)), plane, found):
        return
    if query.box.tables is not None:
        lattice = _lattice(query, x, elements, [points for points, _ in pieces if len(points)])
        if lattice is not None:
            found.outcomes[plane] = Outcome.PROVED
            _tried(query, x, run, elements, lattice, plane, found)


def _stored(query: Search, x: Array, elements: Array, places: Array) -> Array:
    """Displacements as values that the model can receive, ``(rows, 2)``."""
    box = query.box
    values = x.reshape(-1)[elements].astype(np.float64) + places
    if box.tables is not None:
        for at, element in enumerate(elements):
            table = box.tables[box.channel[element]]
            values[:, at] = table[np.abs(table[None] - values[:, at, None]).argmin(axis=1)]
    values = np.clip(values, box.lower[elements], box.upper[elements])
    return values.astype(query.program.dtype).astype(np.float64)


def _lattice(query: Search, x: Array, elements: Array, parts: list[Array]) -> Array | None:
    """All points of the grid in and around parts of a plane, ``(rows, 2)``; None where they are very many."""
    box, origin = query.box, x.reshape(-1)[elements].astype(np.float64)
    assert box.tables is not None
    points: set[tuple[float, float]] = set()
    for part in parts:
        axes = []
        for at, element in enumerate(elements):
            table = box.tables[box.channel[element]]
            reach = 2.0**-30 * (np.abs(part[:, at]).max() + 1)
            low, high = origin[at] + part[:, at].min() - reach, origin[at] + part[:, at].max() + reach
            inside = table[(table >= max(low, box.lower[element])) & (table <= min(high, box.upper[element]))]
            axes.append(inside.tolist())
        if len(axes[0]) * len(axes[1]) + len(points) > LATTICE:
            return None
        points |= {(a, b) for a in axes[0] for b in axes[1]}
    return np.array(sorted(points)).reshape(-1, 2)


def _tried(query: Search, x: Array, run: Run, elements: Array, values: Array, plane: int, found: Pairs) -> bool:
    """Run the program at points of a plane; True where one attacks."""
    if len(values) == 0:
        return False
    changed = np.repeat(x.reshape(1, -1), len(values), axis=0)
    changed[:, elements] = values.astype(x.dtype)
    labels, lead, sure = certified(query.program, changed.reshape(-1, *x.shape[1:]))
    counts = labels != run.labels[0]
    if query.target is not None:
        counts &= labels == query.target
    hits = np.flatnonzero(counts & sure & (lead > 0))
    if len(hits):
        best = hits[int(np.argmax(lead[hits]))]
        found.outcomes[plane], found.label[plane] = Outcome.ATTACKABLE, labels[best]
        found.values[plane], found.margin[plane] = values[best], lead[best]
        return True
    if (counts & sure).any():
        found.outcomes[plane] = Outcome.TIE
    elif (~sure).any():
        found.outcomes[plane] = Outcome.ROUNDING
    return False
