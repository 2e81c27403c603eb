"""Exhibits made from answers: everything that is shown about one input, with all that was asked about it."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

import deepcheck
from deepcheck.attacks import FeatureResult, Result, SmallestResult, as_json
from deepcheck.errors import OptionError
from deepcheck.report.exhibit import Exhibit
from deepcheck.text.results import TextResult, WordScores
from deepcheck.verbs.exhibit_heads import Names, heads
from deepcheck.verbs.exhibit_texts import text_exhibit

LISTED = 2000
"""So many attackable sets are listed at most, and as many witnesses; counts are of all."""
PARTS = ("numpy", "onnx", "onnxruntime")


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in PARTS}


@dataclass(frozen=True)
class Made:
    """How exhibits came about.

    Attributes:
        command: The command line, "" where there was none.
        seeds: Seeds, where anything was random.
        seconds: How long it took; None for what the answers say.
    """

    command: str = ""
    seeds: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = None

    def as_json(self, seconds: float) -> dict[str, Any]:
        """What an exhibit says of it."""
        versions = {"deepcheck": deepcheck.__version__, "python": platform.python_version()}
        return {
            "command": self.command,
            "versions": versions | _versions(),
            "platform": platform.platform(),
            "seeds": dict(self.seeds),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": float(seconds if self.seconds is None else self.seconds),
        }


@dataclass(frozen=True)
class Said:
    """What goes with an answer.

    Attributes:
        command: A command line that asks exactly this again, "" where there is none.
        timeout: The time limit that it had, in seconds, or None.
        certificate: What an exhibit says of its certificate, or None.
    """

    command: str = ""
    timeout: float | None = None
    certificate: Mapping[str, Any] | None = None


def exhibits(
    results: Sequence[Sequence[Result]],
    *,
    names: Sequence[str],
    true_labels: Sequence[int | None] | None = None,
    said: Sequence[Sequence[Said]] | None = None,
    called: Names | None = None,
    made: Made | None = None,
) -> list[Exhibit]:
    """Exhibits of some inputs, each with one answer or several.

    Args:
        results: For each input, the results about it: the first says which features and which domain are shown.
        names: What each input is called.
        true_labels: The true label of each input, where it is known.
        said: What goes with each result, in the same order.
        called: What features and labels are called.
        made: How all this came about.

    Raises:
        OptionError: If names do not fit the model.
    """
    called, made = called or Names(), made or Made()
    _check_names(results, called)
    begun = _heads(results, called)
    found = []
    for at, (own, head) in enumerate(zip(results, begun, strict=True)):
        with_each = [Said()] * len(own) if said is None else said[at]
        answers = [answer_json(result, each) for result, each in zip(own, with_each, strict=True)]
        true = None if true_labels is None else true_labels[at]
        seconds = sum(result.seconds for result in own)
        whole = {"name": names[at], "true_label": None if true is None or true < 0 else int(true), "answers": answers}
        found.append(Exhibit.from_json(head | whole | {"made": made.as_json(seconds)}))
    return found


def exhibit_of(
    found: Result | TextResult | WordScores,
    *,
    name: str,
    true_label: int | None = None,
    said: Said | None = None,
    called: Names | None = None,
    made: Made | None = None,
) -> Exhibit:
    """The exhibit of one answer, whatever it is about."""
    said = said or Said()
    if isinstance(found, Result):
        return exhibits([[found]], names=[name], true_labels=[true_label], said=[[said]], called=called, made=made)[0]
    made_json = (made or Made()).as_json(getattr(found, "seconds", 0.0))
    return text_exhibit(found, name=name, command=said.command, timeout=said.timeout, made=made_json)


def answer_json(result: Result, said: Said) -> dict[str, Any]:
    """An answer about features as an exhibit holds it."""
    singles = result.size == 1 and not isinstance(result, SmallestResult)
    limit = min(len(result.attacks), result.replays)
    found = as_json(result, limit if singles else min(limit, LISTED))
    if not singles:
        found["attackable"] = found["attackable"][:LISTED]
        found["members"] = np.flatnonzero(result.attacks.memberships()).tolist()
    if isinstance(result, FeatureResult):
        found["open"] = {words: list(features) for words, features in result.open_features.items()}
    asked = sorted(int(feature) for feature in result.order)
    return found | {
        "said": str(result),
        "domain_said": result.domain.describe(),
        "asked": result.asked,
        "features_asked": None if len(asked) == result.study.features.count else asked,
        "timeout": said.timeout,
        "command": said.command,
        "certificate": None if said.certificate is None else dict(said.certificate),
    }


def _heads(results: Sequence[Sequence[Result]], called: Names) -> list[dict[str, Any]]:
    """What the exhibits begin with: inputs of one call in passes of many at once."""
    groups: dict[int, list[int]] = {}
    for at, own in enumerate(results):
        groups.setdefault(id(own[0].study), []).append(at)
    found: dict[int, dict[str, Any]] = {}
    for group in groups.values():
        study = results[group[0]][0].study
        found |= dict(zip(group, heads(study, [results[at][0].item for at in group], called), strict=True))
    return [found[at] for at in range(len(results))]


def _check_names(results: Sequence[Sequence[Result]], called: Names) -> None:
    for own in results:
        study = own[0].study
        labels = study.program.decided().labels
        if called.labels is not None and len(called.labels) != labels:
            raise OptionError(f"expected {labels} names of labels, got {len(called.labels)}")
        if called.features is not None and len(called.features) != study.features.count:
            raise OptionError(f"expected {study.features.count} names of features, got {len(called.features)}")
