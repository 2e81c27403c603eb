"""Exhibits as pieces of HTML: statements, pictures and tables that need no script."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepcheck.program import Array
from deepcheck.ranking import order_of
from deepcheck.report.page_answers import Answer, feature_word, plainest
from deepcheck.report.page_data import data_of, decoded, margin, marked_features, runner_up
from deepcheck.report.page_facts import Json, label_name, made_facts
from deepcheck.report.page_files import data, render
from deepcheck.report.page_png import colours, marked, thumbnail
from deepcheck.report.page_words import pieces, replacements, shades

METRICS = {
    "coi": "coefficient times value",
    "co": "coefficient",
    "abs": "size of the coefficient",
    "reach": "largest gain alone",
}
SHARE = 5
"""The percentage of features that are marked important at first."""

ROWS = 200
"""The most features that a table lists without a grid."""


@dataclass(frozen=True)
class Shown:
    """One exhibit on its way to a page.

    Attributes:
        ident: Names its place in the page.
        exhibit: The exhibit.
        answers: Its answers.
        body: Values of its template that no thinning changes.
    """

    ident: str
    exhibit: Json
    answers: Sequence[Answer]
    body: Mapping[str, Any]

    @property
    def embedded(self) -> int:
        """How many bytes its certificates take in the page."""
        return sum(len(answer.proof.inside) for answer in self.answers if answer.proof)

    def html(self, *, proofs: bool) -> str:
        """The exhibit without its data, with its certificates in it or beside it."""
        answers = self.answers if proofs else [_apart(answer) for answer in self.answers]
        return render("exhibit.html", **self.body, answers=answers)

    def script(self, thinned: int) -> str:
        """Its data, as the page's script reads it."""
        return data(data_of(self.exhibit, self.answers, thinned))


def shown(ident: str, exhibit: Json, answers: Sequence[Answer]) -> Shown:
    """Prepare an exhibit."""
    second, lead = runner_up(exhibit), margin(exhibit)
    body = {
        "ident": ident,
        "exhibit": exhibit,
        "word": feature_word(exhibit),
        "label_name": label_name(exhibit["label"], exhibit),
        "true_name": None if exhibit.get("true_label") is None else label_name(exhibit["true_label"], exhibit),
        "second": None if second is None else label_name(second, exhibit),
        "margin": lead if lead is not None and math.isfinite(lead) else None,
        "made": made_facts(exhibit),
        "remarks": exhibit.get("remarks") or [],
        "made_command": exhibit["made"].get("command"),
        "metrics": {name: said for name, said in METRICS.items() if exhibit["scores"].get(name) is not None},
    }
    special = _text(exhibit, answers) if exhibit["kind"] == "text" else _features(exhibit, answers)
    return Shown(ident, exhibit, answers, body | special)


def thumbnail_of(exhibit: Json) -> str:
    """A small picture of the input as a data address; "" where it has none."""
    picture = _picture(exhibit)
    return "" if picture is None else thumbnail(picture)


def _apart(answer: Answer) -> Answer:
    return answer if answer.proof is None else replace(answer, proof=answer.proof.apart())


def _text(exhibit: Json, answers: Sequence[Answer]) -> dict[str, Any]:
    metric = next(name for name in METRICS if exhibit["scores"].get(name) is not None)
    shade = shades(exhibit["scores"][metric], metric)
    return {
        "kind": "text",
        "pieces": pieces(exhibit, shade),
        "replacements": [replacements(exhibit, answer) for answer in answers],
    }


def _features(exhibit: Json, answers: Sequence[Answer]) -> dict[str, Any]:
    count = exhibit["features"]["count"]
    share = SHARE if count * SHARE >= 100 else math.ceil(100 / count)
    top = _top(exhibit, count, share)
    views = _views(answers)
    places = [next(at for at, answer in enumerate(answers) if answer is view) for view in views]
    picture = _picture(exhibit)
    common = {"share": share, "top": len(top), "count": count, "views": views, "places": places}
    if picture is None:
        return common | {"kind": "table"} | _table(exhibit, views, top)
    grid = exhibit["features"]["grid"]
    important = np.zeros(count, dtype=bool)
    important[top] = True
    marks = []
    for view in views:
        attackable = np.zeros(count, dtype=bool)
        attackable[marked_features(view.found)] = True
        marks.append(marked(picture, important.reshape(grid), attackable.reshape(grid)))
    plain = np.zeros(grid, dtype=bool)
    return common | {"kind": "picture", "input": marked(picture, plain, plain), "marks": marks}


