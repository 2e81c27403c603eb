"""Inequalities over a few unknowns, the sinks that receive guards, and what a solver answers."""

from deepcheck.constraints.answers import Answer, Refutation, Undecided, Witness
from deepcheck.constraints.inequalities import Inequalities
from deepcheck.constraints.sinks import GuardSink

__all__ = ["Answer", "GuardSink", "Inequalities", "Refutation", "Undecided", "Witness"]
