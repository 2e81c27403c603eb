"""What the paper says about the place of important pixels, and the controls that it does not have.

Source: Sections III-B and IV-A.1, table I.
"""

from collections.abc import Callable, Mapping
from typing import Any

from deepcheck.reproduce.claims import OURS, Finding
from deepcheck.reproduce.rules import FROM_WEIGHTS, PAPER_METRICS, SHORTLISTS, TRACES
from deepcheck.reproduce.tracing.shares import BESIDE, INSIDE, Shares

FEW, MANY = SHORTLISTS[:2], SHORTLISTS[2]
Group = Mapping[str, Shares]
Judge = Callable[[Group, Mapping[str, Group]], Finding]
PICTURE = {"holds": None, "detail": "a picture only"}


def tracing_claims(groups: Mapping[str, Group], randomised: Mapping[str, Group]) -> list[dict[str, Any]]:
    """Every claim, judged on each group of images; the paper prints pictures only."""
    return [
        {
            "text": text,
            "source": source,
            "question": 1,
            "found": {
                "paper": dict(PICTURE),
                **{name: _judged(judge(group, randomised)) for name, group in groups.items()},
            },
        }
        for text, source, judge in CLAIMS
    ]


def _judged(found: Finding) -> dict[str, Any]:
    return {"holds": found.holds, "detail": found.detail}


def shares_of(group: Group, order: str, name: str = BESIDE) -> tuple[float, ...]:
    """An order's shares in the top 5 and 10 %."""
    return tuple(group[order][shortlist][name] or 0.0 for shortlist in FEW)


def _words(group: Group, orders: tuple[str, ...], name: str = BESIDE) -> str:
    return ", ".join(
        f"{order} " + " and ".join(f"{100 * s:.1f} %" for s in shares_of(group, order, name)) for order in orders
    )


def _central(group: Group, _: Mapping[str, Group]) -> Finding:
    least = min(min(shares_of(group, metric, INSIDE)) for metric in PAPER_METRICS)
    square = group["random"][FEW[0]][INSIDE] or 0.0
    return Finding(
        least >= TRACES, f"{_words(group, PAPER_METRICS, INSIDE)} (the square is {100 * square:.0f} % of all)"
    )


def _spreading(group: Group, _: Mapping[str, Group]) -> Finding:
    wide = {metric: group[metric][MANY][INSIDE] or 0.0 for metric in PAPER_METRICS}
    words = ", ".join(
        f"{m} {100 * shares_of(group, m, INSIDE)[1]:.1f} % to {100 * share:.1f} %" for m, share in wide.items()
    )
    return Finding(all(share < shares_of(group, m, INSIDE)[1] for m, share in wide.items()), words)


def _traces(group: Group, _: Mapping[str, Group]) -> Finding:
    return Finding(min(shares_of(group, "coi")) >= TRACES, _words(group, ("coi",)))


def _better(group: Group, order: str, others: tuple[str, ...]) -> Finding:
    pairs = [zip(shares_of(group, order), shares_of(group, other), strict=True) for other in others]
    return Finding(all(one > two for pair in pairs for one, two in pair), _words(group, (order, *others)))


def _closest(group: Group, _: Mapping[str, Group]) -> Finding:
    return _better(group, "coi", ("abs", "co"))


def _above_value(group: Group, _: Mapping[str, Group]) -> Finding:
    return _better(group, "coi", ("value",))


def _above_centre(group: Group, _: Mapping[str, Group]) -> Finding:
    return _better(group, "coi", ("centre",))


def _from_weights(metric: str) -> Judge:
    def judge(group: Group, randomised: Mapping[str, Group]) -> Finding:
        ours = shares_of(group, metric)
        rivals = {name: shares_of(found, metric) for name, found in randomised.items()}
        gained = all(
            one - two > FROM_WEIGHTS for shares in rivals.values() for one, two in zip(ours, shares, strict=True)
        )
        words = "; ".join(
            f"{name} " + " and ".join(f"{100 * s:.1f} %" for s in shares) for name, shares in rivals.items()
        )
        return Finding(gained, f"{_words(group, (metric,))}; {words}")

    return judge


CLAIMS: tuple[tuple[str, str, Judge], ...] = (
    ("Each metric marks pixels in the central part of the image (top 5 and 10 %)", "IV-A.1", _central),
    ("The top 30 % spread out towards the edges", "IV-A.1", _spreading),
    ("The top 5 and 10 % by coi trace the digit, not the background", "III-B, figure 1", _traces),
    ("coi follows the digit's shape most closely of the three", "IV-A.1", _closest),
    ("coi traces the digit better than the pixels' values alone", OURS, _above_value),
    ("coi traces the digit better than the distance to the centre", OURS, _above_centre),
    ("That coi traces the digit owes something to training", OURS, _from_weights("coi")),
    ("That abs marks pixels beside strokes owes something to training", OURS, _from_weights("abs")),
)
