"""The polytopes of regions: their walls, a point well inside, and the labels' leads on them, in floats with bounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcheck.explore.guards import NamedGuards
from deepcheck.explore.slices import Region, Slice
from deepcheck.program import Array, Bounded, NormBounded, Path
from deepcheck.program.bounded import UNIT, UP
from deepcheck.solvers.least import Walls, inside, least
from deepcheck.symbolic import guard_columns


@dataclass(frozen=True, eq=False)
class Polytope:
    """A region with its walls, as displacements from its point.

    Attributes:
        region: The region.
        names: Block and place of each wall's guard, ``(m, 2)``.
        walls: The walls that the region may touch, in a box that holds the region.
        leads: ``f[label] - f[j]`` for every other label ``j``, in the same box.
        centre: A displacement well inside, in floats; meaningless where ``room`` is not positive.
        room: How far inside it is.
    """

    region: Region
    names: Array
    walls: Walls
    leads: Walls
    centre: Array
    room: float


def polytopes(slice_: Slice, regions: Sequence[Region]) -> list[Polytope]:
    """The polytopes of some regions; their guards come from one symbolic run."""
    path = Path(
        tuple(np.concatenate(parts) for parts in zip(*(region.path.arms for region in regions), strict=True)),
        len(regions),
    )
    inputs = slice_.inputs(np.stack([region.point for region in regions]))
    sinks = [NamedGuards(*slice_.moves(region.point)) for region in regions]
    with np.errstate(over="ignore", invalid="ignore"):
        values, slopes = guard_columns(slice_.program, inputs, path, [slice_.elements] * len(regions), sinks)
        k, found = len(slice_.elements), []
        for at, (region, sink) in enumerate(zip(regions, sinks, strict=True)):
            mine, norm = np.arange(at * k, at * k + k), NormBounded()
            leads = _leads(slice_, norm.take(values, np.array([at])), norm.take(slopes, mine), sink)
            found.append(_trimmed(region, *sink.joined(), leads))
        return found


def _leads(slice_: Slice, values: Bounded, slopes: Bounded, sink: NamedGuards) -> Walls:
    """The input's label's lead over every other label, from the outputs along the path and their slopes."""
    decision, others = slice_.program.decided(), slice_.others
    scores, rates = decision.scores(values.value)[0], decision.scores(slopes.value)
    gaps = scores[slice_.label] - scores[others]
    leads = (rates[:, [slice_.label]] - rates[:, others]).T
    doubt = 2 * values.error.max() + 2 * UNIT * np.abs(gaps)
    slope_doubt = 2 * slopes.error.max() + 2 * UNIT * np.abs(leads).max(axis=1, initial=0.0)
    return Walls(gaps, doubt * UP, leads, slope_doubt * UP, sink.lower, sink.upper)


def _trimmed(region: Region, names: Array, walls: Walls, leads: Walls) -> Polytope:
    """Without the walls that certainly do not touch the region: they do not touch its bounding box."""
    start = np.zeros(len(walls.lower))
    walls = bounding(walls, start)
    touching = ~(walls.floors() > 0)
    walls, names = walls.take(touching), names[touching]
    centre, room = inside(walls, start)
    return Polytope(region, names, walls, leads.within(walls.lower, walls.upper), centre, room)


def bounding(walls: Walls, start: Array) -> Walls:
    """The same walls in the bounding box of their polytope, rounded outwards."""
    k = len(start)
    eye, none = np.eye(k), np.zeros(2 * k)
    ends = Walls(none, none, np.concatenate([eye, -eye]), none, walls.lower, walls.upper)
    floors = least(ends, walls, start).floors
    return walls.within(np.maximum(walls.lower, floors[:k]), np.minimum(walls.upper, -floors[k:]))
