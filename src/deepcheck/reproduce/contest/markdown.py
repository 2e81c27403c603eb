"""The page about the contest of rankings, from its JSON."""

from typing import Any

from deepcheck.reproduce.contest.rules import (
    CHAMPION,
    CONTESTANTS,
    EXPECTED_RANDOM,
    GRADES,
    MAIN,
    PAPER_SETTING,
    SCOPES,
)
from deepcheck.reproduce.contest.tables import ablation_tables, curves_tables, duels_tables, grades_tables
from deepcheck.reproduce.contest.words import TITLES, enough, figure, named, numbered, paragraph, tries
from deepcheck.reproduce.layout import percent, table

Content = dict[str, Any]

VERDICTS = {True: "holds", False: "**does not hold**", None: "not shown"}
HEADLINE = ("spearman", "average_precision", "tries")
TURNED = ("co", "difference")

INTRODUCTION = """# Which ranking of pixels is right? An exact benchmark

<!-- Written by `python experiments/importance_benchmark.py ... --analyze-only --publish docs`: do not edit. -->

Attributions are mostly graded by other approximations. Here the truth is exact: for every pixel of an image, attackable
or not, the worst margin that this pixel alone can cause over its range, over all paths of the network. Rankings are
graded against it. [grading.md](grading.md) says how to grade one of your own.

## How to run it

    python -m pip install '.[demo,torch]' captum
    python experiments/importance_benchmark.py --data DATA --models MODELS --out OUT
    python experiments/importance_benchmark.py --data DATA --models MODELS --out OUT --analyze-only

`OUT/run.sqlite` keeps what was measured, so a run that was stopped goes on where it was; the second command only
reads. `--quick` takes a few images of each network. All figures of this page, and more, are in
[reproduction/importance.json](reproduction/importance.json).
"""


def contest_page(content: Content) -> str:
    """The whole page."""
    networks = content["networks"]
    return "\n".join(
        [
            INTRODUCTION,
            _headline(content),
            _expected(content),
            "## Rules, fixed before the run\n\n" + numbered(content["rules"]),
            _covered(content),
            _rankings(content),
            *(grades_tables(network, content) for network in networks),
            duels_tables(networks),
            ablation_tables(networks, content),
            *(curves_tables(curves, content) for curves in content["curves"]),
            _made(content),
        ]
    )


def _headline(content: Content) -> str:
    """The best contestant and coi's place, by three grades in both scopes, by our question and by the paper's."""
    turned = "; ".join(
        f"{network['name']} " + ", ".join(f"{name} {_grade(network, name):+.2f}" for name in TURNED)
        for network in content["networks"]
    )
    return (
        "## In short\n\n"
        + paragraph(
            "The best contestant of each grade; the grade of "
            f"{CHAMPION} and its place among the contestants; what a random order is expected to have. Tries: "
            "the mean, and in brackets the median."
        )
        + "### [0, 1], all paths\n\n"
        + _best(content, MAIN)
        + "\n### The paper's question: unbounded, along the path\n\n"
        + _best(content, PAPER_SETTING)
        + "\n"
        + paragraph(
            "Signed scores put first what supports the label; turned round they have the opposite Spearman grade. [0, "
            f"1], all paths, all pixels: {turned}. Below 0, the pixels that oppose the label are the dangerous ones."
        ).rstrip("\n")
        + "\n"
    )


def _best(content: Content, setting: str) -> str:
    head = ("network, scope", *(f"{TITLES[grade]}: best; {CHAMPION}; random" for grade in HEADLINE))
    rows = [
        [f"{one['name']}, {scope} pixels", *(_places(one["settings"][setting][scope], grade) for grade in HEADLINE)]
        for one in content["networks"]
        for scope in SCOPES
    ]
    return table(head, rows)


def _places(graded: Content, grade: str) -> str:
    of = {
        name: figures[grade][0]
        for name, figures in graded["means"].items()
        if name in CONTESTANTS and figures[grade][0] is not None
    }
    if not enough(graded, grade):
        return f"too few images ({graded['graded'][grade]})"
    order = sorted(of, key=lambda name: of[name], reverse=GRADES[grade])
    asked = (order[0], CHAMPION, EXPECTED_RANDOM)
    best, champion, random = (
        tries(graded, name) if grade == "tries" else figure(graded["means"][name][grade][0], grade) for name in asked
    )
    return f"{named(order[0])} {best}; {CHAMPION} {champion}, {order.index(CHAMPION) + 1} of {len(order)}; {random}"


def _grade(network: Content, name: str) -> float:
    return float(network["settings"][MAIN]["all"]["means"][name]["spearman"][0])


def _expected(content: Content) -> str:
    names = [network["name"] for network in content["networks"]]
    rows = [
        [named(one["text"]), *(_finding(one["found"].get(name)) for name in names)] for one in content["expected"]
    ]  # fmt: skip
    return (
        "## What was expected, and what came\n\n"
        + paragraph("Written down before the run, judged by the script. Main setting: [0, 1], all paths.")
        + table(("expected", *names), rows)
    )


def _finding(found: Content | None) -> str:
    return "-" if found is None else named(f"{VERDICTS[found['holds']]}: {found['detail']}")


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
            f"first {one['images']:,} of {one['of']:,} of {one['data']}" + _short(one),
            f"{one['rightly_labelled']:,}",
            f"{one['lit']:.0f}",
            *(f"{one['settings'][setting]['all']['attackable_images']:,}" for setting in settings),
            f"{one['milliseconds_an_image']['truth'][MAIN]:.1f}",
            f"{one['largest_excess']:.1g}",
        ]
        for one in content["networks"]
    ]
    laws = paragraph(
        "Excess: margins must lie above those at both ends (plain runs in torch), along the path below reach and below "
        "those over all paths, on 8-bit levels below those in [0, 1], and these below unbounded ones; the largest "
        "breach of these laws is shown, and the run stops at one beyond rounding."
    )
    left = content["provenance"]["networks_left_out"]
    note = "".join(f"Left out: {name} ({why}).\n\n" for name, why in left.items())
    return "## What it covers\n\n" + table(head, rows) + "\n" + (laws + note).rstrip("\n") + "\n"


def _short(network: Content) -> str:
    """What the rules ask for, where less is measured."""
    return "" if network["images"] >= network["planned"] else f" (the rules: {network['planned']:,})"


def _rankings(content: Content) -> str:
    networks = content["networks"]
    rows = [
        [named(name), what, *(percent(network["tied"]["all"].get(name)) for network in networks)]
        for name, what in {**content["contestants"], **content["apart"]}.items()
        if name in networks[0]["tied"]["all"]
    ]
    left = "".join(
        f"\nLeft out: {named(name)} ({library} is not installed).\n" for name, library in content["left_out"].items()
    )
    return (
        "## Rankings, and how much of them are ties\n\n"
        + paragraph(
            "The share of an image's pixels whose score another pixel has too, mean over images: there the index "
            "decides."
        )
        + table(("ranking", "what it is", *(network["name"] for network in networks)), rows)
        + left
    )


def _made(content: Content) -> str:
    source = content["provenance"]
    versions = ", ".join(f"{name} {version}" for name, version in source["versions"].items())
    machine = source["machine"]
    return paragraph(
        f"`{source['command']}`, {source['date']}, deepcheck {source['deepcheck']}, {versions}, {machine['system']} "
        f"{machine['processor']} with {machine['cores']} cores, one thread."
    ).rstrip("\n") + "\n"  # fmt: skip
