"""What an exploration found: paths, labels and attacks, with the verdict and its scope."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from deepcheck.attacks import Outcome, Replays, Study, Witness
from deepcheck.attacks.flips import flips_of
from deepcheck.attacks.views import margin_at
from deepcheck.certify import replayer_for
from deepcheck.domains import Pixels
from deepcheck.explore.exploration import Explored, Visit
from deepcheck.explore.goals import Reached
from deepcheck.explore.slices import Slice
from deepcheck.program import Array

REPLAYS = 1000
"""At most so many attacks are made into inputs and replayed: those that flip the fewest activations."""


@dataclass(frozen=True)
class PathAttack:
    """An attack along one of the visited paths.

    Attributes:
        features: The features that it changes, increasing.
        witness: The new input; `Witness.flips` says how many activations it flips.
    """

    features: tuple[int, ...]
    witness: Witness

    @property
    def label(self) -> int:
        """The new label."""
        return self.witness.label

    @property
    def flips(self) -> int:
        """How many activations differ from the input's path."""
        return self.witness.flips


@dataclass(frozen=True)
class Exploration:
    """What is known about all values of some features of one input.

    Attributes:
        study: What the question was.
        features: The features that may change, increasing.
        order: In which order paths were visited.
        elements: The elements that may move: those of the features that have room in the domain.
        found: The visited paths.
        attacks: The attacks, by how many activations they flip; of very many the first `REPLAYS`.
        seconds: The time that the exploration took, replay left out.
    """

    study: Study = field(repr=False)
    features: tuple[int, ...]
    order: str
    elements: tuple[int, ...]
    found: Explored = field(repr=False)
    attacks: tuple[PathAttack, ...] = field(repr=False)
    seconds: float

    arithmetic = "rounded outward, exact where that leaves it open"

    @property
    def label(self) -> int:
        """The label of the input."""
        return int(self.study.run.labels[0])

    @property
    def domain(self) -> Pixels:
        """Where the features may go."""
        return self.study.pixels

    @property
    def visits(self) -> Sequence[Visit]:
        """The visited paths, in order."""
        return self.found.visits

    @property
    def paths(self) -> int:
        """How many paths were visited."""
        return len(self.found.visits)

    @property
    def complete(self) -> bool:
        """Were all paths of the domain visited?"""
        return self.found.complete

    @cached_property
    def labels(self) -> dict[int, int]:
        """On how many of the visited paths each label was seen: inside, or with a margin at some value."""
        found: dict[int, int] = {}
        for visit in self.visits:
            for label in {visit.label, *(r.label for r in visit.reached if r.outcome == Outcome.ATTACKABLE)}:
                found[label] = found.get(label, 0) + 1
        return dict(sorted(found.items()))

    @cached_property
    def counts(self) -> dict[str, int]:
        """Visited paths that are attackable, proved and undecided, which add up; paths ahead, walls that are open."""
        attackable = sum(attacked(visit) for visit in self.visits)
        undecided = sum(bool(visit.reached) and not attacked(visit) for visit in self.visits)
        return {
            "attackable": attackable,
            "replayed": sum(attack.witness.replayed for attack in self.attacks),
            "proved": self.paths - attackable - undecided,
            "undecided": undecided,
            "ahead": self.found.frontier,
            "open": self.found.open,
        }

    @property
    def nearest(self) -> PathAttack | None:
        """The attack that flips the fewest activations, of those that survive replay where some do."""
        survived = [attack for attack in self.attacks if attack.witness.replayed]
        return min(survived or self.attacks, key=lambda attack: attack.flips, default=None)

    @property
    def scope(self) -> str:
        """Which paths the verdict is about."""
        if self.complete:
            return "all paths"
        return f"{self.paths} path{'s' * (self.paths != 1)}, of more"

    @property
    def verdict(self) -> str:
        """What was found: "attack", "proved" (all paths) or "undecided"; see `scope` and `reason`."""
        if self._unsure:
            return "undecided"
        if self.counts["replayed"]:
            return "attack"
        robust = self.complete and not self.counts["attackable"] and not self.counts["undecided"]
        return "proved" if robust else "undecided"

    @property
    def reason(self) -> str:
        """Why the verdict is undecided; "" where it is not."""
        if self.verdict != "undecided":
            return ""
        if self._unsure:
            return self._unsure
        if self.counts["attackable"]:
            return "does not replay"
        outcomes = {reached.outcome for visit in self.visits for reached in visit.reached}
        reasons = [self.found.stopped] if self.found.stopped else []
        if self.found.open:
            reasons.append(f"what lies behind {self.found.open} walls of regions is not known")
        return ", ".join([*reasons, *(outcome.words for outcome in sorted(outcomes))])

    @property
    def _unsure(self) -> str:
        if len(self.study.model_labels) and self.study.model_labels[0] != self.label:
            return Outcome.LABEL.words
        return ""

    def __str__(self) -> str:
        count = len(self.features)
        some = f"{count} feature{'s' * (count != 1)}"
        where = f"{self.scope}, {self.domain.describe()}, {some}"
        if self.verdict == "proved":
            paths = f"{self.paths:,} path{'s' * (self.paths != 1)}, all there are"
            aim = f"the label {self.label}"
            if self.study.asked.target is not None:
                aim += f" to {self.study.asked.target}"
            return f"proved ({where}): no values of these features change {aim}; {paths}"
        labels = ", ".join(f"{label} on {count:,}" for label, count in self.labels.items())
        text = f"{self.paths:,} paths visited, {self.found.frontier:,} ahead; labels seen: {labels}"
        if self.verdict == "undecided":
            return f"undecided: {self.reason} ({where}): {text}"
        nearest = self.nearest
        assert nearest is not None
        flips = f"{nearest.flips} activation{'s' * (nearest.flips != 1)}"
        return f"attack ({where}): {text}; the nearest attack flips {flips}, into {nearest.label}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.explore.markup import exploration_html

        return exploration_html(self)

    def _repr_png_(self) -> bytes | None:
        from deepcheck.explore.markup import exploration_png

        return exploration_png(self)


