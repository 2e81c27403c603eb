"""Words of a text, as the shipped text networks were trained on them.

A word is a run of letters and digits, in any script, with apostrophes inside ("wasn't"); everything else separates
words. Words are lower case. So ``<br />`` is the word "br", as in the paper's sentences; ``<UNK>`` stands for an
unknown word.
"""

import re
from dataclasses import dataclass

UNKNOWN = "<UNK>"
"""How a word that is not in the vocabulary is written."""
_WORD = re.compile(r"<unk>|[^\W_]+(?:['\u2019][^\W_]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, and where it stands in the text.

    Attributes:
        word: In lower case, with a straight apostrophe; `UNKNOWN` where the text says so.
        start: Its first character.
        end: Behind its last.
    """

    word: str
    start: int
    end: int


def tokenise(text: str) -> tuple[Token, ...]:
    """Give the words of a text, in order."""
    return tuple(Token(_normal(found.group()), *found.span()) for found in _WORD.finditer(text))


def _normal(written: str) -> str:
    lower = written.lower().replace("\u2019", "'")
    return UNKNOWN if lower == UNKNOWN.lower() else lower
