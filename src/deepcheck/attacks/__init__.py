"""Attacks: goals, the search over sets of features, and results."""

from deepcheck.attacks.assemble import assemble, replayed
from deepcheck.attacks.columns import Columns
from deepcheck.attacks.conditions import conditions
from deepcheck.attacks.deployed_proofs import Proofs, Sets
from deepcheck.attacks.direct_search import Decide
from deepcheck.attacks.family import Family
from deepcheck.attacks.feature_result import FeatureAttacks, FeatureResult
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.attacks.result import Attacks, Result
from deepcheck.attacks.schema import as_json
from deepcheck.attacks.search import COLUMN_BYTES, OBJECTIVES, Search
from deepcheck.attacks.set_assemble import replay_smallest, replayed_again, replayed_sets
from deepcheck.attacks.set_result import Replays, SetAttacks, SetResult
from deepcheck.attacks.set_strategy import SetStrategy
from deepcheck.attacks.smallest import Smallest
from deepcheck.attacks.smallest import smallest as find_smallest
from deepcheck.attacks.smallest_result import SmallestResult
from deepcheck.attacks.stored import stored
from deepcheck.attacks.strategy import Strategy
from deepcheck.attacks.study import Asked, Study
from deepcheck.attacks.witness import Attack, Comparison, Witness

__all__ = [
    "COLUMN_BYTES",
    "OBJECTIVES",
    "Asked",
    "Attack",
    "Attacks",
    "Columns",
    "Comparison",
    "Decide",
    "Family",
    "FeatureAttacks",
    "FeatureResult",
    "Outcome",
    "Proofs",
    "Question",
    "Replays",
    "Result",
    "Search",
    "SetAttacks",
    "SetResult",
    "SetStrategy",
    "Sets",
    "Smallest",
    "SmallestResult",
    "Strategy",
    "Study",
    "Witness",
    "as_json",
    "assemble",
    "conditions",
    "find_smallest",
    "replay_smallest",
    "replayed",
    "replayed_again",
    "replayed_sets",
    "stored",
]
