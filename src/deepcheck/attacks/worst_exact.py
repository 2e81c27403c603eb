"""The largest margin along a path in exact arithmetic, for elements that floats leave open."""

from fractions import Fraction

import numpy as np

from deepcheck.attacks.goals import domain_rows
from deepcheck.attacks.peaks import Peaks
from deepcheck.attacks.search import Search
from deepcheck.program import Array, Path
from deepcheck.solvers import ExactFold, ExactInterval
from deepcheck.symbolic import exact_columns, exact_outputs

Best = tuple[Fraction | None, int, float]
"""A margin (None: it grows without end), the label that leads there, and the value, NaN for none."""


def highest_exactly(query: Search, x: Array, path: Path, label: int, elements: Array) -> Peaks:
    """The largest margins of some elements of one item, ``(elements,)``.

    Args:
        query: Program, domain and target.
        x: What the model receives, ``(1, *input_shape)``.
        path: Its exact path.
        label: Its label.
        elements: The elements.
    """
    decision, fold = query.program.decided(), ExactFold(len(elements))
    slopes = decision.scores(exact_columns(query.program, x, path, elements, fold).fractions())
    scores = decision.scores(exact_outputs(query.program, x).fractions())[0]
    others = [j for j in range(len(scores)) if j != label and query.target in (None, j)]
    best: list[Best] = []
    for position, element in enumerate(elements.tolist()):
        origin = Fraction(float(x.reshape(-1)[element]))
        kept = fold.intervals[position]
        for row in domain_rows(query.box, element, origin):
            kept = kept.require(row.value, row.slope, strict=row.strict)
        forms = [(scores[j] - scores[label], slopes[position, j] - slopes[position, label], j) for j in others]
        best.append(_largest(query, kept, element, origin, forms))
    found = Peaks.unknown(len(elements))
    for position, (margin, other, value) in enumerate(best):
        leading = np.array([other])
        one = Peaks.endless(leading) if margin is None else Peaks.exactly(margin, other, value)
        found.put((np.array([position]),), one)
    return found


def _largest(
    query: Search, kept: ExactInterval, element: int, origin: Fraction, forms: list[tuple[Fraction, Fraction, int]]
) -> Best:
    """The largest of some lines over an interval."""
    for end, sign in ((kept.lower, -1), (kept.upper, 1)):
        rising = [j for _, slope, j in forms if sign * slope > 0]
        if end is None and rising:
            return None, rising[0], float("nan")
    steps = [end for end in (kept.lower, kept.upper) if end is not None] or [Fraction(0)]
    if query.box.tables is not None:
        table = query.box.tables[query.box.channel[element]]
        on = [Fraction(float(level)) - origin for level in table]
        inside = [step for step in on if kept.contains(step)]
        steps = [inside[0], inside[-1]]
    margin, label, step = max(((gap + slope * step, -j, step) for gap, slope, j in forms for step in steps))
    return margin, -label, float(origin + step)
