"""An exhibit: everything that is shown about one input, as plain data, checked on the way in.

A page is made from it alone: no model, no data set, no answer has to be at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, final

import numpy as np

from deepcheck.errors import DataError
from deepcheck.program import Array
from deepcheck.report.exhibit_answers import MADE, bounds, feature_answer, text_answer
from deepcheck.report.exhibit_checks import (
    Check,
    flag,
    listed,
    number,
    one_of,
    or_null,
    packed,
    record,
    refuse,
    unpacked,
    whole,
    words,
)

SCHEMA = 1
METRICS = ("coi", "co", "abs", "reach")
MOST_ELEMENTS = 1 << 24
"""The largest input that an exhibit may show."""
MOST_LABELS = 1 << 20
MOST_COEFFICIENTS = 1 << 25

_MODEL = {"name": words, "sha256": words}
_FEATURE_MODEL = _MODEL | {
    "decision": one_of("arg max", "arg min", "sign"),
    "rounded_constants": listed(words),
    "mean": listed(number),
    "std": listed(number),
}
_HEAD = {"schema": one_of(SCHEMA), "kind": one_of("features", "text"), "name": words, "made": MADE}
_SIZES = listed(whole(1, MOST_ELEMENTS), most=32)


@final
@dataclass(frozen=True, eq=False)
class Exhibit:
    """What is shown about one input. Made by `from_json` only, which looks at all of it.

    Attributes:
        held: The plain data, as docs/runs.md says.
    """

    held: Mapping[str, Any]

    @staticmethod
    def from_json(held: Any) -> "Exhibit":
        """An exhibit from what a run's file holds.

        Raises:
            DataError: If anything in it is not as it should be: a type, the length of an array, a place outside the
                input, counts that do not add up, a verdict that they do not give.
        """
        record(_HEAD)(held, "the exhibit")
        (_check_text if held["kind"] == "text" else _check_features)(held)
        return Exhibit(held)

    def as_json(self) -> dict[str, Any]:
        """The plain data."""
        return dict(self.held)

    @property
    def kind(self) -> str:
        """What the input is: "features" or "text"."""
        return str(self.held["kind"])

    @property
    def name(self) -> str:
        """What the input is called."""
        return str(self.held["name"])

    @property
    def label(self) -> int:
        """The label that the model gives."""
        return int(self.held["label"])

    @property
    def answers(self) -> tuple[Mapping[str, Any], ...]:
        """What was asked about it, and what came of it."""
        return tuple(self.held["answers"])

    @property
    def count(self) -> int:
        """How many features or words there are."""
        return int(self.held["features"]["count"]) if self.kind == "features" else len(self.held["words"])

    @property
    def elements(self) -> int:
        """How many elements each feature owns."""
        return int(self.held["features"]["elements"])

    @property
    def grid(self) -> tuple[int, int] | None:
        """Rows and columns of the features, where they are a picture."""
        found = self.held["features"]["grid"] if self.kind == "features" else None
        return None if found is None else (int(found[0]), int(found[1]))

    def values(self) -> Array:
        """The input in the user's units, feature by feature, ``(count, elements)``."""
        return self._array(self.held["values"], self.count * self.elements).reshape(self.count, self.elements)

    def bound(self, side: str) -> Array:
        """The "lower" or "upper" end of the domain, infinite where there is none, ``(count, elements)``."""
        held, shape = self.held["bounds"][side], (self.count, self.elements)
        if isinstance(held, str):
            return self._array(held, self.count * self.elements).reshape(shape)
        open_end = -np.inf if side == "lower" else np.inf
        return np.full(shape, open_end if held is None else held)

    def scores(self, metric: str) -> Array:
        """The score of each feature or word, ``(count,)``.

        Raises:
            DataError: If the exhibit has none by this metric.
        """
        held = self.held["scores"].get(metric)
        if held is None:
            known = ", ".join(name for name in METRICS if self.held["scores"].get(name) is not None)
            raise DataError(f"expected a metric of {known} for {self.name!a}, got {metric!a}")
        return self._array(held, self.count) if isinstance(held, str) else np.array(held, dtype=np.float64)

    def coefficients(self) -> tuple[Array, Array]:
        """Labels, ``(labels,)``, and the coefficients of their scores along the path, ``(labels, count)``."""
        held = self.held["coefficients"]
        labels = np.array(held["labels"], dtype=np.int64)
        return labels, self._array(held["values"], len(labels) * self.count).reshape(len(labels), self.count)

    def _array(self, held: str, count: int) -> Array:
        return unpacked(held, count, "an array").astype(np.float64)


