"""What was measured, kept in one SQLite file of `deepcheck.runs`: the wall between *run* and *analyze*."""

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any, final
from weakref import finalize

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.display.files import make_folder
from deepcheck.program import Array
from deepcheck.runs import Source, Store

FILE = "run.sqlite"
"""The file in the output folder that holds all measurements."""


def digest_of(images: ImageSet, items: Array) -> str:
    """What some images are: their indices, levels and labels, in a digest."""
    digest = sha256(f"{images.name} {images.split} {images.max_level}".encode())
    for array in (np.asarray(items, dtype=np.int64), images.labels[items], images.images[items]):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


@final
class Kept:
    """Measurements in a folder; each is on disk as soon as it is made, and is read the next time.

    A measurement is known by its `Source` (model, data set, question) and its item; whatever it depends on besides
    must be in one of these. One that is damaged is made again.

    Attributes:
        path: The file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._stack = ExitStack()
        self._store: Store | None = None
        finalize(self, self._stack.close)

    def arrays(self, source: Source, item: int, make: Callable[[], Mapping[str, Array]]) -> dict[str, Array]:
        """Named arrays; ``make`` gives them where they are not known yet."""
        known = self._opened().answer(source, item)
        if known is not None:
            try:
                return {name: _unpacked(packed) for name, packed in known.items()}
            except (KeyError, TypeError, ValueError, zlib.error):
                pass
        found = {name: np.asarray(array) for name, array in make().items()}
        self._opened().put(source, item, {name: _packed(array) for name, array in found.items()})
        return found

    def content(self, source: Source, item: int, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """One JSON object; ``make`` gives it where it is not known yet: the same then as ever after."""
        known = self._opened().answer(source, item)
        if known is not None:
            return known
        found: dict[str, Any] = json.loads(json.dumps(dict(make()), allow_nan=False))
        self._opened().put(source, item, found)
        return found

    def _opened(self) -> Store:
        if self._store is None:
            make_folder(self.path.parent)
            self._store = self._stack.enter_context(Store.opened(self.path))
        return self._store


def _packed(array: Array) -> dict[str, Any]:
    raw = np.ascontiguousarray(array).tobytes()
    words = base64.b85encode(zlib.compress(raw, 1)).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": words}


def _unpacked(packed: Any) -> Array:
    kind = np.dtype(packed["dtype"])
    if kind.hasobject:
        raise ValueError("expected numbers or text")
    raw = zlib.decompress(base64.b85decode(packed["data"]))
    return np.frombuffer(raw, kind).reshape(packed["shape"]).copy()
