"""What the paper says about words, judged by one rule on its own table, on our sentences and on reviews."""

from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.layout import Content, Stored
from deepcheck.reproduce.rules import ORDER, SIGNIFICANT
from deepcheck.reproduce.text_statistics import Compared, compared

OURS = "ours"
JUDGED = (
    ("random", "IV-B, RQ3", "Words chosen by importance (coi) make shorter attacks than words chosen at random"),
    ("co", "IV-C, RQ4", "coi makes shorter attacks than co, as on images"),
    ("abs", "IV-C, RQ4", "coi makes shorter attacks than abs, as on images"),
    ("reach", OURS, "coi makes shorter attacks than reach"),
)

Finding = dict[str, Any]


def text_claims(content: Content) -> Stored:
    """Every claim, and what is found on the paper's table, on our sentences, on the reviews."""
    rows = content["rows"]
    claims = [
        {
            "text": text,
            "source": source,
            "found": {
                "paper": judged(on_the_papers_table(rows))
                if rival == "random"
                else _nothing("its table has importance only"),
                "sentences": judged(on_sentences(rows, rival)),
                "reviews": judged(Compared(**content["reviews"]["compared"][rival])),
            },
        }
        for rival, source, text in JUDGED
    ]
    return [_attacked(content), *claims]


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


def _attacked(content: Content) -> Finding:
    rows, reviews = content["rows"], content["reviews"]
    found = sum(row["orders"][ORDER]["length"] is not None for row in rows)
    share = reviews["orders"][ORDER]["success"]["value"]
    return {
        "text": "Words chosen by importance give an attack on every text",
        "source": "table IV",
        "found": {
            "paper": {"holds": None, "detail": f"{len(rows)} of {len(rows)} sentences; only attacks are printed"},
            "sentences": {"holds": found == len(rows), "detail": f"{found} of {len(rows)} sentences"},
            "reviews": {"holds": share == 1, "detail": f"{100 * share:.1f} % of {reviews['count']:,} reviews"},
        },
    }


def _nothing(why: str) -> Finding:
    return {"holds": None, "detail": why}
