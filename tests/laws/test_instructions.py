"""Laws of every instruction in `tests/instances.py`, in every arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from instances import AFFINE, BRANCHES, NASTY
from oracles import fractions_of

from deepcheck.program import (
    Arithmetic,
    Choice,
    Convolve,
    Exact,
    Floats,
    NormBounded,
    RunningBounded,
    convolving,
    exact_floats,
    from_floats,
    run_affine,
    run_linear,
    run_transposed,
)

every_affine = pytest.mark.parametrize("layer", AFFINE, ids=str)
every_branch = pytest.mark.parametrize("layer", BRANCHES, ids=str)
INPUTS = ("random", "integers", "ties", "zeros", "nasty", "tiny")
every_input = pytest.mark.parametrize("kind", INPUTS)


@pytest.fixture(autouse=True)
def _nothing_is_small(monkeypatch):
    """Small convolutions go by their parts; here all are fused."""
    monkeypatch.setattr("deepcheck.program.floats.SMALL", 0)


def values(kind, shape, items=3, seed=0):
    rng = np.random.default_rng([seed, *shape])
    full = (items, *shape)
    match kind:
        case "random":
            return rng.normal(size=full)
        case "integers":
            return rng.integers(-3, 4, full).astype(np.float64)
        case "ties":
            return np.full(full, 0.5)
        case "zeros":
            return np.zeros(full)
        case "nasty":
            return rng.choice(NASTY, full).astype(np.float64)
        case "tiny":
            return rng.normal(size=full) * 2.0**-1060


def plainly(layer, operands):
    """The exact result by the plain layer, as fractions."""
    return layer.plain(*(fractions_of(x) for x in operands))


@every_affine
def test_floats_compute_the_plain_layer(layer):
    operands = tuple(values("random", shape) for shape in layer.shapes)
    found = run_affine(Floats(), layer.build(), operands)
    expected = plainly(layer, operands).astype(np.float64)
    size = 1 + np.abs(expected)
    # Weights reach 1e38, so cancellation is judged against the largest of the results.
    assert found.shape == expected.shape
    assert np.all(np.abs(found - expected) <= 1e-12 * np.maximum(size, size.max()))


@every_affine
@every_input
def test_exact_arithmetic_is_exact(layer, kind):
    operands = tuple(values(kind, shape) for shape in layer.shapes)
    found = run_affine(Exact(), layer.build(), tuple(from_floats(x) for x in operands))
    assert (found.fractions() == plainly(layer, operands)).all()


@every_affine
@every_input
@pytest.mark.parametrize("arithmetic", [NormBounded(), RunningBounded()], ids=["norm", "running"])
def test_error_bounds_contain_the_exact_value(layer, kind, arithmetic):
    start = exact_floats if isinstance(arithmetic, NormBounded) else RunningBounded.start
    operands = tuple(values(kind, shape) for shape in layer.shapes)
    found = run_affine(arithmetic, layer.build(), tuple(start(x) for x in operands))
    assert_contains(found, plainly(layer, operands))


@every_affine
@every_input
@pytest.mark.parametrize("arithmetic", [NormBounded(), RunningBounded()], ids=["norm", "running"])
def test_transposed_error_bounds_contain_the_exact_value(layer, kind, arithmetic):
    start = exact_floats if isinstance(arithmetic, NormBounded) else RunningBounded.start
    instruction = layer.build()
    cotangent = values(kind, instruction.shape)
    exact = run_transposed(Exact(), instruction, from_floats(cotangent))
    for found, expected in zip(run_transposed(arithmetic, instruction, start(cotangent)), exact, strict=True):
        assert_contains(found, expected.fractions())


def assert_contains(found, expected):
    errors = np.broadcast_to(found.element_error, found.value.shape)
    for value, error, true in zip(found.value.ravel(), errors.ravel(), expected.ravel(), strict=True):
        assert np.isfinite(value)
        assert abs(Fraction(float(value)) - true) <= Fraction(float(error))


@every_affine
def test_error_bounds_are_not_idle(layer):
    """A bound of 1e-9 of the values' size on ordinary numbers: it must be able to certify signs."""
    operands = tuple(values("random", shape) for shape in layer.shapes)
    found = run_affine(RunningBounded(), layer.build(), tuple(RunningBounded.start(x) for x in operands))
    magnitude = run_affine(Floats(absolute=True), layer.build(), tuple(np.abs(x) for x in operands))
    assert np.all(found.element_error <= 1e-12 * magnitude + 1e-300)


