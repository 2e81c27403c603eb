"""Many systems of one unknown put to the filter at once, and what it says held against fractions."""

from collections import Counter
from fractions import Fraction

import numpy as np
from filter_floats import planes_of
from filter_systems import number_of
from filter_trials import check_witness, expect, reached

from deepcheck.attacks import Outcome
from deepcheck.attacks.exact_triples import _settle
from deepcheck.attacks.goals import domain_rows, goal_rows
from deepcheck.attacks.triples import Triples, decide
from deepcheck.domains import Box
from deepcheck.program import Bounded
from deepcheck.program.bounded import difference
from deepcheck.ranking import Gains
from deepcheck.solvers import ExactInterval, Fold, Interval

PRECISION = Fraction(2) ** -20
FLOAT32 = np.dtype(np.float32)


def by_intervals(systems, draw, *, levels=None, objective="margin"):
    """How often what was said about systems with equally many labels: "proved early", "refuted", "attacked", "open".

    "proved early" is by the gain bound, which knows no guards.
    """
    planes = [planes_of(system, draw) for system in systems]
    found, box, x = gains_of(systems, planes), box_of(systems, levels), np.diag([s.origin[0] for s in systems])
    rows = np.arange(len(systems))
    fold = Fold(Interval.within(*difference(box.lower, x.diagonal()), *difference(box.upper, x.diagonal())))
    emit(fold, planes)
    labels = np.array([system.label for system in systems])
    with np.errstate(all="ignore"):
        regions, left = decide(found, Triples(rows, rows, labels, fold.interval), box, x, FLOAT32, objective)
    early = proved_early(found, box, x, labels)
    said = Counter()
    at = {int(item): row for row, item in enumerate(regions.item)}
    for row, system in enumerate(systems):
        if row in early:
            expect(not reached(system, levels), system, "proved by its gain, but it can be reached")
            said["proved early"] += 1
        if row in at:
            check_region(system, regions, at[row], levels)
            said["attacked"] += 1
        elif row in left:
            check_exactly(system, box, row, levels, objective)
            said["open"] += 1
        else:
            expect(not reached(system, levels), system, "refuted, but it can be reached")
            said["refuted"] += 1
    return said


def gains_of(systems, planes):
    """Forms of each system as an input of its own, in which only its own element matters."""
    count, others = len(systems), len(systems[0].gaps)
    slopes = np.zeros((count, others, count))
    for row, each in enumerate(planes):
        slopes[row, :, row] = each.rates[:, 0]
    labels = [[number_of(at, system.own) for at in range(others)] for system in systems]
    errors = np.array([each.gap_errors for each in planes]), np.array([each.rate_errors for each in planes])
    return Gains(np.array(labels), np.array([each.gaps for each in planes]), errors[0], slopes, errors[1],
                 np.abs(slopes).max(axis=2))  # fmt: skip


def box_of(systems, levels):
    lower, upper = (
        np.array([ends[0] for ends in each]) for each in ([s.lower for s in systems], [s.upper for s in systems])
    )
    return Box(lower, upper, None if levels is None else np.array([levels]), np.zeros(len(systems), int))


def emit(fold, planes):
    """Give a fold the guards of all systems, in one block with gaps."""
    most = max(len(each.values) for each in planes)
    values, slopes, errors, slope_errors, present = (np.zeros((len(planes), most)) for _ in range(5))
    for row, each in enumerate(planes):
        m = len(each.values)
        values[row, :m], errors[row, :m], present[row, :m] = each.values, each.value_errors, 1
        slopes[row, :m], slope_errors[row, :m] = each.slopes[0], each.slope_errors
    none = np.zeros(len(planes))
    with np.errstate(all="ignore"):
        fold.emit(Bounded(values, errors, none), Bounded(slopes, slope_errors, none), present.astype(bool))


def proved_early(found, box, x, labels):
    """The systems whose gain is too small."""
    if not box.bounded:
        return set()
    flat, rows = x, np.arange(len(x))
    lower, upper = np.zeros(flat.shape), np.zeros(flat.shape)
    lower[rows, rows], upper[rows, rows] = box.lower - x.diagonal(), box.upper - x.diagonal()
    wanted = np.zeros(found.others.shape, bool)
    wanted[rows, labels] = True
    with np.errstate(all="ignore"):
        item, _, element = found.may_flip(lower, upper, wanted)
    return set(rows.tolist()) - set(item[item == element].tolist())


def check_region(system, regions, at, levels):
    """A region's witness, and its ends: floats near the exact ones, or exactly the levels inside."""
    check_witness(system, regions.value[at : at + 1], regions.margin[at], levels, 24)
    rows = [(slope, constant) for (slope,), constant, _ in system.rows()]
    lower = max((-constant / slope for slope, constant in rows if slope > 0), default=None)
    upper = min((-constant / slope for slope, constant in rows if slope < 0), default=None)
    for end, exact in ((regions.lower[at], lower), (regions.upper[at], upper)):
        far = exact is None and not np.isfinite(end)
        near = exact is not None and abs(Fraction(float(end)) - exact) <= 2 * PRECISION * max(1, abs(exact))
        expect(far or near, system, f"an end of {end}, not {exact}")
    if levels is not None:
        inside = [v for v, level in enumerate(levels) if holds_at(system, level)]
        said = [int(regions.first_level[at]), int(regions.last_level[at])]
        expect(said == [inside[0], inside[-1]], system, f"levels {said}, not {inside}")


def holds_at(system, value):
    """Does a value attack, a tie counted as on the path and as won against higher labels?"""
    step = Fraction(value) - Fraction(system.origin[0])
    for (slope,), constant, strict in system.rows():
        at = constant + slope * step
        if at < 0 or (strict and at == 0):
            return False
    return True


def check_exactly(system, box, row, levels, objective):
    """What exact arithmetic says of a system that was left to it."""
    origin = Fraction(system.origin[0])
    interval = ExactInterval()
    for constant, (slope,) in system.guards:
        interval = interval.require(constant, slope, strict=False)
    for end in domain_rows(box, row, origin):
        interval = interval.require(*end[:2], strict=end.strict)
    scores, rates = [v for v, _ in system.gaps], [s[0] for _, s in system.gaps]
    scores.insert(system.own, Fraction(0))
    rates.insert(system.own, Fraction(0))
    goal = list(goal_rows(scores, rates, number_of(system.label, system.own)))
    found = _settle(interval, goal, origin, box, row, FLOAT32, objective)
    if found is None:
        expect(not reached(system, levels), system, "exactly refuted, but it can be reached")
    elif found[-1] == Outcome.ATTACKABLE:
        check_witness(system, [found[4]], found[5], levels, 24)
    elif found[-1] == Outcome.TIE:
        expect(reached(system, levels) and not reached(system, levels, won=True), system, "no tie")
    else:
        expect(reached(system, levels, won=True), system, "no value, but it cannot be reached")
