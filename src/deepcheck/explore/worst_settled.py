"""The largest margin on one line in exact arithmetic, for lines on which floats leave too much open."""

from fractions import Fraction

import numpy as np

from deepcheck.attacks.peaks import Peaks, to_settle
from deepcheck.attacks.search import Search
from deepcheck.program import Array
from deepcheck.symbolic import Run
from deepcheck.symbolic.exact_line import exact_pieces


def settled(query: Search, x: Array, outcome: Run, lines: tuple[Array, Array, Array, Array], found: Peaks) -> Peaks:
    """Largest margins of lines, those that are known badly, or whose sign is not, worked out exactly.

    Args:
        query: Program, domain and target.
        x: What the model receives, ``(items, *input_shape)``.
        outcome: The run of it.
        lines: Item and element of each line, and how far it goes: the least and the largest value of the element.
        found: What floats know.
    """
    for row in np.flatnonzero(to_settle(found, query.program.products)):
        item, element = int(lines[0][row]), int(lines[1][row])
        ends = Fraction(float(lines[2][row])), Fraction(float(lines[3][row]))
        found.put((np.array([row]),), _largest(query, x, outcome, item, element, ends))
    return found


def _largest(query: Search, x: Array, outcome: Run, item: int, element: int, ends: tuple[Fraction, Fraction]) -> Peaks:
    """The largest margin on one line."""
    label, decision = int(outcome.labels[item]), query.program.decided()
    origin = Fraction(float(x[item].reshape(-1)[element]))
    table = None if query.box.tables is None else query.box.tables[query.box.channel[element]]
    steps = [] if table is None else [Fraction(float(level)) - origin for level in table]
    others = [j for j in range(decision.labels) if j != label and query.target in (None, j)]
    best: tuple[Fraction, int, Fraction] | None = None
    for piece in exact_pieces(query.program, x[item : item + 1], element, ends[0] - origin, ends[1] - origin):
        at = [piece.lower, piece.upper]
        if table is not None:
            at = [step for step in steps if piece.lower <= step <= piece.upper]
        values, slopes = decision.scores(piece.values[None])[0], decision.scores(piece.slopes[None])[0]
        for step in at:
            for j in others:
                lead = values[j] - values[label] + (slopes[j] - slopes[label]) * step
                best = max((lead, -j, step), best or (lead, -j, step))
    assert best is not None, "the input's own value lies on a piece"
    return Peaks.exactly(best[0], -best[1], float(origin + best[2]))
