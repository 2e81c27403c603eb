"""What lies behind a wall, in exact arithmetic: for walls that floats cannot tell apart or see to touch.

All guards whose hyperplanes coincide make one wall. The wall is a facet of the region if some point on it has all other
guards positive: an exact linear program with strict rows says so, or refutes it. From such a point ``q`` a short step
leads behind the wall. A path that a certified run finds there is the neighbour's if ``q`` lies in its closed region,
which its own exact guards say: then the segment from ``q`` lies in that region, and close to ``q`` in the only region
behind the facet.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepcheck.attacks.question import EXACT_ELEMENTS
from deepcheck.constraints import Inequalities, Undecided, Witness
from deepcheck.explore.guards import ExactGuards
from deepcheck.explore.slices import Region, Slice, region_within, regions_at
from deepcheck.program import Array, Path
from deepcheck.solvers import exact_lp
from deepcheck.symbolic import EXACT_PRODUCTS, exact_columns

FLOAT_STEPS = 8
"""How often a step behind a wall is shortened in floats, each time eightfold."""
EXACT_POWERS = (30, 45, 60, 80, 100, 140, 200, 300, 500)
"""By which powers of two it is shortened in fractions."""
Name = tuple[int, int]


Plane = tuple[Fraction, ...]
"""A hyperplane with a side: coefficients of the elements' values, the first that is not 0 made 1 or -1; a constant."""


@dataclass(frozen=True)
class ExactWalls:
    """The exact guards of one region that may touch it, around its point.

    Attributes:
        slice: The slice.
        region: The region.
        guards: Its guards.
        box: The ends of the box, as rows, strictly inside.
        planes: The hyperplane of each guard.
    """

    slice: Slice
    region: Region
    guards: ExactGuards
    box: Inequalities
    planes: tuple[Plane, ...]

    @staticmethod
    def of(slice_: Slice, region: Region, names: Array) -> "ExactWalls | None":
        """The exact guards of a region; None where the network or the set is too large for exact arithmetic.

        Args:
            slice_: The slice.
            region: The region.
            names: The guards that may touch it: all others are positive on it, so that these and the box make it.
        """
        if slice_.program.products > EXACT_PRODUCTS or len(slice_.elements) > EXACT_ELEMENTS:
            return None
        wanted = {int(block): names[names[:, 0] == block, 1] for block in np.unique(names[:, 0])}
        guards = exact_guards(slice_, region.point, region.path, wanted)
        origin = [Fraction(float(value)) for value in region.point]
        planes = tuple(_plane(*row, origin) for row in zip(guards.values, guards.slopes, strict=True))
        return ExactWalls(slice_, region, guards, _box(slice_, region.point), planes)

    def strictly_inside(self) -> Inequalities:
        """Every guard that moves positive, inside the box."""
        return self._rows(list(range(len(self.planes))), strictly=True) + self.box

    def plane(self, name: Name) -> Plane | None:
        """The hyperplane of a guard; None where the guard does not move, and so makes no wall."""
        return self.planes[self.guards.names.index(name)] if name in self.guards.names else None

    def behind(self, plane: Plane, left: Callable[[], float | None]) -> "Region | str":
        """What lies behind a hyperplane: the region, "nothing" or "open"."""
        same = [at for at, other in enumerate(self.planes) if other == plane]
        point = self._on(same[0], same, left)
        if point is None or isinstance(point, str):
            return "nothing" if point is None else point
        return self._across(point, self.guards.slopes[same[0]]) or "open"

    def _on(self, at: int, same: list[int], left: Callable[[], float | None]) -> "list[Fraction] | str | None":
        """A point of the wall with all other guards positive; None if there is none, "open" if that is not known."""
        rest = [other for other in range(len(self.guards.values)) if other not in same]
        strict = self._rows(rest, strictly=True) + self.box
        row, value = tuple(self.guards.slopes[at]), self.guards.values[at]
        wall = Inequalities((row, tuple(-slope for slope in row)), (value, -value), (False, False))
        answer = exact_lp.decide(wall + strict, left())
        if isinstance(answer, Undecided):
            return "open"
        if not isinstance(answer, Witness):
            return None
        start = list(answer.point)
        moved = _moved(strict, start)
        flat = Inequalities(wall.coefficients, (Fraction(0), Fraction(0)), (False, False))
        best = exact_lp.maximise_least(flat, moved, left())
        if isinstance(best, Undecided) or best.value is None:
            return start
        return [s + d for s, d in zip(start, best.point, strict=True)]

    def _rows(self, which: list[int], *, strictly: bool) -> Inequalities:
        rows, constants = [], []
        for at in which:
            size = sum(abs(slope) for slope in self.guards.slopes[at])
            rows.append(tuple(slope / size for slope in self.guards.slopes[at]))
            constants.append(self.guards.values[at] / size)
        return Inequalities(tuple(rows), tuple(constants), (strictly,) * len(rows))

    def _across(self, point: list[Fraction], slope: Array) -> Region | None:
        """The region behind a point of a wall: looked for in floats, and closer to the wall in fractions."""
        slice_ = self.slice
        origin = [Fraction(float(value)) for value in self.region.point]
        on = [o + d for o, d in zip(origin, point, strict=True)]
        width = np.where(np.isfinite(slice_.upper - slice_.lower), slice_.upper - slice_.lower, 1.0)
        direction = -np.array([float(rate) for rate in slope]) * width
        direction = direction / max(np.abs(direction).max(), 1e-300) * width
        for eighth in range(1, FLOAT_STEPS + 1):
            beside = np.array([float(value) for value in on]) + direction * 8.0**-eighth
            step = [Fraction(float(value)) - o for value, o in zip(beside, origin, strict=True)]
            fall = sum((s * (b - d) for s, b, d in zip(slope, step, point, strict=True)), Fraction(0))
            if not slice_.contains(beside) or not fall < 0:
                continue
            (region,) = regions_at(slice_, beside[None])
            if region is not None and self._touches(region, point):
                return region
        return self._closer(on, point, [Fraction(float(way)) for way in direction], slope)

    def _closer(
        self, on: list[Fraction], point: list[Fraction], direction: list[Fraction], slope: Array
    ) -> Region | None:
        """The region behind a point of a wall, by exact runs closer and closer to it."""
        if not sum((s * d for s, d in zip(slope, direction, strict=True)), Fraction(0)) < 0:
            return None
        for power in EXACT_POWERS:
            share = Fraction(1, 1 << power)
            beside = [o + share * d for o, d in zip(on, direction, strict=True)]
            if not self.slice.contains(np.array(beside, dtype=object)):
                continue
            region = region_within(self.slice, beside)
            if self._touches(region, point):
                return region
        return None

    def _touches(self, region: Region, point: list[Fraction]) -> bool:
        """Does the closed region of another path hold a point, given as a displacement from this region's?"""
        guards = exact_guards(self.slice, self.region.point, region.path)
        if not guards.held:
            return False
        values = guards.values + (guards.slopes * np.array(point, dtype=object)).sum(axis=1) if guards.names else ()
        return all(value >= 0 for value in values)


