"""Polygons that fill planes, and how they are cut finer."""

from dataclasses import dataclass, field

import numpy as np

from deepcheck.program import Array, Bounded, Windowed, Windows
from deepcheck.symbolic import cuts


@dataclass
class Mesh:
    """Polygons of many planes; cuts only add vertices, and put parts in the place of polygons.

    Attributes:
        first: Where each polygon's corners start in ``corners``.
        length: How many it has.
        corners: Vertices, around each polygon.
        plane: The plane of each polygon.
        left: Of each made vertex, the first of the two that it lies between; its own index for a first vertex.
        right: The second.
        weight: How far it lies on the way from the first to the second.
        belongs: The plane of each vertex.
    """

    first: Array
    length: Array
    corners: Array
    plane: Array
    left: Array
    right: Array
    weight: Array
    belongs: Array
    room: list[int] = field(default_factory=lambda: [2, 2, 4])

    @staticmethod
    def rectangles(planes: int) -> "Mesh":
        """One rectangle each; vertices lower left, lower right, upper right, upper left."""
        every, plane = np.arange(4 * planes), np.arange(planes)
        return Mesh(
            4 * plane, np.full(planes, 4), every.copy(), plane, every.copy(), every.copy(), np.zeros(4 * planes),
            np.repeat(plane, 4),
        )  # fmt: skip

    @property
    def vertices(self) -> int:
        """How many vertices there are."""
        return len(self.belongs)

    def by_plane(self, planes: int) -> tuple[Array, Array, Array, Array]:
        """Vertices and where each plane's start; polygons and where each plane's start."""
        found = []
        for owner in (self.belongs, self.plane):
            order = np.argsort(owner, kind="stable")
            found += [order, np.searchsorted(owner[order], np.arange(planes + 1))]
        return found[0], found[1], found[2], found[3]

    def grown(self, data: Bounded, run) -> Bounded:  # type: ignore[no-untyped-def]
        """Let a kernel cut polygons, with as much room as it needs.

        Args:
            data: Deviations at the vertices, ``(vertices, m)``.
            run: Called with values, numbers (errors and sizes) and the mesh's arrays, all with room at their ends; it
                returns 0 where there is too little.

        Returns:
            The deviations, made vertices included.
        """
        counts = [self.vertices, len(self.first), len(self.corners)]
        while True:
            sizes = [count * factor + 64 for count, factor in zip(counts, self.room, strict=True)]
            values = _padded(data.value, sizes[0])
            numbers = _padded(np.stack([data.error, data.size], axis=1), sizes[0])
            polygons = [_padded(array, sizes[1]) for array in (self.first, self.length, self.plane)]
            corners = _padded(self.corners, sizes[2])
            made = [_padded(array, sizes[0]) for array in (self.left, self.right, self.weight)]
            used = np.array(counts, dtype=np.int64)
            if run(values, numbers, polygons[0], polygons[1], corners, polygons[2], *made, used):
                break
            self.room = [2 * factor for factor in self.room]
        v, f, c = used.tolist()
        self.first, self.length, self.plane = (array[:f] for array in polygons)
        self.left, self.right, self.weight = (array[:v] for array in made)
        self.corners = corners[:c]
        belongs = _padded(self.belongs, v)
        for at in range(counts[0], v):
            belongs[at] = belongs[self.left[at]]
        self.belongs = belongs
        self._compact()
        return Bounded(values[:v], numbers[:v, 0], numbers[:v, 1])

    def _compact(self) -> None:
        """Forget the corners of polygons that were cut."""
        starts = np.cumsum(self.length) - self.length
        at = np.repeat(self.first - starts, self.length) + np.arange(int(self.length.sum()))
        self.corners, self.first = self.corners[at], starts

    def extended(self, windows: Windows, x: Windowed) -> Windowed:
        """A value from before some cuts, at all vertices."""
        count = len(x.data.value)
        if count == self.vertices:
            return x
        shape = x.data.value.shape[1:]
        values = _padded(np.ascontiguousarray(x.data.value.reshape(count, -1)), self.vertices)
        numbers = _padded(np.stack([x.data.error, x.data.size], axis=1), self.vertices)
        cuts.appended(
            values,
            numbers,
            self.left,
            self.right,
            self.weight,
            count,
            steps=1.0 * (len(values) - count) * values.shape[1],
        )
        data = Bounded(values.reshape(-1, *shape), numbers[:, 0].copy(), numbers[:, 1].copy())
        return Windowed(data, x.shape, x.window, None if x.of is None else self.belongs)


def _padded(array: Array, length: int) -> Array:
    made = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    made[: len(array)] = array
    return made
