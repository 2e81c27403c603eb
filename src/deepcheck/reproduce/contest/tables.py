"""The tables of the contest of rankings: grades, duels, other truths, curves."""

from collections.abc import Sequence
from typing import Any

from deepcheck.reproduce.contest.rules import CHAMPION, CURVES, GRADES, MAIN, SCOPES, SETTINGS, TOO_FEW
from deepcheck.reproduce.contest.words import TITLES, capital, cell, enough, figure, label, named, paragraph, tries
from deepcheck.reproduce.layout import table

Content = dict[str, Any]


def grades_tables(network: Content, content: Content) -> str:
    """All grades of one network, main setting, in both scopes."""
    parts = [f"## {network['name']}, first {network['images']:,} images of {network['data']}: [0, 1], all paths\n"]
    for scope, words in SCOPES.items():
        graded = network["settings"][MAIN][scope]
        asked = ", ".join(f"{TITLES[grade]} {graded['graded'][grade]:,}" for grade in ("spearman", "ndcg", "tries"))
        rows = [
            [
                label(name, content),
                *(cell(of[grade], grade) if enough(graded, grade) else "-" for grade in GRADES),
                figure(graded["median_tries"][name], "tries") if enough(graded, "tries") else "-",
            ]
            for name, of in _means(graded)
        ]
        parts.append(
            f"### {capital(words)}\n\n"
            + paragraph(f"Means over images, 95 % intervals in brackets. Images with a grade: {asked}.")
            + table(("ranking", *TITLES.values(), "tries: median"), rows)
        )
    return "\n".join(parts)


def _means(graded: Content) -> list[tuple[str, Content]]:
    """Every ranking's means, the best Spearman grade first."""
    means: Content = graded["means"]
    return sorted(means.items(), key=lambda one: -(one[1]["spearman"][0] or 0.0))


def duels_tables(networks: Sequence[Content]) -> str:
    """What coi is against each contestant, by two grades in both scopes."""
    parts = [
        f"## {CHAMPION} against each contestant, on the same images\n\n"
        + paragraph(
            f"[0, 1], all paths. The share of images on which {CHAMPION} has the better grade less the share on which "
            "it has the worse one; in brackets p of the sign test, Holm-corrected over a column."
        )
    ]
    for grade in ("spearman", "average_precision"):
        for scope, words in SCOPES.items():
            columns = [network["settings"][MAIN][scope]["duels"][grade] for network in networks]
            rivals = [name for name in columns[0] if all(name in column for column in columns)]
            rows = [[named(rival), *(_duel(column[rival]) for column in columns)] for rival in rivals]
            head = (f"{CHAMPION} against", *(network["name"] for network in networks))
            parts.append(f"### {capital(TITLES[grade])}, {words}\n\n" + table(head, rows))
    return "\n".join(parts)


def _duel(found: Sequence[Any]) -> str:
    effect, p = found[3], found[5]
    return "-" if sum(found[:3]) < TOO_FEW else f"{effect:+.2f} ({p:.1g})"


def ablation_tables(networks: Sequence[Content], content: Content) -> str:
    """Two mean grades by every truth."""
    parts = [
        "## Other truths\n\n"
        + paragraph(
            "Mean grades by each truth: all pixels / lit pixels. Unbounded and over all paths nearly every margin "
            "grows without end: those pixels tie at infinity, and an image where all do has no Spearman grade. Of "
            "tries the median is in brackets: images where a ranking fails pull up its mean."
        )
    ]
    for network in networks:
        for grade in ("spearman", "tries"):
            parts.append(f"### {network['name']}: {TITLES[grade]}\n\n" + _by_truth(network, grade, content))
    return "\n".join(parts)


def _by_truth(network: Content, grade: str, content: Content) -> str:
    settings = [network["settings"][setting] for setting in SETTINGS]
    counts = [" / ".join(f"{of[scope]['graded'][grade]:,}" for scope in SCOPES) for of in settings]
    rows = [
        [label(name, content), *(_both(of, name, grade) for of in settings)]
        for name in network["settings"][MAIN]["all"]["means"]
    ]
    heads = (setting.replace(", same", ", along the path").replace(", all", ", all paths") for setting in SETTINGS)
    return table(("ranking", *heads), [["images graded", *counts], *rows])


def _both(scopes: Content, name: str, grade: str) -> str:
    if grade == "tries":
        return " / ".join(tries(scopes[scope], name) for scope in SCOPES)
    found = (scopes[scope]["means"][name][grade][0] if enough(scopes[scope], grade) else None for scope in SCOPES)
    return " / ".join("-" if value is None else f"{value:.2f}" for value in found)


def curves_tables(curves: Content, content: Content) -> str:
    """Areas under curves, and how they agree with the exact grades."""
    exact = curves["exact"]["spearman"]
    rows = [
        [label(name, content), *(cell(of[curve]) for curve in CURVES), figure(exact[name])]
        for name, of in curves["means"].items()
        if any(of[curve][0] is not None for curve in CURVES)
    ]
    agreement = [
        [curve, *(_signed(found["of_means"][grade]) for grade in GRADES), cell(found["by_image"])]
        for curve, found in curves["agreement"].items()
    ]
    return (
        f"## Deletion and insertion beside the exact grades: {curves['network']}, first {curves['images']} images\n\n"
        + paragraph(
            "Mean areas under the curves: deletion the smaller the better, insertion the larger. Beside them the exact "
            "Spearman grade of the same images, all pixels."
        )
        + table(("ranking", *CURVES, "exact: Spearman"), rows)
        + "\n"
        + paragraph(
            "Spearman's correlation over the contestants between these grades and the exact ones (1: the same order; "
            "-1: the opposite one): of the means with each exact grade, and image by image with the Spearman grade."
        )
        + table(("", *TITLES.values(), "image by image, Spearman"), agreement)
        + "\n![Exact grades of the rankings, and these against areas under curves](reproduction/importance.png)\n"
    )


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
