"""The kinds of file that a reproduction writes: text, JSON and arrays, whole or not at all."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from deepcheck.program import Array
from deepcheck.report.files import make_folder, write_atomically


def write_text(path: Path, text: str) -> Path:
    """Write text as UTF-8; the folder is made if it is not there."""
    make_folder(path.parent)
    write_atomically(path, lambda stream: stream.write(text.encode()))
    return path


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Write one JSON object."""
    return write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> Path:
    """Write named arrays, compressed."""
    make_folder(path.parent)
    named: dict[str, Any] = dict(arrays)
    write_atomically(path, lambda stream: np.savez_compressed(stream, **named))
    return path


def read_arrays(path: Path) -> dict[str, Array] | None:
    """Read named arrays; None where there are none, or the file is damaged and must be made again."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error):
        return None
