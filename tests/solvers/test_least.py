"""Least values of forms over polytopes: every floor against exact linear programs, whatever the multipliers are."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcheck.constraints import Inequalities
from deepcheck.solvers import exact_lp
from deepcheck.solvers.least import Walls, floors, inside, least


def fractions(values):
    return [Fraction(float(value)) for value in values]


def exact_least(form, walls):
    """The least value of a form over the polytope, which holds 0, in fractions."""
    k = len(walls.lower)
    rows = [tuple(fractions(row)) for row in walls.slopes]
    constants = fractions(walls.values)
    for c in range(k):
        for end, sign in ((walls.lower[c], 1), (walls.upper[c], -1)):
            rows.append(tuple(Fraction(sign * (other == c)) for other in range(k)))
            constants.append(-sign * Fraction(float(end)))
    system = Inequalities(tuple(rows), tuple(constants), (False,) * len(rows))
    slope, value = form
    goal = Inequalities((tuple(-s for s in fractions(slope)),), (-Fraction(float(value)),), (False,))
    return -exact_lp.maximise_least(system, goal).value


def polytope(rng, k, m, scale):
    slopes = rng.integers(-3, 4, (m, k)) * scale
    values = np.abs(rng.integers(0, 4, m)) * scale
    return Walls(values.astype(float), np.zeros(m), slopes.astype(float), np.zeros(m), -np.ones(k), np.ones(k))


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 8), st.sampled_from([1.0, 1e-9, 1 / 3, 1e12]))
def test_floors_are_below_the_least_value_and_near_it(seed, k, m, scale):
    rng = np.random.default_rng(seed)
    walls, forms = polytope(rng, k, m, scale), polytope(rng, k, 5, 1.0)
    found = least(forms, walls, np.zeros(k))
    for at in range(5):
        true = exact_least((forms.slopes[at], forms.values[at]), walls)
        assert Fraction(float(found.floors[at])) <= true
        assert found.floors[at] >= float(true) - 1e-9
        assert found.proposed[at] == pytest.approx(float(true), abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 8))
def test_any_multipliers_are_sound(seed, k, m):
    rng = np.random.default_rng(seed)
    walls, forms = polytope(rng, k, m, 1 / 3), polytope(rng, k, 5, 1.0)
    bounds = floors(forms, walls, np.abs(rng.normal(size=(5, m))) * rng.choice([0, 1, 1e8], (5, m)))
    for at in range(5):
        assert Fraction(float(bounds[at])) <= exact_least((forms.slopes[at], forms.values[at]), walls)


def test_errors_lower_the_floor():
    # d >= 0 up to 1/8 in the constant and 1/4 in the slope, for d in [-1, 1]: d >= -1/8 - 1/4 is all that is known.
    walls = Walls(np.zeros(1), np.array([0.125]), np.ones((1, 1)), np.array([0.25]), -np.ones(1), np.ones(1))
    form = Walls(np.zeros(1), np.zeros(1), np.ones((1, 1)), np.zeros(1), walls.lower, walls.upper)
    found = least(form, walls, np.zeros(1)).floors[0]
    assert -0.3751 < found <= -0.375
    assert walls.floors()[0] <= -1 - 0.375


def test_a_form_does_without_the_wall_it_is_told_to():
    # Two walls, d >= -1/2 and 2 d >= -1: without either the other still holds.
    walls = Walls(np.array([0.5, 1.0]), np.zeros(2), np.array([[1.0], [2.0]]), np.zeros(2), -np.ones(1), np.ones(1))
    alone = least(walls, walls, np.zeros(1), np.array([0, 1])).floors
    assert alone == pytest.approx([0, 0], abs=1e-12)
    only = least(walls.take([0]), walls.take([0]), np.zeros(1), np.array([0]))
    assert only.floors == pytest.approx([-0.5])
    assert only.points.tolist() == [[-1.0]]


def test_the_middle_of_a_triangle():
    # x, y >= 0 and x + y <= 1 in the square [0, 1]: as far from all as shares of the box go.
    walls = Walls(np.ones(1), np.zeros(1), -np.ones((1, 2)), np.zeros(1), np.zeros(2), np.ones(2))
    centre, room = inside(walls, np.zeros(2))
    assert centre == pytest.approx([0.25, 0.25])
    assert room == pytest.approx(0.25)


def test_no_end_no_floor():
    walls = Walls(np.zeros(0), np.zeros(0), np.zeros((0, 1)), np.zeros(0), np.array([-np.inf]), np.array([np.inf]))
    form = Walls(np.zeros(2), np.zeros(2), np.array([[1.0], [0.0]]), np.zeros(2), walls.lower, walls.upper)
    found = least(form, walls, np.zeros(1)).floors
    assert found[0] == -np.inf
    assert -1e-300 < found[1] <= 0
