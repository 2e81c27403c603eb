"""Three semantics of an attack: real arithmetic, the model's own floats, and the 8-bit image read back from a file.

The first is exact, the second replayed; here is the third, and whether the second had to come out as it did: a lead
that exceeds the bound on rounding holds in any order of summation. One run of a block of attacks gives their margins
and how many activations they flip, too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.head_start import ROW_BYTES
from deepcheck.attacks.study import Study
from deepcheck.certify import replayer_for
from deepcheck.certify.deployment import deployment_of
from deepcheck.certify.eight_bit import EightBit
from deepcheck.program import Array, Program
from deepcheck.program.bounded import UNIT
from deepcheck.solvers.planes import PRECISION
from deepcheck.symbolic import EXACT_PRODUCTS, Run, run
from deepcheck.symbolic.deployed import Reachable, deployed_errors

BLOCK = 64


@dataclass(frozen=True)
class Semantics:
    """What some attacks of one input are beyond real arithmetic.

    Attributes:
        eight_bit: For each: does the image that is read back have another label? None where the input is no image, or
            not itself on 8-bit levels.
        beats_rounding: For each: does the label's lead exceed what rounding may do, in any order of summation?
        margins: Each label's lead; None where floats do not know it well, so that exact arithmetic has to say.
        flips: How many activations each flips, in exact arithmetic.
    """

    eight_bit: tuple[bool | None, ...]
    beats_rounding: tuple[bool, ...]
    margins: tuple[float | None, ...]
    flips: tuple[int, ...]


@dataclass(frozen=True)
class OneSemantics:
    """What one attack is beyond real arithmetic; see `Semantics`."""

    eight_bit: bool | None
    beats_rounding: bool
    margin: float | None
    flips: int


class InBlocks:
    """Semantics of attacks, worked out a block at a time and kept."""

    def __init__(self, work: Callable[[int, int], Semantics]) -> None:
        """``work`` gives those of the attacks from one position up to another."""
        self._work = work
        self._blocks: dict[int, Semantics] = {}

    def at(self, position: int) -> OneSemantics:
        """Those of one attack."""
        block, row = divmod(position, BLOCK)
        if block not in self._blocks:
            self._blocks[block] = self._work(block * BLOCK, (block + 1) * BLOCK)
        found = self._blocks[block]
        return OneSemantics(found.eight_bit[row], found.beats_rounding[row], found.margins[row], found.flips[row])


def semantics_of(study: Study, item: int, changed: Array, labels: Array, elements: list[Array]) -> Semantics:
    """The semantics of some attacks of one input.

    Args:
        study: What all results share.
        item: Which input.
        changed: The changed inputs, ``(rows, *input_shape)``.
        labels: The label of each in exact arithmetic.
        elements: The elements that may be changed, of each.
    """
    judged = _judged(study, item, changed, labels)
    return Semantics(_eight_bit(study, item, changed, elements), *judged)


def _eight_bit(study: Study, item: int, changed: Array, elements: list[Array]) -> tuple[bool | None, ...]:
    program = study.program
    images = EightBit.of(program, study.pixels, study.features)
    level = None if images is None else images.level_of(study.x[item])
    if images is None or level is None:
        return (None,) * len(changed)
    read = [images.read_back(level, x, mine, study.box) for x, mine in zip(changed, elements, strict=True)]
    there = [row for row, each in enumerate(read) if each is not None]
    found = np.zeros(len(changed), dtype=bool)
    if there:
        labels = replayer_for(program.origin).labels(program, np.stack([each for each in read if each is not None]))
        target = study.asked.target
        wins = (labels != study.model_labels[item]) & (labels >= 0) if target is None else labels == target
        found[there] = wins
    return tuple(found.tolist())


def _judged(
    study: Study, item: int, changed: Array, labels: Array
) -> tuple[tuple[bool, ...], tuple[float | None, ...], tuple[int, ...]]:
    """Whether each label's lead beats rounding, that lead, and the activations flipped: from one run of each chunk."""
    program, decision = study.program, study.program.decided()
    beats, margins, flips = np.zeros(len(changed), dtype=bool), np.zeros(len(changed)), np.zeros(len(changed), np.int64)
    widest = max(int(np.prod(shape)) for shape in program.shapes)
    chunk = max(1, ROW_BYTES // (8 * widest * max(1, decision.labels - 1)))
    for at in range(0, len(changed), chunk):
        rows = slice(at, at + chunk)
        outcome = run(program, changed[rows], sharp=True)
        beats[rows] = _beats(program, changed[rows], labels[rows], outcome)
        margins[rows] = _leads(program, labels[rows], outcome)
        if study.asked.paths != "same":  # else every guard holds there, in exact arithmetic or beyond its error bound
            flips[rows] = study.run.path.take(np.full(len(changed[rows]), item)).differences(outcome.path)
    known = tuple(None if np.isnan(margin) else margin for margin in margins.tolist())
    return tuple(beats.tolist()), known, tuple(flips.tolist())


def _beats(program: Program, changed: Array, labels: Array, outcome: Run) -> Array:
    """Whether each label's lead over every other exceeds what rounding may do to it, ``(rows,)``."""
    running = deployment_of(program).running
    if running is None:
        return np.zeros(len(changed), dtype=bool)
    decision = program.decided()
    every = np.arange(decision.labels)
    others = np.array([np.delete(every, label) for label in every])
    seeds = decision.matrix[labels][:, None, :] - decision.matrix[others[labels]]
    family = Reachable(np.zeros((len(changed), program.size)), 1)
    off = deployed_errors(program, changed, outcome.path, seeds, family, running)
    doubt = np.broadcast_to(outcome.outputs.element_error, outcome.outputs.value.shape)
    lead = np.einsum("rko,ro->rk", seeds, outcome.outputs.value)
    sizes = np.einsum("rko,ro->rk", np.abs(seeds), np.abs(outcome.outputs.value) * 8 * UNIT + doubt)
    sure = ~(outcome.overflow | outcome.unsettled)
    return np.asarray((lead - 2 * sizes > off).all(axis=1) & sure)


def _leads(program: Program, labels: Array, outcome: Run) -> Array:
    """Each label's lead over every other, ``(rows,)``; NaN where floats do not know it well."""
    decision, rows = program.decided(), np.arange(len(labels))
    scores = decision.scores(outcome.outputs.value)
    errors = np.broadcast_to(outcome.outputs.element_error, outcome.outputs.value.shape)
    others = scores.copy()
    others[rows, labels] = -np.inf
    lead = scores[rows, labels] - others.max(axis=1)
    well = 2 * decision.doubts(errors).reshape(len(labels), -1).max(axis=1) < PRECISION * lead
    return np.asarray(np.where(well | (program.products > EXACT_PRODUCTS), lead, np.nan))
