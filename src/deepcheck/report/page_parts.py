"""What a report page is made of: sections of exhibits, and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcheck.report.exhibit import Exhibit

Cell = str | int | float | None
"""What a cell of a table holds; None is an empty one."""


@dataclass(frozen=True)
class Grid:
    """A table that sorts by each of its columns.

    Attributes:
        title: What stands above it.
        headings: The names of its columns.
        rows: Its cells, as they are to be read; numbers sort as numbers.
        note: What stands below it, "" for nothing.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page: what was asked, of which inputs.

    Attributes:
        heading: What it is about.
        about: Names of facts, and what they are.
        exhibits: One for each input.
        tables: Tables below them.
    """

    heading: str
    about: Mapping[str, Cell] = field(default_factory=dict)
    exhibits: Sequence["Exhibit"] = ()
    tables: Sequence[Grid] = ()
