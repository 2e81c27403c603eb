"""What is said about lines holds at points of them, in fractions that use nothing of DeepCheck."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import fractions_of, run_exactly
from plain_networks import FLATTEN, RELU, Net, add, dense, pool
from strategies import DEGENERATE, FLOAT32, ORDINARY, dense_network, networks

import deepcheck
from deepcheck.errors import DeepCheckError
from deepcheck.symbolic import bends, run
from deepcheck.symbolic.exact_line import exact_pieces
from deepcheck.symbolic.segments import Segments
from deepcheck.symbolic.tubes import least_gaps
from deepcheck.symbolic.walking import walk

ALL = ORDINARY + DEGENERATE


def outputs_at(model, x, element, displacement):
    """The scores in fractions, with one element moved."""
    moved = fractions_of(x)
    moved.reshape(-1)[element] += displacement
    return np.array(run_exactly(model, moved, slopes=False).outputs[0], dtype=object).ravel()


def opened(network):
    """A program, its input and the run there, or nothing where the network has no decided path."""
    try:
        program = deepcheck.load(network.model, **({"decision": "sign"} if network.sigmoid else {}))
    except DeepCheckError:
        assume(False)
    outcome = run(program, network.x[None], sharp=True)
    assume(not outcome.overflow[0] and not outcome.unsettled[0])
    return program, network.x[None], outcome


def lines_of(x, rng):
    """A line through every element, reaching as far as 1.5 to both sides."""
    count = x.size
    reach = rng.choice([0.0, 0.25, 1.0, 1.5], size=(2, count))
    return Segments(np.zeros(count, dtype=np.int64), np.arange(count), -reach[0], reach[1] + 0.125)


def share_of(rng):
    return Fraction(float(rng.choice([0.0, 1.0, rng.random(), rng.random()])))


@settings(max_examples=60)
@given(networks(ALL, most=4), st.integers(0, 2**32 - 1))
def test_between_neighbours_outputs_are_interpolations_up_to_the_errors(network, seed):
    program, x, outcome = opened(network)
    rng = np.random.default_rng(seed)
    walked = walk(program, x, outcome.path, lines_of(x, rng))
    line, time, moved = walked.points.line, walked.points.time, walked.deviation
    pieces = np.flatnonzero((line[1:] == line[:-1]) & (time[1:] > time[:-1]))
    origin = outputs_at(network.model, network.x, 0, Fraction(0))
    for p in rng.choice(pieces, min(12, len(pieces)), replace=False):
        share = share_of(rng)
        when = Fraction(float(time[p])) * (1 - share) + Fraction(float(time[p + 1])) * share
        truth = outputs_at(network.model, network.x, int(line[p]), when) - origin
        ends = fractions_of(moved.value[p]) * (1 - share) + fractions_of(moved.value[p + 1]) * share
        error = Fraction(float(moved.error[p])) * (1 - share) + Fraction(float(moved.error[p + 1])) * share
        assert max(abs(t - e) for t, e in zip(truth, ends, strict=True)) <= error


@settings(max_examples=60)
@given(networks(ALL, most=4), st.integers(0, 2**32 - 1), st.sampled_from([1, 3]))
def test_a_label_falls_at_most_as_far_as_the_tube_says(network, seed, parts):
    program, x, outcome = opened(network)
    rng = np.random.default_rng(seed)
    segments = lines_of(x, rng).cut(parts)
    least = least_gaps(program, x, outcome.path, outcome.labels, segments)
    decision, label = program.decided(), int(outcome.labels[0])
    origin = decision.scores(outputs_at(network.model, network.x, 0, Fraction(0))[None])[0]
    for row in rng.choice(len(segments), min(12, len(segments)), replace=False):
        share = share_of(rng)
        low, high = (Fraction(float(end[row])) for end in (segments.lower, segments.upper))
        when = low * (1 - share) + high * share
        scores = decision.scores(outputs_at(network.model, network.x, int(segments.element[row]), when)[None])[0]
        for other, bound in enumerate(least[row]):
            truth = (scores[label] - scores[other]) - (origin[label] - origin[other])
            assert not Fraction(float(bound)) > truth


@settings(max_examples=40)
@given(networks(ALL, most=3), st.integers(0, 2**32 - 1))
def test_exact_pieces_are_exact_and_join(network, seed):
    program, x, _ = opened(network)
    rng = np.random.default_rng(seed)
    element = int(rng.integers(x.size))
    lower, upper = Fraction(-1, 3), Fraction(5, 4)
    pieces = list(exact_pieces(program, x, element, lower, upper))
    assert (pieces[0].lower, pieces[-1].upper) == (lower, upper)
    assert all(a.upper == b.lower and a.lower < a.upper for a, b in pairwise(pieces))
    for piece in pieces[:6]:
        when = piece.lower + (piece.upper - piece.lower) * share_of(rng)
        truth = outputs_at(network.model, network.x, element, when)
        assert (truth == piece.values + piece.slopes * when).all()


def hat():
    """``relu(2 x - 1) - relu(4 x - 3)``: breaks at 1/2 and 3/4."""
    return deepcheck.load(dense_network([([[2, 4]], [-1, -3]), ([[1, 0], [-1, 0]], [0, 0.25])]))


def test_pieces_by_hand():
    program, x = hat(), np.array([[0.25]], FLOAT32)
    lines = Segments(np.array([0]), np.array([0]), np.array([-0.25]), np.array([0.75]))
    walked = walk(program, x, run(program, x).path, lines)
    assert walked.points.time.tolist() == [-0.25, 0.25, 0.5, 0.75]
    assert walked.deviation.value[:, 0].tolist() == [0.0, 0.0, 0.5, 0.0]
    pieces = list(exact_pieces(program, x, 0, Fraction(-1, 4), Fraction(3, 4)))
    assert [(p.lower, p.upper, p.slopes[0]) for p in pieces] == [
        (Fraction(-1, 4), Fraction(1, 4), 0),
        (Fraction(1, 4), Fraction(1, 2), 2),
        (Fraction(1, 2), Fraction(3, 4), -2),
    ]
    least = least_gaps(program, x, run(program, x).path, np.array([1]), lines)
    assert -1.0 <= least[0, 0] <= -0.5


def test_a_residual_is_refined_with_the_branch_beside_it():
    """``x + relu(x - 1/2)`` bends once, and what passes beside the branch gets the new point too."""
    steps = (dense([[1.0]], [-0.5]), RELU, add(0), dense([[1.0, 0.0]], [0.0, 2.0]))
    net = Net((1,), steps)
    program, x = deepcheck.load(net.model), np.array([[0.25]], FLOAT32)
    lines = Segments(np.array([0]), np.array([0]), np.array([-0.25]), np.array([0.75]))
    walked = walk(program, x, run(program, x).path, lines)
    assert walked.points.time.tolist() == [-0.25, 0.25, 0.75]
    assert walked.deviation.value[:, 0].tolist() == [-0.25, 0.25, 1.25]


def test_the_largest_of_four_by_hand():
    """``max(1/2, t, 0, 0)`` against 3/4: the second label leads until ``t`` is 3/4."""
    net = Net((1, 2, 2), (pool(2, 1), FLATTEN, dense([[1.0, 0.0]], [0.0, 0.75])))
    program, x = deepcheck.load(net.model), np.array([[[[0.5, 0.0], [0.0, 0.0]]]], FLOAT32)
    outcome, lines = run(program, x), Segments(np.array([0]), np.array([1]), np.array([0.0]), np.array([1.0]))
    walked = walk(program, x, outcome.path, lines)
    assert walked.points.time.tolist() == [0.0, 0.5, 1.0]
    assert walked.deviation.value[:, 0].tolist() == [0.0, 0.0, 0.5]
    least = least_gaps(program, x, outcome.path, outcome.labels, lines)
    assert -1.0 <= least[0, 0] <= -0.5
    assert [(p.lower, p.upper) for p in exact_pieces(program, x, 1, Fraction(0), Fraction(1))] == [
        (0, Fraction(1, 2)),
        (Fraction(1, 2), 1),
    ]


@pytest.mark.parametrize("fault", ["crossings", "bent"])
def test_a_fault_in_a_kernel_is_seen(monkeypatch, fault):
    """With no points inserted, the error says how far the pieces bend; with bends forgotten, the claim fails."""
    if fault == "crossings":
        monkeypatch.setattr(bends, "crossings", lambda *_, steps: 0)
    else:
        inner = bends.bent

        def forgetful(*given, steps):
            inner(*given, steps=steps)
            given[-1][:] = 0

        monkeypatch.setattr(bends, "bent", forgetful)
        monkeypatch.setattr(bends, "crossings", lambda *_, steps: 0)
    program, x = hat(), np.array([[0.25]], FLOAT32)
    lines = Segments(np.array([0]), np.array([0]), np.array([-0.25]), np.array([0.75]))
    walked = walk(program, x, run(program, x).path, lines)
    assert walked.points.time.tolist() == [-0.25, 0.75]
    off = abs(0.5 - 0.75 * walked.deviation.value[1, 0])
    assert (off <= walked.deviation.error.max()) == (fault == "crossings")
