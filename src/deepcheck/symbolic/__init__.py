"""Interpretations: the concrete run with its path, symbolic columns, and the reverse pass."""

from deepcheck.symbolic.columns import run_columns
from deepcheck.symbolic.concrete import Run, exact_outputs, run
from deepcheck.symbolic.reverse import coefficients, label_differences

__all__ = ["Run", "coefficients", "exact_outputs", "label_differences", "run", "run_columns"]
