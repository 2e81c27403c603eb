"""One line at the foot of a terminal: what is going on, how far it is, since when, and how long it may take yet."""

import threading

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

DELAY = 0.5
"""What is over in so many seconds is not shown."""
KNOWN = 0.01
"""From this share on the time left is guessed."""
WHOLE = 1000.0


class Left(ProgressColumn):
    """The time left, if the rest takes as long as what is done."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        share, elapsed = task.completed / WHOLE, task.elapsed or 0.0
        return Text(f"about {duration(elapsed * (1 - share) / share)} left" if KNOWN <= share < 1 else "")


class Teller:
    """Shows the line from half a second on; `close` takes it away.

    Called with a text, it says how far things are; where the share that is done is known, `share` draws a bar.
    """

    def __init__(self, what: str, *, delay: float = DELAY) -> None:
        self._what, self._lock, self._closed = what, threading.Lock(), False
        description = TextColumn("{task.description}", markup=False)
        self._plain = (SpinnerColumn(), description, TimeElapsedColumn())
        self._bar = (description, BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
        self._progress = Progress(
            *self._plain, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._progress.add_task(what, total=None)
        self._timer = threading.Timer(delay, self._start)
        self._timer.daemon = True
        self._timer.start()

    def __call__(self, more: str) -> None:
        self._progress.update(self._task, description=f"{self._what}: {more}")

    def share(self, done: float) -> None:
        """Tell which share of the work is done, from 0 to 1."""
        self._progress.columns = (*self._bar, Left())
        self._progress.update(self._task, total=WHOLE, completed=WHOLE * min(max(done, 0.0), 1.0))

    def close(self) -> None:
        """Take the line away."""
        self._timer.cancel()
        with self._lock:
            self._closed = True
            if self._progress.live.is_started:
                self._progress.stop()

    def _start(self) -> None:
        with self._lock:
            if not self._closed:
                self._progress.start()


def duration(seconds: float) -> str:
    """A length of time in words as short as they are known: 8 s, 3 min, 2 h."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.0f} h"
