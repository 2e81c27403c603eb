"""The checks of this suite see faults: each test plants one and expects a check to fail."""

import numpy as np
import pytest
import test_instructions as laws
from attack_oracle import check_result
from instances import AFFINE, BRANCHES
from strategies import Graph, dense_network

import deepcheck
from deepcheck import Pixels
from deepcheck.attacks import Outcome
from deepcheck.program import (
    Bounded,
    Exact,
    Floats,
    Largest,
    NormBounded,
    Piecewise,
    Rationals,
    RunningBounded,
    bounded,
)
from deepcheck.solvers import ExactInterval, Fold

RNG = np.random.default_rng(2)
# Two ReLUs guard the path: label 1 wins far out, but only beyond the border of the path.
GUARDED = dense_network([([[1, -1]], [0.0, 0.5]), ([[0, 1], [0, -3]], [1, 0.0])])
# Every ReLU is active for about half of all inputs, and so is each label.
FIRST, SECOND = RNG.normal(size=(4, 6)), RNG.normal(size=(6, 3))
NETWORK = dense_network([(FIRST, -FIRST.sum(axis=0) / 2), (SECOND, -np.maximum(FIRST, 0).sum(axis=0) / 4 @ SECOND)])
X = np.array([0.85, 0.64, 0.51, 0.27], np.float32)


def attack(model, x, **options):
    return deepcheck.attack(deepcheck.load(model), x, **options)


def check(model, x, **options):
    check_result(attack(model, x, **options), model, x)


def layer(name, among):
    return next(instance for instance in among if instance.name == name)


def change_arms(monkeypatch, change):
    """Replace the arms that every scalar branch takes."""
    right = Piecewise.settle

    def settle(self, arithmetic, z, moves=None):
        arms, certain, borders = right(self, arithmetic, z, moves)
        return change(arms, arithmetic, z), certain, borders

    monkeypatch.setattr(Piecewise, "settle", settle)


def test_without_a_fault_every_check_holds():
    check(NETWORK, X)
    assert attack(NETWORK, X).verdict == "attack"
    check(GUARDED, np.array([0.25], np.float32))
    laws.test_guards_hold_and_are_closed(layer("relu", BRANCHES), "random")
    laws.test_a_transpose_is_a_transpose(layer("convolution 2-D", AFFINE), "random")
    laws.test_error_bounds_contain_the_exact_value(layer("dense", AFFINE), "random", NormBounded())


def test_a_relu_that_takes_the_wrong_arm(monkeypatch):
    change_arms(monkeypatch, lambda arms, arithmetic, z: 1 - arms)
    with pytest.raises(AssertionError):
        laws.test_a_branch_computes_the_plain_function(layer("relu", BRANCHES), "random")
    with pytest.raises(AssertionError):
        check(NETWORK, X)


def test_a_wrong_relu_does_not_replay(monkeypatch):
    """Replay alone, without any oracle of ours, sees it."""
    change_arms(monkeypatch, lambda arms, arithmetic, z: np.ones_like(arms))
    batch = RNG.random((200, 4), np.float32)
    results = attack(NETWORK, batch)
    lost = sum(result.counts["attackable"] - result.counts["replayed"] for result in results)
    assert lost + sum(result.reason == "label depends on rounding" for result in results) > 10


def test_a_relu_that_is_active_at_zero(monkeypatch):
    change_arms(monkeypatch, lambda arms, arithmetic, z: (arithmetic.signs(z)[0] >= 0).astype(np.int8))
    model = dense_network([([[1]], [-0.5]), ([[0, 4]], [1, 0])])
    with pytest.raises(AssertionError):
        check(model, np.array([0.5], np.float32))


def test_a_max_pool_that_takes_the_last_of_equals(monkeypatch):
    def decide(self, arithmetic, z):
        values = arithmetic.gather(self.windows, z)
        flipped = arithmetic.first_largest(_backwards(values), self.present[..., ::-1])
        return (self.windows.shape[-1] - 1 - flipped).astype(np.int16)

    net = Graph(np.random.default_rng(0), "normal", (1, 3))
    net.node("MaxPool", kernel_shape=[3], shape=(1, 1)).node("Flatten", shape=(1,))
    net.node("Gemm", net.store(np.array([[0, 1]], np.float32)), net.store(np.array([0.75, 0], np.float32)), shape=(2,))
    model, x = net.model((1, 3)), np.array([[0.5, 0.5, 0.25]], np.float32)
    check_result(attack(model, x, features_as="element"), model, x)
    monkeypatch.setattr(Largest, "decide", decide)
    with pytest.raises(AssertionError):
        check_result(attack(model, x, features_as="element"), model, x)


