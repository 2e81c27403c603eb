"""The idx format of MNIST and Fashion-MNIST: a big-endian header, then bytes, all compressed with gzip.

The header is a magic number (``0x08`` for bytes, then the number of axes) and one 32-bit count for each axis.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepcheck.errors import DataError


def read_idx(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read a gzip-compressed idx file of bytes whose counts are known beforehand.

    The file never decides how much is read: at most the header and one byte more than ``shape`` needs.

    Args:
        path: The file.
        shape: The counts that its header must hold.

    Returns:
        The bytes, ``shape``, read-only.

    Raises:
        DataError: Not gzip, truncated, another magic number, other counts, or bytes left over.
    """
    header = struct.pack(f">{1 + len(shape)}I", 0x0800 + len(shape), *shape)
    size = math.prod(shape)
    try:
        with gzip.open(path) as stream:
            start = stream.read(len(header))
            body = stream.read(size + 1) if start == header else b""
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: expected a whole gzip file, got {error}: fetch it again") from error
    if start != header:
        raise DataError(f"{path}: expected an idx file with {_named(header)}, got {_named(start)}: fetch it again")
    if len(body) != size:
        got = "more" if len(body) > size else len(body)
        raise DataError(f"{path}: expected {size} bytes after the header, got {got}: fetch it again")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _named(header: bytes) -> str:
    if len(header) < 4 or len(header) % 4:
        return f"a header of {len(header)} bytes"
    magic, *counts = struct.unpack(f">{len(header) // 4}I", header)
    return f"magic 0x{magic:08x} and counts {tuple(counts)}"
