"""One set of any number of features: a linear program on the columns already computed.

HiGHS proposes, first with slack in all rows, then with the largest margin or the smallest change; what it proposes is
rounded to the model's type, or to levels, and certified.

Source: Section III-C for a given set of symbolic inputs; DESIGN.md, section 1 ("a solver proposes").
"""

import numpy as np

from deepcheck.attacks.certain import leads, margin_of, proves
from deepcheck.attacks.exact_sets import Settled
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.program import Array
from deepcheck.solvers.polygon import Planes


def decide_set(question: Question, planes: Planes, elements: Array, columns: Array, label: int) -> Settled:
    """Can a label be reached by changing some elements?

    Args:
        question: One input, and what is asked about it.
        planes: Its rows.
        elements: The element of each column of the planes, but the last, which cannot move.
        columns: The columns that move, ``(k,)``.
        label: The label's position among the others.
    """
    from deepcheck.solvers.lp import FloatSystem, propose  # HiGHS is slow to load, and few questions need it

    values, slopes, _, _ = leads(planes, label, columns)
    system = FloatSystem(
        planes.values, np.ascontiguousarray(planes.slopes[columns].T), values, slopes, planes.lower[columns],
        planes.upper[columns],
    )  # fmt: skip
    found = propose(system, question.query.objective, question.seconds_left())
    if found.status == "feasible":
        for share in (1.0, 0.999, 0.9, 0.5):
            placed, steps = _placed(question, planes, elements, columns, found.point * share)
            margin = margin_of(planes, label, columns, steps)
            if margin > 0:
                return Settled(Outcome.ATTACKABLE, tuple(placed.tolist()), margin)
    elif found.status == "infeasible":
        guards = len(planes.values)
        if proves(planes, label, columns, found.multipliers[:guards], found.multipliers[guards:]):
            return Settled(Outcome.PROVED)
    elif question.late():
        return Settled(Outcome.UNTRIED)
    sets = [tuple(int(element) for element in elements[columns])]
    return question.exactly(sets, question.others[[label]])[0]


def _placed(question: Question, planes: Planes, elements: Array, columns: Array, steps: Array) -> tuple[Array, Array]:
    """The nearest numbers of the model's type, or levels, inside the domain, and their displacements."""
    if question.query.box.tables is None:
        dtype = question.query.program.dtype
        with np.errstate(over="ignore"):
            values = (planes.origin[columns] + steps).astype(dtype).astype(np.float64)
        values = np.clip(values, planes.least[columns], planes.most[columns])
        return values, values - planes.origin[columns]
    moves, levels, counts = question.levels(elements, planes)
    far = np.where(np.arange(moves.shape[1]) < counts[columns, None], np.abs(moves[columns] - steps[:, None]), np.inf)
    at = far.argmin(axis=1)
    return levels[columns, at], moves[columns, at]
