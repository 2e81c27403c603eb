"""Files that are written whole or not at all."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np

from deepcheck.program import Array


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> Path:
    """Write a file beside its place, then move it there; the folder is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as stream:
        try:
            write(stream)
            stream.flush()
            os.chmod(stream.name, 0o644)
            os.replace(stream.name, path)
        except BaseException:
            os.unlink(stream.name)
            raise
    return path


def write_text(path: Path, text: str) -> Path:
    """Write text as UTF-8."""
    return write_whole(path, lambda stream: stream.write(text.encode()))


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Write one JSON object, the same object always as the same text."""
    return write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> Path:
    """Write named arrays, compressed."""
    return write_whole(path, lambda stream: np.savez_compressed(stream, **dict(arrays)))


def read_arrays(path: Path) -> dict[str, Array] | None:
    """Read named arrays; None where there are none, or the file is damaged and must be made again."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, BadZipFile):
        return None