def opposite(plane: Plane) -> Plane:
    """The same hyperplane, seen from the other side."""
    return tuple(-number for number in plane)


def _plane(value: Fraction, slopes: Array, origin: list[Fraction]) -> Plane:
    size = abs(next(slope for slope in slopes if slope))
    constant = value - sum((slope * at for slope, at in zip(slopes, origin, strict=True)), Fraction(0))
    return (*(slope / size for slope in slopes), constant / size)


def exact_guards(slice_: Slice, point: Array, path: Path, wanted: Mapping[int, Array] | None = None) -> ExactGuards:
    """The guards of a path as functions of displacements from a point, which need not be on that path."""
    guards = ExactGuards(wanted)
    exact_columns(slice_.program, slice_.inputs(point[None]), path, slice_.elements, guards)
    return guards


def _box(slice_: Slice, point: Array) -> Inequalities:
    """The ends of the box, strictly inside."""
    rows, constants, k = [], [], len(point)
    for at, (value, low, high) in enumerate(zip(point, slice_.lower, slice_.upper, strict=True)):
        for end, sign in ((low, 1), (high, -1)):
            if np.isfinite(end):
                rows.append(tuple(Fraction(sign * (other == at)) for other in range(k)))
                constants.append(sign * (Fraction(float(value)) - Fraction(float(end))))
    return Inequalities(tuple(rows), tuple(constants), (True,) * len(rows))


def _moved(system: Inequalities, point: list[Fraction]) -> Inequalities:
    """The same rows around another point."""
    constants = tuple(
        constant + sum((c * p for c, p in zip(row, point, strict=True)), Fraction(0))
        for row, constant in zip(system.coefficients, system.constants, strict=True)
    )
    return Inequalities(system.coefficients, constants, system.strict)
