"""The page about the contest of rankings, from its JSON."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

from deepcheck.reproduce.contest_rules import CHAMPION, CURVES, GRADES, MAIN, SCOPES, SETTINGS
from deepcheck.reproduce.layout import percent, table

Content = dict[str, Any]

TITLES = {
    "spearman": "Spearman",
    "ndcg": "NDCG",
    "average_precision": "average precision",
    "tries": "tries to the first",
    "top_5": "in the top 5 %",
    "top_10": "10 %",
    "top_30": "30 %",
}
SHARES = ("top_5", "top_10", "top_30")
VERDICTS = {True: "holds", False: "**does not hold**", None: "not shown"}

INTRODUCTION = """# Which ranking of pixels is right? An exact benchmark

<!-- Written by `python experiments/importance_benchmark.py ... --analyze-only --publish docs`: do not edit. -->

Attributions are mostly graded by other approximations. Here the truth is exact: for every pixel of an image, attackable
or not, the worst margin that this pixel alone can cause over its range, over all paths of the network. Rankings are
graded against it. [docs/grading.md](grading.md) says how to grade one of your own.

## How to run it

    python -m pip install '.[demo,torch]' captum
    python experiments/importance_benchmark.py --data DATA --models MODELS --out OUT
    python experiments/importance_benchmark.py --data DATA --models MODELS --out OUT --analyze-only

