"""The answers of a minimal run as tables of a report."""

import json
from collections.abc import Mapping
from typing import Any

from deepcheck.campaign import Answer, MinimalTable
from deepcheck.errors import DataError
from deepcheck.report.exhibit_checks import listed, number, or_null, record, whole, words
from deepcheck.report.page_parts import Cell, Grid, Section
from deepcheck.runs import Source, Store
from deepcheck.verbs.keeping import SEARCH

_COUNT = whole(0, 2**53)
_KEPT = record(
    {
        "digest": words,
        "label": _COUNT,
        "bound": whole(1, 2**53),
        "features": or_null(listed(_COUNT)),
        "new_label": or_null(_COUNT),
        "values": listed(number),
        "flips": or_null(_COUNT),
        "most": whole(1, 2**53),
        "reason": words,
        "along_bound": or_null(_COUNT),
        "along_size": or_null(_COUNT),
        "limit_seconds": or_null(number),
        "seconds": number,
    }
)
_QUESTION = record({"paths": words, "features": words, "bounds": listed(or_null(number), exactly=2)})


def minimal_section(store: Store, source: Source) -> Section:
    """What a store knows of the smallest sets of a data set's inputs.

    Raises:
        DataError: If an answer is not as it should be.
    """
    question = json.loads(source.question)
    heading = f"The fewest features that overturn each prediction: {source.dataset or 'inputs'}"
    if question.get("search", 1) != SEARCH:
        count = store.sources()[source]
        why = "it could call a size proved where the time ran out: the same run asks again"
        return Section(heading, {"Not shown": f"{count:,} answers of another search than this DeepCheck's; {why}"})
    try:
        _QUESTION(question, "the question")
        answers = {item: _answer(held) for item, held in store.answers(source).items()}
    except DataError as problem:
        raise DataError(f"{store.path}: {problem}") from None
    most = max((answer.most for answer in answers.values()), default=1)
    table = MinimalTable(len(answers), (), answers, most, most, question["paths"], {}, 0, 0, False)
    return Section(
        heading,
        _about(source, question, table),
        tables=(_sizes(table), _images(table)),
    )


def _answer(held: Mapping[str, Any]) -> Answer:
    _KEPT(held, "an answer about a smallest set")
    answer = Answer.from_json(held)
    if answer.size is not None and answer.size < answer.bound:
        raise DataError(f"expected a set of at least {answer.bound} features, got one of {answer.size}: damaged")
    return answer


def _about(source: Source, question: Mapping[str, Any], table: MinimalTable) -> dict[str, Cell]:
    lower, upper = ("none" if end is None else f"{end:g}" for end in question["bounds"])
    counts = table.counts
    return {
        "Model sha256": source.model,
        "Data set": source.dataset,
        "Paths": "any path" if question["paths"] == "all" else "each input's own path",
        "Features": question["features"],
        "Bounds": f"{lower} to {upper}",
        "Inputs asked about": len(table.answers),
        "Decided": counts["decided"],
        "Open": counts["open"],
        "None up to the size asked overturns": table.histogram.get(0, 0),
        "Seconds": round(sum(answer.seconds for answer in table.answers.values()), 1),
    }


def _sizes(table: MinimalTable) -> Grid:
    along = ["overturned along its own path"] if table.paths == "all" else []
    rows = [
        [row.size, row.smallest, row.proved, row.overturned, row.undecided, *([row.along] if along else [])]
        for row in table.rows
    ]
    return Grid(
        "Inputs by the number of features that may change at most",
        ["features", "smallest for", "no set overturns (proved)", "overturned (replayed)", "open", *along],
        rows,
        "The three counts of a row (proved, overturned, open) add up to the inputs asked about.",
    )


def _images(table: MinimalTable) -> Grid:
    rows: list[list[Cell]] = []
    for item, answer in sorted(table.answers.items()):
        settled = answer.settled(answer.most)
        features = "" if answer.features is None else ", ".join(map(str, answer.features))
        state = "decided" if settled else f"open ({answer.reason or 'not asked further'})"
        found: list[Cell] = [answer.label, answer.bound, answer.size, features, answer.new_label, answer.along_size]
        rows.append([item, *found, answer.flips, state, round(answer.seconds, 3)])
    headings = ["input", "label", "at least", "at most", "features", "new label", "along its own path", "flips"]
    return Grid(
        "Every input",
        [*headings, "state", "seconds"],
        rows,
        "At least: no set of fewer features overturns the label, proved. At most: a set of so many does, replayed.",
    )
