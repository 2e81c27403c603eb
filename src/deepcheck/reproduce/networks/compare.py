"""coi against every other order: on each network over its images, and on groups of networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from deepcheck.program import Array
from deepcheck.reproduce.networks.measure import TRACERS, Answers, Tries
from deepcheck.reproduce.networks.rules import ORDER, RANDOM, SIGNIFICANT
from deepcheck.reproduce.networks.subjects import GROUPS, TRAINED
from deepcheck.reproduce.rules import DOMAINS
from deepcheck.reproduce.statistics import (
    MOST_FLIPPED,
    Estimate,
    clustered,
    holm,
    median_of,
    preference,
    sign_flips,
    sign_test,
    signed_rank,
)

SEVERAL = tuple(group for group in GROUPS if group not in ("chosen", "shared"))
"""Groups whose networks are samples of one thing; they have figures where two of them can be attacked."""
Figures = dict[str, Any]


@final
@dataclass(frozen=True)
class Difference:
    """coi against one other order on the images of one network.

    Attributes:
        logs: The logarithm of coi's tries less that of the other's, ``(n,)``.
        preference: 1 where coi needs fewer, -1 where more, or the mean chance of that, ``(n,)``.
        chance: Of the paired test.
    """

    logs: Array
    preference: Array
    chance: float


def differences(tries: Tries) -> dict[str, Difference]:
    """Compare coi with each other order; nothing without an image that can be attacked."""
    if len(tries) == 0:
        return {}
    ours = np.log(tries.by(ORDER))
    found = {}
    for order in tries.orders:
        if order != ORDER:
            logs = ours - np.log(tries.by(order))
            found[order] = Difference(logs, preference(logs), signed_rank(logs))
    random = tries.random(ORDER)
    return found | {RANDOM: Difference(ours - random.log_tries, random.preference, random.chance())}


def comparisons(found: Sequence[Answers]) -> Figures:
    """By domain and order: coi against it on each network and on groups of several, chances corrected."""
    known = {
        domain: [(a, differences(Tries.of(a.single[domain], domain))) for a in found if domain in a.single]
        for domain in DOMAINS
    }
    table = {
        domain: {
            order: {
                "networks": {a.subject.name: _network(by[order], a) for a, by in each if order in by},
                "groups": _groups([(a, by[order]) for a, by in each if order in by]),
            }
            for order in dict.fromkeys(order for _, by in each for order in by)
        }
        for domain, each in known.items()
    }
    cells = [cell for orders in table.values() for cell in orders.values()]
    _correct([n for cell in cells for n in cell["networks"].values() if "p" in n], "p")
    for name in ("p_flips", "p_signs"):
        _correct([g for cell in cells for g in cell["groups"].values() if name in g], name)
    for cell in cells:
        _count(cell)
    return table


def tracing(found: Sequence[Answers]) -> Figures:
    """By group and shortlist: the share of each order beside a stroke, over networks and images."""
    return {
        group: {
            shortlist: {
                order: _estimate(clustered([a.traced[shortlist][:, column] for a in members]))
                for column, order in enumerate(TRACERS)
            }
            for shortlist in members[0].traced
        }
        for group in GROUPS
        if (members := [a for a in found if a.subject.group == group])
    }


def _network(one: Difference, answers: Answers) -> Figures:
    figures: Figures = {"group": answers.subject.group, **_effects([one])}
    return figures | ({"p": one.chance} if answers.subject.group in TRAINED else {})


def _groups(each: Sequence[tuple[Answers, Difference]]) -> Figures:
    found = {}
    for group in SEVERAL:
        members = [one for answers, one in each if answers.subject.group == group]
        if len(members) > 1:
            found[group] = {"networks": len(members), **_effects(members)}
            if group == "seeds":
                found[group] |= _over_networks(np.array([one.logs.mean() for one in members]))
    return found


def _over_networks(logs: Array) -> Figures:
    fewer, more = int(np.count_nonzero(logs < 0)), int(np.count_nonzero(logs > 0))
    flips = {"p_flips": float(sign_flips(logs))} if len(logs) <= MOST_FLIPPED else {}
    return {"fewer": fewer, "more": more, "p_signs": float(sign_test(fewer, more)), **flips}


def _effects(members: Sequence[Difference]) -> Figures:
    logs = [one.logs for one in members]
    return {
        "images": sum(len(some) for some in logs),
        "effect": _estimate(clustered([one.preference for one in members])),
        "median_ratio": _estimate(clustered(logs, median_of).mapped(np.exp)),
        "geometric_ratio": _estimate(clustered(logs).mapped(np.exp)),
    }


def _estimate(found: Estimate) -> Figures:
    return {name: round(value, 4) for name, value in found._asdict().items()}


def _correct(family: Sequence[Figures], name: str) -> None:
    for member, chance in zip(family, holm([member[name] for member in family]), strict=True):
        member[name], member[f"{name}_holm"] = float(f"{member[name]:.4g}"), float(f"{chance:.4g}")


def _count(cell: Figures) -> None:
    """On how many seeds coi is better, and worse, by the corrected test of each."""
    group = cell["groups"].get("seeds")
    if group is not None:
        shown = [n for n in cell["networks"].values() if n["group"] == "seeds" and n["p_holm"] < SIGNIFICANT]
        group["better_on"], group["worse_on"] = (sum(_sided(n, side) for n in shown) for side in (1, -1))


def _sided(network: Mapping[str, Any], side: int) -> bool:
    return bool(side * network["effect"]["value"] > 0)
