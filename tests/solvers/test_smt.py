"""Z3 behind our interface, and the systems that we hand to it, against the intervals and the oracle."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from oracles import answers, box_spans, run_exactly
from requirements import require
from strategies import DEGENERATE, ORDINARY, networks

import deepcheck
from deepcheck.attacks.conditions import conditions
from deepcheck.constraints import Inequalities, Refutation, Undecided, Witness
from deepcheck.symbolic import run


@pytest.fixture(scope="module")
def decide():
    require("z3")
    from deepcheck.solvers import smt

    return smt.decide


def rows(*given):
    coefficients, constants, strict = zip(*given, strict=True)
    return Inequalities(
        tuple(tuple(Fraction(c) for c in row) for row in coefficients), tuple(map(Fraction, constants)), strict
    )


def test_by_hand(decide):
    """x >= 1/3 and 1/3 - x >= 0 meet in one point; strictly they do not."""
    third = Fraction(1, 3)
    found = decide(rows(((1,), -third, False), ((-1,), third, False)))
    assert found == Witness((third,))
    assert isinstance(decide(rows(((1,), -third, True), ((-1,), third, False))), Refutation)
    two = rows(((1, 1), -1, True), ((-1, 0), Fraction(1, 2), False), ((0, -1), Fraction(1, 2), False))
    assert isinstance(decide(two), Refutation)


@pytest.mark.parametrize("timeout", [0, 1e-9])
def test_no_time_is_a_limit_too(decide, timeout):
    """Four thin slabs across a grid of 40^12 points: nothing that Z3 settles at once."""
    draw = Random(1)
    slabs = [tuple(Fraction(draw.randint(-999, 999)) for _ in range(12)) for _ in range(4)]
    sides = [*slabs, *(tuple(-number for number in slab) for slab in slabs)]
    system = Inequalities(tuple(sides), (Fraction(1),) * 4 + (Fraction(-1, 2),) * 4, (True,) * 8)
    assert isinstance(decide(system, timeout, [[Fraction(level) for level in range(40)]] * 12), Undecided)


def test_time_without_an_end_is_no_limit(decide):
    assert decide(rows(((1,), -1, True), ((-1,), 1, False)), float("inf")) == Refutation()


def test_inequalities_hold_where_every_row_does():
    system = rows(((1,), 0, True), ((-1,), 1, False))
    assert [system.holds((Fraction(n, 2),)) for n in range(-1, 4)] == [False, False, True, True, False]
    assert len(system + system) == 4


@settings(max_examples=40)
@given(network=networks(ORDINARY + DEGENERATE))
def test_conditions_and_z3_agree_with_the_oracle(decide, network):
    """Path, domain and goal of every feature and label: Z3 on our system, half-lines on the oracle's."""
    program = deepcheck.load(network.model)
    result = deepcheck.attack(program, network.x, features_as="element")
    path = run(program, network.x[None]).path
    label, found = answers(run_exactly(network.model, network.x), box_spans(network.x, 0, 1))
    for feature in range(0, program.size, 3):
        for other, span in found[feature].reached.items():
            system = conditions(program, network.x[None], path, [feature], other, result.study.box)
            answer = decide(system)
            assert isinstance(answer, Witness) != span.empty
            if isinstance(answer, Witness):
                assert answer.point[0] in span
    assert result.label == label


def test_a_path_condition_holds_at_the_input():
    from strategies import dense_network

    rng = np.random.default_rng(4)
    model = dense_network([(rng.normal(size=(3, 5)), rng.normal(size=5)), (rng.normal(size=(5, 2)), np.zeros(2))])
    program, x = deepcheck.load(model), rng.random((1, 3), np.float32)
    for feature in range(3):
        system = conditions(program, x, run(program, x).path, [feature], None, None)
        assert len(system) == 5
        assert system.holds((Fraction(0),))
