"""``deepcheck text attack`` and ``deepcheck text prove``: the few words that, replaced, overturn a text's label."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.text_options import (
    File,
    Html,
    Json,
    Keep,
    Labels,
    Limit,
    Model,
    Nearest,
    NoStopWords,
    NoUnknown,
    Only,
    Pad,
    Paths,
    Positions,
    Rank,
    Read,
    Similar,
    Text,
    Timeout,
    Vectors,
    Vocabulary,
)

if TYPE_CHECKING:
    from deepcheck.cli.text_inputs import Constraints, ModelFiles
    from deepcheck.text.results import TextResult


def attack(
    text: Text = None,
    model: Model = "imdb_tuned",
    vocabulary: Vocabulary = None,
    vectors: Vectors = None,
    labels: Labels = None,
    read: Read = "last",
    pad: Pad = "left",
    most: Annotated[int | None, typer.Option(metavar="N", min=1, help="Replace at most N words.")] = None,
    paths: Paths = "all",
    keep: Keep = None,
    positions: Positions = None,
    nearest: Nearest = None,
    similar: Similar = None,
    no_stop_words: NoStopWords = False,
    no_unknown: NoUnknown = False,
    only: Only = None,
    rank: Rank = "margin",
    limit: Limit = 10,
    timeout: Timeout = None,
    file: File = None,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Find the fewest words that, replaced by words of the vocabulary, change a text's label.

    Every new sentence is run again on the untouched model; that fewer words do not do it is proved.
    """
    import deepcheck
    from deepcheck.cli.text_inputs import Constraints, ModelFiles

    files = ModelFiles(model, vocabulary, vectors, labels, read, pad)
    constraints = Constraints(keep, positions, nearest, similar, no_stop_words, no_unknown, only)
    options = {"most": most, "paths": paths, "rank": rank, "limit": limit, "timeout": timeout}
    _answer(text, file, files, constraints, deepcheck.attack_text, options, html=html, as_json=as_json)


def prove(
    text: Text = None,
    size: Annotated[
        int, typer.Option(metavar="1|2|N", min=1, help="Replace at most N words: every word, every pair, or more.")
    ] = 1,
    model: Model = "imdb_tuned",
    vocabulary: Vocabulary = None,
    vectors: Vectors = None,
    labels: Labels = None,
    read: Read = "last",
    pad: Pad = "left",
    paths: Paths = "all",
    keep: Keep = None,
    positions: Positions = None,
    nearest: Nearest = None,
    similar: Similar = None,
    no_stop_words: NoStopWords = False,
    no_unknown: NoUnknown = False,
    only: Only = None,
    rank: Rank = "margin",
    limit: Limit = 10,
    timeout: Timeout = None,
    file: File = None,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Prove that no 1 word (or pair, or few words) of the vocabulary, put in anywhere, changes a text's label.

    Or list those that do, each run again on the untouched model.
    """
    import deepcheck
    from deepcheck.cli.text_inputs import Constraints, ModelFiles

    files = ModelFiles(model, vocabulary, vectors, labels, read, pad)
    constraints = Constraints(keep, positions, nearest, similar, no_stop_words, no_unknown, only)
    options = {"size": size, "paths": paths, "rank": rank, "limit": limit, "timeout": timeout}
    _answer(text, file, files, constraints, deepcheck.prove_text, options, html=html, as_json=as_json)


def _answer(
    text: str | None,
    file: str | None,
    files: "ModelFiles",
    constraints: "Constraints",
    verb: "Callable[..., TextResult]",
    options: dict[str, Any],
    *,
    html: Path | None,
    as_json: bool,
) -> None:
    """Ask, show, and leave with the exit status."""
    from deepcheck.cli.text_answering import Progress, Views, answer
    from deepcheck.cli.text_inputs import one_text, with_places
    from deepcheck.cli.text_printing import print_result, row
    from deepcheck.text.markup import result_part
    from deepcheck.text.schema import result_as_json

    one_text(text, file)
    choices = constraints.choices()
    model = files.load()

    def ask(one: str, progress: Progress) -> "TextResult":
        with_places(model, one, choices)
        return verb(model, one, choices=choices, progress=progress, **options)

    views = Views(
        what="trying words",
        title="Words that overturn a label",
        show=print_result,
        as_json=result_as_json,
        part=result_part,
        headings=("label", "score", "verdict", "words", "bound", "changes"),
        row=row,
        is_open=lambda result: bool(result.verdict == "undecided"),
    )
    raise typer.Exit(answer(text, file, ask, views, html=html, as_json=as_json))