def _views(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that have a picture: about single features along the path and over all, else the first of each."""
    found = []
    for paths in ("same", "all"):
        best = plainest(answers, paths)
        found += [] if best is None else [best]
    return found


def _picture(exhibit: Json) -> Array | None:
    if exhibit["kind"] != "features" or not exhibit["features"].get("grid") or not exhibit.get("picture"):
        return None
    features, asked = exhibit["features"], exhibit["picture"]
    values = decoded(exhibit["values"], (features["count"], features["elements"]))
    return colours(values, tuple(features["grid"]), float(asked["black"]), float(asked["white"]))


def _top(exhibit: Json, count: int, share: float) -> Array:
    """The features that score highest by the first metric there is."""
    metric = next(name for name in METRICS if exhibit["scores"].get(name) is not None)
    return order_of(decoded(exhibit["scores"][metric], (count,)))[: int(count * share / 100 + 1e-9)]


def _table(exhibit: Json, views: Sequence[Answer], top: Array) -> dict[str, Any]:
    features = exhibit["features"]
    count, elements = features["count"], features["elements"]
    values = decoded(exhibit["values"], (count, elements))
    ends = [_bound(exhibit["bounds"][side], count, elements) for side in ("lower", "upper")]
    metrics = [name for name in METRICS if exhibit["scores"].get(name) is not None]
    scores = {name: decoded(exhibit["scores"][name], (count,)) for name in metrics}
    attacks = [{tuple(attack["features"]): attack for attack in view.found.get("attacks") or []} for view in views]
    attackable = [{feature for each in view.found.get("attackable") or [] for feature in each} for view in views]
    listed = _listed(order_of(scores[metrics[0]]), set().union(*attackable))
    most = {name: float(np.nanmax(np.abs(found), initial=0.0)) or 1.0 for name, found in scores.items()}
    rows = []
    for feature in listed:
        low, high = ends[0][feature].min(), ends[1][feature].max()
        cells = [
            {
                "attackable": feature in attackable[at],
                "proved": feature not in attackable[at] and _all_proved(views[at], feature),
                "attack": attacks[at].get((feature,)),
                "segments": _segments(attacks[at].get((feature,)), low, high),
            }
            for at in range(len(views))
        ]
        rows.append(
            {
                "feature": feature,
                "name": features["names"][feature] if features.get("names") else f"feature {feature}",
                "values": values[feature].tolist(),
                "low": _plain(low),
                "high": _plain(high),
                "at": _share(float(values[feature].mean()), low, high),
                "important": feature in top,
                "scores": {
                    name: (float(scores[name][feature]), float(scores[name][feature]) / most[name]) for name in metrics
                },
                "cells": cells,
            }
        )
    return {"rows": rows, "unlisted": count - len(listed)}


def _all_proved(answer: Answer, feature: int) -> bool:
    """Is a feature that no attack uses proved, since nothing that was asked is open?"""
    asked, counts = answer.found.get("features_asked"), answer.found["counts"]
    return answer.single and not counts["undecided"] and not counts["untried"] and (asked is None or feature in asked)


def _listed(order: Array, attackable: set[int]) -> list[int]:
    """The features that a table lists: those that are attackable, then the others by score, so many as it has rows."""
    placed = [int(feature) for feature in order]
    first = [feature for feature in placed if feature in attackable]
    return (first + [feature for feature in placed if feature not in attackable])[:ROWS]


def _bound(held: Any, count: int, elements: int) -> Array:
    if isinstance(held, str):
        return decoded(held, (count, elements))
    return np.full((count, elements), np.nan if held is None else float(held))


def _segments(attack: Json | None, low: float, high: float) -> list[tuple[float, float]]:
    """The attacking values of a feature as shares of its domain."""
    if attack is None or not (math.isfinite(low) and math.isfinite(high) and high > low):
        return []
    ends = [pair for pairs in attack["intervals"].values() for pair in pairs]
    return [(_share(low if a is None else a, low, high), _share(high if b is None else b, low, high)) for a, b in ends]


def _share(value: float, low: float, high: float) -> float:
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return 0.5
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _plain(end: float) -> float | None:
    return float(end) if math.isfinite(end) else None
