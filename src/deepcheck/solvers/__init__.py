"""Solvers: one algorithm a file."""

from deepcheck.solvers.exact_interval import ExactFold, ExactInterval
from deepcheck.solvers.interval import Fold, Interval

__all__ = ["ExactFold", "ExactInterval", "Fold", "Interval"]
