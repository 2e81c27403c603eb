"""What an answer in an exhibit must be: its types, its places, and counts that add up to what its verdict says."""

from collections.abc import Mapping
from typing import Any

from deepcheck.report import exhibit_checks
from deepcheck.report.exhibit_checks import (
    Check,
    flag,
    listed,
    named,
    number,
    numeral,
    one_of,
    or_null,
    packed,
    record,
    refuse,
    whole,
    words,
)

VERDICTS = ("attack", "proved", "undecided")
OUTCOMES = ("attackable", "proved", "undecided", "untried")
MOST = 2**53
"""A count that is larger does not survive a reader of JSON."""
MOST_LABELS = 1_000_000
MOST_LEVEL = 65_535

_TEXT_OR_NULL = or_null(words)
_COUNT = exhibit_checks.count
_CERTIFICATE = record({"file": words, "sha256": words, "bytes": whole(0, MOST), "said": words, "command": words})

MADE = record(
    {
        "command": words,
        "versions": named(words),
        "platform": words,
        "seeds": named(whole(-(2**63), 2**63)),
        "date": words,
        "seconds": number,
    }
)
"""How answers came about."""


def feature_answer(count: int, elements: int, labels: int) -> Check:
    """An answer about an input of so many features, each of so many elements, and a model of so many labels."""
    feature, label = whole(0, count - 1), whole(0, labels - 1)
    name = numeral(labels - 1)
    witness = record(
        {"values": listed(listed(number, most=count * elements), exactly=1), "label": label, "replayed": flag},
        {
            "margin": or_null(number),
            "flips": or_null(_COUNT),
            **{each: or_null(flag) for each in ("same_path", "same_path_float32", "real", "float32", "eight_bit")},
            "beats_rounding": or_null(flag),
        },
    )
    attack = record(
        {
            "features": listed(feature, most=count),
            "labels": listed(label, most=labels),
            "intervals": named(listed(listed(or_null(number), exactly=2)), name),
            "levels": named(listed(listed(whole(0, MOST_LEVEL), exactly=2)), name),
            "witness": witness,
        }
    )
    found = record(
        {
            "label": label,
            "size": whole(0, count),
            "paths": one_of("same", "all"),
            "verdict": one_of(*VERDICTS),
            "reason": words,
            "scope": words,
            "counts": record(dict.fromkeys((*OUTCOMES, "replayed"), _COUNT)),
            "asked": _COUNT,
            "said": words,
            "domain_said": words,
            "domain": record({"lower": or_null(number), "upper": or_null(number)}, {"levels": or_null(whole(1, MOST))}),
            "features_asked": or_null(listed(feature, most=count)),
            "timeout": or_null(number),
            "command": words,
            "seconds": number,
            "attackable": listed(listed(feature, most=count)),
            "attacks": listed(attack),
            "certificate": or_null(_CERTIFICATE),
        },
        {
            "made": MADE,
            "target": or_null(label),
            "labels_reached": named(_COUNT, name),
            "arithmetic": words,
            "borders": _COUNT,
            "first": or_null(_COUNT),
            "first_features": or_null(_COUNT),
            "order": _TEXT_OR_NULL,
            "objective": _TEXT_OR_NULL,
            "shortlist": or_null(_text_or_count),
            "first_only": flag,
            "new": or_null(_COUNT),
            "semantics": words,
            "proved_float32": _COUNT,
            "proved_float32_reason": words,
            "exact_questions": or_null(_COUNT),
            "runtime": words,
            "rounded_constants": listed(words),
            "feature_count": whole(count, count),
            "comparison": record({"along_path": _COUNT, "any_path": _COUNT, "whole": flag}, {"flips": or_null(_COUNT)}),
            "open": named(listed(feature, most=count)),
            "members": listed(feature, most=count),
            "smallest": record({"features": or_null(listed(feature)), "bound": _COUNT, "optimal": flag}),
        },
    )

    def check(held: Any, where: str) -> None:
        found(held, where)
        _adds_up(held, where, held["asked"], held["counts"]["replayed"])
        for at, attack in enumerate(held["attacks"]):
            if len(attack["witness"]["values"][0]) != elements * len(attack["features"]):
                raise refuse("a value for each element", f"{where}.attacks[{at}].witness", attack["witness"]["values"])
        _opened(held, where)
        _singles(held, where)
        if held["certificate"] is not None:
            _inside(held["certificate"]["file"], f"{where}.certificate.file")

    return check


