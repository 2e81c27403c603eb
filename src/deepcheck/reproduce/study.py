"""What all parts share: the network, the data, the folders, and the ten images."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import final

import numpy as np

from deepcheck.datasets import ImageSet, mnist
from deepcheck.program import Array, Program
from deepcheck.reproduce.bars import bar
from deepcheck.reproduce.kept import Kept
from deepcheck.reproduce.measure import Measured
from deepcheck.reproduce.pairs.measure import ALL, MeasuredPairs, Scope
from deepcheck.reproduce.places import ever_lit
from deepcheck.reproduce.rules import NETWORK
from deepcheck.reproduce.selection import pick
from deepcheck.reproduce.store import Store
from deepcheck.verbs import load
from deepcheck.zoo import path


@final
@dataclass(frozen=True)
class Study:
    """One run of the reproduction.

    Attributes:
        program: The network.
        train: The images that the ten are picked from.
        test: The images of the census.
        out: Where the results go; measurements go to ``run.sqlite`` in it.
        quick: Only part of the census.
        progress: Show progress on standard error.
    """

    program: Program
    train: ImageSet
    test: ImageSet
    out: Path
    quick: bool = False
    progress: bool = True

    @staticmethod
    def of(data: Path | None, out: Path, quick: bool, progress: bool) -> "Study":
        """The study of our MNIST network."""
        return Study(load(path(NETWORK)), mnist("train", data), mnist("test", data), out, quick, progress)

    @cached_property
    def kept(self) -> Kept:
        """Everything measured, of any network."""
        return Kept(self.out)

    @cached_property
    def store(self) -> Store:
        """The measurements."""
        return Store(self.kept, self.program)

    @cached_property
    def picked(self) -> tuple[int | None, ...]:
        """The index of each label's image."""
        with self.bar("picking ten images", None):
            return pick(self.store, self.train)

    @property
    def items_picked(self) -> Array:
        """The indices of the images picked, by rising label."""
        return np.array([item for item in self.picked if item is not None], dtype=np.int64)

    def chosen(self, domain: str) -> Measured | None:
        """What came of the images picked, by rising label; None where none qualified."""
        items = self.items_picked
        return self.store.measured(self.train, items, domain) if len(items) else None

    def chosen_pairs(self, domain: str, scope: Scope) -> MeasuredPairs | None:
        """What came of pairs of pixels of the images picked; None where none qualified."""
        single = self.chosen(domain)
        if single is None:
            return None
        with self.bar(f"{scope.words} of the ten images, {domain}", len(single)) as advance:
            return self.store.pairs_in_chunks(self.train, single, domain, scope, 1 if scope == ALL else 10, advance)

    @cached_property
    def lit_in_training(self) -> Array:
        """Which pixels some training image lights, ``(pixels,)``."""
        return ever_lit(self.train)

    def bar(self, text: str, total: int | None) -> AbstractContextManager[Callable[[int], object]]:
        """Show progress and the time left; give what takes each step's length."""
        return bar(text, total, self.progress)
