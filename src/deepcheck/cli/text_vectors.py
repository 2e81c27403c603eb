"""``deepcheck text attack --method lp``: the paper's attack, printed."""

from typing import TYPE_CHECKING

from deepcheck.cli.text_answering import Views
from deepcheck.display.tables import print_table
from deepcheck.report import sentences
from deepcheck.text.results import label_text
from deepcheck.text.schema import vectors_as_json
from deepcheck.text.vector_views import HEADINGS, facts, rows, summary, told, vectors_part

if TYPE_CHECKING:
    from deepcheck.text.vectors import VectorResult


def print_vectors(result: "VectorResult") -> None:
    """Print the verdict, the text before and after, and what became of each set of words."""
    model, sentence, best = result.question.model, result.question.sentence, result.replacement
    words = {} if best is None else best.words
    print(f"{result.verdict} {told(result)}")
    print()
    print(f"before: {label_text(model, result.label, result.output)}")
    sentences.print_text(sentences.marked_sentence(sentence, words, old=True))
    if best is not None:
        print(f"after: {label_text(model, best.label, best.output)}, margin {best.margin:.4g}")
        sentences.print_text(sentences.marked_sentence(sentence, words, old=False))
    print()
    for name, said in facts(result):
        print(f"{name}: {said}")
    print_table(HEADINGS, rows(result), left=len(HEADINGS))


def vector_views() -> Views:
    """How its answers are shown."""
    return Views(
        what="making words symbolic",
        title="The paper's attack on a text",
        show=print_vectors,
        as_json=vectors_as_json,
        part=vectors_part,
        headings=("label", "score", "verdict", "words", "symbolic", "changes"),
        row=summary,
        is_open=lambda result: bool(result.verdict == "undecided"),
    )
