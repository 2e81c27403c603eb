"""The largest margin that each element alone can cause: what it is, how far it may be off, and where it is.

A *margin* is the most by which another label leads the input's own: the largest of ``f[j] - f[label]`` over the other
labels. Above 0 the label has changed, below 0 it has not.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepcheck.program import Array, Program
from deepcheck.program.bounded import UNIT, UP
from deepcheck.symbolic import EXACT_PRODUCTS, Run

LEAST = 2.0**-1074
"""The least float above 0."""
PRECISION, SMALL = 2.0**-20, 1 << 16
"""Up to so many multiplications a run, margins are known up to that share of them (of 1 for smaller ones)."""


@dataclass(frozen=True)
class Peaks:
    """Suprema of margins, for many elements at once; all arrays have one shape.

    Attributes:
        margin: The supremum; infinite where the margin grows without end, NaN where nothing is known.
        error: How far the true one may be from it.
        label: The label that leads there, -1 where nothing is known.
        value: Where it is attained, in the model's own units; NaN where it is not attained.
    """

    margin: Array
    error: Array
    label: Array
    value: Array

    @staticmethod
    def unknown(*shape: int) -> "Peaks":
        """Nothing known."""
        nothing = np.full(shape, np.nan)
        return Peaks(nothing, nothing.copy(), np.full(shape, -1, dtype=np.int64), nothing.copy())

    @staticmethod
    def between(least: Array, best: Array, most: Array, label: Array, value: Array) -> "Peaks":
        """Suprema that lie between bounds, with the best number found there.

        Args:
            least: Lower bounds.
            best: The best known number.
            most: Upper bounds.
            label: The label that leads there.
            value: Where that is.
        """
        with np.errstate(invalid="ignore"):
            error = np.maximum(most - best, best - least)
            error = (np.maximum(error, 0.0) + 2 * UNIT * np.abs(best)) * UP
        known = np.isfinite(error) & np.isfinite(best)
        nothing = np.nan
        return Peaks(
            np.where(known, best, nothing), np.where(known, error, nothing), np.where(known, label, -1),
            np.where(known, value, nothing),
        )  # fmt: skip

    def put(self, at: tuple[Array, ...], found: "Peaks") -> None:
        """Write others into some places."""
        self.margin[at], self.error[at] = found.margin, found.error
        self.label[at], self.value[at] = found.label, found.value

    def take(self, rows: tuple[Array, ...]) -> "Peaks":
        """Some of them."""
        return Peaks(self.margin[rows], self.error[rows], self.label[rows], self.value[rows])

    @staticmethod
    def exactly(margin: Fraction, label: int, value: float) -> "Peaks":
        """One supremum, known exactly and rounded once; nothing known where no float is so large."""
        try:
            number = float(margin)
        except OverflowError:
            return Peaks.unknown(1)
        error = 0.0 if margin == 0 else 2 * UNIT * abs(number) + LEAST
        return Peaks(*(np.array([part]) for part in (number, error, label, value)))

    @staticmethod
    def endless(label: Array) -> "Peaks":
        """Margins that grow without end, each with a label that leads there."""
        shape = label.shape
        return Peaks(np.full(shape, np.inf), np.zeros(shape), label, np.full(shape, np.nan))

    @property
    def known(self) -> Array:
        """Where something is known."""
        return ~np.isnan(self.margin)


def at_inputs(program: Program, outcome: Run, target: int | None) -> tuple[Array, Array, Array]:
    """The margin at each input itself, how far it may be off, and the label that leads the others, ``(items,)``."""
    decision = program.decided()
    scores = decision.scores(outcome.outputs.value)
    errors = np.broadcast_to(outcome.outputs.element_error, outcome.outputs.value.shape)
    doubts = decision.doubts(errors).max(axis=1, initial=0.0)
    lead = leads(scores, outcome.labels, target)
    label = np.argmax(lead, axis=1)
    margin = lead[np.arange(len(lead)), label]
    return margin, (2 * doubts + 4 * UNIT * np.abs(scores).max(axis=1, initial=0.0)) * UP, label


def leads(scores: Array, own: Array, target: int | None) -> Array:
    """The lead of each label over the rows' own, ``(rows, labels)``; minus infinity where a label does not count."""
    rows = np.arange(len(scores))
    with np.errstate(invalid="ignore"):
        lead = scores - scores[rows, own][:, None]
    lead[rows, own] = -np.inf
    if target is not None:
        lead[:, np.arange(lead.shape[1]) != target] = -np.inf
    return lead


def not_below(found: Peaks, least: Peaks) -> Peaks:
    """Suprema over ranges that hold the input, so that none is below the margin there."""
    with np.errstate(invalid="ignore"):
        most, low = found.margin + found.error, np.maximum(found.margin - found.error, least.margin - least.error)
        raised = found.known & (least.margin > found.margin)
    margin = np.where(raised, least.margin, found.margin)
    with np.errstate(invalid="ignore"):
        error = np.maximum(np.maximum(most - margin, margin - low), 0.0) * UP + 2 * UNIT * np.abs(margin)
    return Peaks(
        margin, np.where(raised, error, found.error), np.where(raised, least.label, found.label),
        np.where(raised, least.value, found.value),
    )  # fmt: skip


def to_settle(found: Peaks, products: int) -> Array:
    """Which suprema are for exact arithmetic: those whose sign is open, and in a small network those known badly.

    Args:
        found: What floats know.
        products: How many multiplications a run of the network is.
    """
    size = np.abs(found.margin)
    open_ = ~found.known | (size <= found.error)
    if products <= SMALL:
        open_ |= found.error > PRECISION * np.maximum(1.0, size)
    return open_ if products <= EXACT_PRODUCTS else np.zeros_like(open_)
