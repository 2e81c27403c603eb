"""Exact linear programs beyond the agreement of solvers: degenerate corners, many rows, time, and what is a proof."""

from fractions import Fraction
from random import Random

import pytest
from flint import fmpz
from requirements import require

from deepcheck.constraints import Inequalities, Refutation, Undecided, Witness
from deepcheck.solvers import exact_lp, lp


def rows(*given, strict=False):
    """Rows are ``(coefficients, constant)``."""
    return Inequalities(
        tuple(tuple(map(Fraction, row)) for row, _ in given),
        tuple(Fraction(constant) for _, constant in given),
        (strict,) * len(given),
    )


@pytest.mark.parametrize("patience", [0, 1, 8])
def test_many_rows_through_one_corner(monkeypatch, patience):
    """Every step at the origin has length 0; with Bland's rule from the start, soon, or late, Z3 agrees."""
    require("z3")
    from deepcheck.solvers import smt

    monkeypatch.setattr(exact_lp, "PATIENCE", patience)
    for seed in range(40):
        draw = Random(seed)
        unknowns, count = draw.randint(2, 6), draw.randint(5, 25)
        system = Inequalities(
            tuple(tuple(Fraction(draw.randint(-1, 1)) for _ in range(unknowns)) for _ in range(count)),
            tuple(Fraction(draw.choice((0, 0, 0, 1, -1))) for _ in range(count)),
            tuple(draw.random() < 0.3 for _ in range(count)),
        )
        assert type(exact_lp.decide(system)) is type(smt.decide(system))


def test_bland_takes_the_lowest_row_where_the_steepest_edge_is_another():
    tableau = exact_lp._Tableau([[0, 0, -1, 1]], 0, None)
    tableau.tight = [5, 3, 4]
    tableau.edges = [[fmpz(number) for number in edge] for edge in ((1, 0, 9, 0), (9, 0, 1, 0), (0, 1, 9, 0))]
    assert tableau._entering() == 0
    tableau.patience = 0
    assert tableau._entering() == 1


def test_the_corner_of_a_pyramid():
    """max min(x, y) with x + 2 y <= 3, 2 x + y <= 3, and with planes that only touch: 1, at (1, 1)."""
    touching = [((-n, n - 5), 5) for n in range(6)]
    best = exact_lp.maximise_least(rows(((-1, -2), 3), ((-2, -1), 3), *touching), rows(((1, 0), 0), ((0, 1), 0)))
    assert (best.value, best.point) == (1, (1, 1))


def test_a_goal_that_is_far_below_zero_at_the_origin():
    """x - 10 and 20 - 3 x, without rows: both are -5/2 at x = 15/2; weights 3/4 and 1/4."""
    best = exact_lp.maximise_least(rows(), rows(((1,), -10), ((-3,), 20)))
    assert best == exact_lp.Optimum(Fraction(-5, 2), (Fraction(15, 2),), ((0, Fraction(3, 4)), (1, Fraction(1, 4))))


def test_enough_is_enough():
    best = exact_lp.maximise_least(rows(((-1,), 9)), rows(((1,), 0)), enough=Fraction(-1))
    assert (best.value, best.multipliers) == (0, ())


def test_no_time_is_no_answer():
    assert exact_lp.maximise_least(rows(), rows(((1,), -1)), timeout=0) == Undecided("time limit")
    assert exact_lp.decide(rows(((1,), -1), strict=True), timeout=0) == Undecided("time limit")


def test_rows_that_fail_at_the_origin_are_refused():
    with pytest.raises(AssertionError, match="hold at 0"):
        exact_lp.maximise_least(rows(((1,), -1)), rows(((-1,), 0)))


def test_numbers_that_floats_cannot_tell_apart():
    """x > 1, x < 1 + 10^-40, and y above both: floats see one point."""
    tiny = Fraction(1, 10**40)
    system = rows(((1, 0), -1), ((-1, 0), 1 + tiny), ((-1, 1), 0), ((0, -1), 1 + tiny), strict=True)
    assert isinstance(lp.decide(system), Witness)
    closer = rows(((1, 0), -1 - tiny), ((-1, 0), 1 + tiny), strict=True)
    answer = lp.decide(closer)
    assert isinstance(answer, Refutation)
    assert closer.refuted_by(answer.multipliers)


def test_many_rows_are_refuted_by_few():
    """A box of 2000 slanted sides around 0 and a half-plane beyond it."""
    draw = Random(3)
    sides = [((draw.randint(-9, 9), draw.randint(-9, 9), draw.randint(-9, 9)), draw.randint(1, 9)) for _ in range(2000)]
    system = rows(*sides, ((1, 1, 1), -1000))
    for decide in (lp.decide, exact_lp.decide):
        answer = decide(system)
        assert system.refuted_by(answer.multipliers)
        assert len(answer.multipliers) <= 4


def test_what_refutes_a_system():
    system = rows(((1,), -1), ((-1,), 1), ((-1,), 0))
    strictly = rows(((1,), -1), ((-1,), 1), strict=True)
    one = Fraction(1)
    assert system.weighted(((0, one), (2, one))) == (0, -1)
    assert system.refuted_by(((0, one), (2, one)))
    assert strictly.refuted_by(((0, one), (1, one)))
    assert not system.refuted_by(((0, one), (1, one)))
    assert not system.refuted_by(((0, one), (2, 2 * one)))
    assert not rows(((0,), 1)).refuted_by(((0, -one),))
    assert not system.refuted_by(())
    assert not strictly.refuted_by(((0, Fraction(0)), (1, Fraction(0))))
