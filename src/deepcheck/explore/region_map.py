"""The region map: the exact partition of the rectangle of two features into linear regions, with the labels on them.

The polygons are those of the plane interpretation, cut once more where the label changes. They fill the rectangle;
their corners and forms are exact up to a rounding of about 1e-13 of the range.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepcheck.attacks import Search
from deepcheck.attacks.study import Study
from deepcheck.program import Array, Bounded, Program, Windowed, Windows
from deepcheck.program.bounded import difference
from deepcheck.symbolic import Run, bounded_columns, pools, run
from deepcheck.symbolic.mesh import Mesh
from deepcheck.symbolic.planes import Rectangles, fill

SCHEMA = 1


@dataclass(frozen=True)
class Region:
    """A part of the rectangle on which the network is linear and has one label.

    Attributes:
        corners: Around it, values of the two features in the user's units, ``(k, 2)``.
        label: The label inside.
        path: Which activation pattern holds there; parts of one linear region share it.
        form: Label scores: ``form[:, 0] + form[:, 1] * first + form[:, 2] * second``, in the user's units,
            ``(labels, 3)``.
    """

    corners: Array
    label: int
    path: int
    form: Array = field(repr=False)

    @property
    def area(self) -> float:
        """Its area, in the user's units squared."""
        x, y = self.corners.T
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


