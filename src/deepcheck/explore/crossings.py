"""From a region to its neighbours: for every wall the region behind it, or a proof that there is none.

Floats propose points behind a wall; what is claimed rests on certified runs, on error bounds and on these facts. Let
``P`` be a region's path and ``P'`` the same path with the one arm flipped that a guard keeps.

1. The instructions before that branch have the same arms, so both paths have the same guard there, with opposite signs;
   where it is 0 both arms agree (pieces are continuous), and so do all later values. So both closed regions have the
   same face on the guard's hyperplane.
2. So if ``P'`` has been visited, nothing is left to do for that wall.
3. If a point behind this wall alone, all other walls of ``P`` certainly positive there, has the path ``P'`` in a
   certified run, then the segment from inside the region to it meets the face in its relative interior; the other half
   of the segment lies in the closed region of ``P'``, and next to the face in the only region behind it: that is
   ``P'``. (Ties are broken by the same rule at every point, so one region has one path.)
4. If multipliers prove, with outward rounding, that the guard stays positive where the other walls hold, the wall does
   not touch the region.

What none of this settles (several guards on one hyperplane, walls that touch in a corner) goes to `exact_walls`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from deepcheck.explore.exact_walls import ExactWalls, Plane, opposite
from deepcheck.explore.guards import flipped, key
from deepcheck.explore.polytopes import Polytope
from deepcheck.explore.slices import Region, Slice, regions_at
from deepcheck.program import Array
from deepcheck.program.bounded import UNIT
from deepcheck.solvers.least import least

STEPS = (0.5, 2.0**-4, 2.0**-8, 2.0**-14)
"""How far behind a wall to look, one after another, as a share of the way to where its guard is least."""


@dataclass
class Known:
    """What is known of paths.

    Attributes:
        paths: The paths that are visited, or will be.
        crossed: For some of them hyperplanes behind which a known region lies: a region has one facet on a hyperplane,
            and one neighbour behind it.
    """

    paths: set[bytes] = field(default_factory=set)
    crossed: dict[bytes, list[Plane]] = field(default_factory=dict)

    def __contains__(self, name: bytes) -> bool:
        return name in self.paths


@dataclass
class Crossed:
    """What lies behind the walls of one region.

    Attributes:
        regions: New regions.
        open: For how many walls nothing is known.
    """

    regions: list[Region] = field(default_factory=list)
    open: int = 0


@dataclass
class _Walls:
    """The walls of one region that are still to cross.

    Attributes:
        polytope: The region.
        keys: The path behind each wall as a key, by wall.
        left: The walls that are left.
        least: Where each wall's guard is least without it, ``(m, k)``.
    """

    polytope: Polytope
    keys: list[bytes]
    left: list[int]
    points: Array


def cross(slice_: Slice, some: Sequence[Polytope], known: Known, left: Callable[[], float | None]) -> list[Crossed]:
    """Find the neighbours of some regions; they are known from then on.

    Args:
        slice_: The slice.
        some: The regions.
        known: The paths that are known.
        left: How many seconds are left, or None.
    """
    found = [Crossed() for _ in some]
    work = [_behind(slice_, polytope, known) for polytope in some]
    for step in STEPS:
        tries = [(at, wall, point) for at, walls in enumerate(work) for wall, point in _tries(slice_, walls, step)]
        regions = regions_at(slice_, np.array([point for _, _, point in tries]))
        for (at, wall, _), region in zip(tries, regions, strict=True):
            if region is not None and region.key == work[at].keys[wall]:
                found[at].regions += [region] * (region.key not in known)
                known.paths.add(region.key)
        for walls in work:
            walls.left = [wall for wall in walls.left if walls.keys[wall] not in known]
    for at, walls in enumerate(work):
        if walls.left:
            _exactly(slice_, walls, found[at], known, left)
    return found


def _behind(slice_: Slice, polytope: Polytope, known: Known) -> _Walls:
    """The walls of a region behind which no visited path lies and that may touch it."""
    path, walls = polytope.region.path, polytope.walls
    keys = [key(flipped(path, slice_.families[block], place)) for block, place in polytope.names.tolist()]
    asked = np.array([wall for wall, name in enumerate(keys) if name not in known], dtype=np.int64)
    points = np.zeros((len(keys), len(walls.lower)))
    if not len(asked):
        return _Walls(polytope, keys, [], points)
    found = least(walls.take(asked), walls, polytope.centre, asked)
    points[asked] = found.points
    return _Walls(polytope, keys, asked[~(found.floors > 0)].tolist(), points)


def _tries(slice_: Slice, work: _Walls, step: float) -> list[tuple[int, Array]]:
    """For each wall that is left a point behind it and it alone, certainly; none where there is no such point."""
    if not work.left or not work.polytope.room > 0:
        return []
    walls, centre, origin = work.polytope.walls, work.polytope.centre, work.polytope.region.point
    some = np.array(work.left)
    ends = work.points[some]
    with np.errstate(all="ignore"):
        here = walls.values[some] + walls.slopes[some] @ centre
        there = walls.values[some] + (walls.slopes[some] * ends).sum(axis=1)
        share = here / (here - there)  # where on the way to the end the guard is 0
        moved = centre + (share + step * (1 - share))[:, None] * (ends - centre)
        points = origin + moved
        moved = points - origin
        values = walls.values + moved @ walls.slopes.T
        # A displacement is rounded once more than `doubts` allows for.
        doubts = walls.doubts(np.abs(moved)) + 4 * UNIT * (np.abs(points) + np.abs(origin)) @ np.abs(walls.slopes).T
    rows = np.arange(len(some))
    signs = np.ones((len(some), len(walls)))
    signs[rows, some] = -1.0
    certain = ((signs * values > doubts) & np.isfinite(values)).all(axis=1)
    return [
        (int(wall), point)
        for wall, point, sure in zip(some, points, certain, strict=True)
        if sure and slice_.contains(point)
    ]


def _exactly(slice_: Slice, work: _Walls, found: Crossed, state: Known, left: Callable[[], float | None]) -> None:
    """Cross what is left in exact arithmetic, hyperplane by hyperplane."""
    polytope = work.polytope
    exact = ExactWalls.of(slice_, polytope.region, polytope.names)
    if exact is None:
        found.open += len(work.left)
        return
    settled = set(state.crossed.get(polytope.region.key, ()))
    for wall in work.left:
        block, place = polytope.names[wall].tolist()
        plane = exact.plane((block, place))
        if plane is None or plane in settled or work.keys[wall] in state:
            continue
        settled.add(plane)
        answer = exact.behind(plane, left)
        if isinstance(answer, Region):
            found.regions += [answer] * (answer.key not in state)
            state.paths.add(answer.key)
            state.crossed.setdefault(answer.key, []).append(opposite(plane))
        elif answer == "open":
            found.open += 1
