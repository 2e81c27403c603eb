"""Where figures come from: what is needed to get them again."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import deepcheck
from deepcheck.datasets import ImageSet
from deepcheck.program import Program
from deepcheck.reproduce.measure import Measured
from deepcheck.reproduce.pairs.measure import MeasuredPairs
from deepcheck.reproduce.rules import NETWORK

Provenance = dict[str, Any]


def provenance(
    program: Program, part: str, quick: bool, sets: list[ImageSet], used: Sequence[Measured | MeasuredPairs]
) -> Provenance:
    """The model, data, package, machine and time behind one output; seconds are those of the first run."""
    analysis, replay = (sum(float(m.seconds[:, column].sum()) for m in used) for column in (0, 1))
    data = [{"name": s.name, "split": s.split, "images": len(s), "sha256": _digest(s)} for s in sets]
    runtimes = {str(name) for m in used for name in m.runtime}
    return stamp(program, NETWORK, part, quick, data, (analysis, replay), runtimes)


def stamp(
    program: Program,
    network: str,
    part: str,
    quick: bool,
    data: list[dict[str, Any]],
    seconds: tuple[float, float],
    runtimes: set[str],
) -> Provenance:
    """What all parts say about where their figures come from; seconds are of analysis and of replay."""
    return {
        "command": f"deepcheck reproduce {part}" + " --quick" * quick,
        "date": datetime.now(UTC).date().isoformat(),
        "deepcheck": deepcheck.__version__,
        "replayed_by": ", ".join(sorted(runtimes)),
        "model": {"name": network, "sha256": program.origin.sha256},
        "data": data,
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "seconds": {"analysis": round(seconds[0], 3), "replay": round(seconds[1], 3)},
    }


def _digest(images: ImageSet) -> str:
    digest = sha256(images.images.tobytes())
    digest.update(images.labels.tobytes())
    return digest.hexdigest()
