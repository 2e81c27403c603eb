"""A program as source code."""

import numpy as np

from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program
from deepcheck.source import LANGUAGES, write
from deepcheck.symbolic import run


def translate(program: Program, to: str = "python", x: Array | None = None) -> str:
    """The program as readable source code with explicit branches: the paper's DeepCheck^T.

    The code needs Python's standard library alone, or a C99 compiler, and computes ``program(x)`` in float64, up to
    the order of its sums. Its functions are ``run`` (scores of an input) and ``label`` (the label of scores).

    Args:
        program: The program.
        to: "python" or "c".
        x: Pixels, ``input_shape``: then only this input's path, straight-line, its guards as assertions.

    Raises:
        OptionError: If there is no such language.
        InputError: If the input does not fit the program, or overflows it, or its path cannot be decided.

    Source: Section III-A, figure 2.
    """
    if to not in LANGUAGES:
        raise OptionError(f"expected a language of {', '.join(LANGUAGES)}, got '{to}'")
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
