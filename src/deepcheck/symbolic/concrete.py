"""The concrete run: outputs with error bounds, the label, and the path, decided exactly.

Three grades, each only for the inputs that the one before could not settle: float64 with norm bounds,
float64 with running bounds, exact rationals. So every arm and label here is that of exact arithmetic.
"""

from dataclasses import dataclass, field
from typing import Generic

import numpy as np

from deepcheck.program import (
    Affine,
    Arithmetic,
    Array,
    Bounded,
    Branch,
    Choice,
    Exact,
    Floats,
    Interpretation,
    Largest,
    NormBounded,
    Path,
    Program,
    Rationals,
    RunningBounded,
    exact_floats,
    from_floats,
    interpret,
    run_affine,
    run_linear,
)
from deepcheck.program.bounded import UNIT
from deepcheck.program.interpret import A

_MAGNITUDES = Floats(absolute=True)
EXACT_PRODUCTS = 1 << 27
"""Up to so many multiplications a run, an input that float64 cannot settle is run in exact arithmetic: some seconds."""


@dataclass(frozen=True)
class Run:
    """A batch of concrete runs.

    Attributes:
        outputs: The outputs, ``(items, outputs)``, with error bounds.
        labels: The label of each item in exact arithmetic, ``(items,)``; -1 without a decision.
        path: The exact path.
        borders: How many guards that can change are exactly 0, so that ``x`` lies on a border, ``(items,)``.
        exact: Which items needed exact arithmetic, ``(items,)``.
        overflow: Which items overflowed float64; nothing is decided about them.
        unsettled: Which items' path or label rounding could change, in a network too large for exact arithmetic
            (`EXACT_PRODUCTS`): path, label and borders are then those of float64, and nothing is proved from them.
    """

    outputs: Bounded
    labels: Array
    path: Path
    borders: Array
    exact: Array
    overflow: Array
    unsettled: Array


@dataclass(frozen=True)
class Tracked(Generic[A]):
    """A value, and which of its elements can change along the path.

    Attributes:
        value: The numbers.
        moves: 1 where an element depends on the input along the path, else 0; None where nobody asks.
    """

    value: A
    moves: Array | None


@dataclass
class Concrete(Interpretation[Tracked[A]]):
    """Numbers in some arithmetic; notes the arms, whether each item's are certain, and its borders.

    Without ``follow`` it is not followed which elements can change, so that borders of a max pooling are too many.
    """

    arithmetic: Arithmetic[A]
    items: int
    follow: bool = True
    arms: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.certain = np.ones(self.items, dtype=bool)
        self.borders = np.zeros(self.items, dtype=np.int64)
        self.finite = np.ones(self.items, dtype=bool)

    def run(self, program: Program, x: A) -> A:
        """The outputs, ``(items, outputs)``."""
        pools = self.follow and any(isinstance(branch, Largest) for branch in program.branches)
        moves = np.ones((self.items, *program.input_shape)) if pools else None
        return self.arithmetic.flat(interpret(program, Tracked(x, moves), self).value)

    def affine(self, instruction: Affine, operands: tuple[Tracked[A], ...]) -> Tracked[A]:
        value = run_affine(self.arithmetic, instruction, tuple(operand.value for operand in operands))
        moving = [operand.moves for operand in operands if operand.moves is not None]
        if not moving:
            return Tracked(value, None)
        return Tracked(value, (run_linear(_MAGNITUDES, instruction, tuple(moving)) > 0).astype(np.float64))

    def branch(self, position: int, instruction: Branch, operand: Tracked[A]) -> Tracked[A]:
        arms, certain, borders = instruction.settle(self.arithmetic, operand.value, operand.moves)
        self.arms.append(arms)
        self.certain &= certain
        self.borders += borders
        self.finite &= self.arithmetic.finite(operand.value)
        value = instruction.select(self.arithmetic, Choice(arms), operand.value)
        if operand.moves is None:
            return Tracked(value, None)
        moves = instruction.select_linear(_MAGNITUDES, Choice(arms), operand.moves) > 0
        return Tracked(value, moves.astype(np.float64))


