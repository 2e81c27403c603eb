"""Chains of maps that no single nest of loops computes: they go through arrays of their own."""

import numpy as np
import pytest
from running import both, program_of

import deepcheck
from deepcheck.program import Affine, Constant, Contract, Gather, Reshape, Scale, Term

W = np.arange(6.0).reshape(1, 3, 2) - 2.5
V = np.array([[[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]])
F = np.array([2.0, -1.0, 0.5])
FIRST = (Reshape((3,), (1, 1, 3)), Contract(Constant(W), (1, 1, 3)))
SECOND = (Contract(Constant(V), (1, 1, 2)), Reshape((1, 1, 3), (3,)))
PADDED = Gather(np.array([-1, 2, 0, -1, 1, 1]), (3,))


def plain_first(x):
    return x @ W[0]


CHAINS = {
    "two products": ((*FIRST, *SECOND), lambda x: plain_first(x) @ V[0]),
    "scale, then product": (
        (Scale(Constant(F), (3,)), *FIRST, Reshape((1, 1, 2), (2,))),
        lambda x: plain_first(x * F),
    ),
    "product, scale, irregular padding": (
        (*FIRST, *SECOND, Scale(Constant(F), (3,)), PADDED),
        lambda x: np.append(plain_first(x) @ V[0] * F, 0.0)[[-1, 2, 0, -1, 1, 1]],
    ),
    "product, irregular padding, scale": (
        (*FIRST, *SECOND, PADDED, Scale(Constant(np.arange(6.0)), (6,))),
        lambda x: np.append(plain_first(x) @ V[0], 0.0)[[-1, 2, 0, -1, 1, 1]] * np.arange(6.0),
    ),
    "irregular padding, product": (
        (PADDED, Reshape((6,), (1, 2, 3)), Contract(Constant(W), (1, 2, 3)), Reshape((1, 2, 2), (4,))),
        lambda x: (np.append(x, 0.0)[[-1, 2, 0, -1, 1, 1]].reshape(2, 3) @ W[0]).ravel(),
    ),
    "two scales": ((Scale(Constant(F), (3,)), Scale(Constant(F + 1), (3,))), lambda x: x * F * (F + 1)),
    "all padding": ((Gather(np.array([-1, -1]), (3,)),), lambda x: np.zeros(2)),
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("terms", [1, 2])
def test_a_chain(name, terms, tmp_path):
    maps, plain = CHAINS[name]
    shape = maps[-1].shape
    offset = np.linspace(-1, 1, shape[0])
    instruction = Affine("chain", (Term(0, maps),) * terms, shape, Constant(offset))
    x = np.random.default_rng(8).normal(size=3)
    for found in both(program_of(instruction, shape=(3,)), tmp_path, x):
        np.testing.assert_allclose(found, terms * plain(x) + offset, rtol=1e-12, atol=1e-12)


def test_single_elements_through_arrays_of_their_own(tmp_path):
    maps = (Contract(Constant(np.array([[[3.0]]])), (1, 1, 1)), Scale(Constant(np.array(0.5)), (1, 1, 1)))
    instruction = Affine("chain", (Term(0, maps * 3), Term(0, maps)), (1, 1, 1))
    program = program_of(instruction, shape=(1, 1, 1))
    assert "part_2" in deepcheck.translate(program)
    for found in both(program, tmp_path, np.full((1, 1, 1), 4.0)):
        assert found.tolist() == [4 * 1.5**3 + 4 * 1.5]
