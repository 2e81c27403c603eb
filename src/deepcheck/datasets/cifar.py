"""A part of CIFAR-10: the first 10,000 training and the first 1,000 test images, 32x32 RGB.

The files hold CIFAR-10's binary records (one label byte, then 3,072 pixel bytes, channel by channel), compressed
with xz. This part is nowhere to download; the folder of data sets must have it.
"""

import lzma
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepcheck.datasets.images import ImageSet, check_split
from deepcheck.datasets.locate import DataFile, Folder, locate
from deepcheck.errors import DataError

PARTS = {
    "train": (
        DataFile(
            "cifar10",
            "train_first10000.bin.xz",
            "05dc5fe09eb23af23d8cdc4c0afc27125702a4bd1c9101b17f7be474b58e29c7",
        ),
        10_000,
    ),
    "test": (
        DataFile(
            "cifar10",
            "test_first1000.bin.xz",
            "fea2756db1e878b39d9fbfb6ae9c79f265367b09be1713dca4f43a0e4f570566",
        ),
        1_000,
    ),
}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
RECORD_BYTES = 1 + 3 * 32 * 32
DECODER_BYTES = 256 * 2**20  # the strongest preset of xz needs 65 MiB; a hostile header may ask for 4 GiB


def cifar10(split: str = "test", data: Folder | None = None) -> ImageSet:
    """Read a part of CIFAR-10: photographs, images ``(n, 3, 32, 32)``, channels red, green, blue.

    Args:
        split: ``"train"``, the first 10,000 images, or ``"test"``, the first 1,000, both in the official order.
        data: The folder that has ``cifar10/``; see `deepcheck.datasets.locate` for what None means.

    Raises:
        OptionError: There is no such split.
        DataError: The file is missing or damaged.

    Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    check_split(split)
    file, count = PARTS[split]
    records = read_records(locate(file, data), count)
    return ImageSet(
        name="cifar10",
        split=split,
        images=records[:, 1:].reshape(-1, 3, 32, 32),
        labels=records[:, 0].astype(np.int64),
        classes=CLASSES,
    )


def read_records(path: Path, count: int) -> NDArray[np.uint8]:
    """Read an xz-compressed file of exactly ``count`` records.

    Never more than the records, one byte, and as many compressed bytes are held, whatever the file says.

    Returns:
        One row for each record, ``(count, 3073)``, read-only.

    Raises:
        DataError: Not xz, truncated, or another number of records.
    """
    size = count * RECORD_BYTES
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=DECODER_BYTES)
    try:
        with path.open("rb") as stream:
            body = decoder.decompress(stream.read(size), max_length=size + 1)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DataError(f"{path}: expected a whole xz file, got {error}: fetch it again") from error
    if len(body) != size or not decoder.eof:
        got = "more" if len(body) > size else f"{len(body)}, unfinished" if not decoder.eof else len(body)
        raise DataError(f"{path}: expected {count} records of CIFAR-10, {size} bytes, got {got}: fetch it again")
    return np.frombuffer(body, np.uint8).reshape(count, RECORD_BYTES)
