"""The path condition of a few features, for any solver."""

from collections.abc import Sequence

import numpy as np

from deepcheck.attacks import conditions as build_conditions
from deepcheck.constraints import Inequalities
from deepcheck.domains import Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program
from deepcheck.symbolic import run
from deepcheck.verbs.questions import received_in


def conditions(
    program: Program,
    x: Array,
    features: int | Sequence[int],
    *,
    label: int | None = None,
    domain: Pixels | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
) -> Inequalities:
    """The path condition of a few symbolic features, with domain and, for a label, the goal: exact, for any solver.

    Args:
        program: The program.
        x: Pixels, ``input_shape``.
        features: The symbolic feature, or several; the unknowns are the displacements of their elements, feature by
            feature, in units of the model's input.
        label: The label to reach, or None for path condition and domain alone.
        domain: Where the features may go; by default ``[0, 1]`` where the input lies in it.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.

    Raises:
        OptionError: If the feature or label does not exist.
        InputError: If the input does not fit the program or lies outside its domain.

    Source: Section III-C.
    """
    if np.ndim(x) != len(program.input_shape):
        raise InputError(f"expected one input of shape {program.input_shape}, got shape {np.shape(x)}")
    grouped = Features.of(program.input_shape, features_as, layout)
    chosen = [features] if isinstance(features, (int, np.integer)) else list(features)
    labels = program.decided().labels
    whole = all(isinstance(f, (int, np.integer)) and 0 <= f < grouped.count for f in chosen)
    if not chosen or not whole or len(set(chosen)) < len(chosen):
        raise OptionError(f"expected different features from 0 to {grouped.count - 1}, got {features}")
    if label is not None and not 0 <= label < labels:
        raise OptionError(f"expected a label from 0 to {labels - 1}, got {label}")
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    outcome = run(program, received)
    if outcome.overflow[0]:
        raise InputError("the network overflows float64 on this input: its path is not known")
    if outcome.unsettled[0]:
        raise InputError("the path depends on rounding, and the network is too large for exact arithmetic to decide it")
    elements = grouped.members[chosen].reshape(-1).tolist()
    return build_conditions(program, received, outcome.path, elements, label, box)
