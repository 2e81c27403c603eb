"""Results: what is known about one input, however many features its sets have."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, overload

from deepcheck.attacks.deployed_proofs import Proofs
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.study import Study
from deepcheck.attacks.views import Views
from deepcheck.attacks.witness import Comparison
from deepcheck.domains import Pixels
from deepcheck.program import Array


class Result(ABC):
    """What is known about one input. The verdict names its scope; it never says more than was decided."""

    @property
    @abstractmethod
    def study(self) -> Study:
        """What all results of the call share."""

    @property
    @abstractmethod
    def item(self) -> int:
        """Which input of the call this is about."""

    @property
    @abstractmethod
    def order(self) -> Array:
        """The features asked about, first to try first, ``(m,)``."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many features a set has."""

    @property
    @abstractmethod
    def counts(self) -> dict[str, int]:
        """Attackable, proved, undecided and untried sets, which add up to the sets asked; and how many replay."""

    @property
    @abstractmethod
    def open_outcomes(self) -> set[Outcome]:
        """Why sets are undecided or untried."""

    @property
    @abstractmethod
    def first(self) -> int | None:
        """At which try, counted from 1, the first attack was found."""

    @property
    @abstractmethod
    def first_features(self) -> int | None:
        """The largest rank, counted from 1, of a feature in the first attackable set."""

    @property
    @abstractmethod
    def attackable(self) -> tuple[tuple[int, ...], ...]:
        """The attackable sets, in the order tried; the minimal ones from three features or three elements on."""

    @property
    @abstractmethod
    def attacks(self) -> Views:
        """A view of each listed attackable set, in the order tried."""

    @property
    @abstractmethod
    def exact_questions(self) -> int:
        """How many (set, label) questions floats could not settle, so that exact arithmetic did."""

    @property
    @abstractmethod
    def seconds(self) -> float:
        """The time that the analysis took, replay left out; in a batch of single features this input's share."""

    @property
    @abstractmethod
    def labels_reached(self) -> dict[int, int]:
        """How many of the listed sets reach each label that any reaches."""

    @property
    @abstractmethod
    def new(self) -> int | None:
        """How many attackable sets contain no smaller one (the paper's *ap-new*); None where that is not known."""

    @property
    @abstractmethod
    def deployed(self) -> Proofs:
        """How many proofs hold for the deployed network too, in any order of summation; worked out when asked for."""

    @property
    def proved_float32(self) -> int:
        """How many proved sets are proved for the model's own float type too, in any order of summation."""
        return self.deployed.count

    @property
    def semantics(self) -> str:
        """What all proofs are about: "real", or "real and float32" (the model's own type); "" without a proof."""
        if not self.counts["proved"]:
            return ""
        return f"real and {self.study.program.dtype}" if self.proved_float32 == self.counts["proved"] else "real"

    @property
    def label(self) -> int:
        """The label of the input in exact arithmetic."""
        return int(self.study.run.labels[self.item])

    @property
    def borders(self) -> int:
        """On how many borders between pieces the input lies."""
        return int(self.study.run.borders[self.item])

    @property
    def arithmetic(self) -> str:
        """What the verdict rests on: exact arithmetic, or floats rounded outward."""
        return "rounded outward" if self.study.asked.paths == "all" else "exact"

    @property
    def comparison(self) -> Comparison | None:
        """The same sets along the input's path beside any path; None where only that path was asked about."""
        return None

    @property
    def scope(self) -> str:
        """Which paths the verdict is about."""
        if self.study.asked.paths == "all":
            return "all paths"
        return "this path (one of several through x)" if self.borders else "this path"

    @property
    def domain(self) -> Pixels:
        """Where the features may go."""
        return self.study.pixels

    @property
    def replays(self) -> int:
        """How many witnesses were replayed: all of those listed, unless they are very many."""
        return len(self.attacks)

    @property
    def tried(self) -> int:
        """How many sets were tried."""
        return sum(self.counts[name] for name in ("attackable", "proved", "undecided"))

    @property
    def asked(self) -> int:
        """How many sets were asked about."""
        return self.tried + self.counts["untried"]

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
        return ", ".join(outcome.words for outcome in sorted(self.open_outcomes))

    def __str__(self) -> str:
        return self._told(deployed=True)

    @property
    def claim(self) -> str:
        """The verdict in words, at once: a proof's does not say whether it holds for the deployed network too."""
        return self._told(deployed=False)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.claim)

    def _repr_html_(self) -> str:
        from deepcheck.attacks.markup import result_html

        return result_html(self)

    def _repr_png_(self) -> bytes | None:
        from deepcheck.attacks.markup import result_png

        return result_png(self)

    def _told(self, *, deployed: bool) -> str:
        counts = self.counts
        scope = self.scope.replace(" (", ", ").rstrip(")")
        target = self.study.asked.target
        aim = f"the label {self.label}" if target is None else f"the label {self.label} to {target}"
        if self.verdict == "proved":
            return (
                f"proved ({scope}): changing {self._any_of} these {self._some}, with {self.domain.describe()}, "
                f"does not change {aim}, {self._arithmetics if deployed else 'in real arithmetic'}"
            )
        where = f"{scope}, {self.asked_words}"
        found = ", ".join(f"{counts[name]} {name}" for name in ("attackable", "proved", "undecided", "untried"))
        if self.verdict == "attack":
            return f"attack ({where}): {found}; {counts['replayed']} replayed"
        return f"undecided: {self.reason} ({where}): {found}"

    @property
    def _arithmetics(self) -> str:
        """What a verdict that is proved is about, in words."""
        kind = f" and in {self.study.program.dtype}"
        return "in real arithmetic" + kind * (self.proved_float32 == self.counts["proved"])

    @property
    def asked_words(self) -> str:
        """The domain, the size, the features and the new label that were asked about, in words."""
        target = self.study.asked.target
        aim = f", to label {target}" if target is not None else ""
        return f"{self.domain.describe()}, {self._one_of} {self._some}{aim}"

    @property
    def _some(self) -> str:
        every, count = self.study.features.count, len(self.order)
        return f"{count} feature" + "s" * (count != 1) + f" (of {every})" * (count < every)

    @property
    def _any_of(self) -> str:
        return "any single one of" if self.size == 1 else f"at most {self.size} of"

    @property
    def _one_of(self) -> str:
        return "one of" if self.size == 1 else f"sets of {self.size} of"


def paths_words(result: Result) -> str:
    """The paths that all results of a batch are about."""
    return "all paths" if result.study.asked.paths == "all" else "each input's own path"


class Attacks(Sequence[Result]):
    """The results of a batch."""

    @property
    @abstractmethod
    def seconds(self) -> float:
        """How long the analysis of the batch took, replay left out."""

    @abstractmethod
    def _result(self, item: int) -> Result:
        """The result of one input."""

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> list[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | list[Result]:
        if isinstance(index, slice):
            return [self._result(item) for item in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._result(index % len(self))

    def __iter__(self) -> Iterator[Result]:
        return (self._result(item) for item in range(len(self)))

    @property
    def verdicts(self) -> dict[str, int]:
        """How many inputs have each verdict."""
        found = Counter(result.verdict for result in self)
        return {verdict: found[verdict] for verdict in ("attack", "proved", "undecided")}

    def __str__(self) -> str:
        said = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items())
        asked = f" ({paths_words(self[0])}, {self[0].asked_words})" if len(self) else ""
        return f"{len(self)} results{asked}: {said}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.attacks.batch_markup import attacks_html

        return attacks_html(self)
