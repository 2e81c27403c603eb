"""Questions about a text, answered: from a search to a result whose sentences are replayed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.certify import replayer_for
from deepcheck.errors import OptionError
from deepcheck.text.allowed import Choices
from deepcheck.text.fewest import Fewest, best_single, fewest_words
from deepcheck.text.model import TextModel
from deepcheck.text.pairs import every_pair
from deepcheck.text.question import Question, Words
from deepcheck.text.replacement import replacements
from deepcheck.text.results import TextResult, counts_by_size, counts_of_sets
from deepcheck.text.singles import Singles, every_word

RANKS = ("margin", "similarity")
NUMBERS, SETS = "numbers of words", {1: "places", 2: "pairs of places"}


@dataclass(frozen=True)
class Asked:
    """How a text is to be asked about.

    Attributes:
        choices: Which words may stand where.
        paths: "all" or "same".
        apart: Words that are replaced together stand at least so many places apart.
        rank: Single words come by the largest "margin", or by the largest "similarity" to the word replaced.
        limit: At most so many new sentences are listed.
        timeout: Seconds, or None.
        progress: Called with the share of the work that is done.
    """

    choices: Choices = Choices()  # noqa: RUF009  (frozen)
    paths: str = "all"
    apart: int = 1
    rank: str = "margin"
    limit: int = 10
    timeout: float | None = None
    progress: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        if self.paths not in ("all", "same"):
            raise OptionError(f"expected paths 'all' or 'same', got {self.paths!r}")
        if self.rank not in RANKS:
            raise OptionError(f"expected a rank of {' or '.join(RANKS)}, got {self.rank!r}")
        if isinstance(self.limit, bool) or not self.limit >= 1:
            raise OptionError(f"expected a limit of 1 or more sentences, got {self.limit}")
        if isinstance(self.apart, bool) or not self.apart >= 1:
            raise OptionError(f"expected words 1 or more places apart, got {self.apart}")
        if self.timeout is not None and not self.timeout > 0:
            raise OptionError(f"expected a positive number of seconds, got {self.timeout}")

    def question(self, model: TextModel, text: str) -> Question:
        """The question about one text."""
        sentence = model.sentence(text)
        places = self.choices.places(sentence)
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        mask = self.choices.mask(sentence, places)
        if self.apart > 1 and (model.tables is None or self.apart < model.tables.gap):
            if model.tables is None:
                raise OptionError("expected a network of one layer of branches where words are to stand apart")
            raise OptionError(f"expected words at least {model.tables.gap} places apart, or 1, got {self.apart}")
        return Question(model, sentence, places, mask, self.paths == "same", self.apart, deadline, self.progress)


def fewest_result(model: TextModel, text: str, asked: Asked, most: int | None = None) -> TextResult:
    """The smallest number of words that changes the label, at most ``most``."""
    if most is not None and (isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1):
        raise OptionError(f"expected at most 1 or more words, got {most!r}")
    started = time.perf_counter()
    question = asked.question(model, text)
    limit = len(question.places) if most is None else min(most, len(question.places))
    why = _undecidable(question)
    if why is not None:
        return _result(
            question, asked, (most, NUMBERS), counts_by_size(limit, None, 1), _nothing(question), [], 1, why, started
        )
    found = fewest_words(question, limit, asked.progress)
    size = None if found.words is None else len(found.words)
    counts = counts_by_size(limit, size, found.bound)
    listed = _listed(question, asked, found)
    return _result(question, asked, (most, NUMBERS), counts, found.singles, listed, found.bound, found.why, started)


def sets_result(model: TextModel, text: str, asked: Asked, size: int) -> TextResult:
    """Every place by itself, or every pair of places: can the words there change the label?"""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise OptionError(f"expected a size of 1 or more words, got {size!r}")
    if size > 2:
        return fewest_result(model, text, asked, int(size))
    started = time.perf_counter()
    question = asked.question(model, text)
    count, why = len(question.places), _undecidable(question)
    size = min(int(size), count)
    if why is not None:
        none = np.full(count if size == 1 else count * (count - 1) // 2, Outcome.LABEL)
        return _result(
            question, asked, (size, SETS[size]), counts_of_sets(none), _nothing(question), [], 1, why, started
        )
    singles = every_word(question)
    outcomes = _by_place(singles)
    bound = 1 if (outcomes != Outcome.PROVED).any() else 2
    found = Fewest(best_single(question, singles) if singles.attacking.any() else None, bound, singles, None)
    if size == 2:
        pairs = every_pair(question, singles, progress=asked.progress)
        outcomes = pairs.outcomes[pairs.asked]
        words = found.words or pairs.best
        found = Fewest(words, 3 if (outcomes == Outcome.PROVED).all() else bound, singles, pairs)
    reason = _why_open(question, outcomes)
    listed = _listed(question, asked, found)
    return _result(
        question, asked, (size, SETS[size]), counts_of_sets(outcomes), singles, listed, found.bound, reason, started
    )


def _by_place(singles: Singles) -> np.ndarray:
    """What became of each place, over all words that may stand there."""
    outcomes = np.full(len(singles.outcomes), Outcome.PROVED, dtype=np.int8)
    for place in np.flatnonzero(singles.open.any(axis=1)):
        left = singles.outcomes[place][singles.open[place]]
        outcomes[place] = Outcome.UNTRIED if (left == Outcome.UNTRIED).any() else left.min()
    outcomes[singles.attacking.any(axis=1)] = Outcome.ATTACKABLE
    return outcomes


def _why_open(question: Question, outcomes: np.ndarray) -> str:
    left = sorted({int(outcome) for outcome in outcomes} - {int(Outcome.PROVED), int(Outcome.ATTACKABLE)})
    if not left:
        return ""
    words = [Outcome(outcome).words for outcome in left if outcome != Outcome.UNTRIED]
    if Outcome.UNTRIED in left:
        words.append("the time ran out" if question.late() else "some were not tried")
    return ", ".join(words)


def _undecidable(question: Question) -> str | None:
    """Why nothing can be said about a text, or None."""
    if question.unsettled is not None:
        return question.unsettled.words
    program = question.model.program
    own = replayer_for(program.origin).labels(program, question.model.inputs(question.sentence.rows[None]))[0]
    return None if own == question.label else Outcome.LABEL.words


def _nothing(question: Question) -> Singles:
    """No single word decided."""
    outcomes = np.where(question.allowed, Outcome.LABEL, Outcome.UNTRIED).astype(np.int8)
    return Singles(outcomes, np.zeros((len(question.places), 0, 0)), question.allowed)


def _listed(question: Question, asked: Asked, found: Fewest) -> list[Words]:
    """New sentences to show, best first."""
    singles = found.singles
    if not singles.attacking.any():
        return [] if found.words is None else [found.words]
    place, word = np.nonzero(singles.attacking)
    lead = (question.effects.gaps[:, None] + singles.gains).max(axis=1)[place, word]
    if asked.rank == "similarity":
        rows = question.sentence.rows[question.places]
        cosines = np.stack([question.sentence.vocabulary.similarity(int(row)) for row in rows])
        order = np.lexsort((-lead, -cosines[place, word]))
    else:
        order = np.argsort(-lead, kind="stable")
    return [{int(question.places[place[at]]): int(word[at])} for at in order[: asked.limit]]


def _result(
    question: Question,
    asked: Asked,
    size: tuple[int | None, str],
    counts: dict[str, int],
    singles: Singles,
    listed: Sequence[Words],
    bound: int,
    reason: str,
    started: float,
) -> TextResult:
    shown = replacements(question, listed)
    survived = [each for each in shown if each.replayed]
    if shown and not survived:
        reason = "no attack that was listed replays"
    return TextResult(
        question.model,
        question.sentence,
        question.label,
        tuple(float(value) for value in question.base.outputs.value[0]),
        asked.paths,
        size[0],
        asked.apart,
        asked.choices,
        len(question.places),
        int(np.count_nonzero(question.allowed)),
        size[1],
        counts,
        singles.counts,
        (*survived, *(each for each in shown if not each.replayed)),
        bound,
        reason,
        time.perf_counter() - started,
    )
