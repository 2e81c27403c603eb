"""The paper's attack on a text, in sentences, rows and HTML for people."""

from deepcheck.attacks import Outcome
from deepcheck.display.markup import escaped, fact_list, table
from deepcheck.text.markup import label_html, part_html, sentence_html
from deepcheck.text.replacement import probability
from deepcheck.text.vectors import Try, VectorResult
from deepcheck.text.verdicts import score

HEADINGS = ("symbolic words", "vectors", "margin", "nearest words", "farthest", "label changes")


def told(result: VectorResult) -> str:
    """The verdict with its scope, in a sentence."""
    if result.verdict == "attack":
        assert result.replacement is not None
        count = len(result.replacement.words)
        return f"({count} word{'s' * (count != 1)} put in, {result.symbolic} symbolic, by {result.order})"
    if result.verdict == "proved":
        return f"({result.scope}): no {result.domain} at any of these places change the label"
    return f"({result.scope}): {result.reason}"


def facts(result: VectorResult) -> list[tuple[str, str]]:
    """What was asked: names and sentences."""
    found = [("read", result.question.sentence.kept), ("asked", f"{result.domain}, by {result.objective}")]
    if result.vectors_at is not None:
        found.append(("vectors", f"change the label from {result.vectors_at} symbolic word(s) on"))
    if result.lost:
        found.append(("lost to rounding", f"{result.lost} set(s) of words whose nearest words do not change it"))
    if result.replacement is not None:
        found.append(("replayed", "yes, on the untouched model" if result.replacement.replayed else "no"))
    return found


def rows(result: VectorResult) -> list[tuple[str, ...]]:
    """One row for each set of words tried; columns `HEADINGS`."""
    return [_row(result, each) for each in result.tries]


def _row(result: VectorResult, each: Try) -> tuple[str, ...]:
    sentence, newest = result.question.sentence, each.places[-1]
    added = f"{each.size}: {'' if each.size == 1 else '+ '}{sentence.written(newest)}"
    if each.outcome != Outcome.ATTACKABLE:
        said = "none (proved)" if each.outcome == Outcome.PROVED else each.outcome.words
        return added, said, "", "", "", ""
    words = sentence.vocabulary.words
    nearest = ", ".join(f"{sentence.written(place)} -> {words[row]}" for place, row in sorted(each.words.items()))
    changed = "yes" if each.attack else "no"
    return added, "found", f"{each.margin:.4g}", nearest or "the same words", f"{each.distance:.3g}", changed


def vectors_part(result: VectorResult) -> str:
    """The verdict, the text before and after, and the sets tried, as HTML without the style."""
    model, sentence, best = result.question.model, result.question.sentence, result.replacement
    pieces = [
        f'<p><b class="dc-verdict dc-{result.verdict}">{escaped(result.verdict)}</b> {escaped(told(result))}</p>',
        label_html("before", model.labels, result.label, probability(model.program, result.output)),
        sentence_html(sentence, best, old=True),
    ]
    if best is not None:
        pieces += [
            label_html("after", model.labels, best.label, probability(model.program, best.output)),
            sentence_html(sentence, best, old=False),
        ]
    pieces += [fact_list(facts(result)), table(HEADINGS, [[escaped(cell) for cell in row] for row in rows(result)])]
    return part_html(*pieces)


def summary(result: VectorResult) -> list[str]:
    """A text's row in a table of many: label, score, verdict, words changed, words symbolic, changes or why none."""
    best = result.replacement
    count = "" if best is None else str(len(best.words))
    said = result.reason if best is None else best.said
    shown = score(result.question.model, result.label, result.output)
    label = result.question.model.labels[result.label]
    return [label, shown, result.verdict, count, str(result.symbolic or ""), said]
