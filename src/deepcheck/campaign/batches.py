"""Many inputs, a few at a time: each batch is on disk before the next begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from deepcheck.campaign.minimal import Progress, Report
from deepcheck.campaign.stopping import stoppable

MOST = 8
"""The largest batch: so much is lost at most where a run is stopped."""
PRODUCTS = 2_000_000
"""So many multiplications a batch takes at most for its runs, unless it is of one input."""


def batches_of(items: Sequence[int], products: int) -> list[list[int]]:
    """Inputs in batches, by their places.

    Which inputs share a batch does not depend on which are asked about, nor on time: floats may differ in their last
    bits between batches, and a run that was stopped is to give what it would have given.

    Args:
        items: The inputs, increasing.
        products: How many multiplications one run of the network takes.
    """
    width = min(MOST, max(1, PRODUCTS // max(1, products)))
    found: dict[int, list[int]] = {}
    for item in items:
        found.setdefault(item // width, []).append(item)
    return list(found.values())


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
    batches: Sequence[Sequence[int]],
    ask: Callable[[Sequence[int], Callable[[], bool]], int],
    *,
    before: int,
    report: Report,
) -> Batches:
    """Ask about some inputs, batch by batch.

    Args:
        batches: The inputs, first to ask about first.
        ask: Asks about a batch and keeps the answers, unless the function it is given says that somebody has asked to
            stop, so that answers may be cut short; gives how many inputs stay undecided.
        before: How many inputs were done before this call.
        report: Told how far it is.
    """
    done, undecided, total = 0, 0, before + sum(map(len, batches))
    with stoppable() as stopped:
        try:
            for batch in batches:
                report(Progress(before + done, total, undecided))
                undecided += ask(batch, lambda: stopped.asked)
                if stopped.asked:
                    raise KeyboardInterrupt
                done += len(batch)
        except KeyboardInterrupt:
            stopped.asked = True
        report(Progress(before + done, total, undecided))
        return Batches(done, stopped.asked)
