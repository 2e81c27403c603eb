"""The paper's attack on a text: the vectors of its top words become symbolic, and what is found is rounded to words.

For k = 1, 2, ... the vectors of the k most important words are free, a linear program finds values for them along the
path that change the label, each vector becomes the nearest word, and the new sentence is run again: it counts only if
its label is another one. A set of words without such values is proved: no vectors in the domain, so no words either.

Source: Section IV-B.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from deepcheck.attacks import Outcome, Search
from deepcheck.attacks import Question as PathQuestion
from deepcheck.attacks.one_set import Sets
from deepcheck.domains import Pixels
from deepcheck.program import Array
from deepcheck.ranking import gains
from deepcheck.text.question import Question, Words
from deepcheck.text.replacement import Replacement, replacements
from deepcheck.text.results import label_text


@dataclass(frozen=True)
class Try:
    """One set of words made symbolic.

    Attributes:
        places: Their positions, most important first.
        outcome: What the linear program says about their vectors: attackable, proved, or why it is open.
        margin: The lead of another label at the vectors found; NaN without.
        words: The nearest word to each vector where it is not the word that stands there, by position.
        distance: The largest distance from a vector to the nearest word; NaN without vectors.
        attack: Does the new sentence have another label, in exact arithmetic?
    """

    places: tuple[int, ...]
    outcome: Outcome
    margin: float
    words: Words
    distance: float
    attack: bool

    @property
    def size(self) -> int:
        """How many words were symbolic."""
        return len(self.places)


@dataclass(frozen=True, eq=False)
class VectorSearch:
    """One sentence along its path, its words symbolic a few at a time.

    Args:
        question: The sentence, and which words may be put in.
        objective: Vectors with the largest "margin", or the smallest change, "l1" or "linf".
        unbounded: Vectors may be anything, as in the paper's formulas; by default each dimension stays in the
            vocabulary's range.
    """

    question: Question
    objective: str = "margin"
    unbounded: bool = False

    @cached_property
    def _path(self) -> PathQuestion:
        """The sentence's rows for all places that may change, in their order."""
        model, base = self.question.model, self.question.base
        domain = Pixels(unbounded=True) if self.unbounded else model.range_of()
        x = model.inputs(self.question.sentence.rows[None])
        search = Search(model.program, domain.box(model.program), objective=self.objective)
        found = gains(model.program, base, np.array([0]))
        places = self.question.places
        return PathQuestion(search, x, base, 0, found, 0, model.features, places, self.question.deadline)

    @cached_property
    def _sets(self) -> Sets:
        elements = self._path.elements(self._path.order)
        return Sets(self._path, self._path.planes(elements.reshape(-1), elements.size), doubtful=False)

    def attempt(self, places: Sequence[int]) -> Try:
        """Make the words at some positions symbolic."""
        at = np.searchsorted(self.question.places, places)
        answers = []
        with np.errstate(over="ignore", invalid="ignore"):
            gain, need = self._path.gain(self._path.order), self._path.needed(len(at))
            for label in range(len(self._path.others)):
                if gain[label, at].sum() * (1 + 2.0**-40) < need[label]:
                    continue
                answers.append(self._sets.settle(label, at.tolist()))
        won = [answer for answer in answers if answer.outcome == Outcome.ATTACKABLE]
        if won:
            best = max(won, key=lambda answer: answer.margin)
            return self._rounded(tuple(places), np.array(best.values).reshape(len(at), -1), best.margin)
        left = [answer.outcome for answer in answers if answer.outcome != Outcome.PROVED]
        return Try(tuple(places), min(left, default=Outcome.PROVED), float("nan"), {}, float("nan"), False)

    def _rounded(self, places: tuple[int, ...], vectors: Array, margin: float) -> Try:
        """Each vector becomes the nearest word; the new sentence is run again."""
        question, vocabulary = self.question, self.question.sentence.vocabulary
        at = np.searchsorted(question.places, places)
        allowed = question.allowed[at].copy()
        old = question.sentence.rows[list(places)]
        allowed[np.arange(len(at)), old] = True
        rows = vocabulary.nearest(vectors, allowed)
        far = float(np.linalg.norm(vocabulary.vectors[rows].astype(np.float64) - vectors, axis=1).max())
        words = {place: int(row) for place, row, was in zip(places, rows, old, strict=True) if row != was}
        anywhere = replace(question, along=False)
        attack = bool(words) and anywhere.exactly(words) == Outcome.ATTACKABLE
        return Try(places, Outcome.ATTACKABLE, margin, words, far, attack)

    def grow(self, order: Sequence[int], most: int | None = None) -> tuple[Try, ...]:
        """Make one word more symbolic at a time, in some order of positions, until there is an attack.

        Sets that the gain bound or a linear program refutes are proved; after the first that has vectors every larger
        set has some.
        """
        tries = []
        for size in range(1, len(order) + 1 if most is None else min(most, len(order)) + 1):
            if self.question.late():
                break
            tries.append(self.attempt(order[:size]))
            if self.question.progress is not None:
                self.question.progress(size / len(order))
            if tries[-1].attack:
                break
        return tuple(tries)


