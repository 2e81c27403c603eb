"""Text from model files, made harmless for comments and identifiers."""

import re

LONGEST = 120
RISKY = re.compile(r"""[^A-Za-z0-9 _.,:;()\[\]+=<>|@-]""")


def harmless(text: str) -> str:
    """Text for a comment of any language: one line of plain ASCII, no quotes, slashes, backslashes, ``?`` or ``*``.

    Applying this twice changes nothing.
    """
    return RISKY.sub("_", text)[:LONGEST]


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape for people."""
    return " x ".join(str(length) for length in shape) or "scalar"
