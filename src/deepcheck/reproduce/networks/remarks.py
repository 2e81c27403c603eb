"""What the part "networks" says, in sentences whose numbers come from its JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from deepcheck.reproduce.layout import number, percent
from deepcheck.reproduce.networks.rules import RANDOM

Content = dict[str, Any]


def network_remarks(content: Content) -> tuple[str, ...]:
    """Sentences for the page."""
    return (*_attackable(content), *_against(content), *_traced(content), _sound(content))


def _of(content: Content, group: str) -> list[Content]:
    return [network for network in content["networks"] if network["group"] == group]


def _attackable(content: Content) -> Iterator[str]:
    seeds, shared = _of(content, "seeds"), _of(content, "shared")
    inside, anywhere = (
        _range(network["domains"][domain]["attackable_share"] for network in seeds)
        for domain in ("bounded", "unbounded")
    )
    yield (
        f"Of {len(seeds)} networks that differ in their seed alone, {inside} of the images have an attackable pixel in "
        f"[0, 1], and {anywhere} unbounded."
    )
    if shared:
        theirs = _range(network["domains"]["bounded"]["attackable_share"] for network in shared)
        judged = content["claims"][0]["found"]["shared"]["holds"] is not None
        yield (
            f"On {len(shared)} larger networks of others it is {theirs} in [0, 1], along the path"
            + ": too few to judge orders on" * (not judged)
            + ". Attacks that leave the path are another question, which this part does not ask."
        )


def _against(content: Content) -> Iterator[str]:
    for domain, where in (("bounded", "In [0, 1]"), ("unbounded", "Unbounded")):
        cells = content["comparisons"][domain]
        found = {order: cell["groups"]["seeds"] for order, cell in cells.items() if "seeds" in cell["groups"]}
        if RANDOM not in found:
            continue
        ratios = ", ".join(
            f"{_figure(one['geometric_ratio']['value'])} times those of {order} "
            f"({_figure(one['geometric_ratio']['low'])} to {_figure(one['geometric_ratio']['high'])})"
            for order, one in found.items()
        )
        yield f"{where} the first attackable pixel comes, by coi, after so many tries on the seeds: {ratios}."


def _traced(content: Content) -> Iterator[str]:
    traced = content["tracing"]
    shares = {
        order: {group: traced[group]["5%"][order]["value"] for group in ("seeds", "permuted", "fresh")}
        for order in ("coi", "abs", "value", RANDOM)
    }
    words = {
        order: f"{percent(found['seeds'])} on trained networks, {percent(found['permuted'])} with their weights "
        f"permuted, {percent(found['fresh'])} with weights before training"
        for order, found in shares.items()
    }
    coi = f"Of coi's top 5 %, this much lies beside strokes: {words['coi']}; of the brightest pixels "
    coi += f"{percent(shares['value']['seeds'])}, of all {percent(shares[RANDOM]['seeds'])}."
    if content["expectations"][5]["found"]["ours"]["holds"]:
        coi += " So that coi traces a digit is no evidence of what a network has learned: a dark pixel has coi 0."
    yield coi
    yield f"Of abs's top 5 %: {words['abs']}."


def _sound(content: Content) -> str:
    single = [found for network in content["networks"] for found in network["domains"].values()]
    pairs = [found for network in content["networks"] for found in network["pairs"].values()]
    pixels, attackable = (sum(found[name] for found in single) for name in ("replayed", "attackable_pixels"))
    replayed, replays = (sum(found[name] for found in pairs) for name in ("replayed", "replays"))
    open_ = sum(found["undecided_pixels"] for found in single) + sum(found["undecided"] for found in pairs)
    return (
        f"On all networks together {pixels:,} of {attackable:,} attackable pixels and {replayed:,} of {replays:,} "
        f"pairs survive replay; {open_:,} pixels and pairs are undecided."
    )


def _range(shares: Iterable[float]) -> str:
    found = list(shares)
    return f"{percent(min(found))} to {percent(max(found))}"


def _figure(value: float) -> str:
    return f"{value:.2f}" if value < 10 else number(round(value))
