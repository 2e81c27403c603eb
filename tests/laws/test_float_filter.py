"""The float filter: what floats with error bounds decide is right, and what they leave open is decided exactly.

A few thousand systems where floats are most easily wrong; `benchmarks/float_filter.py` puts more than 100,000 of each
kind to the same trials.
"""

from collections import Counter
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from filter_boxes import by_bounds
from filter_lines import by_intervals
from filter_oracle import holds, solvable
from filter_systems import FAMILIES, drawn
from filter_trials import by_lattice, by_multipliers, by_polygon, by_simplex
from requirements import require

from deepcheck.solvers import lattice, polygon, simplex
from deepcheck.solvers.planes import ATTACKED, L1, LINF, MARGIN, OPEN, REFUTED, Planes

LEVELS = (0.0, 2.0**-149, 0.25, float(np.float32(1 / 3)), 0.5, float(np.float32(0.7)), 1.0)
FEW = LEVELS[::2]


@pytest.fixture(scope="module", autouse=True)
def compiled():
    for kernel in (polygon._KERNEL, lattice._KERNEL, simplex._KERNEL):
        kernel.compile()


def test_the_oracle_agrees_with_z3():
    z3 = require("z3")
    draw = Random(1)
    for _ in range(60):
        system = drawn(draw, draw.choice((1, 2, 3)))
        for won in (False, True):
            solver, d = z3.Solver(), z3.Reals("a b c")
            for coefficients, constant, strict in system.rows(won=won):
                form = z3.Sum(
                    [number(z3, constant), *(number(z3, c) * x for c, x in zip(coefficients, d, strict=False))]
                )
                solver.add(form > 0 if strict else form >= 0)
            assert solvable(system.rows(won=won)) == (solver.check() == z3.sat)


def number(z3, value):
    return z3.Q(value.numerator, value.denominator)


def test_the_oracle_by_hand():
    half, square = Fraction(1, 2), [((1, 0), 0, False), ((0, 1), 0, False), ((-1, 0), 1, False), ((0, -1), 1, False)]
    assert solvable([*square, ((-1, -1), Fraction(0), False)])
    assert not solvable([*square, ((-1, -1), Fraction(0), True)])
    assert solvable([*square, ((1, 1), Fraction(-2), False)])
    assert not solvable([*square, ((1, 1), -2 - half, False)])
    assert holds(square, (half, half))
    assert not holds(square, (half, -half))


@pytest.mark.parametrize("levels", [None, LEVELS])
def test_one_unknown(levels):
    draw, said, waiting = Random(2), Counter(), {}
    for _ in range(1500):
        system = drawn(draw, 1, levels=levels, unbounded=0)
        waiting.setdefault(len(system.gaps), []).append(system)
    for systems in waiting.values():
        said += by_intervals(systems, draw, levels=levels, objective=draw.choice(("margin", "l1", "linf")))
    assert min(said[kind] for kind in ("proved early", "refuted", "attacked", "open")) > 40


def test_one_unknown_without_bounds():
    draw, said, waiting = Random(3), Counter(), {}
    for _ in range(800):
        system = drawn(draw, 1, unbounded=1)
        waiting.setdefault(len(system.gaps), []).append(system)
    for systems in waiting.values():
        said += by_intervals(systems, draw)
    assert min(said[kind] for kind in ("refuted", "attacked", "open")) > 40


def test_two_unknowns():
    draw, said = Random(4), Counter()
    for _ in range(2500):
        bits = draw.choice((24, 24, 53, 11))
        system = drawn(draw, 2, levels=FEW[:3] if bits == 11 else None)
        said[by_polygon(system, draw, draw.choice((MARGIN, L1, LINF)), bits)] += 1
    assert min(said[kind] for kind in ("refuted", "attacked", "open")) > 100


def test_two_unknowns_on_levels():
    draw, said = Random(5), Counter()
    for _ in range(1200):
        said[by_lattice(drawn(draw, 2, levels=LEVELS), draw, LEVELS, draw.choice((MARGIN, L1, LINF)))] += 1
    assert min(said[kind] for kind in ("refuted", "attacked", "open")) > 100


