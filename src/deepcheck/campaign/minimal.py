"""Ask for the smallest set of one input after another, and keep each answer as it comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from deepcheck.attacks import SmallestResult
from deepcheck.campaign.answer import Answer
from deepcheck.campaign.stopping import stoppable
from deepcheck.runs import Source, Store

Decide = Callable[[int, Callable[[int, int | None], None]], SmallestResult]
"""Finds the smallest set of one input; calls back with the bound and the best size."""


@final
@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: Inputs that need no more asking.
        total: All that are asked about.
        open: Of those done, the ones whose bounds do not meet.
        item: The input that is looked at, or None between two.
        bound: No set of fewer features works for it.
        size: The best set's size for it, or None.
    """

    done: int
    total: int
    open: int
    item: int | None = None
    bound: int = 1
    size: int | None = None


Report = Callable[[Progress], None]


def ask(
    store: Store,
    source: Source,
    digests: Mapping[int, str],
    decide: Decide,
    *,
    most: int,
    limit_seconds: float | None,
    report: Report,
) -> tuple[dict[int, Answer], int, bool]:
    """Answer for every input that the store has no answer for which stands; each is on disk before the next begins.

    Args:
        store: Where answers are kept.
        source: What they are about.
        digests: The inputs to ask about, by their place, with their digests.
        decide: Finds one answer.
        most: Sets of more features are of no interest.
        limit_seconds: The time limit of one input, as ``decide`` heeds it.
        report: Told how far it is.

    Returns:
        The answers, by place; how many of them were there before; and whether it was interrupted.
    """
    kept = {item: Answer.from_json(found) for item, found in store.answers(source).items()}
    known = {item: kept[item] for item, digest in digests.items() if item in kept and kept[item].digest == digest}
    answers = {item: answer for item, answer in known.items() if answer.stands(most, limit_seconds)}
    repeated = len(answers)
    with stoppable() as stopped:
        try:
            for item in [item for item in digests if item not in answers]:
                place = _place(answers, len(digests), most)
                report(place)
                result = decide(item, _bounds(report, place, item))
                if stopped.asked or result.found.reason == "interrupted":
                    raise KeyboardInterrupt
                answer = Answer.of(result, digests[item], most, limit_seconds)
                answers[item] = answer.with_earlier(known[item]) if item in known else answer
                store.put(source, item, answers[item].as_json())
        except KeyboardInterrupt:
            stopped.asked = True
    report(_place(answers, len(digests), most))
    return known | answers, repeated, stopped.asked


def _place(answers: Mapping[int, Answer], total: int, most: int) -> Progress:
    return Progress(len(answers), total, sum(not answer.settled(most) for answer in answers.values()))


def _bounds(report: Report, place: Progress, item: int) -> Callable[[int, int | None], None]:
    """What the search for one input calls."""

    def tell(bound: int, size: int | None) -> None:
        report(Progress(place.done, place.total, place.open, item, bound, size))

    return tell
