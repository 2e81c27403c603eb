"""The smallest set: how few features must change, inside the domain and along the path, to overturn the label.

A mixed-integer program, solved by branch and bound on relaxations (HiGHS) that start from an ordered search. Verified:
the bound, from multipliers whose proof is rounded outwards, and the witness, row by row with error bounds or in exact
arithmetic. Trusted: floating-point arithmetic as IEEE 754 has it; not HiGHS.

Source: Section III-C, for the least t; DESIGN.md, section 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepcheck.attacks.multipliers import wanted
from deepcheck.attacks.one_set import Decided, Sets
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.attacks.smallest_tree import Tree
from deepcheck.attacks.smallest_unbounded import search_unbounded

Report = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Smallest:
    """The smallest set of one input, as far as it is known.

    Attributes:
        bound: No set of fewer features works: proved. One more than there are features: none works at all.
        features: The best set found, increasing, or None.
        label: The label that it reaches, or None.
        values: A witness: the set's elements, feature by feature, in the model's own numbers.
        margin: The label's lead over every other there; NaN without a set.
        optimal: Is the set proved smallest, or proved that there is none (of the sizes asked about)?
        nodes: How many nodes the search looked at.
        solver_bound: HiGHS's own lower bound, in plain floats, where it was asked; proves nothing.
        reason: Why it is not optimal, or "".
    """

    bound: int
    features: tuple[int, ...] | None
    label: int | None
    values: tuple[float, ...]
    margin: float
    optimal: bool
    nodes: int
    solver_bound: float | None
    reason: str

    @property
    def size(self) -> int | None:
        """How many features the set has."""
        return None if self.features is None else len(self.features)


def smallest(question: Question, *, limit_features: int | None = None, report: Report | None = None) -> Smallest:
    """Find the smallest set of the features asked about that overturns the label.

    Stops when it is proved, at ``question.deadline`` or on Ctrl-C, with the best set and bound so far.

    Args:
        question: One input, and what is asked about it.
        limit_features: Sets of more features are of no interest: the bound goes up to one more than this.
        report: Called with the bound and the best set's size (or None) whenever one of them gets better.
    """
    count = len(question.order)
    most = count if limit_features is None else min(limit_features, count)
    labels = np.flatnonzero(wanted(question))
    if question.late():
        return _unknown("time limit")
    if count == 0 or len(labels) == 0:
        return Smallest(most + 1, None, None, (), float("nan"), True, 0, None, "")
    tell = report or _nothing
    if not question.bounded:
        return _result(question, most, *search_unbounded(question, labels, most, tell))
    elements = question.elements(question.order).ravel()
    tree = Tree(Sets(question, question.planes(elements, len(elements))), labels, most, tell)
    tree.run()
    return _result(question, most, tree.bound, tree.best, tree)


def _result(question: Question, most: int, bound: int, best: Decided | None, tree: Tree | None) -> Smallest:
    nodes, solver_bound = (0, None) if tree is None else (tree.nodes, tree.solver_bound)
    optimal = bound > most if best is None else bound == len(best.features)
    reason = "" if optimal else _reason(tree)
    if best is None:
        return Smallest(bound, None, None, (), float("nan"), optimal, nodes, solver_bound, reason)
    ranked = np.argsort(question.order[list(best.features)], kind="stable")
    features = tuple(int(question.order[best.features[at]]) for at in ranked)
    values = np.array(best.values).reshape(len(ranked), -1)[ranked].ravel()
    label = int(question.others[best.label])
    return Smallest(bound, features, label, tuple(values.tolist()), best.margin, optimal, nodes, solver_bound, reason)


def _reason(tree: Tree | None) -> str:
    if tree is None or tree.reason or tree.open_reason == Outcome.UNTRIED:
        return "time limit" if tree is None else tree.reason or "time limit"
    return "unbounded domain" if tree.uncertified else tree.open_reason.words


def _unknown(reason: str) -> Smallest:
    return Smallest(1, None, None, (), float("nan"), False, 0, None, reason)


def _nothing(bound: int, size: int | None) -> None:
    """Report nothing."""


__all__ = ["Report", "Smallest", "smallest"]
