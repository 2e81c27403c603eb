"""Results about single features: views of the columns, made on demand."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from deepcheck.attacks.columns import Columns, values_of, witnesses
from deepcheck.attacks.deployed_proofs import Proofs
from deepcheck.attacks.flips import flips_of
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.result import Attacks, Result
from deepcheck.attacks.semantics import InBlocks, Semantics, semantics_of
from deepcheck.attacks.study import Study
from deepcheck.attacks.views import Views, margin_at, strongest_of
from deepcheck.attacks.witness import Attack, Comparison, Glance, Witness
from deepcheck.program import Array


@dataclass(frozen=True)
class FeatureResult(Result):
    """What is known about single features of one input."""

    columns: Columns = field(repr=False)
    position: int

    @property
    def item(self) -> int:
        return self.position

    @property
    def order(self) -> Array:
        return np.asarray(self.columns.study.features.owner[self.columns.order[self.item]])

    @property
    def size(self) -> int:
        return 1

    @property
    def study(self) -> Study:
        return self.columns.study

    @property
    def outcomes(self) -> Array:
        """An `Outcome` for each feature, in the order tried, ``(m,)``."""
        return np.asarray(self.columns.outcomes[self.item])

    @cached_property
    def counts(self) -> dict[str, int]:
        found = self.outcomes
        counts = {
            "attackable": int(np.count_nonzero(found == Outcome.ATTACKABLE)),
            "replayed": int(np.count_nonzero(self.columns.replayed[self._chosen])),
            "proved": int(np.count_nonzero(found == Outcome.PROVED)),
            "undecided": int(np.count_nonzero(found >= Outcome.TIE)),
            "untried": int(np.count_nonzero(found == Outcome.UNTRIED)),
        }
        assert sum(counts.values()) - counts["replayed"] == len(found)
        return counts

    @property
    def float32(self) -> Array:
        """Which features are proved for the model's own float type too, in the order tried, ``(m,)``."""
        return np.asarray(self.columns.deployed[0][self.item])

    @property
    def deployed(self) -> Proofs:
        count = int(np.count_nonzero(self.float32))
        return Proofs(count, "" if count == self.counts["proved"] else self.columns.deployed[1])

    @property
    def open_outcomes(self) -> set[Outcome]:
        return {Outcome(o) for o in set(self.outcomes.tolist()) if Outcome(o).undecided or o == Outcome.UNTRIED}

    @property
    def open_features(self) -> dict[str, tuple[int, ...]]:
        """The features that are undecided or untried, by what became of them in words, in the order tried."""
        found: dict[str, tuple[int, ...]] = {}
        for outcome in sorted(self.open_outcomes):
            features = self.columns.study.features.owner[self.columns.order[self.item][self.outcomes == outcome]]
            found[outcome.words] = tuple(int(feature) for feature in features)
        return found

    @property
    def first(self) -> int | None:
        return int(self.columns.first[self.item]) or None

    @property
    def first_features(self) -> int | None:
        return self.first

    @cached_property
    def attackable(self) -> tuple[tuple[int, ...], ...]:
        hits = self.columns.order[self.item][self.outcomes == Outcome.ATTACKABLE]
        return tuple((int(feature),) for feature in self.columns.study.features.owner[hits])

    @property
    def new(self) -> int | None:
        return self.counts["attackable"]

    @property
    def labels_reached(self) -> dict[int, int]:
        columns = self.columns
        mine = (columns.regions.item == self.item) & (columns.regions.outcome == Outcome.ATTACKABLE)
        if self.open_outcomes == {Outcome.LABEL}:
            return {}
        pairs = np.stack([columns.regions.label[mine], columns.regions.element[mine]])
        labels, counts = np.unique(np.unique(pairs, axis=1)[0], return_counts=True)
        return dict(zip(labels.tolist(), counts.tolist(), strict=True))

    @cached_property
    def comparison(self) -> Comparison | None:
        columns = self.columns
        if columns.along is None or self.open_outcomes == {Outcome.LABEL}:
            return None
        along = columns.along[self.item]
        whole = not ((along >= Outcome.TIE) | (along == Outcome.UNTRIED)).any()
        same = int(np.count_nonzero(along == Outcome.ATTACKABLE))
        return Comparison(same, self.counts["attackable"], whole, self._flips())

    def _flips(self) -> int | None:
        """The least number of activations that a witness flips."""
        if self._chosen.stop == self._chosen.start:
            return None
        changed = witnesses(self.columns, self.columns.chosen[self._chosen])
        return int(flips_of(self.study, self.item, changed).min())

    @property
    def exact_questions(self) -> int:
        return int(self.columns.exact[self.item])

    @property
    def seconds(self) -> float:
        return self.columns.seconds / len(self.columns.study.x)

    @property
    def _chosen(self) -> slice:
        start, stop = self.columns.chosen_starts[self.item : self.item + 2]
        return slice(int(start), int(stop))

    @cached_property
    def attacks(self) -> "FeatureViews":
        return FeatureViews(self.columns, self._chosen.start, self._chosen.stop)


