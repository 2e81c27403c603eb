"""Answers about texts as HTML: for notebooks, and for pages that need nothing else.

Whatever comes from a text, a model or a vocabulary is escaped. Colours are tints of the text's own background, so
that they can be read on white and on black; signs are also told by the line below a word.
"""

from collections.abc import Sequence

from deepcheck.display.markup import STYLE, escaped, fact_list, table
from deepcheck.text.replacement import Replacement, probability
from deepcheck.text.results import TextResult, WordScores
from deepcheck.text.sentence import Sentence
from deepcheck.text.spans import SIGNED, Span, spans, strengths, word_text
from deepcheck.text.verdicts import alternatives, effort, told

TOP = 10
"""How many words the table lists."""


def scores_html(found: WordScores) -> str:
    """The scores of a text's words, for a notebook."""
    return STYLE + scores_part(found)


def result_html(result: TextResult) -> str:
    """What was found about replacing a text's words, for a notebook."""
    return STYLE + result_part(result)


def scores_part(found: WordScores, top: int = TOP) -> str:
    """The text with its words coloured by score, and the top words; without the style.

    Args:
        found: The scores.
        top: How many words the table lists.
    """
    signed = found.metric in SIGNED
    shades, ranks = strengths(found), {int(at): rank for rank, at in enumerate(found.order, start=1)}
    words = [
        _shaded(span, shades[span.place - 1], signed, found.scores[span.place - 1], ranks[span.place - 1])
        if span.place
        else _plain(span)
        for span in spans(found.sentence)
    ]
    legend = (
        '<span class="dc-word dc-for">for the label</span> <span class="dc-word dc-against">against it</span>'
        if signed
        else '<span class="dc-word dc-much">matters most</span>'
    )
    rows = [
        [str(ranks[at]), escaped(word_text(found.sentence, at)), f"{found.scores[at]:.4g}", _bar(shades[at], signed)]
        for at in found.order[:top].tolist()
    ]
    return part_html(
        label_html("", found.model.labels, found.label, probability(found.model.program, found.output)),
        f'<p class="dc-text" dir="auto">{"".join(words)}</p>',
        f'<p class="dc-legend">{legend} by {escaped(found.metric)}; read: {escaped(found.sentence.kept)}</p>',
        table(["rank", "word", found.metric, ""], rows),
    )


def result_part(result: TextResult) -> str:
    """The text before and after, whether that is the fewest words, and other ways; without the style."""
    model, best = result.model, result.replacements[0] if result.replacements else None
    pieces = [
        f'<p><b class="dc-verdict dc-{result.verdict}">{escaped(result.verdict)}</b> {escaped(told(result))}</p>',
        label_html("before", model.labels, result.label, probability(model.program, result.output)),
        sentence_html(result.sentence, best, old=True),
    ]
    if best is not None:
        pieces += [
            label_html("after", model.labels, best.label, probability(model.program, best.output)),
            sentence_html(result.sentence, best, old=False),
        ]
    pieces.append(fact_list(effort(result)))
    if result.replacements:
        headings, rows = alternatives(result, result.replacements)
        pieces.append(table(headings, [[escaped(cell) for cell in row] for row in rows]))
    return part_html(*pieces)


def part_html(*pieces: str) -> str:
    """Pieces of an answer, together."""
    return f'<section class="dc">{"".join(pieces)}</section>'


def label_html(when: str, names: Sequence[str], label: int, shares: tuple[float, ...] | None) -> str:
    """A label's name; with a bar where there is a probability."""
    said = f'<span class="dc-when">{when}</span> ' if when else ""
    name = f"<b>{escaped(names[label])}</b>"
    if shares is None or not 0 <= shares[label] <= 1:
        return f'<p class="dc-label">{said}{name}</p>'
    share = shares[label]
    bar = f'<span class="dc-share"><span style="width: {100 * share:.1f}%"></span></span>'
    return f'<p class="dc-label">{said}{name} {bar} {share:.1%}</p>'


def sentence_html(sentence: Sentence, changed: Replacement | None, *, old: bool) -> str:
    """The text; words that were replaced are struck out (before) or underlined (after)."""
    words = {} if changed is None else dict(changed.words)
    parts = []
    for span in spans(sentence, words):
        if span.after is None:
            parts.append(_plain(span))
        elif old:
            parts.append(f"<del>{escaped(span.text)}</del>")
        else:
            parts.append(f"<ins>{escaped(span.after)}</ins>")
    return f'<p class="dc-text" dir="auto">{"".join(parts)}</p>'


def _plain(span: Span) -> str:
    return escaped(span.text) if span.read else f'<span class="dc-unread">{escaped(span.text)}</span>'


def _shaded(span: Span, strength: float, signed: bool, score: float, rank: int) -> str:
    tint = "" if strength == 0 else f' {_kind(strength, signed)}" style="background: {_ground(strength, signed)}'
    return f'<span class="dc-word{tint}" title="{score:.4g}, rank {rank}">{escaped(span.text)}</span>'


def _kind(strength: float, signed: bool) -> str:
    return "dc-much" if not signed else "dc-for" if strength > 0 else "dc-against"


def _ground(strength: float, signed: bool) -> str:
    """A tint as strong as a score."""
    colour = "60, 120, 230" if not signed else "0, 158, 115" if strength > 0 else "213, 94, 0"
    return f"rgba({colour}, {0.05 + 0.6 * abs(strength):.3f})"


def _bar(strength: float, signed: bool) -> str:
    return f'<span class="dc-bar {_kind(strength, signed)}" style="width: {8 * abs(strength):.2f}em"></span>'


__all__ = ["label_html", "part_html", "result_html", "result_part", "scores_html", "scores_part", "sentence_html"]
