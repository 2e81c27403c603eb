"""Positions and constants as text will show them: sums of multiples of loop variables."""

from collections.abc import Sequence
from dataclasses import dataclass

from deepcheck.source.layout import Fitted, Linear
from deepcheck.source.syntax import Element, Expression, Form, Number


@dataclass(frozen=True, eq=False)
class Scalar:
    """A constant: one number, or an element of a table."""

    number: float | None = None
    table: str = ""
    form: Linear | None = None


@dataclass(frozen=True)
class Loop:
    """A loop: over ``range(length)``, or over the integers of a table."""

    name: str
    length: int
    table: str | None = None


def flat_form(place: Fitted, loops: Sequence[Loop], coordinates: dict[int, str]) -> Form:
    """The flat position of what is read; tested coordinates by their names."""
    total, stride = Form(), 1
    for a in reversed(range(len(place.source))):
        part = Form.of(coordinates[a]) if a in coordinates else form_of(place.forms, a, loops)
        total = _plus(part, stride, total)
        stride *= place.source[a]
    return total


def _plus(form: Form, times: int, other: Form) -> Form:
    total: dict[str, int] = {}
    for name, coefficient in ((n, c * times) for n, c in form.terms):
        total[name] = total.get(name, 0) + coefficient
    for name, coefficient in other.terms:
        total[name] = total.get(name, 0) + coefficient
    return Form(form.constant * times + other.constant, tuple((n, c) for n, c in total.items() if c))


def form_of(linear: Linear, row: int, loops: Sequence[Loop]) -> Form:
    """A row of a form, in the names of the loops."""
    pairs = zip(loops, linear.coefficients[row].tolist(), strict=False)
    return Form(int(linear.constants[row]), tuple((loop.name, c) for loop, c in pairs if c))


def constant_of(scalar: Scalar, loops: Sequence[Loop]) -> Expression:
    """A constant as an expression."""
    if scalar.form is None:
        assert scalar.number is not None
        return Number(scalar.number)
    return Element(scalar.table, form_of(scalar.form, 0, loops))
