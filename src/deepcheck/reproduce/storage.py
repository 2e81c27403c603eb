"""The kinds of file that a reproduction writes: text and JSON, whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcheck.display.files import make_folder, write_atomically


def write_text(path: Path, text: str) -> Path:
    """Write text as UTF-8; the folder is made if it is not there."""
    make_folder(path.parent)
    write_atomically(path, lambda stream: stream.write(text.encode()))
    return path


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Write one JSON object."""
    return write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
