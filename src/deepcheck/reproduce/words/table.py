"""Table IV, and the same asked of reviews: the analysis of what was measured, a JSON object each."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.figures import share
from deepcheck.reproduce.paper import SENTENCES, PaperSentence
from deepcheck.reproduce.provenance import Provenance, stamp
from deepcheck.reproduce.rules import L1_REVIEWS, ORDER, RIVALS, TEXT_NETWORK, TEXT_RULES
from deepcheck.reproduce.words.claims import review_claims, sentence_claims
from deepcheck.reproduce.words.measure import METRICS, Grown, MeasuredText
from deepcheck.reproduce.words.statistics import Figure, compared, figures
from deepcheck.reproduce.words.study import TextStudy

SCHEMA = 2


def table4(study: TextStudy) -> dict[str, Any]:
    """The paper's sentences: its figures beside ours."""
    found = study.sentences()
    rows = [
        _row(study.model.labels, number, known, each)
        for number, (known, each) in enumerate(zip(SENTENCES, found, strict=True), 1)
    ]
    return {
        "schema": SCHEMA,
        "part": "table4",
        "provenance": _provenance(study, "table4", found),
        "rules": list(TEXT_RULES),
        "draws": study.draws,
        "rows": rows,
        "replay": _replay(found),
        "claims": sentence_claims(rows),
    }


def reviews(study: TextStudy) -> dict[str, Any]:
    """What the orders need on many reviews."""
    found = study.drawn()
    content = _reviews(study, found)
    return {
        "schema": SCHEMA,
        "part": "reviews",
        "provenance": _provenance(study, "reviews", found),
        "rules": list(TEXT_RULES),
        "draws": study.draws,
        "reviews": content,
        "replay": _replay(found),
        "claims": review_claims(content),
    }


def _row(labels: Sequence[str], number: int, known: PaperSentence, found: MeasuredText) -> dict[str, Any]:
    lengths = [grown.length for grown in found.random if grown.length is not None]
    return {
        "id": number,
        "words": found.words,
        "label": labels[found.label],
        "orders": {
            metric: {"length": grown.length, "symbolic": grown.tried, "replaced": [list(r) for r in grown.replaced]}
            for metric, grown in found.orders.items()
        },
        "random": {
            "mean": round(sum(lengths) / len(lengths), 4) if lengths else None,
            "least": min(lengths, default=None),
            "most": max(lengths, default=None),
            "succeeded": len(lengths),
            "lengths": [grown.length for grown in found.random],
        },
        "exact": {"found": found.found, "bound": found.bound},
        "paper": {
            "original": known.original,
            "network": known.network,
            "importance": known.importance,
            "random": known.random,
        },
    }


def _reviews(study: TextStudy, found: list[MeasuredText]) -> dict[str, Any]:
    items = study.items
    lengths = {order: lengths_of(found, order) for order in (*METRICS, "random")}
    exact = _column([each.found for each in found])
    truth = study.reviews.labels[items]
    labels = np.array([each.label for each in found])
    return {
        "count": len(found),
        "of": len(study.reviews),
        "rightly_labelled": int((truth == labels).sum()),
        "seconds_a_review": round(sum(each.seconds[0] for each in found) / max(len(found), 1), 4),
        "orders": {order: figures(some) for order, some in lengths.items()},
        "exact": {**figures(exact), "proved_smallest": sum(each.found == each.bound for each in found)},
        "compared": {rival: compared(lengths[ORDER], lengths[rival])._asdict() for rival in RIVALS},
        "against_draws": _against_draws(lengths[ORDER], lengths["random"]),
        "rounding": {order: _rounding([_grown(each, order) for each in found]) for order in lengths},
        "smallest_change": _rounding([[each.smallest] for each in found[:L1_REVIEWS] if each.smallest is not None]),
        "measured": {
            "items": _listed(items),
            "labels": _listed(labels),
            **{metric: _listed(_filled(lengths[metric][:, 0])) for metric in METRICS},
            "exact": _listed(_filled(exact[:, 0])),
        },
    }


def lengths_of(found: Sequence[MeasuredText], order: str) -> Array:
    """The lengths of an order's attacks, ``(texts, draws)``; NaN where it has none."""
    rows = [[grown.length for grown in _grown(each, order)] for each in found]
    return np.array([[np.nan if length is None else length for length in row] for row in rows], dtype=np.float64)


def _grown(found: MeasuredText, order: str) -> list[Grown]:
    return list(found.random) if order == "random" else [found.orders[order]]


def _column(lengths: Sequence[int | None]) -> Array:
    return np.array([np.nan if length is None else length for length in lengths], dtype=np.float64)[:, None]


def _against_draws(one: Array, draws: Array) -> Figure:
    """Of all pairs of a review and a draw, the shares where the order is shorter than the draw, as long, longer."""
    first, second = (np.where(np.isnan(some), np.inf, some) for some in (one, draws))
    return {
        "better": share((first < second).sum(), draws.size),
        "equal": share((first == second).sum(), draws.size),
        "worse": share((first > second).sum(), draws.size),
    }


def _rounding(found: Sequence[Sequence[Grown]]) -> Figure:
    """What becomes of vectors when they turn into words: over sets, and over texts (or draws)."""
    every = [grown for row in found for grown in row]
    vectors, lost = sum(g.vectors for g in every), sum(g.lost for g in every)
    return {
        "asked": len(every),
        "sets": sum(g.tried for g in every),
        "undecided": sum(g.undecided for g in every),
        "vectors": vectors,
        "moved": sum(g.moved for g in every),
        "lost": lost,
        "lost_share": share(lost, vectors),
        "attacks": sum(g.length is not None for g in every),
        "lost_altogether": sum(g.vectors > 0 and g.length is None for g in every),
        "without_vectors": sum(g.vectors == 0 for g in every),
    }


def _replay(found: Sequence[MeasuredText]) -> dict[str, int]:
    attacks = [grown for each in found for grown in each.every if grown.length is not None]
    return {"attacks": len(attacks), "replayed": sum(grown.replayed for grown in attacks)}


def _listed(numbers: Array) -> str:
    """Whole numbers in one line; 0 for none."""
    return " ".join(str(int(number)) for number in numbers)


def _filled(lengths: Array) -> Array:
    return np.nan_to_num(lengths, nan=0.0)


def _provenance(study: TextStudy, part: str, found: Sequence[MeasuredText]) -> Provenance:
    reviews = study.reviews
    digest = sha256("\n".join(reviews.texts).encode())
    digest.update(reviews.labels.tobytes())
    data = [{"name": reviews.name, "split": reviews.split, "reviews": len(reviews), "sha256": digest.hexdigest()}]
    analysis, replay = (sum(each.seconds[part] for each in found) for part in (0, 1))
    runtimes = {each.runtime for each in found}
    return stamp(study.model.program, TEXT_NETWORK, part, study.quick, data, (analysis, replay), runtimes)
