"""The file that a search over all paths goes on from: JSON, written whole or not at all, read with care.

Verified: that it is about this model, input and question, made by this version, and unchanged since it was written
(a digest against accidents: whoever writes the file can write its digest, too).
"""

import gzip
import json
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from deepcheck.display.files import write_atomically
from deepcheck.domains import Features, Pixels
from deepcheck.errors import DataError
from deepcheck.explore import Keeper
from deepcheck.program import Array, Program
from deepcheck.verbs.keeping import digest
from deepcheck.verbs.keeping import question_of as question_words

__all__ = ["digest", "keeper_for", "question_of"]

SCHEMA = 1
KIND = "deepcheck search"
LONGEST = 1 << 30
"""A file that is longer than this, unpacked, is refused."""


def question_of(program: Program, features: Features, pixels: Pixels, **more: Any) -> dict[str, Any]:
    """Whatever the answer depends on, but for the model file and the input."""
    more = {key: int(value) if isinstance(value, np.integer) else value for key, value in more.items()}
    found: dict[str, Any] = json.loads(question_words(program, features, pixels, **more))
    return found


def keeper_for(file: str | Path, program: Program, received: Array, question: dict[str, Any]) -> Keeper:
    """What keeps a search in a file, with what the file holds of it.

    Args:
        file: The file; there may be none yet.
        program: The program.
        received: What the model receives, one input.
        question: Whatever else the answer depends on.

    Raises:
        DataError: If the file is of another search, or damaged.
    """
    from deepcheck import __version__

    path = Path(file)
    about = {
        "kind": KIND,
        "schema": SCHEMA,
        "version": __version__,
        "model": program.origin.sha256,
        "input": digest(received),
        "question": question,
    }
    before = _read(path, about) if path.exists() else None

    def write(search: dict[str, Any]) -> None:
        text = _text({**about, "search": search})
        content = json.dumps({"digest": sha256(text).hexdigest()})[:-1].encode() + b', "state": ' + text + b"}"
        packed = gzip.compress(content, compresslevel=1, mtime=0) if path.suffix == ".gz" else content
        write_atomically(path, lambda stream: stream.write(packed))

    return Keeper(before, write, str(path))


def _read(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """What a file holds, once it is known to be of this search."""
    held = _parsed(path)
    state = held.get("state") if isinstance(held, dict) else None
    if not isinstance(state, dict) or state.get("kind") != KIND:
        raise DataError(f"expected a file of --state, got {path}, which holds something else: name another file")
    for name, what in (
        ("schema", "another version of DeepCheck"),
        ("version", "another version of DeepCheck"),
        ("model", "another model"),
        ("input", "another input"),
        ("question", "another question (size, features, order, target, bounds and the like)"),
    ):
        if state.get(name) != about[name]:
            raise DataError(f"{path} holds a search made for {what}: give what it was made for, or name another file")
    search = state.get("search")
    if held.get("digest") != sha256(_text(state)).hexdigest() or not isinstance(search, dict):
        raise DataError(f"{path} is damaged: delete it to begin anew")
    return search


def _parsed(path: Path) -> Any:
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            content = stream.read(LONGEST + 1)
        if len(content) > LONGEST:
            raise DataError(f"expected at most {LONGEST} bytes in {path}: name another file")
        return json.loads(content, parse_constant=_refuse)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError, MemoryError) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else "it is damaged or no such file"
        raise DataError(f"cannot read {path} as a file of --state: {why}: name another file") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _text(state: dict[str, Any]) -> bytes:
    return json.dumps(state, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
