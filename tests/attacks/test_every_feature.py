"""Every feature of every network, against fractions: attackable, proved or undecided, with every claim of a witness."""

from fractions import Fraction

import numpy as np
import pytest
from attack_oracle import check_result
from hypothesis import event, given, settings
from hypothesis import strategies as st
from strategies import DEGENERATE, FLOAT32, ORDINARY, networks

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import OptionError

FLOAT64 = np.dtype(np.float64)


def level_table(levels, dtype):
    """The numbers that a model of this type receives for the levels."""
    return [Fraction(float(dtype.type(v) / dtype.type(levels - 1))) for v in range(levels)]


@settings(max_examples=150)
@given(networks(ORDINARY))
def test_in_the_unit_interval(network):
    result = deepcheck.attack(deepcheck.load(network.model), network.x, features_as="element")
    event(check_result(result, network.model, network.x))


@settings(max_examples=200)
@given(networks(DEGENERATE))
def test_on_degenerate_networks(network):
    result = deepcheck.attack(deepcheck.load(network.model), network.x, features_as="element")
    event(check_result(result, network.model, network.x))


@settings(max_examples=60)
@given(networks(ORDINARY + DEGENERATE, dtypes=(FLOAT64,), ranks=(1,)))
def test_on_networks_of_float64(network):
    result = deepcheck.attack(deepcheck.load(network.model), network.x, features_as="element")
    event(check_result(result, network.model, network.x))


@settings(max_examples=80)
@given(networks(ORDINARY + DEGENERATE), st.sampled_from([(0.0, 2.5), (-1.0, 1.0), (-0.1, 1.3)]))
def test_in_custom_bounds(network, bounds):
    domain = Pixels(*bounds)
    result = deepcheck.attack(deepcheck.load(network.model), network.x, domain=domain, features_as="element")
    lower, upper = (float(np.float32(end)) for end in bounds)
    event(check_result(result, network.model, network.x, lower=lower, upper=upper))


@settings(max_examples=120)
@given(networks(ORDINARY + DEGENERATE))
def test_unbounded(network):
    program = deepcheck.load(network.model)
    result = deepcheck.attack(program, network.x, domain=Pixels(unbounded=True), features_as="element")
    event(check_result(result, network.model, network.x, lower=None, upper=None))


@settings(max_examples=150)
@given(networks(ORDINARY + DEGENERATE), st.sampled_from([2, 17, 256]))
def test_on_a_grid_of_levels(network, levels):
    table = level_table(levels, FLOAT32)
    x = np.array([float(table[round(v * (levels - 1))]) for v in network.x.ravel().tolist()], np.float32)
    x = x.reshape(network.x.shape)
    result = deepcheck.attack(deepcheck.load(network.model), x, domain=Pixels(levels=levels), features_as="element")
    event(check_result(result, network.model, x, table=table))


@settings(max_examples=80)
@given(networks(ORDINARY + DEGENERATE), st.integers(0, 3))
def test_with_a_target(network, target):
    program = deepcheck.load(network.model)
    label = deepcheck.attack(program, network.x, features_as="element").label
    others = [j for j in range(program.decision.labels) if j != label]
    target = others[target % len(others)]
    result = deepcheck.attack(program, network.x, target=target, features_as="element")
    event(check_result(result, network.model, network.x, target=target))
    with pytest.raises(OptionError, match="target"):
        deepcheck.attack(program, network.x, target=label, features_as="element")


@settings(max_examples=80)
@given(networks(ORDINARY), st.sampled_from([(0.5, 0.25), (0.1307, 0.3081), (-1.0, 3.0)]))
def test_behind_a_preprocessing(network, numbers):
    mean, std = numbers
    result = deepcheck.attack(deepcheck.load(network.model, mean=mean, std=std), network.x, features_as="element")
    received, lower, upper = ((np.float32(v) - np.float32(mean)) / np.float32(std) for v in (network.x, 0, 1))
    assert result.study.x[result.item].tobytes() == received.tobytes()
    units = (Fraction(std), Fraction(mean))
    event(check_result(result, network.model, received, lower=float(lower), upper=float(upper), units=units))
    for attack in result.attacks:
        assert all(0 <= low <= high <= 1 for ((low, high),) in attack.intervals.values())
        pixel = attack.witness.values[0]
        value = np.float32(attack.witness.model_input.reshape(-1)[attack.features[0]])
        assert pixel == pytest.approx(value * std + mean, abs=1e-6)


@settings(max_examples=40)
@given(networks(ORDINARY, ranks=(1, 3)), st.integers(0, 2**32 - 1))
def test_a_batch_is_its_items(network, seed):
    program = deepcheck.load(network.model)
    batch = np.random.default_rng(seed).random((4, *network.x.shape), np.float32)
    together = deepcheck.attack(program, batch, features_as="element")
    assert len(together) == 4
    for item, result in zip(batch, together, strict=True):
        check_result(result, network.model, item)
        alone = deepcheck.attack(program, item, features_as="element")
        assert (alone.verdict, alone.counts, alone.attackable) == (result.verdict, result.counts, result.attackable)


@pytest.mark.parametrize("objective", ["l1", "linf"])
@settings(max_examples=40)
@given(network=networks(ORDINARY))
def test_the_nearest_witness_is_a_witness(objective, network):
    result = deepcheck.attack(deepcheck.load(network.model), network.x, objective=objective, features_as="element")
    check_result(result, network.model, network.x)
