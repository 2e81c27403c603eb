"""``deepcheck text importance``: which words decide a text's label."""

from typing import TYPE_CHECKING, Annotated

import typer

from deepcheck.cli.text_options import File, Html, Json, Labels, Model, Out, Pad, Read, Text, Vectors, Vocabulary

if TYPE_CHECKING:
    from deepcheck.text.results import WordScores

TOP = 10
"""How many words are listed where --top does not say."""


def importance(
    text: Text = None,
    model: Model = "imdb_tuned",
    vocabulary: Vocabulary = None,
    vectors: Vectors = None,
    labels: Labels = None,
    read: Read = "last",
    pad: Pad = "left",
    metric: Annotated[
        str,
        typer.Option(
            metavar="METRIC",
            help="coi, co or abs, the paper's; reach, the largest lead that the word alone could give.",
        ),
    ] = "coi",
    top: Annotated[int, typer.Option(metavar="N", min=1, help="List the N top words.")] = TOP,
    file: File = None,
    html: Html = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Rank the words of a text by how much they decide its label.

    On a terminal the text is coloured: green words speak for the label, red ones against it.
    """
    import deepcheck
    from deepcheck.cli.recording import record_text
    from deepcheck.cli.text_answering import Views, answer
    from deepcheck.cli.text_inputs import ModelFiles, one_text
    from deepcheck.text.markup import scores_part
    from deepcheck.text.schema import scores_as_json

    one_text(text, file)
    loaded = ModelFiles(model, vocabulary, vectors, labels, read, pad).load()
    views = Views(
        what="scoring words",
        title="Words that decide a label",
        show=lambda found: _print(found, top),
        as_json=scores_as_json,
        part=lambda found: scores_part(found, top),
        headings=("label", "score", "top words"),
        row=lambda found: _row(found, top),
        record=None if out is None else lambda found: record_text(out, found),
        out=out,
    )
    status = answer(
        text, file, lambda one, _: deepcheck.word_importance(loaded, one, metric), views, html=html, as_json=as_json
    )
    raise typer.Exit(status)


def _print(found: "WordScores", top: int) -> None:
    from deepcheck.display.tables import print_table
    from deepcheck.report import sentences
    from deepcheck.text.results import label_text
    from deepcheck.text.spans import word_text

    print(label_text(found.model, found.label, found.output))
    print(f"read: {found.sentence.kept}")
    ranked = found.order.tolist()
    ranks = {at: rank for rank, at in enumerate(ranked, start=1)}
    if sentences.coloured():
        print()
        sentences.print_text(sentences.scored_sentence(found))
        sentences.print_text(sentences.legend(found.metric))
        listed, caption = ranked[:top], ""
    else:
        listed, caption = range(len(ranked)), sentences.printable(f"top words: {_listed(found, top)}")
    rows = [
        [at + 1, sentences.printable(word_text(found.sentence, at)), f"{found.scores[at]:.4g}", ranks[at]]
        for at in listed
    ]
    print_table(["place", "word", found.metric, "rank"], rows, caption=caption)


def _listed(found: "WordScores", top: int) -> str:
    from deepcheck.text.spans import word_text

    return ", ".join(f"{word_text(found.sentence, at)} {found.scores[at]:.3g}" for at in found.order[:top].tolist())


def _row(found: "WordScores", top: int) -> list[str]:
    from deepcheck.text.verdicts import score

    label = found.model.labels[found.label]
    return [label, score(found.model, found.label, found.output), _listed(found, top)]
