"""A text model: a program that starts at word vectors, and the vocabulary that they come from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from deepcheck.domains import Features, Pixels
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program
from deepcheck.symbolic.one_layer import OneLayer
from deepcheck.text.sentence import Sentence
from deepcheck.text.tables import Tables, encoded
from deepcheck.text.tokens import Token, tokenise
from deepcheck.text.vocabulary import Vocabulary

Keep = Literal["last", "first"]
Pad = Literal["left", "right"]
MOST_CHARACTERS = 1 << 22
"""Longer texts are refused."""


@dataclass(frozen=True, eq=False)
class TextModel:
    """A network that reads word vectors.

    Attributes:
        program: The network, from the vectors on.
        vocabulary: Its words; their vectors in the network's type.
        labels: The name of each label.
        features: Which input elements each position owns.
        keep: Which words of a text that is too long are read.
        pad: Where a text that is too short is filled.
        words_of: Splits a text into words.
    """

    program: Program
    vocabulary: Vocabulary = field(repr=False)
    labels: tuple[str, ...]
    features: Features
    keep: Keep = "last"
    pad: Pad = "left"
    words_of: Callable[[str], tuple[Token, ...]] = tokenise

    @staticmethod
    def of(
        program: Program,
        vocabulary: Vocabulary,
        labels: tuple[str, ...] | None = None,
        *,
        keep: Keep = "last",
        pad: Pad = "left",
        words_of: Callable[[str], tuple[Token, ...]] = tokenise,
    ) -> "TextModel":
        """Put a program and a vocabulary together; vectors are rounded to the program's type where they have another.

        Raises:
            OptionError: If an option has no meaning.
            InputError: If the program does not read vectors of the vocabulary.
            NoDecision: If the network is a regression.
        """
        if keep not in ("last", "first") or pad not in ("left", "right"):
            raise OptionError(f"expected keep 'last' or 'first' and pad 'left' or 'right', got '{keep}' and '{pad}'")
        count = program.decided().labels
        names = tuple(str(label) for label in range(count)) if labels is None else labels
        if len(names) != count:
            raise OptionError(f"expected {count} names of labels, got {len(names)}")
        if not program.preprocessing.is_identity:
            raise OptionError("expected a text model without mean and std: its input is word vectors")
        features = _positions(program, vocabulary)
        if vocabulary.vectors.dtype != program.dtype:
            vocabulary = Vocabulary.of(vocabulary.words, vocabulary.vectors, program.dtype)
        return TextModel(program, vocabulary, names, features, keep, pad, words_of)

    @property
    def length(self) -> int:
        """How many words are read."""
        return self.features.count

    def sentence(self, text: str) -> Sentence:
        """Read a text.

        Raises:
            InputError: If it is not a text, or has no word.
        """
        if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
            got = f"{len(text):,} characters" if isinstance(text, str) else type(text).__name__
            raise InputError(f"expected a text of at most {MOST_CHARACTERS:,} characters, got {got}")
        tokens = self.words_of(text)
        if not tokens:
            shown = repr(text if len(text) <= 40 else f"{text[:37]}...")
            raise InputError(f"expected a text with at least one word (letters or digits), got {shown}")
        cut = len(tokens) - self.length if len(tokens) > self.length else 0
        read = tokens[cut:] if self.keep == "last" else tokens[: len(tokens) - cut]
        start = self.length - len(read) if self.pad == "left" else 0
        rows = np.full(self.length, self.vocabulary.padding)
        rows[start : start + len(read)] = [self.vocabulary.row(token.word) for token in read]
        before, after = (cut, 0) if self.keep == "last" else (0, cut)
        return Sentence(text, self.vocabulary, tuple(read), start, rows, before, after)

    def inputs(self, rows: Array) -> Array:
        """What the network receives for sentences ``(items, positions)``, ``(items, *input_shape)``."""
        return encoded(self.program, self.features, self.vocabulary.vectors, rows)

    def range_of(self) -> Pixels:
        """The vocabulary's range: each element within the least and largest value of its dimension over all words."""
        vectors = self.vocabulary.vectors.astype(np.float64)
        lower, upper = vectors.min(axis=0), vectors.max(axis=0)
        low, high = np.zeros((2, self.program.size))
        low[self.features.members], high[self.features.members] = lower, upper
        shape = self.program.input_shape
        return Pixels(low.reshape(shape), high.reshape(shape))

    @cached_property
    def tables(self) -> Tables | None:
        """What every word puts into every unit; None for more than one layer of branches, or for huge numbers."""
        layer = OneLayer.of(self.program)
        if layer is None:
            return None
        with np.errstate(all="ignore"):
            tables = Tables.of(layer, self.vocabulary.vectors.astype(np.float64), self.features)
            return tables if tables.moderate else None


def _positions(program: Program, vocabulary: Vocabulary) -> Features:
    """Which elements each position owns: the vectors lie along the last axis, or along the only one of their size."""
    shape, width = program.input_shape, vocabulary.dimensions
    fitting = [axis for axis, size in enumerate(shape) if size == width]
    if len(shape) < 2 or not fitting or program.dtype.kind != "f":
        raise InputError(
            f"expected a model that reads vectors of {width} numbers, (positions, {width}), got an input of shape "
            f"{shape}"
        )
    axis = fitting[-1]
    positions = int(np.prod(shape)) // width
    owner = np.repeat(np.arange(positions).reshape(*shape[:axis], 1, *shape[axis + 1 :]), width, axis=axis)
    return Features((positions,), owner.ravel(), "word")
