"""The compiled kernels for sets: polygons and lattices worked out by hand, and against HiGHS and enumeration."""

import numpy as np
import pytest

from deepcheck.attacks.multipliers import reduced, rows_of
from deepcheck.solvers import lattice, lp, polygon, simplex
from deepcheck.solvers.planes import ATTACKED, L1, LINF, MARGIN, OPEN, REFUTED, Planes


def planes(values, slopes, gaps, rates, lower, upper, origin=None, error=0.0):
    """Rows over ``k`` columns, with errors that are all alike."""
    slopes, rates = np.array(slopes, dtype=float).reshape(len(lower), -1), np.array(rates, dtype=float)
    m, others, lower, upper = len(values), len(gaps), np.array(lower, float), np.array(upper, float)
    origin = np.zeros(len(lower)) if origin is None else origin
    return Planes(
        np.array(values, float), np.full(m, error), slopes, np.full(m, error), np.array(gaps, float),
        np.full(others, error), rates, np.full(others, error), lower, upper, origin, origin + lower, origin + upper,
    )  # fmt: skip


def one(system, objective=MARGIN, bits=53):
    found = polygon.decide(system, np.array([[0, 1, 0]]), objective, bits)
    return found.state[0], found.points[0]


def square(goal, gap, guards=((-1, -1, 1),), **more):
    """The unit square, cut by guards ``a x + b y + c >= 0``; one other label with the lead ``goal . d + gap``."""
    return planes([g[2] for g in guards], np.array([g[:2] for g in guards]).T, [gap], [goal], [0, 0], [1, 1], **more)


def test_a_triangle_that_the_goal_does_not_reach():
    assert one(square((1, 1), -1.5))[0] == REFUTED


def test_a_triangle_that_the_goal_reaches_in_a_corner():
    # x + y <= 1 and x + y / 2 > 3/4: the largest margin 1/4 is at (1, 0).
    state, point = one(square((1, 0.5), -0.75))
    assert state == ATTACKED
    assert point == pytest.approx([1, 0, 0.25], abs=2e-3)
    assert point[0] + point[1] < 1


def test_a_goal_that_only_touches_is_open():
    assert one(square((1, 1), -1.0))[0] == OPEN


def test_the_nearest_points_by_hand():
    # x + 2 y > 1 without guards: the least 1-norm is at (0, 1/2), the least infinity-norm at (1/3, 1/3).
    free = square((1, 2), -1, guards=((0, 0, 1),))
    assert one(free, L1)[1][:2] == pytest.approx([0, 0.5], abs=2e-3)
    assert one(free, LINF)[1][:2] == pytest.approx([1 / 3, 1 / 3], abs=2e-3)


def test_the_margin_is_the_least_lead_over_all_labels():
    # Leads over the original label x, and over the third label x - (x - y) = y: with y <= 1/4 the least is 1/4.
    system = planes([0.25], [[0], [-1]], [0, 0], [[1, 0], [1, -1]], [0, 0], [1, 1])
    state, point = one(system)
    assert state == ATTACKED
    assert point[1:] == pytest.approx([0.25, 0.25], abs=2e-3)


def test_the_largest_margin_in_the_inside_of_an_edge():
    # Leads x and 1 - x: the least is largest where they are equal, at x = 1/2.
    system = planes([], np.zeros((2, 0)), [0, -1], [[1, 0], [2, 0]], [0, 0], [1, 1])
    state, point = one(system)
    assert state == ATTACKED
    assert point[[0, 2]] == pytest.approx([0.5, 0.5], abs=2e-3)


@pytest.mark.parametrize(("goal", "state"), [((1, 1), ATTACKED), ((-1, 0), REFUTED), ((1, -1), ATTACKED)])
def test_a_strip_without_an_end(goal, state):
    # x >= 0 and 0 <= y <= 1 without bounds: x grows without end.
    guards = [[1, 0, 0], [0, 1, -1]]
    system = planes([0, 0, 1], guards, [-100], [goal], [-np.inf] * 2, [np.inf] * 2)
    assert one(system)[0] == state


