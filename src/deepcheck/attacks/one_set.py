"""One set of features and one label: a witness, a proof, or neither.

A linear program proposes a point that stays away from every row by more than rounding it to the model's own numbers
can cost, and multipliers. The point is checked with error bounds, and so are the multipliers; exact arithmetic takes
what neither settles, if the set is small enough for it. Where the change is to be small, another program proposes that.

Source: Section III-C for a given set of symbolic inputs; DESIGN.md, section 1 ("a solver proposes").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.attacks.exact_sets import Settled
from deepcheck.attacks.multipliers import reduced, rows_of
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.program import Array
from deepcheck.program.bounded import TINY, UP, gamma
from deepcheck.solvers.cardinality import Relaxation, Rows, farthest_inside
from deepcheck.solvers.lp import FloatSystem, propose
from deepcheck.solvers.planes import PRECISION, Planes

MANY = 64
"""Sets of more elements are first refuted by a relaxation that looks at few guards at a time."""


@dataclass(frozen=True)
class Decided:
    """What became of a set and label.

    Attributes:
        outcome: Attackable, proved, or why it is open.
        features: The features that the witness changes, positions, increasing; else the set.
        label: The label's position among the others.
        values: The witness, element by element, in the model's own numbers.
        margin: Its margin; NaN without.
    """

    outcome: Outcome
    features: tuple[int, ...]
    label: int
    values: tuple[float, ...] = ()
    margin: float = float("nan")

    @property
    def attackable(self) -> bool:
        """Is there a witness?"""
        return self.outcome == Outcome.ATTACKABLE


class Sets:
    """Sets of the features asked about, decided one at a time and remembered.

    Features are meant by their position in the question's order.

    Args:
        question: One input, and what is asked about it.
        planes: The rows over all elements of ``question.order``, feature by feature, for all of them together.
        certified: Do the ranges of ``planes`` hold the whole domain? Else nothing is proved here.
        doubtful: Is a large set first to be refuted by a relaxation? A waste of time where most sets are attackable.
    """

    def __init__(self, question: Question, planes: Planes, *, certified: bool = True, doubtful: bool = True) -> None:
        self.question, self.planes, self.certified, self.doubtful = question, planes, certified, doubtful
        self.elements = question.elements(question.order)
        self._rows: dict[int, Rows] = {}
        self._relaxations: dict[int, Relaxation] = {}
        self._decided: dict[tuple[int, tuple[int, ...]], Decided] = {}

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.elements)

    def rows(self, label: int) -> Rows:
        """A label's rows."""
        if label not in self._rows:
            self._rows[label] = rows_of(self.planes, label, self.elements.shape[1])
        return self._rows[label]

    def relaxation(self, label: int) -> Relaxation:
        """A label's relaxation."""
        if label not in self._relaxations:
            self._relaxations[label] = Relaxation(self.rows(label))
        return self._relaxations[label]

    @cached_property
    def _grids(self) -> tuple[Array, Array] | None:
        """The levels of each element and how many there are; None for a continuum."""
        if self.question.query.box.tables is None:
            return None
        _, values, counts = self.question.levels(self.elements.ravel(), self.planes)
        return values[:-1], counts[:-1]

    def decide(self, label: int, features: tuple[int, ...]) -> Decided:
        """Decide a set, ``features`` increasing, for one label."""
        key = (label, features)
        if key not in self._decided:
            self._decided[key] = self._decide(label, features)
        return self._decided[key]

    def _decide(self, label: int, features: tuple[int, ...]) -> Decided:
        settled = self.settle(label, features)
        if settled.outcome != Outcome.ATTACKABLE:
            return Decided(settled.outcome, features, label)
        return self._witness(features, label, np.array(settled.values), settled.margin)

    def settle(self, label: int, features: Sequence[int]) -> Settled:
        """The same, for the whole set, with the witness that the question's objective asks for; not remembered."""
        rows, width = self.rows(label), self.elements.shape[1]
        columns = (np.array(features)[:, None] * width + np.arange(width)).ravel()
        found = self._in_floats(label, columns, np.array(features))
        if found is None:
            if self.question.late():
                return Settled(Outcome.UNTRIED)
            elements = tuple(int(element) for element in self.elements.ravel()[columns])
            (found,) = self.question.exactly([elements], self.question.others[[label]])
        if found.outcome != Outcome.ATTACKABLE or self.question.query.objective == "margin":
            return found
        return self._nearer(rows, columns) or found

    def _in_floats(self, label: int, columns: Array, features: Array) -> Settled | None:
        """What a linear program proposes and error bounds confirm; None where they leave it open."""
        large = len(columns) > MANY and self.doubtful
        if large and self.certified and self.question.bounded and self._refuted(label, features):
            return Settled(Outcome.PROVED)
        rows = self.rows(label)
        for spacing in self._spacings(columns):
            reserve = _reserve(rows, columns, spacing)
            proposed = farthest_inside(rows, columns, reserve, self.question.seconds_left())
            if proposed is None:
                continue
            point, multipliers = proposed
            if self.certified and not reduced(rows, multipliers).exceeds(features):
                return Settled(Outcome.PROVED)
            found = self._holding(rows, columns, point)
            if found is not None:
                return found
        return None

    def _refuted(self, label: int, features: Array) -> bool:
        """Do multipliers of a relaxation that takes in guards as they are broken refute a large set?"""
        outside = np.ones(self.count, dtype=bool)
        outside[features] = False
        found = self.relaxation(label).widest(len(features), outside, self.question.seconds_left())
        return not reduced(self.rows(label), found.multipliers).exceeds(features)

    def _holding(self, rows: Rows, columns: Array, point: Array) -> Settled | None:
        """The attack near a displacement, if it certainly is one."""
        values = self._numbers(columns, point)
        margin = holds(rows, columns, values - self.planes.origin[columns])
        return Settled(Outcome.ATTACKABLE, tuple(values.tolist()), margin) if margin > 0 else None

    def _nearer(self, rows: Rows, columns: Array) -> Settled | None:
        """An attack with the smallest change, as far as rounding allows."""
        slopes, lower, upper = rows.slopes[:, columns], rows.lower[columns], rows.upper[columns]
        with np.errstate(invalid="ignore"):
            least = rows.values + np.minimum(slopes * lower, slopes * upper).sum(axis=1)
        goals = np.arange(len(rows.values)) >= rows.guards
        binding = ~goals & ~(least >= 0)
        system = FloatSystem(rows.values[binding], slopes[binding], rows.values[goals], slopes[goals], lower, upper)
        proposed = propose(system, self.question.query.objective, self.question.seconds_left())
        return self._holding(rows, columns, proposed.point) if proposed.status == "feasible" else None

    def _witness(self, features: tuple[int, ...], label: int, values: Array, margin: float) -> Decided:
        """An attack, with the features that its witness leaves alone taken out of the set."""
        each = values.reshape(len(features), -1)
        origin = self.planes.origin[:-1].reshape(self.count, -1)[list(features)]
        changed = (each != origin).any(axis=1)
        kept = tuple(f for f, moved in zip(features, changed, strict=True) if moved)
        return Decided(Outcome.ATTACKABLE, kept, label, tuple(each[changed].ravel().tolist()), margin)

    def _spacings(self, columns: Array) -> list[Array]:
        """How far rounding may move each element: to the model's numbers, or as far as to a level."""
        planes = self.planes
        size = np.maximum(np.abs(planes.origin[columns]), np.maximum(-planes.lower[columns], planes.upper[columns]))
        near = np.where(np.isfinite(size), size, 1.0) * 2.0 ** (1 - self.question.bits)
        if self._grids is None:
            return [near]
        values, counts = (part[columns] for part in self._grids)
        spread = np.array([np.diff(v[:n]).max(initial=0.0) for v, n in zip(values, counts, strict=True)])
        return [near, near + spread / 2]

    def _numbers(self, columns: Array, point: Array) -> Array:
        """The numbers of the model's type, or the levels, nearest to a displacement."""
        planes, wish = self.planes, self.planes.origin[columns] + point
        if self._grids is None:
            rounded = wish.astype(self.question.query.program.dtype).astype(np.float64)
            return np.clip(rounded, planes.least[columns], planes.most[columns])
        values, counts = (part[columns] for part in self._grids)
        return np.array(
            [v[np.abs(v[:n] - w).argmin()] if n else w for v, n, w in zip(values, counts, wish, strict=True)]
        )


