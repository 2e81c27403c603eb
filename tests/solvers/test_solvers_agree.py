"""Every solver gives the answer worked out by hand, and on drawn systems the answer of Z3."""

from fractions import Fraction
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from systems import CASES, drawn, small

from deepcheck.constraints import Inequalities, Refutation, Witness
from deepcheck.errors import OptionError
from deepcheck.solvers import exact_lp, milp, registry, smt

ONLY = {"interval": 1, "polygon": 2}
SOLVERS = {name: registry.solver(name) for name in registry.NAMES} | {"exact": exact_lp.decide}


def takes(name, system):
    unknowns = len(system.coefficients[0]) if len(system) else 1
    return len(system) == 0 or ONLY.get(name, unknowns) == unknowns


def satisfies(system, point):
    """In the test's own arithmetic."""
    values = [
        sum((c * x for c, x in zip(row, point, strict=True)), Fraction(0)) + constant
        for row, constant in zip(system.coefficients, system.constants, strict=True)
    ]
    return all(v > 0 if strict else v >= 0 for v, strict in zip(values, system.strict, strict=True))


def check(system, answer, solvable):
    assert isinstance(answer, Witness if solvable else Refutation)
    if solvable and len(system):
        assert satisfies(system, answer.point)
    if not solvable and answer.multipliers:
        proves(system, dict(answer.multipliers))


def proves(system, multipliers):
    """Farkas: the rows so weighted add up to a false statement."""
    assert all(value > 0 for value in multipliers.values())
    for unknown in range(len(system.coefficients[0])):
        assert sum(value * system.coefficients[row][unknown] for row, value in multipliers.items()) == 0
    constant = sum(value * system.constants[row] for row, value in multipliers.items())
    assert constant < 0 or (constant == 0 and any(system.strict[row] for row in multipliers))


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_systems_solved_by_hand(name, case):
    if takes(name, case.system):
        check(case.system, SOLVERS[name](case.system), case.solvable)


def test_a_refutation_comes_with_multipliers():
    refuted = [case for case in CASES if not case.solvable]
    assert all(exact_lp.decide(case.system).multipliers for case in refuted)


@settings(max_examples=150, deadline=None)
@given(drawn())
def test_all_agree_with_z3(system):
    solvable = isinstance(smt.decide(system), Witness)
    for name, decide in SOLVERS.items():
        if takes(name, system):
            check(system, decide(system), solvable)


@pytest.mark.parametrize(("name", "words"), [("interval", "1 unknown for"), ("polygon", "2 unknowns for")])
def test_a_system_of_other_size_is_refused(name, words):
    system = next(case.system for case in CASES if case.unknowns == 3)
    with pytest.raises(OptionError, match=f"{words}.*got 3.*lp"):
        SOLVERS[name](system)


def test_an_unknown_solver_is_answered_with_the_known_ones():
    with pytest.raises(OptionError, match="interval, polygon, lp, milp, smt"):
        registry.solver("cbc")


@settings(max_examples=80, deadline=None)
@given(drawn(3), st.data())
def test_grids_are_searched_as_by_trying_every_point(system, data):
    grids = []
    for _ in system.coefficients[0]:
        grids.append(sorted(data.draw(st.sets(small, min_size=1, max_size=6))))
    found = any(satisfies(system, point) for point in product(*grids))
    # HiGHS finds most points: branch and bound alone must find them too.
    for answer in (
        *(SOLVERS[name](system, grids=grids) for name in ("milp", "smt")),
        milp._branch(system, grids, None),
    ):
        assert isinstance(answer, Witness if found else Refutation)
        if found:
            assert satisfies(system, answer.point)
            assert all(value in grid for value, grid in zip(answer.point, grids, strict=True))


