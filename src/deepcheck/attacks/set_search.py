"""Sets of any size, or of features that own several elements: minimal attackable sets, and the count of all.

Size by size: what contains a smaller attackable set is attackable and only counted; what summed gains exclude is proved
and not looked at; a compiled simplex method decides the rest, and exact arithmetic what rounding leaves open.

Source: DESIGN.md, section 4, "Pruning", and section 6.
"""

from dataclasses import dataclass, replace
from math import comb

import numpy as np

from deepcheck.attacks.enumeration import Bounds, Enumeration
from deepcheck.attacks.family import Family, Wins, padded, places
from deepcheck.attacks.one_set import Sets
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.pair_decide import Pairs
from deepcheck.attacks.pair_search import decide_pairs, open_sets
from deepcheck.attacks.pruning import sums
from deepcheck.attacks.question import Question
from deepcheck.errors import OptionError
from deepcheck.program import Array, in_parallel
from deepcheck.solvers import simplex
from deepcheck.solvers.planes import ATTACKED, OPEN, Planes
from deepcheck.solvers.simplex_checks import Grid

PART = 1 << 13
"""How many systems one call of the kernel decides."""
MOST_FEATURES = 1 << 13
MOST_SETS = 1 << 62


@dataclass(frozen=True)
class Level:
    """The sets of one size that contain no smaller attackable set.

    Attributes:
        wins: Those that are attackable.
        containing: How many more sets contain a smaller attackable one.
        proved: How many are proved.
        undecided: Those that are open, by `Outcome`, as ranks, ``(sets, size)``; untried ones too.
        exact: How many questions needed exact arithmetic.
        whole: Was there time for all of them?
    """

    wins: Wins
    containing: int
    proved: int
    undecided: dict[Outcome, Array]
    exact: int
    whole: bool


def search_sets(question: Question, size: int, tried: int, *, first: bool = False) -> Family:
    """Decide every set of so many of the first features in the order of trying.

    Args:
        question: One input, and what is asked about it.
        size: How many features a set has.
        tried: How many features of the order to try; sets with others stay untried.
        first: Report only the first attackable set.

    Raises:
        OptionError: If there are too many features or sets to count.
    """
    if tried > MOST_FEATURES or comb(tried, size) > MOST_SETS:
        raise OptionError(
            f"expected at most {MOST_FEATURES} features and 2^62 sets, got {tried} features in sets of {size}: "
            "give fewer features, or a shortlist"
        )
    gain = question.gain(question.order[:tried])
    if question.bounded and bool((sums(gain, size) * (1 + 2.0**-40) < question.needed(size)).all()):
        return _proved(question, size, tried)
    ladder = _Ladder(question, gain, size, tried)
    return ladder.family(first=first)


def _proved(question: Question, size: int, tried: int) -> Family:
    """The largest gains together are not enough: nothing to search."""
    wins = Wins.empty(size, size * question.features.members.shape[1])
    return Family(size, question.order, wins, 0, 0, {}, comb(len(question.order), size) - comb(tried, size))


def _lowered(need: Array, slack: float) -> Array:
    """What gains must reach, with room for the rounding of their sums."""
    return need * (1 - np.sign(need) * slack)


