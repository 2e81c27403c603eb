"""Keep what was found about one input in a run's folder, beside what was found there before."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from deepcheck.attacks import Result
from deepcheck.certify import Certificate
from deepcheck.display.files import make_folder, write_atomically
from deepcheck.domains import Features, Pixels
from deepcheck.errors import DataError, OptionError
from deepcheck.program import Array, Program
from deepcheck.report.exhibit import Exhibit
from deepcheck.report.exhibit_keeping import FIND, keep
from deepcheck.runs import Source, Store
from deepcheck.text.model import TextModel

SEARCH = 2
"""Which search found smallest sets: the first one called a size proved where the time ran out before it was begun."""
STORE = "run.sqlite"
"""The file of a run's folder that holds its answers."""
CERTIFICATES = "certificates"
"""The folder in a run's folder that holds its certificates."""
_NAMED = re.compile(r"([\w-]+:\w+):(\d{1,15})")


def folder_of(out: str | Path) -> Path:
    """A run's folder, made where there is none.

    Raises:
        DataError: If it cannot be made.
    """
    try:
        make_folder(Path(out))
    except OptionError as problem:
        raise DataError(str(problem)) from None
    return Path(out)


def record(out: str | Path, exhibit: Exhibit, source: Source, item: int) -> Exhibit:
    """Keep an exhibit in a run's folder; what was asked about the same input before stays beside it."""
    with Store.opened(folder_of(out) / STORE) as store:
        return keep(store, source, item, exhibit)


def question_of(program: Program, features: Features, pixels: Pixels, **more: Any) -> str:
    """Whatever an answer depends on, but for the model file and the input."""
    lower, upper = pixels.element_bounds(program.input_shape)
    words = {
        **more,
        "features": features.grouping,
        "layout": features.layout,
        "bounds": [_finite(lower.min()), _finite(upper.max())],
        "bounds_sha256": sha256(lower.tobytes() + upper.tobytes()).hexdigest(),
        "levels": pixels.levels,
        "mean": list(program.preprocessing.mean),
        "std": list(program.preprocessing.std),
        "decision": program.decided().kind,
        "output": program.origin.output_name,
        "input_shape": list(program.input_shape),
        "given": {key: digest(np.asarray(array)) for key, array in sorted(program.origin.given.items())},
    }
    return json.dumps(words, sort_keys=True)


def feature_source(result: Result, dataset: str) -> Source:
    """Under what the exhibit of a result is kept."""
    return exhibit_source(result.study.program, result.study.features, result.domain, dataset)


def exhibit_source(program: Program, features: Features, pixels: Pixels, dataset: str) -> Source:
    """Under what exhibits of inputs of a data set are kept."""
    return Source(program.origin.sha256, dataset, question_of(program, features, pixels, find=FIND))


def text_source(model: TextModel) -> Source:
    """Under what exhibits of texts are kept."""
    vocabulary = model.vocabulary
    held = sha256("\n".join(vocabulary.words).encode())
    held.update(np.ascontiguousarray(vocabulary.vectors).tobytes())
    words = {"find": FIND, "texts": True, "vocabulary": held.hexdigest(), "keep": model.keep, "pad": model.pad}
    return Source(model.program.origin.sha256, "text", json.dumps(words, sort_keys=True))


def place_of(name: str, content: bytes) -> tuple[str, int]:
    """The data set and the place of an input: of mnist:test:7 these; of any other a number made from its content."""
    named = _NAMED.fullmatch(name)
    if named is not None:
        return named.group(1), int(named.group(2))
    return "input", int.from_bytes(sha256(content).digest()[:7], "big")


def keep_certificate(out: str | Path, made: Certificate, name: str) -> dict[str, Any]:
    """Write a certificate into a run's folder; what an exhibit says of it, but for the command that checks it.

    Args:
        out: The run's folder.
        made: The certificate.
        name: What it is about; what of it can be part of a file's name on any system is.
    """
    folder = folder_of(out) / CERTIFICATES
    folder_of(folder)
    content = made.content(compressed=True)
    found = sha256(content).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "input"
    file = folder / f"{plain}-{found[:12]}.json.gz"
    write_atomically(file, lambda stream: stream.write(content))
    return {"file": f"{CERTIFICATES}/{file.name}", "sha256": found, "bytes": len(content), "said": str(made)}


def digest(x: Array) -> str:
    """An array's type, shape and content in 32 digits."""
    return sha256(f"{x.dtype} {x.shape} ".encode() + np.ascontiguousarray(x).tobytes()).hexdigest()[:32]


def _finite(end: float) -> float | None:
    return float(end) if np.isfinite(end) else None
