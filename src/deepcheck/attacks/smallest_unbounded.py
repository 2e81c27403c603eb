"""The smallest set where the domain is unbounded: what is proved comes from the searches of features and pairs.

There reduced gains are infinite and prove nothing. Polygons decide every single feature and every pair, in quadrants;
sets of more features are only looked for, within a large box.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from deepcheck.attacks.one_set import Decided, Sets
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.pair_search import search_pairs
from deepcheck.attacks.question import Question
from deepcheck.attacks.smallest_tree import Tree
from deepcheck.program import Array
from deepcheck.solvers import polygon
from deepcheck.solvers.planes import ATTACKED, MARGIN, OPEN, Planes

FAR = 2.0**10
"""Sets are looked for within this many times the largest element, or 1, of the input."""
PAIRS = 1024
"""Pairs of so many features at most are decided one by one."""


def search_unbounded(
    question: Question, labels: Array, most: int, report: Callable[[int, int | None], None]
) -> tuple[int, Decided | None, Tree | None]:
    """The proved bound, the best set, and the tree that looked for larger ones."""
    elements = question.elements(question.order)
    planes = question.planes(elements.ravel(), elements.size)
    bound, best = 1, None
    if elements.shape[1] == 1 and question.query.box.tables is None:
        bound, best = _singles(question, planes, labels)
        report(bound, None if best is None else 1)
        if best is None and bound == 2 and most >= 2 and 2 <= len(elements) <= PAIRS:
            bound, best = _pairs(question)
            report(bound, None if best is None else 2)
    if best is not None or bound > most:
        return bound, best, None
    sets = Sets(question, _within(planes), certified=False)
    tree = Tree(sets, labels, most, lambda _, size: report(bound, size))
    tree.run()
    return bound, tree.best, tree


def _within(planes: Planes) -> Planes:
    far = FAR * max(1.0, float(np.abs(planes.origin).max(initial=0.0)))
    lower, upper = np.maximum(planes.lower, -far), np.minimum(planes.upper, far)
    return planes._replace(lower=lower, upper=upper)


def _singles(question: Question, planes: Planes, labels: Array) -> tuple[int, Decided | None]:
    """Every feature by itself."""
    count = len(question.order)
    features, label = np.repeat(np.arange(count), len(labels)), np.tile(labels, count)
    rows = np.ascontiguousarray(np.stack([features, np.full(len(features), count), label], axis=1))
    found = polygon.decide(planes, rows, MARGIN, question.bits)
    won = np.flatnonzero(found.state == ATTACKED)
    if len(won):
        row = won[found.points[won, 2].argmax()]
        point = found.points[row]
        return 1, Decided(
            Outcome.ATTACKABLE, (int(rows[row, 0]),), int(rows[row, 2]), (float(point[0]),), float(point[2])
        )
    left = np.flatnonzero(found.state == OPEN)
    settled = question.exactly(
        [(int(question.elements(question.order[rows[row, :1]])[0, 0]),) for row in left], question.others[rows[left, 2]]
    )
    for row, one in zip(left, settled, strict=True):
        if one.outcome == Outcome.ATTACKABLE:
            return 1, Decided(one.outcome, (int(rows[row, 0]),), int(rows[row, 2]), one.values, one.margin)
    return (2 if all(one.outcome == Outcome.PROVED for one in settled) else 1), None


def _pairs(question: Question) -> tuple[int, Decided | None]:
    """Every pair, once no feature works by itself."""
    ((family, _),) = search_pairs([replace(question, progress=None)], len(question.order), first=True)
    wins = family.wins
    if len(wins.ranks):
        label = int(np.flatnonzero(question.others == wins.label[0])[0])
        pair = (int(wins.ranks[0, 0]), int(wins.ranks[0, 1]))
        return 2, Decided(Outcome.ATTACKABLE, pair, label, tuple(wins.values[0].tolist()), float(wins.margin[0]))
    return (2 if family.untried or family.undecided else 3), None
