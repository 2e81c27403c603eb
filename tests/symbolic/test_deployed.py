"""The bound on a deployed network's rounding holds for every order of summation, and is not far from what happens."""

from fractions import Fraction

import numpy as np
import pytest
from float_orders import ORDERS, Summation, run_in_order
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import onnx_outputs, run_exactly
from strategies import DEGENERATE, ORDINARY, Graph, dense_network, networks

import deepcheck
from deepcheck.program import Constant
from deepcheck.symbolic import run
from deepcheck.symbolic.deployed import Reachable, deployed_errors
from deepcheck.symbolic.movement import movements
from deepcheck.symbolic.weights import column_norms, heaviest, spectral

WAYS = [Summation(order, fused, flush) for order in ORDERS for fused in (False, True) for flush in (False, True)]


def bound(program, x, *, steps=None, moving=1, along=True):
    """How far each output may be off."""
    received = program.model_input(x)
    concrete = run(program, received)
    if concrete.overflow[0]:
        return np.full(program.outputs, np.inf)
    steps = np.zeros((1, program.size)) if steps is None else steps
    seeds = np.eye(program.outputs)[None]
    return deployed_errors(program, received, concrete.path, seeds, Reachable(steps, moving, along))[0]


def off(model, x, output):
    """How far an output is from the exact one."""
    exact = run_exactly(model, x, slopes=False).outputs[0]
    return [abs(Fraction(float(o)) - e) if np.isfinite(o) else None for o, e in zip(output, exact, strict=True)]


def check(model, x, limits, ways=WAYS):
    exact = run_exactly(model, x, slopes=False).outputs[0]
    for how in ways:
        found = run_in_order(model, x, how)
        for value, true, limit in zip(found, exact, limits, strict=True):
            if np.isfinite(limit):
                assert np.isfinite(value), how
                assert abs(Fraction(float(value)) - true) <= Fraction(float(limit)), how


@settings(max_examples=30, deadline=None)
@given(networks(ORDINARY + DEGENERATE), st.integers(0, 2**32 - 1))
def test_no_order_of_summation_leaves_the_bound(network, seed):
    program = deepcheck.load(network.model)
    limits = bound(program, network.x)
    rng = np.random.default_rng(seed)
    ways = [Summation(o, bool(rng.integers(2)), bool(rng.integers(2)), rng) for o in rng.choice(ORDERS, 3)]
    check(network.model, network.x, limits, ways)


@settings(max_examples=30, deadline=None)
@given(networks(ORDINARY + DEGENERATE))
def test_onnxruntime_stays_within_the_bound(network):
    program = deepcheck.load(network.model)
    assume(program.origin.stripped == "")
    limits = bound(program, network.x)
    (output,) = onnx_outputs(network.model, network.x[None])
    found = off(network.model, network.x, output)
    assert all(d is not None and d <= Fraction(float(e)) for d, e in zip(found, limits, strict=True) if np.isfinite(e))


