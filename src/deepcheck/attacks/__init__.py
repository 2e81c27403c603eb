"""Attacks: goals, the search over sets of features, and results."""

from deepcheck.attacks.assemble import assemble, replayed
from deepcheck.attacks.columns import Asked, Columns
from deepcheck.attacks.conditions import conditions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.result import Attack, Attacks, Result, Witness
from deepcheck.attacks.schema import as_json
from deepcheck.attacks.search import COLUMN_BYTES, OBJECTIVES, Search
from deepcheck.attacks.strategy import Strategy

__all__ = [
    "COLUMN_BYTES",
    "OBJECTIVES",
    "Asked",
    "Attack",
    "Attacks",
    "Columns",
    "Outcome",
    "Result",
    "Search",
    "Strategy",
    "Witness",
    "as_json",
    "assemble",
    "conditions",
    "replayed",
]
