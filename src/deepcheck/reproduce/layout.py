"""Pieces of Markdown: tables, numbers, and where figures come from."""

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import Any

Content = dict[str, Any]
Stored = list[dict[str, Any]]
TITLES = {"paper": "the paper's tables", "bounded": "pixels in [0, 1]", "unbounded": "unbounded pixels"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: bool = False) -> str:
    """A Markdown table; the first column to the left, the others, unless they are words, to the right."""
    rule = ["---", *["---" if words else "---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows)) + "\n"


def beside(ours: object, theirs: object | None) -> str:
    """Ours, and in brackets the paper's if there is one."""
    return f"{ours}" if theirs is None else f"{ours} ({theirs})"


def filled(mark: str, text: str) -> str:
    """A paragraph with a mark before it, wrapped and indented."""
    return fill(mark + text, width=118, subsequent_indent=" " * len(mark), break_on_hyphens=False) + "\n"


def percent(share: float | None, digits: int = 1) -> str:
    """A share in per cent."""
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def number(value: float | None) -> str:
    """A number with at most one decimal."""
    return "-" if value is None else f"{value:,.1f}".removesuffix(".0")


def footer(content: Content) -> str:
    """What made the figures, when, where, and how long it took."""
    source = content["provenance"]
    seconds, machine = source["seconds"], source["machine"]
    versions = f"deepcheck {source['deepcheck']}, {source['replayed_by']}"
    place = f"{machine['system']} {machine['processor']} with {machine['cores']} cores"
    took = f"{seconds['analysis']:.1f} s of analysis and {seconds['replay']:.1f} s of replay"
    model = f"Model sha256 `{source['model']['sha256']}`."
    return f"`{source['command']}`, {source['date']}, {versions}, {place}: {took}. {model}\n"
