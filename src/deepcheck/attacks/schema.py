"""The one place that knows how a result is written as JSON, and its version."""

import math
from typing import Any

from deepcheck.attacks.result import Result
from deepcheck.attacks.smallest_result import SmallestResult
from deepcheck.attacks.witness import Attack

SCHEMA = 1


def as_json(result: Result, limit: int | None = None) -> dict[str, Any]:
    """A result as one JSON object (no NaN, no infinity: an infinite end is null).

    Args:
        result: The result of one input.
        limit: At most how many attacks to list; the counts are of all. By default all, or those that were replayed
            where there are very many.
    """
    study = result.study
    lower, upper = (_finite(end) for end in result.domain.bounds)
    listed = result.attacks[: result.replays if limit is None else limit]
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "model": {"name": study.program.origin.name, "sha256": study.program.origin.sha256},
        "label": result.label,
        "target": study.asked.target,
        "order": study.asked.order,
        "shortlist": study.asked.shortlist,
        "first_only": study.asked.first,
        "objective": study.asked.objective,
        "size": result.size,
        "paths": study.asked.paths,
        "domain": {"lower": lower, "upper": upper, "levels": result.domain.levels}
        | ({"per_element": True} if result.domain.per_element else {}),
        "feature_count": study.features.count,
        "verdict": result.verdict,
        "reason": result.reason,
        "scope": result.scope,
        "arithmetic": result.arithmetic,
        "borders": result.borders,
        "counts": result.counts,
        "new": result.new,
        "semantics": result.semantics,
        "proved_float32": result.proved_float32,
        "proved_float32_reason": result.deployed.reason,
        "replays": result.replays,
        "labels_reached": {str(label): count for label, count in result.labels_reached.items()},
        "tried": result.tried,
        "first": result.first,
        "first_features": result.first_features,
        "exact_path": bool(study.run.exact[result.item]),
        "exact_questions": result.exact_questions,
        "rounded_constants": list(study.program.origin.rounded),
        "runtime": study.runtime,
        "seconds": result.seconds,
        "attackable": [list(features) for features in result.attackable],
        "attacks": [_attack(attack) for attack in listed],
    }
    if result.comparison is not None:
        found["comparison"] = {
            "along_path": result.comparison.along_path,
            "any_path": result.comparison.any_path,
            "difference": result.comparison.difference,
            "whole": result.comparison.whole,
            "flips": result.comparison.flips,
        }
    if isinstance(result, SmallestResult):
        found["smallest"] = {
            "features": None if result.features is None else list(result.features),
            "bound": result.bound,
            "optimal": result.optimal,
        }
        if result.along is not None:
            along = result.along
            own = None if along.features is None else list(along.features)
            found["smallest"]["along_path"] = {"features": own, "bound": along.bound, "optimal": along.optimal}
    return found


def _attack(attack: Attack) -> dict[str, Any]:
    witness = attack.witness
    return {
        "features": list(attack.features),
        "labels": list(attack.labels),
        "intervals": {str(k): [[_finite(a), _finite(b)] for a, b in v] for k, v in attack.intervals.items()},
        "levels": {str(k): [list(pair) for pair in v] for k, v in attack.levels.items()},
        "witness": {
            "values": [list(witness.values)],
            "label": witness.label,
            "margin": witness.margin,
            "replayed": witness.replayed,
            "flips": witness.flips,
            "same_path": witness.same_path,
            "same_path_float32": witness.same_path_float32,
            "real": witness.real,
            "float32": witness.float32,
            "eight_bit": witness.eight_bit,
            "beats_rounding": witness.beats_rounding,
        },
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
