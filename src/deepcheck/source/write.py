"""From a program to the text of a source file."""

from deepcheck.program import Path, Program
from deepcheck.source.c import C
from deepcheck.source.language import Language
from deepcheck.source.python import Python
from deepcheck.source.unit import unit_of

LANGUAGES: dict[str, Language] = {"python": Python(), "c": C()}
"""The languages, by name."""


def write(program: Program, language: Language, path: Path | None = None) -> str:
    """The source of a program, or of its straight-line code along a path of one item.

    Source: Section III-A (translation) and figure 2.
    """
    return "".join(language.file(unit_of(program, path)))
