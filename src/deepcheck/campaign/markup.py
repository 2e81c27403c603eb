"""The table of a minimal run as HTML for notebooks."""

from typing import TYPE_CHECKING

from deepcheck.display.markup import fact_list, listing, section

if TYPE_CHECKING:
    from deepcheck.campaign.table import MinimalTable

ROWS = 30
"""How many sizes are listed."""


def minimal_html(found: "MinimalTable") -> str:
    """How many inputs need how many features, and which are open."""
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.counts.items())
    paths = "all paths" if found.paths == "all" else "each input's own path"
    facts = [
        *((name.replace("_", " "), str(said)) for name, said in found.about.items() if isinstance(said, str)),
        ("asked", f"the smallest set of {found.features:,} features, up to {found.most:,}; {paths}"),
        ("inputs", f"{found.images:,}: {counts}"),
    ]
    if found.interrupted:
        facts.append(("interrupted", "yes: the same call goes on from here"))
    along = any(row.along is not None for row in found.rows)
    rows = [
        [
            str(row.size),
            f"{row.smallest:,}",
            f"{row.proved:,}",
            f"{row.overturned:,}",
            f"{row.undecided:,}",
            *([f"{row.along or 0:,}"] if along else []),
        ]
        for row in found.rows[:ROWS]
    ]
    headings = [
        "at most",
        "smallest",
        "proved",
        "overturned",
        "undecided",
        *(["along their own path"] if along else []),
    ]
    return section(fact_list(facts), listing(headings, rows, more=len(found.rows) - len(rows)))
