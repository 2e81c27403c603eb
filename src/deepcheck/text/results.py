"""What was found about the words of a text."""

from dataclasses import dataclass, field
from typing import Any

from deepcheck.attacks.outcome import Outcome
from deepcheck.program import Array
from deepcheck.text.allowed import Choices
from deepcheck.text.model import TextModel
from deepcheck.text.replacement import Replacement, probability
from deepcheck.text.sentence import Sentence


@dataclass(frozen=True, eq=False)
class WordScores:
    """How much each word of a text matters for its label.

    Attributes:
        model: The network and its words.
        sentence: What of the text is read.
        label: Its label.
        output: The network's output, float64.
        metric: What the scores are.
        scores: One for each word that is read, ``(words,)``.
        order: Places in the sentence by falling score, the first in a tie first, ``(words,)``.
    """

    model: TextModel = field(repr=False)
    sentence: Sentence = field(repr=False)
    label: int
    output: tuple[float, ...]
    metric: str
    scores: Array
    order: Array

    @property
    def ranked(self) -> tuple[tuple[str, float], ...]:
        """The words by falling importance, each with its score."""
        return tuple((self.sentence.words[at], float(self.scores[at])) for at in self.order)

    def __str__(self) -> str:
        listed = ", ".join(f"{word} {score:.3g}" for word, score in self.ranked[:5])
        return f"{label_text(self.model, self.label, self.output)}; by {self.metric}: {listed}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.text.markup import scores_html

        return scores_html(self)


@dataclass(frozen=True, eq=False)
class TextResult:
    """Whether a text's label changes when few of its words are replaced by words of the vocabulary.

    Attributes:
        model: The network and its words.
        sentence: What of the text is read.
        label: Its label, in exact arithmetic.
        output: The network's output, float64.
        paths: "all", or "same": along the path of the text only.
        size: At most so many words are replaced; None where the smallest number was asked for.
        apart: Words replaced together stand at least so many places apart; 1: anywhere.
        choices: Which words may stand where.
        places: How many words may change.
        words: How many words, over all places, can be put in.
        counted: What the counts are of: "places", "pairs of places" or "numbers of words" (which suffice?).
        counts: How many of them came out attackable, proved, undecided, untried; they add up to those asked about.
        singles: The same for single words, each at one place.
        replacements: New sentences with another label, best first; all replayed.
        bound: No fewer words than this change the label: proved.
        reason: Why something is open; "" where nothing is.
        seconds: How long it took.
    """

    model: TextModel = field(repr=False)
    sentence: Sentence = field(repr=False)
    label: int
    output: tuple[float, ...]
    paths: str
    size: int | None
    apart: int
    choices: Choices = field(repr=False)
    places: int
    words: int
    counted: str
    counts: dict[str, int]
    singles: dict[str, int]
    replacements: tuple[Replacement, ...] = field(repr=False)
    bound: int
    reason: str
    seconds: float

    @property
    def asked(self) -> int:
        """How many sets of places, or numbers of words, were asked about."""
        return sum(self.counts.values())

    @property
    def found(self) -> int | None:
        """How many words the best listed attack replaces, or None."""
        survivors = [len(r.words) for r in self.replacements if r.replayed]
        return min(survivors, default=None)

    @property
    def optimal(self) -> bool:
        """Is the number of words found the smallest?"""
        return self.found is not None and self.found == self.bound

    @property
    def scope(self) -> str:
        """Which paths the verdict is about."""
        return "all paths" if self.paths == "all" else "this path"

    @property
    def verdict(self) -> str:
        """What came of it: "attack", "proved" or "undecided"."""
        if self.found is not None:
            return "attack"
        return "proved" if self.counts["proved"] == self.asked else "undecided"

    @property
    def domain(self) -> str:
        """What may be put in."""
        said = f"{self.words:,} replacements at {self.places} places"
        far = f"at least {self.apart} places apart" if self.apart > 1 else ""
        constraints = "; ".join(part for part in (far, self.choices.describe()) if part)
        return f"{said} ({constraints})" if constraints else said

    def __str__(self) -> str:
        many = "" if self.size is None else f", at most {self.size} word{'s' * (self.size != 1)}"
        head = f"{label_text(self.model, self.label, self.output)}: {self.verdict} ({self.scope}{many}; {self.domain})"
        return f"{head}; {self.summary}"

    @property
    def summary(self) -> str:
        """What was found, in a line."""
        parts = []
        if self.found is not None:
            best = self.replacements[0]
            least = "the fewest" if self.optimal else f"at least {self.bound} needed"
            parts.append(f"{self.found} word{'s' * (self.found != 1)} ({least}): {best.said}")
        elif self.bound > 1:
            parts.append(f"no {self.bound - 1} word{'s' * (self.bound > 2)} or fewer change the label")
        if self.singles["attackable"]:
            parts.append(f"{self.singles['attackable']:,} single words do")
        if self.reason:
            parts.append(self.reason)
        return "; ".join(parts)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.text.markup import result_html

        return result_html(self)


def label_text(model: TextModel, label: int, output: tuple[float, ...]) -> str:
    """A label's name, with its probability where the model gives one, else with the output."""
    shares = probability(model.program, output)
    if shares is None:
        return f"{model.labels[label]} ({', '.join(f'{value:.4g}' for value in output[:8])})"
    return f"{model.labels[label]} ({shares[label]:.1%})"


def counts_by_size(most: int, found: int | None, bound: int) -> dict[str, int]:
    """Numbers of words from 1 to ``most``: those that suffice, those that do not, and those between."""
    attackable = 0 if found is None else most - found + 1
    proved = min(bound - 1, most)
    return {"attackable": attackable, "proved": proved, "undecided": most - attackable - proved, "untried": 0}


def counts_of_sets(outcomes: Array) -> dict[str, int]:
    """What became of some sets of places, ``(sets,)`` outcomes."""
    attackable, proved, untried = (
        int((outcomes == outcome).sum()) for outcome in (Outcome.ATTACKABLE, Outcome.PROVED, Outcome.UNTRIED)
    )
    left = len(outcomes) - attackable - proved - untried
    return {"attackable": attackable, "proved": proved, "undecided": left, "untried": untried}
