"""Ctrl-C: noticed even where a search answers it by ending early, and told in one line."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

KEPT = {
    "run": "every answer so far is kept: the same command goes on",
    "reproduce": "what was measured is kept: the same command goes on",
}
"""By verb, what is left when it is stopped."""
PARTIAL = "the answer above is what was decided so far; what is left is counted as untried, open or ahead"
NOTHING = "no answer yet, and nothing is kept: a limit (--timeout, --limit, --size, --images) ends a search earlier"


class Interrupts:
    """Has somebody pressed Ctrl-C?

    The one thing here that changes: a signal handler can say it in no other way.
    """

    def __init__(self) -> None:
        self.asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Note it, and interrupt as Python does."""
        self.asked = True
        raise KeyboardInterrupt


@contextmanager
def noticed() -> Iterator[Interrupts]:
    """Watch for Ctrl-C while something runs; where signals are ignored or handled otherwise, that stays so."""
    interrupts = Interrupts()
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupts
        return
    signal.signal(signal.SIGINT, interrupts.ask)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def words_for(verb: str, answered: bool) -> str:
    """What to say of a verb that was stopped, with an answer so far or without."""
    return f"interrupted: {KEPT.get(verb) or (PARTIAL if answered else NOTHING)}"
