"""The part "networks": the same questions on many networks, and on networks that have learned nothing."""

from pathlib import Path
from typing import Any

from deepcheck.reproduce.networks.claims import network_claims
from deepcheck.reproduce.networks.compare import comparisons, tracing
from deepcheck.reproduce.networks.expected import expectations
from deepcheck.reproduce.networks.figures import figures_of
from deepcheck.reproduce.networks.measure import Answers, answers
from deepcheck.reproduce.networks.rules import IMAGES, LEAST, QUICK_IMAGES, RULES
from deepcheck.reproduce.networks.subjects import subjects
from deepcheck.reproduce.provenance import provenance
from deepcheck.reproduce.study import Study

SCHEMA = 1
PART = "networks"


def networks(study: Study, models: Path | None = None) -> dict[str, Any]:
    """What becomes of orders and pairs on ten seeds, on networks of others, and on random weights.

    Args:
        study: The network, the data and the folder of the run.
        models: The folder of the shared networks; without it, or without a file, they are named as left out.

    Raises:
        ModelError: If a file of a shared network cannot be read.
    """
    count = min(QUICK_IMAGES if study.quick else IMAGES, len(study.test))
    found, left_out = _measured(study, models, count)
    used = [measured for a in found for measured in a.measured]
    figures = [figures_of(a) for a in found]
    traced = tracing(found)
    claims = network_claims(found, 1 if study.quick else LEAST)
    return {
        "schema": SCHEMA,
        "part": PART,
        "provenance": provenance(study.program, PART, study.quick, [study.test], used),
        "rules": list(RULES),
        "images": count,
        "left_out": left_out,
        "networks": figures,
        "comparisons": comparisons(found),
        "tracing": traced,
        "claims": claims,
        "expectations": expectations(figures, traced, claims),
    }


def _measured(study: Study, models: Path | None, count: int) -> tuple[list[Answers], list[str]]:
    with study.bar("reading networks", None):
        chosen, left_out = subjects(study.program, models, study.quick)
    total = sum(2 * count * len(subject.domains) for subject in chosen)
    with study.bar("networks", total) as advance:
        return [answers(study.kept, subject, study.test, count, advance) for subject in chosen], left_out