@dataclass(frozen=True)
class FeatureViews(Views):
    """Attacks by single features of one input, made one by one when asked for."""

    columns: Columns = field(repr=False)
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    @cached_property
    def semantics(self) -> InBlocks:
        """What the attacks are beyond real arithmetic."""
        return InBlocks(self._semantics)

    def _semantics(self, start: int, stop: int) -> Semantics:
        columns = self.columns
        rows = columns.chosen[self.start + start : min(self.start + stop, self.stop)]
        regions, item = columns.regions, int(columns.regions.item[columns.chosen[self.start]])
        elements = [np.array([element]) for element in regions.element[rows]]
        return semantics_of(columns.study, item, witnesses(columns, rows), regions.label[rows], elements)

    def _make(self, position: int) -> Attack:
        columns, at, seen = self.columns, self.start + position, self.glance(position)
        row = int(columns.chosen[at])
        item, element = int(columns.regions.item[row]), int(columns.regions.element[row])
        witness = self._witness(at, row, element)
        return Attack(seen.features, seen.labels, seen.intervals, seen.levels, witness, columns.study, item)

    def glance(self, position: int) -> Glance:
        columns, at = self.columns, self.start + position
        row = int(columns.chosen[at])
        regions = columns.regions
        item, element = int(regions.item[row]), int(regions.element[row])
        low, high = columns.region_starts[item : item + 2]
        mine = np.arange(low, high)[regions.element[low:high] == element]
        mine = mine[regions.outcome[mine] == Outcome.ATTACKABLE]
        mine = mine[np.lexsort((regions.lower[mine], regions.label[mine]))]
        ends = values_of(columns, item, element, np.stack([regions.lower[mine], regions.upper[mine]], axis=1))
        labels = [int(label) for label in regions.label[mine]]
        levels = [(int(regions.first_level[r]), int(regions.last_level[r])) for r in mine]
        return Glance(
            features=(int(columns.study.features.owner[element]),),
            labels=tuple(dict.fromkeys(labels)),
            intervals=_by_label(labels, [(float(a), float(b)) for a, b in ends]),
            levels={} if columns.study.box.tables is None else _by_label(labels, levels),
            label=int(regions.label[row]),
            model_input=witnesses(columns, np.array([row]))[0],
            replayed=bool(columns.replayed[at]),
        )

    @property
    def strongest(self) -> int | None:
        mine = slice(self.start, self.stop)
        return strongest_of(self.columns.regions.margin[self.columns.chosen[mine]], self.columns.replayed[mine])

    def memberships(self) -> Array:
        columns = self.columns
        owners = columns.study.features.owner[columns.regions.element[columns.chosen[self.start : self.stop]]]
        return np.bincount(owners, minlength=columns.study.features.count)

    def _witness(self, at: int, row: int, element: int) -> Witness:
        columns, label = self.columns, int(self.columns.regions.label[row])
        changed = witnesses(columns, np.array([row]))[0]
        pixels = columns.study.program.preprocessing.pixels(changed[None])[0]
        beyond = self.semantics.at(at - self.start)
        return Witness(
            model_input=changed,
            pixels=pixels,
            values=(float(pixels.reshape(-1)[element]),),
            label=label,
            margin=margin_at(columns.study.program, changed, label) if beyond.margin is None else beyond.margin,
            replayed=bool(columns.replayed[at]),
            flips=beyond.flips,
            same_path_float32=bool(columns.same_path_float32[at]),
            eight_bit=beyond.eight_bit,
            beats_rounding=beyond.beats_rounding,
        )


E = TypeVar("E")


def _by_label(labels: list[int], found: list[E]) -> dict[int, tuple[E, ...]]:
    """What was found for each label, in order."""
    return {label: tuple(one for own, one in zip(labels, found, strict=True) if own == label) for label in labels}


@dataclass(frozen=True)
class FeatureAttacks(Attacks):
    """The results of a batch about single features."""

    columns: Columns = field(repr=False)

    def __len__(self) -> int:
        return len(self.columns.study.x)

    def _result(self, item: int) -> Result:
        return FeatureResult(self.columns, item)

    @property
    def seconds(self) -> float:
        return self.columns.seconds
