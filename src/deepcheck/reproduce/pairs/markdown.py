"""Markdown of what concerns pairs of pixels, from the JSON of a run."""

from collections.abc import Callable
from math import comb

from deepcheck.reproduce.layout import TITLES, Content, Stored, beside, footer, number, percent, table
from deepcheck.reproduce.pairs.law import explained, fulfilled, touching
from deepcheck.reproduce.rules import METRICS, PIXELS, SHORTLISTS

Read = Callable[[Content], str]


def pair_tables(content: Content) -> str:
    """The two-pixel columns of table II, one table for each domain."""
    text = ""
    for domain in ("bounded", "unbounded"):
        head = (
            "digit",
            "training image",
            "a: attackable alone, of 39",
            "attackable pairs, of 741",
            "new pairs",
            "all attackable pairs of the image",
            "new",
            "share of them in the 741",
        )
        rows = _pair_rows(content["rows"][domain], content["rows"]["paper"])
        text += f"### Pairs in the top 5 % by coi, {TITLES[domain]}\n\n{table(head, rows)}\n"
    return text


def _pair_rows(ours: Stored, theirs: Stored) -> list[list[str]]:
    rows = []
    for row, known in zip(ours, theirs, strict=True):
        found, paper = row["pairs"], known["pairs"]
        if found is None:
            rows.append([str(row["digit"]), "no image qualifies", *[""] * 6])
            continue
        cells = [beside(found[name], paper[name]) for name in ("alone", "attackable", "new")]
        rows.append([str(row["digit"]), str(row["image"]), *cells, *_everywhere(found)])
    there, printed = ([row["pairs"] for row in found if row["pairs"] is not None] for found in (ours, theirs))
    totals = [
        beside(*(sum(p[name] for p in found) for found in (there, printed))) for name in ("alone", "attackable", "new")
    ]
    return [*rows, ["all", "", *totals, *_everywhere(_sum(there))]]


def _sum(there: Stored) -> Content:
    names = ("attackable", "everywhere", "everywhere_new")
    asked = [p for p in there if p["everywhere"] is not None]
    return {name: sum(p[name] for p in asked) for name in names} if asked else {"everywhere": None}


def _everywhere(found: Content) -> list[str]:
    """All pairs of an image: attackable ones, new ones, and the share of the shortlist's."""
    if found["everywhere"] is None:
        return ["not asked", "", ""]
    share = found["attackable"] / found["everywhere"] if found["everywhere"] else None
    return [f"{found['everywhere']:,}", f"{found['everywhere_new']:,}", percent(share, 2)]


def law_text(content: Content) -> str:
    """The paper's rows, held against the law."""
    head = ("digit", "a", "attackable pairs", "new", "attackable - new", "C(39, 2) - C(39 - a, 2)", "equal")
    rows = [_law_row(row["digit"], row["pairs"]) for row in content["rows"]["paper"]]
    ours = [row["pairs"] for where in ("bounded", "unbounded") for row in content["rows"][where] if row["pairs"]]
    lawful = sum(_lawful(found) for found in ours)
    return (
        "### The paper's rows against the law of pairs\n\n"
        "A pair with a pixel that is attackable alone is attackable. So with a attackable pixels among 39, attackable "
        f"minus new pairs are C(39, 2) - C(39 - a, 2).\n\n{table(head, rows)}\n"
        f"Of our rows in both domains {lawful} of {len(ours)} satisfy it. The paper gives all pairs of an image as "
        f"306946; C({PIXELS}, 2) is {comb(PIXELS, 2)}.\n\n"
    )


def _law_row(digit: int, found: Content) -> list[str]:
    old, law = found["attackable"] - found["new"], touching(found["pixels"], found["alone"])
    other = explained(found["pixels"], found["attackable"], found["new"])
    verdict = "yes" if _lawful(found) else "**no**" if other else "**no**, nor with any other a"
    return [*map(str, (digit, found["alone"], found["attackable"], found["new"], old, law)), verdict]


def _lawful(found: Content) -> bool:
    return fulfilled(found["pixels"], found["alone"], found["attackable"], found["new"])


def first_pair(row: Content, known: Content) -> str:
    """The cell of table III for pairs."""
    return beside(row["pairs"]["first_features"] or "none", known["pairs"]["first_features"])