@every_affine
def test_an_exact_zero_stays_certain(layer):
    """Running bounds certify zeros that no rounding could make: an operand that is exactly 0 adds nothing."""
    operands = tuple(RunningBounded.start(np.zeros((2, *shape))) for shape in layer.shapes)
    found = run_linear(RunningBounded(), layer.build(), operands)
    assert not found.value.any()
    assert not found.element_error.any()
    assert RunningBounded().signs(found)[1].all()


@every_affine
@every_input
def test_a_transpose_is_a_transpose(layer, kind):
    """``<L x, y> = <x, L^T y>``, exactly; ``L`` by the plain layer, its constant taken off."""
    instruction = layer.build()
    xs = tuple(fractions_of(values(kind, shape, items=2)) for shape in layer.shapes)
    at_zero = layer.plain(*(0 * x for x in xs))
    linear = layer.plain(*xs) - at_zero
    y = values(kind, instruction.shape, items=2, seed=1)
    back = run_transposed(Exact(), instruction, from_floats(y))
    left = (linear * fractions_of(y)).reshape(2, -1).sum(axis=1)
    right = sum((x * part.fractions()).reshape(2, -1).sum(axis=1) for x, part in zip(xs, back, strict=True))
    assert (left == right).all()
    in_floats = run_transposed(Floats(), instruction, y)
    for found, expected in zip(in_floats, back, strict=True):
        scale = np.abs(expected.floats()).max() + 1e-300
        np.testing.assert_allclose(found / scale, expected.floats() / scale, atol=1e-9)


CONVOLUTIONS = [layer for layer in AFFINE if any(isinstance(m, Convolve) for m in layer.build().terms[0].maps)]


@pytest.mark.parametrize("layer", CONVOLUTIONS, ids=str)
@pytest.mark.parametrize("items", [1, 3, 70])
@pytest.mark.parametrize("buffer", [1, 100, None], ids=["rows", "images", "all"])
def test_a_fused_convolution_is_its_parts(layer, items, buffer, monkeypatch):
    """Whatever the chunks and the order in memory; padding does not leak from one chunk into the next."""
    if buffer is not None:
        monkeypatch.setattr(convolving, "BUFFER", buffer)
        monkeypatch.setattr(convolving, "ENOUGH", 1)
    convolution = layer.build().terms[0].maps[0]
    x, y = values("random", convolution.source_shape, items), values("random", convolution.shape, items)
    magnitudes = Floats(absolute=True)
    forward, back = Arithmetic.convolve, Arithmetic.convolve_transposed
    size = 1e-12 * forward(magnitudes, convolution, np.abs(x))
    for given in (x, np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 2, -1)), -1, 2)):
        for floats in (Floats(), Floats(channels_last=True)):
            found = floats.convolve(convolution, given)
            assert found.shape == (items, *convolution.shape)
            assert np.all(np.abs(found - forward(floats, convolution, given)) <= size)
    error = Floats().convolve_transposed(convolution, y) - back(Floats(), convolution, y)
    assert np.all(np.abs(error) <= 1e-12 * back(magnitudes, convolution, np.abs(y)))


@every_branch
@every_input
def test_a_branch_computes_the_plain_function(layer, kind):
    branch, z = layer.build(), values(kind, layer.shape)
    expected = layer.plain(fractions_of(z))
    exact = from_floats(z)
    arms = branch.decide(Exact(), exact)
    assert arms.shape == (3, *branch.shape)
    found = branch.select(Exact(), Choice(arms), exact)
    assert (found.fractions() == expected).all()
    floats = branch.select(Floats(), Choice(branch.decide(Floats(), z)), z)
    size = np.abs(expected.astype(np.float64))
    assert np.all(np.abs(floats - expected.astype(np.float64)) <= 1e-12 * size + 1e-300)


