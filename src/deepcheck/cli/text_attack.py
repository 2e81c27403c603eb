"""``deepcheck text attack`` and ``deepcheck text prove``: the few words that, replaced, overturn a text's label."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

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
    Out,
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
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.cli.text_answering import Views
    from deepcheck.cli.text_inputs import Constraints, ModelFiles


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
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Find the fewest words that, replaced by words of the vocabulary, change a text's label.

    Every new sentence is run again on the untouched model; that fewer words do not do it is proved.
    """
    import deepcheck
    from deepcheck.cli.text_inputs import Constraints, ModelFiles
    from deepcheck.cli.text_printing import result_views

    lp_only = {"--order": order, "--seed": seed, "--objective": objective, "--unbounded": unbounded or None}
    if out is not None and method == "lp":
        raise OptionError("expected --out with --method words only: a run's folder holds answers about real words")
    _check_method(method, {"--paths": paths, "--apart": None if apart == 1 else apart}, lp_only)
    files = ModelFiles(model, vocabulary, vectors, labels, read, pad)
    constraints = Constraints(keep, positions, nearest, similar, no_stop_words, no_unknown or method == "lp", only)
    if method == "lp":
        from deepcheck.cli.text_vectors import vector_views

        options = {
            "most": most, "timeout": timeout, "order": order or "coi", "seed": seed or 0,
            "objective": objective or "margin", "unbounded": unbounded,
        }  # fmt: skip
        _answer(
            text,
            file,
            files,
            constraints,
            deepcheck.attack_vectors,
            options,
            vector_views(),
            html=html,
            as_json=as_json,
        )
    options = {
        "most": most, "paths": paths or "all", "apart": apart, "rank": rank, "limit": limit, "timeout": timeout,
    }  # fmt: skip
    _answer(
        text, file, files, constraints, deepcheck.attack_text, options, result_views(out, timeout), html=html,
        as_json=as_json,
    )  # fmt: skip


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
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Prove that no 1 word (or pair, or few words) of the vocabulary, put in anywhere, changes a text's label.

    Or list those that do, each run again on the untouched model.
    """
    import deepcheck
    from deepcheck.cli.text_inputs import Constraints, ModelFiles
    from deepcheck.cli.text_printing import result_views

    files = ModelFiles(model, vocabulary, vectors, labels, read, pad)
    constraints = Constraints(keep, positions, nearest, similar, no_stop_words, no_unknown, only)
    options = {"size": size, "paths": paths, "apart": apart, "rank": rank, "limit": limit, "timeout": timeout}
    _answer(
        text, file, files, constraints, deepcheck.prove_text, options, result_views(out, timeout), html=html,
        as_json=as_json,
    )  # fmt: skip


def _answer(
    text: str | None,
    file: str | None,
    files: "ModelFiles",
    constraints: "Constraints",
    verb: Callable[..., Any],
    options: dict[str, Any],
    views: "Views",
    *,
    html: Path | None,
    as_json: bool,
) -> NoReturn:
    """Ask, show, and leave with the exit status."""
    from deepcheck.cli.text_answering import Progress, answer
    from deepcheck.cli.text_inputs import one_text, with_places

    one_text(text, file)
    choices = constraints.choices()
    model = files.load()

    def ask(one: str, progress: Progress) -> Any:
        with_places(model, one, choices)
        return verb(model, one, choices=choices, progress=progress, **options)

    raise typer.Exit(answer(text, file, ask, views, html=html, as_json=as_json))


def _check_method(method: str, words_only: dict[str, Any], lp_only: dict[str, Any]) -> None:
    """Refuse options that have no meaning beside a method.

    Raises:
        OptionError: If there is one, or no such method.
    """
    if method not in ("words", "lp"):
        raise OptionError(f"expected a method of words or lp, got '{method}'")
    other, foreign = ("lp", lp_only) if method == "words" else ("words", words_only)
    given = [name for name, value in foreign.items() if value is not None]
    if given:
        why = ": lp follows the path of the text" if method == "lp" else ""
        raise OptionError(f"expected {given[0]} with --method {other} only{why}")
