"""One-feature attacks within bounds of each element, against every level or a fine grid of values in plain NumPy."""

import numpy as np
import pytest
from strategies import dense_network

import deepcheck
from deepcheck import Pixels

LEVELS = 65
GRID = np.arange(LEVELS) / (LEVELS - 1)
"""Numbers that float32 holds exactly, so that the network's own sums below are exact too."""


def drawn(seed):
    """A network of 4 inputs with dyadic weights, an input on the grid, and bounds around it, some frozen."""
    rng = np.random.default_rng(seed)
    layers = [
        (rng.integers(-64, 65, (4, 5)) / 32, rng.integers(-32, 33, 5) / 64),
        (rng.integers(-64, 65, (5, 3)) / 32, rng.integers(-32, 33, 3) / 64),
    ]
    x = GRID[rng.integers(0, LEVELS, 4)]
    lower, upper = x - rng.random(4) * x, x + rng.random(4) * (1 - x)
    still = rng.random(4) < 0.2
    return layers, x, np.where(still, x, lower), np.where(still, x, upper)


def brute_force(layers, x, feature, values):
    """For each value: which labels beat the old one strictly (else -1), with the path kept; and the old label."""
    (first, bias), (second, offset) = layers
    inputs = np.repeat(x[None], len(values) + 1, axis=0)
    inputs[1:, feature] = values
    before = inputs @ first + bias
    scores = np.maximum(before, 0) @ second + offset
    active = before[0] > 0
    kept = ((before >= 0) | ~active).all(axis=1) & ((before <= 0) | active).all(axis=1)
    ranked = np.sort(scores, axis=1)
    strict = ranked[:, -1] > ranked[:, -2]
    won = np.where(kept & strict & (scores.argmax(axis=1) != scores[0].argmax()), scores.argmax(axis=1), -1)
    return won[1:], (kept & ~strict)[1:]


def check_case(seed, *, levels, **preprocessing):
    """Compare one drawn case with brute force; how many features are attackable and how many proved."""
    layers, x, lower, upper = drawn(seed)
    made = deepcheck.load(dense_network(layers_behind(layers, **preprocessing)), **preprocessing)
    result = deepcheck.attack(made, x, domain=Pixels(lower, upper, levels=LEVELS if levels else None))
    found = {attack.features[0]: attack for attack in result.attacks}
    proved = 0
    for feature in range(4):
        values = GRID if levels else np.arange(64 * (LEVELS - 1) + 1) / (64 * (LEVELS - 1))
        values = values[(values >= lower[feature]) & (values <= upper[feature])]
        won, tied = brute_force(layers, x, feature, values)
        hits = {j: values[won == j] for j in set(won.tolist()) - {-1}}
        if feature in found:
            check_attack(found[feature], hits, values, values[tied], (lower[feature], upper[feature]))
        else:
            assert not hits, (seed, feature)
            proved += not tied.any()
    assert result.counts["proved"] >= proved
    return len(found), proved


def check_attack(attack, hits, values, ties, bounds):
    """The intervals and levels of an attack hold the attacking values, and no others."""
    assert hits.keys() <= attack.intervals.keys()
    for label, ((low, high),) in attack.intervals.items():
        assert bounds[0] <= low <= high <= bounds[1]
        mine = hits.get(label, np.zeros(0))
        assert ((mine >= low - 1e-6) & (mine <= high + 1e-6)).all()
        assert set(values[(values > low + 1e-6) & (values < high - 1e-6)]) <= set(mine)
        if attack.levels:
            ((first, last),) = attack.levels[label]
            assert set(mine) <= set(GRID[first : last + 1]) <= set(mine) | set(ties)
    assert bounds[0] <= attack.witness.values[0] <= bounds[1]
    assert attack.witness.replayed


def layers_behind(layers, mean=0.0, std=1.0):
    """The same function of pixels for a network that receives ``(pixel - mean) / std``."""
    (first, bias), rest = layers
    return [(first * std, bias + mean * first.sum(axis=0)), rest]


@pytest.mark.parametrize("preprocessing", [{}, {"mean": 0.5, "std": 0.25}])
@pytest.mark.parametrize("levels", [False, True])
def test_attacks_within_bounds_of_each_element(levels, preprocessing):
    counts = np.array([check_case(seed, levels=levels, **preprocessing) for seed in range(120)])
    attackable, proved = counts.sum(axis=0)
    assert attackable > 30
    assert proved > 200


def widest(self, shape):
    """A planted fault: every element gets the least lower and the largest upper bound."""
    return np.repeat(np.array(self.bounds)[:, None], np.prod(shape), axis=1)


def one_step_outwards(self, shape, original=Pixels.element_bounds):
    """A planted fault: one level too far up."""
    return original(self, shape) + np.array([[0], [1 / (LEVELS - 1)]])


@pytest.mark.parametrize("fault", [widest, one_step_outwards])
@pytest.mark.parametrize("levels", [False, True])
def test_a_planted_fault_is_found(monkeypatch, fault, levels):
    monkeypatch.setattr(Pixels, "element_bounds", fault)
    with pytest.raises(AssertionError):
        [check_case(seed, levels=levels) for seed in range(120)]
