"""A ranking's grades as HTML for notebooks."""

from typing import TYPE_CHECKING

from deepcheck.display.markup import escaped, fact_list, listing, section
from deepcheck.ranking.grades import HEADINGS, NAMES

if TYPE_CHECKING:
    from deepcheck.ranking.grades import Grades


def grades_html(found: "Grades") -> str:
    """What was graded against what, and each grade beside that of a random order."""
    summary = found.summary
    facts = [
        ("inputs", f"{summary['images']:,}; {summary['with_attackable']:,} with an attackable feature, "
         f"{summary['open']:,} open"),
        ("graded against", found.words),
    ]  # fmt: skip
    rows = []
    for name, heading in zip(NAMES, HEADINGS, strict=True):
        own, other = summary["grades"][name], summary["random"][name]
        cells = [_number(own["mean"]), _number(own["median"]), f"{own['images']:,}", _number(other["mean"])]
        rows.append([escaped(heading), *cells])
    headings = ["grade", "mean", "median", "inputs", "mean of a random order"]
    return section(fact_list(facts), listing(headings, rows, left=1))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
