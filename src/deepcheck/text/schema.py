"""The one place that knows how answers about texts are written as JSON, and its version."""

import math
from collections.abc import Sequence
from typing import Any

from deepcheck.text.allowed import Choices
from deepcheck.text.model import TextModel
from deepcheck.text.replacement import Replacement, probability
from deepcheck.text.results import TextResult, WordScores
from deepcheck.text.sentence import Sentence
from deepcheck.text.vectors import VectorResult

SCHEMA = 1


def scores_as_json(found: WordScores) -> dict[str, Any]:
    """The scores of a text's words as one JSON object (no NaN, no infinity).

    ``order`` lists places, counted from 1 along the words that are read, by falling score.
    """
    words = _words(found.sentence)
    return {
        **_head(found.model, found.sentence),
        "words": [word | {"score": _finite(score)} for word, score in zip(words, found.scores.tolist(), strict=True)],
        **_answer(found.model, found.label, found.output),
        "metric": found.metric,
        "order": [at + 1 for at in found.order.tolist()],
    }


def result_as_json(result: TextResult, limit: int | None = None) -> dict[str, Any]:
    """What was found about replacing a text's words, as one JSON object (no NaN, no infinity).

    Args:
        result: The result.
        limit: At most how many attacks to list; by default all that the result lists.
    """
    return {
        **_head(result.model, result.sentence),
        "words": _words(result.sentence),
        **_answer(result.model, result.label, result.output),
        "size": result.size,
        "paths": result.paths,
        "apart": result.apart,
        "scope": result.scope,
        "verdict": result.verdict,
        "reason": result.reason,
        "choices": _choices(result.choices),
        "places": result.places,
        "replacements_asked": result.words,
        "counted": result.counted,
        "counts": result.counts,
        "singles": result.singles,
        "found": result.found,
        "bound": result.bound,
        "optimal": result.optimal,
        "seconds": result.seconds,
        "attacks": [_attack(result.model, each) for each in result.replacements[:limit]],
    }


def vectors_as_json(result: VectorResult) -> dict[str, Any]:
    """What came of making words' vectors symbolic, as one JSON object (no NaN, no infinity)."""
    model, sentence = result.question.model, result.question.sentence
    found = result.replacement
    return {
        **_head(model, sentence),
        "words": _words(sentence),
        **_answer(model, result.label, result.output),
        "method": "lp",
        "order": result.order,
        "objective": result.objective,
        "unbounded": result.unbounded,
        "paths": "same",
        "scope": result.scope,
        "verdict": result.verdict,
        "reason": result.reason,
        "symbolic": result.symbolic,
        "vectors_at": result.vectors_at,
        "lost": result.lost,
        "found": None if found is None or not found.replayed else len(found.words),
        "seconds": result.seconds,
        "tries": [
            {
                "positions": [place - sentence.start + 1 for place in each.places],
                "outcome": each.outcome.words,
                "margin": _finite(each.margin),
                "distance": _finite(each.distance),
                "attack": each.attack,
            }
            for each in result.tries
        ],
        "attacks": [] if found is None else [_attack(model, found)],
    }


def refused_as_json(text: str, reason: str) -> dict[str, Any]:
    """A text that nothing can be asked about, such as one without words."""
    return {"schema": SCHEMA, "text": text, "verdict": None, "reason": reason}


def _head(model: TextModel, sentence: Sentence) -> dict[str, Any]:
    origin = model.program.origin
    return {
        "schema": SCHEMA,
        "model": {"name": origin.name, "sha256": origin.sha256},
        "vocabulary": len(model.vocabulary),
        "text": sentence.text,
        "kept": sentence.kept,
    }


def _words(sentence: Sentence) -> list[dict[str, Any]]:
    pairs = zip(sentence.tokens, sentence.words, strict=True)
    return [{"position": at, "word": token.word, "known": known} for at, (token, known) in enumerate(pairs, start=1)]


def _answer(model: TextModel, label: int, output: Sequence[float]) -> dict[str, Any]:
    """A label, and what it was read from; ``probability`` has one number for each label."""
    shares = probability(model.program, output)
    return {
        "label": label,
        "label_name": model.labels[label],
        "output": [_finite(value) for value in output],
        "probability": None if shares is None else [_finite(share) for share in shares],
    }


def _choices(choices: Choices) -> dict[str, Any]:
    return {
        "keep": list(choices.keep),
        "positions": None if choices.positions is None else list(choices.positions),
        "nearest": choices.nearest,
        "similar": choices.similar,
        "stop_words": choices.stop_words,
        "unknown": choices.unknown,
        "only": None if choices.only is None else list(choices.only),
    }


def _attack(model: TextModel, each: Replacement) -> dict[str, Any]:
    return {
        "words": [
            {
                "position": change.position,
                "before": change.before,
                "after": change.after,
                "similarity": _finite(change.similarity),
            }
            for change in each.changes
        ],
        "text": each.text,
        "rewritten": each.rewritten,
        **_answer(model, each.label, each.output),
        "margin": _finite(each.margin),
        "replayed": each.replayed,
        "same_path": each.same_path,
        "flips": each.flips,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
