"""What is measured on a text: how many words each order needs by the paper's attack, and the smallest number."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from deepcheck import attack_text, word_importance
from deepcheck.attacks import Outcome
from deepcheck.certify import replayer_for
from deepcheck.program.parallel import in_parallel
from deepcheck.reproduce.rules import L1_MOST, ORDER, RIVALS
from deepcheck.text import Choices, Question, TextModel
from deepcheck.text.answers import Asked
from deepcheck.text.vectors import Try, VectorSearch

KNOWN = Choices(unknown=False)
METRICS = (ORDER, *RIVALS[:-1])


@final
@dataclass(frozen=True)
class Plan:
    """How much is asked about a text.

    Attributes:
        draws: How many random orders, seeds from 0.
        most: At most so many words become symbolic; None: all.
        smallest: Are vectors with the smallest change tried, too?
    """

    draws: int
    most: int | None = None
    smallest: bool = False


@final
@dataclass(frozen=True)
class Grown:
    """What came of making the words of one order symbolic, one more at a time.

    Attributes:
        replaced: The place, counted from 1, the word and the new word of each word that differs in the attack; empty
            without one.
        tried: How many sets were tried.
        vectors: How many of them had vectors that change the label.
        moved: How many of these had a nearest word other than the one that stood there.
        undecided: How many sets are open.
        replayed: Does the untouched model give the new label, too?
    """

    replaced: tuple[tuple[int, str, str], ...]
    tried: int
    vectors: int
    moved: int
    undecided: int
    replayed: bool

    @property
    def length(self) -> int | None:
        """How many words differ, or None without an attack."""
        return len(self.replaced) or None

    @property
    def lost(self) -> int:
        """How many sets had vectors that change the label, and nearest words that do not."""
        return self.vectors - bool(self.replaced)


@final
@dataclass(frozen=True)
class MeasuredText:
    """What came of a text.

    Attributes:
        words: How many words are read.
        label: Its label by the network, exactly.
        orders: By metric.
        random: By draw.
        smallest: The first metric's order, vectors with the smallest change in l1; None where that was not asked.
        found: How many words the smallest attack over all paths replaces, replayed; None without one.
        bound: No fewer words than this change the label.
        seconds: Of analysis, and of replay.
        runtime: What replayed.
    """

    words: int
    label: int
    orders: dict[str, Grown]
    random: tuple[Grown, ...]
    smallest: Grown | None
    found: int | None
    bound: int
    seconds: tuple[float, float]
    runtime: str

    @property
    def every(self) -> tuple[Grown, ...]:
        """All orders and draws."""
        return (*self.orders.values(), *self.random, *([] if self.smallest is None else [self.smallest]))


def measure_text(model: TextModel, text: str, plan: Plan) -> MeasuredText:
    """Attack one text by every order and every draw; its vectors' columns are computed once."""
    started = time.perf_counter()
    question = Asked(KNOWN).question(model, text)
    orders = [*(ordered(model, question, metric) for metric in METRICS), *drawn(question, plan.draws)]
    tried = _grown(question, orders, plan)
    replay = time.perf_counter()
    replayed, runtime = _replayed(question, tried)
    seconds = time.perf_counter() - replay
    grown = [_summed(question, tries, survived) for tries, survived in zip(tried, replayed, strict=True)]
    exact = attack_text(model, text, choices=KNOWN)
    count = len(METRICS)
    return MeasuredText(
        words=len(question.sentence.tokens),
        label=question.label,
        orders=dict(zip(METRICS, grown[:count], strict=True)),
        random=tuple(grown[count : count + plan.draws]),
        smallest=grown[-1] if plan.smallest else None,
        found=exact.found,
        bound=exact.bound,
        seconds=(time.perf_counter() - started - seconds, seconds),
        runtime=runtime,
    )


def ordered(model: TextModel, question: Question, metric: str) -> list[int]:
    """The positions of a text's words by falling score."""
    scores = word_importance(model, question.sentence.text, metric)
    positions: list[int] = question.sentence.places[scores.order].tolist()
    return positions


def drawn(question: Question, draws: int) -> list[list[int]]:
    """Random orders of the positions, as `deepcheck.attack_vectors` draws them."""
    return [np.random.default_rng(seed).permutation(question.places).tolist() for seed in range(draws)]


def _grown(question: Question, orders: Sequence[list[int]], plan: Plan) -> list[tuple[Try, ...]]:
    """The sets tried by each order, then those with the smallest change; none where the text's label is not settled."""
    if question.unsettled is not None:
        return [() for _ in range(len(orders) + plan.smallest)]
    search = VectorSearch(question)
    search.grow(orders[0], 1)  # what is computed once is not to be computed by several threads
    tried = in_parallel(lambda order: search.grow(order, plan.most), orders)
    if plan.smallest:
        tried.append(VectorSearch(question, "l1").grow(orders[0], L1_MOST))
    return tried


def _replayed(question: Question, tried: Sequence[tuple[Try, ...]]) -> tuple[list[bool], str]:
    """Whether each order's attack survives on the untouched model, all in one batch; and by what they were run."""
    program, model = question.model.program, question.model
    replayer = replayer_for(program.origin)
    rows = [question.rows(tries[-1].words if _attacks(tries) else {}) for tries in tried]
    labels = replayer.labels(program, model.inputs(np.stack(rows)))
    other = 1 - question.label
    return [_attacks(tries) and label == other for tries, label in zip(tried, labels, strict=True)], replayer.runtime


def _attacks(tries: Sequence[Try]) -> bool:
    return bool(tries) and tries[-1].attack


def _summed(question: Question, tries: Sequence[Try], replayed: bool) -> Grown:
    sentence = question.sentence
    words = sentence.vocabulary.words
    new = tries[-1].words if _attacks(tries) else {}
    there = [each for each in tries if each.outcome == Outcome.ATTACKABLE]
    return Grown(
        replaced=tuple((at - sentence.start + 1, words[sentence.rows[at]], words[new[at]]) for at in sorted(new)),
        tried=len(tries),
        vectors=len(there),
        moved=sum(bool(each.words) for each in there),
        undecided=sum(each.outcome.undecided for each in tries),
        replayed=bool(replayed),
    )
