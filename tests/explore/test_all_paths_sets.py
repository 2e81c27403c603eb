"""Sets of one, two and three features of small networks over all paths, against an exact answer for every set."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from all_paths_checks import check_all_paths, check_verdict, dense_steps, image_steps, questions, weights
from all_paths_oracle import AllPaths, every_level
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from oracles import onnx_label
from plain_networks import FLATTEN, RELU, Net, convolve, dense, pool

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import OptionError

LONGEST = {2: 1.0, 3: 1.0}
"""Seconds for the sets of one input; single features take as long as they take."""
SIZES = pytest.mark.parametrize("size", [1, 2, 3])
LIMITS = {1: 30, 2: 7, 3: 4}
MOST = {1: 9, 2: 6, 3: 5}
"""Examples, and the largest inputs, for sets of each size: the oracle takes its time."""


def relaxed(examples):
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def ask(net, x, size, **options):
    options = {"features_as": "element", "timeout": LONGEST.get(size), **options}
    return deepcheck.attack(deepcheck.load(net.model), x, size=size, paths="all", **options)


@SIZES
def test_every_set(size):
    @relaxed(LIMITS[size])
    @given(questions(), st.sampled_from([(0.0, 1.0), (-1.0, 2.0)]))
    def check(case, bounds):
        net, x = case
        assume(size <= x.size <= MOST[size])
        oracle = AllPaths(net, x, *bounds)
        event(check_all_paths(ask(net, x, size, domain=Pixels(*bounds)), oracle, size))

    check()


@SIZES
def test_a_target(size):
    @relaxed(LIMITS[size] // 2)
    @given(questions(labels=(2, 3), sizes=(3, 4)), st.integers(0, 2))
    def check(case, choice):
        net, x = case
        oracle = AllPaths(net, x)
        target = oracle.others[choice % len(oracle.others)]
        event(check_all_paths(ask(net, x, size, target=target), oracle, size, target=target))

    check()


@SIZES
def test_bounds_of_each_element_some_frozen(size):
    @relaxed(LIMITS[size] // 2)
    @given(questions(sizes=(3, 4)), st.integers(0, 2**32 - 1))
    def check(case, seed):
        net, x = case
        steps = np.random.default_rng(seed).choice([0, 0.25, 0.5], size=(2, *x.shape)).astype(x.dtype)
        lower, upper = (x - steps[0]).astype(np.float64), (x + steps[1]).astype(np.float64)
        oracle = AllPaths(net, x, lower, upper)
        event(check_all_paths(ask(net, x, size, domain=Pixels(lower, upper)), oracle, size))

    check()


@SIZES
def test_only_some_features(size):
    @relaxed(4)
    @given(questions(kinds=("floats", "eighths"), sizes=(5,)), st.data())
    def check(case, data):
        net, x = case
        chosen = sorted(data.draw(st.sets(st.integers(0, x.size - 1), min_size=size, max_size=4)))
        oracle = AllPaths(net, x)
        others = np.setdiff1d(np.arange(x.size), chosen)
        excluded = ~np.isin(np.arange(x.size), chosen) if x.ndim == 1 else others
        event(check_all_paths(ask(net, x, size, features=chosen), oracle, size, features=chosen))
        event(check_all_paths(ask(net, x, size, exclude=excluded), oracle, size, features=chosen))

    check()


@pytest.mark.parametrize("size", [1, 2])
def test_pixels_of_three_channels(size):
    """A pixel is three elements, which change together: Z3 decides them."""

    @relaxed(6)
    @given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 2.0]))
    def check(seed, ahead):
        rng = np.random.default_rng(seed)
        shape = (3, 1, 3)
        x = (rng.integers(0, 5, shape) / 4).astype(np.float32)
        steps = [dense_after_flattening(rng, 9, 4), RELU, dense_after_flattening(rng, 4, 2)]
        net = Net(shape, (FLATTEN, *steps))
        scores = net.float_outputs(x.reshape(1, -1))[0]
        steps[-1].arrays[1][int(np.argmax(scores))] += ahead
        net = Net(shape, (FLATTEN, *steps))
        members = [(i, i + 3, i + 6) for i in range(3)]
        result = ask(net, x, size, features_as="pixel")
        event(check_all_paths(result, AllPaths(net, x), size, members=members))

    check()


def dense_after_flattening(rng, count, width):
    return dense(weights(rng, "eighths", (count, width)), weights(rng, "eighths", (width,)))


@SIZES
def test_levels(size):
    @relaxed(LIMITS[size] // 2)
    @given(questions(), st.sampled_from([2, 4, 5]))
    def check(case, levels):
        net, x = case
        assume(size <= x.size)
        table = [np.float32(k) / np.float32(levels - 1) for k in range(levels)]
        x = np.array(table, np.float32)[np.round(x * (levels - 1)).astype(int)]
        oracle = AllPaths(net, x, table=[Fraction(float(v)) for v in table])
        event(check_all_paths(ask(net, x, size, domain=Pixels(levels=levels)), oracle, size))

    check()


def test_all_256_levels_in_onnxruntime():
    """Single features: what onnxruntime says of every level, wherever its rounding cannot matter."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        made = image_network(rng)
        table = np.arange(256, dtype=np.float32) / np.float32(255)
        x = table[rng.integers(0, 256, made.shape)]
        result = ask(made, x, 1, domain=Pixels(levels=256))
        labels = every_level(made.model, x, table)
        attacks = {attack.features[0]: attack for attack in result.attacks}
        for element in range(x.size):
            batch = np.repeat(x.reshape(1, -1), 256, axis=0)
            batch[:, element] = table
            scores = np.sort(made.float_outputs(batch), axis=1)
            sure = scores[:, -1] - scores[:, -2] > 1e-4
            found = np.full(256, result.label)
            for label, spans in attacks[element].levels.items() if element in attacks else ():
                for low, high in spans:
                    found[low : high + 1] = label
            np.testing.assert_array_equal(found[sure], labels[element][sure])


