"""What is said of a network too large for exact arithmetic: less, and never anything else."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import DEGENERATE, ORDINARY, dense_network, networks

import deepcheck
from deepcheck import UncertifiedPath
from deepcheck.attacks import search
from deepcheck.errors import InputError
from deepcheck.symbolic import concrete, run


@pytest.fixture
def large(monkeypatch):
    """Every network counts as too large for exact arithmetic."""
    monkeypatch.setattr(concrete, "EXACT_PRODUCTS", -1)
    monkeypatch.setattr(search, "EXACT_PRODUCTS", -1)


def outcomes(result):
    """What is said of each feature."""
    return result.columns.outcomes[0]


ON_A_BORDER = dense_network([(np.eye(2), np.zeros(2)), ([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.25])])
"""ReLU of the input itself: at 0 its sign is exact, behind a sum of thirds it is not."""
THIRDS = dense_network([([[1 / 3, 1.0], [-1 / 3, 1.0]], [0.0, 0.0]), ([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])])


def test_an_input_on_a_border_that_rounding_hides_is_undecided(large):
    """x0 / 3 - x1 / 3 is exactly 0 in real arithmetic, and floats cannot certify the sign of 0 there."""
    program = deepcheck.load(THIRDS)
    x = np.float32([0.7, 0.7])
    assert run(program, program.model_input(x)).unsettled.tolist() == [True]
    result = deepcheck.attack(program, x)
    assert result.verdict == "undecided"
    assert "too large for exact arithmetic" in result.reason
    assert result.counts == {"attackable": 0, "replayed": 0, "proved": 0, "undecided": 2, "untried": 0}
    with pytest.warns(UncertifiedPath, match="float64"):
        scores = deepcheck.importance(program, x, metric="co")
    assert np.isfinite(scores).all()
    with pytest.raises(InputError, match="too large"):
        deepcheck.conditions(program, x, 0, label=0)
    with pytest.raises(InputError, match="too large"):
        deepcheck.translate(program, "python", x)


def test_what_floats_settle_is_settled_all_the_same(large):
    program = deepcheck.load(ON_A_BORDER)
    x = np.float32([0.75, 0.125])
    assert not run(program, program.model_input(x)).unsettled.any()
    result = deepcheck.attack(program, x)
    assert result.counts["undecided"] == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deepcheck.importance(program, x)


@settings(max_examples=80)
@given(network=networks(ORDINARY + DEGENERATE))
def test_nothing_is_said_that_exact_arithmetic_would_not_say(network):
    program = deepcheck.load(network.model)
    with np.errstate(all="ignore"):
        exact = deepcheck.attack(program, network.x, features_as="element")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(concrete, "EXACT_PRODUCTS", -1)
            patch.setattr(search, "EXACT_PRODUCTS", -1)
            floats = deepcheck.attack(program, network.x, features_as="element")
    assert sum(floats.counts.values()) - floats.counts["replayed"] == program.size
    for told, true in zip(outcomes(floats), outcomes(exact), strict=True):
        assert told == true or told == search.Outcome.ROUNDING