@settings(max_examples=30, deadline=None)
@given(networks(ORDINARY + DEGENERATE), st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_one_bound_covers_a_whole_family(network, seed, along, measured):
    """At most one or two elements anywhere within their steps: along the path, or wherever that leads."""
    program, rng = deepcheck.load(network.model), np.random.default_rng(seed)
    x = network.x
    steps = (rng.random((1, x.size)) * rng.choice([1e-3, 0.3, 2.0])).astype(np.float32).astype(np.float64)
    moving = int(rng.integers(1, 3))
    received = program.model_input(x)
    concrete = run(program, received)
    assume(not concrete.overflow[0])
    moves = movements(program, concrete.path, steps[0], moving) if measured and along else ()
    family = Reachable(steps, moving, along, moves)
    limits = deployed_errors(program, received, concrete.path, np.eye(program.outputs)[None], family)[0]
    for _ in range(3):
        changed = x.copy().ravel()
        chosen = rng.choice(x.size, min(moving, x.size), replace=False)
        for element in chosen:
            share = rng.choice([1.0, -1.0, rng.uniform(-1, 1)])
            step = np.float32(share * steps[0, element] * (1 - 1e-6))
            changed[element] = np.float32(changed[element] + step)
        within = np.abs(changed.astype(np.float64) - x.ravel().astype(np.float64)) <= steps[0]
        changed = changed.reshape(x.shape)
        there = run(program, program.model_input(changed))
        if not within.all() or there.overflow[0]:
            continue
        if along and not all((a == b).all() for a, b in zip(there.path.arms, concrete.path.arms, strict=True)):
            continue
        check(network.model, changed, limits, [Summation(str(rng.choice(ORDERS)), rng=rng)])


def test_a_sum_that_cancels_is_known_to_be_open():
    """2^24 + 1 - 2^24 is 1, or 0 in the other order."""
    model = dense_network([([[2.0**24], [1.0], [-(2.0**24)]], [0.0])])
    x = np.ones(3, np.float32)
    assert {float(run_in_order(model, x, how)[0]) for how in WAYS} >= {0.0, 1.0}
    limit = bound(deepcheck.load(model, decision="sign"), x)
    assert 1.0 <= limit[0] < 64.0


def test_underflow_is_counted():
    """Products below the least normal number: flushed to 0 they are lost, and a large weight brings them back."""
    tiny = np.float32(2.0**-80)
    model = dense_network([([[tiny], [tiny]], [0.0]), ([[2.0**120]], [0.0])])
    x = np.full(2, 2.0**-60, np.float32)
    program = deepcheck.load(model, decision="sign")
    limits = bound(program, x)
    assert limits[0] >= 2.0**-139 * 2.0**120
    check(model, x, limits)


def test_products_that_are_flushed_are_lost():
    """Nothing stands behind the product that would bring in more: no bias, no branch."""
    net = Graph(np.random.default_rng(0), "normal", (2,))
    net.node("MatMul", net.store(np.full((2, 1), 2.0**-80, np.float32)), shape=(1,))
    model, x = net.model((2,)), np.full(2, 2.0**-60, np.float32)
    limits = bound(deepcheck.load(model, decision="sign"), x)
    assert off(model, x, run_in_order(model, x, Summation(flush=True)))[0] == Fraction(1, 2**139)
    check(model, x, limits)


def test_sums_that_may_overflow_have_no_bound():
    model = dense_network([([[3e38], [3e38], [-3e38]], [0.0])])
    assert bound(deepcheck.load(model, decision="sign"), np.ones(3, np.float32))[0] == np.inf


@pytest.mark.parametrize("count", [8, 64, 1024])
def test_the_bound_counts_every_rounding(count):
    """2^24 and then ones: each addition loses one, a whole unit roundoff of the sum; five roundings less are seen."""
    weights = np.ones((count, 1), np.float32)
    weights[0] = 2.0**24
    model, x = dense_network([(weights, [0.0])]), np.ones(count, np.float32)
    limits = bound(deepcheck.load(model, decision="sign"), x)
    check(model, x, limits)
    assert off(model, x, run_in_order(model, x, Summation("forward")))[0] == count - 1
    assert limits[0] <= (count + 4) * (1 + count * 2.0**-23)


def test_constants_below_the_least_normal_number_may_be_read_as_0():
    model = dense_network([([[2.0**-130], [2.0**-130]], [0.0]), ([[2.0**100]], [0.0])])
    x = np.full(2, 2.0**20, np.float32)
    limits = bound(deepcheck.load(model, decision="sign"), x)
    assert limits[0] >= 2.0**-9
    check(model, x, limits)


def test_an_error_goes_on_and_is_multiplied():
    """A sum that is off by 1 behind a branch, times 1000; and a branch that rounding throws over."""
    model = dense_network([([[2.0**24], [1.0], [-(2.0**24)]], [0.0]), ([[1000.0]], [0.0])])
    x = np.ones(3, np.float32)
    limits = bound(deepcheck.load(model, decision="sign"), x)
    assert limits[0] >= 1000.0
    check(model, x, limits)
    active = dense_network([([[2.0**24], [1.0], [-(2.0**24)]], [64.0]), ([[1000.0]], [0.0])])
    limits = bound(deepcheck.load(active, decision="sign"), x)
    assert limits[0] >= 1000.0
    check(active, x, limits)
    negative = dense_network([([[2.0**24], [-1.0], [-(2.0**24)]], [0.5]), ([[1000.0]], [0.0])])
    limits = bound(deepcheck.load(negative, decision="sign"), x)
    assert limits[0] >= 500.0
    check(negative, x, limits)


def test_the_input_may_move_before_it_is_rounded():
    """At 0 nothing rounds; somewhere within the steps 2^24 + 1 does."""
    model = dense_network([([[2.0**24], [1.0], [-(2.0**24)]], [0.0])])
    program, x = deepcheck.load(model, decision="sign"), np.zeros(3, np.float32)
    assert bound(program, x)[0] < 1e-30
    for along in (True, False):
        limits = bound(program, x, steps=np.ones((1, 3)), moving=3, along=along)
        assert limits[0] >= 1.0
        check(model, np.ones(3, np.float32), limits)


def test_a_bias_alone_rounds():
    """A bias far larger than the products: they are lost beside it."""
    model = dense_network([([[1.0]], [2.0**24])])
    x = np.ones(1, np.float32)
    limits = bound(deepcheck.load(model, decision="sign"), x)
    assert limits[0] >= 1.0
    check(model, x, limits)


def test_what_moves_is_rounded_behind_a_branch_too():
    """Behind the branch sums are small at the input, and 2^24 + 1 - 2^24 elsewhere in the family."""
    net = Graph(np.random.default_rng(0), "normal", (3,))
    weights = np.array([[2.0**24], [1.0], [-(2.0**24)]], np.float32)
    net.node("Relu").node("Gemm", net.store(weights), net.store(np.zeros(1, np.float32)), shape=(1,))
    model, x = net.model((3,)), np.full(3, 2.0**-10, np.float32)
    program = deepcheck.load(model, decision="sign")
    assert bound(program, x)[0] < 0.1
    for along in (True, False):
        limits = bound(program, x, steps=np.ones((1, 3)), moving=3, along=along)
        assert limits[0] >= 1.0
        check(model, np.ones(3, np.float32), limits)


def test_a_rival_that_rounding_lifts_counts_in_a_maximum():
    """max(2^25 - 1 - 2^25, -0.5) is -0.5, and 0 in another order: the winner itself is not rounded at all."""
    net = Graph(np.random.default_rng(0), "normal", (3,))
    weights = np.array([[2.0**25, 0], [-1, 0], [-(2.0**25), 0]], np.float32)
    net.node("Gemm", net.store(weights), net.store(np.array([0, -0.5], np.float32)), shape=(2,))
    net.axes("ReduceMax", [1], (1,), since=18, keepdims=1)
    model, x = net.model((3,)), np.ones(3, np.float32)
    assert {float(run_in_order(model, x, how)[0]) for how in WAYS} >= {-0.5, 0.0}
    limits = bound(deepcheck.load(model, decision="sign"), x)
    assert limits[0] >= 0.5
    check(model, x, limits)


def test_constants_that_may_be_fused_must_not_underflow():
    """(x w) f, or x (w f) with w f flushed to 0: of x = 2^60, what is lost is 2^-80."""
    net = Graph(np.random.default_rng(0), "normal", (2,))
    net.node("MatMul", net.store(np.full((2, 1), 2.0**-70, np.float32)), shape=(1,))
    net.node("Mul", net.store(np.float32(2.0**-70)))
    limits = bound(deepcheck.load(net.model((2,)), decision="sign"), np.full(2, 2.0**60, np.float32))
    assert limits[0] >= 2.0**-79


@pytest.mark.parametrize("operator", [{"op": "LeakyRelu", "alpha": 0.01}, {"op": "HardSigmoid", "alpha": 0.3}])
def test_a_branch_that_multiplies_rounds(operator):
    net = Graph(np.random.default_rng(0), "normal", (1,))
    net.node(operator["op"], alpha=operator["alpha"])
    program = deepcheck.load(net.model((1,)), decision="sign")
    for number in np.random.default_rng(4).uniform(-1, 0, 50).astype(np.float32):
        x = np.array([number])
        check(net.model((1,)), x, bound(program, x), [Summation()])


@pytest.mark.parametrize("shape", [(1, 3, 5), (2, 40, 30), (1, 200, 200), (1, 1, 7), (3, 9, 1)])
def test_norms_of_weights_are_bounds(shape):
    values = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    constant = Constant(values)
    true = max(float(np.linalg.norm(matrix.astype(np.longdouble).astype(np.float64), 2)) for matrix in values)
    assert true <= spectral(constant) <= 1.2 * true
    by_hand = np.sort(np.abs(values.astype(np.float64)), axis=1)[:, ::-1][:, :2].sum(axis=1)
    assert (column_norms(constant) >= np.linalg.norm(values.astype(np.float64), axis=1)).all()
    assert (heaviest(constant, 2) >= by_hand).all()
    assert (heaviest(constant, 2) <= by_hand * (1 + 1e-6)).all()


def test_movements_are_those_of_the_columns():
    """By hand: relu(2 a - b), relu(a + b), with a alone or b alone moving by 0.5 and 0.25."""
    model = dense_network([([[2.0, 1.0], [-1.0, 1.0]], [1.0, 1.0]), ([[1.0, -1.0], [1.0, 1.0]], [0.0, 0.0])])
    program = deepcheck.load(model)
    x = np.array([0.5, 0.5], np.float32)
    concrete = run(program, program.model_input(x))
    (first,) = movements(program, concrete.path, np.array([0.5, 0.25]), 1)
    assert first.each.ravel() == pytest.approx([1.0, 0.5])
    assert first.norm == pytest.approx([1.25**0.5])
    (both,) = movements(program, concrete.path, np.array([0.5, 0.25]), 2)
    assert (both.each.ravel() >= [1.25, 0.75]).all()
