"""One system put to a filter, and what it says held against fractions: refuted, attacked or left open, or a fault."""

from fractions import Fraction

import numpy as np
from filter_floats import planes_of
from filter_oracle import holds, solvable
from filter_systems import number_of

from deepcheck.attacks import Outcome, one_set
from deepcheck.attacks.exact_sets import ExactGuards, ExactRows, settle
from deepcheck.attacks.multipliers import reduced, rows_of
from deepcheck.constraints import Inequalities
from deepcheck.domains import Box
from deepcheck.solvers import lattice, polygon, simplex
from deepcheck.solvers.exact_lp import maximise_least
from deepcheck.solvers.planes import ATTACKED, MARGIN, OPEN, REFUTED
from deepcheck.solvers.simplex_checks import Grid

NEAR = Fraction(2) ** -19
"""How far a margin may be off, as a share of it."""
SMALLEST = Fraction(2) ** -1074
BITS = {11: np.float16, 24: np.float32, 53: np.float64}


class Disagreement(AssertionError):
    """A filter, or the exact arithmetic behind it, is wrong about a system."""


def by_polygon(system, draw, objective=MARGIN, bits=24):
    """Two unknowns off a grid."""
    found = polygon.decide(planes_of(system, draw), np.array([[0, 1, system.label]]), objective, bits)
    return judged(system, int(found.state[0]), found.points[0], bits=bits)


def by_lattice(system, draw, levels, objective=MARGIN):
    """Two unknowns on a grid."""
    planes, rows = planes_of(system, draw), np.array([[0, 1, system.label]])
    found, grid = polygon.decide(planes, rows, objective, 24), grid_of(system, levels)
    lattice.walk(planes, rows, found, grid.steps, grid.values, grid.counts, objective)
    return judged(system, int(found.state[0]), found.points[0], levels=levels)


def by_simplex(system, draw, levels=None):
    """Any number of unknowns, on a grid or off one."""
    asked = np.array([[*range(len(system.origin)), system.label]])
    grid = simplex.CONTINUUM if levels is None else grid_of(system, levels)
    found = simplex.decide(planes_of(system, draw), asked, 24, grid)
    return judged(system, int(found.state[0]), found.points[0], levels=levels)


def by_multipliers(system, draw):
    """One set, as large sets are decided: by multipliers, those of an exact optimum or any others, and at points."""
    k, planes = len(system.origin), with_still(planes_of(system, draw))
    rows = rows_of(planes, system.label, 1)
    closed = [(slopes, value) for value, slopes in system.guards] + [row[:2] for row in system.domain()]
    best = maximise_least(inequalities(closed), inequalities([row[:2] for row in system.goal()]))
    multipliers = np.zeros(len(rows.values))
    places = [*range(len(system.guards)), *[-1] * (len(closed) - len(system.guards)), *goal_places(system)]
    for row, share in best.multipliers:
        if places[row] >= 0:
            multipliers[places[row]] = float(share) * draw.choice((1, 1, 1, 1 + 2.0**-40))
    if not reduced(rows, multipliers).exceeds(np.arange(k)):
        expect(not reached(system, None), system, "refuted by multipliers, but it can be reached")
        return "refuted"
    values = np.array(
        [np.float32(float(o + Fraction(v))) for o, v in zip(best.point, system.origin, strict=True)], float
    )
    margin = one_set.holds(rows, np.arange(k), values - np.array(system.origin))
    if margin > 0 and all(low <= v <= high for v, low, high in zip(values, system.lower, system.upper, strict=True)):
        check_witness(system, values, margin, None, 24)
        return "attacked"
    return "open"


def with_still(planes):
    """The same planes with a column that cannot move, last."""
    more = {name: np.append(getattr(planes, name), 0.0) for name in ("lower", "upper", "origin", "least", "most")}
    slopes, rates = np.pad(planes.slopes, ((0, 1), (0, 0))), np.pad(planes.rates, ((0, 0), (0, 1)))
    return planes._replace(slopes=slopes, rates=rates, **more)


def inequalities(rows):
    return Inequalities(
        tuple(tuple(map(Fraction, slopes)) for slopes, _ in rows),
        tuple(Fraction(value) for _, value in rows),
        (False,) * len(rows),
    )


