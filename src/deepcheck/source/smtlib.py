"""One path's question as SMT-LIB 2 (QF_LRA): exact, for any solver of linear real arithmetic."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, lcm

from deepcheck.constraints import Inequalities
from deepcheck.source.asked import PathQuestion, Unknown

DIGITS = 4000
"""Longer integers are written in parts: Python refuses to print them at once."""

MEANING = """
The unknown x21 is the value of element 21, in units of what the model receives; nothing here is rounded: each row is
multiplied by a positive number that makes its coefficients whole. Behind a row stands its value at the input before
that, in units of the scores; it is rounded, for reading only.

unsat     proved: no values of these elements in the domain, along this path, reach the goal
sat       some values do, in real arithmetic; (get-value (NAMES)) after (check-sat) prints them. They need not be
          numbers of the model's type, nor need the rounded run of the model agree
""".strip("\n").splitlines()  # fmt: skip


def smtlib(question: PathQuestion) -> str:
    """The file.

    Law: satisfiable iff some point of the domain, on the path, reaches the goal.

    Source: Section III-C, ``PC and AC``.
    """
    names = [f"x{unknown.element}" for unknown in question.unknowns]
    lines = [f"; {line}".rstrip() for line in (*question.facts, "", *MEANING)]
    lines += ["(set-info :smt-lib-version 2.6)", "(set-logic QF_LRA)", ""]
    lines += [f"(declare-const {name} Real) {_told(u)}" for name, u in zip(names, question.unknowns, strict=True)]
    lines += ["", "; the domain"]
    for name, unknown in zip(names, question.unknowns, strict=True):
        lines += [f"(assert {condition})" for condition in _domain(name, unknown)]
    lines += ["", f"; the path condition: {len(question.guards)} guards that these elements can move"]
    guards = zip(_rows(question.guards, question.unknowns, names), question.guards.constants, strict=True)
    lines += [f"(assert {row}) ; {about(constant)}" for row, constant in guards]
    lines += ["", *_goal(question, names), "", "(check-sat)"]
    return "\n".join(lines) + "\n"


def _told(unknown: Unknown) -> str:
    place = ", ".join(map(str, unknown.position))
    return f"; feature {unknown.feature}, at [{place}]; {about(unknown.origin)} in the input"


def _domain(name: str, unknown: Unknown) -> Iterator[str]:
    if unknown.levels:
        yield _any([f"(= {name} {rational(level)})" for level in unknown.levels])
        return
    if unknown.lower is not None:
        yield f"(>= {name} {rational(unknown.lower)})"
    if unknown.upper is not None:
        yield f"(<= {name} {rational(unknown.upper)})"


def _goal(question: PathQuestion, names: Sequence[str]) -> Iterator[str]:
    rows = list(_rows(question.goal, question.unknowns, names))
    told = [
        f"; label {winner} over {loser}: {about(constant)}"
        for (winner, loser), constant in zip(question.leads, question.goal.constants, strict=True)
    ]
    if question.target is not None or len(rows) == 1:
        yield "; the goal"
        yield from (f"(assert {row}) {comment}" for row, comment in zip(rows, told, strict=True))
        return
    yield "; the goal: one of these is enough"
    yield "(assert (or"
    yield from (f"  {row} {comment}" for row, comment in zip(rows, told, strict=True))
    yield "))"


def _rows(system: Inequalities, unknowns: Sequence[Unknown], names: Sequence[str]) -> Iterator[str]:
    """Rows over values instead of displacements, with whole coefficients that have no common divisor."""
    for row, constant, strict in zip(system.coefficients, system.constants, system.strict, strict=True):
        moved = constant - sum((c * u.origin for c, u in zip(row, unknowns, strict=True)), Fraction(0))
        *coefficients, offset = whole((*row, moved))
        terms = [_term(c, name) for c, name in zip(coefficients, names, strict=True) if c]
        if offset or not terms:
            terms.append(rational(Fraction(offset)))
        total = terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"
        yield f"({'>' if strict else '>='} {total} 0)"


def whole(row: Sequence[Fraction]) -> list[int]:
    """The row times a positive number, in integers without a common divisor."""
    below = lcm(*(number.denominator for number in row))
    numbers = [number.numerator * (below // number.denominator) for number in row]
    shared = gcd(*numbers) or 1
    return [number // shared for number in numbers]


def _term(coefficient: int, name: str) -> str:
    return name if coefficient == 1 else f"(* {rational(Fraction(coefficient))} {name})"


def _any(conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"(or {' '.join(conditions)})"


def rational(value: Fraction) -> str:
    """An exact rational as SMT-LIB writes it: ``(- (/ 3 4))``."""
    size = digits(abs(value.numerator))
    positive = size if value.denominator == 1 else f"(/ {size} {digits(value.denominator)})"
    return f"(- {positive})" if value < 0 else positive


def digits(number: int) -> str:
    """A non-negative integer of any length in decimal digits."""
    parts = []
    while number.bit_length() > 3 * DIGITS:
        number, part = divmod(number, 10**DIGITS)
        parts.append(str(part).zfill(DIGITS))
    return "".join([str(number), *reversed(parts)])


def about(value: Fraction) -> str:
    """A rational for reading."""
    try:
        return f"{float(value):.6g}"
    except OverflowError:
        return "beyond 1e308" if value > 0 else "beyond -1e308"
