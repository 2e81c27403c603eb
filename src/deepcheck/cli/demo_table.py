"""What the demo asks about a table: which single measurement overturns a diagnosis?

The rule, fixed when only the counts of the whole test set were known: of each label, in index order of the test samples
of scikit-learn's breast cancer data, the first that the network labels rightly and no single measurement overturns
(proved over all paths), and the first two that it labels rightly and some single measurement overturns (with a witness
that replays); then, of those left, the first that some single measurement overturns along its own path. Each stays
within its range in the training samples, widened where it has to be to hold the sample itself.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

import deepcheck
from deepcheck.attacks import Attacks, Result
from deepcheck.datasets import TableSet
from deepcheck.program import Array, Program

NETWORK, DATA = "cancer_16x2", "breast-cancer:test"
PROVED, ATTACKED = 1, 2
"""So many samples of each label that no measurement overturns, and that some measurement does."""


@dataclass(frozen=True)
class TableStudy:
    """A table of test samples, and what is known about each.

    Attributes:
        program: The network.
        table: The test samples.
        results: Every single measurement of every test sample, along all paths.
        along: The same along each sample's own path.
        indices: Which samples are shown.
        smallest: How few measurements overturn each test sample, along all paths; None where nobody asked.
    """

    program: Program
    table: TableSet
    results: tuple[Result, ...]
    along: tuple[Result, ...]
    indices: tuple[int, ...]
    smallest: tuple[deepcheck.SmallestResult, ...] | None

    def domain(self, index: int) -> deepcheck.Pixels:
        """Where a sample's measurements may go."""
        return deepcheck.Pixels(*self.table.range_holding(self.table.rows[index]))

    @property
    def sizes(self) -> Counter[int]:
        """How many test samples have a smallest set of so many measurements; 0: none at all overturns them."""
        return Counter(result.found.size or 0 for result in self.smallest or () if result.optimal)

    @property
    def accuracy(self) -> float:
        """Share of the test samples that the network labels rightly."""
        labels = np.array([result.label for result in self.results])
        return float(np.mean(labels == self.table.labels))


def study(*, smallest: bool) -> TableStudy:
    """Ask about every test sample.

    Args:
        smallest: Look for the smallest sets too.

    Raises:
        MissingExtra: If scikit-learn, which ships the data, is not installed.
    """
    program, table = deepcheck.load(deepcheck.zoo.path(NETWORK)), deepcheck.datasets.breast_cancer("test")
    results, along = (_every(program, table, paths) for paths in ("all", "same"))
    found = TableStudy(program, table, results, along, _chosen(results, along, table.labels), None)
    if not smallest:
        return found
    least = tuple(
        deepcheck.smallest(program, row, paths="all", domain=found.domain(index))
        for index, row in enumerate(table.rows)
    )
    return TableStudy(program, table, results, along, found.indices, least)


def _every(program: Program, table: TableSet, paths: str) -> tuple[Result, ...]:
    """Every single measurement of every sample: in one batch those that the training range holds, the others alone."""
    held = ((table.rows >= table.lower) & (table.rows <= table.upper)).all(axis=1)
    together = np.flatnonzero(held)
    found: dict[int, Result] = dict(zip(together.tolist(), _attack(program, table, together, paths), strict=True))
    for index in np.flatnonzero(~held):
        found[int(index)] = _attack(program, table, np.array([index]), paths)[0]
    return tuple(found[index] for index in range(len(table)))


def _attack(program: Program, table: TableSet, indices: Array, paths: str) -> Attacks:
    rows = table.values(indices)
    found = deepcheck.attack(program, rows, paths=paths, domain=deepcheck.Pixels(*table.range_holding(rows)))
    assert isinstance(found, Attacks)
    return found


def _chosen(results: tuple[Result, ...], along: tuple[Result, ...], labels: Array) -> tuple[int, ...]:
    """The samples of the rule above, by label, first those that are proved; last the one attacked along its path."""
    right = [index for index, result in enumerate(results) if result.label == labels[index]]
    shown: list[int] = []
    for label in np.unique(labels):
        mine = [index for index in right if labels[index] == label]
        shown += [index for index in mine if results[index].verdict == "proved"][:PROVED]
        shown += [index for index in mine if results[index].verdict == "attack"][:ATTACKED]
    return (*shown, *[index for index in right if along[index].verdict == "attack" and index not in shown][:1])
