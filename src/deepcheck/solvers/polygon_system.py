"""A system of two unknowns: a polygon, cut by one half-plane after another in exact arithmetic.

Corners are homogeneous, ``(x, y, w)`` for the point ``(x / w, y / w)``, or with ``w = 0`` a direction; a plane is four
quadrants. Strict rows count at the end: the sum of a region's corners lies inside of every row that some corner is.
"""

from fractions import Fraction

from deepcheck.constraints import Answer, Inequalities, Refutation, Witness
from deepcheck.errors import OptionError

Corner = tuple[Fraction, Fraction, Fraction]


def decide(system: Inequalities, timeout: float | None = None) -> Answer:
    """Is there a point of the plane that satisfies a system?

    Args:
        system: The inequalities, over two unknowns.
        timeout: Not needed: one pass over the rows.

    Raises:
        OptionError: If there is another number of unknowns.
    """
    unknowns = len(system.coefficients[0]) if len(system) else 2
    if unknowns != 2:
        raise OptionError(f"expected 2 unknowns for polygon, got {unknowns}: use the lp solver")
    for sx in (1, -1):
        for sy in (1, -1):
            corners = _cut_all(system, Fraction(sx), Fraction(sy))
            weight = sum((corner[2] for corner in corners), Fraction(0))
            if weight > 0:
                point = tuple(sum((corner[i] for corner in corners), Fraction(0)) / weight for i in range(2))
                if system.holds(point):
                    return Witness(point)
    return Refutation()


def _cut_all(system: Inequalities, sx: Fraction, sy: Fraction) -> list[Corner]:
    zero, one = Fraction(0), Fraction(1)
    corners: list[Corner] = [(zero, zero, one), (sx, zero, zero), (zero, sy, zero)]
    for (a, b), c in zip(system.coefficients, system.constants, strict=True):
        corners = _cut(corners, a, b, c)
    return corners


def _cut(corners: list[Corner], a: Fraction, b: Fraction, c: Fraction) -> list[Corner]:
    """What of a polygon satisfies ``a x + b y + c w >= 0``."""
    values = [a * x + b * y + c * w for x, y, w in corners]
    kept: list[Corner] = []
    for at, (corner, value) in enumerate(zip(corners, values, strict=True)):
        before, last = corners[at - 1], values[at - 1]
        if (value > 0 and last < 0) or (value < 0 and last > 0):
            t = last / (last - value)
            x, y, w = (p + t * (q - p) for p, q in zip(before, corner, strict=True))
            kept.append((x, y, w))
        if value >= 0:
            kept.append(corner)
    return kept