class _Ladder:
    """A search that climbs from single features to sets of the size asked for."""

    def __init__(self, question: Question, gain: Array, size: int, tried: int) -> None:
        self.question, self.size, self.tried = question, size, tried
        self.width = question.features.members.shape[1]
        self.gain = gain
        self.planes, self.columns = self._ready()
        self.levels: list[Level] = []

    def _ready(self) -> tuple[Planes, Array]:
        """The rows over all features that some set needs, and the columns of each feature."""
        need, elements = self.question.needed(self.size), self.question.elements(self.question.order[: self.tried])
        need = _lowered(need, 2.0**-39)  # twice the slack of the levels, which may sum the same gains in another order
        rest = sums(self.gain, self.size - 1) if self.size > 1 else np.zeros(len(need))
        useful = np.flatnonzero((~(self.gain + rest[:, None] < need[:, None])).any(axis=0))
        columns = np.full((self.tried, self.width), -1, dtype=np.int64)
        columns[useful] = np.arange(len(useful) * self.width).reshape(-1, self.width)
        return self.question.planes(elements[useful].reshape(-1), self.size * self.width), columns

    def family(self, *, first: bool) -> Family:
        """Climb, count, and put the minimal sets in the order of trying."""
        question = self.question
        if self.width == 1 and self.size > 2:
            found = decide_pairs(question, self.tried)
            self.levels += _of_pairs(question, found, self.tried)
        while len(self.levels) < self.size and all(level.whole for level in self.levels):
            self.levels.append(self._level(len(self.levels) + 1, first=first))
        wins = Wins.join([padded(level.wins, self.size, self.width) for level in self.levels])
        order = np.lexsort((wins.label, *wins.ranks.T, wins.completed_places()))
        wins = wins.take(order)
        exact = sum(level.exact for level in self.levels)
        asked, total = comb(len(question.order), self.size), comb(self.tried, self.size)
        last = self.levels[-1]
        if len(self.levels) < self.size or not last.whole or first:
            attackable, new, proved, left = self._reached(wins, first=first)
        else:
            new = len(last.wins.distinct())
            attackable, proved, left = new + last.containing, last.proved, last.undecided
        undecided: dict[Outcome, int] = {o: len(ranks) for o, ranks in left.items() if o != Outcome.UNTRIED}
        untried = asked - attackable - proved - sum(undecided.values())
        assert untried >= asked - total or first
        if first and attackable:
            wins = wins.take(np.flatnonzero((wins.ranks == wins.ranks[0]).all(axis=1)))
        return Family(self.size, question.order, wins, attackable, new, undecided, untried, exact)

    def _reached(self, wins: Wins, *, first: bool) -> tuple[int, int | None, int, dict[Outcome, Array]]:
        """Attackable sets, new ones, proved ones and open ones, where not all sets count or time ran out."""
        done = len(self.levels) == self.size
        last = self.levels[-1]
        found = last.undecided if done else {}
        whole = done and last.whole
        if first and len(wins.label):
            place = int(wins.take(np.array([0])).completed_places()[0])
            before = {outcome: ranks[places(ranks) < place] for outcome, ranks in found.items()}
            before = {outcome: ranks for outcome, ranks in before.items() if len(ranks)}
            proved = place - sum(map(len, before.values())) if whole else 0
            return 1, None, proved, before if whole else {}
        if whole:
            return last.containing + len(last.wins.distinct()), len(last.wins.distinct()), last.proved, found
        return self._containing(), None, last.proved if done else 0, found

    def _containing(self) -> int:
        """How many sets contain a listed one; of four and more features at least so many."""
        singles = self.levels[0].wins.ranks if self.levels else np.zeros((0, 1), np.int64)
        left = np.setdiff1d(np.arange(self.tried), singles)
        count = comb(self.tried, self.size) - comb(len(left), self.size)
        known = {level.wins.ranks.shape[1]: level.wins.distinct() for level in self.levels[1:]}
        if self.size == 3 and 2 in known:
            free = np.ones((self.tried, self.tried))
            free[known[2][:, 0], known[2][:, 1]] = free[known[2][:, 1], known[2][:, 0]] = 0
            free = free[np.ix_(left, left)] - np.eye(len(left))
            count += comb(len(left), 3) - round(float(((free @ free) * free).sum()) / 6)
        return count + len(known.get(self.size, ()))

    def _first_place(self, more: list[Wins]) -> int:
        """The place of the first set that is known to be attackable; more than there are where none is."""
        wins = [padded(each, self.size, self.width) for each in (*(level.wins for level in self.levels), *more)]
        found = [int(each.completed_places().min()) for each in wins if len(each.label)]
        return min(found, default=comb(self.tried, self.size))

    def _level(self, size: int, *, first: bool) -> Level:
        """Decide the sets of one size that contain no smaller attackable one; up to the first attackable if asked."""
        universe = np.arange(self.tried)
        if self.levels:
            universe = np.setdiff1d(universe, self.levels[0].wins.ranks)
        useful = self._bounds(size, universe)
        kept = useful.candidates(size)
        known = [level.wins.distinct() for level in self.levels[1:]] if len(kept) else []
        assert all(np.isin(sets, universe[kept]).all() for sets in known), "what attacks has the gains for it"
        places_of = [np.searchsorted(universe[kept], sets) for sets in known]
        search = Enumeration(useful.take(kept), size, places_of)
        wins: list[Wins] = []
        pending: dict[Outcome, list[Array]] = {}
        tested, exact, whole = 0, 0, True
        ranks = universe[kept]
        for block in search:
            if self.question.late():
                whole = False
                break
            systems = np.concatenate([ranks[block[:, :size]], block[:, size:]], axis=1)
            counts_to_first = first and size == self.size and len(block) > 0
            if counts_to_first and int(places(systems[:1, :size])[0]) > self._first_place(wins):
                break  # only what comes before the first attackable set counts
            found, counts, left, hard = self._decide(systems, size)
            wins.append(found)
            tested, exact = tested + counts, exact + hard
            for outcome, sets in left.items():
                pending.setdefault(outcome, []).append(sets)
        joined = Wins.join([Wins.empty(size, size * self.width), *wins])
        won = len(joined.distinct())
        outside = comb(len(universe), size) - comb(len(kept), size)
        containing = comb(self.tried, size) - comb(len(universe), size) + search.attackable
        undecided = {outcome: np.concatenate(parts) for outcome, parts in pending.items()}
        proved = outside + search.proved + tested - won - sum(map(len, undecided.values()))
        return Level(joined, containing, proved, undecided, exact, whole and Outcome.UNTRIED not in undecided)

    def _bounds(self, size: int, universe: Array) -> Bounds:
        """The plain gain bound of each label that counts."""
        need = self.question.needed(size)
        labels = np.flatnonzero(need < np.inf)
        gains = self.gain[np.ix_(labels, universe)]
        if not self.question.bounded:
            return Bounds(np.zeros(gains.shape), np.zeros(len(labels)), labels)
        return Bounds(gains, _lowered(need[labels], 2.0**-40), labels)

    def _decide(self, systems: Array, size: int) -> tuple[Wins, int, dict[Outcome, Array], int]:
        """Attacks, how many sets were looked at, those that are open, and how many questions were exact."""
        if len(systems) == 0:
            return Wins.empty(size, size * self.width), 0, {}, 0
        question = self.question
        columns = self.columns[systems[:, :size]].reshape(len(systems), -1)
        assert (columns >= 0).all(), "a set of features that were thought useless"
        rows = np.concatenate([columns, systems[:, size:]], axis=1)
        grid = simplex.CONTINUUM
        elements = question.elements(question.order[: self.tried])
        if question.query.box.tables is not None:
            grid = Grid(*question.levels(self._elements(elements), self.planes))
        parts = np.array_split(rows, max(1, -(-len(rows) // PART)))
        found = in_parallel(lambda part: simplex.decide(self.planes, part, question.bits, grid), parts)
        state = np.concatenate([one.state for one in found])
        points = np.concatenate([one.points for one in found])
        outcomes = np.where(state == ATTACKED, Outcome.ATTACKABLE, Outcome.PROVED).astype(np.int64)
        left = np.flatnonzero(state == OPEN)
        if len(left):
            sets = [tuple(elements[systems[row, :size]].reshape(-1).tolist()) for row in left]
            labels = question.others[systems[left, size]]
            for row, settled in zip(left, question.exactly(sets, labels), strict=True):
                outcomes[row] = settled.outcome
                points[row] = (*settled.values, settled.margin) if settled.values else np.nan
        if question.query.objective != "margin":
            self._nearer(rows, outcomes, points)
        starts = np.concatenate([[True], (systems[1:, :size] != systems[:-1, :size]).any(axis=1)])
        sets_of = np.cumsum(starts) - 1
        won = np.flatnonzero(outcomes == Outcome.ATTACKABLE)
        wins = Wins(systems[won, :size], question.others[systems[won, size]], points[won, :-1], points[won, -1])
        places_of = open_sets(sets_of, outcomes, np.unique(sets_of[won]))
        members = systems[starts, :size]
        return wins, len(members), {outcome: members[at] for outcome, at in places_of.items()}, len(left)

    def _nearer(self, rows: Array, outcomes: Array, points: Array) -> None:
        """Put the smallest change in the place of each witness."""
        question = self.question
        useful = question.order[: self.tried][self.columns[:, 0] >= 0]
        sets = Sets(replace(question, order=useful), self.planes)
        for row in np.flatnonzero(outcomes == Outcome.ATTACKABLE):
            if question.late():
                return
            found = sets.settle(int(rows[row, -1]), (rows[row, : -1 : self.width] // self.width).tolist())
            if found.outcome == Outcome.ATTACKABLE:
                points[row] = (*found.values, found.margin)

    def _elements(self, elements: Array) -> Array:
        """The element of each column."""
        kept = self.columns[:, 0] >= 0
        return np.asarray(elements[kept].reshape(-1))


def _of_pairs(question: Question, found: Pairs, tried: int) -> list[Level]:
    """What the search of pairs says about single features, and about pairs without an attackable member."""
    whole = found.stop == comb(tried, 2) and not (found.outcome == Outcome.UNTRIED).any()
    singles = Level(found.singles, 0, 0, {}, 0, whole)
    hit = found.outcome == Outcome.ATTACKABLE
    rows = np.flatnonzero(hit & ~np.isin(found.ranks, found.singles.ranks).any(axis=1))
    wins = Wins(found.ranks[rows], question.others[found.label[rows]], found.points[rows, :2], found.points[rows, 2])
    return [singles, Level(wins, 0, 0, {}, found.exact, whole)]