def text_answer(places: int, labels: int) -> Check:
    """An answer about a text of so many words and a model of so many labels."""
    label, position = whole(0, labels - 1), whole(1, places)
    change = record({"position": position, "before": words, "after": words, "similarity": or_null(number)})
    attack = record(
        {"words": listed(change, most=places), "label": label, "margin": or_null(number), "replayed": flag},
        {"text": words, "rewritten": words, "flips": or_null(_COUNT), "same_path": or_null(flag), "label_name": words},
    )
    found = record(
        {
            "label": label,
            "size": or_null(_COUNT),
            "paths": one_of("same", "all"),
            "verdict": one_of(*VERDICTS),
            "reason": words,
            "scope": words,
            "counted": words,
            "counts": record(dict.fromkeys(OUTCOMES, _COUNT)),
            "asked": _COUNT,
            "said": words,
            "domain_said": words,
            "command": words,
            "timeout": or_null(number),
            "seconds": number,
            "found": or_null(_COUNT),
            "attacks": listed(attack),
        },
        {
            "made": MADE,
            "kept": words,
            "singles": record(dict.fromkeys(OUTCOMES, _COUNT)),
            "bound": _COUNT,
            "replacements_asked": _COUNT,
        },
    )

    def check(held: Any, where: str) -> None:
        found(held, where)
        _adds_up(held, where, held["asked"], held["found"] is not None)

    return check


def bounds(count: int, elements: int) -> Check:
    """An end of the domain: one number, none, or one for each element."""
    every = packed(count * elements, infinite=True)

    def check(held: Any, where: str) -> None:
        (every if isinstance(held, str) else or_null(number))(held, where)

    return check


def _adds_up(held: Mapping[str, Any], where: str, asked: int, replayed: int | bool) -> None:
    """Do the counts add up, and does the verdict follow from them?"""
    counts = held["counts"]
    if sum(counts[name] for name in OUTCOMES) != asked:
        raise refuse(f"counts that add up to {asked:,}", where, ", ".join(str(counts[name]) for name in OUTCOMES))
    verdict = "attack" if replayed else "proved" if counts["proved"] == asked else "undecided"
    if held["verdict"] != verdict:
        raise refuse(f"the verdict that its counts give, {verdict}", where, held["verdict"])
    scope = "all paths" if held["paths"] == "all" else "this path"
    if not held["scope"].startswith(scope):
        raise refuse(f"the scope {scope}", f"{where}.scope", held["scope"])


def _singles(held: Mapping[str, Any], where: str) -> None:
    """Has every set a feature; where features were asked about one by one, is each attackable one listed once?"""
    sets = [tuple(each) for each in held["attackable"]]
    if not all(sets):
        raise refuse("sets with a feature or more", f"{where}.attackable", held["attackable"])
    if held["size"] == 1 and held.get("smallest") is None:
        several = any(len(each) > 1 for each in sets) or len(set(sets)) != len(sets)
        if several or len(sets) != held["counts"]["attackable"]:
            raise refuse(f"{held['counts']['attackable']:,} single features", f"{where}.attackable", held["attackable"])
        if not {tuple(each["features"]) for each in held["attacks"]} <= set(sets):
            raise refuse("attacks by attackable features", f"{where}.attacks", held["attacks"])


def _opened(held: Mapping[str, Any], where: str) -> None:
    """Are as many features listed as open as the counts say?"""
    if "open" in held:
        listed_open = [feature for features in held["open"].values() for feature in features]
        open_count = held["counts"]["undecided"] + held["counts"]["untried"]
        if len(set(listed_open)) != len(listed_open) or len(listed_open) != open_count:
            raise refuse(f"{open_count:,} features, each once", f"{where}.open", str(len(listed_open)))


def _inside(name: str, where: str) -> None:
    """Is it a file's name inside the run's folder, with no way out of it?"""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or not name.isprintable() or any(c in name for c in "\\:"):
        raise refuse("a name inside the run's folder", where, name)


def _text_or_count(held: Any, where: str) -> None:
    (words if isinstance(held, str) else _COUNT)(held, where)
