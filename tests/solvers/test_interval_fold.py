"""The float intervals against fractions: inner within exact within outer, on many systems at once."""

from fractions import Fraction

import numpy as np
import pytest
from oracles import Span
from requirements import require

from deepcheck.program import Bounded
from deepcheck.solvers import ExactFold, ExactInterval, Fold, Interval

SYSTEMS, ROWS = 12_000, 5
KINDS = ("normal", "integers", "ties", "zero values", "parallel", "huge", "tiny", "subnormal", "mixed", "all zero")


def systems(kind, count, rng):
    """Values and slopes ``(count, ROWS)`` with true values anywhere within errors ``(count, ROWS)``."""
    value, slope = rng.normal(size=(2, count, ROWS))
    match kind:
        case "integers":
            value, slope = rng.integers(-2, 3, size=(2, count, ROWS)).astype(float)
        case "ties":
            slope = rng.choice([-1.0, 1.0], size=slope.shape)
            value = slope * rng.choice([-0.5, 0.5], size=value.shape)
        case "zero values":
            value = np.zeros_like(value)
        case "parallel":
            slope = np.broadcast_to(slope[:, :1], slope.shape).copy()
        case "huge":
            value, slope = value * 1e200, slope * 1e250
        case "tiny":
            value, slope = value * 1e-200, slope * 1e-250
        case "subnormal":
            value, slope = value * 2.0**-1070, slope * 2.0 ** rng.integers(-1070, 3, size=slope.shape)
        case "mixed":
            value = value * 10.0 ** rng.integers(-300, 300, size=value.shape)
            slope = slope * 10.0 ** rng.integers(-300, 300, size=slope.shape)
        case "all zero":
            value = rng.integers(-1, 2, size=value.shape).astype(float)
            slope = np.zeros_like(slope)
    return value, slope


def truth(rng, value, relative):
    """True numbers and bounds on how far the given ones are off: sometimes 0, sometimes larger than they are."""
    error = np.abs(value) * relative * rng.choice([0.0, 1.0], size=(len(value), 1))
    share = rng.choice([-1.0, 0.0, 0.5, 1.0], size=value.shape)
    return [
        [Fraction(v) + Fraction(s) * Fraction(e) for v, s, e in zip(*row, strict=True)]
        for row in zip(value.tolist(), share.tolist(), error.tolist(), strict=True)
    ], error


def below(a, b):
    """``a <= b`` for a float (perhaps infinite) and a fraction or None; None for minus infinity."""
    return a == -np.inf or (b is not None and a != np.inf and Fraction(a) <= b)


def check(interval, spans, start):
    """Nothing outside ``outer`` is a solution; everything inside ``inner`` is one."""
    outer_lower, inner_lower, inner_upper, outer_upper = (
        getattr(interval, name).tolist() for name in ("outer_lower", "inner_lower", "inner_upper", "outer_upper")
    )
    for i, span in enumerate(spans):
        if not span.empty:
            low, high = (start[0] if span.low is None else span.low), (start[1] if span.high is None else span.high)
            assert below(outer_lower[i], low), i
            assert outer_upper[i] == np.inf or outer_upper[i] >= high, i
            assert not interval.empty[i]
        if inner_lower[i] <= inner_upper[i]:
            ends = [v for v in (inner_lower[i], inner_upper[i]) if np.isfinite(v)]
            for end in ends:
                assert Fraction(end) in span, (i, end)
            if inner_upper[i] == np.inf:
                assert span.high is None or span.high >= Fraction(np.finfo(float).max), i
            if inner_lower[i] == -np.inf:
                assert span.low is None or span.low <= -Fraction(np.finfo(float).max), i


@pytest.mark.parametrize("relative", [0.0, 2.0**-40, 0.25, 2.0])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("guards", [True, False], ids=["guards", "goals"])
def test_inner_lies_within_exact_lies_within_outer(kind, relative, guards):
    rng = np.random.default_rng([KINDS.index(kind), int(relative * 2**40), guards])
    count = SYSTEMS // len(KINDS) // 4
    value, slope = systems(kind, count, rng)
    true_value, value_error = truth(rng, value, relative)
    true_slope, slope_error = truth(rng, slope, relative)
    bound = 10.0 ** rng.integers(-3, 4, size=count)
    everywhere = np.where(rng.random(count) < 0.5, np.inf, bound)
    fold = Fold(Interval(-everywhere, -everywhere, everywhere, everywhere))
    present = rng.random(value.shape) < 0.9
    if guards:
        # A guard's true value is never negative.
        true_value = [[max(v, Fraction(0)) for v in row] for row in true_value]
        value = np.where([[v == 0 for v in row] for row in true_value], 0.0, np.abs(value))
        true_value = [[abs(t) for t in row] for row in true_value]
        off = [
            [abs(Fraction(v) - t) for v, t in zip(*pair, strict=True)]
            for pair in zip(value.tolist(), true_value, strict=True)
        ]
        value_error = np.array([[float(o) * (1 + 2**-50) + (o > 0) * 5e-324 for o in row] for row in off])
        half = ROWS // 2
        for part in (slice(0, half), slice(half, ROWS)):
            fold.emit(
                Bounded(value[:, part], value_error[:, part], np.zeros(count)),
                Bounded(slope[:, part], slope_error[:, part], np.zeros(count)),
                present[:, part],
            )
    else:
        present[:] = True
        fold.require(Bounded(value, value_error, np.zeros(count)), Bounded(slope, slope_error, np.zeros(count)))
    spans = []
    for i in range(count):
        end = everywhere[i]
        span = Span() if end == np.inf else Span(-Fraction(end), Fraction(end))
        for v, s, here in zip(true_value[i], true_slope[i], present[i], strict=True):
            span = span.cut(v, s, strict=False) if here else span
        spans.append(span)
    check(fold.interval, spans, (Fraction(0), Fraction(0)))


