"""The concrete run: outputs with error bounds, the label, and the path, decided exactly.

Three grades, each only for the inputs that the one before could not settle: float64 with norm bounds,
float64 with running bounds, exact rationals. So every arm and label here is that of exact arithmetic.
"""

from dataclasses import dataclass, field

import numpy as np

from deepcheck.program import (
    Affine,
    Arithmetic,
    Array,
    Bounded,
    Branch,
    Choice,
    Exact,
    Interpretation,
    NormBounded,
    Path,
    Program,
    Rationals,
    RunningBounded,
    exact_floats,
    from_floats,
    interpret,
    run_affine,
)
from deepcheck.program.bounded import UNIT
from deepcheck.program.interpret import A


@dataclass(frozen=True)
class Run:
    """A batch of concrete runs.

    Attributes:
        outputs: The outputs, ``(items, outputs)``, with error bounds.
        labels: The label of each item in exact arithmetic, ``(items,)``; -1 without a decision.
        path: The exact path.
        borders: How many guards are exactly 0, so that ``x`` lies on a border, ``(items,)``.
        exact: Which items needed exact arithmetic, ``(items,)``.
        overflow: Which items overflowed float64; nothing is decided about them.
    """

    outputs: Bounded
    labels: Array
    path: Path
    borders: Array
    exact: Array
    overflow: Array


@dataclass
class Concrete(Interpretation[A]):
    """Numbers in some arithmetic; notes the arms, whether each item's are certain, and its borders."""

    arithmetic: Arithmetic[A]
    items: int
    arms: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.certain = np.ones(self.items, dtype=bool)
        self.borders = np.zeros(self.items, dtype=np.int64)

    def affine(self, instruction: Affine, operands: tuple[A, ...]) -> A:
        return run_affine(self.arithmetic, instruction, operands)

    def branch(self, position: int, instruction: Branch, operand: A) -> A:
        arms, certain, borders = instruction.settle(self.arithmetic, operand)
        self.arms.append(arms)
        self.certain &= certain
        self.borders += borders
        return instruction.select(self.arithmetic, Choice(arms), operand)


def run(program: Program, model_input: Array) -> Run:
    """Run a batch, ``(items, *input_shape)``, of what the model receives.

    Source: Section III-A; DESIGN.md, section 4.2 and 4.3.
    """
    items = len(model_input)
    with np.errstate(all="ignore"):
        first = Concrete(NormBounded(), items)
        outputs = _flat(first.arithmetic, interpret(program, exact_floats(model_input), first))
        values, errors = outputs.value.copy(), np.array(np.broadcast_to(outputs.element_error, outputs.value.shape))
        arms, borders = [np.array(a) for a in first.arms], first.borders
        labels, clear = _labels(program, values, errors)
        overflow = ~np.isfinite(errors).all(axis=1)
        doubtful = np.flatnonzero(~(first.certain & clear) & ~overflow)
        exact = np.zeros(items, dtype=bool)
        if len(doubtful):
            second = Concrete(RunningBounded(), len(doubtful))
            start = RunningBounded.start(model_input[doubtful])
            sharper = _flat(second.arithmetic, interpret(program, start, second))
            values[doubtful], errors[doubtful] = sharper.value, sharper.element_error
            for known, better in zip(arms, second.arms, strict=True):
                known[doubtful] = better
            borders[doubtful] = second.borders
            labels[doubtful], clear = _labels(program, values[doubtful], errors[doubtful])
            exact[doubtful] = ~(second.certain & clear)
    for item in np.flatnonzero(exact):
        outcome, known_outputs = _run_exactly(program, model_input[item : item + 1])
        for known, better in zip(arms, outcome.arms, strict=True):
            known[item] = better[0]
        borders[item] = outcome.borders[0]
        values[item] = known_outputs.floats()[0]
        errors[item] = 2 * UNIT * np.abs(values[item])
        if program.decision is not None:
            labels[item] = program.decision.labels_of(known_outputs.numerators)[0]
    bounded = Bounded(values, errors, np.zeros(items))
    return Run(bounded, labels, Path(tuple(arms), items), borders, exact, overflow)


def exact_outputs(program: Program, model_input: Array) -> Rationals:
    """The outputs of a batch, ``(items, outputs)``, without rounding."""
    return _run_exactly(program, model_input)[1]


def _run_exactly(program: Program, model_input: Array) -> tuple[Concrete[Rationals], Rationals]:
    outcome = Concrete(Exact(), len(model_input))
    return outcome, outcome.arithmetic.flat(interpret(program, from_floats(model_input), outcome))


def _flat(arithmetic: Arithmetic[Bounded], outputs: Bounded) -> Bounded:
    return arithmetic.flat(outputs)


def _labels(program: Program, values: Array, errors: Array) -> tuple[Array, Array]:
    """Each item's label, and whether its lead over every other label exceeds the rounding error."""
    if program.decision is None:
        return np.full(len(values), -1), np.ones(len(values), dtype=bool)
    scores = program.decision.scores(values)
    slack = np.abs(program.decision.matrix) @ errors.T
    labels = np.argmax(scores, axis=1)
    rows = np.arange(len(values))
    lead = scores[rows, labels][:, None] - scores
    doubt = slack.T + slack.T[rows, labels][:, None] + 2 * UNIT * np.abs(lead)
    lead[rows, labels], doubt[rows, labels] = 1.0, 0.0
    return labels, (lead > doubt).all(axis=1)
