"""Programs as source: readable, imperative code with explicit branches, in Python and C (the paper's DeepCheck^T).

And questions about them, for other tools: SMT-LIB 2, CPLEX's LP format, VNN-LIB.
"""

from deepcheck.source.asked import FORMATS, BoxQuestion, PathQuestion, Unknown, comparisons, negated
from deepcheck.source.facts import facts
from deepcheck.source.linear_file import linear_file
from deepcheck.source.smtlib import smtlib
from deepcheck.source.vnnlib import VERSIONS, vnnlib
from deepcheck.source.write import LANGUAGES, write

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "VERSIONS",
    "BoxQuestion",
    "PathQuestion",
    "Unknown",
    "comparisons",
    "facts",
    "linear_file",
    "negated",
    "smtlib",
    "vnnlib",
    "write",
]
