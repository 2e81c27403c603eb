"""The paper's five research questions: every claim that bears on one, from all parts, and what became of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from deepcheck.reproduce.contest.analysis import PAPERS_CLAIM
from deepcheck.reproduce.layout import Content, Stored

SCHEMA = 1
QUESTIONS = {
    1: "Are the input features identified by DeepCheck-Imp useful in explaining the classification decision?",
    2: "How effective is the attack generation technique, DeepCheck-attack, in generating adversarial inputs?",
    3: "Are the important input features identified by DeepCheck-Imp sensitive to adversarial perturbations and do "
    "they help in faster generation of attacks?",
    4: "How do the importance metrics (abs, co, coi) compare in terms of accurately identifying input features that "
    "impact the network decision?",
    5: "How does DeepCheck compare with another adversarial attack generation approach?",
}
"""Section IV."""
NEEDED = {
    1: ("tracing",),
    2: ("table2", "figure1", "table4"),
    3: ("table2", "table3", "figure1", "table4"),
    4: ("table2", "table3", "table4"),
    5: ("gradients",),
}
"""The parts without which a question has no answer."""
TITLES = {
    "paper": "the paper's own figures",
    "bounded": "ours, pixels in [0, 1]",
    "unbounded": "ours, unbounded pixels",
    "ten": "ours, the ten images",
    "test": "ours, test images",
    "figure4": "ours, the image of figure 4",
    "seeds": "ten seeds, pixels in [0, 1]",
    "seeds_unbounded": "ten seeds, unbounded pixels",
    "shared": "networks of others, pixels in [0, 1]",
    "sentences": "ours, the paper's sentences",
    "reviews": "ours, reviews",
}
HEADLINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Important pixels trace the digit", ("The top 5 and 10 % by coi trace the digit, not the background",)),
    (
        "The ordered search finds the first attack after fewer tries than the baseline",
        (
            "Every order needs fewer tries than the baseline on every image",
            "Every order needs fewer tries than the baseline, on average",
        ),
    ),
    (
        "At most a third of the list is needed",
        (
            "At most one third of any ordered list (261 of 784) must be tried",
            "At most a third of the list is needed, by each, on 9 of 10 images",
        ),
    ),
    (
        "coi is the best of the three metrics",
        (
            "coi is the best of the three: its shortlists have the most",
            "coi needs the fewest tries of the three on every image",
            "coi needs the fewest tries of the three, on average",
            "coi follows the digit's shape most closely of the three",
            PAPERS_CLAIM,
        ),
    ),
    (
        "Short-list-10 % finds at least half of the attackable pixels",
        (
            "The top 10 % (coi) have at least half of the attackable pixels of every image",
            "The top 10 % by coi have at least half of all attackable pixels",
        ),
    ),
    ("New pairs exist", ("Several new pairs are found", "New pairs exist in the top 5 % by coi")),
    (
        "Importance gives shorter attacks on text",
        ("Words chosen by importance (coi) make shorter attacks than words chosen at random",),
    ),
)
"""The paper's main claims, and the claims of its tables that each one rests on."""


def research_question(number: int, contents: Mapping[str, Content]) -> Content:
    """One question: its claims by part, and how many hold on whose figures."""
    claims = {
        part: found
        for part, content in contents.items()
        if (found := [claim for claim in content.get("claims", ()) if claim.get("question") == number])
    }
    return {
        "schema": SCHEMA,
        "part": f"rq{number}",
        "question": QUESTIONS[number],
        "claims": claims,
        "counts": counts_of(claim for found in claims.values() for claim in found),
    }


def counts_of(claims: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """On whose figures how many claims hold, do not, and cannot be judged."""
    counts: dict[str, dict[str, int]] = {}
    for claim in claims:
        for where, found in claim["found"].items():
            one = counts.setdefault(where, {"hold": 0, "do not hold": 0, "not shown": 0})
            one[{True: "hold", False: "do not hold", None: "not shown"}[found["holds"]]] += 1
    return counts


def headlines(contents: Mapping[str, Content]) -> Stored:
    """The main claims: what became of each of the sentences that it rests on, on all figures there are."""
    known = [claim for content in contents.values() for claim in content.get("claims", ())]
    return [
        {"text": text, "claims": [claim for name in names for claim in known if claim["text"] == name]}
        for text, names in HEADLINES
    ]


def sentence(claim: Mapping[str, Any]) -> str:
    """What became of a claim, in one sentence for each kind of figures."""
    words = {True: "holds", False: "does not hold", None: "not shown"}
    return "; ".join(
        f"{TITLES.get(where, where)}: {words[found['holds']]} ({found['detail']})"
        for where, found in claim["found"].items()
    )
