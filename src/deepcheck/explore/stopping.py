"""Ctrl-C in a search that can go on: the first one asks it to end in good order, the second one interrupts it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class Stop:
    """Has somebody asked a search to end?

    Like a deadline, it is looked at between two steps: nothing is half done when the search ends.
    """

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Note the first Ctrl-C while a search runs; whoever handled it before is told, too, and handles the second.

    Outside the main thread, and where signals are ignored, nothing is touched.
    """
    stop, before = Stop(), signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield stop
        return

    def note(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            before(number, frame)
        stop.asked = True
        with suppress(KeyboardInterrupt):
            before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
