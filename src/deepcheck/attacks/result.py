"""Results: views of the columns, made on demand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import overload

import numpy as np

from deepcheck.attacks.columns import Columns, values_of, witnesses
from deepcheck.attacks.outcome import Outcome
from deepcheck.domains import Pixels
from deepcheck.program import Array
from deepcheck.symbolic import run


@dataclass(frozen=True)
class Witness:
    """A new input that differs in the chosen features only.

    Attributes:
        model_input: What the model receives, ``input_shape``, in its own type; all claims are about this array.
        pixels: The same in the user's units, float64.
        values: The changed elements in the user's units.
        label: The label in exact arithmetic.
        margin: That label's lead over every other label; positive.
        replayed: Does the untouched model give the same label?
        same_path: Is it on the input's path, in exact arithmetic?
        same_path_float32: Do the two runs in the model's own arithmetic have the same activations?
    """

    model_input: Array = field(repr=False)
    pixels: Array = field(repr=False)
    values: tuple[float, ...]
    label: int
    margin: float
    replayed: bool
    same_path: bool
    same_path_float32: bool


@dataclass(frozen=True)
class Attack:
    """One attackable feature.

    Attributes:
        features: The changed features, by index.
        labels: The labels that it can reach along the path.
        intervals: For each label the closed hull of the attacking values, in the user's units.
        levels: For each label the first and last attacking level; empty without levels.
        witness: The new input with the largest margin found (or the smallest change, by objective).
    """

    features: tuple[int, ...]
    labels: tuple[int, ...]
    intervals: Mapping[int, tuple[tuple[float, float], ...]]
    levels: Mapping[int, tuple[tuple[int, int], ...]]
    witness: Witness


@dataclass(frozen=True)
class Result:
    """What is known about one input. The verdict names its scope; it never says more than was decided."""

    columns: Columns = field(repr=False)
    item: int
    size: int = 1
    arithmetic: str = "exact"

    @property
    def label(self) -> int:
        """The label of the input in exact arithmetic."""
        return int(self.columns.run.labels[self.item])

    @property
    def borders(self) -> int:
        """On how many borders between pieces the input lies."""
        return int(self.columns.run.borders[self.item])

    @property
    def scope(self) -> str:
        """Which paths the verdict is about."""
        return "this path (one of several through x)" if self.borders else "this path"

    @property
    def domain(self) -> Pixels:
        """Where the features may go."""
        return self.columns.pixels

    @property
    def outcomes(self) -> Array:
        """An `Outcome` for each set, in the order tried, ``(m,)``."""
        return np.asarray(self.columns.outcomes[self.item])

    @cached_property
    def counts(self) -> dict[str, int]:
        """Attackable, proved, undecided and untried sets, which add up to the sets asked; and how many replay."""
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
    def verdict(self) -> str:
        """What was found: "attack", "proved" or "undecided"; see `scope`, `domain`, `counts` and `reason`."""
        counts = self.counts
        if counts["replayed"]:
            return "attack"
        return "undecided" if counts["attackable"] or counts["undecided"] or counts["untried"] else "proved"

    @property
    def reason(self) -> str:
        """Why the verdict is undecided; "" where it is not."""
        if self.verdict != "undecided":
            return ""
        if self.counts["attackable"]:
            return "does not replay"
        open_outcomes = sorted({int(o) for o in self.outcomes if Outcome(o).undecided or o == Outcome.UNTRIED})
        return ", ".join(Outcome(o).words for o in open_outcomes)

    @property
    def tried(self) -> int:
        """How many sets were tried."""
        return int(np.count_nonzero(self.outcomes != Outcome.UNTRIED))

    @property
    def first(self) -> int | None:
        """At which try, counted from 1, the first attack was found."""
        return int(self.columns.first[self.item]) or None

    @property
    def first_features(self) -> int | None:
        """The largest rank, counted from 1, of a feature in the first attackable set."""
        return self.first

    @cached_property
    def attackable(self) -> tuple[tuple[int, ...], ...]:
        """The attackable sets, in the order tried."""
        hits = self.columns.order[self.item][self.outcomes == Outcome.ATTACKABLE]
        return tuple((int(feature),) for feature in self.columns.features.owner[hits])

    @property
    def exact_questions(self) -> int:
        """How many (feature, label) questions floats could not settle, so that exact arithmetic did."""
        return int(self.columns.exact[self.item])

    @property
    def seconds(self) -> float:
        """This input's share of the analysis time, replay left out."""
        return self.columns.seconds / len(self.columns.x)

    @property
    def _chosen(self) -> slice:
        start, stop = self.columns.chosen_starts[self.item : self.item + 2]
        return slice(int(start), int(stop))

    @property
    def attacks(self) -> "Views":
        """A view of each attackable set, in the order tried."""
        return Views(self.columns, self._chosen.start, self._chosen.stop)

    def __str__(self) -> str:
        counts, columns = self.counts, self.columns
        scope = self.scope.replace(" (", ", ").rstrip(")")
        every = columns.features.count
        count = len(self.outcomes)
        some = f"{count} feature" + "s" * (count != 1) + f" (of {every})" * (count < every)
        target = columns.asked.target
        aim = f"the label {self.label}" if target is None else f"the label {self.label} to {target}"
        if self.verdict == "proved":
            return (
                f"proved ({scope}): changing any single one of these {some}, with {self.domain.describe()}, "
                f"does not change {aim}"
            )
        where = f"{scope}, {self.domain.describe()}, one of {some}"
        found = ", ".join(f"{counts[name]} {name}" for name in ("attackable", "proved", "undecided", "untried"))
        if self.verdict == "attack":
            return f"attack ({where}): {found}; {counts['replayed']} replayed"
        return f"undecided: {self.reason} ({where}): {found}"


