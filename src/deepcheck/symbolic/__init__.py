"""Interpretations: the concrete run with its path, symbolic columns, and the reverse pass."""

from deepcheck.symbolic.columns import bounded_columns, exact_columns, guard_columns
from deepcheck.symbolic.concrete import EXACT_PRODUCTS, Run, exact_outputs, run
from deepcheck.symbolic.reverse import coefficients, label_differences
from deepcheck.symbolic.walking import walk_between

__all__ = [
    "EXACT_PRODUCTS",
    "Run",
    "bounded_columns",
    "coefficients",
    "exact_columns",
    "exact_outputs",
    "guard_columns",
    "label_differences",
    "run",
    "walk_between",
]
