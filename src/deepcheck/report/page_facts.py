"""What stands in the statement of an answer: its scope, question, domain, arithmetic, and where it comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

from deepcheck.report.page_parts import Cell

Json = Mapping[str, Any]
Facts = list[tuple[str, Cell]]
OUTCOMES = ("attackable", "proved", "undecided", "untried")


def number(value: Any) -> str:
    """A number with six significant digits; None is an infinite one."""
    if value is None:
        return "∞"
    if not isinstance(value, float):
        return str(value)
    return f"{value + 0.0:.6g}".replace("-", "\N{MINUS SIGN}") if value else "0"


def interval(ends: tuple[float | None, float | None]) -> str:
    """A closed interval; it is open where it has no end."""
    low, high = ends
    left = "(\N{MINUS SIGN}∞" if low is None else f"[{number(low)}"
    return f"{left}, {'∞)' if high is None else number(high) + ']'}"


def thousands(count: int) -> str:
    """A whole number with commas."""
    return f"{count:,}"


def cell(value: Cell) -> str:
    """What a cell of a table shows."""
    return "" if value is None else number(value)


def label_name(label: int | str, exhibit: Json) -> str:
    """What a label is called."""
    at, names = int(label), exhibit.get("labels") or []
    return str(names[at]) if 0 <= at < len(names) else str(at)


def plural(count: int, word: str) -> str:
    """A number of things: 1 pixel, 2 pixels."""
    return f"{count:,} {word}" + "s" * (count != 1)


def verdict_words(answer: Json) -> str:
    """The verdict as it may be printed: with its scope, or with the reason why there is none."""
    verdict, scope = str(answer.get("verdict")), str(answer.get("scope", ""))
    if verdict == "proved":
        if scope == "all paths":
            return "proved (all paths)"
        return "proved (this path, one of several)" if "several" in scope else "proved (this path)"
    if verdict == "undecided":
        return f"undecided ({answer.get('reason') or 'some sets are open'})"
    return verdict


def counted(counts: Json) -> str:
    """Counts in words, in the order in which they add up."""
    return ", ".join(f"{counts.get(name, 0):,} {name}" for name in OUTCOMES)


def feature_facts(answer: Json, word: str) -> Facts:
    """The facts of an answer about features."""
    facts: Facts = [
        ("Verdict", answer.get("said")),
        ("Scope", answer.get("scope")),
        ("Question", _question(answer, word)),
        ("Features asked", _features(answer, word)),
        ("Domain", answer.get("domain_said")),
        ("Labels", _labels(answer)),
        ("Counts", f"{counted(answer['counts'])}; {answer['counts'].get('replayed', 0):,} of the witnesses replayed"),
        ("Smallest set", smallest_words(answer)),
        ("Beside this path", _comparison(answer)),
        ("Arithmetic", answer.get("arithmetic")),
        ("Semantics", _semantics(answer)),
        ("Borders", f"the input lies on {plural(int(answer.get('borders') or 0), 'border')} between pieces"),
        ("Order", _order(answer)),
        ("First attack", _first(answer)),
        *_effort(answer),
    ]
    return [(name, said) for name, said in facts if said not in (None, "")]


def text_facts(answer: Json) -> Facts:
    """The facts of an answer about words."""
    singles = answer.get("singles")
    facts: Facts = [
        ("Verdict", answer.get("said")),
        ("Scope", answer.get("scope")),
        ("Read", answer.get("kept")),
        ("Domain", answer.get("domain_said")),
        ("Replacements asked", answer.get("replacements_asked")),
        ("Single words", counted(singles) if singles else None),
        (f"Counts ({answer.get('counted', 'sets of words')})", counted(answer["counts"])),
        ("Words changed", answer.get("found")),
        ("At least", answer.get("bound")),
        *_effort(answer),
    ]
    return [(name, said) for name, said in facts if said not in (None, "")]


def apart_facts(made: Json | None) -> Facts:
    """Where one answer comes from, if that is not where the others do."""
    if made is None:
        return []
    seeds = ", ".join(f"{name} {seed}" for name, seed in made["seeds"].items())
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items())
    facts: Facts = [("Versions", versions), ("Platform", made["platform"]), ("Seeds", seeds), ("Date", made["date"])]
    return [(name, said) for name, said in facts if said]


def made_facts(exhibit: Json) -> Facts:
    """Where the answers about one input come from."""
    made, model, given = exhibit["made"], exhibit["model"], exhibit.get("input", {})
    rounded = model.get("rounded_constants") or []
    seeds = made.get("seeds") or {}
    facts: Facts = [
        ("Model", model.get("name")),
        ("Model sha256", model.get("sha256")),
        ("Decision", model.get("decision")),
        ("Rounded constants", ", ".join(map(str, rounded)) or "none"),
        ("Mean, deviation", _preprocessing(model)),
        ("Input sha256", given.get("sha256")),
        ("Input shape", " x ".join(map(str, given.get("shape", ())))),
        ("Versions", ", ".join(f"{name} {version}" for name, version in (made.get("versions") or {}).items())),
        ("Platform", made.get("platform")),
        ("Seeds", ", ".join(f"{name} {seed}" for name, seed in seeds.items()) or "none: nothing is random"),
        ("Date", made.get("date")),
        ("Seconds for this input", number(made.get("seconds"))),
    ]
    return [(name, said) for name, said in facts if said not in (None, "")]


def _question(answer: Json, word: str) -> str:
    aim = "another label" if answer.get("target") is None else f"label {answer['target']}"
    if answer.get("smallest"):
        return f"the fewest {word}s whose change leads to {aim}"
    size = int(answer.get("size") or 1)
    some = f"one {word}" if size == 1 else f"at most {size} {word}s"
    return f"does changing {some} lead to {aim}?"


def _features(answer: Json, word: str) -> str:
    asked, count = answer.get("features_asked"), int(answer.get("feature_count") or 0)
    if asked is None:
        return f"all {plural(count, word)}; {plural(int(answer['asked']), 'question')}" if answer.get("asked") else ""
    listed = ", ".join(map(str, asked[:40])) + ", ..." * (len(asked) > 40)
    return f"{len(asked):,} of {plural(count, word)}: {listed}"


def _labels(answer: Json) -> str:
    reached = answer.get("labels_reached") or {}
    found = ", ".join(f"{label} by {count:,}" for label, count in reached.items())
    return f"from {answer.get('label')}; reached: {found or 'none'}"


def smallest_words(answer: Json) -> str:
    """The smallest set that was found, and what is proved about smaller ones; "" where that was not asked."""
    smallest = answer.get("smallest")
    if not smallest:
        return ""
    features, bound = smallest.get("features"), smallest.get("bound")
    if features is None:
        return f"none found; none of fewer than {bound}, proved"
    proof = "no smaller one, proved" if smallest.get("optimal") else f"none of fewer than {bound}, proved"
    return f"{len(features)}: {', '.join(map(str, features))}; {proof}"


def _comparison(answer: Json) -> str:
    found = answer.get("comparison")
    if not found:
        return ""
    least = "" if found.get("whole") else "at least "
    flips = found.get("flips")
    nearest = "" if flips is None else f"; the nearest attack flips {plural(flips, 'activation')}"
    return f"attackable along this path {least}{found['along_path']:,}, along any path {found['any_path']:,}{nearest}"


def _semantics(answer: Json) -> str:
    said, reason = answer.get("semantics"), answer.get("proved_float32_reason")
    if not said:
        return ""
    held = f"{answer.get('proved_float32', 0):,} of {answer['counts'].get('proved', 0):,} proofs hold in floats too"
    return f"proofs are about {said} arithmetic; {held}" + f" ({reason})" * bool(reason)


def _order(answer: Json) -> str:
    parts = [f"by {answer['order']}" if answer.get("order") else "by index"]
    if answer.get("shortlist") is not None:
        parts.append(f"shortlist {answer['shortlist']}")
    if answer.get("first_only"):
        parts.append("stops at the first attack")
    parts.append(f"witness by {answer['objective']}" if answer.get("objective") else "")
    return ", ".join(part for part in parts if part)


def _first(answer: Json) -> str:
    tries, ranks = answer.get("first"), answer.get("first_features")
    return "" if tries is None else f"at try {tries:,}" + f", rank {ranks:,}" * (ranks is not None)


def _effort(answer: Json) -> Facts:
    timeout, exact = answer.get("timeout"), answer.get("exact_questions")
    return [
        ("Time limit", "none" if timeout is None else f"{number(timeout)} s"),
        (
            "Exact arithmetic",
            None if exact is None else f"decided {plural(int(exact), 'question')} that floats could not",
        ),
        ("Replayed in", answer.get("runtime")),
        ("Seconds", number(answer["seconds"]) if answer.get("seconds") is not None else None),
    ]


def _preprocessing(model: Json) -> str:
    mean, deviation = model.get("mean") or [], model.get("std") or []
    if all(value == 0 for value in mean) and all(value == 1 for value in deviation):
        return "none"
    sides: Sequence[str] = [", ".join(number(float(value)) for value in side) for side in (mean, deviation)]
    return f"{sides[0]}; {sides[1]}"
