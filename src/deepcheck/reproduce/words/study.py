"""What the study of words shares: the network, the reviews, the folders, and what came of every text."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import final

import numpy as np

from deepcheck.datasets import ReviewSet, imdb
from deepcheck.program import Array
from deepcheck.reproduce.bars import bar
from deepcheck.reproduce.kept import Kept
from deepcheck.reproduce.paper import SENTENCES
from deepcheck.reproduce.rules import DRAWS, L1_REVIEWS, MOST, QUICK_REVIEWS, REVIEW_SEED, REVIEWS, TEXT_NETWORK
from deepcheck.reproduce.words.measure import MeasuredText, Plan
from deepcheck.reproduce.words.store import TextStore
from deepcheck.text import TextModel
from deepcheck.verbs import load_text


@final
@dataclass(frozen=True)
class TextStudy:
    """One run of table IV.

    Attributes:
        model: The network and its words.
        reviews: The reviews that some are drawn from.
        out: Where the results go; measurements go to ``run.sqlite`` in it.
        quick: Only few reviews.
        progress: Show progress on standard error.
        draws: Random orders of each text.
        most: At most so many words of one of the paper's sentences become symbolic; None: all.
    """

    model: TextModel
    reviews: ReviewSet
    out: Path
    quick: bool = False
    progress: bool = True
    draws: int = DRAWS
    most: int | None = None

    @staticmethod
    def of(data: Path | None, out: Path, quick: bool, progress: bool) -> "TextStudy":
        """The study of our network with the paper's frozen vectors."""
        return TextStudy(load_text(TEXT_NETWORK), imdb("test", data), out, quick, progress)

    @cached_property
    def store(self) -> TextStore:
        """The measurements."""
        return TextStore(Kept(self.out), self.model)

    @property
    def items(self) -> Array:
        """The indices of the reviews that are asked about, ``(n,)``."""
        count = QUICK_REVIEWS if self.quick else REVIEWS
        return np.random.default_rng(REVIEW_SEED).permutation(len(self.reviews))[:count]

    def sentences(self) -> list[MeasuredText]:
        """What came of the paper's sentences."""
        found, plan = [], Plan(self.draws, self.most)
        with bar("the paper's sentences", len(SENTENCES), self.progress) as advance:
            for number, sentence in enumerate(SENTENCES, 1):
                found.append(self.store.measured("the paper's sentences", number, sentence.text, plan))
                advance(1)
        return found

    def drawn(self) -> list[MeasuredText]:
        """What came of the reviews."""
        found, items = [], self.items.tolist()
        with bar("reviews", len(items), self.progress) as advance:
            for place, item in enumerate(items):
                plan = Plan(self.draws, MOST, place < L1_REVIEWS)
                name = f"{self.reviews.name} {self.reviews.split}"
                found.append(self.store.measured(name, item, self.reviews.texts[item], plan))
                advance(1)
        return found
