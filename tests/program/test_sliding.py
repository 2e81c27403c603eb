"""Sliding windows: what is known by structure is what the index says, and the index waits until it is asked for."""

import numpy as np
import pytest
from instances import AFFINE, BRANCHES, sliding

from deepcheck.errors import MalformedModel
from deepcheck.program import Convolve, Floats, Gather, Largest, Program, Sliding, affine
from deepcheck.program import plain as plain_run
from deepcheck.program.maps import ABSENT, Permuted
from deepcheck.program.sliding import Taps


def structured():
    """Every gather of the instances that is known by its structure."""
    for layer in AFFINE:
        for linear in layer.build().terms[0].maps:
            if isinstance(linear, Convolve):
                yield f"{layer}: unfold", Gather(linear.taps, linear.source_shape)
                if isinstance(linear.fold, Gather):
                    yield f"{layer}: fold", linear.fold
    for layer in BRANCHES:
        made = layer.build()
        if isinstance(made, Largest):
            yield str(layer), made.windows


STRUCTURED = dict(structured())
every_structure = pytest.mark.parametrize("name", STRUCTURED)


@every_structure
def test_the_structure_says_what_the_index_says(name):
    found = STRUCTURED[name]
    plain = Gather(found.index, found.source_shape)
    assert found.shape == plain.index.shape
    assert found.padded == plain.padded
    assert found.is_reshape == plain.is_reshape
    assert found.most_readers == plain.readers.shape[1]
    if found.given.__class__ is Permuted or found.given.groups is None:
        assert (found.present == plain.present).all()


@every_structure
def test_a_gather_by_structure_is_one_by_index(name):
    found = STRUCTURED[name]
    plain = Gather(found.index, found.source_shape)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, *found.source_shape)), rng.normal(size=(3, *found.shape))
    assert (Floats().gather(found, x) == Floats().gather(plain, x)).all()
    np.testing.assert_allclose(Floats().gather_transposed(found, y), Floats().gather_transposed(plain, y), atol=1e-14)


def test_an_index_by_hand():
    taps = Taps((1, 1, 2, 3), sliding((2, 2), None, None, (0, 1), (0, 0)))
    assert taps.index().tolist() == [[[[[ABSENT, 0, ABSENT, 3], [0, 1, 3, 4], [1, 2, 4, 5]]]]]
    assert taps.padded
    assert taps.most_readers == 2


def test_no_index_is_made_unless_it_is_asked_for():
    shape, kernel = (1, 64, 224, 224), Sliding((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
    weight = np.zeros((64, 64, 3, 3), np.float32)
    instruction = affine.convolution(0, shape, weight, None, sliding=kernel, groups=1)
    pool = affine.windows(shape, Sliding((2, 2), (2, 2), (1, 1), (0, 0), (0, 0)))
    (convolution,) = instruction.terms[0].maps
    assert convolution.unfold.padded
    assert not pool.padded
    assert pool.most_readers == 1
    assert pool.present.shape == pool.shape == (1, 64, 112, 112, 4)
    for gather in (convolution.unfold, convolution.fold, pool):
        assert "index" not in vars(gather)


def test_a_kernel_wider_than_its_input_is_refused():
    with pytest.raises(MalformedModel, match="a kernel of 5 is wider than its padded input of 4"):
        sliding((3,), None, (2,)).outputs((4,))


def test_the_last_window_of_a_ceiling_starts_in_the_input():
    assert sliding((2,), (3,), ceil=True).outputs((6,)) == (2,)
    assert sliding((2,), (3,), ceil=True).outputs((7,)) == (3,)
    assert sliding((2,), (3,), None, None, (1,), ceil=True).outputs((6,)) == (2,)


@pytest.mark.parametrize(("cache", "budget"), [(1, 1), (1000, 1 << 20), (1 << 20, 1 << 30)])
def test_a_batch_is_run_in_chunks(cache, budget, monkeypatch):
    """Several convolutions, a ReLU that may overwrite its operand and one that may not, a residual."""
    monkeypatch.setattr(plain_run, "CACHE_BYTES", cache)
    monkeypatch.setattr(plain_run, "BUDGET_BYTES", budget)
    program, weights = residual()
    x = np.random.default_rng(1).normal(size=(70, 1, 2, 4, 4))
    assert np.abs(program(x) - by_hand(x, *weights)).max() <= 1e-12
    assert np.abs(program(x[3]) - by_hand(x[3:4], *weights)[0]).max() <= 1e-12


def residual():
    from test_programs import ORIGIN, relu

    rng = np.random.default_rng(0)
    weights, shape, kernel = rng.normal(size=(2, 2, 2, 1, 1)), (1, 2, 4, 4), sliding((1, 1))
    first = affine.convolution(0, shape, weights[0], np.ones(2), sliding=kernel, groups=1)
    second = affine.convolution(2, shape, weights[1], None, sliding=kernel, groups=1)
    instructions = (first, relu(1, shape), second, affine.add(((1, shape), (3, shape))), relu(4, shape))
    return Program(instructions, shape, np.dtype(np.float64), None, ORIGIN), weights[..., 0, 0]


def by_hand(x, first, second):
    made = np.einsum("oc,bnchw->bnohw", first, x) + 1
    return np.maximum(made + np.einsum("oc,bnchw->bnohw", second, np.maximum(made, 0)), 0)
