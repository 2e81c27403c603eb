"""Path condition, domain and goal of one symbolic element, as an exact system for any solver."""

from fractions import Fraction

import numpy as np

from deepcheck.attacks.goals import HalfLine, domain_rows, goal_rows
from deepcheck.constraints import Collect, Inequalities
from deepcheck.domains import Box
from deepcheck.program import Array, Path, Program
from deepcheck.symbolic import exact_columns, exact_outputs


def conditions(
    program: Program, x: Array, path: Path, element: int, label: int | None, box: Box | None
) -> Inequalities:
    """The system over the displacement of one element.

    Args:
        program: The program.
        x: What the model receives, ``(1, *input_shape)``.
        path: Its exact path.
        element: The symbolic element.
        label: The label to reach (the paper's AC), or None for the path condition alone.
        box: The domain, or None for any displacement.

    Returns:
        The guards that can change, then the domain's bounds, then the goal's rows, which are strict against lower
        labels (DESIGN.md, section 4.5).

    Source: Section III-C, ``PC and AC``.
    """
    sink = Collect()
    slopes = exact_columns(program, x, path, np.array([element]), sink)
    rows: list[HalfLine] = []
    if box is not None:
        rows += domain_rows(box, element, Fraction(float(x.reshape(-1)[element])))
    if label is not None:
        decision = program.decided()
        scores = decision.scores(exact_outputs(program, x).fractions())[0]
        rows += goal_rows(scores, decision.scores(slopes.fractions())[0], label)
    coefficients = tuple((row.slope,) for row in rows)
    return sink.inequalities() + Inequalities(
        coefficients, tuple(row.value for row in rows), tuple(row.strict for row in rows)
    )
