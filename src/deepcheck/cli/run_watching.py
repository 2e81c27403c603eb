"""How far a run is, on standard error, where a person looks at it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcheck.campaign import Progress, Report


@contextmanager
def watched() -> "Iterator[Report | None]":
    """A bar with the time that is left; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns: tuple[Any, ...] = (
        BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda place: bar.update(task, total=place.total, completed=place.done, description=_words(place))


def _words(place: "Progress") -> str:
    opened = f"{place.open} open" if place.open else ""
    if place.item is None:
        return opened
    size = "" if place.size is None else f", at most {place.size}"
    return f"{opened}{'; ' if opened else ''}image {place.item}: at least {place.bound}{size}"
