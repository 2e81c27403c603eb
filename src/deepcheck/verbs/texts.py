"""Text: load a model with its vocabulary, rank words, replace few of them, or prove that no few words matter."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcheck import zoo
from deepcheck.attacks import OBJECTIVES
from deepcheck.errors import OptionError
from deepcheck.program import Program
from deepcheck.ranking import order_of
from deepcheck.symbolic import run
from deepcheck.text import Choices, Question, TextModel, Token, read_vocabulary, tokenise
from deepcheck.text.answers import Asked, fewest_result, sets_result
from deepcheck.text.model import Keep, Pad
from deepcheck.text.results import TextResult, WordScores
from deepcheck.text.vectors import VectorResult, grow_until_attack
from deepcheck.verbs.loading import load
from deepcheck.verbs.scoring import ORDERS, feature_scores

DEFAULT = "imdb_tuned"
_EVERYTHING = Choices()
_KNOWN = Choices(unknown=False)


def load_text(
    model: str | Path | Program | Any = DEFAULT,
    *,
    vocabulary: str | Path | None = None,
    vectors: str | Path | None = None,
    labels: Sequence[str] | None = None,
    keep: Keep = "last",
    pad: Pad = "left",
    words_of: Callable[[str], tuple[Token, ...]] = tokenise,
    **options: Any,
) -> TextModel:
    """Load a text model: a network from word vectors on, and the vocabulary that they come from.

    Args:
        model: A network of `deepcheck.zoo.text_names()`, which brings its vocabulary; or anything that `deepcheck.load`
            takes, or a program. Its input is ``(positions, dimensions)``, in any order of the two axes.
        vocabulary: A file of words, UTF-8, one a line; ``<PAD>`` and ``<UNK>`` among them, or zeros stand for them.
        vectors: A ``.npy`` matrix of floats; row ``i`` is the vector of line ``i``.
        labels: The name of each label.
        keep: Which words of a text that is too long are read: the "last" or the "first".
        pad: Where a text that is too short is filled: on the "left" or "right".
        words_of: Splits a text into `deepcheck.text.Token`; by default as the shipped networks do.
        **options: For `deepcheck.load`.

    Raises:
        OptionError: If an option has no meaning, or a vocabulary is missing.
        InputError: If the vocabulary is damaged, or does not fit the model.
        ModelError: If the model cannot be used.
    """
    if isinstance(model, str) and model in zoo.text_names() and not Path(model).exists():
        if vocabulary is not None or vectors is not None:
            raise OptionError(f"expected no vocabulary beside {model}, which brings its own")
        files, card = zoo.text_files(model), zoo.text_card(model)
        program = load(files.model, **options)
        words = read_vocabulary(files.vocabulary, files.vectors, program.dtype)
        return TextModel.of(program, words, tuple(labels or card.labels), keep=keep, pad=pad, words_of=words_of)
    if isinstance(model, str) and not Path(model).exists():
        raise OptionError(f"expected a model file, or one of {', '.join(zoo.text_names())}; there is no file '{model}'")
    if vocabulary is None or vectors is None:
        raise OptionError("expected vocabulary= (words, one a line) and vectors= (a .npy matrix) beside a model")
    program = model if isinstance(model, Program) else load(model, **options)
    words = read_vocabulary(Path(vocabulary), Path(vectors), program.dtype)
    names = None if labels is None else tuple(labels)
    return TextModel.of(program, words, names, keep=keep, pad=pad, words_of=words_of)


def word_importance(model: TextModel, text: str, metric: str = "coi") -> WordScores:
    """Score every word of a text for its label: the sum of the scores of its vector's elements.

    Args:
        model: The network and its words.
        text: The text.
        metric: "abs", "co" or "coi" (section III-B); or "reach", the largest lead of another label that this word alone
            could produce if the path held, its vector within the vocabulary's range in each dimension.

    Raises:
        OptionError: If the metric is unknown.
        InputError: If the text has no word.

    Source: Section IV-B.
    """
    if metric not in ORDERS:
        raise OptionError(f"expected a metric of {', '.join(ORDERS)}, got '{metric}'")
    sentence = model.sentence(text)
    x = model.inputs(sentence.rows[None])
    outcome = run(model.program, x, borders=False)
    domain = model.range_of()
    every = feature_scores(model.program, x, x, outcome, domain.box(model.program), model.features, metric)[0]
    scores = every[sentence.places]
    output = tuple(float(value) for value in outcome.outputs.value[0])
    return WordScores(model, sentence, int(outcome.labels[0]), output, metric, scores, order_of(scores[None])[0])


def attack_text(
    model: TextModel,
    text: str,
    *,
    most: int | None = None,
    paths: str = "all",
    apart: int = 1,
    choices: Choices = _EVERYTHING,
    rank: str = "margin",
    limit: int = 10,
    timeout: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> TextResult:
    """Find the smallest number of words that, replaced by words of the vocabulary, change the label of a text.

    One word and two are decided completely, over all words that may be put in; for more there is a search, and a proved
    bound. Every sentence listed is run again on the untouched model.

    Args:
        model: The network and its words.
        text: The text.
        most: Replace at most so many words.
        paths: "all", or "same": the new sentence keeps every activation.
        apart: Words that are replaced together stand at least so many places apart. From the width of a network's
            convolution on, what they do adds up, so that any number of words is decided exactly.
        choices: Which words may stand where.
        rank: Single words are listed by "margin" or by "similarity" to the word that they replace.
        limit: List at most so many new sentences.
        timeout: Seconds after which the search stops.
        progress: Called with the share of the work that is done.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the text has no word, or none that may change.
    """
    return fewest_result(model, text, Asked(choices, paths, apart, rank, limit, timeout, progress), most)


def prove_text(
    model: TextModel,
    text: str,
    *,
    size: int = 1,
    paths: str = "all",
    apart: int = 1,
    choices: Choices = _EVERYTHING,
    rank: str = "margin",
    limit: int = 10,
    timeout: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> TextResult:
    """Decide for every word of a text, or every pair of words, whether other words there change the label.

    Over all paths and complete: "proved" says that no words of the vocabulary, put in at any ``size`` places, change
    the label. The counts are of places (of pairs of places for two words; of numbers of words for three and more, where
    words near each other may stay open).

    Args:
        model: The network and its words.
        text: The text.
        size: At most so many words are replaced.
        paths: "all", or "same": the new sentence keeps every activation.
        apart: Words that are replaced together stand at least so many places apart. From the width of a network's
            convolution on, what they do adds up, so that any number of words is decided exactly.
        choices: Which words may stand where.
        rank: Single words are listed by "margin" or by "similarity" to the word that they replace.
        limit: List at most so many new sentences.
        timeout: Seconds after which what is left stays untried.
        progress: Called with the share of the work that is done.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the text has no word, or none that may change.
    """
    return sets_result(model, text, Asked(choices, paths, apart, rank, limit, timeout, progress), size)


def attack_vectors(
    model: TextModel,
    text: str,
    *,
    order: str = "coi",
    seed: int = 0,
    objective: str = "margin",
    unbounded: bool = False,
    most: int | None = None,
    choices: Choices = _KNOWN,
    timeout: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> VectorResult:
    """Attack a text as in the paper: the vectors of its top words are symbolic, and rounded to the nearest words.

    More and more words become symbolic, most important first, until the sentence of the nearest words has another
    label; that sentence is run again on the untouched model.

    Args:
        model: The network and its words.
        text: The text.
        order: Words come by falling "coi", "co", "abs" or "reach", or at "random".
        seed: For a random order.
        objective: Vectors with the largest "margin", or the smallest change, "l1" or "linf".
        unbounded: Vectors may be anything; by default each dimension stays in the vocabulary's range.
        most: Make at most so many words symbolic.
        choices: Which words may change, and be put in.
        timeout: Seconds after which the search stops.
        progress: Called with the share of the words that are symbolic.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the text has no word, or none that may change.

    Source: Section IV-B.
    """
    if objective not in OBJECTIVES:
        raise OptionError(f"expected an objective of {', '.join(OBJECTIVES)}, got {objective!r}")
    if most is not None and (isinstance(most, bool) or most < 1):
        raise OptionError(f"expected at most 1 or more words, got {most}")
    question = Asked(choices, timeout=timeout, progress=progress).question(model, text)
    ranked = _ordered(model, question, order, seed)
    return grow_until_attack(question, ranked, order, objective=objective, unbounded=unbounded, most=most)


def _ordered(model: TextModel, question: Question, order: str, seed: int) -> list[int]:
    """The positions that may change, most important first."""
    if order == "random":
        shuffled: list[int] = np.random.default_rng(seed).permutation(question.places).tolist()
        return shuffled
    if order not in ORDERS:
        raise OptionError(f"expected an order of {', '.join(ORDERS)} or random, got {order!r}")
    scores = word_importance(model, question.sentence.text, order)
    ranked = question.sentence.places[scores.order]
    return [int(position) for position in ranked if position in set(question.places.tolist())]
