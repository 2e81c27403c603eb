"""What was found about replacing a text's words, printed."""

from pathlib import Path
from typing import TYPE_CHECKING

from deepcheck.cli.recording import record_text
from deepcheck.cli.text_answering import Views
from deepcheck.display.tables import print_table
from deepcheck.report import sentences
from deepcheck.text.markup import result_part
from deepcheck.text.results import label_text
from deepcheck.text.schema import result_as_json
from deepcheck.text.verdicts import alternatives, effort, score, told

if TYPE_CHECKING:
    from deepcheck.text.results import TextResult


def print_result(result: "TextResult") -> None:
    """Print the verdict, the text before and after, what was asked, and other ways."""
    print(f"{result.verdict} {told(result)}")
    print()
    best = result.replacements[0] if result.replacements else None
    words = {} if best is None else best.words
    print(f"before: {label_text(result.model, result.label, result.output)}")
    sentences.print_text(sentences.marked_sentence(result.sentence, words, old=True))
    if best is not None:
        print(f"after: {label_text(result.model, best.label, best.output)}, margin {best.margin:.4g}")
        sentences.print_text(sentences.marked_sentence(result.sentence, words, old=False))
    print()
    for name, said in effort(result):
        print(f"{name}: {said}")
    if result.replacements:
        headings, rows = alternatives(result, result.replacements)
        print_table(headings, [[sentences.printable(cell) for cell in row] for row in rows], left=1)


def row(result: "TextResult") -> list[str]:
    """A text's row in a table of many: label, score, verdict, words changed, bound, changes or why there are none."""
    found = "" if result.found is None else str(result.found)
    said = result.replacements[0].said if result.replacements else result.reason
    label = result.model.labels[result.label]
    score_before = score(result.model, result.label, result.output)
    return [label, score_before, result.verdict, found, str(result.bound), said]


def result_views(out: Path | None = None, timeout: float | None = None) -> Views:
    """How answers about replaced words are shown, and kept in a run's folder, if one is given."""
    return Views(
        what="trying words",
        title="Words that overturn a label",
        show=print_result,
        as_json=result_as_json,
        part=result_part,
        headings=("label", "score", "verdict", "words", "bound", "changes"),
        row=row,
        is_open=lambda result: bool(result.verdict == "undecided"),
        record=None if out is None else lambda result: record_text(out, result, timeout=timeout),
        out=out,
    )
