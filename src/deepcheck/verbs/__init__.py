"""The public functions: load a program, rank its inputs, attack it, get its conditions."""

from deepcheck.verbs.attacking import attack
from deepcheck.verbs.conditions import conditions
from deepcheck.verbs.loading import load
from deepcheck.verbs.scoring import importance

__all__ = ["attack", "conditions", "importance", "load"]
