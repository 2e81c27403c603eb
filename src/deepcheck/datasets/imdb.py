"""The Large Movie Review Dataset: 25,000 training and 25,000 test reviews, half of each negative, half positive.

The file holds one JSON object a line, both splits, compressed with xz. It is nowhere to download in this form; the
folder of data sets must have it.
"""

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepcheck.datasets.images import SPLITS, check_split
from deepcheck.datasets.locate import DataFile, Folder, locate
from deepcheck.datasets.reviews import ReviewSet
from deepcheck.errors import DataError

FILE = DataFile(
    "imdb",
    "aclImdb_labelled.jsonl.xz",
    "a877ce2de045410581d714f01ef62d81142b303bc45de739e9211b474495fef9",
)
CLASSES = ("negative", "positive")
EACH = 12_500
KEYS = {"split", "label", "id", "rating", "text"}

DECODER_BYTES = 256 * 2**20  # xz's strongest preset needs 65 MiB; a hostile header may ask for 4 GiB
CHUNK_BYTES = 2**16
LINE_BYTES = 2**18  # the longest line has 13,775
TOTAL_BYTES = 2**27  # all lines have 69,005,807


class Line(NamedTuple):
    """One review of the file."""

    split: str
    label: int
    text: str


def imdb(split: str = "test", data: Folder | None = None) -> ReviewSet:
    """Read the IMDB reviews: 12,500 negative ones, then 12,500 positive ones, in the order of the file.

    Args:
        split: ``"train"`` or ``"test"``, 25,000 reviews each, of other films.
        data: The folder that has ``imdb/``; see `deepcheck.datasets.locate` for what None means.

    Raises:
        OptionError: There is no such split.
        DataError: The file is missing or damaged.

    Source: Maas et al., "Learning Word Vectors for Sentiment Analysis", ACL 2011.
    """
    check_split(split)
    return read_reviews(locate(FILE, data), split, EACH)


def read_reviews(path: Path, split: str, each: int) -> ReviewSet:
    """Read one split of an xz-compressed file of reviews; every line of both splits is checked.

    Only this split, one line and one chunk are held at a time, and never more than ``TOTAL_BYTES`` are unpacked.

    Args:
        path: The file.
        split: Which reviews to keep.
        each: How many reviews of each label each split must have.

    Raises:
        DataError: Not xz, truncated, a line that is no review, or another number of reviews.
    """
    counts = {(part, label): 0 for part in SPLITS for label in range(len(CLASSES))}
    kept: list[Line] = []
    for number, text in enumerate(_lines(path), start=1):
        line = _parsed(text, f"{path}, line {number}")
        counts[line.split, line.label] += 1
        if line.split == split:
            kept.append(line)
    for (part, label), count in counts.items():
        if count != each:
            expected = f"expected {each} {CLASSES[label]} reviews of the {part} split"
            raise DataError(f"{path}: {expected}, got {count}: fetch it again")
    return ReviewSet(
        name="imdb",
        split=split,
        texts=tuple(line.text for line in kept),
        labels=np.array([line.label for line in kept], np.int64),
        classes=CLASSES,
    )


def _parsed(line: bytes, where: str) -> Line:
    try:
        stored = json.loads(line)
    except (ValueError, RecursionError) as error:  # text that is not UTF-8 is a ValueError
        raise DataError(f"{where}: expected a JSON object, got {error}: fetch it again") from error
    if not isinstance(stored, dict) or stored.keys() != KEYS:
        raise DataError(f"{where}: expected an object with the keys {', '.join(sorted(KEYS))}: fetch it again")
    split, label, text = stored["split"], stored["label"], stored["text"]
    if split not in SPLITS:
        raise DataError(f"{where}: expected the split 'train' or 'test', got {_shown(split)}: fetch it again")
    if type(label) is not int or not 0 <= label < len(CLASSES):
        raise DataError(f"{where}: expected the label 0 or 1, got {_shown(label)}: fetch it again")
    if not isinstance(text, str) or not _encodable(text):
        raise DataError(f"{where}: expected a text of Unicode characters: fetch it again")
    return Line(split, label, text)


def _shown(value: object) -> str:
    return f"{value!r:.40}" if value is None or isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _encodable(text: str) -> bool:
    """Say whether a text is free of lone surrogates, which JSON can hold and no file can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines without their ends."""
    rest = b""
    for chunk in _chunks(path):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > LINE_BYTES:
            raise DataError(f"{path}: expected lines of at most {LINE_BYTES} bytes, got a longer one: fetch it again")
    if rest:
        raise DataError(f"{path}: expected a line end behind the last review, got none: fetch it again")


def _chunks(path: Path) -> Iterator[bytes]:
    """Unpack the file piece by piece."""
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=DECODER_BYTES)
    total = 0
    try:
        with path.open("rb") as stream:
            while not decoder.eof:
                packed = stream.read(CHUNK_BYTES) if decoder.needs_input else b""
                if decoder.needs_input and not packed:
                    raise DataError(f"{path}: expected a whole xz file, got an unfinished one: fetch it again")
                chunk = decoder.decompress(packed, max_length=CHUNK_BYTES)
                total += len(chunk)
                if total > TOTAL_BYTES:
                    raise DataError(f"{path}: expected at most {TOTAL_BYTES} bytes, got more: fetch it again")
                yield chunk
            if decoder.unused_data or stream.read(1):
                raise DataError(f"{path}: expected one xz stream, got more behind it: fetch it again")
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DataError(f"{path}: expected a whole xz file, got {error}: fetch it again") from error