@dataclass(frozen=True)
class RegionMap(Sequence[Region]):
    """All regions of a rectangle.

    Attributes:
        program: The program.
        features: The two features, by index.
        lower: Their least values, in the user's units.
        upper: Their largest.
        point: Their values at the input.
        label: The input's label.
        regions: The regions.
        seconds: How long it took.
    """

    program: Program = field(repr=False)
    features: tuple[int, int]
    lower: tuple[float, float]
    upper: tuple[float, float]
    point: tuple[float, float]
    label: int
    regions: tuple[Region, ...] = field(repr=False)
    seconds: float

    def __len__(self) -> int:
        return len(self.regions)

    def __getitem__(self, index: Any) -> Any:
        return self.regions[index]

    def __iter__(self) -> Iterator[Region]:
        return iter(self.regions)

    @property
    def paths(self) -> int:
        """How many linear regions there are, whatever the labels on them."""
        return len({region.path for region in self.regions})

    @property
    def shares(self) -> dict[int, float]:
        """For each label the share of the rectangle that it covers, largest first."""
        total = sum(region.area for region in self.regions)
        found: dict[int, float] = {}
        for region in self.regions:
            found[region.label] = found.get(region.label, 0.0) + region.area / total
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def __str__(self) -> str:
        shares = ", ".join(f"label {label} on {share:.1%} of it" for label, share in self.shares.items())
        count = self.paths
        return (
            f"features {self.features[0]} and {self.features[1]}: {count} linear region{'s' * (count != 1)} "
            f"(all paths); {shares}"
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.explore.markup import region_map_html

        return region_map_html(self)

    def _repr_png_(self) -> bytes:
        from deepcheck.explore.region_picture import region_png

        return region_png(self)


def region_map_as_json(found: RegionMap) -> dict[str, Any]:
    """A region map as one JSON object."""
    origin = found.program.origin
    return {
        "schema": SCHEMA,
        "model": {"name": origin.name, "sha256": origin.sha256},
        "features": list(found.features),
        "label": found.label,
        "point": list(found.point),
        "domain": {"lower": list(found.lower), "upper": list(found.upper)},
        "scope": "all paths",
        "paths": found.paths,
        "shares": {str(label): share for label, share in found.shares.items()},
        "seconds": found.seconds,
        "regions": [
            {
                "label": region.label,
                "path": region.path,
                "corners": region.corners.tolist(),
                "form": region.form.tolist(),
            }
            for region in found.regions
        ],
    }


@dataclass(frozen=True)
class Cells:
    """The parts of a rectangle, in displacements of what the model receives.

    Attributes:
        corners: Each part's corners, ``(k, 2)``.
        labels: Its label.
        paths: Which linear region it is a part of.
        forms: Of each linear region, label scores at displacement 0 and their two slopes, ``(labels, 3)``.
    """

    corners: tuple[Array, ...]
    labels: Array
    paths: Array
    forms: Array


def cells_of(query: Search, x: Array, outcome: Run, elements: tuple[int, int]) -> Cells:
    """Partition the rectangle of two elements of one input, ``(1, *input_shape)``."""
    pair = np.array([elements])
    origin = x.reshape(-1).astype(np.float64)[pair]
    ends = [difference(end[pair], origin) for end in (query.box.lower, query.box.upper)]
    rectangle = Rectangles(np.zeros(1, dtype=np.int64), pair, ends[0][0] - ends[0][1], ends[1][0] + ends[1][1])
    filled = fill(query.program, x, outcome.path, rectangle)
    mesh, decision = filled.mesh, query.program.decided()
    linear = len(mesh.first)
    forms = _forms(query.program, x, pair[0], _middles(mesh, filled.place.value))
    scores = decision.scores(outcome.outputs.value)
    moved = decision.scores(outcome.outputs.value + filled.deviation.value) - scores
    by_label = _labelled(mesh, scores, filled.deviation._replace(value=moved))
    place = _place(mesh, filled.place)
    around = tuple(place[mesh.corners[a : a + n]] for a, n in zip(mesh.first, mesh.length, strict=True))
    middle = np.stack(
        [by_label.value[mesh.corners[a : a + n]].mean(axis=0) for a, n in zip(mesh.first, mesh.length, strict=True)]
    )
    assert int(mesh.plane.max()) < linear
    return Cells(around, np.argmax(scores + middle, axis=1), mesh.plane, forms)


def _middles(mesh: Mesh, place: Array) -> Array:
    """A point inside each polygon, ``(polygons, 2)``."""
    return np.add.reduceat(place[mesh.corners], mesh.first, axis=0) / mesh.length[:, None]


class _Nowhere:
    """A sink that keeps nothing."""

    def emit(self, values: Bounded, slopes: Bounded, present: Array) -> None:
        """Forget a block."""


def _forms(program: Program, x: Array, pair: Array, middles: Array) -> Array:
    """Label scores along the path of each middle, as forms of the two displacements, ``(polygons, labels, 3)``."""
    count, decision = len(middles), program.decided()
    points = np.repeat(x.reshape(1, -1).astype(np.float64), count, axis=0)
    points[:, pair] += middles
    points = points.reshape(count, *program.input_shape)
    outcome = run(program, points, sharp=True, borders=False)
    items = np.repeat(np.arange(count), 2)
    slopes = bounded_columns(program, points, outcome.path, items, np.tile(pair, count), _Nowhere()).value
    rates = decision.scores(slopes).reshape(count, 2, -1).transpose(0, 2, 1)
    steps = points.reshape(count, -1)[:, pair] - x.reshape(-1)[pair].astype(np.float64)
    values = decision.scores(outcome.outputs.value) - np.einsum("plk,pk->pl", rates, steps)
    return np.concatenate([values[:, :, None], rates], axis=2)


def _labelled(mesh: Mesh, scores: Array, moved: Bounded) -> Bounded:
    """Cut polygons where the largest score changes; a polygon's plane becomes the linear region that it is part of."""
    labels = scores.shape[1]
    mesh.plane = np.arange(len(mesh.first))
    table, zeros = np.arange(labels)[None], np.zeros(len(mesh.first), dtype=np.int64)
    present = np.ones(labels, dtype=bool)

    def cut(values, numbers, first, length, corners, plane, left, right, weight, used):  # type: ignore[no-untyped-def]
        return pools.apart(
            values, numbers, scores, present, table, zeros, zeros, table, labels, first, length, corners, plane, left,
            right, weight, used, steps=50.0 * labels * len(zeros),
        )  # fmt: skip

    return mesh.grown(moved, cut)


def _place(mesh: Mesh, place: Bounded) -> Array:
    """Where all vertices are, those made since included."""
    rows = Windowed(place, (2,))
    return mesh.extended(Windows(np.zeros((1, 2), dtype=np.int64), (2,)), rows).data.value


def map_of(study: Study, features: tuple[int, int], cells: Cells, seconds: float) -> RegionMap:
    """The map in the user's units."""
    program, flat = study.program, study.x.reshape(1, -1)
    elements = study.features.elements[list(features)]
    bounds = study.pixels.element_bounds(program.input_shape)[:, elements]

    def pixels(places: Array) -> Array:
        points = np.repeat(flat.astype(np.float64), len(places), axis=0)
        points[:, elements] += places
        found = program.preprocessing.pixels(points.reshape(-1, *program.input_shape)).reshape(len(places), -1)
        return np.asarray(np.clip(found[:, elements], bounds[0], bounds[1]))

    origin = pixels(np.zeros((1, 2)))[0]
    rates = program.preprocessing.slopes(program.input_shape).reshape(-1)[elements]
    forms = cells.forms.copy()
    forms[:, :, 1:] *= rates
    forms[:, :, 0] -= forms[:, :, 1:] @ origin
    regions = tuple(
        Region(pixels(corners), int(label), int(path), forms[path])
        for corners, label, path in zip(cells.corners, cells.labels, cells.paths, strict=True)
    )
    every = np.concatenate([region.corners for region in regions])
    low, high = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    return RegionMap(
        program, features, (low[0], low[1]), (high[0], high[1]), (float(origin[0]), float(origin[1])),
        int(study.run.labels[0]), regions, seconds,
    )  # fmt: skip
