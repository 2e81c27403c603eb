"""A language: how statements become lines. What the languages share is here, once."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from deepcheck.source.syntax import (
    Compare,
    Element,
    Expression,
    For,
    Form,
    If,
    Index,
    Local,
    Lookup,
    Number,
    Operation,
    Over,
    Single,
    Statement,
    Unit,
    Within,
)

STEP = "    "
WEAKER = {"+": 1, "-": 1, "*": 2, "/": 2}


class Language(ABC):
    """Prints the statements of one language."""

    close: str
    """The line that ends a block, or nothing."""

    @abstractmethod
    def file(self, unit: Unit) -> Iterator[str]:
        """A whole file, piece by piece."""

    @abstractmethod
    def number(self, value: float) -> str:
        """A float that reads back exactly."""

    @abstractmethod
    def simple(self, statement: Statement) -> str:
        """A statement without a body, as one line."""

    @abstractmethod
    def opening(self, statement: For | Over | Within) -> list[str]:
        """The lines that open a block; the last may be in the block already (`Over`)."""

    @abstractmethod
    def choice(self, position: int, condition: Compare | None) -> str:
        """The line that opens an arm of an `If`: the first, another, or the last without a condition."""

    def block(self, statements: Sequence[Statement], depth: int) -> Iterator[str]:
        """Statements as lines, indented."""
        pad = STEP * depth
        for statement in statements:
            if isinstance(statement, If):
                yield from self._branches(statement, depth)
            elif isinstance(statement, For | Over | Within):
                first, *others = self.opening(statement)
                yield pad + first
                yield from (pad + STEP + line for line in others)
                yield from self.block(statement.body, depth + 1)
                if self.close:
                    yield pad + self.close
            else:
                yield pad + self.simple(statement)

    def _branches(self, statement: If, depth: int) -> Iterator[str]:
        pad = STEP * depth
        for position, (condition, body) in enumerate(statement.arms):
            yield pad + self.choice(position, condition)
            yield from self.block(body, depth + 1)
        if statement.otherwise:
            yield pad + self.choice(len(statement.arms), None)
            yield from self.block(statement.otherwise, depth + 1)
        if self.close:
            yield pad + self.close

    def expression(self, expression: Expression, strength: int = 0) -> str:
        """An expression, in brackets where what stands around it binds more strongly."""
        match expression:
            case Number(value):
                return self.number(value)
            case Local(name):
                return name
            case Element(array, index):
                return f"{array}[{form_text(index)}]"
            case Single(value):
                return f"single({self.expression(value)})"
            case Operation(symbol, left, right):
                own = WEAKER[symbol]
                text = f"{self.expression(left, own)} {symbol} {self.expression(right, own + 1)}"
                return f"({text})" if own < strength else text
        raise AssertionError(expression)

    def condition(self, compare: Compare) -> str:
        """A comparison."""
        return f"{self.expression(compare.left)} {compare.symbol} {self.expression(compare.right)}"


def form_text(form: Form) -> str:
    """An integer: ``28*row + column - 1``."""
    text = ""
    for name, coefficient in form.terms:
        size = name if abs(coefficient) == 1 else f"{abs(coefficient)}*{name}"
        text = _joined(text, size, coefficient < 0)
    if form.constant or not text:
        text = _joined(text, str(abs(form.constant)), form.constant < 0)
    return text


def _joined(text: str, size: str, negative: bool) -> str:
    if not text:
        return f"-{size}" if negative else size
    return f"{text} {'-' if negative else '+'} {size}"


def index_text(index: Index) -> str:
    """An integer, or one from a table."""
    return f"{index.table}[{form_text(index.index)}]" if isinstance(index, Lookup) else form_text(index)


def whole(value: float) -> str | None:
    """A small whole number as text, or None."""
    return f"{value:.1f}" if value == int(value) and abs(value) < 1e6 else None
