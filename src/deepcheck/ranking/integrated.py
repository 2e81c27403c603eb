"""Exact integrated gradients: the gradient of the label's score, integrated from a baseline to the input.

The gradient is constant on each linear piece of the line, so the integral is a finite sum over the pieces that the walk
finds: no number of steps to choose. Scores add up to the difference of the label's score at both ends (completeness).
Computed in float64; pieces shorter than its rounding may be missed, which changes nothing beyond it.

Source: Sundararajan, Taly and Yan, Axiomatic attribution for deep networks (ICML 2017); exact on pieces: Sotoudeh and
Thakur, Computing linear restrictions of neural networks (NeurIPS 2019).
"""

from math import ceil, prod

import numpy as np

from deepcheck.program import Array, Program
from deepcheck.symbolic import Run, coefficients, run, walk_between

WALK_BYTES = 256 << 20
"""About how much memory one walk may take, if every activation bends once."""
POINT_BYTES = 64 << 20
"""About how large one value of the gradients' runs may grow."""


def integrated_gradients(program: Program, received: Array, outcome: Run, baseline: Array) -> Array:
    """Scores of all elements, ``(items, size)``: they add up to how much the label's score grows from the baseline.

    Args:
        program: The program.
        received: What the model receives, ``(items, *input_shape)``.
        outcome: The run there.
        baseline: What it receives at the other end of each line, ``(items, *input_shape)``.
    """
    bends = sum(prod(branch.source_shape) for branch in program.branches)
    widest = max(prod(shape) for shape in program.shapes)
    parts = max(ceil(24 * bends * widest / WALK_BYTES), 1)
    seeds = program.decided().matrix[outcome.labels]
    steps = baseline.astype(np.float64) - received.astype(np.float64)
    found = np.zeros((len(received), program.size))
    ends = np.linspace(0.0, 1.0, parts + 1)
    for item in range(len(received)):
        one, path = received[item : item + 1], outcome.path.take(np.array([item]))
        for part in range(parts):
            shares = ends[None, part : part + 2]
            times = walk_between(program, one, path, steps[item : item + 1], shares).points.time
            found[item] += _integral(program, one[0], steps[item], times, seeds[item])
    return np.asarray(found * -steps.reshape(len(steps), -1))


def _integral(program: Program, x: Array, step: Array, times: Array, seed: Array) -> Array:
    """The gradient of one form, integrated over pieces of a line, ``(size,)``."""
    lengths, middles = np.diff(times), (times[1:] + times[:-1]) / 2
    widest = max(prod(shape) for shape in program.shapes)
    each = max(POINT_BYTES // (8 * widest), 1)
    total = np.zeros(program.size)
    for start in range(0, len(lengths), each):
        rows = slice(start, start + each)
        points = x.astype(np.float64) + middles[rows].reshape(-1, *(1,) * x.ndim) * step
        path = run(program, points, borders=False).path
        total += lengths[rows] @ coefficients(program, path, np.repeat(seed[None], len(points), axis=0))
    return total
