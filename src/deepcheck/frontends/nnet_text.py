"""The text of a ``.nnet`` file: comma-separated decimals, line by line, every count checked before it is believed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.frontends.budget import Budget
from deepcheck.program import Array

_DECIMAL = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
PIECE = 1 << 20
MOST_COMMENTS = 100_000
_COUNT = re.compile(rb"[0-9]{1,9}")


@dataclass(frozen=True)
class Numbers:
    """What the file says.

    Attributes:
        lower: Least value of each input, ``(inputs,)``; ``upper`` the largest.
        upper: See ``lower``.
        mean: Of each input, then one for all outputs, ``(inputs + 1,)``; ``range`` likewise, positive.
        range: See ``mean``.
        layers: For each layer its weights ``(outputs, inputs)`` and biases ``(outputs,)``.
    """

    lower: Array
    upper: Array
    mean: Array
    range: Array
    layers: tuple[tuple[Array, Array], ...]


@dataclass
class Text:
    """Lines, one after the other; a reader that knows where it is. No line is taken apart whole: it may be the file."""

    content: bytes
    name: str
    number: int = 0
    _at: int = field(default=0, init=False)

    def skip_comments(self) -> None:
        """Pass over lines that start with ``//`` or are empty."""
        while (line := self._peek()) is not None and _is_comment(line):
            self._pass()
            if self.number > MOST_COMMENTS:
                raise self.wrong("the header", f"{MOST_COMMENTS} lines without a number")

    def counts(self, many: int, what: str) -> list[int]:
        """The next line as whole numbers."""
        return [int(token) for token in self._tokens(many, what, _COUNT, "whole numbers")]

    def decimals(self, many: int, what: str) -> Array:
        """The next line as finite decimals, ``(many,)`` float64, each read to nearest."""
        tokens = self._tokens(many, what, _DECIMAL, "decimals")
        found = np.fromiter((float(token) for token in tokens), np.float64, many)
        if not np.isfinite(found).all():
            raise self.wrong(f"finite numbers for {what}", "one that is too large for float64")
        return found

    def finish(self) -> None:
        """Raise unless only empty lines are left."""
        rest = self.content[self._at :]
        if left := rest.lstrip():
            self.number += rest.count(b"\n", 0, len(rest) - len(left)) + 1
            raise self.wrong("the end of the file behind the last bias", _shown(left.partition(b"\n")[0]))

    def wrong(self, expected: str, came: str) -> MalformedModel:
        """An error that names the line read last."""
        return MalformedModel(
            f"{self.name}, line {self.number}: expected {expected}, got {came}: pass a whole file in the NNet format"
        )

    def skip_line(self, what: str) -> None:
        """Pass over one line that must be there."""
        self._next(what)

    def _tokens(self, many: int, what: str, kind: re.Pattern[bytes], word: str) -> Iterator[bytes]:
        line = self._next(f"{many} {word} for {what}")
        # A comma may end a line.
        end = len(line) - line.endswith(b",")
        count = line.count(b",", 0, end) + 1
        if count != many:
            raise self.wrong(f"{many} {word} for {what}", f"{count}")
        for piece in _pieces(line, end):
            for token in map(bytes.strip, piece.split(b",")):
                if not kind.fullmatch(token):
                    raise self.wrong(f"{word} for {what}", _shown(token))
                yield token

    def _peek(self) -> bytes | None:
        """The next line; None behind the last."""
        if self._at > len(self.content):
            return None
        end = self.content.find(b"\n", self._at)
        return self.content[self._at :] if end < 0 else self.content[self._at : end]

    def _pass(self) -> None:
        end = self.content.find(b"\n", self._at)
        self._at = len(self.content) + 1 if end < 0 else end + 1
        self.number += 1

    def _next(self, what: str) -> bytes:
        line = (self._peek() or b"").strip()
        self._pass()
        if not line:
            raise self.wrong(what, "the end of the file" if self._at > len(self.content) else "an empty line")
        return line


def _pieces(line: bytes, end: int) -> Iterator[bytes]:
    """A line up to an end, in pieces of about a megabyte, cut at commas."""
    start = 0
    while start <= end:
        stop = line.find(b",", min(start + PIECE, end), end)
        stop = end if stop < 0 else stop
        yield line[start:stop]
        start = stop + 1


def read_text(text: Text, budget: Budget) -> Numbers:
    """Read the numbers of a ``.nnet`` file.

    Raises:
        MalformedModel: If the weights are beyond the budget, or a count, a number, or the end of the file is not where
            it should be.
    """
    text.skip_comments()
    sizes = _sizes(text, budget)
    text.skip_line("a line for the flag, which means nothing")
    inputs = sizes[0]
    lower = text.decimals(inputs, "the least value of each input")
    upper = text.decimals(inputs, "the largest value of each input")
    if (lower > upper).any():
        i = int(np.argmax(lower > upper))
        raise text.wrong(f"at least {lower[i]} as the largest value of input {i}", f"{upper[i]}")
    mean = text.decimals(inputs + 1, "the means of the inputs and of the output")
    spread = text.decimals(inputs + 1, "the ranges of the inputs and of the output")
    if not (spread > 0).all():
        i = int(np.argmin(spread > 0))
        raise text.wrong(f"positive ranges, which numbers are divided by, at place {i}", f"{spread[i]}")
    layers = tuple(
        _layer(text, layer, before, behind) for layer, (before, behind) in enumerate(pairwise(sizes), start=1)
    )
    text.finish()
    return Numbers(lower, upper, mean, spread, layers)


def _sizes(text: Text, budget: Budget) -> list[int]:
    """The size of the input and of each layer; the largest of them, which the header also holds, is not needed."""
    count, inputs, outputs, _ = text.counts(4, "the header (layers, inputs, outputs, largest layer)")
    if count < 1:
        raise text.wrong("at least 1 layer", f"{count}")
    sizes = text.counts(count + 1, "the sizes of the input and of each layer")
    if min(sizes) < 1:
        raise text.wrong("positive sizes of layers", f"{min(sizes)}")
    if (sizes[0], sizes[-1]) != (inputs, outputs):
        raise text.wrong(f"{inputs} inputs and {outputs} outputs as in the header", f"{sizes[0]} and {sizes[-1]}")
    needed = 8.0 * sum((before + 1) * behind for before, behind in pairwise(sizes))
    if needed > budget.left:
        raise text.wrong(
            f"weights of at most {budget.left:.4g} bytes (budget_bytes)", f"layers of sizes {sizes[:5]}..."
        )
    budget.spend(needed, "the weights")
    return sizes


def _layer(text: Text, layer: int, before: int, behind: int) -> tuple[Array, Array]:
    rows = [text.decimals(before, f"the weights of layer {layer}, unit {unit}") for unit in range(behind)]
    biases = [text.decimals(1, f"the bias of layer {layer}, unit {unit}") for unit in range(behind)]
    return np.stack(rows), np.concatenate(biases)


def _is_comment(line: bytes) -> bool:
    return line.startswith(b"//") or not line.strip()


def _shown(text: bytes) -> str:
    """A short, one-line picture of what came."""
    return repr(text[:24].decode("ascii", "backslashreplace"))
