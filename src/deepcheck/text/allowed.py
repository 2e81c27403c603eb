"""Which words may stand where: what people who look for sentences that still make sense ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array
from deepcheck.text.sentence import Sentence
from deepcheck.text.tokens import UNKNOWN
from deepcheck.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Choices:
    """Which words may take which places.

    Attributes:
        keep: Words that stay, wherever they stand.
        positions: Only words at these places may change, counted from 1 along the words that are read; None: all.
        nearest: Only so many words nearest to the one replaced, by the cosine of their vectors; None: any.
        similar: Only words whose vector has at least this cosine with that of the one replaced; None: any.
        stop_words: May stop words be replaced, and put in?
        unknown: May `UNKNOWN` be put in: a word that the network does not know?
        only: Only these words may be put in; None: any.
    """

    keep: tuple[str, ...] = ()
    positions: tuple[int, ...] | None = None
    nearest: int | None = None
    similar: float | None = None
    stop_words: bool = True
    unknown: bool = True
    only: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for words in (self.keep, self.only):
            if isinstance(words, str):
                raise OptionError(f"expected several words, each of its own, got {words!r}: put it into a tuple")
        whole = isinstance(self.nearest, int) and not isinstance(self.nearest, bool)
        if self.nearest is not None and not (whole and self.nearest >= 1):
            raise OptionError(f"expected the nearest 1 or more words, got {self.nearest}")
        if self.similar is not None and not -1 <= self.similar <= 1:
            raise OptionError(f"expected a cosine from -1 to 1, got {self.similar}")

    def describe(self) -> str:
        """In words for people; "" for no constraint."""
        parts = [
            f"kept: {', '.join(self.keep)}" if self.keep else "",
            "" if self.positions is None else f"only words {', '.join(map(str, self.positions))}",
            "" if self.nearest is None else f"the {self.nearest} nearest words",
            "" if self.similar is None else f"cosine at least {self.similar:g}",
            "" if self.stop_words else "no stop words",
            "" if self.unknown else f"no {UNKNOWN}",
            "" if self.only is None else f"only {len(self.only)} given words put in",
        ]
        return "; ".join(part for part in parts if part)

    def places(self, sentence: Sentence) -> Array:
        """The positions whose words may change, increasing.

        Raises:
            OptionError: If a position is none of the sentence's.
            InputError: If no word is left that may change.
        """
        count, chosen = len(sentence.tokens), np.ones(len(sentence.tokens), dtype=bool)
        if self.positions is not None:
            wrong = [at for at in self.positions if not 1 <= at <= count]
            if wrong:
                raise OptionError(f"expected positions from 1 to {count} (words that are read), got {wrong[0]}")
            chosen[:] = False
            chosen[[at - 1 for at in self.positions]] = True
        kept = {word.lower().replace("\u2019", "'") for word in self.keep}
        left_out = kept | (set() if self.stop_words else stop_words())
        words = zip(sentence.tokens, sentence.words, strict=True)
        chosen &= np.array(
            [token.word.lower() not in left_out and word.lower() not in left_out for token, word in words]
        )
        if not chosen.any():
            raise InputError(f"expected at least one word that may change, but all {count} are kept")
        return np.asarray(sentence.places[chosen])

    def mask(self, sentence: Sentence, places: Array) -> Array:
        """Which words may be put at each place, ``(places, words)``: never the one that stands there, never padding."""
        vocabulary = sentence.vocabulary
        base = vocabulary.usable.copy()
        if not self.unknown:
            base[vocabulary.unknown] = False
        if not self.stop_words:
            base[[row for word in stop_words() if (row := vocabulary.rows.get(word)) is not None]] = False
        if self.only is not None:
            base &= _among(vocabulary, self.only)
        rows = sentence.rows[places]
        found = np.repeat(base[None], len(places), axis=0)
        if self.nearest is not None or self.similar is not None:
            for place, row in enumerate(rows.tolist()):
                found[place] &= self._near(vocabulary, row, base)
        found[np.arange(len(places)), rows] = False
        return found

    def _near(self, vocabulary: Vocabulary, row: int, base: Array) -> Array:
        """Words near a row; of those that may be used, the nearest so many (the lower row in a tie)."""
        cosine = vocabulary.similarity(row)
        near = np.ones(len(vocabulary), dtype=bool)
        if self.similar is not None:
            near &= cosine >= self.similar
        if self.nearest is not None:
            ranked = np.where(base & (np.arange(len(vocabulary)) != row), cosine, -np.inf)
            best = np.argsort(-ranked, kind="stable")[: self.nearest]
            near &= np.isin(np.arange(len(vocabulary)), best)
        return near


def _among(vocabulary: Vocabulary, words: Sequence[str]) -> Array:
    missing = [word for word in words if word not in vocabulary.rows]
    if missing:
        raise OptionError(f"expected words of the vocabulary to put in, got {missing[0]!r}, which it does not have")
    found = np.zeros(len(vocabulary), dtype=bool)
    found[[vocabulary.rows[word] for word in words]] = True
    return found


@cache
def stop_words() -> frozenset[str]:
    """English words that carry grammar rather than meaning."""
    return frozenset((Path(__file__).parent / "stop_words.txt").read_text(encoding="utf-8").split())
