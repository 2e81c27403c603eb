"""The contest of rankings: from the grades of every image to figures, as one JSON object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.contest.expected import judged
from deepcheck.reproduce.contest.rules import (
    APART,
    CHAMPION,
    CONTESTANTS,
    CURVES,
    GRADES,
    MAIN,
    NEEDS,
    RULES,
    SCOPES,
    SETTINGS,
)
from deepcheck.reproduce.contest.statistics import correlation, drawn, duel, means
from deepcheck.reproduce.statistics import holm

SCHEMA = 1
DUELS = ("spearman", "ndcg", "average_precision", "tries")
"""The grades by which coi meets the others."""

TRIES = list(GRADES).index("tries")
Figures = dict[str, Any]

PAPERS_CLAIM = "coi is the best of the three, graded by exact worst margins and by attackable pixels over all paths"


@final
@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of one network.

    Attributes:
        about: Name, data, images, seconds and the like, as they are shown.
        names: The rankings, contestants first.
        grades: Of each setting, ``(images, scopes, names, grades)``; NaN where there is none.
        attackable: Of each setting, how many pixels in each scope are attackable, ``(images, scopes)``.
        tied: The share of a scope's pixels whose score another one has too, ``(images, scopes, names)``.
        lit: How many pixels have a value above 0, ``(images,)``.
        right: Is the network's label the data set's? ``(images,)`` of bool.
        areas: Under the curves, ``(images, names, curves)``, of the first images; None for other networks.
    """

    about: Figures
    names: tuple[str, ...]
    grades: Mapping[str, Array]
    attackable: Mapping[str, Array]
    tied: Array
    lit: Array
    right: Array
    areas: Array | None = None


def contest(measured: Sequence[Measured], provenance: Figures) -> Figures:
    """All figures of the contest, what became of what was expected, and of the paper's claim (the first of these)."""
    content: Figures = {
        "schema": SCHEMA,
        "part": "importance",
        "provenance": provenance,
        "rules": list(RULES),
        "contestants": dict(CONTESTANTS),
        "apart": dict(APART),
        "left_out": {name: NEEDS[name] for name in NEEDS if any(name not in one.names for one in measured)},
        "networks": [_network(one) for one in measured],
        "curves": [_curves(one) for one in measured if one.areas is not None],
    }
    expected = judged(content)
    claim = {"text": PAPERS_CLAIM, "source": "IV-C, RQ4", "question": 4, "found": expected[0]["found"]}
    return {**content, "expected": expected, "claims": [claim]}


def _network(found: Measured) -> Figures:
    counts = drawn(len(found.lit))
    return {
        **found.about,
        "rightly_labelled": int(found.right.sum()),
        "lit": _figure(float(found.lit.mean())),
        "tied": {scope: _named(found.names, _mean(found.tied[:, i])) for i, scope in enumerate(SCOPES)},
        "settings": {
            setting: {scope: _graded(found, setting, i, counts) for i, scope in enumerate(SCOPES)}
            for setting in SETTINGS
        },
    }


def _graded(found: Measured, setting: str, scope: int, counts: Array) -> Figures:
    grades, attackable = found.grades[setting][:, scope], found.attackable[setting][:, scope]
    images, names, kinds = grades.shape
    figures = means(grades.reshape(images, -1), counts)
    laid = np.stack([figures.mean, figures.low, figures.high], axis=-1).reshape(names, kinds, 3)
    return {
        "attackable_images": int((attackable > 0).sum()),
        "attackable_pixels": _figure(float(attackable.mean())),
        "graded": dict(zip(GRADES, figures.images.reshape(names, kinds).max(axis=0).tolist(), strict=True)),
        "means": {
            name: {grade: _figures(laid[i, j]) for j, grade in enumerate(GRADES)} for i, name in enumerate(found.names)
        },
        "median_tries": _named(found.names, [_middle(column) for column in grades[..., TRIES].T]),
        "duels": {
            grade: _duels(found.names, grades[..., j], grade) for j, grade in enumerate(GRADES) if grade in DUELS
        },
    }


def _duels(names: tuple[str, ...], grades: Array, grade: str) -> Figures:
    """Grade coi against each other contestant: better, equal, worse, effect, and p as it is and corrected."""
    rivals = [name for name in names if name in CONTESTANTS and name != CHAMPION]
    champion = grades[:, names.index(CHAMPION)]
    found = [duel(champion, grades[:, names.index(rival)], GRADES[grade]) for rival in rivals]
    corrected = holm([one.p for one in found])
    return {
        rival: [one.better, one.equal, one.worse, _figure(one.effect), _small(one.p), _small(p)]
        for rival, one, p in zip(rivals, found, corrected, strict=True)
    }


def _curves(found: Measured) -> Figures:
    """Areas under curves, and how far they order the contestants as the exact grades of the same images do."""
    assert found.areas is not None
    images, names, kinds = found.areas.shape
    figures = means(found.areas.reshape(images, -1), drawn(images))
    laid = np.stack([figures.mean, figures.low, figures.high], axis=-1).reshape(names, kinds, 3)
    exact = found.grades[MAIN][:images, 0]
    part = [i for i, name in enumerate(found.names) if name in CONTESTANTS]
    return {
        "network": found.about["name"],
        "images": images,
        "means": {
            name: {curve: _figures(laid[i, j]) for j, curve in enumerate(CURVES)} for i, name in enumerate(found.names)
        },
        "exact": {
            grade: _named(found.names, [_figure(v) for v in _averages(exact[..., j])]) for j, grade in enumerate(GRADES)
        },
        "agreement": {
            curve: _agreement(found.areas[:, part, j] * _sign(CURVES[curve]), exact[:, part])
            for j, curve in enumerate(CURVES)
        },
    }


def _agreement(areas: Array, exact: Array) -> Figures:
    """Correlations over the contestants: of means with the means of each exact grade; and image by image."""
    mean = areas.mean(axis=0)
    of_means = [
        _figure(float(correlation(mean, _averages(exact[..., j]) * _sign(better))))
        for j, better in enumerate(GRADES.values())
    ]
    each = correlation(areas, exact[..., list(GRADES).index("spearman")])
    found = means(each[:, None], drawn(len(each)))
    return {
        "of_means": dict(zip(GRADES, of_means, strict=True)),
        "by_image": _figures(np.array([found.mean[0], found.low[0], found.high[0]])),
        "images": int(found.images[0]),
    }


def _sign(more_is_better: bool) -> int:
    return 1 if more_is_better else -1


def _averages(values: Array) -> Array:
    """Column means over the images that have a value; NaN where none has one."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(axis=0) / there.sum(axis=0))


def _middle(values: Array) -> float | None:
    there = values[~np.isnan(values)]
    return _figure(float(np.median(there))) if there.size else None


def _mean(values: Array) -> list[float | None]:
    return [_figure(v) for v in _averages(values)]


def _named(names: Sequence[str], values: Sequence[float | None]) -> Figures:
    return dict(zip(names, values, strict=True))


def _figures(values: Array) -> list[float | None]:
    return [_figure(float(value)) for value in values]


def _figure(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _small(p: float) -> float:
    return float(f"{p:.3g}")
