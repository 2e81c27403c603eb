"""Whether linear inequalities have a solution, by Fourier and Motzkin over whole numbers: plain, and nothing of ours.

A row is ``(coefficients, constant, strict)``: ``coefficients . d + constant >= 0``, or ``> 0`` where strict.
"""

from fractions import Fraction
from math import gcd, lcm


def solvable(rows):
    """Is there a point that satisfies every row?"""
    system = {}
    for coefficients, constant, strict in rows:
        below = lcm(*(Fraction(number).denominator for number in (*coefficients, constant)))
        keep(system, [int(number * below) for number in (*coefficients, constant)], strict)
    unknowns = set(range(len(rows[0][0]) if rows else 0))
    while unknowns:
        at = min(unknowns, key=lambda one: made(system, one))
        unknowns.remove(at)
        rising = [(row, strict) for row, strict in system.items() if row[at] > 0]
        falling = [(row, strict) for row, strict in system.items() if row[at] < 0]
        left = {row: strict for row, strict in system.items() if row[at] == 0}
        for up, strictly in rising:
            for down, strict in falling:
                both = [a * -down[at] + b * up[at] for a, b in zip(up, down, strict=True)]
                keep(left, both, strictly or strict)
        system = left
        if any(broken(row, strict) for row, strict in system.items()):
            return False
    return not any(broken(row, strict) for row, strict in system.items())


def made(system, at):
    """How many rows it takes to do without an unknown."""
    signs = [row[at] for row in system if row[at]]
    rising = sum(sign > 0 for sign in signs)
    return rising * (len(signs) - rising) - len(signs)


def keep(system, row, strict):
    """Take a row, without common divisors; of two that say the same, the strict one."""
    common = gcd(*row) or 1
    row = tuple(number // common for number in row)
    system[row] = system.get(row, False) or strict


def broken(row, strict):
    """Does a row without unknowns fail?"""
    return not any(row[:-1]) and (row[-1] < 0 or (strict and row[-1] == 0))


def holds(rows, point):
    """Does a point satisfy every row?"""
    for coefficients, constant, strict in rows:
        value = constant + sum(c * d for c, d in zip(coefficients, point, strict=True))
        if value < 0 or (strict and value == 0):
            return False
    return True
