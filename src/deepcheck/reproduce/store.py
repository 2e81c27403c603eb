"""The run half: images measured once, kept in files, read again."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import final

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.program import Array, Program
from deepcheck.reproduce.measure import Measured, measure
from deepcheck.reproduce.rules import DOMAINS
from deepcheck.reproduce.storage import read_arrays, write_arrays

SCHEMA = 1


@final
@dataclass(frozen=True)
class Store:
    """Measurements of one program in a folder.

    A file's name ends in a digest of the model's sha256, the data (names, indices, levels and labels), the domain
    and the schema, so that nothing else is ever read for it.
    """

    folder: Path
    program: Program

    def measured(self, images: ImageSet, items: Array, domain: str) -> Measured:
        """Read what is known about some images in a domain of `DOMAINS`; if nothing is, measure and keep it."""
        path = self._path(images, items, domain)
        stored = read_arrays(path)
        if stored is not None and set(stored) == {field.name for field in fields(Measured)}:
            return Measured(**stored)
        found = measure(self.program, images, items, DOMAINS[domain])
        write_arrays(path, {field.name: getattr(found, field.name) for field in fields(Measured)})
        return found

    def in_chunks(
        self, images: ImageSet, items: Array, domain: str, chunk: int, advance: Callable[[int], object]
    ) -> Measured:
        """Measure many images, ``chunk`` at a time; ``advance`` is told how many each step finished."""
        parts = []
        for start in range(0, len(items), chunk):
            part = items[start : start + chunk]
            parts.append(self.measured(images, part, domain))
            advance(len(part))
        return Measured.join(parts)

    def _path(self, images: ImageSet, items: Array, domain: str) -> Path:
        model = self.program.origin.sha256
        words = f"{SCHEMA} {model} {images.name} {images.split} {DOMAINS[domain]} {images.max_level}"
        digest = sha256(words.encode())
        for array in (np.asarray(items, dtype=np.int64), images.labels[items], images.images[items]):
            digest.update(np.ascontiguousarray(array).tobytes())
        span = f"{items[0]:05d}-{items[-1]:05d}"
        return self.folder / f"{images.name}-{images.split}-{domain}-{span}-{digest.hexdigest()[:16]}.npz"
