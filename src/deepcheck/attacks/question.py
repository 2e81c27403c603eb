"""One input, and what is asked about sets of its features: what every search of sets starts from."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.attacks.exact_sets import ELEMENTS, ExactRows, Settled, settle
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.pruning import gains_of, needed
from deepcheck.attacks.rows import Wanted, planes
from deepcheck.attacks.search import Search
from deepcheck.domains import Features
from deepcheck.program import Array
from deepcheck.ranking import Gains
from deepcheck.solvers.planes import Planes
from deepcheck.symbolic import EXACT_PRODUCTS, Run

EXACT_ELEMENTS = 24
"""Sets of more elements are not decided in exact arithmetic."""
BITS = {"float16": 11, "float32": 24, "float64": 53}


@dataclass(frozen=True)
class Question:
    """One input of a batch, with its difference forms.

    Attributes:
        query: Program, domain, target and objective.
        x: What the model receives, ``(items, *input_shape)``.
        run: The concrete run of the batch.
        item: Which input.
        found: The difference forms of a chunk of items.
        row: The input's place in it.
        features: The features.
        order: The features asked about, first to try first, ``(m,)``.
        deadline: When to stop, by `time.monotonic`, or None.
        progress: Called with the share of the work that is done.
    """

    query: Search
    x: Array
    run: Run
    item: int
    found: Gains
    row: int
    features: Features
    order: Array
    deadline: float | None = None
    progress: Callable[[float], None] | None = None

    @property
    def bounded(self) -> bool:
        """Is the domain bounded?"""
        return self.query.box.bounded

    @property
    def bits(self) -> int:
        """The significand of the model's type."""
        return BITS[self.query.program.dtype.name]

    @property
    def others(self) -> Array:
        """The other labels, lowest first."""
        return np.asarray(self.found.others[self.row])

    @cached_property
    def steps(self) -> tuple[Array, Array]:
        """Least and largest displacement of every element, ``(size,)`` each."""
        flat = self.x[self.item].reshape(-1).astype(np.float64)
        return self.query.box.lower - flat, self.query.box.upper - flat

    @cached_property
    def _gain(self) -> Array:
        return gains_of(self.found, self.row, *self.steps, self.features)

    def gain(self, features: Array) -> Array:
        """The most that some features can add to each label's gap, ``(others, features)``; infinite if unbounded."""
        if not self.bounded:
            return np.full((len(self.others), len(features)), np.inf)
        if len(features) == self._gain.shape[1] and (features == np.arange(len(features))).all():
            return self._gain
        return self._gain[:, features]

    def needed(self, size: int) -> Array:
        """What the gains of so many features must reach for each label, ``(others,)``; infinite where none counts."""
        width = self.features.members.shape[1]
        lower, upper = self.steps
        farthest = max(float(upper.max()), -float(lower.min())) if self.bounded else 0.0
        need = needed(self.found, self.row, farthest, size * width)
        if self.query.target is not None:
            need = np.where(self.others == self.query.target, need, np.inf)
        return need

    def elements(self, features: Array) -> Array:
        """The elements of some features, ``(features, elements of each)``."""
        return np.asarray(self.features.members[features])

    def planes(self, elements: Array, together: int) -> Planes:
        """The rows over some elements, and one more that cannot move."""
        ((ready,),) = planes_of([self], [elements], together)
        return ready

    def levels(self, elements: Array, ready: Planes) -> tuple[Array, Array, Array]:
        """Displacements to each column's levels, the levels, and how many there are; the last column has one, 0."""
        box = self.query.box
        assert box.tables is not None
        table = box.tables[box.channel[elements]]
        inside = (table >= box.lower[elements, None]) & (table <= box.upper[elements, None])
        at = np.argsort(~inside, axis=1, kind="stable")
        values = np.take_along_axis(table, at, axis=1)
        values = np.concatenate([values, np.zeros((1, values.shape[1]))])
        counts = np.concatenate([inside.sum(axis=1), [1]])
        return values - ready.origin[:, None], values, counts

    def exactly(self, sets: Sequence[tuple[int, ...]], labels: Array) -> list[Settled]:
        """Decide sets of elements and labels in exact arithmetic; open where set or network are too large for it."""
        if self.query.program.products > EXACT_PRODUCTS:
            return [Settled(Outcome.ROUNDING)] * len(sets)
        if max(map(len, sets), default=0) > EXACT_ELEMENTS:
            return [Settled(Outcome.LARGE)] * len(sets)
        answers: list[Settled] = []
        while len(answers) < len(sets):
            start = stop = len(answers)
            wanted: set[int] = set()
            while stop < len(sets) and len(wanted | set(sets[stop])) <= ELEMENTS:
                wanted |= set(sets[stop])
                stop += 1
            if self.late():
                return answers + [Settled(Outcome.UNTRIED)] * (len(sets) - start)
            answers += self._settled(sorted(wanted), sets[start:stop], labels[start:stop])
        return answers

    def _settled(self, columns: list[int], sets: Sequence[tuple[int, ...]], labels: Array) -> Iterator[Settled]:
        """Decide sets of some elements whose columns are run once."""
        program, box = self.query.program, self.query.box
        path = self.run.path.take(np.array([self.item]))
        rows = ExactRows.of(program, self.x[self.item : self.item + 1], path, columns)
        for elements, label in zip(sets, labels, strict=True):
            chosen = [columns.index(element) for element in elements]
            if self.late():
                yield Settled(Outcome.UNTRIED)
            else:
                yield settle(rows, box, chosen, int(label), program.dtype, self.seconds_left())

    def seconds_left(self) -> float | None:
        """How much time there is, or None for as much as it takes."""
        return None if self.deadline is None else max(0.001, self.deadline - time.monotonic())

    def late(self) -> bool:
        """Has the time run out?"""
        return self.deadline is not None and time.monotonic() > self.deadline

    def advance(self, share: float) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress(share)


def planes_of(questions: Sequence[Question], elements: Sequence[Array], together: int) -> Iterator[list[Planes]]:
    """The rows of several questions of one call, each over some elements; those that share a pass together."""
    if not questions:
        return iter(())
    query, x, run = questions[0].query, questions[0].x, questions[0].run
    wanted = [Wanted(q.item, q.found, q.row, own, together) for q, own in zip(questions, elements, strict=True)]
    return planes(query.program, x, run, query.box, wanted, query.column_bytes)
