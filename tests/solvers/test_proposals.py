"""What HiGHS proposes, on systems worked out by hand; and the best points on grids, by trying them all."""

import subprocess
import sys
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest

from deepcheck.constraints import Inequalities, Refutation, Witness
from deepcheck.solvers import lp, milp

# x + y <= 2 and x, y >= 0; the goal is x + 3 y > 1.
VALUES, SLOPES = np.array([2.0, 0, 0]), np.array([[-1.0, -1], [1, 0], [0, 1]])
FREE = np.full(2, np.inf)


def system(goal, slopes=(1.0, 3.0), lower=-FREE, upper=FREE):
    return lp.FloatSystem(VALUES, SLOPES, np.array([goal]), np.array([slopes]), lower, upper)


@pytest.mark.parametrize(("objective", "point"), [("margin", (0, 2)), ("l1", (0, 1 / 3)), ("linf", (1 / 4, 1 / 4))])
def test_the_best_point_but_for_some_slack(objective, point):
    found = lp.propose(system(-1.0), objective)
    assert found.status == "feasible"
    assert found.point == pytest.approx(point, abs=0.02)
    assert found.margin == pytest.approx(found.point @ [1, 3] - 1)
    assert (VALUES + SLOPES @ found.point > 0).all()
    assert found.margin > 0


def test_bounds_count():
    found = lp.propose(system(-1.0, upper=np.array([np.inf, 0.5])))
    assert found.point == pytest.approx((1.5, 0.5), abs=0.02)


def test_multipliers_of_what_cannot_be():
    """x + 3 y - 7 is at most -1: three times the first row, and twice x >= 0, take it there."""
    found = lp.propose(system(-7.0))
    assert found.status == "infeasible"
    assert found.margin == pytest.approx(-1)
    assert found.multipliers == pytest.approx([3, 2, 0, 1])


def test_no_time_is_no_proposal():
    assert lp.propose(system(-1.0), timeout=0.0).status in ("limit", "feasible")


def least(goals, point):
    return min(
        constant + sum((c * x for c, x in zip(row, point, strict=True)), Fraction(0))
        for row, constant in zip(goals.coefficients, goals.constants, strict=True)
    )


def drawn(draw, unknowns, count, strict):
    return Inequalities(
        tuple(tuple(Fraction(draw.randint(-8, 8)) for _ in range(unknowns)) for _ in range(count)),
        tuple(Fraction(draw.randint(-8, 8) + (0 if strict else 4)) for _ in range(count)),
        (strict,) * count,
    )


COSTS = {
    "margin": lambda goals, point: -least(goals, point),
    "l1": lambda goals, point: sum(map(abs, point)),
    "linf": lambda goals, point: max(map(abs, point)),
}


@pytest.mark.parametrize("objective", COSTS)
@pytest.mark.parametrize("even", [False, True])
def test_the_best_point_of_a_grid_is_that_of_all_points(objective, even):
    """Levels of equal steps are whole numbers to HiGHS; others are binaries. Halves: no margin is close to 0."""
    found = 0
    for seed in range(30):
        draw = Random(seed)
        unknowns = draw.randint(1, 3)
        rows, goals = drawn(draw, unknowns, 3, False), drawn(draw, unknowns, 2, True)
        values = [Fraction(n, 2) for n in range(-5, 6)]
        grids = [values if even else sorted(draw.sample(values, draw.randint(1, 6))) for _ in range(unknowns)]
        points = [point for point in product(*grids) if (rows + goals).holds(point)]
        best = milp.best(rows, goals, grids, objective)
        assert (best is None) == (not points)
        if best is not None:
            assert best in points
            assert COSTS[objective](goals, best) == min(COSTS[objective](goals, point) for point in points)
            found += 1
    assert found > 5


def test_grids_and_numbers_side_by_side():
    """x of 0, 1, 5 and any y: 3 < x + y < 4 and y < 0 leave x = 5."""
    one = Fraction(1)
    rows = Inequalities(((one, one), (-one, -one), (0 * one, -one)), (-3 * one, 4 * one, 0 * one), (True,) * 3)
    answer = milp.decide(rows, [[0 * one, one, 5 * one], None])
    assert isinstance(answer, Witness)
    assert answer.point[0] == 5


def test_levels_of_16_bits_are_one_whole_number():
    """The float32 numbers nearest to n / 65535: 21845's is 1/3, and the next is a step away."""
    levels = [Fraction(float(np.float32(n) / np.float32(65535))) for n in range(65536)]
    assert len(milp._Columns.of([levels]).owner) == 1
    third = Fraction(1, 3)
    near = Fraction(1, 3 * 65535)
    one = Fraction(1)
    inside = Inequalities(((one,), (-one,)), (near - third, near + third), (True, True))
    assert milp.decide(inside, [levels]) == Witness((levels[21845],))
    between = Inequalities(((one,), (-one,)), (-near - third, 2 * near + third), (True, True))
    assert isinstance(milp.decide(between, [levels]), Refutation)


def test_levels_too_large_for_floats():
    huge = Fraction(10) ** 400
    rows = Inequalities(((Fraction(1),),), (-huge,), (False,))
    assert milp.decide(rows, [[Fraction(0), huge]]) == Witness((huge,))


def test_without_rows_every_point_of_the_grids_does():
    assert milp.decide(Inequalities((), (), ()), [[Fraction(3)], None]) == Witness((Fraction(3), Fraction(0)))


def test_solvers_are_imported_when_they_are_asked_for():
    code = (
        "import sys; from deepcheck.solvers import registry; "
        "assert not {'z3', 'highspy'} & set(sys.modules); "
        "registry.solver('lp'); assert 'highspy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
