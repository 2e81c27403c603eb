"""Z3 over exact rationals: the paper's solver, and here the second opinion.

Trusted: Z3's answer "unsat". A "sat" comes with a point, which is checked against every row.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from deepcheck.constraints import Answer, Inequalities, Refutation, Undecided, Witness
from deepcheck.errors import MissingExtra


def decide(
    system: Inequalities, timeout: float | None = None, grids: Sequence[Sequence[Fraction] | None] | None = None
) -> Answer:
    """Is there a point that satisfies a system?

    Args:
        system: The inequalities.
        timeout: Seconds, or None for no limit.
        grids: For each unknown its exact values, or None where any value goes.

    Raises:
        MissingExtra: If Z3 is not installed.
    """
    try:
        import z3
    except ImportError:
        raise MissingExtra("expected Z3 for this solver: pip install 'deepcheck-nn[smt]'") from None
    unknowns = len(system.coefficients[0]) if len(system) else len(grids or ())
    solver = z3.SolverFor("QF_LRA")
    if timeout is not None:
        solver.set("timeout", int(1000 * min(max(timeout, 0.001), 1e6)))  # to Z3 a limit of 0 is none
    names = [z3.Real(f"d{i}") for i in range(unknowns)]
    for row, constant, strict in zip(system.coefficients, system.constants, system.strict, strict=True):
        terms = [_rational(z3, c) * name for c, name in zip(row, names, strict=True) if c != 0]
        total = z3.Sum(*terms, _rational(z3, constant))
        solver.add(total > 0 if strict else total >= 0)
    for name, values in zip(names, grids or (), strict=False):
        if values is not None:
            solver.add(z3.Or(*[name == _rational(z3, value) for value in values]))
    found = solver.check()
    if found == z3.unsat:
        return Refutation()
    if found != z3.sat:
        return Undecided(f"Z3: {solver.reason_unknown()}")
    model = solver.model()
    point = tuple(_fraction(model.eval(name, model_completion=True)) for name in names)
    return Witness(point) if system.holds(point) else Undecided("Z3 gave a point that does not satisfy the system")


def _rational(z3: Any, value: Fraction) -> Any:
    return z3.Q(value.numerator, value.denominator)


def _fraction(value: Any) -> Fraction:
    return Fraction(value.numerator_as_long(), value.denominator_as_long())
