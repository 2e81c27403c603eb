"""What is said about polygons holds at points of them, in fractions that use nothing of DeepCheck."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import fractions_of, run_exactly
from strategies import DEGENERATE, FLOAT32, ORDINARY, dense_network, networks

import deepcheck
from deepcheck.errors import DeepCheckError
from deepcheck.symbolic import cuts, run
from deepcheck.symbolic.planes import Rectangles, fill


def outputs_at(model, x, elements, displacements):
    """The scores in fractions, with two elements moved."""
    moved = fractions_of(x)
    for element, displacement in zip(elements, displacements, strict=True):
        moved.reshape(-1)[element] += displacement
    return np.array(run_exactly(model, moved, slopes=False).outputs[0], dtype=object).ravel()


def places_of(mesh, corners):
    """Where every vertex is, without rounding: a made one lies at its weight between two others."""
    found = [fractions_of(corner) for corner in corners]
    for vertex in range(len(found), mesh.vertices):
        weight = Fraction(float(mesh.weight[vertex]))
        found.append(found[mesh.left[vertex]] * (1 - weight) + found[mesh.right[vertex]] * weight)
    return found


def area_of(points):
    """Twice the area of a polygon, by its corners."""
    return sum(p[0] * q[1] - p[1] * q[0] for p, q in zip(points, [*points[1:], points[0]], strict=True))


def filled_of(network, seed):
    try:
        program = deepcheck.load(network.model, **({"decision": "sign"} if network.sigmoid else {}))
    except DeepCheckError:
        assume(False)
    assume(network.x.size > 1)
    outcome = run(program, network.x[None], sharp=True)
    assume(not outcome.overflow[0] and not outcome.unsettled[0])
    rng = np.random.default_rng(seed)
    pairs = np.array([rng.choice(network.x.size, 2, replace=False) for _ in range(4)])
    reach = rng.choice([0.0, 0.25, 1.0, 1.5], size=(2, 4, 2))
    rectangles = Rectangles(np.zeros(4, dtype=np.int64), pairs, -reach[0], reach[1] + 0.125)
    return rng, rectangles, fill(program, network.x[None], outcome.path, rectangles)


@settings(max_examples=40)
@given(networks(ORDINARY + DEGENERATE, most=4), st.integers(0, 2**32 - 1))
def test_outputs_are_linear_between_corners_up_to_the_errors(network, seed):
    rng, rectangles, filled = filled_of(network, seed)
    mesh, moved = filled.mesh, filled.deviation
    places = places_of(mesh, rectangles.corners)
    origin = outputs_at(network.model, network.x, (), ())
    for vertex in rng.choice(mesh.vertices, min(8, mesh.vertices), replace=False):
        stored = fractions_of(filled.place.value[vertex])
        assert max(abs(places[vertex] - stored)) <= Fraction(float(filled.place.error[vertex]))
    for polygon in rng.choice(len(mesh.first), min(8, len(mesh.first)), replace=False):
        corners = mesh.corners[mesh.first[polygon] : mesh.first[polygon] + mesh.length[polygon]]
        shares = [Fraction(int(share)) for share in rng.integers(0, 8, len(corners))]
        shares[0] += 1
        shares = [share / sum(shares) for share in shares]
        where = sum(places[v] * share for v, share in zip(corners, shares, strict=True))
        truth = outputs_at(network.model, network.x, rectangles.elements[mesh.plane[polygon]], where) - origin
        ends = sum(fractions_of(moved.value[v]) * share for v, share in zip(corners, shares, strict=True))
        error = sum(Fraction(float(moved.error[v])) * share for v, share in zip(corners, shares, strict=True))
        assert max(abs(t - e) for t, e in zip(truth, ends, strict=True)) <= error


@settings(max_examples=30)
@given(networks(ORDINARY, most=4), st.integers(0, 2**32 - 1))
def test_polygons_fill_their_rectangle_exactly(network, seed):
    _, rectangles, filled = filled_of(network, seed)
    mesh = filled.mesh
    places = places_of(mesh, rectangles.corners)
    areas = [Fraction(0)] * len(rectangles)
    for polygon, plane in enumerate(mesh.plane):
        corners = mesh.corners[mesh.first[polygon] : mesh.first[polygon] + mesh.length[polygon]]
        area = area_of([places[v] for v in corners])
        assert area >= -(2.0**-40)
        areas[plane] += area
    for plane, area in enumerate(areas):
        sides = fractions_of(rectangles.upper[plane]) - fractions_of(rectangles.lower[plane])
        assert abs(area - 2 * sides[0] * sides[1]) <= 2.0**-40


def cross():
    """``relu(x - 1/2)`` and ``relu(y - 1/2)``: four regions."""
    return deepcheck.load(dense_network([([[1, 0], [0, 1]], [-0.5, -0.5]), ([[1, -1], [1, 1]], [0, 0])]))


def test_regions_by_hand():
    program, x = cross(), np.array([[0.25, 0.25]], FLOAT32)
    rectangle = Rectangles(np.array([0]), np.array([[0, 1]]), np.full((1, 2), -0.25), np.full((1, 2), 0.75))
    filled = fill(program, x, run(program, x).path, rectangle)
    assert len(filled.mesh.first) == 4
    corners = {
        tuple(place): tuple(row)
        for place, row in zip(filled.place.value.tolist(), filled.deviation.value.tolist(), strict=True)
    }
    assert corners[0.25, 0.25] == (0.0, 0.0)
    assert corners[0.75, 0.25] == (0.5, -0.5)
    assert corners[0.75, 0.75] == (1.0, 0.0)
    assert len(corners) == 9


def test_without_cuts_the_errors_say_how_far_polygons_bend(monkeypatch):
    monkeypatch.setattr(cuts, "cut", lambda *_, steps: 1)
    program, x = cross(), np.array([[0.25, 0.25]], FLOAT32)
    rectangle = Rectangles(np.array([0]), np.array([[0, 1]]), np.full((1, 2), -0.25), np.full((1, 2), 0.75))
    filled = fill(program, x, run(program, x).path, rectangle)
    assert len(filled.mesh.first) == 1
    # Each bends by at most 1/2, and both count in each output.
    assert filled.deviation.error == pytest.approx(np.ones(4), abs=1e-6)
