"""Bounds over parts of a domain hold at points of them, in fractions that use nothing of DeepCheck."""

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import fractions_of, run_exactly
from strategies import DEGENERATE, ORDINARY, networks

import deepcheck
from deepcheck import zoo
from deepcheck.errors import DeepCheckError
from deepcheck.symbolic import bounds as bounding
from deepcheck.symbolic import run
from deepcheck.symbolic.bounds import Bounds
from deepcheck.symbolic.frame import Frame
from deepcheck.symbolic.parts import Blocks, Boxes, Movable
from deepcheck.symbolic.prepared import Prepared

ALL = ORDINARY + DEGENERATE


def outputs_at(model, x):
    """The scores in fractions."""
    return np.array(run_exactly(model, x, slopes=False).outputs[0], dtype=object).ravel()


def frame_of(network):
    """A frame and its input, or nothing where the network has no decided path."""
    try:
        program = deepcheck.load(network.model, **({"decision": "sign"} if network.sigmoid else {}))
    except DeepCheckError:
        assume(False)
    x = network.x[None]
    outcome = run(program, x, sharp=True)
    assume(not outcome.overflow[0] and not outcome.unsettled[0])
    return program, Frame.of(program, x, outcome.path, Prepared.of(program)), x


def step(rng, low, high):
    """A displacement, an end in two of three cases, without rounding."""
    share = Fraction(float(rng.choice([0.0, 1.0, rng.random()])))
    return Fraction(float(low)) + share * (Fraction(float(high)) - Fraction(float(low)))


def points_in(rng, parts, movable, x):
    """For each part a few points of it, in fractions, corners among them."""
    flat = x.reshape(-1)
    for part in range(parts.count):
        for _ in range(4):
            point = fractions_of(flat)
            if isinstance(parts, Boxes):
                for at, element in enumerate(parts.elements[part]):
                    low, high = parts.lower[part, at], parts.upper[part, at]
                    point[element] += step(rng, low, high)
            else:
                for block in range(parts.starts.shape[1]):
                    own = parts.listed[parts.starts[part, block] : parts.ends[part, block]]
                    for feature in rng.permutation(own)[: parts.counts[part, block]]:
                        low, high = movable.lower[feature], movable.upper[feature]
                        point[feature] += step(rng, low, high)
            yield part, point.reshape(x.shape[1:])


def parts_of(rng, kind, size, movable):
    """Random parts: blocks with counts, or boxes, also such that do not hold the input."""
    if kind == "boxes":
        k = min(int(rng.integers(1, 4)), size)
        elements = np.stack([rng.permutation(size)[:k] for _ in range(3)])
        ends = np.sort(rng.uniform(-1, 1, (2, 3, k)), axis=0)
        return Boxes(elements, ends[0], ends[1])
    listed, starts, ends, counts = [], np.zeros((3, 2), int), np.zeros((3, 2), int), np.zeros((3, 2), int)
    for part in range(3):
        order = rng.permutation(size)
        cut = int(rng.integers(0, size + 1))
        for block, own in enumerate((order[:cut], order[cut:])):
            starts[part, block] = sum(map(len, listed))
            listed.append(np.sort(own))
            ends[part, block] = starts[part, block] + len(own)
            counts[part, block] = min(int(rng.integers(0, 3)), len(own))
    return Blocks(movable, np.concatenate(listed), starts, ends, counts, {})


@pytest.mark.parametrize("kind", ["blocks", "boxes"])
@settings(max_examples=60, deadline=None)
@given(network=networks(ALL), seed=st.integers(0, 2**32 - 1))
def test_forms_hold_at_points_of_their_part(kind, network, seed):
    program, frame, x = frame_of(network)
    rng = np.random.default_rng(seed)
    movable = Movable(
        np.arange(program.size)[:, None],
        -rng.choice([0.0, 1.0, rng.random()], program.size),
        rng.choice([0.0, 1.0, rng.random()], program.size),
    )
    parts = parts_of(rng, kind, program.size, movable)
    with np.errstate(all="ignore"):
        bounds = Bounds(frame, parts)
        seeds = np.repeat(np.concatenate([np.eye(program.outputs), -np.eye(program.outputs)]), parts.count, axis=0)
        items = np.tile(np.arange(parts.count), 2 * program.outputs)
        least = bounds.forms(seeds, items).least
        tightened = Bounds(frame, parts, bounds.ranges).forms(seeds, items).least
        late = Bounds(frame, parts, deadline=time.monotonic() - 1).forms(seeds, items).least
    centre = outputs_at(network.model, x[0])
    for part, point in points_in(rng, parts, movable, x):
        moved = outputs_at(network.model, point) - centre
        for row in np.flatnonzero(items == part):
            true = sum(Fraction(float(s)) * m for s, m in zip(seeds[row], moved, strict=True))
            for bound in (least[row], tightened[row], late[row]):
                assert bound == -np.inf or Fraction(float(bound)) <= true


@settings(max_examples=40, deadline=None)
@given(network=networks(ORDINARY), seed=st.integers(0, 2**32 - 1))
def test_ranges_of_a_point_are_tight(network, seed):
    program, frame, x = frame_of(network)
    rng = np.random.default_rng(seed)
    element = rng.integers(program.size)
    there = rng.uniform(-1, 1)
    part = Boxes(np.array([[element]]), np.array([[there]]), np.array([[there]]))
    seeds = np.concatenate([np.eye(program.outputs), -np.eye(program.outputs)])
    least = Bounds(frame, part).forms(seeds, np.zeros(len(seeds), int)).least
    point = fractions_of(x[0].ravel())
    point[element] += Fraction(float(there))
    moved = outputs_at(network.model, point.reshape(x.shape[1:])) - outputs_at(network.model, x[0])
    floats = np.array([float(m) for m in moved])
    size = max(1.0, np.abs(floats).max())
    assert np.allclose(least[: program.outputs], floats, atol=1e-6 * size)
    assert np.allclose(-least[program.outputs :], floats, atol=1e-6 * size)


@pytest.mark.parametrize("passes", [0, 1, 3])
def test_no_pass_back_begins_after_the_deadline(passes, monkeypatch):
    """Tightening stops between two passes; what they found until then is kept, and is a bound on the rest."""
    program = deepcheck.load(zoo.path("digits_10x4"))
    x = np.full((1, *program.input_shape), 0.5, dtype=np.float32)
    frame = Frame.of(program, x, run(program, x, sharp=True).path, Prepared.of(program))
    size = program.size
    box = Boxes(np.arange(size)[None], np.full((1, size), -0.5), np.full((1, size), 0.5))
    whole, began = Bounds(frame, box).ranges, []
    monkeypatch.setattr(bounding, "ROWS_BYTES", 8 * size)  # one row a pass
    passing = Bounds.operands
    monkeypatch.setattr(Bounds, "operands", lambda *given: (began.append(1), passing(*given))[1])
    monkeypatch.setattr(bounding.time, "monotonic", lambda: float(len(began) >= passes))
    found = Bounds(frame, box, deadline=0.5).ranges
    assert len(began) == passes
    for (low, high), (least, largest) in zip(found, whole, strict=True):
        assert (low <= least).all()
        assert (high >= largest).all()