@dataclass(frozen=True)
class Views(Sequence[Attack]):
    """Attacks of one input, made one by one when asked for."""

    columns: Columns = field(repr=False)
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, index: int) -> Attack: ...
    @overload
    def __getitem__(self, index: slice) -> list[Attack]: ...
    def __getitem__(self, index: int | slice) -> Attack | list[Attack]:
        if isinstance(index, slice):
            return [self._make(position) for position in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._make(index % len(self))

    def _make(self, position: int) -> Attack:
        columns, at = self.columns, self.start + position
        row = int(columns.chosen[at])
        regions = columns.regions
        item, element = int(regions.item[row]), int(regions.element[row])
        low, high = columns.region_starts[item : item + 2]
        mine = np.arange(low, high)[regions.element[low:high] == element]
        mine = mine[regions.outcome[mine] == Outcome.ATTACKABLE]
        mine = mine[np.argsort(regions.label[mine])]
        ends = values_of(columns, item, element, np.stack([regions.lower[mine], regions.upper[mine]], axis=1))
        labels = tuple(int(label) for label in regions.label[mine])
        levels = [(int(regions.first_level[r]), int(regions.last_level[r])) for r in mine]
        return Attack(
            features=(int(columns.features.owner[element]),),
            labels=labels,
            intervals={label: ((float(a), float(b)),) for label, (a, b) in zip(labels, ends, strict=True)},
            levels={} if columns.box.tables is None else {k: (v,) for k, v in zip(labels, levels, strict=True)},
            witness=self._witness(at, row, item, element),
        )

    def _margin(self, changed: Array, row: int) -> float:
        """The lead at the stored witness, from a run with running error bounds of its own."""
        columns = self.columns
        outcome = run(columns.program, changed[None], sharp=True)
        scores = columns.program.decided().scores(outcome.outputs.value)[0]
        label = int(columns.regions.label[row])
        return float(scores[label] - np.delete(scores, label).max())

    def _witness(self, at: int, row: int, item: int, element: int) -> Witness:
        columns = self.columns
        changed = witnesses(columns, np.array([row]))[0]
        pixels = columns.program.preprocessing.pixels(changed[None])[0]
        return Witness(
            model_input=changed,
            pixels=pixels,
            values=(float(pixels.reshape(-1)[element]),),
            label=int(columns.regions.label[row]),
            margin=self._margin(changed, row),
            replayed=bool(columns.replayed[at]),
            same_path=True,  # by construction: every guard holds there, in exact arithmetic or beyond its error bound
            same_path_float32=bool(columns.same_path_float32[at]),
        )


@dataclass(frozen=True)
class Attacks(Sequence[Result]):
    """The results of a batch."""

    columns: Columns = field(repr=False)

    def __len__(self) -> int:
        return len(self.columns.x)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> list[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | list[Result]:
        if isinstance(index, slice):
            return [Result(self.columns, item) for item in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return Result(self.columns, index % len(self))

    def __iter__(self) -> Iterator[Result]:
        return (Result(self.columns, item) for item in range(len(self)))

    @property
    def seconds(self) -> float:
        """How long the analysis of the batch took, replay left out."""
        return self.columns.seconds
