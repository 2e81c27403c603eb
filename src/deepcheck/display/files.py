"""Files that are written whole or not at all."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from deepcheck.errors import OptionError


def write_atomically(path: Path, writer: Callable[[BinaryIO], object]) -> None:
    """Write a file under another name beside its place, then move it there in one step.

    Args:
        path: The file; what a link points to is replaced, not the link.
        writer: Writes the content to a binary stream.

    Raises:
        OptionError: If the file cannot be written; what was there before is still there.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise OptionError(f"cannot write {path}: it is not a file")
    temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            writer(stream)
        os.replace(temporary, place)
    except OSError as problem:
        raise OptionError(f"cannot write {path}: {problem.strerror or problem}") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless they are there.

    Raises:
        OptionError: If that cannot be.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise OptionError(f"cannot make the folder {path}: {problem.strerror or problem}") from None
