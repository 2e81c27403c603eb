"""Loops over an output, each element a sum of pieces: the paper's figure 2, ``val := 0; for j: val += w * s; ...``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deepcheck.source.forms import Loop, Scalar, constant_of, flat_form, form_of
from deepcheck.source.layout import Digit, Fitted, Linear, merged
from deepcheck.source.syntax import (
    Assign,
    Element,
    Expression,
    For,
    Form,
    Let,
    Local,
    Locate,
    Lookup,
    Number,
    Operation,
    Over,
    Statement,
    Within,
)

Finish = Callable[[Form, Expression], list[Statement]]
"""From the place of an output element and its value to what is done with it."""


@dataclass(frozen=True, eq=False)
class Listed:
    """Source positions from a table of integers.

    Attributes:
        table: The table.
        form: Where in the table, one row.
        padded: Are some of them ``ABSENT``?
    """

    table: str
    form: Linear
    padded: bool


@dataclass(frozen=True, eq=False)
class Piece:
    """One summand: ``factor * sum of weight * array[place]``."""

    array: str
    place: Fitted | Listed
    weight: Scalar | None = None
    factor: Scalar | None = None


@dataclass(frozen=True, eq=False)
class Nest:
    """Loops and what they compute.

    Attributes:
        loops: The outer loops, over output elements, then the inner ones, over summands.
        outer: How many are outer.
        store: Where an output element lies, one row.
        pieces: The summands; inner loops belong to the only one.
        offset: What is added.
    """

    loops: tuple[Loop, ...]
    outer: int
    store: Linear
    pieces: tuple[Piece, ...]
    offset: Scalar | None = None


class Names:
    """Variable names of one function, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fresh(self, base: str) -> str:
        """A name that starts with ``base``."""
        name, count = base, 1
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name)
        return name


def join_loops(digits: Sequence[Digit], outer: int, forms: Sequence[Linear]) -> list[tuple[int, ...]]:
    """Which digits make one loop: groups, the outer ones first."""
    return [*merged(digits, forms, 0, outer), *merged(digits, forms, outer, len(digits))]


def kept(form: Linear, groups: Sequence[tuple[int, ...]]) -> Linear:
    """A form over groups of digits that it reads as one number."""
    return Linear(form.constants, form.coefficients[:, [group[-1] for group in groups]])


def statements(nest: Nest, names: Names, finish: Finish) -> list[Statement]:
    """The loops as statements."""
    outer = nest.loops[: nest.outer]
    place = form_of(nest.store, 0, nest.loops)
    body = [*_value(nest, names), *finish(place, Local("val"))]
    return loops_around(outer, body)


def loops_around(loops: Sequence[Loop], body: list[Statement]) -> list[Statement]:
    """Loops, outer to inner, around a body."""
    for loop in reversed(loops):
        if loop.table is None:
            body = [For(loop.name, Form(), Form(loop.length), tuple(body))]
        else:
            body = [Over(loop.name, loop.table, loop.length, tuple(body))]
    return body


def _value(nest: Nest, names: Names) -> list[Statement]:
    inner, rest = nest.loops[nest.outer :], list(nest.pieces)
    lines: list[Statement] = [Let("val", Number(0.0))]
    if not inner and rest and not _conditional(rest[0]):
        lines, rest = _first(rest[0], nest, names), rest[1:]
    for piece in rest:
        lines += _sum(piece, nest, names)
        if inner and piece.factor is not None:
            lines.append(Assign("val", "=", _times(piece.factor, Local("val"), nest.loops)))
    if nest.offset is not None:
        lines.append(Assign("val", "+=", constant_of(nest.offset, nest.loops)))
    return lines


def _first(piece: Piece, nest: Nest, names: Names) -> list[Statement]:
    """The first summand, where it is always there."""
    before, index = _place(piece, nest.loops, names)
    return [*before, Let("val", _scaled(piece, nest, Element(piece.array, index)))]


def _conditional(piece: Piece) -> bool:
    return piece.place.padded if isinstance(piece.place, Listed) else piece.place.tested


def _scaled(piece: Piece, nest: Nest, value: Expression) -> Expression:
    if piece.weight is not None:
        value = _times(piece.weight, value, nest.loops)
    has_own_factor = piece.factor is not None and len(nest.loops) == nest.outer
    return _times(piece.factor, value, nest.loops) if has_own_factor and piece.factor is not None else value


def _sum(piece: Piece, nest: Nest, names: Names) -> list[Statement]:
    def add(value: Expression) -> list[Statement]:
        return [Assign("val", "+=", _scaled(piece, nest, value))]

    return reading(piece, nest.loops, nest.outer, names, add)


def reading(
    piece: Piece, loops: Sequence[Loop], bound: int, names: Names, use: Callable[[Expression], list[Statement]]
) -> list[Statement]:
    """The loops behind the first ``bound``, and in them what is done with each present element."""
    if isinstance(piece.place, Listed):
        before, index = _place(piece, loops, names)
        body = use(Element(piece.array, index))
        if piece.place.padded:
            body = [Within(index.terms[0][0], True, None, tuple(body))]
        return loops_around(loops[bound:], [*before, *body])
    return _Tests(piece.array, piece.place, loops, names, use).around(bound, set())


@dataclass
class _Tests:
    """Loops with tests of coordinates, each as far out as it can be."""

    array: str
    place: Fitted
    loops: Sequence[Loop]
    names: Names
    use: Callable[[Expression], list[Statement]]

    def __post_init__(self) -> None:
        count = len(self.place.source)
        self.tested = [a for a in range(count) if self.place.below[a] or self.place.above[a]]
        bases = {a: ("x", "y", "z")[count - 1 - a] if count - 1 - a < 3 else f"at{a}" for a in self.tested}
        self.coordinate = {a: self._plain(a) or self.names.fresh(bases[a]) for a in self.tested}

    def _plain(self, a: int) -> str | None:
        """The loop variable that a coordinate is, if it is one."""
        form = form_of(self.place.forms, a, self.loops)
        return form.terms[0][0] if len(form.terms) == 1 and form == Form.of(form.terms[0][0]) else None

    def around(self, bound: int, done: set[int]) -> list[Statement]:
        """Everything inside the first ``bound`` loops."""
        ready = [a for a in self.tested if a not in done and not self.place.forms.coefficients[a, bound:].any()]
        if ready:
            a = ready[0]
            name = self.coordinate[a]
            stop = self.place.source[a] if self.place.above[a] else None
            body = tuple(self.around(bound, done | {a}))
            test = Within(name, self.place.below[a], stop, body)
            return [test] if self._plain(a) else [Locate(name, form_of(self.place.forms, a, self.loops)), test]
        if bound < len(self.loops):
            return loops_around(self.loops[bound : bound + 1], self.around(bound + 1, done))
        return self.use(Element(self.array, flat_form(self.place, self.loops, self.coordinate)))


def _times(scalar: Scalar, value: Expression, loops: Sequence[Loop]) -> Expression:
    if scalar.form is None and scalar.number == 1.0:
        return value
    return Operation("*", constant_of(scalar, loops), value)


def _place(piece: Piece, loops: Sequence[Loop], names: Names) -> tuple[list[Statement], Form]:
    if isinstance(piece.place, Fitted):
        return [], flat_form(piece.place, loops, {})
    name = names.fresh("at")
    return [Locate(name, Lookup(piece.place.table, form_of(piece.place.form, 0, loops)))], Form.of(name)