@dataclass(frozen=True, eq=False)
class VectorResult:
    """What came of making the most important words of a text symbolic.

    Attributes:
        question: The text and which words may be put in.
        output: The network's output, float64.
        order: By what the words were ordered.
        objective: By what the vectors were chosen.
        unbounded: May vectors be anything?
        tries: The sets of words tried, smallest first.
        replacement: The new sentence, or None.
        seconds: How long it took.
    """

    question: Question = field(repr=False)
    output: tuple[float, ...]
    order: str
    objective: str
    unbounded: bool
    tries: tuple[Try, ...] = field(repr=False)
    replacement: Replacement | None = field(repr=False)
    seconds: float

    @property
    def label(self) -> int:
        """The text's label."""
        return self.question.label

    @property
    def verdict(self) -> str:
        """What came of it: "attack", "proved" (along this path no vectors of any of these words) or "undecided"."""
        if self.replacement is not None and self.replacement.replayed:
            return "attack"
        whole = self.tries and self.tries[-1].size == len(self.question.places)
        return "proved" if whole and all(each.outcome == Outcome.PROVED for each in self.tries) else "undecided"

    @property
    def scope(self) -> str:
        """Which paths the vectors are found on; the new sentence may be on any."""
        return "this path"

    @property
    def symbolic(self) -> int | None:
        """How many words were symbolic when the attack was found, or None."""
        return self.tries[-1].size if self.replacement is not None else None

    @property
    def vectors_at(self) -> int | None:
        """How many words had to be symbolic for vectors to change the label, before they are rounded to words."""
        return next((each.size for each in self.tries if each.outcome == Outcome.ATTACKABLE), None)

    @property
    def lost(self) -> int:
        """How many sets had vectors that change the label, and nearest words that do not."""
        return sum(each.outcome == Outcome.ATTACKABLE and not each.attack for each in self.tries)

    @property
    def reason(self) -> str:
        """Why it is open; "" where it is not."""
        if self.verdict != "undecided":
            return ""
        if self.replacement is not None:
            return "the new sentence does not replay"
        if self.question.late():
            return "the time ran out"
        if self.lost:
            return f"vectors change the label with {self.vectors_at} words and more, the nearest words to them do not"
        open_ = [each.outcome for each in self.tries if each.outcome != Outcome.PROVED]
        return open_[0].words if open_ else "larger sets were not tried"

    @property
    def domain(self) -> str:
        """Where vectors may go."""
        return "any vectors" if self.unbounded else "vectors in the vocabulary's range"

    def __str__(self) -> str:
        from deepcheck.text.vector_views import told

        head = f"{label_text(self.question.model, self.label, self.output)}: {self.verdict} {told(self)}"
        found = "" if self.replacement is None else f": {self.replacement.said}"
        return f"{head}{found}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.display.markup import STYLE
        from deepcheck.text.vector_views import vectors_part

        return STYLE + vectors_part(self)


def grow_until_attack(
    question: Question,
    order: Sequence[int],
    name: str,
    *,
    objective: str = "margin",
    unbounded: bool = False,
    most: int | None = None,
) -> VectorResult:
    """The paper's attack on one sentence, its words in a given order of positions.

    Args:
        question: The sentence, and which words may be put in.
        order: Positions, most important first.
        name: What the order is called.
        objective: Vectors with the largest "margin", or the smallest change, "l1" or "linf".
        unbounded: Vectors may be anything.
        most: Make at most so many words symbolic.
    """
    started = time.perf_counter()
    tries = VectorSearch(question, objective, unbounded).grow(order, most)
    shown: tuple[Replacement, ...] = ()
    if tries and tries[-1].attack:
        shown = replacements(question, [tries[-1].words])
    output = tuple(float(value) for value in question.base.outputs.value[0])
    seconds = time.perf_counter() - started
    return VectorResult(question, output, name, objective, unbounded, tries, shown[0] if shown else None, seconds)
