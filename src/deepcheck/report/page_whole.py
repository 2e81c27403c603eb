"""A whole report as one HTML file that needs nothing but itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from deepcheck.report.page_answers import EMBEDDED, Answer, Reader, answers_of
from deepcheck.report.page_data import LEFT_OUT
from deepcheck.report.page_exhibits import Shown, shown, thumbnail_of
from deepcheck.report.page_facts import Json
from deepcheck.report.page_files import CALL, policy, render, script, style
from deepcheck.report.page_parts import Section
from deepcheck.report.page_totals import overview_row, totals_of

BUDGET = 10_000_000
DATA = "@deepcheck-data@"
"""Stands for an exhibit's data in its HTML: no text of an exhibit comes before it."""

SPARE = 20_000
"""Bytes that are kept for the sentences about what was left out."""


def report_html(
    title: str,
    sections: Sequence[Section],
    *,
    footer: str = "",
    budget_bytes: int = BUDGET,
    folder: Path | None = None,
    beside: str = "",
) -> bytes:
    """Make a report page.

    Args:
        title: What it is about.
        sections: What it shows.
        footer: Where it comes from.
        budget_bytes: At most about so many bytes. Where the page would be larger, first coefficients of most labels
            go, then the values that attack, then exhibits from the end; the page says so.
        folder: The run's folder, which holds the certificates; small ones are put into the page.
        beside: Where that folder lies as an address seen from the page, "" or ending in a slash, for links to others.
    """
    read = _reader(folder)
    groups = [[each.as_json() for each in section.exhibits] for section in sections]
    exhibits = [exhibit for group in groups for exhibit in group]
    answered = [answers_of(exhibit, read, beside) for exhibit in exhibits]
    frame = _Frame(title, sections, [len(group) for group in groups], exhibits, answered, footer)
    room = budget_bytes - SPARE - len(frame.html([], [], 0).encode())
    made = _fitting(exhibits, answered, room)
    thinned, kept = _level(made, len(exhibits), room)
    return frame.html(*_parts(made[:kept], thinned, room), thinned).encode()


@dataclass(frozen=True)
class _Made:
    """An exhibit as HTML, with how many bytes it takes at each level of thinning."""

    shown: Shown
    thumbnail: str
    body: str
    sizes: tuple[int, ...]


def _fitting(exhibits: Sequence[Json], answered: Sequence[Sequence[Answer]], room: int) -> list[_Made]:
    """The exhibits from the first on, as many as fit where all are thinned as far as can be."""
    made: list[_Made] = []
    used = 0
    for number, (exhibit, answers) in enumerate(zip(exhibits, answered, strict=True), start=1):
        each = _make(shown(f"x{number}", exhibit, answers))
        used += each.sizes[-1]
        if used > room:
            break
        made.append(each)
    return made


def _make(each: Shown) -> _Made:
    body, small = each.html(proofs=False), thumbnail_of(each.exhibit)
    fixed = len(body.encode()) + len(small)
    return _Made(each, small, body, tuple(fixed + len(each.script(level)) for level in range(len(LEFT_OUT))))


def _level(made: Sequence[_Made], asked: int, room: int) -> tuple[int, int]:
    """How far to thin, and how many exhibits then fit."""
    if len(made) == asked:
        for level in range(len(LEFT_OUT)):
            if sum(each.sizes[level] for each in made) <= room:
                return level, asked
    return len(LEFT_OUT) - 1, len(made)


def _parts(made: Sequence[_Made], thinned: int, room: int) -> tuple[list[str], list[str]]:
    """The exhibits as HTML, with certificates as long as there is room, and their thumbnails."""
    left = room - sum(each.sizes[thinned] for each in made)
    parts = []
    for each in made:
        inside = 0 < each.shown.embedded <= left
        left -= each.shown.embedded if inside else 0
        body = each.shown.html(proofs=True) if inside else each.body
        parts.append(body.replace(DATA, each.shown.script(thinned), 1))
    return parts, [each.thumbnail for each in made]


@dataclass(frozen=True)
class _Frame:
    """All of a page but its exhibits."""

    title: str
    sections: Sequence[Section]
    lengths: Sequence[int]
    exhibits: Sequence[Json]
    answered: Sequence[Sequence[Answer]]
    footer: str

    def html(self, parts: Sequence[str], thumbnails: Sequence[str], thinned: int) -> str:
        """The page with the first exhibits in it.

        Args:
            parts: These exhibits as HTML.
            thumbnails: A picture of each.
            thinned: How far their data were thinned.
        """
        return render(
            "page.html",
            title=self.title,
            style=Markup(style()),
            script=Markup(script()),
            call=Markup(CALL),
            policy=policy(),
            sections=self._sections(parts),
            totals=totals_of(self.exhibits, self.answered),
            models=self._models(),
            rows=self._rows,
            domains=len({row["domain"] for row in self._rows}),
            thumbnails=thumbnails,
            kept=len(parts),
            missing=len(self.exhibits) - len(parts),
            left_out=LEFT_OUT[thinned] if parts else "",
            footer=self.footer,
        )

    def _sections(self, parts: Sequence[str]) -> list[dict[str, Any]]:
        found, start = [], 0
        for number, (section, length) in enumerate(zip(self.sections, self.lengths, strict=True), start=1):
            inside = [Markup(part) for part in parts[start : start + length]]
            start += length
            found.append({"ident": f"s{number}", "section": section, "parts": inside, "count": length})
        return found

    def _models(self) -> list[tuple[str, str]]:
        """The name and the hash of each model."""
        models = ((str(each["model"].get("name")), str(each["model"].get("sha256"))) for each in self.exhibits)
        return list(dict.fromkeys(models))

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        """A row of the overview for each input."""
        pairs = enumerate(zip(self.exhibits, self.answered, strict=True), start=1)
        return [
            {"ident": f"x{number}", "name": exhibit["name"], **overview_row(exhibit, answers)}
            for number, (exhibit, answers) in pairs
        ]


def _reader(folder: Path | None) -> Reader:
    """Reads small files of a run's folder, and none outside it."""

    def read(name: str) -> bytes | None:
        if folder is None:
            return None
        try:
            whole = folder.resolve()
            file = (whole / name).resolve()
            if not file.is_relative_to(whole) or not file.is_file() or file.stat().st_size > EMBEDDED:
                return None
            return file.read_bytes()
        except (OSError, RuntimeError):  # a name too long, a loop of links, nothing that may be read
            return None

    return read