def pairs_text(content: Content) -> str:
    """The census of pairs."""
    top, every = (_columns(content["scopes"][name]) for name in ("top", "all"))
    sections = [
        "## Census of pairs: the 741 pairs in the top 5 % by coi\n",
        table(("", *top), ([name, *(read(group) for group in top.values())] for name, read in _MAIN)),
        f"## Census of pairs: all {comb(PIXELS, 2):,} pairs of an image\n",
        table(("", *every), ([name, *(read(group) for group in every.values())] for name, read in _MAIN)),
        "### Top pixels that have an attackable pair: median / mean; images where the top 2 do / the top 19 do\n",
        table(("", *every), ([m, *(_needed(group, m) for group in every.values())] for m in METRICS)),
        "### Pairs tried before the first attackable one: median / mean, over attackable images\n",
        table(("", *every), ([m, *(_tries(group, m) for group in every.values())] for m in METRICS)),
        "### In a shortlist: share of all attackable pairs / its mean over attackable images / images with one there\n",
        table(("", *every), _shortlists(content, every)),
        footer(content),
    ]
    return "\n".join(sections)


def _columns(domains: Content) -> Content:
    return {
        f"{TITLES[domain]}, {words}": found[group]
        for domain, found in domains.items()
        for group, words in (("all", "all images"), ("rightly_labelled", "rightly labelled"))
    }


def _shortlists(content: Content, columns: Content) -> list[list[str]]:
    rows = []
    for shortlist in SHORTLISTS:
        for metric in METRICS:
            rows.append([f"{metric}, {shortlist}", *(_shortlist(g, metric, shortlist) for g in columns.values())])
        chance = percent(content["random_share"][shortlist], 2)
        rows.append([f"random pixels, {shortlist}: expected share", *[chance] * len(columns)])
        bounds = (percent(g["shortlists"]["coi"][shortlist]["at_most"]) for g in columns.values())
        rows.append([f"any {shortlist}: no more than", *bounds])
    return rows


def _shortlist(group: Content, metric: str, shortlist: str) -> str:
    found = group["shortlists"].get(metric, {}).get(shortlist)
    if found is None:
        return ""
    shares = (percent(found["pairs_share"], 2), percent(found["mean_image_share"]), percent(found["any_share"]))
    return " / ".join(shares)


def _needed(group: Content, metric: str) -> str:
    found = group["first_features"].get(metric)
    if found is None:
        return ""
    limits = f"{percent(found['two_share'])} / {percent(found['within_19_share'])}"
    return f"{number(found['median'])} / {number(found['mean'])}; {limits}"


def _tries(group: Content, metric: str) -> str:
    found = group["tries"].get(metric)
    return "" if found is None else f"{number(found['median'])} / {number(found['mean'])}"


def _per(group: Content, name: str) -> str:
    return f"{number(group[name]['mean'])} / {number(group[name]['median'])}"


_MAIN: tuple[tuple[str, Read], ...] = (
    ("images", lambda g: f"{g['images']:,}"),
    ("with an attackable pair", lambda g: f"{g['attackable_images']:,} ({percent(g['attackable_share'])})"),
    ("of them without an attackable pixel", lambda g: f"{g['only_by_pairs_images']:,}"),
    ("images with an attackable pixel (of 784)", lambda g: f"{g['single_images']:,}"),
    ("attackable pairs an image: mean / median", lambda g: _per(g, "per_image")),
    ("the same over attackable images", lambda g: _per(g, "per_attackable_image")),
    ("pairs asked", lambda g: f"{g['pairs_asked']:,}"),
    ("attackable pairs", lambda g: f"{g['attackable_pairs']:,} ({percent(g['attackable_pairs_share'])})"),
    ("of them new", lambda g: f"{g['new_pairs']:,} ({percent(g['new_share'])})"),
    ("of them replayed and survived", lambda g: f"{g['replayed']:,} of {g['replays']:,}"),
    ("undecided pairs", lambda g: f"{g['undecided_pairs']:,}"),
    ("questions settled by exact arithmetic", lambda g: f"{g['exact_questions']:,}"),
    ("attackable images that reach several labels", lambda g: percent(g["several_labels_share"])),
)
