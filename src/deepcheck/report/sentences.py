"""Sentences for a terminal: words coloured by how much they matter, words that were replaced marked."""

import sys
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from deepcheck.display.tables import WIDE
from deepcheck.text.results import WordScores
from deepcheck.text.sentence import Sentence
from deepcheck.text.spans import SIGNED, Span, spans, strengths

FOR, AGAINST, MUCH = (20, 140, 60), (200, 40, 40), (45, 95, 215)
"""Red, green and blue of a word that speaks for the label, against it, or just matters."""
GREY = 112
"""The grey that weak scores fade into."""
FAINT = 0.05
"""Weaker words have no ground."""


def coloured() -> bool:
    """Does standard output show colours?"""
    console = Console()
    return sys.stdout.isatty() and console.color_system is not None and not console.no_color


def scored_sentence(found: WordScores) -> Text:
    """What is read of a text, each word on a ground as strong as its score."""
    signed, shades = found.metric in SIGNED, strengths(found)
    line = Text()
    for span in _read(found.sentence):
        line.append(printable(span.text), style=_ground(shades[span.place - 1], signed) if span.place else "")
    return line


def legend(metric: str) -> Text:
    """What the colours of a scored sentence mean."""
    if metric not in SIGNED:
        return Text.assemble((" matters most ", _ground(1, signed=False)), f" by {metric}")
    named = ((" for the label ", _ground(1, signed=True)), " ", (" against it ", _ground(-1, signed=True)))
    return Text.assemble(*named, f" by {metric}")


def marked_sentence(sentence: Sentence, words: Mapping[int, int], *, old: bool) -> Text:
    """What is read of a text, with the words that are replaced (old) or put in marked, by brackets and by colour."""
    line, style = Text(), "red" if old else "bold green"
    for span in _read(sentence, words):
        if span.after is None:
            line.append(printable(span.text))
        else:
            line.append(f"[{printable(span.text if old else span.after)}]", style=style)
    return line


def print_text(line: Text) -> None:
    """Print a line on standard output; in colour only where that is a terminal."""
    Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(line, soft_wrap=True)


def printable(text: str) -> str:
    """Text without what would move the cursor, change colours, or reverse the line: a space for each."""
    return "".join(character if character.isprintable() else " " for character in text)


def shortened(text: str, length: int = 48) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(printable(text[: 4 * length]).split())
    return line if len(line) <= length and len(text) <= 4 * length else f"{line[: length - 3]}..."


def _read(sentence: Sentence, words: Mapping[int, int] | None = None) -> list[Span]:
    """The spans that the network reads, with dots where words before or behind them are not."""
    read = [span for span in spans(sentence, words) if span.read]
    dots = Span("... ", None, read=False), Span(" ...", None, read=False)
    return [*dots[:1] * bool(sentence.before), *read, *dots[1:] * bool(sentence.after)]


def _ground(strength: float, signed: bool) -> str:
    """A style: white on a ground between grey and a colour, legible on any terminal; none for next to nothing."""
    if abs(strength) < FAINT:
        return ""
    colour = MUCH if not signed else FOR if strength > 0 else AGAINST
    red, green, blue = (round(GREY + abs(strength) * (part - GREY)) for part in colour)
    return f"white on rgb({red},{green},{blue})"