`OUT/run.sqlite` keeps what was measured, so a run that was stopped goes on where it was; the second command only
reads. `--quick` takes a few images of each network. All figures on this page are in
[reproduction/importance.json](reproduction/importance.json).
"""


def contest_page(content: Content) -> str:
    """The whole page."""
    networks = content["networks"]
    return "\n".join(
        [
            INTRODUCTION,
            "## Rules, fixed before the run\n\n" + _numbered(content["rules"]),
            _expected(content),
            _covered(content),
            _who(content),
            *(_network(network, content) for network in networks),
            _duels(networks),
            _ablation(networks, content),
            *(_curves(curves, content) for curves in content["curves"]),
            _made(content),
        ]
    )


def _numbered(rules: Sequence[str]) -> str:
    return "\n".join(
        fill(f"{number}. {rule}", 120, subsequent_indent="   ", break_long_words=False, break_on_hyphens=False)
        for number, rule in enumerate(rules, 1)
    ) + "\n"  # fmt: skip


def _expected(content: Content) -> str:
    names = [network["name"] for network in content["networks"]]
    rows = [
        [one["text"], *(_finding(one["found"].get(name)) for name in names)] for one in content["expected"]
    ]  # fmt: skip
    return (
        "## What was expected, and what came\n\nWritten down before the run; judged by the script. A name stands for "
        "the best ranking where one is named.\n\n" + table(("expected", *names), rows)
    )


def _finding(found: Content | None) -> str:
    return "-" if found is None else f"{VERDICTS[found['holds']]}: {found['detail']}".replace("|", "\\|")


def _covered(content: Content) -> str:
    head = (
        "network",
        "images",
        "rightly labelled",
        "lit pixels, mean",
        "images with an attackable pixel: all paths",
        "along the path",
        "8-bit, all paths",
        "unbounded, all paths",
        "truth, ms an image (all paths, [0, 1])",
        "largest excess",
    )
    settings = (MAIN, "bounded, same", "8-bit, all", "unbounded, all")
    rows = [
        [
            f"{one['name']}",
            f"first {one['images']:,} of {one['of']:,} of {one['data']}",
            f"{one['rightly_labelled']:,}",
            f"{one['lit']:.0f}",
            *(f"{one['settings'][setting]['all']['attackable_images']:,}" for setting in settings),
            f"{one['milliseconds_an_image']['truth'][MAIN]:.1f}",
            f"{one['largest_excess']:.1g}",
        ]
        for one in content["networks"]
    ]
    left = content["provenance"]["networks_left_out"]
    note = "".join(f"\nLeft out: {name} ({why}).\n" for name, why in left.items())
    laws = (
        "\nExcess: margins must lie above those at both ends (plain runs in torch), along the path below reach and below "
        "those over all paths, on 8-bit levels below those in [0, 1], and these below unbounded ones; the largest "
        "breach of these laws is shown, and the run stops at one beyond rounding.\n"
    )
    return "## What it covers\n\n" + table(head, rows) + laws + note


def _who(content: Content) -> str:
    rows = [
        [_name(name), what, *(percent(network["tied"]["all"].get(name)) for network in content["networks"])]
        for name, what in {**content["contestants"], **content["apart"]}.items()
        if name in content["networks"][0]["tied"]["all"]
    ]
    left = "".join(
        f"\n{_name(name)} is left out: {library} is not installed.\n" for name, library in content["left_out"].items()
    )
    return (
        "## Rankings, and how much of them are ties\n\nThe share of an image's pixels whose score another pixel has "
        "too, mean over images: there the index decides.\n\n"
        + table(("ranking", "what it is", *(network["name"] for network in content["networks"])), rows)
        + left
    )


def _network(network: Content, content: Content) -> str:
    parts = [f"## {network['name']}, first {network['images']:,} images of {network['data']}: [0, 1], all paths\n"]
    for scope, words in SCOPES.items():
        graded = network["settings"][MAIN][scope]
        asked = ", ".join(f"{TITLES[grade]} {graded['graded'][grade]:,}" for grade in ("spearman", "ndcg", "tries"))
        rows = [
            [_label(name, content), *(_grade(of[grade], grade) for grade in GRADES)]
            for name, of in graded["means"].items()
        ]
        parts.append(
            f"### {words[0].upper()}{words[1:]}\n\nMeans over images, 95 % intervals in brackets. Images with a grade: "
            f"{asked}.\n\n" + table(("ranking", *TITLES.values()), rows)
        )
    return "\n".join(parts)


def _label(name: str, content: Content) -> str:
    return f"*{_name(name)}* (apart)" if name in content["apart"] else _name(name)


def _name(name: str) -> str:
    return name.replace("|", "\\|")


def _grade(figures: Sequence[float | None], grade: str) -> str:
    value, low, high = figures
    if value is None:
        return "-"
    if low is None or high is None:
        return _one(value, grade)
    return f"{_one(value, grade)} ({_one(low, grade, True)} to {_one(high, grade, True)})"


def _one(value: float, grade: str, bare: bool = False) -> str:
    if grade in SHARES:
        return f"{100 * value:.1f}" + " %" * (not bare)
    return f"{value:.1f}" if grade == "tries" else f"{value:.3f}"


def _duels(networks: Sequence[Content]) -> str:
    parts = [
        f"## {CHAMPION} against each contestant, on the same images\n\n[0, 1], all paths. The share of images on which "
        f"{CHAMPION} has the better grade less the share on which it has the worse one; in brackets p of the sign "
        "test, Holm-corrected over a column.\n"
    ]
    for grade in ("spearman", "average_precision"):
        for scope, words in SCOPES.items():
            columns = [network["settings"][MAIN][scope]["duels"][grade] for network in networks]
            rivals = [name for name in columns[0] if all(name in column for column in columns)]
            rows = [[_name(rival), *(_duel(column[rival]) for column in columns)] for rival in rivals]
            head = (f"{CHAMPION} against", *(network["name"] for network in networks))
            parts.append(f"### {TITLES[grade][0].upper()}{TITLES[grade][1:]}, {words}\n\n" + table(head, rows))
    return "\n".join(parts)


def _duel(found: Sequence[Any]) -> str:
    effect, p = found[3], found[5]
    return "-" if effect is None else f"{effect:+.2f} ({p:.1g})"


def _ablation(networks: Sequence[Content], content: Content) -> str:
    parts = ["## Other truths\n\nMean Spearman grade by each truth: all pixels / lit pixels.\n"]
    for network in networks:
        rows = [
            [_label(name, content), *(_both(network["settings"][setting], name) for setting in SETTINGS)]
            for name in network["settings"][MAIN]["all"]["means"]
        ]
        heads = (setting.replace(", same", ", along the path").replace(", all", ", all paths") for setting in SETTINGS)
        parts.append(f"### {network['name']}\n\n" + table(("ranking", *heads), rows))
    return "\n".join(parts)


def _both(scopes: Content, name: str) -> str:
    found = (scopes[scope]["means"][name]["spearman"][0] for scope in SCOPES)
    return " / ".join("-" if value is None else f"{value:.2f}" for value in found)


def _curves(curves: Content, content: Content) -> str:
    exact = curves["exact"]
    rows = [
        [_label(name, content), *(_grade(of[curve], "") for curve in CURVES), _grade([exact["spearman"][name]] * 3, "")]
        for name, of in curves["means"].items()
    ]
    rows = [[*row[:-1], row[-1].split(" ")[0]] for row in rows]
    agreement = [
        [curve, *(_correlation(found["of_means"][grade]) for grade in GRADES), _grade(found["by_image"], "")]
        for curve, found in curves["agreement"].items()
    ]
    return (
        f"## Deletion and insertion, and what they have to do with it: {curves['network']}, first {curves['images']} "
        "images\n\nMean areas under the curves: deletion the smaller the better, insertion the larger. Beside them the "
        "exact Spearman grade of the same images.\n\n"
        + table(("ranking", *CURVES, "exact: Spearman"), rows)
        + "\nSpearman's correlation over the contestants between these grades and the exact ones (1: the same order; "
        "-1: the opposite one): of the means with each exact grade, and image by image with the Spearman grade.\n\n"
        + table(("", *TITLES.values(), "image by image, Spearman"), agreement)
        + "\n![Exact grades of the rankings, and these against areas under curves]"
        "(reproduction/importance.png)\n"
    )


def _correlation(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def _made(content: Content) -> str:
    source = content["provenance"]
    versions = ", ".join(f"{name} {version}" for name, version in source["versions"].items())
    machine = source["machine"]
    return (
        f"`{source['command']}`, {source['date']}, deepcheck {source['deepcheck']}, {versions}, {machine['system']} "
        f"{machine['processor']} with {machine['cores']} cores, one thread.\n"
    )