def test_an_error_bound_turns_a_thin_answer_into_an_open_question():
    assert one(square((1, 1), -1.0 + 1e-6))[0] == ATTACKED
    assert one(square((1, 1), -1.0 + 1e-6, error=1e-4))[0] == OPEN
    assert one(square((1, 1), -1.0 - 1e-6))[0] == REFUTED
    assert one(square((1, 1), -1.0 - 1e-6, error=1e-4))[0] == OPEN


def drawn(rng, k, m, others, bounded):
    origin = rng.uniform(0, 1, k).astype(np.float32).astype(float)
    lower, upper = (-origin, 1 - origin) if bounded else (np.full(k, -np.inf), np.full(k, np.inf))
    return planes(
        rng.uniform(0, 2, m), rng.normal(size=(k, m)), -rng.uniform(0, 2, others), rng.normal(size=(others, k)),
        lower, upper, origin, 1e-13,
    )  # fmt: skip


def by_highs(system, columns, label):
    """The largest margin of a label, by HiGHS."""
    lead = system.gaps[label] - system.gaps
    rates = system.rates[label][columns] - system.rates[:, columns]
    lead[label], rates[label] = system.gaps[label], system.rates[label][columns]
    wanted = lp.FloatSystem(
        system.values, system.slopes[columns].T, lead, rates, system.lower[columns], system.upper[columns]
    )
    found = lp.propose(wanted)
    return found.margin if found.status == "feasible" else -1.0


@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("compiled", [False, True])
def test_polygons_and_simplexes_agree_with_highs(bounded, compiled):
    rng = np.random.default_rng(7)
    if compiled:
        polygon._KERNEL.compile()
        simplex._KERNEL.compile()
    for _ in range(12 if compiled else 2):
        system = drawn(rng, 6, 8, 3, bounded)
        rows = np.array([(a, b, label) for b in range(6) for a in range(b) for label in range(3)])
        found, other = polygon.decide(system, rows), simplex.decide(system, rows)
        assert not (found.state == OPEN).any()
        for row, state, point, second in zip(rows, found.state, found.points, other.state, strict=True):
            best = by_highs(system, row[:2], row[2])
            assert (state == ATTACKED) == (best > 1e-9), (row, best)
            assert second == state or (second == OPEN and not bounded)
            if state == ATTACKED:
                assert point[2] >= 0.99 * best or not bounded
                holds(system, row[:2], row[2], point)


def holds(system, columns, label, point):
    """Every row holds at a witness, in plain NumPy, and its margin is what it says."""
    step = point[:-1] - system.origin[columns]
    assert (point[:-1] == point[:-1].astype(np.float32)).all()
    assert ((step >= system.lower[columns]) & (step <= system.upper[columns])).all()
    assert (system.values + step @ system.slopes[columns] >= 0).all()
    scores = np.concatenate([[0.0], system.gaps + system.rates[:, columns] @ step])
    assert scores[label + 1] - np.delete(scores, label + 1).max() == pytest.approx(point[-1], rel=1e-5)
    assert point[-1] > 0


def test_simplexes_of_three_and_four_agree_with_highs():
    rng = np.random.default_rng(11)
    for size in (3, 4):
        system = drawn(rng, 7, 10, 3, True)
        rows = np.array([(*sorted(rng.choice(7, size, replace=False)), rng.integers(3)) for _ in range(60)])
        found = simplex.decide(system, rows)
        for row, state, point in zip(rows, found.state, found.points, strict=True):
            best = by_highs(system, row[:-1], row[-1])
            assert state != OPEN
            assert (state == ATTACKED) == (best > 1e-9)
            if state == ATTACKED:
                assert point[-1] >= 0.99 * best
                holds(system, row[:-1], row[-1], point)


