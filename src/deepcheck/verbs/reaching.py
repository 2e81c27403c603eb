"""Which labels can be reached by changing one, two, three features, and how many sets reach each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deepcheck.attacks import Result, SmallestResult
from deepcheck.domains import Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import OptionError
from deepcheck.program import Array, Program
from deepcheck.verbs.attacking import attack
from deepcheck.verbs.smallest import smallest

COUNTED = 2
"""Up to so many features the sets that reach each label are counted; of larger sets only whether there is one."""


@dataclass(frozen=True)
class LabelReach:
    """How one label can be reached along the path of an input.

    Attributes:
        label: The label.
        sets: How many sets of one feature, of two, ... reach it; None where that was not decided for every set.
        smallest: The smallest set that reaches it, with the proof that no smaller one does.
    """

    label: int
    sets: tuple[int | None, ...]
    smallest: SmallestResult

    def within(self, size: int) -> bool | None:
        """Can it be reached with at most so many features? None: open."""
        found = self.smallest
        if found.counts["replayed"] and found.size <= size:
            return True
        return False if found.bound > size else None

    def _repr_html_(self) -> str:
        from deepcheck.display.markup import fact_list, section, verdict_line

        facts = [
            (f"sets of {size}" if size > 1 else "single features", "open" if count is None else f"{count:,} reach it")
            for size, count in enumerate(self.sets, start=1)
        ]
        found = self.smallest
        said = f"label {self.label}, {found.claim.removeprefix(found.verdict).lstrip(': ')}"
        return section(verdict_line(found.verdict, said), fact_list(facts))


def labels_within(
    program: Program,
    x: Array,
    *,
    most: int = 3,
    features: Sequence[int] | Array | None = None,
    exclude: Sequence[int] | Array | None = None,
    domain: Pixels | None = None,
    timeout: float | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    progress: Callable[[float], None] | None = None,
) -> tuple[LabelReach, ...]:
    """For every other label: how many features it takes to reach it along the path of the input.

    Args:
        program: The program.
        x: Pixels, ``input_shape``.
        most: Sets of up to so many features.
        features: Only these features, by index or as a mask; by default all.
        exclude: None of these.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        timeout: Seconds for each question: all single features, all pairs, and the smallest set for each label.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.
        progress: Called with the share of the work that is done.

    Returns:
        One entry for each other label, lowest first.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program or lies outside its domain.
    """
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise OptionError(f"expected sets of 1 or more features, got {most}")
    labels = program.decided().labels
    families: list[Result] = []
    for size in range(1, min(most, COUNTED) + 1):
        found = attack(
            program, x, size=size, features=features, exclude=exclude, domain=domain, timeout=timeout,
            features_as=features_as, layout=layout,
        )  # fmt: skip
        assert isinstance(found, Result)
        families.append(found)
    label = families[0].label
    entries = []
    for other in range(labels):
        if other == label:
            continue
        least = smallest(
            program, x, target=other, most=most, features=features, exclude=exclude, domain=domain, timeout=timeout,
            features_as=features_as, layout=layout,
        )  # fmt: skip
        sets = tuple(_reaching(family, other) for family in families)
        entries.append(LabelReach(other, sets, least))
        if progress is not None:
            progress(len(entries) / (labels - 1))
    return tuple(entries)


def _reaching(family: Result, label: int) -> int | None:
    whole = not family.counts["undecided"] and not family.counts["untried"]
    return family.labels_reached.get(label, 0) if whole else None
