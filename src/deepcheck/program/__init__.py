"""The program: instructions, arithmetics, one loop, the path."""

from deepcheck.program.affine import Affine, Term
from deepcheck.program.arithmetic import Arithmetic, Choice, Table
from deepcheck.program.bounded import Bounded, NormBounded, RunningBounded, exact_floats
from deepcheck.program.branches import Branch, Largest, Piecewise
from deepcheck.program.constants import Constant
from deepcheck.program.decision import Decision
from deepcheck.program.exact import Exact
from deepcheck.program.floats import Floats
from deepcheck.program.interpret import (
    Interpretation,
    Transposition,
    interpret,
    interpret_transposed,
    run_affine,
    run_linear,
    run_transposed,
)
from deepcheck.program.maps import Contract, Convolve, Gather, Reshape, Scale, parts_of
from deepcheck.program.parallel import chunks_of, in_parallel
from deepcheck.program.path import Path
from deepcheck.program.preprocessing import Preprocessing
from deepcheck.program.program import Instruction, Origin, Program, Rerun
from deepcheck.program.rationals import Array, Rationals, from_floats
from deepcheck.program.sliding import Sliding
from deepcheck.program.windowed import Windowed, Windows, aligned

__all__ = [
    "Affine",
    "Arithmetic",
    "Array",
    "Bounded",
    "Branch",
    "Choice",
    "Constant",
    "Contract",
    "Convolve",
    "Decision",
    "Exact",
    "Floats",
    "Gather",
    "Instruction",
    "Interpretation",
    "Largest",
    "NormBounded",
    "Origin",
    "Path",
    "Piecewise",
    "Preprocessing",
    "Program",
    "Rationals",
    "Rerun",
    "Reshape",
    "RunningBounded",
    "Scale",
    "Sliding",
    "Table",
    "Term",
    "Transposition",
    "Windowed",
    "Windows",
    "aligned",
    "chunks_of",
    "exact_floats",
    "from_floats",
    "in_parallel",
    "interpret",
    "interpret_transposed",
    "parts_of",
    "run_affine",
    "run_linear",
    "run_transposed",
]