def _backwards(values):
    if isinstance(values, np.ndarray):
        return values[..., ::-1]
    if isinstance(values, Rationals):
        return Rationals(values.numerators[..., ::-1], values.denominator)
    error = values.error if values.error.ndim == 1 else values.error[..., ::-1]
    return Bounded(values.value[..., ::-1], error, values.size)


def test_a_guard_that_is_forgotten(monkeypatch):
    monkeypatch.setattr(Fold, "emit", lambda self, values, slopes, present: None)
    with pytest.raises(AssertionError):
        check(GUARDED, np.array([0.25], np.float32), domain=Pixels(0.0, 1.0))


@pytest.mark.parametrize("arithmetic", [NormBounded(), RunningBounded()], ids=["norm", "running"])
def test_an_error_bound_that_is_dropped(monkeypatch, arithmetic):
    monkeypatch.setattr(bounded, "gamma", lambda terms: 0.0)
    monkeypatch.setattr(bounded, "TINY", 0.0)
    with pytest.raises(AssertionError):
        laws.test_error_bounds_contain_the_exact_value(
            layer("dense without bias on rows", AFFINE), "random", arithmetic
        )


def test_a_sign_that_is_always_certain(monkeypatch):
    """Everything from plain floats: a score that only rounding separates gets the wrong label."""
    model = dense_network([([[1e8, 1e8], [1, 0], [-1e8, -1e8]], [0, 0.5])], dtype=np.dtype(np.float64))
    x = np.array([0.1, 0.5 + 2.0**-40, 0.1])
    check_result(attack(model, x), model, x)
    large = dense_network([([[2.0**60], [1], [-(2.0**60)]], [0.0]), ([[0, 1.0]], [0.5, 0])], dtype=np.dtype(np.float64))
    x = np.array([0.5, 0.25, 0.5])
    found = deepcheck.symbolic.run(deepcheck.load(large), x[None])
    assert found.path.arms[0].ravel().tolist() == [1]
    monkeypatch.setattr(
        bounded, "bounded_signs", lambda x: (np.sign(x.value).astype(np.int8), np.ones(x.value.shape, bool))
    )
    found = deepcheck.symbolic.run(deepcheck.load(large), x[None])
    assert found.path.arms[0].ravel().tolist() == [0]


def test_a_tie_rule_that_is_dropped(monkeypatch):
    right = ExactInterval.require
    monkeypatch.setattr(
        ExactInterval, "require", lambda self, value, slope, *, strict: right(self, value, slope, strict=True)
    )
    model, x = dense_network([([[-1, 2, 2]], [1, -1, -1])]), np.zeros(1, np.float32)
    assert attack(model, x).outcomes.tolist() != [Outcome.TIE]
    with pytest.raises(AssertionError):
        check(model, x)


def test_a_transpose_that_forgets_a_reader(monkeypatch):
    right = Exact.gather_transposed

    def forgetful(self, move, x):
        found = right(self, move, x)
        numerators = found.numerators.copy()
        numerators.reshape(-1)[0] = 0
        return Rationals(numerators, found.denominator)

    monkeypatch.setattr(Exact, "gather_transposed", forgetful)
    with pytest.raises(AssertionError):
        laws.test_a_transpose_is_a_transpose(layer("convolution 2-D", AFFINE), "random")


def test_a_weight_that_is_read_wrong(monkeypatch):
    right = Floats.contract

    def off(self, product, x):
        return right(self, product, x) * (1 + 1e-3)

    monkeypatch.setattr(Floats, "contract", off)
    with pytest.raises(AssertionError):
        laws.test_floats_compute_the_plain_layer(layer("dense", AFFINE))
    with pytest.raises(AssertionError):
        laws.test_error_bounds_contain_the_exact_value(layer("dense", AFFINE), "random", NormBounded())
