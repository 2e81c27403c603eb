"""A question with its verdict, as plain data: what reports for machines (JUnit, SARIF) are written from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from deepcheck.attacks import Result, SmallestResult
from deepcheck.report.witness_words import attack_in_words, least_attack

Verdict = Literal["attack", "proved", "undecided"]
VERDICTS: tuple[Verdict, ...] = ("attack", "proved", "undecided")


@dataclass(frozen=True)
class Checked:
    """One question about one input of one model, and what became of it.

    Attributes:
        name: The input, as it was named.
        question: What was asked, in words, without its verdict.
        verdict: "attack", "proved" or "undecided".
        said: The verdict in one sentence, with its scope, domain and counts.
        witness: One attack in words; "" without one.
        seconds: How long the analysis took.
        model: The model's file, or its name.
        model_sha256: Of the model file.
        input_file: The input's file; "" where it is none.
        identity: The hash of model, input and question: the same question in another run has the same.
        facts: What else there is to know: scope, domain, arithmetic, versions, ..., as words.
    """

    name: str
    question: str
    verdict: Verdict
    said: str
    witness: str
    seconds: float
    model: str
    model_sha256: str
    input_file: str = ""
    identity: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def checked(
    result: Result,
    *,
    name: str,
    model: str,
    input_file: str = "",
    facts: Mapping[str, str] | None = None,
    names: Sequence[str] = (),
    label_names: Sequence[str] = (),
) -> Checked:
    """A result as plain data.

    Args:
        result: The result of one input.
        name: The input, as it was named.
        model: The model's file, or its name.
        input_file: The input's file, if it came from one.
        facts: More facts: the command, versions.
        names: Of the features.
        label_names: Of the labels.
    """
    study, attack = result.study, least_attack(result)
    asked = _question(result)
    identity = hashlib.sha256()
    for part in (
        study.program.origin.sha256.encode(),
        study.x[result.item].tobytes(),
        asked.encode(),
        study.box.lower.tobytes() + study.box.upper.tobytes(),
        result.order.tobytes(),
        repr(study.asked).encode(),
    ):
        identity.update(len(part).to_bytes(8, "big") + part)
    return Checked(
        name=name,
        question=asked,
        verdict=cast(Verdict, result.verdict),
        said=str(result),
        witness="" if attack is None else attack_in_words(attack, result, names, label_names),
        seconds=result.seconds,
        model=model,
        model_sha256=study.program.origin.sha256,
        input_file=input_file,
        identity=identity.hexdigest(),
        facts={
            "scope": result.scope,
            "domain": result.domain.describe(),
            "arithmetic": result.arithmetic,
            "semantics": result.semantics,
            "size": str(result.size),
            "features": str(len(result.order)),
            "label": str(result.label),
            **{name: str(count) for name, count in result.counts.items()},
            **(facts or {}),
        },
    )


def _question(result: Result) -> str:
    count, study = len(result.order), result.study
    if isinstance(result, SmallestResult):
        what = "any number"
    else:
        what = "any one" if result.size == 1 else f"at most {result.size}"
    aim = "change the label" if study.asked.target is None else f"change the label to {study.asked.target}"
    where = "along any path" if study.asked.paths == "all" else "along the input's path"
    return f"can {what} of {count} features, with {result.domain.describe()}, {aim} {where}?"
