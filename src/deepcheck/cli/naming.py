"""What features and labels are called: from a file, or a list on the command line."""

import csv
from pathlib import Path

from deepcheck.errors import InputError, OptionError

MOST_BYTES = 1 << 24
"""A larger file holds no names."""


def feature_names(file: Path | None, count: int) -> tuple[str, ...]:
    """Read the names of features: one a line, or the header line of a CSV file.

    Args:
        file: The file; None for no names.
        count: How many there must be.

    Raises:
        OptionError: If there is no such file, or it holds another number of names.
        InputError: If it cannot be read.
    """
    return () if file is None else _names(file, count, "--names", "features")


def label_names(text: str | None, count: int) -> tuple[str, ...]:
    """Read the names of labels, in the order of the scores: a file as for features, or ``A,B,...``.

    Raises:
        OptionError: If there is another number of names.
        InputError: If a file cannot be read.
    """
    if text is None:
        return ()
    if Path(text).is_file():
        return _names(Path(text), count, "--label-names", "labels")
    given = tuple(part.strip() for part in text.split(","))
    if len(given) != count or not all(given):
        raise OptionError(f"expected --label-names as a file or {count} names A,B,..., got '{text}'")
    return given


def _names(file: Path, count: int, option: str, what: str) -> tuple[str, ...]:
    if not file.is_file():
        raise OptionError(f"expected {option} as a file of {count} names, got '{file}'")
    if file.stat().st_size > MOST_BYTES:
        raise InputError(f"expected {option} as a file of {count} names, got {file}, which is larger than 16 MiB")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"expected names in UTF-8, got {file} in another encoding") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == count:
        return tuple(lines)
    header = _header(lines[0] if lines else "", file)
    if len(header) == count and all(header):
        return header
    raise OptionError(
        f"expected the names of {count} {what} in {file}, one a line or in a CSV header, "
        f"got {len(lines)} lines, the first of {len(header)} names"
    )


def _header(line: str, file: Path) -> tuple[str, ...]:
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), []))
    except csv.Error as problem:
        raise InputError(f"{file} starts with no CSV header: {problem}") from None
