"""The head of a page: how many inputs and sets were attacked, proved and left undecided, and a row for each input."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from deepcheck.report.page_answers import Answer, plainest
from deepcheck.report.page_data import margin
from deepcheck.report.page_facts import OUTCOMES, Json, label_name

VERDICTS = ("attack", "proved", "undecided")
MOST_DOMAINS = 4
"""Of so many domains each has a total of its own."""


@dataclass(frozen=True)
class Total:
    """What became of one question over all inputs.

    Attributes:
        title: The question.
        domain: Where features might go, or how many domains there are.
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


def totals_of(exhibits: Sequence[Json], answered: Sequence[Sequence[Answer]]) -> list[Total]:
    """Add up answers, a list for each input. Answers about different questions, models or domains stay apart.

    Where each input has a domain of its own, answers are added up over these, and the total says how many there are.
    """
    models = {str(exhibit["model"]["sha256"]): str(exhibit["model"]["name"]) for exhibit in exhibits}
    groups: dict[tuple[str, str, str], dict[str, list[Answer]]] = {}
    for exhibit, answers in zip(exhibits, answered, strict=True):
        for answer in answers:
            key = answer.title, _unit(answer.found), str(exhibit["model"]["sha256"])
            groups.setdefault(key, {}).setdefault(str(answer.found.get("domain_said") or ""), []).append(answer)
    found = []
    for (title, _, sha256), domains in groups.items():
        said = title if len(models) == 1 else f"{title}, {models[sha256]} ({sha256[:8]})"
        apart = list(domains.values()) if len(domains) <= MOST_DOMAINS else [list(chain(*domains.values()))]
        found += [_total(said, answers) for answers in apart]
    return found


def _total(title: str, answers: Sequence[Answer]) -> Total:
    domains = {str(answer.found.get("domain_said") or "") for answer in answers}
    counted = [tuple(int(answer.found["counts"].get(name, 0)) for name in OUTCOMES) for answer in answers]
    verdicts = [answer.verdict for answer in answers]
    attack, proved, undecided = (verdicts.count(verdict) for verdict in VERDICTS)
    attackable, refuted, unknown, untried = (sum(counts[at] for counts in counted) for at in range(len(OUTCOMES)))
    return Total(
        title=title,
        domain=domains.pop() if len(domains) == 1 else f"{len(domains)} domains: see each input",
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
    along, anyhow = (plainest(answers, paths) for paths in ("same", "all"))
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
        "domain": "; ".join(dict.fromkeys(str(answer.found.get("domain_said") or "") for answer in answers)),
        "bound": bound,
    }


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
                replayed = [attack for attack in found.get("attacks") or [] if attack["witness"]["replayed"]]
                fewest += [len(attack["features"]) for attack in replayed]
        if answer.paths == "all" and not answer.limits:
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
