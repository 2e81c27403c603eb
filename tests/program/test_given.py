"""What a caller may give as inputs, and what a wrong shape is told."""

import numpy as np
import pytest

from deepcheck.errors import InputError
from deepcheck.program.given import as_array, shape_hint


def test_tensors_leave_their_graph():
    torch = pytest.importorskip("torch")
    found = as_array(torch.tensor([1.0, 2.0]).requires_grad_() * 2)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [2.0, 4.0]


def test_tensors_without_a_type_in_numpy():
    torch = pytest.importorskip("torch")
    with pytest.raises(InputError, match="expected an array of numbers, got Tensor"):
        as_array(torch.zeros(2, dtype=torch.bfloat16))


def test_rows_of_different_lengths():
    with pytest.raises(InputError, match="expected an array of numbers, got list"):
        as_array([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize(
    ("given", "shape", "hint"),
    [
        ((28, 28), (1, 28, 28), ": x.reshape(1, 28, 28) fits"),
        ((1, 28, 28), (28, 28), ": x.reshape(28, 28) fits"),
        ((1, 13), (13,), ": x.reshape(13) fits"),
        ((32, 32, 3), (3, 32, 32), ": its channels are last, np.moveaxis(x, -1, -3) puts them first"),
        ((3, 32, 32), (32, 32, 3), ": its channels are first, np.moveaxis(x, -3, -1) puts them last"),
        ((784,), (1, 28, 28), ""),  # whose pixels, in which order?
        ((4, 6), (6, 4), ""),
        ((12,), (13,), ""),
    ],
)
def test_hints(given, shape, hint):
    assert shape_hint(given, shape) == hint


@pytest.mark.parametrize(("given", "shape"), [((32, 32, 3), (3, 32, 32)), ((3, 32, 32), (32, 32, 3))])
def test_what_the_hint_says_fits(given, shape):
    ends = (-1, -3) if given[-1] == 3 else (-3, -1)
    assert np.moveaxis(np.zeros((5, *given)), *ends).shape == (5, *shape)
