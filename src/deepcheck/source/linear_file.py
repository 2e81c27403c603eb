"""One path's question as a linear program in CPLEX's LP format: the largest margin of one label."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import inf

from deepcheck.constraints import Inequalities
from deepcheck.source.asked import PathQuestion, Unknown

TERMS = 5
"""Terms on one line: some readers take no more than 510 characters."""
FARTHEST = 66
"""A guard whose constant is ``2 ** FARTHEST`` times its slopes is left out: to solvers 1e20 is infinite."""
SHARE = 20
"""A lead larger than ``2 ** SHARE`` times all of its slopes sets the scale in their place."""

MEANING = """
The unknown d21 is how far element 21 moves from its value in the input, in units of what the model receives. The
objective is the margin: the least lead of the label over every other one, in scores times 2^{exponent}.

optimum > 0, or unbounded    an attack along this path, where the optimum is not within rounding of 0
optimum < 0                  none along this path, likewise
otherwise                    ask for the exact question: deepcheck translate --to smtlib, or deepcheck attack

The format has no strict rows, and its numbers are floats: coefficients are rounded to the nearest one, after every row
was multiplied by a power of 2 that brings its largest to about 1. Solvers add tolerances of their own: to most, 1e-9
is 0 and 1e20 infinite, which an unbounded domain may need. So this file is no proof.
""".strip("\n").splitlines()  # fmt: skip


def linear_file(question: PathQuestion) -> str:
    """The file: maximise the margin of the question's target.

    Law: up to rounding, the target is reached along the path iff the optimum is positive, or 0 where ties go to it.

    Source: Section III-C, ``PC and AC``.
    """
    names = [f"d{unknown.element}" for unknown in question.unknowns]
    scale = _scale_of_leads(question.goal)
    meaning = [line.format(exponent=scale) for line in MEANING]
    lines = [f"\\ {line}".rstrip() for line in (*question.facts, "", *meaning)]
    lines += ["Maximize", " obj: margin", "Subject To"]
    guards = list(_guards(question.guards, names))
    if len(guards) < len(question.guards):
        lines.append(f"\\ {len(question.guards) - len(guards)} guards are too far away to be written")
    lines += guards
    for (winner, loser), row, constant in _rows_of(question):
        terms = [*zip((_scaled(c, scale) for c in row), names, strict=True), (-1.0, "margin")]
        lines.append(_row(f"lead_{winner}_over_{loser}", terms, -_scaled(constant, scale)))
    lines.append("Bounds")
    lines += [f" {_bounds(name, unknown)}" for name, unknown in zip(names, question.unknowns, strict=True)]
    lines += [" margin free", "End"]
    return "\n".join(lines) + "\n"


def _rows_of(question: PathQuestion) -> Iterator[tuple[tuple[int, int], tuple[Fraction, ...], Fraction]]:
    yield from zip(question.leads, question.goal.coefficients, question.goal.constants, strict=True)


def _guards(system: Inequalities, names: Sequence[str]) -> Iterator[str]:
    for at, (row, constant) in enumerate(zip(system.coefficients, system.constants, strict=True)):
        scale = -exponent(max(map(abs, row)))
        if exponent(constant) + scale < FARTHEST:
            terms = zip((_scaled(c, scale) for c in row), names, strict=True)
            yield _row(f"guard_{at}", list(terms), -_scaled(constant, scale))


def _row(label: str, terms: Sequence[tuple[float, str]], limit: float) -> str:
    """``label: 0.5 d1 - 1.0 d2 >= limit``, a few terms a line."""
    shown = [f"{'-' if c < 0 else '+'} {abs(c)!r} {name}" for c, name in terms if c]
    chunks = [" ".join(shown[start : start + TERMS]) for start in range(0, len(shown), TERMS)]
    return f" {label}: " + "\n  ".join([*chunks[:-1], f"{chunks[-1]} >= {limit + 0.0!r}"])


def _scale_of_leads(goal: Inequalities) -> int:
    """The power of 2 that all leads are multiplied by."""
    slopes = max((abs(c) for row in goal.coefficients for c in row), default=Fraction(0))
    constants = max(map(abs, goal.constants))
    return -exponent(max(slopes, constants / 2**SHARE) if slopes else constants)


def _bounds(name: str, unknown: Unknown) -> str:
    lower, upper = (None if end is None else end - unknown.origin for end in (unknown.lower, unknown.upper))
    if lower is None or upper is None:
        return f"{name} free"
    return f"{_scaled(lower, 0)!r} <= {name} <= {_scaled(upper, 0)!r}"


def exponent(value: Fraction) -> int:
    """A power of 2 within a factor of 2 of the size of the value; 0 for 0."""
    return abs(value.numerator).bit_length() - value.denominator.bit_length() if value else 0


def _scaled(value: Fraction, power: int) -> float:
    """The value times ``2 ** power``, rounded to the nearest float; never -0."""
    try:
        return float(value * Fraction(2) ** power) + 0.0
    except OverflowError:
        return inf if value > 0 else -inf