def test_without_errors_the_intervals_are_sharp():
    fold = Fold(Interval(*(np.array([v]) for v in (-10.0, -10.0, 10.0, 10.0))))
    values, slopes = np.array([[1.0, 2.0, 0.0]]), np.array([[2.0, -1.0, 0.0]])
    none = np.zeros((1, 3))
    fold.emit(Bounded(values, none, np.zeros(1)), Bounded(slopes, none, np.zeros(1)), np.ones((1, 3), bool))
    found = fold.interval
    for end, expected in (("outer_lower", -0.5), ("inner_lower", -0.5), ("inner_upper", 2), ("outer_upper", 2)):
        assert getattr(found, end)[0] == pytest.approx(expected, rel=1e-9)
    assert found.outer_lower[0] <= -0.5 <= found.inner_lower[0]
    assert found.inner_upper[0] <= 2 <= found.outer_upper[0]
    assert found.solid[0]
    assert not found.empty[0]


def test_a_slope_that_overflowed_certifies_nothing():
    for slope in (np.nan, np.inf, -np.inf):
        fold = Fold(Interval(*(np.array([v]) for v in (-1.0, -1.0, 1.0, 1.0))))
        error = np.array([[np.inf]])
        fold.emit(
            Bounded(np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1)),
            Bounded(np.array([[slope]]), error, np.zeros(1)),
            np.ones((1, 1), bool),
        )
        assert not (fold.interval.inner_lower < 0)[0] or not (fold.interval.inner_upper > 0)[0]
        assert not fold.interval.empty[0]


SMALL = [Fraction(n, d) for n in range(-3, 4) for d in (1, 2)]


def brute_force_holds(rows, d):
    return all(v + s * d > 0 or (not strict and v + s * d == 0) for v, s, strict in rows)


def test_exact_intervals_hold_what_brute_force_says():
    rng = np.random.default_rng(5)
    points = sorted({Fraction(n, 12) for n in range(-60, 61)} | {Fraction(n, 7) for n in range(-14, 15)})
    for _ in range(1500):
        rows = [
            (SMALL[rng.integers(len(SMALL))], SMALL[rng.integers(len(SMALL))], bool(rng.integers(2)))
            for _ in range(rng.integers(1, 5))
        ]
        interval = ExactInterval()
        for value, slope, strict in rows:
            interval = interval.require(value, slope, strict=strict)
        good = [d for d in points if brute_force_holds(rows, d)]
        assert [d for d in points if interval.contains(d)] == good
        assert not (interval.empty and good)
        if interval.empty:
            assert not any(interval.contains(d) for d in points)
        elif interval.lower is not None and interval.upper is not None:
            assert brute_force_holds(rows, (interval.lower + interval.upper) / 2)


def test_exact_folds_are_the_same_as_one_row_at_a_time():
    from deepcheck.program import from_floats

    rng = np.random.default_rng(6)
    values, slopes = np.abs(rng.integers(-3, 4, (40, 6))) / 4, rng.integers(-2, 3, (40, 6)) / 8
    present = rng.random((40, 6)) < 0.7
    fold = ExactFold(40)
    fold.emit(from_floats(values), from_floats(slopes), present)
    for i, found in enumerate(fold.intervals):
        span = Span()
        for v, s, here in zip(values[i], slopes[i], present[i], strict=True):
            span = span.cut(Fraction(v), Fraction(s), strict=False) if here else span
        assert (found.lower, found.upper) == (span.low, span.high)
        assert not found.empty


def test_z3_agrees_about_systems_of_one_unknown():
    z3 = require("z3")
    rng = np.random.default_rng(7)
    feasible = 0
    for _ in range(300):
        rows = [
            (SMALL[rng.integers(len(SMALL))], SMALL[rng.integers(len(SMALL))], bool(rng.integers(2)))
            for _ in range(rng.integers(2, 6))
        ]
        interval = ExactInterval()
        d, solver = z3.Real("d"), z3.Solver()
        for value, slope, strict in rows:
            interval = interval.require(value, slope, strict=strict)
            left = z3.Q(value.numerator, value.denominator) + z3.Q(slope.numerator, slope.denominator) * d
            solver.add(left > 0 if strict else left >= 0)
        found = solver.check() == z3.sat
        assert found != interval.empty
        if found:
            point = solver.model().eval(d, model_completion=True).as_fraction()
            assert interval.contains(Fraction(point.numerator, point.denominator))
        feasible += found
    assert 60 < feasible < 240
