"""A report: one page that shows whatever was found, and needs nothing else."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import deepcheck
from deepcheck.attacks import Attacks, Result
from deepcheck.campaign import MinimalTable
from deepcheck.display.files import write_atomically
from deepcheck.errors import DataError, OptionError
from deepcheck.report.exhibit import Exhibit
from deepcheck.report.exhibit_keeping import found_by, read_exhibits
from deepcheck.report.page_parts import Cell, Section
from deepcheck.runs import Source, Store
from deepcheck.text.results import TextResult, WordScores
from deepcheck.verbs.exhibit_heads import Names
from deepcheck.verbs.exhibiting import exhibit_of, exhibits
from deepcheck.verbs.keeping import STORE
from deepcheck.verbs.report_minimal import minimal_section

LIMIT = 100
"""So many inputs of a data set are shown by default."""


def save_report(
    what: Any,
    file: str | Path,
    *,
    title: str = "",
    limit: int = LIMIT,
    names: Sequence[str] | None = None,
    true_labels: Sequence[int | None] | None = None,
    label_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
) -> None:
    """Write a page that shows what was found: statements, pictures, tables, how to ask again. It needs nothing else.

    Args:
        what: A run's folder; or what `attack`, `smallest`, `attack_text`, `prove_text` or `word_importance` returned;
            or a list of such answers. Answers in a list that are about one input of one call's batch each are shown
            one by one; two about the same input are shown together.
        file: The page, usually ``.html``; written whole or not at all.
        title: What it is about.
        limit: At most so many inputs of each data set are shown.
        names: What the inputs are called, one name for each, for answers.
        true_labels: Their true labels, for answers about features.
        label_names: What labels are called, for answers about features.
        feature_names: What features are called, for answers about features.

    Raises:
        OptionError: If there is nothing to show, names do not fit, or the file cannot be written.
        DataError: If the run's folder has no store, or one that is damaged or of something else.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise OptionError(f"expected a limit of 1 or more inputs, got {limit!r}")
    place = Path(file)
    if isinstance(what, (str, Path, Run)):
        if any(given is not None for given in (names, true_labels, label_names, feature_names)):
            raise OptionError("expected names and labels for answers only: a run's folder has its own")
        found = what if isinstance(what, Run) else read_run(what, limit)
        _write(place, title or f"Report on {found.folder.resolve().name}", found.sections, found.folder)
        return
    shown = _shown(what, limit, names, true_labels, Names(feature_names, label_names))
    about: dict[str, Cell] = {} if shown.left == 0 else {"Shown": f"the first {limit}; {shown.left} more are not"}
    _write(place, title or "DeepCheck report", [Section("Input by input", about, shown.exhibits)], None)


@dataclass(frozen=True)
class Run:
    """What a run's folder holds, as a report shows it.

    Attributes:
        folder: The folder.
        sections: Its parts.
        exhibits: All exhibits that are shown.
        left: How many exhibits are not shown, over the limit.
        tables: How many minimal runs there are.
    """

    folder: Path
    sections: tuple[Section, ...]
    exhibits: tuple[Exhibit, ...]
    left: int
    tables: int


