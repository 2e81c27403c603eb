"""Translated source = the plain layer, for every instruction, in both languages, whole and along a path."""

import re
from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np
import pytest
from instances import AFFINE, BRANCHES
from running import answer, both, compiled, program_of, run_c, run_python

import deepcheck
from deepcheck.program import Piecewise, affine

ZERO, ONE = Fraction(0), Fraction(1)


def program_for(layer):
    """The instruction alone; several operands are slices of one flat input."""
    instruction, total = layer.build(), sum(prod(shape) for shape in layer.shapes)
    if len(layer.shapes) == 1:
        return program_of(instruction, shape=layer.shapes[0])
    slices, start = [], 0
    for shape in layer.shapes:
        slices.append(affine.move(0, (total,), np.arange(start, start + prod(shape)).reshape(shape), kind="slice"))
        start += prod(shape)
    terms = tuple(replace(term, operand=term.operand + 1) for term in instruction.terms)
    return program_of(*slices, replace(instruction, terms=terms), shape=(total,))


def expected_of(layer, x):
    """The plain layer at one flat input."""
    parts = np.split(x, np.cumsum([prod(shape) for shape in layer.shapes])[:-1])
    operands = [part.reshape(1, *shape) for part, shape in zip(parts, layer.shapes, strict=True)]
    return np.ravel(layer.plain(*operands))


def assert_close(found, expected):
    size = 1 + np.abs(expected)
    # Weights reach 1e38, so cancellation is judged against the largest of the results.
    assert found.shape == expected.shape
    assert np.all(np.abs(found - expected) <= 1e-12 * np.maximum(size, size.max()))


@pytest.mark.parametrize("layer", AFFINE, ids=str)
def test_an_affine_instruction_is_its_plain_layer(layer, tmp_path):
    program = program_for(layer)
    x = np.random.default_rng(3).normal(size=program.size)
    for found in both(program, tmp_path, x.reshape(program.input_shape)):
        assert_close(found, expected_of(layer, x))


@pytest.mark.parametrize("layer", AFFINE, ids=str)
def test_an_affine_instruction_with_a_branch_behind_it(layer, tmp_path):
    """The two are one function."""
    program = program_for(layer)
    relu = Piecewise(program.output, program.shapes[-1], "relu", (ZERO,), (ZERO, ONE), (ZERO, ZERO))
    longer = program_of(*program.instructions, relu, shape=program.input_shape)
    x = np.random.default_rng(4).normal(size=program.size)
    for found in both(longer, tmp_path, x.reshape(program.input_shape)):
        assert_close(found, np.maximum(expected_of(layer, x), 0))


@pytest.mark.parametrize("layer", BRANCHES, ids=str)
@pytest.mark.parametrize("kind", ["random", "ties", "borders"])
def test_a_branch_is_its_plain_function(layer, kind, tmp_path):
    program = program_of(layer.build(), shape=layer.shape)
    rng = np.random.default_rng(5)
    values = {"random": 3 * rng.normal(size=layer.shape), "ties": np.full(layer.shape, 0.5)}
    z = values.get(kind, rng.choice([-1.0, 0.0, 1.0, 6.0], layer.shape))
    for found in both(program, tmp_path, z):
        np.testing.assert_allclose(found, layer.plain(z[None]).ravel(), rtol=1e-12)


def arms_of(branch, z):
    """The arm of every element: how many breakpoints lie below it, or which candidate is the first of the largest."""
    if isinstance(branch, Piecewise):
        return sum((z > float(t)).astype(int) for t in branch.breakpoints)
    windows = branch.windows.index
    return np.where(windows >= 0, z.ravel()[np.maximum(windows, 0)], -np.inf).argmax(-1)


@pytest.mark.parametrize("layer", BRANCHES, ids=str)
def test_a_path_is_straight_and_its_guards_are_assertions(layer, tmp_path):
    """Where the arms are those of the input it computes the same; elsewhere an assertion fails."""
    branch = layer.build()
    program = program_of(branch, shape=layer.shape)
    rng = np.random.default_rng(6)
    x = 3 * rng.normal(size=layer.shape)
    python, c = (deepcheck.translate(program, to, x=x) for to in ("python", "c"))
    assert not re.search(r"if .*(val|s0)", python)
    binary = compiled(c, tmp_path)
    others = [x + 0.05 * rng.normal(size=layer.shape) for _ in range(5)]
    for z in [x, *others, *rng.normal(size=(5, *layer.shape))]:
        expected = layer.plain(z[None]).ravel()
        if (arms_of(branch, z) == arms_of(branch, x)).all():
            np.testing.assert_allclose(run_python(python, z), expected, rtol=1e-12)
            np.testing.assert_allclose(run_c(binary, z)[0], expected, rtol=1e-12)
        else:
            with pytest.raises(AssertionError):
                run_python(python, z)
            assert "Assertion" in answer(binary, z).stderr


@pytest.mark.parametrize("layer", [layer for layer in BRANCHES if isinstance(layer.build(), Piecewise)], ids=str)
def test_guards_are_closed(layer):
    """On a breakpoint both pieces may go on."""
    branch = layer.build()
    program = program_of(branch, shape=layer.shape)
    for t in map(float, branch.breakpoints):
        for x in (np.full(layer.shape, t - 0.25), np.full(layer.shape, t + 0.25)):
            z = np.full(layer.shape, t)
            found = run_python(deepcheck.translate(program, x=x), z)
            np.testing.assert_allclose(found, layer.plain(z[None]).ravel(), rtol=1e-12)
