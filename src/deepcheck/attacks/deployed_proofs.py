"""Which proofs hold for the deployed network too: in the model's own float type, in any order of summation.

A proof is about every input of its domain whose exact path is the one asked about (or any). It holds for the deployed
network where the lead that it leaves beats a bound on the rounding of the model's nodes over that domain. The label is
read from the scores in front of a final softmax or sigmoid, for which some of the lead is set aside
(`certify.deployment`). Convolutions by transforms (Winograd, FFT) are no orders of summation.

Source: `symbolic.deployed`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import comb

import numpy as np

from deepcheck.attacks.family import Family
from deepcheck.attacks.head_start import MORE, Families, Rivals, with_head_start
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.search import Found, Search
from deepcheck.attacks.study import Study
from deepcheck.certify.deployment import deployment_of
from deepcheck.program import Array, chunks_of
from deepcheck.program.bounded import UNIT, UP, difference
from deepcheck.ranking import Gains, gains
from deepcheck.solvers import Fold, Interval
from deepcheck.symbolic import Run, bounded_columns, run

CHUNK_BYTES = 16 << 20
CHEAP = 1 << 28
"""Multiplications of the columns of an input that take milliseconds."""
FEW, MOST_EACH = 16, 2000
"""So few elements of an input get a bound of their own at once, so many of a chunk of inputs at most."""
TOO_NEAR = "the lead over the domain is within what rounding may do"
EARLY, LATE = "the search stopped early", "the time for looking again ran out"

Lines = Callable[..., Found]
"""Decides single elements of a batch, as `search.search` does."""
Sets = Callable[[Search, Array, Run, Array], Family]
"""Decides the sets of one input, ``(1, *input_shape)``, of the features ``(1, m)``."""


@dataclass(frozen=True)
class Proofs:
    """How many proofs hold for the deployed network too.

    Attributes:
        count: How many.
        reason: Why not all of them; "" where all do.
    """

    count: int
    reason: str = ""


def deployed_features(study: Study, elements: Array, outcomes: Array, lines: Lines | None) -> tuple[Array, str]:
    """Which proved single features are proved for the deployed network, ``(items, m)``, and why not all.

    Args:
        study: What all results share.
        elements: Elements in the order tried, ``(items, m)``.
        outcomes: What became of each.
        lines: What decided them over all paths; None along each input's own path.
    """
    proved = outcomes == Outcome.PROVED
    deployment = deployment_of(study.program)
    if deployment.running is None or not proved.any():
        return np.zeros_like(proved), deployment.reason
    wanted = np.zeros((len(study.x), study.program.size), dtype=bool)
    np.put_along_axis(wanted, elements, proved, axis=1)
    query = Search(study.program, study.box, study.asked.target)
    family = Families(study.program, deployment.running, study.box, np.unique(elements)[:, None], 1, lines is None)
    with np.errstate(all="ignore"):
        if lines is None:
            kept = _AlongPath(query, study, family).all(wanted)
        else:
            kept = _anyway(query, study, family, wanted, lines)
    found = np.take_along_axis(kept, elements, axis=1) & proved
    return found, "" if found.sum() == proved.sum() else TOO_NEAR


def deployed_sets(study: Study, item: int, family: Family, tried: int, sets: Sets) -> Proofs:
    """How many proved sets of one input are proved for the deployed network."""
    deployment = deployment_of(study.program)
    if deployment.running is None or family.proved == 0:
        return Proofs(0, deployment.reason)
    if family.untried > family.asked - comb(tried, family.size):
        return Proofs(0, EARLY)
    one, query = np.array([item]), Search(study.program, study.box, study.asked.target)
    order = family.order[None, :tried]
    members, along = study.features.members[np.sort(order[0])], study.asked.paths == "same"
    families = Families(study.program, deployment.running, study.box, members, family.size, along)
    best, reason = 0, TOO_NEAR
    # Where a sharp bound costs less than a search, there is one search.
    cheap = along and study.program.products * study.program.size <= CHEAP
    for sharp in (True,) if cheap else (False, True):
        found = _again(query, study, families, one, sharp=sharp)
        if found is not None:
            raised, outcome = found
            again = sets(raised, study.x[one], outcome, order)
            best, reason = max(best, again.proved), LATE if again.untried else TOO_NEAR
        if best >= family.proved:
            break
    return Proofs(min(best, family.proved), "" if best >= family.proved else reason)


def _again(query: Search, study: Study, families: Families, one: Array, *, sharp: bool) -> tuple[Search, Run] | None:
    """The question about one input with a head start for others; None where that overturns the input itself."""
    rivals = Rivals.of(query.program.decided(), study.run.labels[one], query.target)
    errors = families.errors(study.x, study.run, one, rivals, sharp=sharp)
    if not np.isfinite(errors).all():
        return None
    raised = with_head_start(query.program, rivals, errors[0])
    outcome = run(raised, study.x[one], sharp=True)
    if outcome.labels[0] != study.run.labels[one[0]] or outcome.overflow[0] or outcome.unsettled[0]:
        return None
    return replace(query, program=raised), outcome


def _anyway(query: Search, study: Study, families: Families, wanted: Array, lines: Lines) -> Array:
    """Single elements over all paths, one input after another, ``(items, size)``."""
    kept = np.zeros_like(wanted)
    for item in np.flatnonzero(wanted.any(axis=1)):
        one = np.array([item])
        for sharp in (False, True):
            found = _again(query, study, families, one, sharp=sharp)
            if found is not None:
                raised, outcome = found
                kept[item] |= lines(raised, study.x[one], outcome, wanted[one]).outcomes[0] == Outcome.PROVED
            if kept[one][wanted[one]].all():
                break
    return kept & wanted


@dataclass(frozen=True)
class _AlongPath:
    """Single elements along each input's path: by their gains, and where those do not do by the path's intervals."""

    query: Search
    study: Study
    families: Families

    def all(self, wanted: Array) -> Array:
        """Which of the wanted elements hold, ``(items, size)``."""
        kept = np.zeros_like(wanted)
        some = np.flatnonzero(wanted.any(axis=1) & ~self.study.run.overflow & ~self.study.run.unsettled)
        widest = max(int(np.prod(shape)) for shape in self.query.program.shapes)
        others = self.query.program.decided().labels - 1
        for rows in chunks_of(len(some), 8 * (self.query.program.size + 8 * widest) * others, CHUNK_BYTES):
            kept[some[rows]] = self._some(some[rows], wanted[some[rows]])
        return kept

    def _some(self, items: Array, wanted: Array) -> Array:
        found = gains(self.query.program, self.study.run, items)
        counts = found.others == self.query.target if self.query.target is not None else found.others >= 0
        rivals = Rivals(found.others, np.broadcast_to(self.study.run.labels[items][:, None], found.others.shape))
        errors = self.families.errors(self.study.x, self.study.run, items, rivals)
        left = self._left(items, found, errors, counts) & wanted[:, None, :]
        again = np.flatnonzero(left.any(axis=1).sum(axis=1) > FEW)
        if len(again) and self.families.box.bounded:
            some = Rivals(rivals.ahead[again], rivals.behind[again])
            sharp = self.families.errors(self.study.x, self.study.run, items[again], some, sharp=True)
            errors[again] = np.fmin(errors[again], sharp)
            left = self._left(items, found, errors, counts) & wanted[:, None, :]
        return wanted & ~self._by_paths(items, found, rivals, errors, left)

    def _left(self, items: Array, found: Gains, errors: Array, counts: Array) -> Array:
        """What gains alone leave open, ``(items, others, size)``."""
        left = np.zeros((*found.others.shape, self.query.program.size), dtype=bool)
        flat = self.study.x[items].reshape(len(items), -1).astype(np.float64)
        if not self.query.box.bounded:
            left[counts] = True
            return left
        raised = replace(found, gaps=_raised(found.gaps, errors))
        left[raised.may_flip(self.query.box.lower - flat, self.query.box.upper - flat, counts)] = True
        return left

    def _by_paths(self, items: Array, found: Gains, rivals: Rivals, errors: Array, left: Array) -> Array:
        """Which elements stay open on the part of their range that keeps the path, ``(items, size)``."""
        item, other, element = np.nonzero(left)
        open_ = np.zeros((len(items), left.shape[2]), dtype=bool)
        if len(item) == 0:
            return open_
        columns, of = np.unique(item * left.shape[2] + element, return_inverse=True)
        row, moved = columns // left.shape[2], columns % left.shape[2]
        kept = self._intervals(items, row, moved)
        leads = _Leads(found, item, other, element, kept.take(of))
        failed = leads.failed(errors[item, other])
        # With errors of each element's own, where those of the family do not do.
        far = np.maximum(np.abs(kept.outer_lower), np.abs(kept.outer_upper))
        again = np.intersect1d(of[failed], np.flatnonzero(np.isfinite(far)))[:MOST_EACH]
        if len(again):
            seeds = rivals.seeds(self.query.program.decided())[row[again]]
            study, places = self.study, items[row[again]]
            own = np.full((len(columns), found.others.shape[1]), np.inf)
            own[again] = self.families.errors_of_elements(study.x, study.run, places, moved[again], far[again], seeds)
            failed &= leads.failed(own[of, other])
        open_[item[failed], element[failed]] = True
        return open_

    def _intervals(self, items: Array, row: Array, element: Array) -> Interval:
        """The displacements of some elements that keep path and domain, rows in order."""
        widest = max(int(np.prod(shape)) for shape in self.query.program.shapes)
        limit = max(1, self.query.column_bytes // (3 * 8 * widest))
        cuts = range(0, len(row), limit)
        parts = [self._columns(items, row[at : at + limit], element[at : at + limit]) for at in cuts]
        ends = ("outer_lower", "inner_lower", "inner_upper", "outer_upper")
        return Interval(*(np.concatenate([getattr(part, name) for part in parts]) for name in ends)).cautious()

    def _columns(self, items: Array, row: Array, element: Array) -> Interval:
        program, box, x = self.query.program, self.query.box, self.study.x[items]
        used, local = np.unique(row, return_inverse=True)
        origin = x.reshape(len(items), -1)[row, element].astype(np.float64)
        lower, upper = (difference(ends[element], origin) for ends in (box.lower, box.upper))
        fold = Fold(Interval.within(*lower, *upper))
        bounded_columns(program, x[used], self.study.run.path.take(items[used]), local, element, fold)
        return fold.interval


@dataclass(frozen=True)
class _Leads:
    """Leads of other labels, each over an interval of one element.

    Attributes:
        found: The difference forms.
        item: Row in them, ``(rows,)``.
        other: The label's position.
        element: The element that moves.
        interval: How far.
    """

    found: Gains
    item: Array
    other: Array
    element: Array
    interval: Interval

    def failed(self, errors: Array) -> Array:
        """Where the other label may come up within the errors, ``(rows,)``."""
        found, at = self.found, (self.item, self.other)
        slopes, low, high = found.slopes[(*at, self.element)], self.interval.outer_lower, self.interval.outer_upper
        most = np.maximum(slopes * low, slopes * high)
        far = np.maximum(np.abs(low), np.abs(high))
        slack = (found.gap_errors[at] + far * (found.slope_errors[at] + 8 * UNIT * np.abs(slopes))) * UP
        gaps = _raised(found.gaps[at], errors)
        # What has overflowed has failed.
        return np.asarray(~(most + slack + 4 * UNIT * (np.abs(most) + np.abs(gaps)) < -gaps))


def _raised(gaps: Array, errors: Array) -> Array:
    """Gaps with a head start, rounded up."""
    return np.asarray(gaps + (errors * MORE + 4 * UNIT * np.abs(gaps)))
