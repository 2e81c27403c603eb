"""One text, or each line of a file: asked about, shown, and written down, whatever the question is."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcheck.cli.text_inputs import Line, lines_of, one_text
from deepcheck.errors import InputError

Progress = Callable[[float], None] | None


@dataclass(frozen=True)
class Views:
    """How one kind of answer is shown.

    Attributes:
        what: What is going on while it is looked for.
        title: Of its page.
        show: Prints it.
        as_json: Makes one JSON object of it.
        part: Makes HTML of it.
        headings: Of a table with a row for each text.
        row: Its row there.
        is_open: Is something undecided?
        record: Keeps it in a run's folder; None where none was given.
        out: That folder.
    """

    what: str
    title: str
    show: Callable[[Any], None]
    as_json: Callable[[Any], dict[str, Any]]
    part: Callable[[Any], str]
    headings: tuple[str, ...]
    row: Callable[[Any], Sequence[str]]
    is_open: Callable[[Any], bool] = lambda found: False
    record: Callable[[Any], None] | None = None
    out: Path | None = None


@dataclass(frozen=True)
class Answer:
    """What came of one line of a file: an answer, or why there is none."""

    line: Line
    found: Any
    reason: str = ""


def answer(
    text: str | None,
    file: str | None,
    ask: Callable[[str, Progress], Any],
    views: Views,
    *,
    html: Path | None,
    as_json: bool,
) -> int:
    """Ask about one text, or about each line of a file, and show what comes.

    Args:
        text: The text, or None.
        file: The file, or None.
        ask: Asks about one text; called with how to tell the share of the work that is done.
        views: How the answer is shown.
        html: Where a page is to be written.
        as_json: Print JSON, and nothing else?

    Returns:
        The exit status: 0 if all is answered, else 1.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the one text, or the file, is none that can be asked about.
    """
    one = one_text(text, file)
    return _one(one, ask, views, html, as_json) if file is None else _many(lines_of(file), ask, views, html, as_json)


def _one(text: str | None, ask: Callable[[str, Progress], Any], views: Views, html: Path | None, as_json: bool) -> int:
    from deepcheck.cli import showing

    with showing.working(views.what) as say:
        found = ask(text or "", showing.shares(say))
    if html is not None:
        _write(html, views, [("", views.part(found))])
    if views.record is not None:
        views.record(found)
        _kept(views)
    if as_json:
        showing.print_json(views.as_json(found))
    else:
        views.show(found)
    return int(views.is_open(found))


def _many(
    lines: Sequence[Line],
    ask: Callable[[str, Progress], Any],
    views: Views,
    html: Path | None,
    as_json: bool,
) -> int:
    from deepcheck.cli import showing

    answers = []
    with showing.working(views.what) as say:
        for done, line in enumerate(lines, start=1):
            if say is not None:
                say(f"text {done} of {len(lines)}")
            answers.append(_asked(line, ask))
            if views.record is not None and answers[-1].found is not None:
                views.record(answers[-1].found)
    if html is not None:
        _write_many(html, views, answers)
    if views.record is not None:
        _kept(views)
    if as_json:
        showing.print_json({"schema": 1, "results": [_as_json(each, views) for each in answers]})
    else:
        _print_many(answers, views)
    return int(any(each.found is None or views.is_open(each.found) for each in answers))


def _kept(views: Views) -> None:
    """Say where answers were kept."""
    from deepcheck.cli import showing

    folder = shlex.quote(str(views.out))
    showing.say(f"kept in {views.out}: deepcheck report {folder} -o report.html shows it")


def _asked(line: Line, ask: Callable[[str, Progress], Any]) -> Answer:
    """A text that cannot be asked about does not stop the others."""
    try:
        return Answer(line, ask(line.text, None))
    except InputError as problem:
        return Answer(line, None, " ".join(str(problem).split()))


def _as_json(each: Answer, views: Views) -> dict[str, Any]:
    from deepcheck.text.schema import refused_as_json

    found = refused_as_json(each.line.text, each.reason) if each.found is None else views.as_json(each.found)
    return {"line": each.line.number, **found}


def _row(each: Answer, views: Views) -> list[str]:
    """The line, the text, and what came of it; its last column is the widest, and has room for a reason."""
    from deepcheck.report.sentences import printable, shortened

    cells = [""] * (len(views.headings) - 1) + [each.reason] if each.found is None else views.row(each.found)
    return [str(each.line.number), shortened(each.line.text), *(printable(cell) for cell in cells)]


def _print_many(answers: Sequence[Answer], views: Views) -> None:
    from deepcheck.display.tables import print_table

    rows = [_row(each, views) for each in answers]
    print_table(["line", "text", *views.headings], rows, left=2 + len(views.headings))


def _write_many(path: Path, views: Views, answers: Sequence[Answer]) -> None:
    from deepcheck.display.markup import escaped, table

    rows = []
    for number, each in enumerate(answers, start=1):
        line, text, *cells = (escaped(cell) for cell in _row(each, views))
        rows.append([line, f'<a href="#text-{number}">{text}</a>', *cells])
    parts = [
        (
            f"Line {each.line.number}",
            f'<section class="dc"><p>{escaped(each.reason)}</p></section>'
            if each.found is None
            else views.part(each.found),
        )
        for each in answers
    ]
    _write(path, views, parts, overview=table(["line", "text", *views.headings], rows))


def _write(path: Path, views: Views, parts: Sequence[tuple[str, str]], overview: str = "") -> None:
    import deepcheck
    from deepcheck.cli import showing
    from deepcheck.display.files import write_atomically
    from deepcheck.display.markup import page

    content = page(views.title, parts, overview=overview, footer=f"Written by deepcheck {deepcheck.__version__}.")
    write_atomically(path, lambda stream: stream.write(content))
    showing.say(f"wrote {path}")
