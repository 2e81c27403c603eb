"""When a long search is kept, and what was kept of it before."""

import time
from collections.abc import Callable
from typing import Any

EVERY = 30.0
"""What is known is kept about every so many seconds."""
SHARE = 20.0
"""Writing takes at most one part in so many of the time."""


class Keeper:
    """Keeps what is known of one search, now and then and at its end.

    Args:
        before: What was kept of it, plain data, or None.
        write: Keeps plain data.
        name: What it is kept in, for messages.
    """

    def __init__(self, before: dict[str, Any] | None, write: Callable[[dict[str, Any]], None], name: str) -> None:
        self.before, self.write, self.name = before, write, name
        self.held: Callable[[], dict[str, Any]] | None = None
        self.next = time.monotonic() + EVERY

    def due(self) -> bool:
        """Is it time to keep what is known?"""
        return self.held is not None and time.monotonic() >= self.next

    def keep(self) -> None:
        """Keep what is known now; the search is between two steps."""
        if self.held is None:
            return
        started = time.monotonic()
        self.write(self.held())
        ended = time.monotonic()
        self.next = ended + max(EVERY, SHARE * (ended - started))
