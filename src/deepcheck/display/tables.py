"""Tables for a terminal."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 240
"""Columns where no terminal says how many it has: nothing is cut in a file or a pipe."""


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", caption: str = "", left: int = 0
) -> None:
    """Print a table on standard output.

    Args:
        columns: Their headings; all empty for none.
        rows: The cells, as they are to be read; None is an empty cell.
        title: Above it.
        caption: Below it.
        left: How many of the first columns hold words, set to the left; numbers are set to the right.
    """
    table = Table(box=box.SIMPLE_HEAD, show_header=any(columns))
    for position, heading in enumerate(columns):
        table.add_column(Text(heading), justify="left" if position < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    for text, style, wanted in ((title, "bold", title), (table, "", True), (caption, "dim", caption)):
        if wanted:
            console.print(text, style=style, markup=False)
