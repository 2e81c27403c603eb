"""What lies behind a wall, in exact arithmetic: for walls that floats cannot tell apart or see to touch.

All guards whose hyperplanes coincide make one wall. The wall is a facet of the region if some point on it has all other
guards positive: an exact linear program with strict rows says so, or refutes it. From such a point ``q`` a short step
leads behind the wall. A path that a certified run finds there is the neighbour's if ``q`` lies in its closed region,
which its own exact guards say: then the segment from ``q`` lies in that region, and close to ``q`` in the only region
behind the facet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepcheck.attacks.question import EXACT_ELEMENTS
from deepcheck.constraints import Inequalities, Undecided, Witness
from deepcheck.explore.guards import ExactGuards
from deepcheck.explore.slices import Region, Slice, regions_at
from deepcheck.program import Array, Path
from deepcheck.solvers import exact_lp
from deepcheck.symbolic import EXACT_PRODUCTS, exact_columns

HALVINGS = 12
"""How often a step behind a wall is shortened, each time eightfold."""
Name = tuple[int, int]


@dataclass(frozen=True)
class ExactWalls:
    """The exact guards of one region, around its point.

    Attributes:
        slice: The slice.
        region: The region.
        guards: Its guards.
        box: The ends of the box, as rows.
    """

    slice: Slice
    region: Region
    guards: ExactGuards
    box: Inequalities

    @staticmethod
    def of(slice_: Slice, region: Region) -> "ExactWalls | None":
        """The exact guards of a region; None where the network or the set is too large for exact arithmetic."""
        if slice_.program.products > EXACT_PRODUCTS or len(slice_.elements) > EXACT_ELEMENTS:
            return None
        guards = exact_guards(slice_, region.point, region.path)
        return ExactWalls(slice_, region, guards, _box(slice_, region.point))

    def strictly_inside(self) -> Inequalities:
        """Every guard that moves positive, inside the box."""
        return self._rows(list(range(len(self.guards.values))), strictly=True) + self.box

    def behind(self, name: Name, left: Callable[[], float | None]) -> tuple[set[Name], "Region | str"]:
        """What lies behind a guard's wall.

        Returns:
            The guards whose hyperplanes are the same, and the region behind, "nothing" or "open".
        """
        if name not in self.guards.names:
            return {name}, "nothing"  # it does not move: no wall
        at = self.guards.names.index(name)
        same = self._same(at)
        names = {self.guards.names[other] for other in same}
        point = self._on(at, same, left)
        if point is None or isinstance(point, str):
            return names, "nothing" if point is None else point
        return names, self._across(point, self.guards.slopes[at]) or "open"

    def _same(self, at: int) -> list[int]:
        """The guards that are a positive multiple of one."""
        values, slopes = self.guards.values, self.guards.slopes
        column = next(c for c, slope in enumerate(slopes[at]) if slope)
        found = []
        for other in range(len(values)):
            factor = slopes[other][column] / slopes[at][column]
            if factor > 0 and values[other] == factor * values[at] and (slopes[other] == factor * slopes[at]).all():
                found.append(other)
        return found

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
        """The region behind a point of a wall."""
        slice_ = self.slice
        origin = [Fraction(float(value)) for value in self.region.point]
        on = np.array([float(o + d) for o, d in zip(origin, point, strict=True)])
        width = np.where(np.isfinite(slice_.upper - slice_.lower), slice_.upper - slice_.lower, 1.0)
        direction = -np.array([float(rate) for rate in slope]) * width
        direction = direction / max(np.abs(direction).max(), 1e-300) * width
        for halving in range(1, HALVINGS + 1):
            beside = on + direction * 8.0**-halving
            step = [Fraction(float(value)) - o for value, o in zip(beside, origin, strict=True)]
            fall = sum((s * (b - d) for s, b, d in zip(slope, step, point, strict=True)), Fraction(0))
            if not slice_.contains(beside) or not fall < 0:
                continue
            (region,) = regions_at(slice_, beside[None])
            if region is not None and self._touches(region, point):
                return region
        return None

    def _touches(self, region: Region, point: list[Fraction]) -> bool:
        """Does the closed region of another path hold a point, given as a displacement from this region's?"""
        guards = exact_guards(self.slice, self.region.point, region.path)
        if not guards.held:
            return False
        values = guards.values + (guards.slopes * np.array(point, dtype=object)).sum(axis=1) if guards.names else ()
        return all(value >= 0 for value in values)


def exact_guards(slice_: Slice, point: Array, path: Path) -> ExactGuards:
    """The guards of a path as functions of displacements from a point, which need not be on that path."""
    guards = ExactGuards()
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
