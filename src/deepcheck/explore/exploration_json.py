"""An exploration as JSON: the one place that knows how it is written."""

import math
from typing import Any

from deepcheck.attacks.schema import SCHEMA
from deepcheck.explore.exploration_result import Exploration, PathAttack


def exploration_as_json(found: Exploration, limit: int | None = None) -> dict[str, Any]:
    """An exploration as one JSON object.

    Args:
        found: The exploration.
        limit: At most how many attacks to list; by default all that were replayed.
    """
    study = found.study
    lower, upper = (end if math.isfinite(end) else None for end in found.domain.bounds)
    nearest = found.nearest
    return {
        "schema": SCHEMA,
        "model": {"name": study.program.origin.name, "sha256": study.program.origin.sha256},
        "label": found.label,
        "target": study.asked.target,
        "order": found.order,
        "domain": {"lower": lower, "upper": upper, "levels": found.domain.levels}
        | ({"per_element": True} if found.domain.per_element else {}),
        "feature_count": study.features.count,
        "features": list(found.features),
        "verdict": found.verdict,
        "reason": found.reason,
        "scope": found.scope,
        "complete": found.complete,
        "arithmetic": found.arithmetic,
        "borders": int(study.run.borders[0]),
        "paths": found.paths,
        "counts": found.counts,
        "labels": {str(label): count for label, count in found.labels.items()},
        "rounded_constants": list(study.program.origin.rounded),
        "runtime": study.runtime,
        "seconds": found.seconds,
        "nearest": None if nearest is None else _attack(nearest),
        "attacks": [_attack(attack) for attack in found.attacks[:limit]],
    }


def _attack(attack: PathAttack) -> dict[str, Any]:
    witness = attack.witness
    return {
        "features": list(attack.features),
        "flips": attack.flips,
        "witness": {
            "values": [list(witness.values)],
            "label": witness.label,
            "margin": witness.margin,
            "replayed": witness.replayed,
            "same_path_float32": witness.same_path_float32,
        },
    }
