"""Many inputs, a few at a time: each batch is on disk before the next begins."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from deepcheck.campaign.minimal import Progress, Report
from deepcheck.campaign.stopping import stoppable

SECONDS = 2.0
"""Batches grow while they take less: so much is lost at most where a run is stopped."""
MOST = 16


@final
@dataclass(frozen=True)
class Batches:
    """What came of a run over batches.

    Attributes:
        done: How many inputs were asked about in this call.
        interrupted: Did somebody stop it?
    """

    done: int
    interrupted: bool


def in_batches(
    items: Sequence[int], ask: Callable[[Sequence[int], Callable[[], bool]], int], *, before: int, report: Report
) -> Batches:
    """Ask about some inputs, batch by batch.

    Args:
        items: The inputs, first to ask about first.
        ask: Asks about a batch and keeps the answers, unless the function it is given says that somebody has asked to
            stop, so that answers may be cut short; gives how many inputs stay undecided.
        before: How many inputs were done before this call.
        report: Told how far it is.
    """
    done, undecided, width = 0, 0, 1
    with stoppable() as stopped:
        try:
            while done < len(items):
                report(Progress(before + done, before + len(items), undecided))
                started = time.monotonic()
                batch = items[done : done + width]
                found = ask(batch, lambda: stopped.asked)
                if stopped.asked:
                    raise KeyboardInterrupt
                undecided, done = undecided + found, done + len(batch)
                if time.monotonic() - started < SECONDS / 2:
                    width = min(2 * width, MOST)
                elif time.monotonic() - started > SECONDS:
                    width = max(1, width // 2)
        except KeyboardInterrupt:
            stopped.asked = True
        report(Progress(before + done, before + len(items), undecided))
        return Batches(done, stopped.asked)
