"""One input whose few features may change, and the bounds on its labels' leads over parts of that ball.

Source: stages 0 and 1 of the search over all paths; the convex hull of the L0 ball: arXiv 2511.10576.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from deepcheck.attacks.question import Question
from deepcheck.program import Array, Path
from deepcheck.program.bounded import UNIT, difference
from deepcheck.symbolic.backward import Forms
from deepcheck.symbolic.bounds import Bounds, Known
from deepcheck.symbolic.frame import Frame
from deepcheck.symbolic.parts import Movable, Parts
from deepcheck.symbolic.prepared import Prepared


@dataclass(frozen=True)
class Ball:
    """One input, its features, and the label changes that count.

    Attributes:
        question: The input, its domain and its goal.
        frame: The input, as bounds see it.
        gap: The label's lead over each other label at the input, rounded down, ``(others,)``.
    """

    question: Question
    frame: Frame
    gap: Array
    gains: dict[int, tuple[Array, Array]] = field(default_factory=dict)

    @staticmethod
    def of(question: Question, prepared: Prepared) -> "Ball":
        """The ball around a question's input."""
        query, item = question.query, question.item
        path: Path = question.run.path.take(np.array([item]))
        frame = Frame.of(query.program, question.x[item : item + 1], path, prepared)
        found, row = question.found, question.row
        gap = -found.gaps[row] - found.gap_errors[row] * (1 + 8 * UNIT)
        return Ball(question, frame, gap)

    @property
    def wanted(self) -> Array:
        """Which other labels count, ``(others,)``."""
        target = self.question.query.target
        return np.ones(len(self.gap), dtype=bool) if target is None else self.question.others == target

    @cached_property
    def movable(self) -> Movable:
        """The features, with displacements rounded outward."""
        question, box = self.question, self.question.query.box
        flat = question.x[question.item].reshape(-1).astype(np.float64)
        (low, low_error), (high, high_error) = difference(box.lower, flat), difference(box.upper, flat)
        return Movable(question.features.members, low - low_error, high + high_error)

    @cached_property
    def seeds(self) -> Array:
        """The label's score less each other's, as forms of the outputs, ``(others, outputs)``."""
        matrix = self.question.query.program.decided().matrix
        label = int(self.question.run.labels[self.question.item])
        return np.asarray(matrix[label] - matrix[self.question.others])

    def bound(self, parts: Parts, labels: Array, known: tuple[Known, ...] | None) -> "Leads":
        """Bound the label's leads over parts.

        Args:
            parts: The parts.
            labels: Which other labels are open in each, ``(parts, others)``.
            known: Ranges that hold on the parts already.
        """
        bounds = Bounds(self.frame, parts, known, self.question.deadline)
        part, other = np.nonzero(labels)
        forms = bounds.forms(self.seeds[other], part)
        least = self.gap[other] + forms.least
        least = least - 2 * UNIT * (np.abs(self.gap[other]) + np.abs(forms.least))
        return Leads(part, other, least, forms, bounds.ranges)


@dataclass(frozen=True)
class Leads:
    """Lower bounds of the label's leads over parts, one row per part and open label.

    Attributes:
        part: The part, ``(rows,)``.
        other: The other label's position.
        least: The bound.
        forms: The linear forms behind it, in displacements.
        ranges: The layers' ranges, for parts of these parts.
    """

    part: Array
    other: Array
    least: Array
    forms: Forms
    ranges: tuple[Known, ...]

    @cached_property
    def open(self) -> Array:
        """Rows that are not refuted: their lead may be 0 or less (NaN never refutes)."""
        return np.flatnonzero(~(self.least > 0))

    def labels_of(self, parts: int, others: int) -> Array:
        """Which labels are still open in each part, ``(parts, others)``."""
        found = np.zeros((parts, others), dtype=bool)
        found[self.part[self.open], self.other[self.open]] = True
        return found

    def known_of(self, part: int) -> tuple[Known, ...]:
        """The ranges of one part, ``(m,)`` each."""
        return tuple((low[part].copy(), high[part].copy()) for low, high in self.ranges)


def stacked(known: Sequence[tuple[Known, ...] | None]) -> tuple[Known, ...] | None:
    """The ranges of several parts side by side; None where nothing is known of the first."""
    if known[0] is None:
        return None
    every = [each for each in known if each is not None]
    return tuple(
        (np.stack([each[at][0] for each in every]), np.stack([each[at][1] for each in every]))
        for at in range(len(every[0]))
    )
