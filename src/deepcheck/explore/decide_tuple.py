"""One set of elements over all paths: an attack, a proof, or neither; by exploration of its box's regions.

Complete, and meant for what bounds leave open: it stops at the first attack, and proves by visiting every region.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.constraints import Undecided
from deepcheck.domains import Box
from deepcheck.explore.exploration import Explored, Explorer
from deepcheck.explore.slices import Slice, with_run
from deepcheck.program import Array, Program
from deepcheck.symbolic import Run


class Attacked(NamedTuple):
    """An attack, true in exact arithmetic, not replayed.

    Attributes:
        label: The new label.
        values: The elements' values, in the order asked, numbers of the model's type (levels, where there are some).
        flips: How many activations its region flips.
        paths: How many paths were visited.
    """

    label: int
    values: tuple[float, ...]
    flips: int
    paths: int


@dataclass(frozen=True)
class Proved:
    """No values of the elements change the label: all paths were visited.

    Attributes:
        paths: How many there are.
    """

    paths: int


def decide_tuple(
    program: Program,
    x: Array,
    run: Run,
    item: int,
    elements: Sequence[int],
    box: Box,
    *,
    target: int | None = None,
    deadline: float | None = None,
    limit: int | None = None,
) -> Attacked | Proved | Undecided:
    """Decide whether any values of some elements change the label, over all paths.

    Args:
        program: The program.
        x: What the model receives, ``(items, *input_shape)``.
        run: Its concrete run.
        item: Which input.
        elements: The elements that move, all at once.
        box: The domain, levels included.
        target: The only label that counts, or None.
        deadline: When to stop, by `time.monotonic`, or None.
        limit: Visit at most so many paths.

    Returns:
        `Attacked`, `Proved`, or `Undecided` with the reason ("tie", "time limit", "interrupted", ...).
    """
    if run.overflow[item] or run.unsettled[item]:
        return Undecided((Outcome.OVERFLOW if run.overflow[item] else Outcome.ROUNDING).words)
    asked = np.asarray(elements)
    own = Slice.of(program, x[item : item + 1], with_run(run, item), box, asked, target)
    found = Explorer(own, deadline=deadline, limit=limit, first=True).run()
    for visit in found.visits:
        for reached in visit.reached:
            if reached.outcome == Outcome.ATTACKABLE:
                values = x[item].reshape(-1).astype(np.float64)
                values[own.elements] = reached.values
                return Attacked(reached.label, tuple(values[asked].tolist()), visit.flips, len(found.visits))
    outcomes = {reached.outcome for visit in found.visits for reached in visit.reached}
    if found.complete and not outcomes:
        return Proved(len(found.visits))
    return Undecided(_reason(found, outcomes))


def _reason(found: Explored, outcomes: set[Outcome]) -> str:
    reasons = [found.stopped] if found.stopped else []
    if found.open:
        reasons.append("what lies behind some walls of regions is not known")
    return ", ".join([*reasons, *(outcome.words for outcome in sorted(outcomes))])
