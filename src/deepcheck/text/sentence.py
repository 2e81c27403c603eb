"""A text as a network sees it: as many words as it reads, each a row of the vocabulary, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.program import Array
from deepcheck.text.tokens import UNKNOWN, Token
from deepcheck.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Sentence:
    """A text, and what of it the network reads.

    Attributes:
        text: As it was given.
        vocabulary: The network's words.
        tokens: The words that are read, in order.
        start: The position of the first of them.
        rows: The row at each position, ``(positions,)``.
        before: How many words before them are not read.
        after: How many behind them.
    """

    text: str
    vocabulary: Vocabulary
    tokens: tuple[Token, ...]
    start: int
    rows: Array
    before: int = 0
    after: int = 0

    @cached_property
    def places(self) -> Array:
        """The positions that hold words, increasing, ``(words,)``."""
        return self.start + np.arange(len(self.tokens))

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are read, as the network knows them: `UNKNOWN` where it does not."""
        return tuple(self.vocabulary.words[row] for row in self.rows[self.places])

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words that are read but not known, as they are written in the text."""
        pairs = zip(self.tokens, self.rows[self.places], strict=True)
        return tuple(token.word for token, row in pairs if row == self.vocabulary.unknown)

    def written(self, position: int) -> str:
        """The word at a position as it is written in the text, in lower case."""
        return self.tokens[position - self.start].word

    @property
    def kept(self) -> str:
        """What of the text is read, in words for people."""
        count, left_out = len(self.tokens), self.before + self.after
        end = "last" if self.before else "first"
        said = f"the {end} {count} of {count + left_out} words" if left_out else f"all {count} words"
        said = "the only word" if count == 1 and not left_out else said
        unknown = [word for word in self.unknown if word != UNKNOWN]
        marks = len(self.unknown) - len(unknown)
        if not self.unknown:
            return said
        if len(self.unknown) == count:
            return f"{said}, none of which the network knows"
        listed = ", ".join(dict.fromkeys(unknown[:8])) + (", ..." if len(unknown) > 8 else "")
        parts = [listed] * bool(unknown) + [f"{marks} times {UNKNOWN}"] * bool(marks)
        return f"{said}; unknown to the network: {' and '.join(parts)}"

    def changed(self, words: Mapping[int, int]) -> Array:
        """The rows with other words at some positions."""
        rows = self.rows.copy()
        for position, row in words.items():
            rows[position] = row
        return rows

    def readable(self, words: Mapping[int, int] | None = None) -> str:
        """What the network reads as text, words in lower case, with other words at some positions."""
        rows = self.changed(words or {})[self.places]
        known = [self.vocabulary.words[row] for row in rows]
        changed = words or {}
        return " ".join(
            word if place in changed or word == UNKNOWN else token.word
            for place, token, word in zip(self.places.tolist(), self.tokens, known, strict=True)
        )

    def rewritten(self, words: Mapping[int, int]) -> str:
        """The whole text as it was given, with other words at some positions; punctuation and the rest stay."""
        parts, done = [], 0
        for place, token in zip(self.places.tolist(), self.tokens, strict=True):
            if place in words:
                parts += [self.text[done : token.start], self.vocabulary.words[words[place]]]
                done = token.end
        return "".join([*parts, self.text[done:]])
