"""One sentence, which of its words may change, into what: what every search for words starts from."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.program import Array
from deepcheck.symbolic import EXACT_PRODUCTS, Run, exact_outputs, run
from deepcheck.text.effects import Effects
from deepcheck.text.forward import run_every_word
from deepcheck.text.model import TextModel
from deepcheck.text.sentence import Sentence

Words = Mapping[int, int]
"""New words: the row of the vocabulary at each position."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked about one sentence.

    Attributes:
        model: The network and its words.
        sentence: The sentence.
        places: The positions that may change, increasing, ``(places,)``.
        allowed: Which words may take each place, ``(places, words)``.
        along: Only along the sentence's own path?
        apart: Only words at places at least so far apart may be replaced together; 1: any.
        deadline: When to stop, by `time.monotonic`, or None.
        progress: Called with the share of the work that is done.
    """

    model: TextModel
    sentence: Sentence
    places: Array
    allowed: Array
    along: bool = False
    apart: int = 1
    deadline: float | None = None
    progress: Callable[[float], None] | None = None

    @cached_property
    def base(self) -> Run:
        """The run of the sentence itself."""
        return run(self.model.program, self.model.inputs(self.sentence.rows[None]), sharp=True)

    @property
    def label(self) -> int:
        """The sentence's label."""
        return int(self.base.labels[0])

    @cached_property
    def effects(self) -> Effects:
        """What single words do to the sentence."""
        return self.effects_at(self.sentence.rows)

    def effects_at(self, rows: Array) -> Effects:
        """What single words do to another sentence, to the lead of this one's label."""
        tables = self.model.tables
        if tables is not None:
            return Effects.of(tables, rows, self.places, self.label)
        return run_every_word(
            self.model,
            rows,
            self.places,
            self.allowed,
            label=self.label,
            deadline=self.deadline,
            progress=self.progress,
        )

    @cached_property
    def unsettled(self) -> Outcome | None:
        """Why nothing can be decided about the sentence, or None."""
        if self.base.overflow[0]:
            return Outcome.OVERFLOW
        return Outcome.ROUNDING if self.base.unsettled[0] else None

    def late(self) -> bool:
        """Has the time run out?"""
        return self.deadline is not None and time.monotonic() > self.deadline

    def rows(self, words: Words) -> Array:
        """The rows of the sentence with new words."""
        return self.sentence.changed(words)

    def exactly(self, words: Words) -> Outcome:
        """What new words do, in exact arithmetic: attackable, proved harmless, or why it is open."""
        program, label = self.model.program, self.label
        x = self.model.inputs(self.rows(words)[None])
        outcome = run(program, x, sharp=True)
        if outcome.overflow[0]:
            return Outcome.OVERFLOW
        if outcome.unsettled[0]:
            return Outcome.ROUNDING
        if self.along and outcome.path.differences(self.base.path)[0]:
            # A unit that is exactly at its bend belongs to both paths.
            return Outcome.NARROW if outcome.borders[0] else Outcome.PROVED
        if outcome.labels[0] == label:
            return Outcome.PROVED
        return Outcome.ATTACKABLE if self._leads(outcome, x) else Outcome.TIE

    def _leads(self, outcome: Run, x: Array) -> bool:
        """Is the new label ahead of every other one?"""
        decision, label = self.model.program.decided(), int(outcome.labels[0])
        scores = decision.scores(outcome.outputs.value)[0]
        error = float(decision.doubts(np.broadcast_to(outcome.outputs.element_error, (1, decision.outputs))).max())
        lead = scores[label] - np.delete(scores, label).max()
        if lead > 4 * error or self.model.program.products > EXACT_PRODUCTS:
            return bool(lead > 4 * error)
        exact = decision.scores(exact_outputs(self.model.program, x).fractions())[0]
        return all(exact[label] > exact[other] for other in range(len(exact)) if other != label)
