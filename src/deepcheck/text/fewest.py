"""The smallest number of words that must be replaced, each by a real word, to change the label.

One word and two are decided completely; any number of words where there are few to choose from, or where they stand
apart. Otherwise, for three and more, there is a search, and a bound that proves that fewer do not suffice: so the
answer is a number, or two between which it lies.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.outcome import Outcome
from deepcheck.text.chains import Ceiling, most_apart
from deepcheck.text.dynamic import Chain
from deepcheck.text.pairs import Pairs, every_pair
from deepcheck.text.question import Question, Words
from deepcheck.text.singles import Singles, every_word

SWEEPS = 4
"""How often a search goes through the words that it has replaced."""


@dataclass(frozen=True)
class Fewest:
    """How many words it takes.

    Attributes:
        words: The new words found, by position; None where none were found.
        bound: No fewer words than this change the label: proved.
        singles: What single words do.
        pairs: What pairs of places do, where that was needed.
        why: Why the bound is no larger, where it is below the number found; "" where it is not.
    """

    words: Words | None
    bound: int
    singles: Singles
    pairs: Pairs | None
    why: str = ""

    @property
    def optimal(self) -> bool:
        """Is the number found the smallest, or proved that there is none?"""
        return not self.why


def fewest_words(
    question: Question, most: int | None = None, progress: Callable[[float], None] | None = None
) -> Fewest:
    """Find the smallest number of words, at most ``most``."""
    count = len(question.places)
    limit = count if most is None else min(most, count)
    singles = every_word(question)
    if singles.attacking.any():
        return Fewest(best_single(question, singles), 1, singles, None)
    if singles.open.any():
        return _more(question, singles, None, limit, 1, "some single words are open")
    if limit == 1:
        return Fewest(None, 2, singles, None)
    if question.apart > 1:
        return _apart(question, singles, limit)
    if question.effects.state is not None:
        chain = Chain(question, limit)
        if chain.feasible:
            return _by_chain(question, singles, chain, limit)
    pairs = every_pair(question, singles, first=True, progress=progress)
    if pairs.best is not None:
        return Fewest(pairs.best, 2, singles, pairs)
    if pairs.counts["proved"] < count * (count - 1) // 2:
        late = "the time ran out" if question.late() else "some pairs of places are open"
        return _more(question, singles, pairs, limit, 2, late)
    if limit == 2:
        return Fewest(None, 3, singles, pairs)
    return _more(question, singles, pairs, limit, 3, "")


def best_single(question: Question, singles: Singles) -> Words:
    """The word that changes the label by the largest margin."""
    effects = question.effects
    lead = (effects.gaps[:, None] + singles.gains).max(axis=1)
    place, word = np.unravel_index(np.where(singles.attacking, lead, -np.inf).argmax(), lead.shape)
    return {int(question.places[place]): int(word)}


def _by_chain(question: Question, singles: Singles, chain: Chain, limit: int) -> Fewest:
    """Few words to choose from: every number of replaced words is decided, wherever they stand."""
    effects = question.effects
    best = [chain.best(form) for form in range(len(effects.others))]
    for size in range(2, limit + 1):
        for form, found in enumerate(best):
            gain = found.gains[size]
            doubt = found.doubt + float(effects.gap_errors[form]) + 2.0**-40 * abs(gain)
            if not np.isfinite(gain) or gain < -float(effects.gaps[form]) - doubt:
                continue
            outcome = question.exactly(found.words[size])
            if outcome != Outcome.ATTACKABLE:
                return Fewest(None, size, singles, None, outcome.words if outcome.undecided else Outcome.NARROW.words)
            return Fewest(found.words[size], size, singles, None)
    return Fewest(None, limit + 1, singles, None)


def _apart(question: Question, singles: Singles, limit: int) -> Fewest:
    """Words at places so far apart that what they do adds up: the best word at each place decides, exactly."""
    effects, best = question.effects, np.maximum(singles.best, 0.0)
    for size in range(2, limit + 1):
        for form in range(len(effects.others)):
            gain, rows = most_apart(effects, best, size, form, question.apart)
            doubt = float(effects.gap_errors[form] + effects.errors[:, form].sum()) + 2.0**-40 * gain
            if gain < -float(effects.gaps[form]) - doubt:
                continue
            words = {int(question.places[row]): int(np.nanargmax(singles.gains[row, form])) for row in rows}
            outcome = question.exactly(words)
            if outcome != Outcome.ATTACKABLE:
                return Fewest(None, size, singles, None, outcome.words if outcome.undecided else Outcome.NARROW.words)
            return Fewest(words, size, singles, None)
    return Fewest(None, limit + 1, singles, None)


def _more(question: Question, singles: Singles, pairs: Pairs | None, limit: int, bound: int, why: str) -> Fewest:
    """Three words and more: a bound from below, a search from above."""
    ceiling = Ceiling.of(question, singles)
    if ceiling is not None and not singles.open.any():
        while bound <= limit and _hopeless(question, ceiling, bound):
            bound, why = bound + 1, ""
    if bound > limit:
        return Fewest(None, bound, singles, pairs)
    for size in range(bound, limit + 1):
        words = None if question.late() else _search(question, singles, size)
        if words is not None:
            open_ = len(words) > bound
            reason = why or f"whether {size - 1} suffice is open: words near each other" if open_ else ""
            return Fewest(words, bound, singles, pairs, reason)
    late = "the time ran out" if question.late() else f"no attack was found, and {bound} words are not ruled out"
    return Fewest(None, bound, singles, pairs, why or late)


def _hopeless(question: Question, ceiling: Ceiling, size: int) -> bool:
    """Can no ``size`` words change the label?"""
    effects = question.effects
    return all(
        ceiling.gain(size, form) < -float(effects.gaps[form]) - float(effects.gap_errors[form]) * (1 + 2.0**-30)
        for form in range(len(effects.others))
    )


def _search(question: Question, singles: Singles, size: int) -> Words | None:
    """Words at ``size`` places that change the label, if the search finds any."""
    effects = question.effects
    starts: list[dict[int, int]] = []
    if effects.apart is not None:
        apart, best = max(effects.apart, question.apart), np.maximum(singles.best, 0.0)
        for form in range(len(effects.others)):
            _, rows = most_apart(effects, best, size, form, apart)
            chosen = {int(question.places[row]): int(np.nanargmax(singles.gains[row, form])) for row in rows}
            if chosen and question.exactly(chosen) == Outcome.ATTACKABLE:
                return chosen
            starts.append(chosen)
    if question.along or question.apart > 1:
        return None
    starts.append({})
    for start in starts:
        found = _climb(question, start, size)
        if found is not None:
            return found
    return None


def _climb(question: Question, start: dict[int, int], size: int) -> Words | None:
    """Add the best word after another, then change one after another for a better one, as long as that helps."""
    words, best = dict(start), -np.inf
    for _ in range(SWEEPS * size):
        if question.late():
            return None
        if len(words) == size:
            weakest = min(words, key=lambda position: _without(question, words, position))
            rest = {position: row for position, row in words.items() if position != weakest}
        else:
            rest = words
        step = _best_step(question, rest)
        if step is None or (len(words) == size and step[0] <= best):
            return None
        best, words = step[0], {**rest, step[1]: step[2]}
        if best > 0 and len(words) <= size and question.exactly(words) == Outcome.ATTACKABLE:
            return words
    return None


def _without(question: Question, words: dict[int, int], position: int) -> float:
    """How little a word matters: the lead of the label without it."""
    rest = {place: row for place, row in words.items() if place != position}
    program = question.model.program
    outputs = program(question.model.inputs(question.rows(rest)[None])).reshape(1, -1)
    scores = program.decided().scores(outputs)[0]
    return float(scores[question.label] - np.delete(scores, question.label).max())


def _best_step(question: Question, words: dict[int, int]) -> tuple[float, int, int] | None:
    """The best single word beside some new words: the lead it makes, its position, and its row."""
    effects = question.effects_at(question.rows(words))
    free = ~np.isin(question.places, list(words))
    gains = np.where((question.allowed & free[:, None])[:, None], effects.gains, -np.inf)
    leads = effects.gaps[:, None] + gains
    leads = np.where(np.isfinite(leads), leads, -np.inf).max(axis=1)
    if not np.isfinite(leads).any():
        return None
    place, word = np.unravel_index(int(leads.argmax()), leads.shape)
    return float(leads[place, word]), int(question.places[place]), int(word)
