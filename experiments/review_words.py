"""What `train_text.py` makes of the reviews: words, rows of a matrix, and word2vec's vectors of the words."""

import itertools
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec

from deepcheck.datasets import ReviewSet, imdb
from deepcheck.text.tokens import UNKNOWN, tokenise

PADDING = "<PAD>"
SPECIAL = (PADDING, UNKNOWN)
"""What the first rows of the vectors stand for; both are zero."""
WORDS = 10_000
LENGTH = 30
DIMENSION = 30

WORD2VEC: dict[str, int | float] = {"sg": 1, "epochs": 5, "window": 10, "negative": 5, "sample": 1e-4, "seed": 1}


@dataclass(frozen=True)
class Reviews:
    """The words of one split's reviews.

    Attributes:
        words: Of each review, all of them.
        labels: 1 is positive, ``(n,)``.
    """

    words: tuple[tuple[str, ...], ...]
    labels: np.ndarray


def read(split: str, data: Path | None) -> Reviews:
    """Read one split and take it apart into words."""
    reviews: ReviewSet = imdb(split, data)
    return Reviews(tuple(tuple(token.word for token in tokenise(text)) for text in reviews.texts), reviews.labels)


def frequent(reviews: Iterable[Sequence[str]], count: int) -> tuple[str, ...]:
    """List the most frequent words, falling; those of one frequency in alphabetical order."""
    counts = Counter(itertools.chain.from_iterable(reviews))
    counts.pop(UNKNOWN, None)
    return tuple(sorted(counts, key=lambda word: (-counts[word], word))[:count])


def stable_hash(word: str) -> int:
    """Hash a word the same way in every run, as Python's own does not."""
    return zlib.crc32(word.encode())


def word_vectors(reviews: Iterable[Sequence[str]], words: tuple[str, ...]) -> np.ndarray:
    """Train word2vec on the reviews, the other words left out: ``(words, 30)``, float32."""
    known = set(words)
    sentences = [[word for word in review if word in known] for review in reviews]
    model = Word2Vec(sentences, vector_size=DIMENSION, min_count=1, workers=1, hashfxn=stable_hash, **WORD2VEC)
    return model.wv[list(words)]


def rows(reviews: Iterable[Sequence[str]], words: tuple[str, ...]) -> np.ndarray:
    """Give the row of each of the last 30 words of each review, padded on the left: ``(n, 30)``, int64."""
    row = {word: index for index, word in enumerate(SPECIAL + words)}
    found = [[row.get(word, 1) for word in review[-LENGTH:]] for review in reviews]
    return np.array([[0] * (LENGTH - len(known)) + known for known in found], np.int64)
