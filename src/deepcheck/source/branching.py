"""Branch instructions: explicit branches, or one path's pieces with its guards as assertions."""

from math import inf, prod

import numpy as np

from deepcheck.program import Array, Largest, Piecewise
from deepcheck.program.maps import ABSENT
from deepcheck.source.detect import detect
from deepcheck.source.forms import form_of
from deepcheck.source.layout import Digit, Fitted, Linear, Read, broadcast_strides, row_major
from deepcheck.source.loops import Parts, nest_of
from deepcheck.source.nest import Finish, Listed, Names, Piece, loops_around, reading
from deepcheck.source.syntax import (
    Assert,
    Assign,
    Compare,
    Element,
    Expression,
    For,
    Form,
    If,
    Let,
    Local,
    Locate,
    Lookup,
    Number,
    Operation,
    Over,
    Statement,
    Store,
)
from deepcheck.source.tables import Tables

I = Form.of("i")  # noqa: E741  (the loop over elements)


def choose(branch: Piecewise) -> Finish:
    """Which piece an element takes, as explicit branches: the paper's figure 2."""

    def finish(place: Form, value: Expression) -> list[Statement]:
        arms = []
        for arm in range(len(branch.breakpoints), 0, -1):
            above = Compare(value, ">", Number(float(branch.breakpoints[arm - 1])))
            arms.append((above, (Store("out", place, _piece(branch, arm, value)),)))
        lowest: Statement = Store("out", place, _piece(branch, 0, value))
        return [If(tuple(arms), (lowest,))] if arms else [lowest]

    return finish


def piecewise(branch: Piecewise, array: str) -> list[Statement]:
    """A scalar function, element by element."""
    body = [Let("val", Element(array, I), fixed=True), *choose(branch)(I, Local("val"))]
    return [For("i", Form(), Form(prod(branch.shape)), tuple(body))]


def largest(branch: Largest, number: int, tables: Tables, array: str) -> list[Statement]:
    """Which candidate wins: the first of the largest."""
    parts = _windows(branch, number, tables, array)
    names = Names()
    nest = nest_of(parts, names, {})

    def use(value: Expression) -> list[Statement]:
        other = Local("other")
        better = Compare(other, ">", Local("val"))
        return [Let("other", value, fixed=True), If(((better, (Assign("val", "=", other),)),))]

    body: list[Statement] = [
        Let("val", Number(-inf)),
        *reading(nest.pieces[0], nest.loops, nest.outer, names, use),
        Store("out", form_of(nest.store, 0, nest.loops), Local("val")),
    ]
    return loops_around(nest.loops[: nest.outer], body)


def _windows(branch: Largest, number: int, tables: Tables, array: str) -> Parts:
    index = np.asarray(branch.windows.index)
    lengths = index.shape
    found = detect(lengths, [Read(index, branch.source_shape)])
    place: Fitted | Listed
    if found is None:
        digits = tuple(Digit(axis, length, 1) for axis, length in enumerate(lengths) if length > 1)
        name = tables.add(f"AT{number}", index, "the candidates of each element; -1 is none")
        form = Linear(np.zeros(1, np.int64), broadcast_strides(lengths, lengths)[None]).split(digits)
        place = Listed(name, form, bool((index == ABSENT).any()))
    else:
        digits, place = found.digits, found.reads[0]
    last = len(lengths) - 1
    axes = [digit.axis if digit.axis < last else None for digit in digits]
    own = np.append(row_major(branch.shape), 0)
    store = Linear(np.zeros(1, np.int64), own[None]).split(digits)
    outer = sum(axis is not None for axis in axes)
    return Parts(digits, outer, axes, store, (Piece(array, place),), None, branch.shape, (1, *branch.source_shape))


def piecewise_along(
    branch: Piecewise, arms: Array, number: int, tables: Tables, array: str
) -> tuple[list[Statement], tuple[str, int] | None]:
    """The pieces of one path, each with its guards; and the table of the elements that are not 0 throughout.

    Returns:
        Statements, and the table with its length, or None where every element or none is live.
    """
    lines: list[Statement] = []
    listed = _elements_by_arm(arms, number, tables, branch)
    for arm, (table, length) in listed.items():
        read: Expression = Element(array, I)
        guards: list[Statement] = []
        if arm > 0:
            guards.append(Assert(Compare(read, ">=", Number(float(branch.breakpoints[arm - 1])))))
        if arm < len(branch.breakpoints):
            guards.append(Assert(Compare(read, "<=", Number(float(branch.breakpoints[arm])))))
        body = (*guards, Store("out", I, _piece(branch, arm, read)))
        lines.append(For("i", Form(), Form(length), body) if table is None else Over("i", table, length, body))
    moving = [entry for arm, entry in listed.items() if branch.slopes[arm] != 0 or branch.intercepts[arm] != 0]
    only = moving[0] if len(moving) == 1 else None
    return lines, None if only is None or only[0] is None else (only[0], only[1])


def _elements_by_arm(arms: Array, number: int, tables: Tables, branch: Piecewise) -> dict[int, tuple[str | None, int]]:
    """The table of the elements that take each arm, and how many they are; no table where all do."""
    found: dict[int, tuple[str | None, int]] = {}
    for arm in np.unique(arms).tolist():
        elements = np.flatnonzero(arms == arm)
        name = None
        if len(elements) < arms.size:
            name = tables.add(f"ARM{number}_{arm}", elements, f"elements of {branch.name} that take piece {arm}")
        found[arm] = (name, len(elements))
    return found


def largest_along(branch: Largest, arms: Array, number: int, tables: Tables, array: str) -> list[Statement]:
    """The winners of one path, and one guard per loser."""
    index = np.asarray(branch.windows.index).reshape(-1, branch.windows.shape[-1])
    winners = arms.reshape(-1, 1).astype(np.int64)
    lost = index != ABSENT
    np.put_along_axis(lost, winners, False, axis=1)
    chosen = np.take_along_axis(index, winners, axis=1)
    winner = tables.add(f"WINNER{number}", chosen, "the element that wins each window")
    read = Element(array, Form.of("winner"))
    guards: list[Statement] = []
    if lost.any():
        ends = np.append(0, np.cumsum(lost.sum(axis=1)))
        first = tables.add(f"FIRST{number}", ends, "where the losers of each window start")
        loser = tables.add(f"LOSER{number}", index[lost], "the elements that lose, window by window")
        compared = Compare(read, ">=", Element(array, Form.of("loser")))
        inner = (Locate("loser", Lookup(loser, Form.of("k"))), Assert(compared))
        after = Form(1, (("i", 1),))
        guards.append(For("k", Lookup(first, I), Lookup(first, after), inner))
    body = (Locate("winner", Lookup(winner, I)), *guards, Store("out", I, read))
    return [For("i", Form(), Form(len(index)), body)]


def _piece(branch: Piecewise, arm: int, value: Expression) -> Expression:
    """One piece at a value, as the program computes it."""
    slope, intercept = float(branch.slopes[arm]), float(branch.intercepts[arm])
    if slope == 0:
        return Number(intercept)
    linear = value if slope == 1 else Operation("*", Number(slope), value)
    return linear if intercept == 0 else Operation("+", linear, Number(intercept))
