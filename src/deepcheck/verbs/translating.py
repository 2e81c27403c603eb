"""A program as source code, or a question about it as a file for other tools."""

from collections.abc import Sequence

import numpy as np

from deepcheck.domains import Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program
from deepcheck.source import FORMATS, LANGUAGES, write
from deepcheck.symbolic import run
from deepcheck.verbs.exporting import Wanted, export


def translate(
    program: Program,
    to: str = "python",
    x: Array | None = None,
    *,
    features: Sequence[int] | Array | None = None,
    target: int | None = None,
    domain: Pixels | None = None,
    version: str | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
) -> str:
    """The program as readable source code with explicit branches: the paper's DeepCheck^T; or a question about it.

    *python* and *c* need Python's standard library alone, or a C99 compiler, and compute ``program(x)`` in float64, up
    to the order of its sums. Their functions are ``run`` (scores of an input) and ``label`` (the label of scores).

    The others ask whether some features can change the label of ``x``; each file says at its top what it means.
    *smtlib*: SMT-LIB 2, along the path of ``x``, exact. *lp*: CPLEX's LP format, along that path, the margin of one
    target, rounded to floats. *vnnlib*: VNN-LIB, for a verifier that reads the ONNX file beside it: along all paths.

    Args:
        program: The program.
        to: "python", "c", "smtlib", "lp" or "vnnlib".
        x: Pixels, ``input_shape``. For a language: then only this input's path, straight-line, its guards as
            assertions.
        features: The features that may change, by index or as a mask.
        target: The label to reach; by default any other one ("lp" needs a target).
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        version: Of VNN-LIB: "1.0", by default, or "2.0".
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.

    Raises:
        OptionError: If there is no such language or format, or an option has no meaning for it.
        InputError: If the input does not fit the program, or overflows it, or its path cannot be decided.
        NoDecision: If a question is asked of a regression.

    Source: Section III-A, figure 2; section III-C.
    """
    if to in FORMATS:
        return export(program, to, x, Wanted(features, target, domain, version, features_as, layout))
    if to not in LANGUAGES:
        raise OptionError(f"expected a language of {', '.join((*LANGUAGES, *FORMATS))}, got '{to}'")
    asked = {"features": features, "target": target, "domain": domain, "version": version, "features_as": features_as}
    for name, given in asked.items():
        if given is not None:
            raise OptionError(f"expected no {name} for {to}, which asks no question: use {', '.join(FORMATS)}")
    if x is None:
        return write(program, LANGUAGES[to])
    if np.ndim(x) != len(program.input_shape):
        raise InputError(f"expected one input of shape {program.input_shape}, got shape {np.shape(x)}")
    outcome = run(program, program.model_input(x))
    if outcome.overflow[0]:
        raise InputError("the network overflows float64 on this input: its path is not known")
    if outcome.unsettled[0]:
        raise InputError("the path depends on rounding, and the network is too large for exact arithmetic to decide it")
    return write(program, LANGUAGES[to], outcome.path)