def test_a_thin_region_between_levels_is_refuted():
    # 1/3 < x - y < 1/2 has no whole numbers, and no end where x and y may grow.
    rows = ((Fraction(1), Fraction(-1)), (Fraction(-1), Fraction(1)))
    system = Inequalities(rows, (Fraction(-1, 3), Fraction(1, 2)), (True, True))
    grid = [Fraction(level) for level in range(12)]
    assert isinstance(SOLVERS["milp"](system, grids=[grid, grid]), Refutation)
    assert isinstance(SOLVERS["milp"](system, grids=[grid, None]), Witness)


def test_branches_reach_the_few_points_of_a_line():
    """a x + b y + c z = d on levels 0 to 9 has few points or none, in many boxes: none may be left out."""
    draw, levels, counts = Random(2), [Fraction(level) for level in range(10)], [0, 0]
    for _ in range(60):
        row = tuple(Fraction(draw.choice((-1, 1)) * draw.randint(5, 40)) for _ in range(3))
        end = Fraction(draw.randint(-60, 60))
        system = Inequalities((row, tuple(-number for number in row)), (-end, end), (False, False))
        found = any(satisfies(system, point) for point in product(levels, repeat=3))
        counts[found] += 1
        check(system, milp._branch(system, [levels] * 3, None), found)
    assert min(counts) > 5


def least(goals, point):
    return min(
        constant + sum((c * x for c, x in zip(row, point, strict=True)), Fraction(0))
        for row, constant in zip(goals.coefficients, goals.constants, strict=True)
    )


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_the_largest_least_goal_is_that_of_all_vertices(data):
    """In two unknowns: the optimum over a box lies where three of all rows meet, in (x, y, t)."""
    box = [((1, 0), 1), ((-1, 0), 1), ((0, 1), 1), ((0, -1), 1)]
    cuts = [((data.draw(small), data.draw(small)), abs(data.draw(small))) for _ in range(3)]
    rows = [((Fraction(a), Fraction(b)), Fraction(c)) for (a, b), c in (*box, *cuts)]
    goals = [((data.draw(small), data.draw(small)), data.draw(small)) for _ in range(2)]
    system = Inequalities(tuple(r for r, _ in rows), tuple(c for _, c in rows), (False,) * len(rows))
    wanted = Inequalities(tuple(r for r, _ in goals), tuple(c for _, c in goals), (True,) * 2)
    best = exact_lp.maximise_least(system, wanted)
    assert satisfies(system, best.point)
    assert least(wanted, best.point) == best.value
    planes = [(*row, Fraction(0), c) for row, c in rows] + [(*row, Fraction(-1), c) for row, c in goals]
    vertices = [point for three in combinations(planes, 3) if (point := meet(three)) is not None]
    inside = [least(wanted, p[:2]) for p in vertices if satisfies(system, p[:2])]
    assert best.value == max(inside)
    # The multipliers prove it: no point has a larger least goal.
    every = [*rows, *goals]
    shares = dict(best.multipliers)
    assert sum(share for row, share in shares.items() if row >= len(rows)) == 1
    assert all(sum(share * every[row][0][i] for row, share in shares.items()) == 0 for i in range(2))
    assert sum(share * every[row][1] for row, share in shares.items()) == best.value


def meet(planes):
    """Where three planes ``a x + b y + t z + c = 0`` meet, by Cramer's rule."""
    (a, b, c, d), (e, f, g, h), (i, j, k, m) = planes

    def det(p, q, r, s, t, u, v, w, x):
        return p * (t * x - u * w) - q * (s * x - u * v) + r * (s * w - t * v)

    whole = det(a, b, c, e, f, g, i, j, k)
    if whole == 0:
        return None
    return (
        det(-d, b, c, -h, f, g, -m, j, k) / whole,
        det(a, -d, c, e, -h, g, i, -m, k) / whole,
        det(a, b, -d, e, f, -h, i, j, -m) / whole,
    )


def test_without_an_end_the_goal_is_reached():
    best = exact_lp.maximise_least(
        Inequalities(((Fraction(1), Fraction(0)),), (Fraction(0),), (False,)),
        Inequalities(((Fraction(1), Fraction(1)),), (Fraction(-5),), (True,)),
    )
    assert best.value is None
    assert sum(best.point) - 5 >= 1
