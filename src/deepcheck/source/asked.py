"""A question as other tools are asked it: the unknowns, the rows along one path, or the box for all paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from deepcheck.constraints import Inequalities

FORMATS = ("smtlib", "lp", "vnnlib")
"""The formats of questions, by name."""


@dataclass(frozen=True)
class Unknown:
    """One input element that may change, in units of what the model receives.

    Attributes:
        element: Which element of the input, row by row.
        feature: The feature that owns it.
        position: Where it is in the input.
        origin: Its value in the input.
        lower: Its least value, or None.
        upper: Its largest value, or None.
        levels: The only values that it may take, increasing; () for a continuum.
    """

    element: int
    feature: int
    position: tuple[int, ...]
    origin: Fraction
    lower: Fraction | None
    upper: Fraction | None
    levels: tuple[Fraction, ...] = ()


@dataclass(frozen=True)
class PathQuestion:
    """Path condition, domain and goal of a few elements along one input's path.

    Attributes:
        facts: What stands at the top of the file, line by line.
        unknowns: The elements, ``k``.
        guards: The path condition over their displacements, ``(m, k)``; every row holds at the input.
        goal: Leads over their displacements: of the target over every other label, all of which must hold; or without
            a target of every other label over the input's own, one of which must hold.
        leads: Which label leads which in each row of the goal.
        target: The label to reach, or None for any other.
    """

    facts: tuple[str, ...]
    unknowns: tuple[Unknown, ...]
    guards: Inequalities
    goal: Inequalities
    leads: tuple[tuple[int, int], ...]
    target: int | None


@dataclass(frozen=True)
class Comparison:
    """Output ``above`` is larger than output ``below``; -1 stands for the threshold of a single score.

    Attributes:
        above: Index of an output, or -1.
        below: The same.
        strict: Larger, or else at least as large.
    """

    above: int
    below: int
    strict: bool


@dataclass(frozen=True)
class BoxQuestion:
    """The whole network, and a box around one input: the question along all paths.

    Attributes:
        facts: What stands at the top of the file, line by line.
        lower: The least value of every element of the input, floats of the model's type.
        upper: The largest, likewise; the same where the element stays.
        goal: Comparisons of the model's own outputs.
        every: Must all of the goal hold, or is one enough?
        threshold: What a single score is compared with.
        input_shape: The shape that the model receives, its batch axis included.
        output_shape: The shape of the model's own output.
        dtype: The type of both, as numpy and ONNX call it.
    """

    facts: tuple[str, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    goal: tuple[Comparison, ...]
    every: bool
    threshold: float
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    dtype: str


def negated(system: Inequalities) -> Inequalities:
    """Rows each of which holds exactly where the same row of a system does not."""
    return Inequalities(
        tuple(tuple(-c for c in row) for row in system.coefficients),
        tuple(-constant for constant in system.constants),
        tuple(not strict for strict in system.strict),
    )


def comparisons(kind: str, labels: int, label: int, target: int | None) -> tuple[Comparison, ...]:
    """When the label changes, in the model's own outputs.

    Args:
        kind: How outputs become a label: "arg max", "arg min" or "sign".
        labels: How many labels there are.
        label: The input's own.
        target: The label to reach: then all comparisons must hold; or None: then one of them.

    Source: DESIGN.md, section 4.5: ties go to the lowest index.
    """
    if kind == "sign":
        return (Comparison(0, -1, strict=True) if label == 0 else Comparison(-1, 0, strict=False),)
    others = range(labels)
    pairs = [(j, label) for j in others if j != label]
    if target is not None:
        pairs = [(target, j) for j in others if j != target]
    return tuple(
        Comparison(*((winner, loser) if kind == "arg max" else (loser, winner)), strict=loser < winner)
        for winner, loser in pairs
    )


def listed(numbers: Sequence[int]) -> str:
    """Whole numbers for a comment; of many the first few and how many there are."""
    shown = ", ".join(map(str, numbers[:20]))
    return shown if len(numbers) <= 20 else f"{shown}, ... ({len(numbers)} of them)"
