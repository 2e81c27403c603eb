"""A text cut where its words are: what every view of it, in colour or in HTML, is put together from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from deepcheck.text.results import WordScores
from deepcheck.text.sentence import Sentence

SIGNED = ("coi", "co")
"""Metrics whose sign says whether a word speaks for the label; the others only say how much it matters."""


@dataclass(frozen=True)
class Span:
    """A piece of a text.

    Attributes:
        text: As it was given.
        place: The word's place, counted from 1 along the words that are read; None for what is no such word.
        read: Does it lie among what the network reads? Not so what lies with words that are left out.
        after: The word put in instead; None where it stays.
    """

    text: str
    place: int | None
    read: bool
    after: str | None = None


def spans(sentence: Sentence, words: Mapping[int, int] | None = None) -> tuple[Span, ...]:
    """Cut a text into words and what is between them; put together again they are the text.

    Args:
        sentence: The text.
        words: The new row at some positions.
    """
    return tuple(span for span in _cut(sentence, words or {}) if span.text or span.place)


def _cut(sentence: Sentence, words: Mapping[int, int]) -> Iterator[Span]:
    first, last, done = sentence.tokens[0].start, sentence.tokens[-1].end, sentence.tokens[0].start
    yield Span(sentence.text[:first], None, read=not sentence.before)
    for place, (position, token) in enumerate(zip(sentence.places.tolist(), sentence.tokens, strict=True), start=1):
        row = words.get(position)
        after = None if row is None else sentence.vocabulary.words[row]
        yield Span(sentence.text[done : token.start], None, read=True)
        yield Span(sentence.text[token.start : token.end], place, read=True, after=after)
        done = token.end
    yield Span(sentence.text[last:], None, read=not sentence.after)


def word_text(sentence: Sentence, at: int) -> str:
    """The word at a place, counted from 0, as it is written; with what the network takes it for, if that is another."""
    written, known = sentence.tokens[at].word, sentence.words[at]
    return written if written == known else f"{written} ({known})"


def strengths(found: WordScores) -> tuple[float, ...]:
    """How strongly each word is to be coloured, from -1 (against the label) to 1 (for it).

    A metric without a sign gives numbers from 0 to 1: how much the word matters.
    """
    scores = np.asarray(found.scores, dtype=np.float64)
    if found.metric == "reach":
        scores = scores - scores.min()
    most = np.abs(scores).max()
    if not np.isfinite(most) or most == 0:
        return (0.0,) * len(scores)
    return tuple(float(score) for score in scores / most)
