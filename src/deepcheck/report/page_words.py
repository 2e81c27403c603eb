"""Texts on a page: the words of a sentence by score, and what replaces which."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcheck.report.page_answers import Answer
from deepcheck.report.page_facts import Json, label_name

SIGNED = ("coi", "co")
STEPS = 5
"""How many strengths of a shade there are."""


@dataclass(frozen=True)
class Piece:
    """A piece of a text.

    Attributes:
        text: The piece.
        position: Which word it is, from 1; 0 for what stands between words.
        shade: The classes that shade it.
        after: What replaces it, or None.
    """

    text: str
    position: int = 0
    shade: str = ""
    after: str | None = None


def shades(scores: Sequence[float | None], metric: str) -> list[str]:
    """The class of each word: how strong its score is beside the strongest, and its sign where that means something."""
    finite = [score if score is not None and math.isfinite(score) else 0.0 for score in scores]
    most = max((abs(score) for score in finite), default=0.0)
    return [_shade(score / most if most else 0.0, signed=metric in SIGNED) for score in finite]


def _shade(share: float, *, signed: bool) -> str:
    step = math.floor(abs(share) * STEPS + 0.5)
    side = "much" if not signed else "for" if share > 0 else "against"
    return f"{side} s{step}" if step else ""


def pieces(exhibit: Json, shade: Sequence[str] = (), changed: Mapping[int, str] | None = None) -> list[Piece]:
    """The text of an exhibit in pieces, words apart from what stands between them."""
    text, at, found = str(exhibit["text"]), 0, []
    for index, word in enumerate(exhibit["words"]):
        start, end = int(word["start"]), int(word["end"])
        if not at <= start <= end <= len(text):
            continue
        found.append(Piece(text[at:start]))
        position = int(word["position"])
        new = (changed or {}).get(position)
        found.append(Piece(text[start:end], position, shade[index] if shade else "", new))
        at = end
    return [piece for piece in [*found, Piece(text[at:])] if piece.text or piece.position]


def replacements(exhibit: Json, answer: Answer) -> list[dict[str, Any]]:
    """The replacements that an answer lists."""
    return [_replacement(exhibit, attack) for attack in answer.found.get("attacks") or []]


def _replacement(exhibit: Json, attack: Json) -> dict[str, Any]:
    words = attack["words"]
    changed = {int(word["position"]): str(word["after"]) for word in words}
    return {
        "positions": sorted(changed),
        "before": _joined(word["before"] for word in words),
        "after": _joined(word["after"] for word in words),
        "similarity": min((word["similarity"] for word in words if word["similarity"] is not None), default=None),
        "label": attack["label"],
        "label_name": attack.get("label_name") or label_name(attack["label"], exhibit),
        "margin": attack["margin"],
        "replayed": attack["replayed"],
        "same_path": attack.get("same_path"),
        "flips": attack.get("flips"),
        "pieces": pieces(exhibit, (), changed),
    }


def _joined(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)