@every_branch
@every_input
def test_guards_hold_and_are_closed(layer, kind):
    """At the input every guard is at least 0; where the guards hold elsewhere, the same arms give the right value."""
    branch, z = layer.build(), values(kind, layer.shape)
    exact = from_floats(z)
    arms = branch.decide(Exact(), exact)
    moved = from_floats(z + values(kind, layer.shape, seed=5))
    holds = np.ones((3, *branch.shape), dtype=bool)
    for (here, present), (there, _) in zip(
        branch.guards(Exact(), Choice(arms), exact), branch.guards(Exact(), Choice(arms), moved), strict=True
    ):
        assert all(g >= 0 for g in here.numerators[np.broadcast_to(present, here.shape)])
        good = (there.numerators >= 0) | ~present
        holds &= good if good.ndim == holds.ndim else good.all(axis=-1)
    along = branch.select(Exact(), Choice(arms), moved).fractions()
    right = layer.plain(moved.fractions())
    assert (along[holds] == right[holds]).all()
    assert holds[branch.decide(Exact(), moved) == arms].all()


@every_branch
@every_input
def test_a_branch_transpose_is_a_transpose(layer, kind):
    branch, z = layer.build(), values(kind, layer.shape)
    arms = Choice(branch.decide(Exact(), from_floats(z)))
    x, y = values("random", layer.shape, seed=2), values("random", branch.shape, seed=3)
    forward = branch.select_linear(Exact(), arms, from_floats(x)).fractions()
    back = branch.select_transposed(Exact(), arms, from_floats(y)).fractions()
    left = (forward * fractions_of(y)).reshape(3, -1).sum(axis=1)
    assert (left == (back * fractions_of(x)).reshape(3, -1).sum(axis=1)).all()


@every_branch
@every_input
@pytest.mark.parametrize("arithmetic", [NormBounded(), RunningBounded()], ids=["norm", "running"])
def test_branch_error_bounds_contain_the_exact_value(layer, kind, arithmetic):
    branch, z = layer.build(), values(kind, layer.shape)
    start = exact_floats if isinstance(arithmetic, NormBounded) else RunningBounded.start
    arms = Choice(branch.decide(Exact(), from_floats(z)))
    assert_contains(branch.select(arithmetic, arms, start(z)), layer.plain(fractions_of(z)))
    exact = branch.guards(Exact(), arms, from_floats(z))
    for (found, present), (expected, _) in zip(branch.guards(arithmetic, arms, start(z)), exact, strict=True):
        assert_contains(found, expected.fractions())
        signs, certain = arithmetic.signs(found)
        true = np.sign(expected.numerators.astype(object)).astype(np.int8)
        assert (signs == true)[certain & np.broadcast_to(present, certain.shape)].all()


@every_affine
def test_errors_grow_through_a_layer(layer):
    """Operands that are off by their bound leave results that are off by at most theirs."""
    from deepcheck.program import Bounded

    rng = np.random.default_rng(9)
    instruction = layer.build()
    true = [values("random", shape, items=2) for shape in layer.shapes]
    errors = [np.full(len(x), 2.0**-20) for x in true]
    given = [x + rng.choice([-1, 1], x.shape) * 2.0**-21 for x in true]
    sizes = [np.abs(x).reshape(2, -1).max(axis=1) for x in given]
    expected = plainly(layer, true)
    norm = tuple(Bounded(x, e, s) for x, e, s in zip(given, errors, sizes, strict=True))
    assert_contains(run_affine(NormBounded(), instruction, norm), expected)
    running = tuple(Bounded(x, np.full(x.shape, 2.0**-20), s) for x, s in zip(given, sizes, strict=True))
    assert_contains(run_affine(RunningBounded(), instruction, running), expected)
