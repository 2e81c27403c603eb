"""In which order features are tried, and when to stop: baseline, ordered, shortlist; first or all."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Found, Search, search
from deepcheck.program import Array
from deepcheck.symbolic import Run

FIRST_BLOCK = 64


@dataclass(frozen=True)
class Strategy:
    """A search over single features.

    Attributes:
        order: The elements of each item, first tried first, ``(items, m)``.
        first: Stop each item at its first attackable feature.
        timeout: Seconds after which what is left stays untried, or None.
        progress: Called with the number of items finished, fractions included.
        decide: What decides some elements of a batch: along the inputs' paths, unless another is given.
    """

    order: Array
    first: bool = False
    timeout: float | None = None
    progress: Callable[[float], None] | None = None
    decide: Callable[..., Found] = search

    def run(self, query: Search, x: Array, run: Run) -> Found:
        """Try the features block by block, in order."""
        started = time.monotonic()
        items, count = self.order.shape
        outcomes = np.zeros((items, query.program.size), dtype=np.int8)
        exact = np.zeros(items, dtype=np.int64)
        parts: list[Regions] = []
        waiting = np.ones(items, dtype=bool)
        stopped = False

        def advance(done: float) -> bool:
            nonlocal stopped
            if self.progress is not None and len(blocks) == 1:
                self.progress(done)
            stopped = self.timeout is not None and time.monotonic() - started > self.timeout
            return not stopped

        blocks = self._blocks(count)
        for start, stop in blocks:
            if stopped or not waiting.any():
                break
            asked = np.zeros_like(outcomes, dtype=bool)
            rows = np.flatnonzero(waiting)
            asked[rows[:, None], self.order[rows, start:stop]] = True
            found = self.decide(query, x, run, asked, advance=advance)
            outcomes[asked] = found.outcomes[asked]
            exact += found.exact
            parts.append(found.regions)
            if self.first:
                hit = (found.outcomes == Outcome.ATTACKABLE).any(axis=1)
                waiting &= ~hit
        if self.progress is not None and len(blocks) > 1:
            self.progress(items)
        return Found(outcomes, Regions.join(parts), exact)

    def _blocks(self, count: int) -> list[tuple[int, int]]:
        if not self.first and self.timeout is None:
            return [(0, count)]
        blocks, start, length = [], 0, FIRST_BLOCK
        while start < count:
            blocks.append((start, min(start + length, count)))
            start, length = start + length, 2 * length if self.first else length
        return blocks
