"""What floats prove about one system over any number of columns, with outward rounding.

The same two claims as in `solvers.simplex`, for as many columns as one likes: that no point of the domain gives the
label the lead, by multipliers; and that a given point does, along the path, beyond every row's own error.
"""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.bounded import UNIT, UP
from deepcheck.solvers.polygon import PRECISION, Planes


def leads(planes: Planes, label: int, columns: Array) -> tuple[Array, Array, Array, Array]:
    """A label's lead over every other one, in its own place over the original label.

    Returns:
        Values ``(others,)``, slopes ``(others, k)``, and their errors, ``(others,)`` each.
    """
    rates = planes.rates[:, columns]
    values, slopes = planes.gaps[label] - planes.gaps, rates[label] - rates
    values[label], slopes[label] = planes.gaps[label], rates[label]
    errors = planes.gap_errors[label] + planes.gap_errors + 2 * UNIT * (np.abs(planes.gaps) + abs(planes.gaps[label]))
    largest = np.abs(rates).max(axis=1, initial=0.0)
    doubts = planes.rate_errors[label] + planes.rate_errors + 2 * UNIT * (largest + largest[label])
    return values, slopes, errors, doubts


def proves(planes: Planes, label: int, columns: Array, guards: Array, goals: Array) -> bool:
    """Do these multipliers exclude that every lead of a label is positive?

    Args:
        planes: The rows of one input.
        label: The label's position among the others.
        columns: The columns that move, ``(k,)``.
        guards: A multiplier for each guard; negative ones count as 0.
        goals: A multiplier for each lead, likewise.
    """
    shares, weights = np.maximum(guards, 0.0), np.maximum(goals, 0.0)
    values, slopes, errors, doubts = leads(planes, label, columns)
    if not weights.sum() > 0 or not (np.isfinite(shares).all() and np.isfinite(weights).all()):
        return False
    lower, upper = planes.lower[columns], planes.upper[columns]
    farthest = np.maximum(-lower, upper)
    terms = 8 * (len(shares) + len(weights) + len(columns)) * UNIT
    constant = shares @ planes.values + weights @ values
    size = shares @ np.abs(planes.values) + weights @ np.abs(values)
    error = shares @ planes.value_errors + weights @ errors + terms * size
    slope = planes.slopes[columns] @ shares + weights @ slopes
    slope_size = np.abs(planes.slopes[columns]) @ shares + weights @ np.abs(slopes)
    slope_error = shares @ planes.slope_errors + weights @ doubts + terms * slope_size
    with np.errstate(invalid="ignore", over="ignore"):
        most = np.maximum(slope * lower, slope * upper)
        total = constant + most.sum()
        slack = error + (slope_error * farthest).sum() + terms * (abs(constant) + np.abs(most).sum())
        return bool(total + 2 * slack * UP < 0)


def margin_of(planes: Planes, label: int, columns: Array, steps: Array) -> float:
    """The least lead at a displacement where every row holds beyond its error; -1 where that is not certain.

    Args:
        planes: The rows of one input.
        label: The label's position among the others.
        columns: The columns that move, ``(k,)``.
        steps: Their displacements, ``(k,)``.
    """
    values, slopes, errors, doubts = leads(planes, label, columns)
    length, terms = float(np.abs(steps).sum()), 8 * (len(columns) + 4) * UNIT
    with np.errstate(invalid="ignore", over="ignore"):
        lead = values + slopes @ steps
        unsure = errors + doubts * length + terms * (np.abs(values) + np.abs(slopes) @ np.abs(steps))
        guards = planes.values + steps @ planes.slopes[columns]
        size = np.abs(planes.values) + np.abs(steps) @ np.abs(planes.slopes[columns])
        doubt = planes.value_errors + planes.slope_errors * length + terms * size
        still = (planes.slopes[columns] == 0).all(axis=0) & (planes.slope_errors == 0)
        if not ((unsure < PRECISION * lead).all() and ((guards >= doubt) | still).all()):
            return -1.0
    return float(lead.min())
