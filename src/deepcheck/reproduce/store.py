"""The run half: images measured once, kept in files, read again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, final

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.program import Array, Program
from deepcheck.reproduce.measure import Measured, measure
from deepcheck.reproduce.pair_measure import MeasuredPairs, Scope, measure_pairs
from deepcheck.reproduce.rules import DOMAINS
from deepcheck.reproduce.stacks import joined, taken
from deepcheck.reproduce.storage import read_arrays, write_arrays

SCHEMA = 1
T = TypeVar("T", Measured, MeasuredPairs)


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
        return self._kept(
            Measured,
            self._path(images, items, domain),
            lambda: measure(self.program, images, items, DOMAINS[domain]),
        )

    def pairs(self, images: ImageSet, single: Measured, domain: str, scope: Scope) -> MeasuredPairs:
        """The same for pairs of pixels of images whose single pixels were measured in that domain."""
        return self._kept(
            MeasuredPairs,
            self._path(images, single.items, domain, scope),
            lambda: measure_pairs(self.program, images, single, DOMAINS[domain], scope),
        )

    def in_chunks(
        self, images: ImageSet, items: Array, domain: str, chunk: int, advance: Callable[[int], object]
    ) -> Measured:
        """Measure many images, ``chunk`` at a time; ``advance`` is told how many each step finished."""
        return joined([self.measured(images, part, domain) for part in _parts(items, chunk, advance)])

    def pairs_in_chunks(
        self,
        images: ImageSet,
        single: Measured,
        domain: str,
        scope: Scope,
        chunk: int,
        advance: Callable[[int], object],
    ) -> MeasuredPairs:
        """The same for pairs of pixels."""
        rows = _parts(np.arange(len(single)), chunk, advance)
        return joined([self.pairs(images, taken(single, part), domain, scope) for part in rows])

    def _kept(self, kind: type[T], path: Path, make: Callable[[], T]) -> T:
        names = [field.name for field in fields(kind)]
        stored = read_arrays(path)
        if stored is not None and set(stored) == set(names):
            return kind(**stored)
        found = make()
        write_arrays(path, {name: getattr(found, name) for name in names})
        return found

    def _path(self, images: ImageSet, items: Array, domain: str, scope: Scope | None = None) -> Path:
        model = self.program.origin.sha256
        words = f"{SCHEMA} {model} {images.name} {images.split} {DOMAINS[domain]} {images.max_level}"
        digest = sha256((words if scope is None else f"{words} {scope}").encode())
        for array in (np.asarray(items, dtype=np.int64), images.labels[items], images.images[items]):
            digest.update(np.ascontiguousarray(array).tobytes())
        name = f"{images.name}-{images.split}-{domain}" + ("" if scope is None else f"-pairs-{scope.name}")
        return self.folder / f"{name}-{items[0]:05d}-{items[-1]:05d}-{digest.hexdigest()[:16]}.npz"


def _parts(items: Array, chunk: int, advance: Callable[[int], object]) -> Iterator[Array]:
    """Cut items into chunks; whoever comes back for the next has finished the last."""
    for start in range(0, len(items), chunk):
        part = items[start : start + chunk]
        yield part
        advance(len(part))
