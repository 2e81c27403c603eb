"""The same question with a head start for the other labels: what rounding of the deployed network can give them.

Where the label still wins then, it wins in the deployed network too, in any order of summation.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from deepcheck.domains import Box
from deepcheck.program import Affine, Array, Constant, Decision, Path, Program, Term
from deepcheck.program.bounded import UP
from deepcheck.symbolic import Run
from deepcheck.symbolic.deployed import Reachable, Running, deployed_errors
from deepcheck.symbolic.movement import movements, movements_anywhere, movements_each
from deepcheck.symbolic.parts import Movable
from deepcheck.symbolic.prepared import Prepared
from deepcheck.symbolic.rounding import Moved

MORE = 1 + 2.0**-20
"""Head starts are larger than the errors by so much, so that no tie is left."""


ROW_BYTES = 64 << 20


@dataclass(frozen=True)
class Rivals:
    """The labels that are compared, by pairs: ``ahead`` must not reach ``behind``, ``(items, pairs)`` each."""

    ahead: Array
    behind: Array

    @staticmethod
    def of(decision: Decision, labels: Array, target: int | None) -> "Rivals":
        """Every other label with the input's; for a target, the target with every other label."""
        every = np.arange(decision.labels)
        apart = labels if target is None else np.full(len(labels), target)
        others = np.array([np.delete(every, label) for label in every])[apart]
        same = np.broadcast_to(apart[:, None], others.shape)
        return Rivals(others, same) if target is None else Rivals(same, others)

    def seeds(self, decision: Decision) -> Array:
        """The leads as forms of the outputs, ``(items, pairs, outputs)``."""
        return np.asarray(decision.matrix[self.ahead] - decision.matrix[self.behind])


@dataclass(frozen=True)
class Families:
    """At most so many features of some inputs, anywhere in the domain.

    Attributes:
        program: The program.
        running: What the model is run in.
        box: The domain.
        members: The elements of each feature, ``(features, elements of each)``.
        count: How many features change at once at most.
        along: Only along each input's own path?
    """

    program: Program
    running: Running
    box: Box
    members: Array
    count: int
    along: bool

    @property
    def moving(self) -> int:
        """How many elements move at once at most."""
        return int(self.count * self.members.shape[1])

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.of(self.program)

    def errors(self, x: Array, run: Run, items: Array, rivals: Rivals, *, sharp: bool = False) -> Array:
        """How far rounding may move each lead, ``(items, pairs)``; infinite where that is not known.

        Args:
            x: What the model receives, ``(items, *input_shape)``.
            run: The concrete run of ``x``.
            items: Which of them.
            rivals: The leads of those.
            sharp: Take the time to look how far values move.
        """
        flat = x[items].reshape(len(items), -1).astype(np.float64)
        lower, upper = self.box.lower - flat, self.box.upper - flat
        steps = np.maximum(upper, -lower) * UP
        still = np.ones(self.program.size, dtype=bool)
        still[self.members] = False
        steps[:, still] = 0.0
        path = run.path.take(items)
        moves: tuple[Moved, ...] = ()
        if sharp and self.box.bounded:
            each = [
                self._movements(x[items[row : row + 1]], path.take(np.array([row])), steps[row], lower[row], upper[row])
                for row in range(len(items))
            ]
            moves = tuple(Moved(*map(np.concatenate, zip(*branch, strict=True))) for branch in zip(*each, strict=True))
        family = Reachable(steps, self.moving, self.along, moves, sharp)
        seeds = rivals.seeds(self.program.decided())
        return deployed_errors(self.program, x[items], path, seeds, family, self.running)

    def errors_of_elements(self, x: Array, run: Run, items: Array, elements: Array, far: Array, seeds: Array) -> Array:
        """How far rounding may move each lead while one element moves along a path, ``(rows, pairs)``.

        Args:
            x: What the model receives, ``(items, *input_shape)``.
            run: The concrete run of ``x``.
            items: Which input each row is about.
            elements: Which element moves.
            far: How far it moves at most; finite.
            seeds: The leads as forms of the outputs, ``(rows, pairs, outputs)``.
        """
        widest = max(prod(shape) for shape in self.program.shapes)
        chunk = max(1, ROW_BYTES // (8 * widest * seeds.shape[1]))
        parts = [np.zeros((0, seeds.shape[1]))]
        for at in range(0, len(items), chunk):
            rows = slice(at, at + chunk)
            path, steps = run.path.take(items[rows]), np.zeros((len(items[rows]), self.program.size))
            steps[np.arange(len(steps)), elements[rows]] = far[rows] * UP
            moves = movements_each(self.program, path, elements[rows], far[rows] * UP)
            family = Reachable(steps, 1, True, moves)
            parts.append(deployed_errors(self.program, x[items[rows]], path, seeds[rows], family, self.running))
        return np.concatenate(parts)

    def _movements(self, x: Array, path: Path, steps: Array, lower: Array, upper: Array) -> tuple[Moved, ...]:
        if self.along:
            return movements(self.program, path, steps, self.moving)
        movable = Movable(self.members, lower * UP, upper * UP)
        return movements_anywhere(self.program, x, path, movable, self.count, self._prepared)


def with_head_start(program: Program, rivals: Rivals, errors: Array) -> Program:
    """The program with the scores of those ahead raised by more than any error: of one input, ``(pairs,)``."""
    decision = program.decided()
    scores = np.zeros(decision.labels)
    np.maximum.at(scores, rivals.ahead[0], errors * MORE)
    if decision.kind == "sign":
        # The two scores are the output and its negative: what the lead gains is shared between them.
        offset = (scores[1:] - scores[:1]) / 2 * MORE
    else:
        offset = scores if decision.kind == "arg max" else -scores
    shape = program.shapes[program.output]
    shift = Affine("head start", (Term(program.output),), shape, Constant(offset.reshape(shape)))
    origin = replace(program.origin, tensors=(*program.origin.tensors, ""))
    return replace(program, instructions=(*program.instructions, shift), origin=origin)
