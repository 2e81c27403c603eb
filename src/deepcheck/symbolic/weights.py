"""Norms of weights, rounded up: what they can make of a vector of which little is known.

Each takes the weights of a `Contract`, ``(groups, k, m)``, and is worked out once.
"""

from collections.abc import Callable

import numpy as np

from deepcheck.program import Array, Constant
from deepcheck.program.bounded import SUMMED_UP, UNIT

LARGEST = 1024
"""Up to this many rows or columns a spectral norm is proved; larger matrices have simpler norms."""
TRIES = 40


def heaviest(weight: Constant, count: int) -> Array:
    """The sum of the ``count`` largest magnitudes of each column, ``(groups, m)``."""

    def work(sizes: Array) -> Array:
        if count < sizes.shape[1]:
            sizes = np.partition(sizes, sizes.shape[1] - count, axis=1)[:, sizes.shape[1] - count :]
        return np.asarray(sizes.sum(axis=1))

    return _kept(weight, ("heaviest", count), lambda values: work(np.abs(values)))


def column_norms(weight: Constant) -> Array:
    """The Euclidean norm of each column, ``(groups, m)``."""
    return _kept(weight, ("column norms",), lambda values: np.sqrt(np.einsum("gkm,gkm->gm", values, values)))


def spectral(weight: Constant) -> float:
    """At least the spectral norm of every group's matrix."""
    return float(_kept(weight, ("spectral",), lambda values: np.array(max(map(_spectral, values), default=0.0))))


def _kept(weight: Constant, key: tuple[object, ...], work: Callable[[Array], Array]) -> Array:
    if key not in weight.memo:
        weight.memo[key] = work(weight.floats(np.dtype(np.float64))) * SUMMED_UP
    return np.asarray(weight.memo[key])


def _spectral(matrix: Array) -> float:
    sizes = np.abs(matrix)
    frobenius = float(np.sqrt((sizes * sizes).sum()))
    simple = min(frobenius, float(np.sqrt(sizes.sum(axis=0).max(initial=0.0) * sizes.sum(axis=1).max(initial=0.0))))
    if min(matrix.shape) > LARGEST or not 0 < simple < np.inf:
        return simple
    gram = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    guess = _largest_eigenvalue(gram)
    for slack in (1.02, 1.1):
        if guess * slack < simple**2 and _bounds(gram, guess * slack, max(matrix.shape), frobenius):
            return float(np.sqrt(guess * slack))
    return simple


def _largest_eigenvalue(gram: Array) -> float:
    """About the largest eigenvalue, by the power method."""
    vector = gram.sum(axis=1) + np.linspace(1.0, 2.0, len(gram)) * np.abs(gram).max()
    size = 0.0
    for _ in range(TRIES):
        size = float(np.linalg.norm(vector))
        vector = gram @ (vector / size)
    return float(np.linalg.norm(vector))


def _bounds(gram: Array, limit: float, terms: int, frobenius: float) -> bool:
    """Is every eigenvalue of a computed Gram matrix's true one at most ``limit``?

    Source: Rump, Verification of positive definiteness (BIT 2006): where floating-point Cholesky runs to completion on
    a matrix less a multiple of its trace, the matrix is positive semidefinite.
    """
    n = len(gram)
    off = (terms + 3) * UNIT * frobenius**2
    doubt = 4 * off + 4 * (n + 3) * UNIT * n * limit
    try:
        np.linalg.cholesky((limit - doubt) * np.eye(n) - gram)
    except np.linalg.LinAlgError:
        return False
    return True
