"""Which sets are searched, in which order, until when: one input after another."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb

import numpy as np

from deepcheck.attacks.direct_search import Decide, search_directly, search_with
from deepcheck.attacks.family import Family, Wins
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.pair_search import search_pairs
from deepcheck.attacks.question import Question
from deepcheck.attacks.search import Search
from deepcheck.attacks.set_search import search_sets
from deepcheck.domains import Features
from deepcheck.program import Array, chunks_of
from deepcheck.ranking import gains
from deepcheck.symbolic import Run

KERNEL_UNKNOWNS = 12
"""Up to so many unknowns a set is decided by the compiled simplex method; larger ones by HiGHS, one by one."""
CHUNK_BYTES = 16 << 20
"""How large the difference forms of a chunk of inputs may grow."""


@dataclass(frozen=True)
class SetStrategy:
    """A search over sets of several features.

    Attributes:
        features: The features.
        order: The features asked about, first to try first, ``(items, m)``.
        size: How many a set has.
        tried: Sets are made of so many features at the head of the order; others stay untried.
        first: Stop each input at its first attackable set.
        solver: Ask this solver about one set after another; None: what is fastest.
        timeout: Seconds after which what is left stays untried, or None.
        progress: Called with the number of inputs finished, fractions included.
    """

    features: Features
    order: Array
    size: int
    tried: int
    first: bool = False
    solver: Decide | None = None
    timeout: float | None = None
    progress: Callable[[float], None] | None = None

    def run(self, query: Search, x: Array, run: Run) -> tuple[list[Family], list[float]]:
        """Every input's family, and the seconds that each took."""
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        families: list[Family] = []
        seconds: list[float] = []
        others = query.program.decided().labels - 1
        for items in chunks_of(len(x), 8 * query.program.size * others, CHUNK_BYTES):
            started = time.perf_counter()
            with np.errstate(over="ignore", invalid="ignore"):
                found = gains(query.program, run, items)
            shared = (time.perf_counter() - started) / len(items)
            questions = [
                Question(
                    query, x, run, int(item), found, row, self.features, self.order[item], deadline, self._advance(item)
                )
                for row, item in enumerate(items)
            ]
            with np.errstate(over="ignore", invalid="ignore"):
                for family, took in self._families(questions):
                    families.append(family)
                    seconds.append(shared + took)
                    if self.progress is not None:
                        self.progress(float(len(families)))
        return families, seconds

    def _families(self, questions: list[Question]) -> Iterator[tuple[Family, float]]:
        """The families of some inputs, in order; pairs of all of them together, since they share forward passes."""
        plain = self.size == 2 and self.features.single and self.solver is None
        asked = [question for question in questions if self._decidable(question) is None] if plain else []
        together = search_pairs(asked, self.tried, first=self.first)
        for question in questions:
            started, why = time.perf_counter(), self._decidable(question)
            if why is not None:
                yield self._none(question, why), 0.0
            elif plain:
                yield next(together)
            elif question.late():
                yield self._none(question, Outcome.UNTRIED), 0.0
            else:
                family = self._search(question)
                yield family, time.perf_counter() - started

    @staticmethod
    def _decidable(question: Question) -> Outcome | None:
        """Why nothing can be decided about an input, or None."""
        if question.run.overflow[question.item]:
            return Outcome.OVERFLOW
        return Outcome.ROUNDING if question.run.unsettled[question.item] else None

    def _advance(self, item: int) -> Callable[[float], None] | None:
        progress = self.progress
        return None if progress is None else lambda share: progress(float(item) + share)

    def _search(self, question: Question) -> Family:
        width = question.features.members.shape[1]
        if self.solver is not None:
            return search_with(question, self.size, self.tried, self.solver, first=self.first)
        if self.size * width > KERNEL_UNKNOWNS or self.size == self.tried:
            return search_directly(question, self.size, self.tried, first=self.first)
        return search_sets(question, self.size, self.tried, first=self.first)

    def _none(self, question: Question, outcome: Outcome) -> Family:
        """No set decided."""
        width = self.size * question.features.members.shape[1]
        tried = 0 if outcome == Outcome.UNTRIED else comb(self.tried, self.size)
        untried = comb(len(question.order), self.size) - tried
        undecided = {outcome: tried} if tried else {}
        return Family(self.size, question.order, Wins.empty(self.size, width), 0, 0, undecided, untried)
