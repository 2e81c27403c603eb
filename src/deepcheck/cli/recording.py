"""``--out RUN``: what a verb found about one input, kept in a run's folder beside what was found there before."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepcheck.errors import DeepCheckError

if TYPE_CHECKING:
    from deepcheck.attacks import Result
    from deepcheck.certify import Certificate
    from deepcheck.report.exhibit import Exhibit
    from deepcheck.text.results import TextResult, WordScores


def command_line() -> str:
    """This process's command line, as a shell would read it."""
    return shlex.join(["deepcheck", *sys.argv[1:]])


def record(folder: Path, exhibit: "Exhibit", dataset: str, item: int, like: "Result") -> None:
    """Keep an exhibit in a run's folder.

    Args:
        folder: The run's folder, made where there is none.
        exhibit: The exhibit.
        dataset: The data set of the input.
        item: Its place there.
        like: A result about it: its model, domain and features say what the exhibit is kept under.
    """
    from deepcheck.verbs import keeping

    keeping.record(folder, exhibit, keeping.feature_source(like, dataset), item)


def record_attack(
    out: Path,
    result: "Result",
    *,
    model: str,
    name: str,
    data: Path | None = None,
    timeout: float | None = None,
    certificate: "Certificate | None" = None,
    true_label: int | None = None,
    label_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
) -> None:
    """Keep what ``deepcheck attack`` found in a run's folder, as the exhibit of that input.

    Answers to other questions about the same input stay beside it; one to the same question is replaced. What is kept
    of the command is this process's command line. Says on standard error what was kept where.

    Args:
        out: The run's folder, made where there is none.
        result: The result, of any size, or of the smallest set.
        model: MODEL as it was given: the command that checks the certificate names it.
        name: INPUT as it was given: ``mnist:test:7``, or a file.
        data: The folder of all data sets, if given.
        timeout: The time limit in seconds, if any.
        certificate: The certificate of the result, if one was made: it is written into the run's folder, too.
        true_label: The true label; by default that of the data set, where INPUT is one of its images.
        label_names: What labels are called; by default what the data set calls them, or numbers.
        feature_names: What features are called; by default nothing.
    """
    from deepcheck.cli.showing import say
    from deepcheck.verbs import keeping
    from deepcheck.verbs.exhibit_heads import Names
    from deepcheck.verbs.exhibiting import Made, Said, exhibit_of

    dataset, item = keeping.place_of(name, result.study.x[result.item].tobytes())
    known, classes = true_of(dataset, item, data)
    true_label = known if true_label is None else true_label
    labels = result.study.program.decided().labels
    called = label_names or (classes if classes is not None and len(classes) == labels else None)
    command = command_line()
    held = None
    if certificate is not None:
        asked = f"{Path(name).name}-{result.size}-{result.study.asked.paths}"
        held = keeping.keep_certificate(out, certificate, asked)
        held["command"] = shlex.join(["deepcheck", "check", str(out / held["file"]), "--model", model])
    exhibit = exhibit_of(
        result,
        name=name,
        true_label=true_label,
        said=Said(command, timeout, held),
        called=Names(feature_names, called),
        made=Made(command),
    )
    record(out, exhibit, dataset, item, result)
    say(f"kept in {out}: deepcheck report {shlex.quote(str(out))} -o report.html shows it")


def record_text(out: Path, found: "TextResult | WordScores", *, timeout: float | None = None) -> None:
    """Keep what was found about one text in a run's folder, as the exhibit of that text.

    Args:
        out: The run's folder, made where there is none.
        found: The answer, or the scores of its words.
        timeout: The time limit in seconds, if any.
    """
    from deepcheck.verbs import keeping
    from deepcheck.verbs.exhibiting import Made, Said, exhibit_of

    command, text = command_line(), found.sentence.text
    short = text if len(text) <= 60 else f"{text[:57]}..."
    _, item = keeping.place_of("", text.encode("utf-8", "surrogatepass"))
    exhibit = exhibit_of(found, name=" ".join(short.split()), said=Said(command, timeout), made=Made(command))
    keeping.record(out, exhibit, keeping.text_source(found.model), item)


def true_of(dataset: str, item: int, data: Path | None) -> tuple[int | None, Sequence[str] | None]:
    """The true label of an image of a data set, and what its labels are called; None where that is not known."""
    from deepcheck.cli.inputs import image_set

    name, colon, split = dataset.partition(":")
    if not colon:
        return None, None
    try:
        images = image_set(name, split, data)
    except DeepCheckError:
        return None, None
    return (int(images.labels[item]) if item < len(images.labels) else None), images.classes
