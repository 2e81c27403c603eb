"""RQ1: do important pixels explain a decision? Where they lie, and what would lie there anyway.

Source: Sections III-B, IV-A.1 and IV-C.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.program import Array
from deepcheck.reproduce.provenance import provenance
from deepcheck.reproduce.randomised import randomised
from deepcheck.reproduce.rules import QUICK_TRACING_IMAGES, TRACING_IMAGES, TRACING_RULES
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.tracing.claims import tracing_claims
from deepcheck.reproduce.tracing.shares import Shares, tracing

SCHEMA = 1
Group = dict[str, Shares]


def where_important(study: Study) -> dict[str, Any]:
    """Where important pixels lie, on the ten images and on test images, by our network and by randomised ones."""
    count = min(QUICK_TRACING_IMAGES if study.quick else TRACING_IMAGES, len(study.test))
    items = np.arange(count)
    chosen: dict[str, tuple[ImageSet, Array]] = {"test": (study.test, items)}
    if len(ten := study.items_picked):
        chosen = {"ten": (study.train, ten), **chosen}
    groups = {name: tracing(study.program, images.pixels(rows)) for name, (images, rows) in chosen.items()}
    controls = {
        name: averaged([tracing(program, study.test.pixels(items)) for program in programs])
        for name, programs in randomised(study.program).items()
    }
    return {
        "schema": SCHEMA,
        "part": "tracing",
        "provenance": provenance(study.program, "tracing", study.quick, [study.train, study.test], []),
        "rules": list(TRACING_RULES),
        "images": {name: len(rows) for name, (_, rows) in chosen.items()},
        "groups": groups,
        "randomised": controls,
        "claims": tracing_claims(groups, controls),
    }


def averaged(groups: Sequence[Group]) -> Group:
    """The mean of every share over several networks."""
    first = groups[0]
    return {
        order: {
            shortlist: {name: _mean([group[order][shortlist][name] for group in groups]) for name in found}
            for shortlist, found in lists.items()
        }
        for order, lists in first.items()
    }


def _mean(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return round(sum(known) / len(known), 4) if known else None
