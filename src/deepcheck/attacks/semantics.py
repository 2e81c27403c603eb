"""Three semantics of an attack: real arithmetic, the model's own floats, and the 8-bit image read back from a file.

The first is exact, the second replayed; here is the third, and whether the second had to come out as it did: a lead
that exceeds the bound on rounding holds in any order of summation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.head_start import ROW_BYTES
from deepcheck.attacks.study import Study
from deepcheck.certify import replayer_for
from deepcheck.certify.deployment import deployment_of
from deepcheck.certify.eight_bit import EightBit
from deepcheck.program import Array
from deepcheck.program.bounded import UNIT
from deepcheck.symbolic import run
from deepcheck.symbolic.deployed import Reachable, deployed_errors

BLOCK = 64


@dataclass(frozen=True)
class Semantics:
    """What some attacks of one input are beyond real arithmetic.

    Attributes:
        eight_bit: For each: does the image that is read back have another label? None where the input is no image, or
            not itself on 8-bit levels.
        beats_rounding: For each: does the label's lead exceed what rounding may do, in any order of summation?
    """

    eight_bit: tuple[bool | None, ...]
    beats_rounding: tuple[bool, ...]


class InBlocks:
    """Semantics of attacks, worked out a block at a time and kept."""

    def __init__(self, work: Callable[[int, int], Semantics]) -> None:
        """``work`` gives those of the attacks from one position up to another."""
        self._work = work
        self._blocks: dict[int, Semantics] = {}

    def at(self, position: int) -> tuple[bool | None, bool]:
        """Of one attack: the 8-bit image, and whether its lead beats rounding."""
        block, row = divmod(position, BLOCK)
        if block not in self._blocks:
            self._blocks[block] = self._work(block * BLOCK, (block + 1) * BLOCK)
        return self._blocks[block].eight_bit[row], self._blocks[block].beats_rounding[row]


def semantics_of(study: Study, item: int, changed: Array, labels: Array, elements: list[Array]) -> Semantics:
    """The semantics of some attacks of one input.

    Args:
        study: What all results share.
        item: Which input.
        changed: The changed inputs, ``(rows, *input_shape)``.
        labels: The label of each in exact arithmetic.
        elements: The elements that may be changed, of each.
    """
    return Semantics(_eight_bit(study, item, changed, elements), tuple(_beats(study, changed, labels).tolist()))


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


def _beats(study: Study, changed: Array, labels: Array) -> Array:
    """Whether each label's lead over every other exceeds what rounding may do to it, ``(rows,)``."""
    program, running = study.program, deployment_of(study.program).running
    found = np.zeros(len(changed), dtype=bool)
    if running is None:
        return found
    decision = program.decided()
    every = np.arange(decision.labels)
    others = np.array([np.delete(every, label) for label in every])
    widest = max(int(np.prod(shape)) for shape in program.shapes)
    chunk = max(1, ROW_BYTES // (8 * widest * (decision.labels - 1)))
    for at in range(0, len(changed), chunk):
        rows = slice(at, at + chunk)
        x, mine = changed[rows], labels[rows]
        outcome = run(program, x, sharp=True)
        seeds = decision.matrix[mine][:, None, :] - decision.matrix[others[mine]]
        family = Reachable(np.zeros((len(x), program.size)), 1)
        off = deployed_errors(program, x, outcome.path, seeds, family, running)
        doubt = np.broadcast_to(outcome.outputs.element_error, outcome.outputs.value.shape)
        lead = np.einsum("rko,ro->rk", seeds, outcome.outputs.value)
        sizes = np.einsum("rko,ro->rk", np.abs(seeds), np.abs(outcome.outputs.value) * 8 * UNIT + doubt)
        sure = ~(outcome.overflow | outcome.unsettled)
        found[rows] = (lead - 2 * sizes > off).all(axis=1) & sure
    return found