def _reserve(rows: Rows, columns: Array, spacing: Array) -> Array:
    """How far each row is to stay away from 0, so that its errors and rounding the point do not matter, ``(m,)``."""
    slopes = np.abs(rows.slopes[:, columns])
    reach = np.maximum(-rows.lower[columns], rows.upper[columns])
    reach = np.where(np.isfinite(reach), reach, 1.0)
    doubt = rows.value_errors + rows.slope_errors * reach.sum()
    doubt += gamma(len(columns) + 8) * (np.abs(rows.values) + slopes @ reach)
    return np.asarray(2 * doubt + slopes @ spacing)


def holds(rows: Rows, columns: Array, point: Array) -> float:
    """The least lead at a displacement where every row holds beyond its error; -1 where that is not certain.

    Args:
        rows: The rows of the label.
        columns: The elements that move.
        point: How far, each rounded once, ``(columns,)``.
    """
    if not np.isfinite(point).all():
        return -1.0
    slopes, move = rows.slopes[:, columns], np.abs(point)
    with np.errstate(over="ignore", invalid="ignore"):
        values = rows.values + slopes @ point
        doubt = rows.value_errors + rows.slope_errors * move.sum()
        doubt += gamma(len(columns) + 8) * (np.abs(rows.values) + np.abs(slopes) @ move) + len(columns) * TINY
        doubt *= UP
        guards, leads = slice(None, rows.guards), slice(rows.guards, None)
        still = ~slopes[guards].any(axis=1) & (rows.slope_errors[guards] == 0)
        if (
            not (still | (values[guards] >= doubt[guards])).all()
            or not (doubt[leads] < PRECISION * values[leads]).all()
        ):
            return -1.0
    return float(values[leads].min())


__all__ = ["Decided", "Sets", "holds"]
