"""The guards of a path with their names: which arm of which element each of them keeps, and what lies behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from deepcheck.program import Array, Bounded, Largest, Path, Piecewise, Program, Rationals
from deepcheck.solvers.least import Walls


@dataclass(frozen=True)
class Family:
    """One family of guards of one branch instruction, in the order in which they are emitted.

    Attributes:
        branch: The position of the branch.
        width: How many candidates each element has, for a `Largest`; 0 for a `Piecewise`.
        above: Do its guards hold the element above a breakpoint? (With one breakpoint they do one or the other.)
        single: Does the branch have one breakpoint?
    """

    branch: int
    width: int = 0
    above: bool = False
    single: bool = False

    def flipped(self, arms: tuple[Array, ...], guard: int) -> tuple[int, int]:
        """The element (flat) of a guard, and the arm that lies behind it.

        Args:
            arms: The arms of every branch, one item each.
            guard: The guard's place in its block.
        """
        if self.width:
            return guard // self.width, guard % self.width
        arm = int(arms[self.branch].reshape(-1)[guard])
        if self.single:
            return guard, 1 - arm
        return guard, arm - 1 if self.above else arm + 1


def families(program: Program) -> tuple[Family, ...]:
    """The families of guards of a program, block by block as a symbolic run emits them."""
    found: list[Family] = []
    for position, branch in enumerate(program.branches):
        if isinstance(branch, Largest):
            found.append(Family(position, width=branch.windows.shape[-1]))
        elif isinstance(branch, Piecewise) and len(branch.breakpoints) == 1:
            found.append(Family(position, single=True))
        else:
            found += [Family(position, above=True), Family(position)]
    return tuple(found)


@dataclass
class NamedGuards:
    """A guard sink over whole rows of one item, that keeps those that the box could break, with their names.

    Attributes:
        lower: Least displacement of each column, rounded outwards, ``(k,)``.
        upper: Largest, likewise.
        names: For each guard that was kept its block and its place in it, ``(m, 2)``, block by block.
        walls: The guards, likewise.
    """

    lower: Array
    upper: Array
    names: list[Array] = field(default_factory=list)
    walls: list[Walls] = field(default_factory=list)

    def emit(self, values: Bounded, slopes: Bounded, present: Array) -> None:
        """Keep what is not certain to hold in the whole box."""
        some = np.flatnonzero(present[0])
        error = np.full(len(some), float(slopes.error.max(initial=0.0)))
        errors = np.full(len(some), float(values.error[0]))
        block = Walls(values.value[0][some], errors, slopes.value[:, some].T, error, self.lower, self.upper)
        kept = ~(block.floors() >= 0)
        self.walls.append(block.take(kept))
        places = some[kept]
        self.names.append(np.stack([np.full(len(places), len(self.names)), places], axis=1))

    def joined(self) -> tuple[Array, Walls]:
        """All names, ``(m, 2)``, and all walls."""
        k = len(self.lower)
        none = np.zeros(0)
        each = [Walls(none, none, np.zeros((0, k)), none, self.lower, self.upper), *self.walls]
        walls = Walls(
            np.concatenate([part.values for part in each]),
            np.concatenate([part.value_errors for part in each]),
            np.concatenate([part.slopes for part in each]),
            np.concatenate([part.slope_errors for part in each]),
            self.lower,
            self.upper,
        )
        return np.concatenate([np.zeros((0, 2), np.int64), *self.names]), walls


@dataclass
class ExactGuards:
    """A guard sink over rationals, of one item: the guards that some column moves, with their names.

    Attributes:
        wanted: Only these guards, block by block, are kept; None for all.
        names: Block and place of each guard.
        values: Its value.
        slopes: Its slopes, by column.
        held: Do all guards that no column moves hold?
    """

    wanted: Mapping[int, Array] | None = None
    names: list[tuple[int, int]] = field(default_factory=list)
    values: Array = field(default_factory=lambda: np.zeros(0, dtype=object))
    slopes: Array = field(default_factory=lambda: np.zeros((0, 0), dtype=object))
    held: bool = True
    blocks: int = 0

    def emit(self, values: Rationals, slopes: Rationals, present: Array) -> None:
        """Keep the guards that move; note whether the others hold."""
        moves = (slopes.numerators != 0).any(axis=0)
        kept = np.flatnonzero(present[0] & moves)
        if self.wanted is not None:
            kept = np.intersect1d(kept, self.wanted.get(self.blocks, kept[:0]))
        self.held &= bool((values.numerators[0][present[0] & ~moves] >= 0).all())
        self.names += [(self.blocks, int(place)) for place in kept]
        numbers = Rationals(values.numerators[0][kept], values.denominator).fractions()
        rates = Rationals(slopes.numerators[:, kept].T, slopes.denominator).fractions()
        self.values = np.concatenate([self.values, numbers])
        self.slopes = rates if not self.slopes.size else np.concatenate([self.slopes, rates])
        self.blocks += 1


def flipped(path: Path, family: Family, guard: int) -> tuple[Array, ...]:
    """The arms of a path of one item with the arm behind one guard."""
    element, arm = family.flipped(path.arms, guard)
    arms = list(path.arms)
    changed = arms[family.branch].copy()
    changed.reshape(-1)[element] = arm
    arms[family.branch] = changed
    return tuple(arms)


def key(arms: tuple[Array, ...]) -> bytes:
    """A path as a key: equal exactly for equal arms, up to a collision of a 128-bit hash."""
    digest = blake2b(digest_size=16)
    for part in arms:
        digest.update(np.ascontiguousarray(part).view(np.uint8).data)
    return digest.digest()
