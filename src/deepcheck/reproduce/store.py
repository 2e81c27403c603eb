"""The run half: images measured once, kept, read again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TypeVar, final

import numpy as np

from deepcheck.datasets import ImageSet
from deepcheck.program import Array, Preprocessing, Program
from deepcheck.reproduce.kept import Kept, digest_of
from deepcheck.reproduce.measure import Measured, measure
from deepcheck.reproduce.pairs.measure import MeasuredPairs, Scope, measure_pairs
from deepcheck.reproduce.rules import DOMAINS
from deepcheck.reproduce.stacks import joined, taken
from deepcheck.runs import Source

SCHEMA = 2
T = TypeVar("T", Measured, MeasuredPairs)


@final
@dataclass(frozen=True)
class Store:
    """Measurements of one program; known by its model's sha256, preprocessing, a digest of images, domain and scope."""

    kept: Kept
    program: Program

    def measured(self, images: ImageSet, items: Array, domain: str) -> Measured:
        """Read what is known about some images in a domain of `DOMAINS`; if nothing is, measure and keep it."""
        return self._known(
            Measured,
            self._source(images, items, domain),
            int(items[0]),
            lambda: measure(self.program, images, items, DOMAINS[domain]),
        )

    def pairs(self, images: ImageSet, single: Measured, domain: str, scope: Scope) -> MeasuredPairs:
        """The same for pairs of pixels of images whose single pixels were measured in that domain."""
        return self._known(
            MeasuredPairs,
            self._source(images, single.items, domain, scope),
            int(single.items[0]),
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

    def _known(self, kind: type[T], source: Source, item: int, make: Callable[[], T]) -> T:
        names = [field.name for field in fields(kind)]

        def arrays() -> dict[str, Array]:
            found = make()
            return {name: getattr(found, name) for name in names}

        return kind(**self.kept.arrays(source, item, arrays))

    def _source(self, images: ImageSet, items: Array, domain: str, scope: Scope | None = None) -> Source:
        model = self.program.origin.sha256
        asked = "single pixels" if scope is None else f"pairs {scope}"
        question = f"{asked}, {DOMAINS[domain]}, schema {SCHEMA}"
        if self.program.preprocessing != Preprocessing():
            question += f", {self.program.preprocessing}"
        return Source(model, f"{images.name} {images.split} {digest_of(images, items)}", question)


def _parts(items: Array, chunk: int, advance: Callable[[int], object]) -> Iterator[Array]:
    """Cut items into chunks; whoever comes back for the next has finished the last."""
    for start in range(0, len(items), chunk):
        part = items[start : start + chunk]
        yield part
        advance(len(part))
