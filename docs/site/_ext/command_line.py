"""The command line's reference, from the command itself.

The line ``<!-- verbs -->`` of a page becomes a section for each verb, written when the site is built.
"""

import re
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

PLACE = "<!-- verbs -->"


def commands(command: Any, words: tuple[str, ...] = ("deepcheck",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb with the words that call it, groups before their members."""
    if len(words) > 1:
        yield words, command
    for name, member in getattr(command, "commands", {}).items():
        yield from commands(member, (*words, name))


def reference() -> str:
    """Every verb's help, as Markdown."""
    from deepcheck.cli.app import command

    return "\n\n".join(_verb(words, verb) for words, verb in commands(command()))


def _verb(words: tuple[str, ...], verb: Any) -> str:
    context = verb.make_context(" ".join(words), [], resilient_parsing=True)
    said = [f"## {' '.join(words)}", _code(verb.get_usage(context)), _prose(verb.help or ""), _examples(verb.epilog)]
    records = [(p.param_type_name, p.get_help_record(context)) for p in verb.get_params(context)]
    for kind, title in (("argument", "Argument"), ("option", "Option")):
        rows = [record for found, record in records if found == kind and record]
        said.append(_table(title, rows) if rows else "")
    return "\n\n".join(part for part in said if part)


def _examples(epilog: str | None) -> str:
    """The examples of a verb as commands, with what each is for as a comment above it."""
    lines = (epilog or "").strip().splitlines()
    if "Examples:" not in lines:
        return _prose(epilog or "")
    shown = lines[lines.index("Examples:") + 1 :]
    commands = (line.strip() if line.startswith("    ") else f"# {line.strip()}" for line in shown)
    return "```bash\n" + "\n".join(commands) + "\n```"


def _prose(text: str) -> str:
    """Paragraphs; what keeps its lines (click's backspace) or is indented is code."""
    parts = []
    for paragraph in filter(str.strip, re.split(r"\n\s*\n", text.replace("\r", ""))):
        kept = paragraph.lstrip("\n").startswith("\b") or all(re.match(r"\s{2,}|$", x) for x in paragraph.split("\n"))
        parts.append(_code(paragraph.replace("\b", "").strip("\n")) if kept else _escaped(paragraph))
    return "\n\n".join(parts)


def _code(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| `{_cell(names)}` | {_cell(_escaped(said))} |" for names, said in rows]
    return "\n".join([f"| {title} | |", "|---|---|", *lines])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>{}$])", r"\\\1", text)


def fill(app: Sphinx, docname: str, content: list[str]) -> None:
    """Put the reference into its place."""
    if PLACE in content[0]:
        content[0] = content[0].replace(PLACE, reference())
        app.env.note_reread()


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
