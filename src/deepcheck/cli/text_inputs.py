"""From the words of ``deepcheck text`` to a model, texts and constraints."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepcheck.cli.values import indices
from deepcheck.errors import InputError, OptionError

if TYPE_CHECKING:
    from deepcheck.text import Choices, TextModel

MOST_BYTES = 1 << 28
"""A larger file of texts is refused."""


@dataclass(frozen=True)
class ModelFiles:
    """Which model is asked: its options as they were given."""

    model: str
    vocabulary: Path | None
    vectors: Path | None
    labels: str | None
    read: str
    pad: str

    def load(self) -> "TextModel":
        """Load it.

        Raises:
            OptionError: If an option has no meaning.
            InputError: If the vocabulary is damaged, or does not fit.
            ModelError: If the model cannot be used.
        """
        import deepcheck
        from deepcheck.text.model import Keep, Pad

        keep: Keep = "last" if self.read == "last" else "first"
        pad: Pad = "left" if self.pad == "left" else "right"
        if self.read != keep or self.pad != pad:
            raise OptionError(
                f"expected --read last or first and --pad left or right, got '{self.read}' and '{self.pad}'"
            )
        names = None if self.labels is None else _words(self.labels, "--labels")
        return deepcheck.load_text(
            self.model, vocabulary=self.vocabulary, vectors=self.vectors, labels=names, keep=keep, pad=pad
        )


@dataclass(frozen=True)
class Constraints:
    """Which words may stand where: the options as they were given."""

    keep: str | None
    positions: str | None
    nearest: int | None
    similar: float | None
    no_stop_words: bool
    no_unknown: bool
    only: str | None

    def choices(self) -> "Choices":
        """What they mean.

        Raises:
            OptionError: If one has no meaning.
        """
        import deepcheck

        return deepcheck.Choices(
            keep=() if self.keep is None else _words(self.keep, "--keep"),
            positions=indices(self.positions, "--positions"),
            nearest=self.nearest,
            similar=self.similar,
            stop_words=not self.no_stop_words,
            unknown=not self.no_unknown,
            only=None if self.only is None else _words(self.only, "--only"),
        )


@dataclass(frozen=True)
class Line:
    """One text of a file, and the number of its line."""

    number: int
    text: str


def one_text(text: str | None, file: str | None) -> str | None:
    """The text that was given, or None where there is a file.

    Raises:
        OptionError: If there are both, or neither.
        InputError: If it is not UTF-8.
    """
    if (text is None) == (file is None):
        raise OptionError(f"expected a text in quotes or --file FILE, got {'neither' if text is None else 'both'}")
    if text is not None and any(0xD800 <= ord(character) < 0xE000 for character in text):
        raise InputError("expected a text in UTF-8, got bytes that are not")
    return text


def lines_of(file: str) -> tuple[Line, ...]:
    """The texts of a file, or of standard input for ``-``; blank lines are left out.

    Raises:
        InputError: If it cannot be read, is not UTF-8, too large, or has only blank lines.
    """
    name = "standard input" if file == "-" else file
    content = _content(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise InputError(f"expected texts in UTF-8, one a line, got {name}, which is not in line {line}") from None
    lines = (Line(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    found = tuple(line for line in lines if line.text)
    if not found:
        raise InputError(f"expected one text a line, got {name} with blank lines only")
    return found


def with_places(model: "TextModel", text: str, choices: "Choices") -> None:
    """Check that a text has words, and those places that are asked for.

    Raises:
        InputError: If it does not: what is wrong is this text, not the options.
    """
    sentence = model.sentence(text)
    try:
        choices.places(sentence)
    except OptionError as problem:
        raise InputError(str(problem)) from None


def _content(file: str) -> bytes:
    try:
        if file == "-":
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
    except OSError as problem:
        raise InputError(f"expected a file of texts, but {file} cannot be read: {problem.strerror}") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"expected at most {MOST_BYTES >> 20} MiB of texts, got more in {file}: split it")
    return content


def _words(text: str, option: str) -> tuple[str, ...]:
    found = tuple(word.strip() for word in text.split(","))
    if not all(found):
        raise OptionError(f"expected {option} as words such as good,bad, got '{text}'")
    return found
