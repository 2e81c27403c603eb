"""Exhibits in a run's store: one row for each input of a model, with all that was asked about it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deepcheck.errors import DataError
from deepcheck.report.exhibit import Exhibit
from deepcheck.runs import Source, Store

FIND = "exhibit"
"""What the question of an exhibit's row finds."""
_ASKED = (
    "size",
    "paths",
    "target",
    "order",
    "shortlist",
    "first_only",
    "objective",
    "features_asked",
    "domain",
    "apart",
    "counted",
)
"""What tells the questions about one input apart."""


def is_exhibit(source: Source) -> bool:
    """Is this what exhibits are kept under?"""
    return found_by(source) == FIND


def found_by(source: Source) -> str:
    """What the question of some rows finds, "" where it does not say."""
    try:
        question = json.loads(source.question)
    except (ValueError, RecursionError):
        return ""
    return str(question.get("find", "")) if isinstance(question, dict) else ""


def asked(answer: Mapping[str, Any]) -> str:
    """What an answer is an answer to: the same for two that are about the same question."""
    found: dict[str, Any] = {name: answer.get(name) for name in _ASKED}
    if answer.get("smallest") is not None:
        found["size"] = "smallest"
    if answer.get("choices") is not None:
        found["choices"] = answer["choices"]
    return json.dumps(found, sort_keys=True)


def merged(new: Exhibit, earlier: Exhibit | None) -> Exhibit:
    """An exhibit with the answers of an earlier one of the same input beside its own.

    An answer to a question that was asked before takes the earlier one's place; a certificate of the earlier one
    stays where the new one has none and says the same. An answer by other versions, or on another platform, than the
    new ones says so itself.
    """
    if earlier is None or _input(earlier) != _input(new) or earlier.kind != new.kind:
        return new
    known = {asked(answer): _with_origin(answer, earlier, new) for answer in earlier.answers}
    for answer in new.answers:
        before = known.get(asked(answer))
        known[asked(answer)] = dict(answer) if before is None else _with_certificate(answer, before)
    held = new.as_json() | {"answers": list(known.values())}
    if held.get("true_label") is None and earlier.held.get("true_label") is not None:
        held["true_label"] = earlier.held["true_label"]
    return Exhibit.from_json(held)


def keep(store: Store, source: Source, item: int, exhibit: Exhibit) -> Exhibit:
    """Keep an exhibit beside what was asked about the same input before; on disk when this returns.

    Two processes may do so at once: neither loses what the other keeps.
    """

    def make(held: dict[str, Any] | None) -> dict[str, Any]:
        return merged(exhibit, None if held is None else Exhibit.from_json(held)).as_json()

    return Exhibit(store.change(source, item, make))


def read_exhibits(store: Store, most: int | None = None) -> Iterator[tuple[Source, int, Exhibit]]:
    """The exhibits of a store, data set by data set, in the order of their inputs.

    Args:
        store: The store.
        most: Only the first so many of each data set; by default all.

    Raises:
        DataError: If one is not as it should be: which, and what is wrong with it.
    """
    for source in sorted(store.sources(), key=lambda source: source.key):
        if is_exhibit(source):
            for item, held in store.answers(source, most).items():
                try:
                    yield source, item, Exhibit.from_json(held)
                except DataError as problem:
                    raise DataError(f"{store.path}, input {item}: {problem}") from None


def _input(exhibit: Exhibit) -> object:
    return exhibit.held["text"] if exhibit.kind == "text" else exhibit.held["input"]["sha256"]


def _with_origin(answer: Mapping[str, Any], earlier: Exhibit, new: Exhibit) -> dict[str, Any]:
    """An earlier answer, with how it came about where the new exhibit would say something else."""
    made = answer.get("made", earlier.held["made"])
    alike = all(made[name] == new.held["made"][name] for name in ("versions", "platform", "seeds"))
    return {name: value for name, value in answer.items() if name != "made"} | ({} if alike else {"made": made})


def _with_certificate(answer: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    same = all(answer.get(name) == before.get(name) for name in ("verdict", "counts", "attackable"))
    if answer.get("certificate") is None and before.get("certificate") is not None and same:
        return {**answer, "certificate": before["certificate"]}
    return dict(answer)
