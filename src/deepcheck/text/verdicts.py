"""What was found about a text, in sentences and rows for people; each view prints these."""

from collections.abc import Sequence

from deepcheck.text.model import TextModel
from deepcheck.text.replacement import Replacement, probability
from deepcheck.text.results import TextResult

NUMBERS = "numbers of words"


def told(result: TextResult) -> str:
    """The verdict with its scope, in a sentence."""
    if result.verdict == "attack":
        found = result.found or 0
        return f"({result.scope}): {_words(found)} put in change{'s' * (found == 1)} the label"
    if result.verdict == "proved":
        return f"({result.scope}): {_none(result, result.size or result.places)}"
    known = f"; proved: {_none(result, result.bound - 1)}" if result.bound > 1 else ""
    return f"({result.scope}): {result.reason or 'some sets are open'}{known}"


def _none(result: TextResult, size: int) -> str:
    """That so many words do not change the label."""
    size = min(size, result.places)
    which = "allowed words" if result.choices.describe() else "of the vocabulary's words"
    if size >= result.places > 1:
        many = f"no {which}, put in anywhere at all,"
    elif size == 1:
        many = f"no 1 {which if which.startswith('of') else 'allowed word'}, put in anywhere,"
    else:
        many = f"no {size} {which} or fewer, put in anywhere,"
    if result.apart > 1 and size > 1:
        many = many[:-1] + f" at least {result.apart} places apart,"
    along = "" if result.paths == "all" else " as long as every activation stays"
    return f"{many} change{'s' * (size == 1)} the label{along}"


def fewest(result: TextResult) -> str:
    """Is the number of words found the smallest?"""
    if result.found is None:
        return ""
    if result.found == 1:
        return "the fewest there can be"
    if result.optimal:
        far = f" at least {result.apart} places apart" if result.apart > 1 else ""
        return f"the fewest{far}: {_words(result.found - 1)} {'do' if result.found > 2 else 'does'} not, proved"
    return f"not known to be the fewest: at least {result.bound} needed, proved"


def effort(result: TextResult) -> list[tuple[str, str]]:
    """What was asked and what became of it: names and sentences."""
    facts = [("read", result.sentence.kept), ("asked", result.domain)]
    if result.found is not None:
        facts.append(("words changed", f"{result.found}; {fewest(result)}"))
    elif 1 < result.bound <= result.places:
        facts.append(("at least", f"{_words(result.bound)} would have to change"))
    facts.append(("single words", _counted(result.singles)))
    does = "suffice" if result.counted == NUMBERS else "change the label"
    facts.append((result.counted, _counted(result.counts, does)))
    if result.replacements:
        survived = sum(each.replayed for each in result.replacements)
        facts.append(("replayed", f"{survived} of the {len(result.replacements)} listed, on the untouched model"))
    if result.reason and result.verdict != "undecided":
        facts.append(("open", result.reason))
    return facts


def alternatives(result: TextResult, listed: Sequence[Replacement]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """New sentences as a table: headings, and a row for each."""
    headings: tuple[str, ...] = ("words", "similarity", "label", "score", "margin", "same path", "replayed")
    rows: list[tuple[str, ...]] = [
        (
            each.said,
            ", ".join(f"{change.similarity:.2f}" for change in each.changes),
            result.model.labels[each.label],
            score(result.model, each.label, each.output),
            f"{each.margin:.4g}",
            "yes" if each.same_path else "no",
            "yes" if each.replayed else "no",
        )
        for each in listed
    ]
    return headings, rows


def score(model: TextModel, label: int, output: Sequence[float]) -> str:
    """A label's probability where the model gives one, else the output."""
    shares = probability(model.program, output)
    return ", ".join(f"{value:.4g}" for value in output[:8]) if shares is None else f"{shares[label]:.1%}"


def _words(count: int) -> str:
    return f"{count} word{'s' * (count != 1)}"


def _counted(counts: dict[str, int], does: str = "change the label") -> str:
    names = {"attackable": does, "proved": "proved not to"}
    said = [f"{count:,} {names.get(name, name)}" for name, count in counts.items() if count]
    return f"{sum(counts.values()):,} asked about: {', '.join(said) or 'none'}"