def read_run(folder: str | Path, limit: int = LIMIT) -> Run:
    """Read a run's folder, without any change to it.

    Raises:
        DataError: If it has no store, or one that is damaged, empty or of something else.
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"expected a run's folder, but there is no folder {place}: make one with deepcheck run")
    sections: list[Section] = []
    shown: list[Exhibit] = []
    left = tables = 0
    with Store.reading(place / STORE) as store:
        counts = store.sources()
        for source, held in _by_source(store, limit):
            about: dict[str, Cell] = {"Inputs": counts[source]}
            if len(held) < counts[source]:
                about["Shown"] = f"the first {limit} of {counts[source]}"
            sections.append(Section(_heading(source), about, held))
            shown += held
            left += counts[source] - len(held)
        for source in sorted(store.sources(), key=lambda source: source.key):
            if found_by(source) == "smallest":
                sections.append(minimal_section(store, source))
                tables += 1
    if not sections:
        raise DataError(f"expected answers in {place / STORE}, found none that a report shows: run deepcheck run first")
    return Run(place, tuple(sections), tuple(shown), left, tables)


def _by_source(store: Store, limit: int) -> list[tuple[Source, list[Exhibit]]]:
    found: dict[Source, list[Exhibit]] = {}
    for source, _, exhibit in read_exhibits(store, limit):
        found.setdefault(source, []).append(exhibit)
    return list(found.items())


def _heading(source: Source) -> str:
    special = {"input": "Single inputs", "text": "Texts", "": "Inputs"}
    return special.get(source.dataset, f"Inputs of {source.dataset}")


def _write(file: Path, title: str, sections: Sequence[Section], folder: Path | None) -> None:
    from deepcheck.report.page_whole import report_html

    date = datetime.now(UTC).isoformat(timespec="seconds")
    content = report_html(
        title,
        sections,
        footer=f"Written by DeepCheck {deepcheck.__version__} at {date}.",
        folder=folder,
        beside="" if folder is None else beside(folder, file),
    )
    write_atomically(file, lambda stream: stream.write(content))


def beside(folder: Path, file: Path) -> str:
    """Where a folder lies as an address seen from a page, ending in a slash; "" where it is the page's own."""
    try:
        found = os.path.relpath(folder.resolve(), file.resolve().parent)
    except ValueError:  # on another drive
        return folder.resolve().as_uri() + "/"
    return "" if found == "." else quote(Path(found).as_posix()) + "/"


@dataclass(frozen=True)
class _Shown:
    exhibits: tuple[Exhibit, ...]
    left: int


def _shown(
    what: Any,
    limit: int,
    names: Sequence[str] | None,
    true_labels: Sequence[int | None] | None,
    called: Names,
) -> _Shown:
    """Exhibits of answers: those about one input in one."""
    groups: dict[Any, list[Any]] = {}
    for answer in _answers(what):
        groups.setdefault(_about(answer), []).append(answer)
    if not groups:
        raise OptionError("expected something to report on, got an empty list")
    for given, said in ((names, "names"), (true_labels, "true labels")):
        if given is not None and len(given) != len(groups):
            raise OptionError(f"expected {said} of {len(groups)} inputs, got {len(given)}")
    found: list[Exhibit | None] = [None] * min(limit, len(groups))
    kept = list(enumerate(list(groups.values())[:limit]))
    titles = [names[at] if names is not None else _title(own[0], at) for at, own in kept]
    results = [(at, own) for at, own in kept if isinstance(own[0], Result)]
    made = exhibits(
        [own for _, own in results],
        names=[titles[at] for at, _ in results],
        true_labels=[None if true_labels is None else true_labels[at] for at, _ in results],
        called=called,
    )
    for (at, _), each in zip(results, made, strict=True):
        found[at] = each
    for at, own in kept:
        if found[at] is None:
            found[at] = _text(own, titles[at])
    return _Shown(tuple(each for each in found if each is not None), len(groups) - len(kept))


def _text(own: Sequence[TextResult | WordScores], name: str) -> Exhibit:
    """One exhibit of all answers about one text."""
    parts = [exhibit_of(answer, name=name) for answer in own]
    answers = [answer for part in parts for answer in part.answers]
    return Exhibit.from_json(parts[0].as_json() | {"answers": answers})


def _answers(what: Any) -> Iterator[Result | TextResult | WordScores]:
    """The answers in whatever was given, one input each."""
    if isinstance(what, (Result, TextResult, WordScores)):
        yield what
    elif isinstance(what, (Attacks, list, tuple)):
        for each in what:
            yield from _answers(each)
    else:
        run = " (of a minimal run give the folder)" if isinstance(what, MinimalTable) else ""
        raise OptionError(
            f"expected a run's folder, the result of an attack, of a text, or a list of them, got "
            f"{type(what).__name__}{run}"
        )


def _about(answer: Result | TextResult | WordScores) -> Any:
    """What tells the inputs of answers apart: the model, the input, and what is shown of it."""
    if isinstance(answer, Result):
        study = answer.study
        return (
            study.program.origin.sha256, study.x[answer.item].tobytes(), study.features.grouping,
            study.features.layout, answer.domain,
        )  # fmt: skip
    return answer.model.program.origin.sha256, answer.sentence.text


def _title(answer: Result | TextResult | WordScores, at: int) -> str:
    if isinstance(answer, Result):
        return f"input {at}"
    text = " ".join(answer.sentence.text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
