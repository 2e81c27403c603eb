"""Words and numbers of the page about the contest of rankings."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

from deepcheck.reproduce.contest.rules import TOO_FEW

TITLES = {
    "spearman": "Spearman",
    "ndcg": "NDCG",
    "average_precision": "average precision",
    "tries": "tries to the first",
    "top_5": "in the top 5 %",
    "top_10": "10 %",
    "top_30": "30 %",
}
"""What the grades are called."""
SHARES = ("top_5", "top_10", "top_30")


def paragraph(text: str) -> str:
    """A paragraph of Markdown, wrapped, and an empty line."""
    return fill(text, 120, break_long_words=False, break_on_hyphens=False) + "\n\n"


def numbered(items: Sequence[str]) -> str:
    """A numbered list of Markdown."""
    wrapped = (
        fill(f"{number}. {item}", 120, subsequent_indent="   ", break_long_words=False, break_on_hyphens=False)
        for number, item in enumerate(items, 1)
    )
    return "\n".join(wrapped) + "\n"


def capital(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]


def named(name: str) -> str:
    """A name that may stand in a table."""
    return name.replace("|", "\\|")


def label(name: str, content: dict[str, Any]) -> str:
    """The name of a ranking; those shown apart say so."""
    return f"*{named(name)}* (apart)" if name in content["apart"] else named(name)


def cell(figures: Sequence[float | None], grade: str = "") -> str:
    """A mean with its interval."""
    value, low, high = figures
    if value is None or low is None or high is None:
        return figure(value, grade)
    return f"{figure(value, grade)} ({figure(low, grade, unit='')} to {figure(high, grade, unit='')})"


def tries(graded: dict[str, Any], name: str) -> str:
    """The mean of tries to the first attackable pixel, and the median in brackets."""
    if not enough(graded, "tries"):
        return "-"
    return f"{graded['means'][name]['tries'][0]:.1f} ({graded['median_tries'][name]:.0f})"


def enough(graded: dict[str, Any], grade: str) -> bool:
    """Do enough images have a grade to show it?"""
    count: int = graded["graded"][grade]
    return count >= TOO_FEW


def figure(value: float | None, grade: str = "", unit: str = " %") -> str:
    """One number of a grade: shares in per cent, tries with one decimal, others with three."""
    if value is None:
        return "-"
    if grade in SHARES:
        return f"{100 * value:.1f}{unit}"
    return f"{value:.1f}" if grade == "tries" else f"{value:.3f}"
