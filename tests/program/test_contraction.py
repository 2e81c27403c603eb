"""`contraction` is einsum with one constant: against NumPy's einsum, in floats and in fractions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import fractions_of

from deepcheck.errors import MalformedModel
from deepcheck.program import Constant, Exact, Floats, from_floats, run_affine, run_transposed
from deepcheck.program.contraction import contraction

LETTERS = "abcde"


def plainly(axes, operands, weight, offset=None):
    """NumPy's own einsum on fractions, with an axis of items in front."""
    mine, theirs, result = axes
    found = np.einsum(f"z{mine},{theirs}->z{result}", fractions_of(operands), fractions_of(weight))
    return found if offset is None else found + fractions_of(offset)


@st.composite
def contractions(draw):
    """Letters for a value, a weight and a result; some twice, some summed, some of one operand only."""
    length = {letter: draw(st.integers(1, 3)) for letter in LETTERS}
    mine = draw(st.lists(st.sampled_from(LETTERS), min_size=0, max_size=4))
    theirs = draw(st.lists(st.sampled_from(LETTERS), min_size=0, max_size=3))
    # A letter that the weight alone has must be in the result, and a weight never has a letter twice unless it is kept.
    own = [a for a in dict.fromkeys(theirs) if a not in mine]
    shared = [a for a in dict.fromkeys(mine) if draw(st.booleans())]
    result = draw(st.permutations([*own, *shared]))
    seed = draw(st.integers(0, 2**32 - 1))
    return ("".join(mine), "".join(theirs), "".join(result)), length, seed


@given(contractions())
def test_it_is_numpy_s_einsum(drawn):
    axes, length, seed = drawn
    rng = np.random.default_rng(seed)
    source, shape = (tuple(length[a] for a in letters) for letters in axes[:2])
    weight = rng.normal(size=shape).astype(np.float32) * np.float32(10) ** rng.integers(-20, 20, shape)
    x = rng.normal(size=(2, *source))
    made = contraction(0, source, weight, axes=axes)
    expected = plainly(axes, x, weight)
    assert made.shape == expected.shape[1:]
    assert (run_affine(Exact(), made, (from_floats(x),)).fractions() == expected).all()
    found = run_affine(Floats(), made, (x,))
    scale = 1e-30 + np.abs(weight).max(initial=0)
    np.testing.assert_allclose(found / scale, expected.astype(np.float64) / scale, rtol=1e-9, atol=1e-12)
    # <L x, y> = <x, L' y>, exactly.
    y = rng.normal(size=(2, *made.shape))
    (back,) = run_transposed(Exact(), made, from_floats(y))
    left = (expected * fractions_of(y)).reshape(2, -1).sum(axis=1)
    assert (left == (fractions_of(x) * back.fractions()).reshape(2, -1).sum(axis=1)).all()


def test_by_hand():
    """Two groups, each with its own matrix, summed over the second axis."""
    weight = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], np.float32)
    made = contraction(0, (2, 2), weight, axes=("gk", "gkm", "gm"))
    (found,) = run_affine(Floats(), made, (np.array([[[1.0, 10.0], [100.0, 1000.0]]]),))
    assert found.tolist() == [[31.0, 42.0], [7500.0, 8600.0]]
    diagonal = contraction(0, (2, 2), np.float32([3, 5]), axes=("ii", "i", "i"))
    (found,) = run_affine(Floats(), diagonal, (np.array([[[1.0, 2.0], [3.0, 4.0]]]),))
    assert found.tolist() == [3.0, 20.0]
    trace = contraction(0, (2, 2), np.ones((), np.float32), axes=("ii", "", ""))
    (found,) = run_affine(Floats(), trace, (np.array([[[1.0, 2.0], [3.0, 4.0]]]),))
    assert found.tolist() == 5.0


def test_an_offset_is_added():
    offset = np.float32([[0.1], [0.2]])
    made = contraction(0, (3,), np.ones((3, 4), np.float32), axes=("k", "km", "m"), offset=Constant(offset[0]))
    (found,) = run_affine(Exact(), made, (from_floats(np.ones((1, 3))),)).fractions()
    assert list(found) == [3 + fractions_of(offset)[0, 0]] * 4


@pytest.mark.parametrize(
    ("axes", "shape", "words"),
    [
        (("ab", "bc", "ac"), (4, 3), "do not fit"),
        (("ab", "bc", "acd"), (2, 3), "some operand has"),
        (("ab", "bc", "aa"), (2, 3), "once"),
        (("ab", "bc", "a"), (2, 3), "some operand has"),
        (("abc", "bc", "a"), (2, 3), "3 axes"),
        (("ab", "b", "a"), (2, 3), "1 axes"),
        (("aa", "ac", "c"), (2, 3), "do not fit"),
    ],
)
def test_what_does_not_fit_is_refused(axes, shape, words):
    weight = np.ones((2, 4) if axes[1] != "bc" or shape != (2, 3) else (3, 4), np.float32)
    with pytest.raises(MalformedModel, match=words):
        contraction(0, shape, weight, axes=axes)