def goal_places(system):
    """Where the leads stand among the rows, in the order of `System.goal`."""
    others = [at for at in range(len(system.gaps)) if at != system.label]
    return [len(system.guards) + at for at in (system.label, *others)]


def grid_of(system, levels):
    """The levels inside the domain, first in each row."""
    steps, values, counts = [], [], []
    for start, low, high in zip(system.origin, system.lower, system.upper, strict=True):
        inside = [v for v in levels if low <= v <= high]
        values.append(inside + [v for v in levels if not low <= v <= high])
        steps.append([v - start for v in values[-1]])
        counts.append(len(inside))
    return Grid(np.array(steps), np.array(values), np.array(counts))


def judged(system, state, point, *, levels=None, bits=24):
    """Hold an answer against fractions; an open question goes to our exact arithmetic, whose answer is held too."""
    if state == REFUTED:
        expect(not reached(system, levels), system, "refuted, but it can be reached")
        return "refuted"
    if state == ATTACKED:
        check_witness(system, point[:-1], point[-1], levels, bits)
        return "attacked"
    expect(state == OPEN, system, f"no such state: {state}")
    check_exact(system, levels, bits)
    return "open"


def reached(system, levels, *, won=False):
    """Can the label be reached (``won``: with a margin), in fractions?"""
    rows = system.rows(won=won)
    if levels is None:
        return solvable(rows)
    return any(holds(rows, step) for step in steps_of(system, levels))


def steps_of(system, levels):
    """Every point of the grid in the domain, as displacements."""
    points = [()]
    for start, low, high in zip(system.origin, system.lower, system.upper, strict=True):
        each = [Fraction(v) - Fraction(start) for v in levels if low <= v <= high]
        points = [(*point, step) for point in points for step in each]
    return points


def check_witness(system, values, margin, levels, bits):
    """A witness consists of numbers of the type, and does in fractions what is said of it."""
    allowed = levels is None or all(v in levels for v in values)
    expect(allowed and (np.array(values, BITS[bits]) == values).all(), system, f"no numbers of the model: {values}")
    step = [Fraction(float(v)) - Fraction(start) for v, start in zip(values, system.origin, strict=True)]
    expect(holds(system.rows(won=True), step), system, f"no attack: {values}")
    least = min(c + sum(s * d for s, d in zip(row, step, strict=True)) for row, c, _ in system.goal())
    off = abs(Fraction(float(margin)) - least)
    expect(off <= NEAR * least + SMALLEST, system, f"margin {margin}, not {float(least)}")


def check_exact(system, levels, bits):
    """Our exact arithmetic against the oracle."""
    k = len(system.origin)
    guards = ExactGuards()
    guards.values = [value for value, slopes in system.guards if any(slopes)]
    guards.slopes = [list(slopes) for _, slopes in system.guards if any(slopes)]
    scores = [value for value, _ in system.gaps]
    scores.insert(system.own, Fraction(0))
    rates = [[slopes[at] for _, slopes in system.gaps] for at in range(k)]
    for row in rates:
        row.insert(system.own, Fraction(0))
    origin = tuple(Fraction(v) for v in system.origin)
    rows = ExactRows(tuple(range(k)), guards, scores, np.array(rates, dtype=object), origin)
    tables = None if levels is None else np.array([levels])
    box = Box(np.array(system.lower), np.array(system.upper), tables, np.zeros(k, int))
    label = number_of(system.label, system.own)
    found = settle(rows, box, list(range(k)), label, np.dtype(BITS[bits]))
    if found.outcome == Outcome.PROVED:
        expect(not reached(system, levels), system, "exactly refuted, but it can be reached")
    elif found.outcome == Outcome.ATTACKABLE:
        check_witness(system, found.values, found.margin, levels, bits)
    elif found.outcome == Outcome.TIE:
        expect(reached(system, levels) and not reached(system, levels, won=True), system, "no tie")
    else:
        expect(found.outcome == Outcome.NO_VALUE and reached(system, levels, won=True), system, f"{found.outcome}")


def expect(claim, system, words):
    """Raise a disagreement unless a claim is true."""
    if not claim:
        raise Disagreement(f"{words}: {system}")
