"""What a certificate claims, as the object that is written; `deepcheck.certify.checker` says what each entry means."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcheck.domains import Box
from deepcheck.program import Array

VERSION = 1


@dataclass(frozen=True)
class Attacked:
    """A set that is attackable, with its witness.

    Attributes:
        features: The features that change.
        label: The label it gets.
        values: What their elements become, feature by feature, in the model's type.
    """

    features: tuple[int, ...]
    label: int
    values: Array


@dataclass(frozen=True)
class Claim:
    """What is to be certified, in the units and the type of what the model receives.

    Attributes:
        model_name: A name for people.
        sha256: The hash of the model file.
        output: The tensor that labels are read from.
        decision: "arg max", "arg min" or "sign".
        x: The input, in the model's type, flat.
        label: Its label.
        features: The elements that each feature asked about owns.
        size: How many features a set has.
        target: The only label that counts, or None.
        box: Where elements may go.
        scope: "this path" or "all paths".
        attacks: The attackable sets.
    """

    model_name: str
    sha256: str
    output: str
    decision: str
    x: Array
    label: int
    features: Mapping[int, Sequence[int]]
    size: int
    target: int | None
    box: Box
    scope: str
    attacks: Sequence[Attacked]

    def held(
        self,
        attacks: Sequence[dict[str, Any]],
        undecided: Sequence[Sequence[int]] = (),
        left: int = 0,
        evidence: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The certificate's object, but for its digest.

        Args:
            attacks: Attackable sets, as they are written.
            undecided: Sets that are undecided.
            left: How many more are, in whole families.
            evidence: That all others are refuted.
        """
        verdict = "attack" if attacks else "undecided" if undecided or left else "proved"
        return {
            "certificate": "deepcheck",
            "version": VERSION,
            "model": {"name": self.model_name, "sha256": self.sha256, "output": self.output},
            "decision": self.decision,
            "input": array(self.x),
            "label": self.label,
            "claim": {
                "verdict": verdict,
                "scope": self.scope,
                "size": self.size,
                "features": [[int(f), [int(e) for e in elements]] for f, elements in self.features.items()],
                "target": self.target,
                "left": left,
                "domain": self._domain(),
            },
            "attacks": list(attacks),
            "undecided": [list(features) for features in undecided],
            **(evidence or {}),
        }

    def _domain(self) -> dict[str, Any]:
        domain: dict[str, Any] = {"lower": array(_short(self.box.lower)), "upper": array(_short(self.box.upper))}
        if self.box.tables is not None:
            domain["tables"] = [array(table) for table in self.box.tables]
            domain["channel"] = [int(channel) for channel in _short(self.box.channel)]
        return domain


def attack(attacked: Attacked) -> dict[str, Any]:
    """An attack as it is written."""
    return {"features": list(attacked.features), "label": attacked.label, "values": array(attacked.values)}


def array(values: Array) -> dict[str, str]:
    """An array as it is written: its bytes, little end first."""
    little = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"))
    return {"dtype": str(values.dtype), "base64": base64.b64encode(little.tobytes()).decode()}


def _short(values: Array) -> Array:
    """One number where all are the same."""
    return values[:1] if len(values) and (values == values[0]).all() else values