@pytest.mark.parametrize(("unknowns", "count"), [(1, 500), (2, 500), (3, 800), (4, 200)])
def test_a_few_unknowns(unknowns, count):
    draw, said = Random(6), Counter()
    for _ in range(count):
        said[by_simplex(drawn(draw, unknowns, guards=7 - unknowns), draw)] += 1
    assert min(said[kind] for kind in ("refuted", "attacked", "open")) > count / 30


def test_multipliers_of_one_set():
    draw, said = Random(10), Counter()
    for _ in range(600):
        unknowns = draw.choice((1, 2, 3))
        said[by_multipliers(drawn(draw, unknowns, unbounded=0, guards=7 - unknowns), draw)] += 1
    assert min(said[kind] for kind in ("refuted", "attacked", "open")) > 40


def test_three_unknowns_on_levels():
    draw, said = Random(7), Counter()
    for _ in range(300):
        said[by_simplex(drawn(draw, 3, levels=FEW), draw, FEW)] += 1
    assert min(said[kind] for kind in ("refuted", "attacked", "open")) > 10


def test_bounds_over_boxes():
    draw, said = Random(8), Counter()
    for _ in range(110):
        said += by_bounds(draw)
    assert min(said[kind] for kind in ("positive", "negative", "open")) > 70


def test_every_family_is_drawn():
    draw = Random(9)
    assert {drawn(draw, 2).family for _ in range(200)} == set(FAMILIES)


def plane(value, slopes, gap, rates, *, upper=1.0):
    """One guard and one goal over the unit square, without errors."""
    zero, k = np.zeros(1), len(slopes)
    return Planes(
        np.array([value]), zero, np.array(slopes).reshape(k, 1), zero, np.array([gap]), zero, np.array([rates]), zero,
        np.zeros(k), np.full(k, upper), np.zeros(k), np.zeros(k), np.full(k, upper),
    )  # fmt: skip


LEAST = 2.0**-1074


@pytest.mark.parametrize("solver", ["polygon", "simplex", "lattice"])
def test_products_that_underflow_refute_nothing(solver):
    """x + y - 1 >= 0 in the least floats there are holds at (1/2, 1/2), where each product rounds to 0."""
    planes, rows = plane(LEAST, [-LEAST, 0.0], -LEAST, [LEAST, LEAST], upper=0.5), np.array([[0, 1, 0]])
    if solver == "simplex":
        assert simplex.decide(planes, rows).state[0] == OPEN
        return
    found = polygon.decide(planes, rows)
    if solver == "lattice":
        values = np.array([[0.0, 0.5], [0.0, 0.5]])
        lattice.walk(planes, rows, found, values, values, np.array([2, 2]), MARGIN)
    assert found.state[0] == OPEN


def test_products_that_underflow_win_nothing():
    """The guard 1 - 3 x - y >= 0 in the least floats fails at (0.49, 0.49), where its products round to 1 and 0."""
    planes = plane(LEAST, [-3 * LEAST, -LEAST], -0.5, [1.0, 1.0], upper=0.49)
    assert polygon.decide(planes, np.array([[0, 1, 0]])).state[0] == OPEN
    assert simplex.decide(planes, np.array([[0, 1, 0]])).state[0] == OPEN


def test_leads_that_overflow_on_a_grid_are_left_open():
    """Two infinite terms of a lead cancel to no number: that is neither an attack nor a refutation."""
    huge = 2.0**1023
    planes = plane(1.0, [0.0, 0.0], -huge, [huge, huge], upper=4.0)
    planes = planes._replace(rates=np.array([[np.inf, -np.inf]]))
    rows, values = np.array([[0, 1, 0]]), np.array([[0.0, 4.0], [0.0, 4.0]])
    found = polygon.decide(planes, rows)
    lattice.walk(planes, rows, found, values, values, np.array([2, 2]), MARGIN)
    assert found.state[0] not in (REFUTED, ATTACKED)
