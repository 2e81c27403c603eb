"""One sentence with some words replaced: what it says, what the network makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.attacks.views import margin_at
from deepcheck.certify import replayer_for
from deepcheck.program import Array, Program
from deepcheck.symbolic import run
from deepcheck.text.question import Question, Words
from deepcheck.text.sentence import Sentence


@dataclass(frozen=True)
class Change:
    """One replaced word.

    Attributes:
        position: Its place, counted from 1 along the words that are read.
        before: The word that stood there, as the network knows it.
        after: The word put in.
        similarity: The cosine of their vectors.
    """

    position: int
    before: str
    after: str
    similarity: float


@dataclass(frozen=True, eq=False)
class Replacement:
    """A sentence with other words, each a word of the vocabulary.

    Attributes:
        sentence: As it was.
        words: The new row at each position.
        label: The new sentence's label, in exact arithmetic.
        margin: That label's lead over every other one.
        output: The network's output (the logit, where a sigmoid was stripped), float64.
        replayed: Does the untouched model give the same label?
        flips: How many activations differ from those of the sentence, in exact arithmetic.
    """

    sentence: Sentence
    words: Words
    label: int
    margin: float
    output: tuple[float, ...]
    replayed: bool
    flips: int

    @property
    def same_path(self) -> bool:
        """Is the new sentence on the path of the old one?"""
        return self.flips == 0

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The replaced words, from left to right."""
        vocabulary, sentence = self.sentence.vocabulary, self.sentence
        found = []
        for position in sorted(self.words):
            before, after = int(sentence.rows[position]), self.words[position]
            cosine = float(vocabulary.similarity(before)[after])
            place = position - sentence.start + 1
            found.append(Change(place, vocabulary.words[before], vocabulary.words[after], cosine))
        return tuple(found)

    @property
    def said(self) -> str:
        """Which words became which."""
        return ", ".join(f"{change.before} -> {change.after}" for change in self.changes)

    @property
    def text(self) -> str:
        """What the network reads now."""
        return self.sentence.readable(self.words)

    @property
    def rewritten(self) -> str:
        """The whole text with the new words; punctuation and what is not read stay."""
        return self.sentence.rewritten(self.words)


def replacements(question: Question, chosen: Sequence[Words]) -> tuple[Replacement, ...]:
    """Describe and replay some new sentences."""
    if not chosen:
        return ()
    program = question.model.program
    x = question.model.inputs(np.stack([question.rows(words) for words in chosen]))
    outcome = run(program, x, sharp=True)
    replayed = replayer_for(program.origin).labels(program, x) == outcome.labels
    flips = [int(outcome.path.take(np.array([item])).differences(question.base.path)[0]) for item in range(len(x))]
    return tuple(
        Replacement(
            question.sentence,
            dict(words),
            int(label),
            margin_at(program, item, int(label)),
            tuple(float(value) for value in output),
            bool(same),
            flip,
        )
        for words, label, item, output, same, flip in zip(
            chosen, outcome.labels, x, outcome.outputs.value, replayed, flips, strict=True
        )
    )


def probability(program: Program, output: Sequence[float]) -> tuple[float, ...] | None:
    """The probability of each label, where the model ends in a sigmoid or softmax; else None."""
    values: Array = np.asarray(output)
    if program.decided().kind == "sign" and program.origin.stripped == "Sigmoid":
        one = float(0.5 * (1 + np.tanh(values[0] / 2)))
        return 1 - one, one
    if program.origin.stripped == "Softmax":
        shares = np.exp(values - values.max())
        return tuple(float(share) for share in shares / shares.sum())
    return None