def attacked(visit: Visit) -> bool:
    """Is there an attack along a path?"""
    return any(reached.outcome == Outcome.ATTACKABLE for reached in visit.reached)


def attacks_of(study: Study, slice_: Slice, found: Explored) -> tuple[PathAttack, ...]:
    """The attacks along visited paths as inputs, replayed."""
    rows = [(visit, r) for visit in found.visits for r in visit.reached if r.outcome == Outcome.ATTACKABLE]
    rows = sorted(rows, key=lambda row: row[0].flips)[:REPLAYS]
    if not rows:
        return ()
    changed = np.repeat(study.x.reshape(1, -1), len(rows), axis=0)
    changed[:, slice_.elements] = np.array([reached.values for _, reached in rows], dtype=changed.dtype)
    changed = changed.reshape(len(rows), *study.program.input_shape)
    labels = np.array([reached.label for _, reached in rows])
    replays = Replays.of(replayer_for(study.program.origin), study.program, study.x, changed, labels)
    # On a border it is on several paths; a point on the border of a region counts as on its path.
    flips = np.minimum(flips_of(study, 0, changed), [visit.flips for visit, _ in rows])
    made = [_attack(study, changed[at], rows[at][1], replays, int(flips[at]), at) for at in range(len(rows))]
    return tuple(sorted(made, key=lambda attack: attack.flips))


def _attack(study: Study, changed: Array, reached: Reached, replays: Replays, flips: int, at: int) -> PathAttack:
    moved = np.flatnonzero(changed.reshape(-1) != study.x.reshape(-1))
    features = np.unique(study.features.owner[moved])
    pixels = study.program.preprocessing.pixels(changed[None])[0]
    witness = Witness(
        model_input=changed,
        pixels=pixels,
        values=tuple(float(v) for v in pixels.reshape(-1)[study.features.members[features].ravel()]),
        label=reached.label,
        margin=margin_at(study.program, changed, reached.label),
        replayed=bool(replays.survived[at]),
        flips=flips,
        same_path_float32=bool(replays.same_path[at]),
    )
    return PathAttack(tuple(features.tolist()), witness)
