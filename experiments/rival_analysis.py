"""From trials to figures: recall with intervals, queries, seconds, and what must not happen."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rival import Rival
from rival_sized import Corners

Rows = list[dict[str, Any]]
BINS = ((1, 3), (4, 15), (16, 784))
"""Images by how many of their pixels are attackable alone."""
NORMAL = 1.959963984540054
"""Of a standard normal variable 95 % lie within."""


def analysed(
    truth: Rows, again: Rows, rivals: Iterable[Rival], trials: Mapping[tuple[str, int, int], Rows]
) -> dict[str, Any]:
    """All figures.

    Args:
        truth: Our answers, one an image.
        again: The same, timed a second time.
        rivals: All; one without trials for one pixel and seed 0 is left out.
        trials: By rival, pixels and seed.
    """
    known = [rival for rival in rivals if (rival.name, 1, 0) in trials]
    of = {rival.name: {key[1:]: rows for key, rows in trials.items() if key[0] == rival.name} for rival in known}
    return {
        "truth": truth,
        "images": _images(truth, again),
        "rivals": [_rival(rival, truth, of[rival.name]) for rival in known],
        "all_rivals": _together(truth, trials),
    }


def wilson(successes: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; successes may be an average over seeds.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    share, square = successes / count, NORMAL**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = NORMAL * math.sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def recall(found: Sequence[set[int]], attackable: set[int]) -> dict[str, Any]:
    """The share of the attackable images that is found, on average over seeds; one set of images a seed."""
    count = len(attackable)
    per_seed = [len(images & attackable) for images in found]
    mean = float(np.mean(per_seed))
    low, high = wilson(mean, count) if count else (None, None)
    return {
        "attackable": count,
        "found_by_seed": per_seed,
        "found_by_any": len(set().union(*found) & attackable),
        "recall": mean / count if count else None,
        "low": low,
        "high": high,
    }


def _images(truth: Rows, again: Rows) -> dict[str, Any]:
    verdicts = {f"verdicts_{size}": _counts(row[size] for row in truth) for size in ("one", "two", "one_same_path")}
    return {
        "asked": len(truth),
        **verdicts,
        "verdicts_again_differ": sum(row["one"] != other["one"] for row, other in zip(truth, again, strict=True)),
        "only_between_the_ends": sum(row["one"] == "attack" and not row["at_an_end"] for row in truth),
        **{f"seconds_{size}": _slower(f"seconds_{size}", truth, again) for size in ("one", "two")},
    }


def _slower(name: str, *runs: Rows) -> dict[str, float]:
    seconds = max(([row[name] for row in rows] for rows in runs), key=sum)
    return {"mean": float(np.mean(seconds)), "longest": max(seconds)}


def _rival(rival: Rival, truth: Rows, trials: Mapping[tuple[int, int], Rows]) -> dict[str, Any]:
    attackable, proved = ({size: _items(truth, size, verdict) for size in ("one", "two")}
                          for verdict in ("attack", "proved"))  # fmt: skip
    ones = [rows for (pixels, _), rows in sorted(trials.items()) if pixels == 1]
    apart = [rows for (pixels, _), rows in sorted(trials.items()) if pixels == 2]
    twos = apart or ([] if rival.takes_size else [trials[1, 0]])
    everything = [row for rows in trials.values() for row in rows]
    return {
        "name": rival.name,
        "package": rival.package,
        "version": rival.version,
        "source": rival.source,
        "settings": rival.settings,
        "takes_size": rival.takes_size,
        "draws": rival.draws,
        "one": recall([_found(rows, 1) for rows in ones], attackable["one"]),
        "one_by_pixels": [_in_bin(ones, truth, low, high) for low, high in BINS],
        "two": recall([_found(rows, 2) for rows in twos], attackable["two"]) if twos else None,
        "fewest": _fewest(trials[1, 0]),
        "cost_one": _cost(trials[1, 0]),
        "cost_two": _cost(trials[2, 0]) if (2, 0) in trials else None,
        "false_claims": sum(_false(row, pixels) for (pixels, _), rows in trials.items() for row in rows),
        "crashes": sum(row["crashes"] for row in everything),
        "contradictions": sum(
            (row["item"] in proved["one"] and _within(row["fewest"], 1))
            or (row["item"] in proved["two"] and _within(row["fewest"], 2))
            for row in everything
        ),
        "trials": len(everything),
    }


def _together(truth: Rows, trials: Mapping[tuple[str, int, int], Rows]) -> dict[str, Any]:
    attackable = _items(truth, "one", "attack")
    literature = [_found(rows, 1) for (name, pixels, _), rows in trials.items() if pixels == 1 and name != Corners.name]
    found = set().union(*literature) & attackable if literature else set()
    return {"attackable": len(attackable), "found_by_any": len(found), "missed_by_all": sorted(attackable - found)}


def _in_bin(ones: list[Rows], truth: Rows, low: int, high: int) -> dict[str, Any]:
    chosen = {row["item"] for row in truth if row["one"] == "attack" and low <= row["attackable_pixels"] <= high}
    return {"from": low, "to": high, **recall([_found(rows, 1) for rows in ones], chosen)}


def _items(truth: Rows, size: str, verdict: str) -> set[int]:
    return {row["item"] for row in truth if row[size] == verdict}


def _found(rows: Rows, pixels: int) -> set[int]:
    return {row["item"] for row in rows if _within(row["fewest"], pixels)}


def _within(count: int | None, pixels: int) -> bool:
    return count is not None and count <= pixels


def _false(row: dict[str, Any], pixels: int) -> bool:
    return _within(row["claimed"], pixels) and not _within(row["fewest"], pixels)


def _cost(rows: Rows) -> dict[str, float]:
    queries = [row["forward_passes"] + row["backward_passes"] for row in rows]
    return {"queries": float(np.mean(queries)), "seconds": float(np.mean([row["seconds"] for row in rows]))}


def _fewest(rows: Rows) -> dict[str, Any]:
    counts = [row["fewest"] for row in rows if row["fewest"] is not None]
    return {"images": len(counts), "median": float(np.median(counts)) if counts else None}


def _counts(verdicts: Iterable[str]) -> dict[str, int]:
    listed = list(verdicts)
    return {verdict: listed.count(verdict) for verdict in ("attack", "proved", "undecided")}
