"""Ctrl-C, noticed even where whatever runs has answered it by ending early."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped:
    """Has somebody asked to stop?

    The one thing here that changes: a signal handler can say it in no other way.
    """

    def __init__(self) -> None:
        self.asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Note it, and interrupt as Python does."""
        self.asked = True
        raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[Stopped]:
    """Watch for Ctrl-C; outside the main thread, where signals do not arrive, only as far as exceptions tell."""
    stopped = Stopped()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = signal.signal(signal.SIGINT, stopped.ask)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