def image_network(rng):
    shape = (1, 4, 4)
    steps = [convolve(weights(rng, "floats", (3, 1, 2, 2)) * 2, weights(rng, "floats", (3,))), RELU, pool(2, 1)]
    width = Net(shape, (*steps, FLATTEN)).shapes[-1][0]
    return Net(shape, (*steps, FLATTEN, dense(weights(rng, "floats", (width, 4)), weights(rng, "floats", (4,)))))


@SIZES
def test_a_batch_is_its_inputs_one_by_one(size):
    @relaxed(3)
    @given(questions(makers=(dense_steps,), kinds=("floats", "sparse"), sizes=(4,)), st.integers(0, 2**32 - 1))
    def check(case, seed):
        net, x = case
        rng = np.random.default_rng(seed)
        batch = np.stack([x, rng.random(x.shape).astype(x.dtype), x[::-1], np.round(x)])
        together = ask(net, batch, size)
        assert len(together) == 4
        for one, alone in zip(together, (ask(net, each, size) for each in batch), strict=True):
            assert one.label == alone.label
            if not one.counts["untried"] and not alone.counts["untried"]:
                assert (one.verdict, one.counts) == (alone.verdict, alone.counts)
                assert one.attackable == alone.attackable

    check()


@SIZES
def test_permuted_inputs_have_permuted_answers(size):
    @relaxed(4)
    @given(questions(makers=(dense_steps,), kinds=("floats", "sparse"), sizes=(4, 5)), st.integers(0, 2**32 - 1))
    def check(case, seed):
        net, x = case
        order = np.random.default_rng(seed).permutation(x.size)
        first = net.steps[0]
        moved = Net(net.shape, (dense(first.arrays[0][order], first.arrays[1]), *net.steps[1:]), final=net.final)
        before, after = ask(net, x, size), ask(moved, x[order], size)
        assume(not before.counts["untried"] and not after.counts["untried"])
        assert (before.verdict, before.counts) == (after.verdict, after.counts)
        back = {tuple(sorted(int(order[f]) for f in features)) for features in after.attackable}
        assert back == set(before.attackable)

    check()


@SIZES
def test_along_the_path_implies_along_any(size):
    @relaxed(4)
    @given(questions())
    def check(case):
        net, x = case
        assume(size <= x.size)
        program = deepcheck.load(net.model)
        same = deepcheck.attack(program, x, size=size, features_as="element")
        every = ask(net, x, size)
        listed = [set(features) for features in every.attackable]
        if not every.counts["untried"]:
            assert all(any(found <= set(features) for found in listed) for features in same.attackable)
        assert every.counts["proved"] <= same.counts["proved"]

    check()


@SIZES
@pytest.mark.parametrize("timeout", [1e-9, 1e-3])
def test_a_time_limit_never_proves_too_much(size, timeout):
    @relaxed(4)
    @given(questions(makers=(dense_steps, image_steps) if size < 3 else (dense_steps,), sizes=(4, 5)))
    def check(case):
        net, x = case
        assume(x.size <= MOST[size])
        result = ask(net, x, size, timeout=timeout)
        check_all_paths(result, AllPaths(net, x), size, complete=False)

    check()


@SIZES
def test_the_first_is_an_attack(size):
    @relaxed(4)
    @given(questions(sizes=(4,)))
    def check(case):
        net, x = case
        oracle = AllPaths(net, x)
        result = ask(net, x, size, first=True, timeout=None)
        counts = result.counts
        check_verdict(result, sum(counts[name] for name in ("attackable", "proved", "undecided", "untried")))
        for features in result.attackable:
            assert oracle.attackable(features)
        sets = itertools.combinations(range(x.size), size)
        if oracle.agrees and any(oracle.roomy(s) for s in sets):
            assert result.attackable

    check()


def test_a_regression_has_no_label():
    rng = np.random.default_rng(0)
    net = Net((3,), (dense_after_flattening(rng, 3, 4), RELU, dense_after_flattening(rng, 4, 1)))
    with pytest.raises(deepcheck.DeepCheckError):
        ask(net, np.full(3, 0.5, np.float32), 1)


@SIZES
def test_options_without_meaning(size):
    rng = np.random.default_rng(0)
    net = Net((4,), (dense_after_flattening(rng, 4, 4), RELU, dense_after_flattening(rng, 4, 2)))
    x = np.full(4, 0.5, np.float32)
    assert onnx_label(net.model, x) in (0, 1)
    for options in ({"timeout": 0}, {"target": 7}, {"paths": "some"}):
        with pytest.raises(OptionError):
            deepcheck.attack(deepcheck.load(net.model), x, **{"size": size, "paths": "all", **options})
    with pytest.raises(OptionError):
        ask(net, x, 5)
