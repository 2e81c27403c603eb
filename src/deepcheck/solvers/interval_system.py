"""A system of one unknown: half-lines, intersected in exact arithmetic."""

from fractions import Fraction

from deepcheck.constraints import Answer, Inequalities, Refutation, Witness
from deepcheck.errors import OptionError
from deepcheck.solvers.exact_interval import ExactInterval


def decide(system: Inequalities, timeout: float | None = None) -> Answer:
    """Is there a number that satisfies a system?

    Args:
        system: The inequalities, over one unknown.
        timeout: Not needed: one pass over the rows.

    Raises:
        OptionError: If there are more unknowns.
    """
    unknowns = len(system.coefficients[0]) if len(system) else 1
    if unknowns != 1:
        raise OptionError(f"expected 1 unknown for interval, got {unknowns}: use the lp solver")
    left = ExactInterval()
    for (slope,), value, strict in zip(system.coefficients, system.constants, system.strict, strict=True):
        left = left.require(value, slope, strict=strict)
    if left.empty:
        return Refutation()
    low, high = left.lower, left.upper
    if low is None or high is None:
        inside = Fraction(0) if low is high else low + 1 if low is not None else (high or Fraction(0)) - 1
    else:
        inside = (low + high) / 2
    return Witness((inside,))
