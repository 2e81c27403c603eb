"""Results about sets of several features: views of a family, made on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from deepcheck.attacks.deployed_proofs import Proofs, Sets, deployed_sets
from deepcheck.attacks.family import Family, completed
from deepcheck.attacks.flips import flips_of
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.result import Attacks, Result
from deepcheck.attacks.semantics import InBlocks, Semantics, semantics_of
from deepcheck.attacks.set_rows import best_rows, changed_inputs, set_starts
from deepcheck.attacks.study import Study
from deepcheck.attacks.views import Views, margin_at, strongest_of
from deepcheck.attacks.witness import Attack, Comparison, Glance, Witness
from deepcheck.certify import Replayer, replayer_for
from deepcheck.program import Array, Program
from deepcheck.ranking import shortlist_length

REPLAYS = 1000
"""How many witnesses of one input are replayed at once; any other is replayed when it is looked at."""


@dataclass(frozen=True)
class Replays:
    """Replay of some witnesses of one input.

    Attributes:
        survived: For each: does the untouched model give the same label?
        same_path: For each: same activations in the model's own arithmetic?
    """

    survived: Array
    same_path: Array

    @staticmethod
    def of(replayer: Replayer, program: Program, x: Array, changed: Array, labels: Array) -> "Replays":
        """Replay changed inputs of one input, ``(1, *input_shape)``."""
        before = replayer.paths(program, x).take(np.zeros(len(changed), dtype=np.int64))
        same = before.differences(replayer.paths(program, changed)) == 0
        return Replays(replayer.labels(program, changed) == labels, same)

    @staticmethod
    def none() -> "Replays":
        """No witness."""
        return Replays(np.zeros(0, dtype=bool), np.zeros(0, dtype=bool))

    def join(self, more: "Replays") -> "Replays":
        """These and more."""
        return Replays(np.concatenate([self.survived, more.survived]), np.concatenate([self.same_path, more.same_path]))


@dataclass(frozen=True)
class SetResult(Result):
    """What is known about sets of several features of one input.

    Attributes:
        shared: What all results of the call share.
        position: Which input of the call.
        family: What became of the sets.
        replayed: Replay of the first listed witnesses.
        took: Seconds of the analysis.
        along: What became of the same sets along the input's path, where all paths were asked about.
        search: A search that can go on, where all paths were asked about.
        again: Asks about the sets of another program in the same way.
    """

    shared: Study = field(repr=False)
    position: int
    family: Family = field(repr=False)
    replayed: Replays = field(repr=False)
    took: float
    along: Family | None = field(default=None, repr=False)
    search: object = field(default=None, repr=False, compare=False)
    again: Sets | None = field(default=None, repr=False, compare=False)

    @cached_property
    def deployed(self) -> Proofs:
        if self.again is None:
            return Proofs(0, "not asked")
        shortlist = shortlist_length(self.shared.asked.shortlist, len(self.order))
        return deployed_sets(self.shared, self.position, self.family, shortlist, self.again)

    @property
    def item(self) -> int:
        return self.position

    @property
    def order(self) -> Array:
        return self.family.order

    @property
    def size(self) -> int:
        return self.family.size

    @property
    def study(self) -> Study:
        return self.shared

    @cached_property
    def counts(self) -> dict[str, int]:
        family = self.family
        counts = {
            "attackable": family.attackable,
            "replayed": int(np.count_nonzero(self.replayed.survived)),
            "proved": family.proved,
            "undecided": sum(family.undecided.values()),
            "untried": family.untried,
        }
        assert min(counts.values()) >= 0
        return counts

    @property
    def open_outcomes(self) -> set[Outcome]:
        return set(self.family.undecided) | ({Outcome.UNTRIED} if self.family.untried else set())

    @cached_property
    def first(self) -> int | None:
        wins = self.family.wins
        return int(wins.take(np.array([0])).completed_places()[0]) + 1 if len(wins.label) else None

    @property
    def first_features(self) -> int | None:
        ranks = self.family.wins.ranks
        return int(completed(ranks[:1]).max()) + 1 if len(ranks) else None

    @cached_property
    def attackable(self) -> tuple[tuple[int, ...], ...]:
        ranks = self.family.wins.ranks[self.attacks.starts[:-1]]
        sets = np.sort(np.where(ranks < 0, -1, self.family.order[ranks]), axis=1)
        if not (ranks < 0).any():
            return tuple(map(tuple, sets.tolist()))
        return tuple(tuple(feature for feature in features if feature >= 0) for features in sets.tolist())

    @property
    def new(self) -> int | None:
        return self.family.new

    @property
    def labels_reached(self) -> dict[int, int]:
        labels, counts = np.unique(self.family.wins.label, return_counts=True)
        return dict(zip(labels.tolist(), counts.tolist(), strict=True))

    @property
    def exact_questions(self) -> int:
        return self.family.exact

    @property
    def seconds(self) -> float:
        return self.took

    @cached_property
    def attacks(self) -> "SetViews":
        return SetViews(self.shared, self.position, self.family, self.replayed)

    @property
    def replays(self) -> int:
        return len(self.replayed.survived)

    @cached_property
    def comparison(self) -> Comparison | None:
        if self.along is None:
            return None
        whole = not self.along.untried and not self.along.undecided
        return Comparison(self.along.attackable, self.family.attackable, whole, self._flips())

    def _flips(self) -> int | None:
        """The least number of activations that one of the first listed witnesses flips."""
        starts, study = self.attacks.starts, self.shared
        if len(starts) < 2:
            return None
        wins = self.family.wins
        rows = best_rows(wins, starts, study, self.position, self.family.order)[:REPLAYS]
        changed = changed_inputs(wins.take(rows), study.x[self.position], study.features, self.family.order)
        return int(flips_of(study, self.position, changed).min())

    def _told(self, *, deployed: bool) -> str:
        text = super()._told(deployed=deployed)
        if not self.family.attackable or self.replays == len(self.attacks):
            return text
        return f"{text} of the first {self.replays}"


@dataclass(frozen=True)
class SetViews(Views):
    """Attacks of one input by sets of features, made one by one when asked for."""

    study: Study = field(repr=False)
    item: int
    family: Family = field(repr=False)
    replayed: Replays = field(repr=False)

    @cached_property
    def starts(self) -> Array:
        """Where each set's rows start among the wins, ``(sets + 1,)``."""
        return set_starts(self.family.wins)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def semantics(self) -> InBlocks:
        """What the attacks are beyond real arithmetic."""
        return InBlocks(self._semantics)

    def _semantics(self, start: int, stop: int) -> Semantics:
        wins, study, order = self.family.wins, self.study, self.family.order
        starts = self.starts[start : stop + 1]
        some = wins.take(np.arange(starts[0], starts[-1]))
        best = some.take(best_rows(some, starts - starts[0], study, self.item, order))
        changed = changed_inputs(best, study.x[self.item], study.features, order)
        elements = [study.features.members[order[ranks[ranks >= 0]]].ravel() for ranks in best.ranks]
        return semantics_of(study, self.item, changed, best.label, elements)

    def _make(self, position: int) -> Attack:
        study, seen = self.study, self.glance(position)
        changed = seen.model_input[None]
        survived, same_path = self._replay(position, changed, seen.label)
        pixels = study.program.preprocessing.pixels(changed)[0]
        beyond = self.semantics.at(position)
        witness = Witness(
            model_input=changed[0],
            pixels=pixels,
            values=tuple(float(v) for v in pixels.reshape(-1)[study.features.members[list(seen.features)].ravel()]),
            label=seen.label,
            margin=margin_at(study.program, changed[0], seen.label) if beyond.margin is None else beyond.margin,
            replayed=bool(survived),
            flips=beyond.flips,
            same_path_float32=bool(same_path),
            eight_bit=beyond.eight_bit,
            beats_rounding=beyond.beats_rounding,
        )
        return Attack(seen.features, seen.labels, {}, {}, witness, study, self.item)

    def glance(self, position: int) -> Glance:
        wins, study = self.family.wins, self.study
        rows = np.arange(self.starts[position], self.starts[position + 1])
        best = best_rows(wins.take(rows), np.array([0, len(rows)]), study, self.item, self.family.order)[0]
        row = rows[best : best + 1]
        ranks = wins.ranks[row[0]]
        known = position < len(self.replayed.survived)
        return Glance(
            features=tuple(np.sort(self.family.order[ranks[ranks >= 0]]).tolist()),
            labels=tuple(int(label) for label in sorted(wins.label[rows])),
            intervals={},
            levels={},
            label=int(wins.label[row[0]]),
            model_input=changed_inputs(wins.take(row), study.x[self.item], study.features, self.family.order)[0],
            replayed=bool(self.replayed.survived[position]) if known else None,
        )

    @property
    def strongest(self) -> int | None:
        known = len(self.replayed.survived)
        stop = int(self.starts[known])
        if not stop:
            return None
        margins = np.maximum.reduceat(self.family.wins.margin[:stop], self.starts[:known])
        return strongest_of(margins, self.replayed.survived)

    def memberships(self) -> Array:
        ranks = self.family.wins.ranks
        return np.bincount(self.family.order[ranks[ranks >= 0]], minlength=self.study.features.count)

    def _replay(self, position: int, changed: Array, label: int) -> tuple[bool, bool]:
        found, at = self.replayed, position
        if position >= len(found.survived):
            study = self.study
            replayer = replayer_for(study.program.origin)
            x = study.x[self.item : self.item + 1]
            found, at = Replays.of(replayer, study.program, x, changed, np.array([label])), 0
        return found.survived[at], found.same_path[at]


@dataclass(frozen=True)
class SetAttacks(Attacks):
    """The results of a batch about sets of several features."""

    results: Sequence[SetResult]
    took: float
    replay_seconds: float

    def __len__(self) -> int:
        return len(self.results)

    def _result(self, item: int) -> Result:
        return self.results[item]

    @property
    def seconds(self) -> float:
        return self.took
