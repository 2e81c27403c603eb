"""The paper's claims about orders and pairs, judged on each network, in the strong form and in a mild one.

Source: Section IV-A.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from deepcheck.reproduce.claims import OURS
from deepcheck.reproduce.measure import Measured, metrics_in
from deepcheck.reproduce.networks.measure import Answers, Tries
from deepcheck.reproduce.networks.rules import ORDER
from deepcheck.reproduce.pairs.measure import MeasuredPairs
from deepcheck.reproduce.rules import BASELINE, DOMAINS, PAPER_METRICS, PIXELS, SHORTLISTS


@final
@dataclass(frozen=True)
class Case:
    """One network in one domain, with at least one image that can be attacked unless only pairs are judged."""

    tries: Tries
    single: Measured
    pairs: MeasuredPairs

    def average(self, order: str) -> float:
        """The logarithm of the geometric mean of an order's tries."""
        return float(np.log(self.tries.by(order)).mean())

    def in_top(self, domain: str) -> tuple[Any, Any]:
        """Pixels found in coi's top 10 %, and all attackable ones, of the images that can be attacked."""
        hit = self.single.counts > 0
        column = metrics_in(DOMAINS[domain]).index(ORDER)
        return self.single.within[hit, column, SHORTLISTS.index("10%")], self.single.counts[hit]


Judge = Callable[[Case, str], bool]


def _fewest(case: Case, domain: str) -> bool:
    least = np.min([case.tries.by(metric) for metric in PAPER_METRICS], axis=0)
    return bool((case.tries.by(ORDER) == least).all())


def _fewest_on_average(case: Case, domain: str) -> bool:
    return case.average(ORDER) <= min(case.average(metric) for metric in PAPER_METRICS)


def _third(case: Case, domain: str) -> bool:
    return all(bool((case.tries.by(metric) <= PIXELS / 3).all()) for metric in PAPER_METRICS)


def _third_mostly(case: Case, domain: str) -> bool:
    return all(float((case.tries.by(metric) <= PIXELS / 3).mean()) >= 0.9 for metric in PAPER_METRICS)


def _half(case: Case, domain: str) -> bool:
    found, there = case.in_top(domain)
    return bool((2 * found >= there).all())


def _half_summed(case: Case, domain: str) -> bool:
    found, there = case.in_top(domain)
    return bool(2 * found.sum() >= there.sum())


def _before_baseline(case: Case, domain: str) -> bool:
    base = case.tries.by(BASELINE)
    return all(bool((case.tries.by(metric) < base).all()) for metric in PAPER_METRICS)


def _before_baseline_on_average(case: Case, domain: str) -> bool:
    return all(case.average(metric) < case.average(BASELINE) for metric in PAPER_METRICS)


def _before_random(case: Case, domain: str) -> bool:
    return float(case.tries.random(ORDER).preference.mean()) > 0


def _new_pairs(case: Case, domain: str) -> bool:
    return bool(case.pairs.new.any())


CLAIMS: tuple[tuple[str, str, int, Judge], ...] = (
    ("coi needs the fewest tries of the three, on every image", "IV-A.2a", 4, _fewest),
    ("coi needs the fewest tries of the three, on average", "IV-A.2a, mild", 4, _fewest_on_average),
    ("At most a third of the list is needed, by all three, on every image", "IV-A.2a", 3, _third),
    ("At most a third of the list is needed, by each, on 9 of 10 images", "IV-A.2a, mild", 3, _third_mostly),
    ("The top 10 % by coi have at least half of the attackable pixels of every image", "IV-A.2a", 3, _half),
    ("The top 10 % by coi have at least half of all attackable pixels", "IV-A.2a, mild", 3, _half_summed),
    ("Every order needs fewer tries than the baseline, on every image", "IV-A.2a", 3, _before_baseline),
    ("Every order needs fewer tries than the baseline, on average", "IV-A.2a, mild", 3, _before_baseline_on_average),
    ("coi is rather before a random order than behind it", OURS, 3, _before_random),
    ("New pairs exist in the top 5 % by coi", "IV-A.2b", 2, _new_pairs),
)
WHERE = {
    "seeds": ("seeds", "bounded"),
    "seeds_unbounded": ("seeds", "unbounded"),
    "shared": ("shared", "bounded"),
}
"""What a claim is found to be on: a group in a domain."""


def network_claims(found: Sequence[Answers], least: int) -> list[dict[str, Any]]:
    """Every claim on every network with at least so many images that can be attacked, and what that makes of groups."""
    cases = {
        domain: {
            a.subject.name: Case(Tries.of(a.single[domain], domain), a.single[domain], a.pairs[domain])
            for a in found
            if domain in a.single
        }
        for domain in DOMAINS
    }
    groups = {a.subject.name: a.subject.group for a in found}
    return [_claim(text, source, question, judge, cases, groups, least) for text, source, question, judge in CLAIMS]


def _claim(
    text: str,
    source: str,
    question: int,
    judge: Judge,
    cases: dict[str, dict[str, Case]],
    groups: dict[str, str],
    least: int,
) -> dict[str, Any]:
    single = judge is not _new_pairs
    networks = {
        domain: {
            name: None if single and len(case.tries) < least else judge(case, domain) for name, case in some.items()
        }
        for domain, some in cases.items()
    }
    members = {
        where: {name: holds for name, holds in networks[domain].items() if groups[name] == group}
        for where, (group, domain) in WHERE.items()
    }
    found = {where: _together(some) for where, some in members.items() if some}
    return {"text": text, "source": source, "question": question, "found": found, "networks": networks}


def _together(networks: dict[str, bool | None]) -> dict[str, Any]:
    known = [holds for holds in networks.values() if holds is not None]
    silent = len(networks) - len(known)
    detail = f"on {known.count(True)} of {len(known)} networks" + f"; {silent} cannot say" * bool(silent)
    return {"holds": all(known) if known else None, "detail": detail}
