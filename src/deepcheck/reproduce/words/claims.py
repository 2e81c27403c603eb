"""What the paper says about words, judged by one rule on its own table, on our sentences and on reviews."""

from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.claims import OURS
from deepcheck.reproduce.layout import Content, Stored
from deepcheck.reproduce.rules import ORDER, SIGNIFICANT
from deepcheck.reproduce.words.statistics import Compared, compared

ATTACKED = "Words chosen by importance give an attack on every text"
JUDGED = (
    ("random", "IV-B, RQ3", "Words chosen by importance (coi) make shorter attacks than words chosen at random", 3),
    ("co", "IV-C, RQ4", "coi makes shorter attacks than co, as on images", 4),
    ("abs", "IV-C, RQ4", "coi makes shorter attacks than abs, as on images", 4),
    ("reach", OURS, "coi makes shorter attacks than reach", 4),
)
"""The order that coi is compared with, where the paper says it, the claim, and which research question it answers."""

Finding = dict[str, Any]


def sentence_claims(rows: Stored) -> Stored:
    """Every claim, and what is found on the paper's table and on its sentences by our network."""
    found = sum(row["orders"][ORDER]["length"] is not None for row in rows)
    attacked: dict[str, Finding] = {
        "paper": {"holds": None, "detail": f"{len(rows)} of {len(rows)} sentences; only attacks are printed"},
        "sentences": {"holds": found == len(rows), "detail": f"{found} of {len(rows)} sentences"},
    }
    table = {rival: _nothing("its table has importance only") for rival, *_ in JUDGED}
    table["random"] = judged(on_the_papers_table(rows))
    others = [{"paper": table[rival], "sentences": judged(on_sentences(rows, rival))} for rival, *_ in JUDGED]
    return _claims([attacked, *others])


def review_claims(reviews: Content) -> Stored:
    """The same claims, and what is found on reviews."""
    share = reviews["orders"][ORDER]["success"]["value"]
    attacked = {"holds": share == 1, "detail": f"{100 * share:.1f} % of {reviews['count']:,} reviews"}
    others = [judged(Compared(**reviews["compared"][rival])) for rival, *_ in JUDGED]
    return _claims([{"reviews": finding} for finding in (attacked, *others)])


def _claims(found: list[dict[str, Finding]]) -> Stored:
    words = [(ATTACKED, "table IV", 2), *((text, source, question) for _, source, text, question in JUDGED)]
    return [
        {"text": text, "source": source, "question": question, "found": each}
        for (text, source, question), each in zip(words, found, strict=True)
    ]


def judged(found: Compared) -> Finding:
    """Is it better more often than worse, or the other way round, beyond chance? Else nothing is shown."""
    holds = found.better > found.worse if found.p < SIGNIFICANT else None
    detail = f"shorter on {found.better:,}, as long on {found.equal:,}, longer on {found.worse:,}; p = {found.p:.2g}"
    return {"holds": holds, "detail": detail}


def on_the_papers_table(rows: Stored) -> Compared:
    """The paper's importance against its random choice."""
    one, other = (np.array([[row["paper"][name]] for row in rows]) for name in ("importance", "random"))
    return compared(one, other)


def on_sentences(rows: Stored, rival: str) -> Compared:
    """Our lengths on the paper's sentences; a failure counts as one word more than there are."""
    failed = max(row["words"] for row in rows) + 1
    return compared(_lengths(rows, ORDER), _lengths(rows, rival), failed)


def _lengths(rows: Stored, order: str) -> Array:
    lengths = [row["random"]["lengths"] if order == "random" else [row["orders"][order]["length"]] for row in rows]
    return np.array([[np.nan if length is None else length for length in row] for row in lengths], dtype=np.float64)


def _nothing(why: str) -> Finding:
    return {"holds": None, "detail": why}
