"""How far one feature alone can bring another label: the gain bound, and the *reach* that ranks by it.

A bound and not the answer: it is the linear form over the domain, with the path's guards ignored.

Source: DESIGN.md, section 4, "Pruning".
"""

from dataclasses import dataclass

import numpy as np

from deepcheck.program import Array, Bounded, Program
from deepcheck.program.bounded import UNIT, UP
from deepcheck.symbolic import Run, label_differences


@dataclass(frozen=True)
class Gains:
    """The forms ``f[j] - f[label]`` of a batch, for every other label ``j``, with error bounds.

    Attributes:
        others: The other labels, lowest first, ``(items, others)``.
        gaps: ``f[j] - f[label]`` at the input, ``(items, others)``.
        gap_errors: How far they may be off, likewise.
        slopes: Coefficients of every element, ``(items, others, size)``.
        slope_errors: How far those may be off, ``(items, others)``.
        sizes: At least their largest magnitude, ``(items, others)``.
    """

    others: Array
    gaps: Array
    gap_errors: Array
    slopes: Array
    slope_errors: Array
    sizes: Array

    def most(self, lower: Array, upper: Array) -> Array:
        """The most that each element can add by a displacement in ``[lower, upper]``, ``(items, others, size)``."""
        most = self.slopes * upper[:, None, :]
        return np.asarray(np.maximum(most, self.slopes * lower[:, None, :], out=most))

    def may_flip(self, lower: Array, upper: Array, wanted: Array) -> tuple[Array, Array, Array]:
        """Where one element's gain, rounded up, meets the goal: all else is proved.

        Args:
            lower: Least displacement of each element, ``(items, size)``, never above 0.
            upper: Largest displacement, never below 0.
            wanted: Which labels count, ``(items, others)``.

        Returns:
            Positions ``(item, other, element)`` of what is left, in that order.
        """
        ahead, behind = upper.max(axis=1)[:, None], -lower.min(axis=1)[:, None]
        farthest = np.maximum(ahead, behind)
        slack = (self.gap_errors + farthest * (self.slope_errors + 8 * UNIT * self.sizes)) * UP
        needed = -self.gaps - slack
        # Whole rows first: the extreme coefficients times the longest moves bound every element's gain.
        # What overflowed to NaN is never below anything, so it is left, not proved.
        most = np.maximum(self.slopes.max(axis=2) * ahead, self.slopes.min(axis=2) * -behind)
        item, other = np.nonzero(~(most < needed) & wanted)
        slopes = self.slopes[item, other]
        gain = np.maximum(slopes * upper[item], slopes * lower[item])
        row, element = np.nonzero(~(gain < needed[item, other][:, None]))
        return item[row], other[row], element


def gains(program: Program, run: Run, items: Array) -> Gains:
    """The difference forms of some items of a run."""
    decision = program.decided()
    labels = run.labels[items]
    slopes, others = label_differences(program, run.path.take(items), labels)
    scores = decision.scores(run.outputs.value[items])
    errors = np.broadcast_to(run.outputs.element_error[items], run.outputs.value[items].shape)
    slack = decision.doubts(errors)
    rows = np.arange(len(items))
    own, own_slack = scores[rows, labels][:, None], slack[rows, labels][:, None]
    gaps = np.take_along_axis(scores, others, axis=1) - own
    doubt = np.take_along_axis(slack, others, axis=1) + own_slack + 2 * UNIT * np.abs(gaps)
    return Gains(others, gaps, doubt, *_by_item(slopes, others.shape))


def _by_item(slopes: Bounded, shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    return slopes.value.reshape(*shape, -1), slopes.error.reshape(shape), slopes.size.reshape(shape)


def reach(found: Gains, lower: Array, upper: Array, members: Array | None = None) -> Array:
    """The largest margin that each feature alone could produce: max over labels of gap + gain.

    Args:
        found: The difference forms.
        lower: Least displacement of each element, ``(items, size)``.
        upper: Largest.
        members: The elements of each feature, ``(count, elements of each)``, whose gains are summed label by label;
            None where each element is a feature.

    Returns:
        ``(items, count)``.
    """
    most = found.most(lower, upper)
    if members is not None:
        most = most[:, :, members].sum(axis=3)
    return np.asarray((most + found.gaps[:, :, None]).max(axis=1))
