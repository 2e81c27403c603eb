"""What was expected before the run (the last of the rules), held against what came out."""

from collections.abc import Sequence
from typing import Any

from deepcheck.reproduce.claims import OURS

POINTS = 0.05
Content = dict[str, Any]
Networks = Sequence[Content]


def expectations(networks: Networks, traced: Content, claims: Sequence[Content]) -> list[Content]:
    """Each expectation and whether it came true."""
    seeds = [n for n in networks if n["group"] == "seeds"]
    shared = [n for n in networks if n["group"] == "shared"]
    return [
        _expected("In [0, 1] abs needs fewer tries than coi on most seeds", *_abs_first(seeds)),
        _expected("Unbounded the three differ little: by less than twice the tries on average", *_alike(seeds)),
        _expected("What is said of every image fails on every seed", *_strong(claims)),
        _expected("New pairs exist on every seed", *_new(seeds)),
        _expected("Shared networks have less attackable images in [0, 1] than any seed", *_robust(seeds, shared)),
        _expected("coi traces the digit without training as well as with it, within 5 points", *_traces(traced)),
        _expected("abs traces the digit less without training, by more than 5 points", *_abs_traces(traced)),
    ]


def _expected(text: str, holds: bool | None, detail: str) -> Content:
    return {"text": text, "source": OURS, "found": {"ours": {"holds": holds, "detail": detail}}}


def _abs_first(seeds: Networks) -> tuple[bool | None, str]:
    known = [t for n in seeds if (t := n["domains"]["bounded"]["tries"])["coi"]["geometric_mean"] is not None]
    first = sum(t["abs"]["geometric_mean"] < t["coi"]["geometric_mean"] for t in known)
    return (2 * first > len(known), f"{first} of {len(known)} seeds") if known else (None, "no seed")


def _alike(seeds: Networks) -> tuple[bool | None, str]:
    found = []
    for network in seeds:
        tries = [network["domains"]["unbounded"]["tries"][m]["geometric_mean"] for m in ("abs", "co", "coi")]
        if None not in tries:
            found.append(max(tries) / min(tries))
    return (max(found) < 2, f"by {min(found):.2f} to {max(found):.2f} times") if found else (None, "no seed")


def _strong(claims: Sequence[Content]) -> tuple[bool | None, str]:
    held = [
        f"{claim['text']} ({domain}, {name})"
        for claim in claims
        if "every image" in claim["text"]
        for domain, networks in claim["networks"].items()
        for name, holds in networks.items()
        if holds and name.startswith("mnist_10x4_")
    ]
    return not held, "; ".join(held) or "on all"


def _new(seeds: Networks) -> tuple[bool | None, str]:
    parts = {domain: [n["pairs"][domain]["new"] for n in seeds] for domain in ("bounded", "unbounded")}
    words = ", ".join(f"{domain} {sum(k > 0 for k in found)} of {len(found)}" for domain, found in parts.items())
    return all(k > 0 for found in parts.values() for k in found), words


def _robust(seeds: Networks, shared: Networks) -> tuple[bool | None, str]:
    if not shared:
        return None, "no shared network"
    ours, theirs = ([n["domains"]["bounded"]["attackable_share"] for n in some] for some in (seeds, shared))
    words = ", ".join(f"{n['name']} {100 * share:.1f} %" for n, share in zip(shared, theirs, strict=True))
    return max(theirs) < min(ours), f"{words}; seeds {100 * min(ours):.1f} to {100 * max(ours):.1f} %"


def _shares(traced: Content, order: str) -> tuple[float, float, float]:
    return tuple(traced[group]["5%"][order]["value"] for group in ("seeds", "permuted", "fresh"))


def _traces(traced: Content) -> tuple[bool | None, str]:
    seeds, permuted, fresh = _shares(traced, "coi")
    return min(permuted, fresh) >= seeds - POINTS, _words(seeds, permuted, fresh)


def _abs_traces(traced: Content) -> tuple[bool | None, str]:
    seeds, permuted, fresh = _shares(traced, "abs")
    return max(permuted, fresh) < seeds - POINTS, _words(seeds, permuted, fresh)


def _words(seeds: float, permuted: float, fresh: float) -> str:
    return f"top 5 %: seeds {100 * seeds:.1f} %, permuted {100 * permuted:.1f} %, fresh {100 * fresh:.1f} %"
