"""``deepcheck text attack`` and ``deepcheck text prove``: the few words that, replaced, overturn a text's label."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.text_options import (
    Apart,
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
    SomePaths,
    Text,
    Timeout,
    Vectors,
    Vocabulary,
)

if TYPE_CHECKING:
    from deepcheck.cli.text_inputs import Constraints, ModelFiles
    from deepcheck.text.results import TextResult
    from deepcheck.text.vectors import VectorResult


def attack(
    text: Text = None,
    model: Model = "imdb_tuned",
    vocabulary: Vocabulary = None,
    vectors: Vectors = None,
    labels: Labels = None,
    read: Read = "last",
    pad: Pad = "left",
    most: Annotated[int | None, typer.Option(metavar="N", min=1, help="Replace at most N words.")] = None,
    paths: SomePaths = None,
    apart: Apart = 1,
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
    method: Annotated[
        str,
        typer.Option(
            metavar="words|lp",
            help="words: real words from the start, exactly. lp: the paper's, the vectors of the top words by linear "
            "programs along the text's path, then the nearest words.",
        ),
    ] = "words",
    order: Annotated[
        str | None, typer.Option(metavar="METRIC", help="With lp: coi (default), co, abs, reach or random.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="With lp: of a random order.")] = None,
    objective: Annotated[
        str | None, typer.Option(metavar="margin|l1|linf", help="With lp: the largest lead, or the smallest change.")
    ] = None,
    unbounded: Annotated[
        bool, typer.Option("--unbounded", help="With lp: vectors may be anything, as in the paper's formulas.")
    ] = False,
    file: File = None,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Find the fewest words that, replaced by words of the vocabulary, change a text's label.

    Every new sentence is run again on the untouched model; that fewer words do not do it is proved.
    """
    import deepcheck
    from deepcheck.cli.text_inputs import Constraints, ModelFiles
    from deepcheck.errors import OptionError

    if method not in ("words", "lp"):
        raise OptionError(f"expected a method of words or lp, got '{method}'")
    vectors_only = {"--order": order, "--seed": seed, "--objective": objective, "--unbounded": unbounded or None}
    given = [name for name, value in vectors_only.items() if value is not None]
    if given and method == "words":
        raise OptionError(f"expected {given[0]} with --method lp only")
    if method == "lp":
        words_only = {"--paths": paths, "--apart": apart if apart != 1 else None}
        given = [name for name, value in words_only.items() if value is not None]
        if given:
            raise OptionError(f"expected {given[0]} with --method words only: lp follows the path of the text")
        chosen = {
            "most": most, "timeout": timeout, "order": order or "coi", "seed": seed or 0,
            "objective": objective or "margin", "unbounded": unbounded,
        }  # fmt: skip
        files = ModelFiles(model, vocabulary, vectors, labels, read, pad)
        constraints = Constraints(keep, positions, nearest, similar, no_stop_words, True, only)
        _attack_vectors(text, file, files, constraints, chosen, html=html, as_json=as_json)
        return
    paths = paths or "all"

    files = ModelFiles(model, vocabulary, vectors, labels, read, pad)
    constraints = Constraints(keep, positions, nearest, similar, no_stop_words, no_unknown, only)
    options = {"most": most, "paths": paths, "apart": apart, "rank": rank, "limit": limit, "timeout": timeout}
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
    apart: Apart = 1,
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
    options = {"size": size, "paths": paths, "apart": apart, "rank": rank, "limit": limit, "timeout": timeout}
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
    from deepcheck.cli.text_answering import Progress, answer
    from deepcheck.cli.text_inputs import one_text, with_places
    from deepcheck.cli.text_printing import views

    one_text(text, file)
    choices = constraints.choices()
    model = files.load()

    def ask(one: str, progress: Progress) -> "TextResult":
        with_places(model, one, choices)
        return verb(model, one, choices=choices, progress=progress, **options)

    raise typer.Exit(answer(text, file, ask, views(), html=html, as_json=as_json))


def _attack_vectors(
    text: str | None,
    file: str | None,
    files: "ModelFiles",
    constraints: "Constraints",
    options: dict[str, Any],
    *,
    html: Path | None,
    as_json: bool,
) -> None:
    """The same by the paper's method."""
    import deepcheck
    from deepcheck.cli.text_answering import Progress, answer
    from deepcheck.cli.text_inputs import one_text, with_places
    from deepcheck.cli.text_vectors import views

    one_text(text, file)
    choices = constraints.choices()
    model = files.load()

    def ask(one: str, progress: Progress) -> "VectorResult":
        with_places(model, one, choices)
        return deepcheck.attack_vectors(model, one, choices=choices, **options)

    raise typer.Exit(answer(text, file, ask, views(), html=html, as_json=as_json))
