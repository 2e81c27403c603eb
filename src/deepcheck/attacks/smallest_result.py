"""The result of a search for the smallest set: the set, its witness, and the proof that no smaller one works."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from deepcheck.attacks.deployed_proofs import Proofs
from deepcheck.attacks.family import Family, Wins
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.result import Result
from deepcheck.attacks.set_result import Replays, SetViews
from deepcheck.attacks.smallest import Smallest
from deepcheck.attacks.study import Study
from deepcheck.program import Array


@dataclass(frozen=True)
class SmallestResult(Result):
    """How few features it takes to overturn one prediction, along its path or along any.

    The counts are of sizes from 1 to the number of features asked about: a size is attackable if some set of so many
    features works, which all larger sizes then are too, and proved if none does.

    Attributes:
        shared: What all results of the call share.
        position: Which input of the call.
        asked_about: The features that may change, ``(m,)``.
        found: What the search found.
        replayed: Replay of the witness, or of none.
        took: Seconds of the analysis.
        along: What was found along the input's path, where all paths were asked about.
    """

    shared: Study = field(repr=False)
    position: int
    asked_about: Array = field(repr=False)
    found: Smallest
    replayed: Replays = field(repr=False)
    took: float
    along: Smallest | None = None

    @property
    def arithmetic(self) -> str:
        return "rounded outward"

    @property
    def item(self) -> int:
        return self.position

    @property
    def order(self) -> Array:
        return self.asked_about

    @property
    def study(self) -> Study:
        return self.shared

    @property
    def size(self) -> int:
        """How many features the set has; without a set, the least size that is not proved."""
        return self.found.size or min(self.found.bound, len(self.asked_about))

    @property
    def bound(self) -> int:
        """No set of fewer features works: proved. One more than there are features: none works at all."""
        return self.found.bound

    @property
    def optimal(self) -> bool:
        """Is the set proved smallest, or proved that there is none?"""
        return self.found.optimal

    @property
    def features(self) -> tuple[int, ...] | None:
        """The set, increasing, or None."""
        return self.found.features

    @cached_property
    def counts(self) -> dict[str, int]:
        count, found = len(self.asked_about), self.found
        attackable = 0 if found.size is None else count - found.size + 1
        proved = min(found.bound - 1, count)
        return {
            "attackable": attackable,
            "replayed": int(np.count_nonzero(self.replayed.survived)),
            "proved": proved,
            "undecided": count - attackable - proved,
            "untried": 0,
        }

    @property
    def deployed(self) -> Proofs:
        """Not worked out: sizes are proved by bounds over subfamilies that are not kept."""
        return Proofs(0, "not worked out for the smallest set: ask about a size")

    @property
    def open_outcomes(self) -> set[Outcome]:
        return set()

    @property
    def reason(self) -> str:
        if self.verdict != "undecided":
            return ""
        return "does not replay" if self.found.features else self.found.reason or "limit of features"

    @property
    def first(self) -> int | None:
        return None

    @property
    def first_features(self) -> int | None:
        return None

    @property
    def attackable(self) -> tuple[tuple[int, ...], ...]:
        return () if self.found.features is None else (self.found.features,)

    @property
    def attacks(self) -> SetViews:
        return SetViews(self.shared, self.position, family_of(self.found, self.asked_about), self.replayed)

    @property
    def exact_questions(self) -> int:
        return 0

    @property
    def seconds(self) -> float:
        return self.took

    @property
    def labels_reached(self) -> dict[int, int]:
        return {} if self.found.label is None else {self.found.label: 1}

    @property
    def new(self) -> int | None:
        return None

    @property
    def asked_words(self) -> str:
        return f"{self.domain.describe()}, the fewest of {self._some}{self._aim}"

    @property
    def _aim(self) -> str:
        target = self.study.asked.target
        return "" if target is None else f", to label {target}"

    def _told(self, *, deployed: bool) -> str:
        found, target = self.found, self.study.asked.target
        where = f"{self.scope.replace(' (', ', ').rstrip(')')}, {self.domain.describe()}{self._aim}"
        if self.verdict == "proved":
            does = "overturns the label" if target is None else "turns the label"
            to = "" if target is None else f" into {target}"
            return f"proved ({where}): no set of these {self._some} {does} {self.label}{to}"
        below = f"no set of fewer than {found.bound} does (proved)"
        if found.features is None:
            return f"undecided: {self.reason} ({where}, {self._some}): {below.replace('does', 'works')}"
        opening = "attack" if self.verdict == "attack" else f"undecided: {self.reason}"
        text = (
            f"{opening} ({where}, {self._some}): {_features(found.size or 0)} {self.label} into {found.label}; {below}"
        )
        if self.along is not None:
            text = f"{text}; {_along(self.along)}"
        if found.optimal:
            return text
        between = f"{found.bound}" if found.size == found.bound + 1 else f"{found.bound} to {(found.size or 0) - 1}"
        return f"{text}; whether {between} are enough is open ({found.reason})"


def _along(found: Smallest) -> str:
    """What was found along the input's path."""
    if found.optimal:
        return f"along this path it takes {found.size}" if found.size else "along this path none does"
    above = "" if found.size is None else f", at most {found.size}"
    return f"along this path it takes at least {found.bound}{above}"


def _features(size: int) -> str:
    return "1 feature turns" if size == 1 else f"{size} features turn"


def family_of(found: Smallest, order: Array) -> Family:
    """The set as a family of one."""
    if found.features is None or found.label is None:
        return Family(1, order, Wins.empty(1, 1), 0, 0, {}, 0)
    place = {int(feature): rank for rank, feature in enumerate(order)}
    ranks = np.array([place[feature] for feature in found.features])
    by_rank = np.argsort(ranks)
    values = np.array(found.values).reshape(len(ranks), -1)[by_rank].reshape(1, -1)
    wins = Wins(ranks[by_rank][None], np.array([found.label]), values, np.array([found.margin]))
    return Family(len(ranks), order, wins, 1, None, {}, 0)