def _check_features(held: Mapping[str, Any]) -> None:
    """Check an exhibit about features."""
    features = held.get("features")
    record(
        {
            "count": whole(1, MOST_ELEMENTS),
            "shape": _SIZES,
            "grid": or_null(listed(whole(1, MOST_ELEMENTS), exactly=2)),
            "grouping": one_of("element", "pixel", "word"),
            "layout": one_of("nchw", "nhwc"),
            "elements": whole(1, MOST_ELEMENTS),
        }
    )(features, "features")
    assert features is not None, "checked just now"
    count, elements = features["count"], features["elements"]
    if count * elements > MOST_ELEMENTS:
        raise refuse(f"at most {MOST_ELEMENTS:,} elements", "features", count * elements)
    for name in ("shape", "grid"):
        if features[name] is not None and prod(features[name]) != count:
            raise refuse(f"lengths whose product is {count:,}", f"features.{name}", str(features[name]))
    or_null(listed(words, exactly=count))(features.get("names"), "features.names")
    labels = _check_labels(held)
    scores = dict.fromkeys(METRICS[:3], packed(count))
    record(
        {
            "model": record(_FEATURE_MODEL),
            "input": record({"sha256": words, "shape": _SIZES}),
            "outputs": _outputs(labels, held["model"] if isinstance(held.get("model"), dict) else {}),
            "true_label": or_null(whole(0, 2**53)),
            "values": packed(count * elements),
            "picture": or_null(record({"channels": one_of(1, 3), "black": number, "white": number})),
            "bounds": record(dict.fromkeys(("lower", "upper"), bounds(count, elements))),
            "scores": record(scores, {"reach": or_null(packed(count))}),
            "coefficients": _coefficients(count, labels),
            "answers": listed(feature_answer(count, elements, labels), most=1000),
        },
        {"remarks": listed(words, most=100)},
    )(held, "the exhibit")
    picture = held["picture"]
    if picture is not None and (features["grid"] is None or picture["channels"] != elements):
        raise refuse(f"a picture of a grid with {elements} channels", "picture", str(picture["channels"]))
    _same_label(held)


def _check_text(held: Mapping[str, Any]) -> None:
    """Check an exhibit about words."""
    labels = _check_labels(held)
    place = whole(0, 10**7)
    word = record({"position": whole(1, 10**6), "word": words, "known": flag, "start": place, "end": place})
    record({"text": words, "words": listed(word, most=10**5)})(held, "the exhibit")
    end = 0
    for at, each in enumerate(held["words"]):
        if each["position"] != at + 1 or not end <= each["start"] < each["end"] <= len(held["text"]):
            raise refuse("words in the order in which they stand in the text", f"words[{at}]", each["position"])
        end = each["end"]
    count, outputs = len(held["words"]), held.get("outputs")
    single = isinstance(outputs, list) and len(outputs) == 1
    scores = dict.fromkeys(METRICS[:3], listed(number, exactly=count))
    record(
        {
            "model": record(_MODEL),
            "outputs": _outputs(labels, {"decision": "sign" if single else "arg max"}),
            "scores": record(scores),
            "answers": listed(text_answer(count, labels), most=1000),
        },
        {"remarks": listed(words, most=100)},
    )(held, "the exhibit")
    _same_label(held)


def _check_labels(held: Mapping[str, Any]) -> int:
    """Check the names of labels; how many there are."""
    record({"labels": listed(words, most=MOST_LABELS)})(held, "the exhibit")
    count = len(held["labels"])
    if count < 2:
        raise refuse("at least 2 labels", "labels", count)
    record({"label": whole(0, count - 1)})(held, "the exhibit")
    return count


def _outputs(labels: int, model: Mapping[str, Any]) -> Check:
    """The outputs of a model: one for each label, or one that decides between two."""
    single = model.get("decision") == "sign"
    if single and labels != 2:
        raise refuse("2 labels of a model with one output", "labels", labels)
    return listed(or_null(number), exactly=1 if single else labels)


def _coefficients(count: int, labels: int) -> Check:
    fields = record({"labels": listed(whole(0, labels - 1), most=labels), "values": _string})

    def check(held: Any, where: str) -> None:
        fields(held, where)
        if len(set(held["labels"])) != len(held["labels"]) or len(held["labels"]) * count > MOST_COEFFICIENTS:
            raise refuse("labels, each once", f"{where}.labels", len(held["labels"]))
        packed(len(held["labels"]) * count)(held["values"], f"{where}.values")

    return check


def _string(held: Any, where: str) -> None:
    """A string of any length: what is in it is looked at once its length is known."""
    if not isinstance(held, str):
        raise refuse("numbers in base64", where, held)


def _same_label(held: Mapping[str, Any]) -> None:
    """Are all answers about the same label as the exhibit?"""
    for at, answer in enumerate(held["answers"]):
        if answer["label"] != held["label"]:
            raise refuse(f"the label {held['label']}", f"answers[{at}].label", answer["label"])
