"""Markdown from the JSON of a run: nothing here is computed but the layout and the random order's expectation."""

from collections.abc import Callable
from typing import Any

from deepcheck.reproduce.layout import TITLES, Content, Stored, beside, footer, number, percent, table
from deepcheck.reproduce.pairs.markdown import first_pair, law_text, pair_tables
from deepcheck.reproduce.rules import BASELINE, METRICS, PAPER_METRICS, PIXELS, SHORTLISTS

Layout = Callable[[Stored, Stored], tuple[list[str], list[list[str]]]]


def table2_text(content: Content) -> str:
    """Table II."""
    pixels = _paper_table(content, "Table II: attackable pixels found by each version", _table2_rows)
    return pixels + pair_tables(content) + law_text(content) + _claims(content)


def table3_text(content: Content) -> str:
    """Table III."""
    return _paper_table(content, "Table III: pixels tried before the first attack", _table3_rows) + _claims(content)


def census_text(content: Content) -> str:
    """The census: one column for each domain and group of images."""
    groups = {
        f"{TITLES[domain]}, {words}": found[group]
        for domain, found in content["domains"].items()
        for group, words in (("all", "all images"), ("rightly_labelled", "rightly labelled"))
    }
    head = ["", *groups]
    sections = [
        f"## Census: the first {content['images']:,} of {content['of']:,} test images\n",
        table(head, ([name, *(read(group) for group in groups.values())] for name, read in _MAIN)),
        "### Tries before the first attackable pixel: median / mean, over attackable images\n",
        table(
            head, ([order, *(_tries(g, order) for g in groups.values())] for order in (BASELINE, *METRICS, "random"))
        ),
        "### Attackable images that need less than 10 tries / at most a third of the list (random: expected tries)\n",
        table(
            head, ([order, *(_limits(g, order) for g in groups.values())] for order in (BASELINE, *METRICS, "random"))
        ),
        "### In a shortlist: share of attackable pixels / of images where that is at least half / all of them\n",
        table(
            head,
            (
                [f"{metric}, {shortlist}", *(_shortlist(g, metric, shortlist) for g in groups.values())]
                for shortlist in SHORTLISTS
                for metric in METRICS
            ),
        ),
        footer(content),
    ]
    return "\n".join(sections)


def _paper_table(content: Content, title: str, layout: Layout) -> str:
    text = f"## {title}\n\nOurs, and in brackets the paper's: another network and other images.\n\n"
    for domain in ("bounded", "unbounded"):
        head, rows = layout(content["rows"][domain], content["rows"]["paper"])
        text += f"### {TITLES[domain].capitalize()}\n\n{table(head, rows)}\n"
    return text


def _table2_rows(ours: Stored, theirs: Stored) -> tuple[list[str], list[list[str]]]:
    metrics = _metrics(ours)
    head = ["digit", "training image", "attackable", *(f"{s} {m}" for s in SHORTLISTS for m in metrics)]
    rows = []
    for row, known in zip(ours, theirs, strict=True):
        if row["image"] is None:
            rows.append([str(row["digit"]), "no image qualifies", *[""] * (len(head) - 2)])
            continue
        cells = [beside(row["within"][s][m], known["within"][s].get(m)) for s in SHORTLISTS for m in metrics]
        rows.append([str(row["digit"]), str(row["image"]), beside(row["attackable"], known["attackable"]), *cells])
    total = [beside(*(sum(r["attackable"] for r in found) for found in (ours, theirs)))]
    for s in SHORTLISTS:
        for m in metrics:
            paper = sum(r["within"][s][m] for r in theirs) if m in PAPER_METRICS else None
            total.append(beside(sum(r["within"][s][m] for r in ours if r["image"] is not None), paper))
    return head, [*rows, ["all", "", *total]]


def _table3_rows(ours: Stored, theirs: Stored) -> tuple[list[str], list[list[str]]]:
    orders = (BASELINE, *_metrics(ours))
    head = ["digit", "training image", *orders, "random order, expected", "top pixels with a pair, coi"]
    rows = []
    for row, known in zip(ours, theirs, strict=True):
        if row["image"] is None:
            rows.append([str(row["digit"]), "no image qualifies", *[""] * (len(head) - 2)])
            continue
        cells = [beside(row["first"][order] or "none", known["first"].get(order)) for order in orders]
        expected = [f"{(PIXELS + 1) / (found['attackable'] + 1):.1f}" for found in (row, known)]
        rows.append([str(row["digit"]), str(row["image"]), *cells, beside(*expected), first_pair(row, known)])
    return head, rows


def _metrics(rows: Stored) -> tuple[str, ...]:
    known: dict[str, Any] = next((row["first"] for row in rows if row["image"] is not None), {})
    return tuple(metric for metric in METRICS if metric in known)


def _claims(content: Content) -> str:
    verdicts = {True: "holds", False: "**does not hold**", None: "-"}
    rows = (
        [
            f"{claim['text']} ({claim['source']})",
            *(f"{verdicts[f['holds']]}: {f['detail']}".removeprefix("-: ") for f in claim["found"].values()),
        ]
        for claim in content["claims"]
    )
    text = "### What the paper says, on its own tables and on ours\n\n"
    return text + table(["claim", *(TITLES[where] for where in content["rows"])], rows) + "\n" + footer(content)


def _pair(group: Content, name: str) -> str:
    return f"{number(group[name]['mean'])} / {number(group[name]['median'])}"


def _tries(group: Content, order: str) -> str:
    found = group["tries"].get(order)
    return "" if found is None else f"{number(found['median'])} / {number(found['mean'])}"


def _limits(group: Content, order: str) -> str:
    found = group["tries"].get(order)
    return "" if found is None else f"{percent(found['under_10_share'])} / {percent(found['within_third_share'])}"


def _shortlist(group: Content, metric: str, shortlist: str) -> str:
    found = group["shortlists"].get(metric, {}).get(shortlist)
    if found is None:
        return ""
    return " / ".join(percent(found[name]) for name in ("pixels_share", "half_share", "all_share"))


_MAIN: tuple[tuple[str, Callable[[Content], str]], ...] = (
    ("images", lambda g: f"{g['images']:,}"),
    ("with an attackable pixel", lambda g: f"{g['attackable_images']:,} ({percent(g['attackable_share'])})"),
    ("attackable pixels an image: mean / median", lambda g: _pair(g, "per_image")),
    ("the same over attackable images", lambda g: _pair(g, "per_attackable_image")),
    ("attackable pixels", lambda g: f"{g['attackable_pixels']:,}"),
    ("of them replayed", lambda g: f"{g['replayed']:,} ({percent(g['replayed_share'])})"),
    ("of them lit", lambda g: percent(g["places"]["lit"])),
    ("of them background near the digit", lambda g: percent(g["places"]["near"])),
    ("of them background far from it", lambda g: percent(g["places"]["far"])),
    ("of them never lit in training", lambda g: percent(g["places"]["never_lit"])),
    ("attackable images that reach several labels", lambda g: percent(g["several_labels_share"])),
    ("pixels asked", lambda g: f"{g['pixels_asked']:,}"),
    ("undecided pixels (images)", lambda g: f"{g['undecided_pixels']:,} ({g['undecided_images']:,})"),
    ("questions settled by exact arithmetic", lambda g: f"{g['exact_questions']:,}"),
    ("images on a border between pieces", lambda g: f"{g['images_on_borders']:,}"),
)
