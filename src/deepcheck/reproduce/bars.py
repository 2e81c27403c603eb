"""Progress on standard error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(text: str, total: int | None, wanted: bool = True) -> Iterator[Callable[[int], object]]:
    """Show progress and the time left if standard error is a terminal; give what takes each step's length."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    hidden = not (wanted and console.is_terminal)
    shown = Progress(*columns, console=console, disable=hidden, speed_estimate_period=120, transient=True)
    with shown:
        task = shown.add_task(text, total=total)
        yield lambda length: shown.advance(task, length)


@contextmanager
def announced(text: str, wanted: bool = True) -> Iterator[None]:
    """Say on standard error that a part begins, and then how long it took, if that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    shown, started = wanted and console.is_terminal, time.perf_counter()
    if shown:
        console.print(text)
    yield
    if shown:
        console.print(f"  done in {time.perf_counter() - started:.1f} s")
