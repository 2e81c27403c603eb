"""The public functions: load a program, rank its inputs, attack it, get its conditions, print it as source."""

from deepcheck.verbs.assuring import assert_robust
from deepcheck.verbs.attacking import attack
from deepcheck.verbs.certifying import certificate, check, save_certificate
from deepcheck.verbs.conditions import conditions
from deepcheck.verbs.exploring import explore_paths
from deepcheck.verbs.gradient_attacks import fgsm, pgd
from deepcheck.verbs.grading import grade, worst_margins
from deepcheck.verbs.loading import load
from deepcheck.verbs.mapping import region_map
from deepcheck.verbs.picturing import importance_picture, picture, save_picture
from deepcheck.verbs.reaching import LabelReach, labels_within
from deepcheck.verbs.reporting import save_report
from deepcheck.verbs.resuming import resume
from deepcheck.verbs.running import run_minimal
from deepcheck.verbs.scoring import importance
from deepcheck.verbs.smallest import smallest
from deepcheck.verbs.texts import attack_text, attack_vectors, load_text, prove_text, word_importance
from deepcheck.verbs.translating import translate

__all__ = [
    "LabelReach",
    "assert_robust",
    "attack",
    "attack_text",
    "attack_vectors",
    "certificate",
    "check",
    "conditions",
    "explore_paths",
    "fgsm",
    "grade",
    "importance",
    "importance_picture",
    "labels_within",
    "load",
    "load_text",
    "pgd",
    "picture",
    "prove_text",
    "region_map",
    "resume",
    "run_minimal",
    "save_certificate",
    "save_picture",
    "save_report",
    "smallest",
    "translate",
    "word_importance",
    "worst_margins",
]
