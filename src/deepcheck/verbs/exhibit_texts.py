"""Exhibits of texts: their words, the scores of these by every metric, and what came of replacing them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepcheck.report.exhibit import Exhibit
from deepcheck.text.results import TextResult, WordScores
from deepcheck.text.schema import result_as_json
from deepcheck.text.tokens import UNKNOWN
from deepcheck.verbs.texts import word_importance

METRICS = ("coi", "co", "abs")
_OVERFLOW = "the network overflows float64 on this text: all scores are shown as 0"


def text_exhibit(
    found: TextResult | WordScores, *, name: str, command: str, timeout: float | None, made: Mapping[str, Any]
) -> Exhibit:
    """The exhibit of an answer about a text, or of the scores of its words alone.

    Args:
        found: The answer, or the scores.
        name: What the text is called.
        command: A command line that asks exactly this again, "" where there is none.
        timeout: The time limit that it had, in seconds, or None.
        made: How it came about.
    """
    model, sentence = found.model, found.sentence
    scored = {metric: word_importance(model, sentence.text, metric).scores for metric in METRICS}
    finite = all(np.isfinite(each).all() for each in scored.values())
    words = [
        {"position": at, "word": token.word, "known": known != UNKNOWN, "start": token.start, "end": token.end}
        for at, (token, known) in enumerate(zip(sentence.tokens, sentence.words, strict=True), start=1)
    ]
    origin = model.program.origin
    answers = [text_answer_json(found, command, timeout)] if isinstance(found, TextResult) else []
    return Exhibit.from_json(
        {
            "schema": 1,
            "kind": "text",
            "name": name,
            "made": dict(made),
            "model": {"name": origin.name, "sha256": origin.sha256, "decision": model.program.decided().kind},
            "label": found.label,
            "labels": list(model.labels),
            "outputs": [float(value) if np.isfinite(value) else None for value in found.output],
            "text": sentence.text,
            "words": words,
            "scores": {metric: [float(s) if finite else 0.0 for s in each] for metric, each in scored.items()},
            "answers": answers,
            **({} if finite else {"remarks": [_OVERFLOW]}),
        }
    )


def text_answer_json(found: TextResult, command: str, timeout: float | None) -> dict[str, Any]:
    """An answer about a text as an exhibit holds it."""
    return result_as_json(found) | {
        "said": str(found),
        "domain_said": found.domain,
        "asked": found.asked,
        "timeout": timeout,
        "command": command,
    }
