"""The head of a page: how many inputs and sets were attacked, proved and left undecided, and a row for each input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepcheck.report.page_answers import Answer
from deepcheck.report.page_data import margin
from deepcheck.report.page_facts import OUTCOMES, Json, label_name

VERDICTS = ("attack", "proved", "undecided")


@dataclass(frozen=True)
class Total:
    """What became of one question over all inputs.

    Attributes:
        title: The question.
        domain: Where features might go, or that it varies.
        inputs: How many inputs have each verdict: attack, proved, undecided.
        sets: How many sets are attackable, proved, undecided, untried.
        unit: What the sets are.
    """

    title: str
    domain: str
    inputs: tuple[int, int, int]
    sets: tuple[int, int, int, int]
    unit: str

    @property
    def asked(self) -> int:
        """Of how many inputs it was asked."""
        return sum(self.inputs)


def totals_of(answered: Sequence[Sequence[Answer]]) -> list[Total]:
    """Add up answers, each list those of one input; questions are told apart by their titles."""
    groups: dict[str, list[Answer]] = {}
    for answers in answered:
        for answer in answers:
            groups.setdefault(answer.title, []).append(answer)
    return [_total(title, answers) for title, answers in groups.items()]


def _total(title: str, answers: Sequence[Answer]) -> Total:
    domains = {str(answer.found.get("domain_said") or "") for answer in answers}
    counted = [tuple(int(answer.found["counts"].get(name, 0)) for name in OUTCOMES) for answer in answers]
    verdicts = [answer.verdict for answer in answers]
    attack, proved, undecided = (verdicts.count(verdict) for verdict in VERDICTS)
    attackable, refuted, unknown, untried = (sum(counts[at] for counts in counted) for at in range(len(OUTCOMES)))
    return Total(
        title=title,
        domain=domains.pop() if len(domains) == 1 else f"{len(domains)} domains",
        inputs=(attack, proved, undecided),
        sets=(attackable, refuted, unknown, untried),
        unit=_unit(answers[0].found),
    )


def _unit(found: Json) -> str:
    if found.get("counted"):
        return str(found["counted"])
    return "sizes" if found.get("smallest") else "features" if found.get("size") == 1 else "sets"


def overview_row(exhibit: Json, answers: Sequence[Answer]) -> dict[str, Any]:
    """What the overview says of one input."""
    along, anyhow = (_first(answers, paths) for paths in ("same", "all"))
    fewest, bound = _smallest(answers)
    return {
        "label": exhibit["label"],
        "label_name": label_name(exhibit["label"], exhibit),
        "true_label": exhibit.get("true_label"),
        "true_name": None if exhibit.get("true_label") is None else label_name(exhibit["true_label"], exhibit),
        "margin": margin(exhibit),
        "along": along,
        "anyhow": anyhow,
        "fewest": fewest,
        "bound": bound,
    }


def _first(answers: Sequence[Answer], paths: str) -> Answer | None:
    """The answer about these paths, about single features if there is one."""
    found = [answer for answer in answers if answer.paths == paths]
    return next((answer for answer in found if answer.single), found[0] if found else None)


def _smallest(answers: Sequence[Answer]) -> tuple[int | None, int]:
    """The fewest features that are known to change the label, and how many it takes at least, over all paths."""
    fewest: list[int] = []
    bound = 1
    for answer in answers:
        found = answer.found
        if answer.verdict == "attack":
            if "found" in found:
                fewest += [found["found"]] * (found["found"] is not None)
            else:
                fewest += [len(attack.get("features", ())) for attack in found.get("attacks") or []]
        if answer.paths == "all" and found.get("features_asked") is None and found.get("target") is None:
            bound = max(bound, _proved(answer))
    return min(fewest, default=None), bound


def _proved(answer: Answer) -> int:
    """How many features it takes at least, by this answer over all paths."""
    found = answer.found
    if found.get("smallest"):
        return int(found["smallest"].get("bound") or 1)
    if "bound" in found:
        return int(found["bound"] or 1)
    return int(found.get("size") or 0) + 1 if answer.verdict == "proved" else 1
