"""Path condition, domain and goal of a few symbolic elements, as an exact system for any solver."""

from collections.abc import Sequence

from deepcheck.attacks.exact_sets import ExactRows
from deepcheck.constraints import Inequalities
from deepcheck.domains import Box
from deepcheck.program import Array, Path, Program


def conditions(
    program: Program, x: Array, path: Path, elements: Sequence[int], label: int | None, box: Box | None
) -> Inequalities:
    """The system over the displacements of some elements.

    Args:
        program: The program.
        x: What the model receives, ``(1, *input_shape)``.
        path: Its exact path.
        elements: The symbolic elements; the unknowns are their displacements, in this order.
        label: The label to reach (the paper's AC), or None for the path condition alone.
        box: The domain, or None for any displacement.

    Returns:
        The guards that can change, then the domain's bounds, then the goal's rows, which are strict against lower
        labels (DESIGN.md, section 4.5).

    Source: Section III-C, ``PC and AC``.
    """
    rows = ExactRows.of(program, x, path, elements)
    every = range(len(elements))
    system = rows.system(box, every)
    return system if label is None else system + rows.goals(label, every)