@pytest.mark.parametrize("objective", [MARGIN, L1, LINF])
@pytest.mark.parametrize("compiled", [False, True])
def test_lattices_agree_with_every_pair_of_levels(objective, compiled):
    rng = np.random.default_rng(5)
    if compiled:
        lattice._KERNEL.compile()
    table = np.float32(np.arange(6)) / np.float32(5)
    for _ in range(20):
        system = drawn(rng, 4, 6, 2, True)
        origin = table[rng.integers(0, 6, 4)].astype(float)
        system = system._replace(origin=origin, least=np.zeros(4), most=np.ones(4), lower=-origin, upper=1 - origin)
        steps = table.astype(float) - origin[:, None]
        values = np.tile(table.astype(float), (4, 1))
        rows = np.array([(a, b, label) for b in range(4) for a in range(b) for label in range(2)])
        found = polygon.decide(system, rows, objective)
        lattice.walk(system, rows, found, steps, values, np.full(4, 6), objective)
        for (a, b, label), state, point in zip(rows, found.state, found.points, strict=True):
            best = every_level(system, steps, (a, b), label, objective)
            assert state == (REFUTED if best is None else ATTACKED)
            if best is not None:
                moved = point[:2] - origin[[a, b]]
                score = {MARGIN: point[2], L1: -abs(moved).sum(), LINF: -abs(moved).max()}[objective]
                assert score == pytest.approx(best, rel=1e-6)


def every_level(system, steps, pair, label, objective):
    """The best of all pairs of levels that work, or None."""
    best = None
    for x in steps[pair[0]]:
        for y in steps[pair[1]]:
            move = np.array([x, y])
            scores = np.concatenate([[0.0], system.gaps + system.rates[:, list(pair)] @ move])
            margin = scores[label + 1] - np.delete(scores, label + 1).max()
            if margin > 0 and (system.values + move @ system.slopes[list(pair)] >= 0).all():
                score = {MARGIN: margin, L1: -abs(move).sum(), LINF: -abs(move).max()}[objective]
                best = score if best is None else max(best, score)
    return best


def proves(system, goals):
    """Do multipliers of the two leads of label 0 refute that column 0 alone gives it both?"""
    still = system._replace(
        lower=np.append(system.lower, 0),
        upper=np.append(system.upper, 0),
        rates=np.pad(system.rates, ((0, 0), (0, 1))),
        slopes=np.pad(system.slopes, ((0, 1), (0, 0))),
    )
    return not reduced(rows_of(still, 0, 1), np.array(goals)).exceeds(np.array([0]))


def test_multipliers_prove_only_what_follows():
    # Leads over the original label x - 1/2, and over the third label x / 2 + 2/5: both positive at x = 1.
    system = planes([], np.zeros((1, 0)), [-0.5, -0.9], [[1], [0.5]], [0], [1])
    columns, kinds = np.array([0]), np.array([-1, -2])
    halves = np.array([[0.0, -0.5], [0.0, -0.5]])
    assert not simplex._proves(system, columns, 0, kinds, halves, np.array([0, 1]))
    assert not proves(system, [0.5, 0.5])
    # With 2 x - 9/10 for the third label they are x - 1/2 and 2/5 - x: never both, and neither alone says so.
    never = planes([], np.zeros((1, 0)), [-0.5, -0.9], [[1], [2]], [0], [1])
    assert simplex._proves(never, columns, 0, kinds, halves, np.array([0, 1]))
    assert proves(never, [0.5, 0.5])
    for alone in ([1.0, 0.0], [0.0, 1.0], [0.0, 0.0]):
        assert not proves(never, alone)
    # An error that is larger than what is missing takes the proof away.
    unsure = planes([], np.zeros((1, 0)), [-0.5, -0.9], [[1], [2]], [0], [1], error=0.05)
    assert not simplex._proves(unsure, columns, 0, kinds, halves, np.array([0, 1]))
    assert not proves(unsure, [0.5, 0.5])