def run(program: Program, model_input: Array, *, sharp: bool = False, borders: bool = True) -> Run:
    """Run a batch, ``(items, *input_shape)``, of what the model receives.

    Args:
        program: The program.
        model_input: The batch, in the model's type.
        sharp: Start with running bounds, at twice the cost: outputs then come with much smaller errors.
            A network too large for exact arithmetic is run once only.
        borders: Count the borders that the input lies on; with max pooling that takes a second run along the path.

    Source: Section III-A; DESIGN.md, section 4.2 and 4.3.
    """
    with np.errstate(all="ignore"):
        every = np.arange(len(model_input))
        draft = (_Draft.sharp if sharp else _Draft.quick)(program, model_input, borders)
        doubtful = every[~draft.sure]
        feasible = program.products <= EXACT_PRODUCTS
        if len(doubtful) and not sharp and feasible:
            draft.replace(doubtful, _Draft.sharp(program, model_input[doubtful], borders))
            doubtful = doubtful[~draft.sure[doubtful]]
        overflow = ~draft.finite
        doubtful = doubtful[draft.finite[doubtful]]
    exact, unsettled = np.zeros(len(model_input), dtype=bool), np.zeros(len(model_input), dtype=bool)
    (exact if feasible else unsettled)[doubtful] = True
    for item in doubtful if feasible else ():
        draft.replace(np.array([item]), _Draft.exactly(program, model_input[item : item + 1]))
        overflow[item] = not draft.finite[item]
    outputs = Bounded(draft.values, draft.errors, np.zeros(len(model_input)))
    path = Path(tuple(draft.arms), len(model_input))
    return Run(outputs, draft.labels, path, draft.borders, exact, overflow, unsettled)


@dataclass
class _Draft:
    """A batch of runs of one grade; `sure` says which items it settles, `finite` which have not overflowed."""

    values: Array
    errors: Array
    labels: Array
    arms: list[Array]
    borders: Array
    sure: Array
    finite: Array

    @staticmethod
    def quick(program: Program, x: Array, borders: bool) -> "_Draft":
        """Float64 with norm bounds."""
        concrete = Concrete(NormBounded(), len(x), borders)
        return _Draft._of(program, concrete, concrete.run(program, exact_floats(x)))

    @staticmethod
    def sharp(program: Program, x: Array, borders: bool) -> "_Draft":
        """Float64 with running bounds."""
        concrete = Concrete(RunningBounded(), len(x), borders)
        return _Draft._of(program, concrete, concrete.run(program, RunningBounded.start(x)))

    @staticmethod
    def _of(program: Program, concrete: Concrete[Bounded], outputs: Bounded) -> "_Draft":
        errors = np.broadcast_to(outputs.element_error, outputs.value.shape)
        labels, clear = _labels(program, outputs.value, errors)
        finite = np.asarray(concrete.finite & np.isfinite(errors + outputs.value).all(axis=1))
        sure = concrete.certain & clear & finite
        return _Draft(outputs.value, errors, labels, concrete.arms, concrete.borders, sure, finite)

    @staticmethod
    def exactly(program: Program, x: Array) -> "_Draft":
        """Exact rationals."""
        concrete, outputs = _run_exactly(program, x)
        values = outputs.floats()
        labels = np.full(len(x), -1)
        if program.decision is not None:
            labels = program.decision.labels_of(outputs.numerators)
        sure = np.ones(len(x), dtype=bool)
        errors, finite = 2 * UNIT * np.abs(values), np.asarray(np.isfinite(values).all(axis=1))
        return _Draft(values, errors, labels, concrete.arms, concrete.borders, sure, finite)

    def replace(self, items: Array, better: "_Draft") -> None:
        """Put better runs in the place of some items."""
        self.arms = [np.array(arms) for arms in self.arms]
        for mine, theirs in zip(self.arms, better.arms, strict=True):
            mine[items] = theirs
        for name in ("values", "errors", "labels", "borders", "sure", "finite"):
            known = np.array(getattr(self, name))
            known[items] = getattr(better, name)
            setattr(self, name, known)


def exact_outputs(program: Program, model_input: Array) -> Rationals:
    """The outputs of a batch, ``(items, outputs)``, without rounding."""
    return _run_exactly(program, model_input)[1]


def _run_exactly(program: Program, model_input: Array) -> tuple[Concrete[Rationals], Rationals]:
    outcome = Concrete(Exact(), len(model_input))
    return outcome, outcome.run(program, from_floats(model_input))


def _labels(program: Program, values: Array, errors: Array) -> tuple[Array, Array]:
    """Each item's label, and whether its lead over every other label exceeds the rounding error."""
    if program.decision is None:
        return np.full(len(values), -1), np.ones(len(values), dtype=bool)
    scores, slack = program.decision.scores(values), program.decision.doubts(errors)
    labels = np.argmax(scores, axis=1)
    rows = np.arange(len(values))
    lead = scores[rows, labels][:, None] - scores
    doubt = slack + slack[rows, labels][:, None] + 2 * UNIT * np.abs(lead)
    lead[rows, labels], doubt[rows, labels] = 1.0, 0.0
    return labels, np.asarray((lead > doubt).all(axis=1))
