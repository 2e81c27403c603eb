"""What both languages print: a few statements over arrays of floats, loops with arithmetic, explicit branches."""

from dataclasses import dataclass

from deepcheck.program import Array


@dataclass(frozen=True)
class Form:
    """An integer: ``constant + sum of coefficient * variable``."""

    constant: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    @staticmethod
    def of(variable: str) -> "Form":
        """A variable itself."""
        return Form(0, ((variable, 1),))


@dataclass(frozen=True)
class Lookup:
    """An integer from a table: ``table[index]``."""

    table: str
    index: Form


Index = Form | Lookup


@dataclass(frozen=True)
class Number:
    """A float."""

    value: float


@dataclass(frozen=True)
class Local:
    """A float variable."""

    name: str


@dataclass(frozen=True)
class Element:
    """An element of an array of floats."""

    array: str
    index: Form


@dataclass(frozen=True)
class Operation:
    """``left symbol right``, of ``+ - * /``."""

    symbol: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Single:
    """A float rounded to IEEE single precision."""

    value: "Expression"


Expression = Number | Local | Element | Operation | Single


@dataclass(frozen=True)
class Compare:
    """``left symbol right``, of ``> >= <=``."""

    left: Expression
    symbol: str
    right: Expression


@dataclass(frozen=True)
class Let:
    """A new float variable; ``fixed`` says that it is never assigned again."""

    name: str
    value: Expression
    fixed: bool = False


@dataclass(frozen=True)
class Assign:
    """A float variable gets another value; ``symbol`` is ``=`` or ``+=``."""

    name: str
    symbol: str
    value: Expression


@dataclass(frozen=True)
class Store:
    """An element of an array gets a value."""

    array: str
    index: Form
    value: Expression


@dataclass(frozen=True)
class Locate:
    """A new integer variable."""

    name: str
    value: Index


@dataclass(frozen=True)
class Buffer:
    """A new array of floats."""

    name: str
    size: int


@dataclass(frozen=True)
class For:
    """A loop from ``start`` up to but not including ``stop``."""

    name: str
    start: Index
    stop: Index
    body: tuple["Statement", ...]


@dataclass(frozen=True)
class Over:
    """A loop over the integers of a table."""

    name: str
    table: str
    length: int
    body: tuple["Statement", ...]


@dataclass(frozen=True)
class Within:
    """What is done only where ``0 <= name < stop``; a side that always holds is not asked."""

    name: str
    lower: bool
    stop: int | None
    body: tuple["Statement", ...]


@dataclass(frozen=True)
class If:
    """The first condition that holds decides; ``otherwise`` where none does."""

    arms: tuple[tuple[Compare, tuple["Statement", ...]], ...]
    otherwise: tuple["Statement", ...] = ()


@dataclass(frozen=True)
class Assert:
    """A guard."""

    condition: Compare


Statement = Let | Assign | Store | Locate | Buffer | For | Over | Within | If | Assert


@dataclass(frozen=True)
class Function:
    """One layer: from the arrays that it reads to its array ``out``.

    Attributes:
        name: Its name.
        comment: What it is, in lines.
        reads: The names of the arrays that it reads.
        size: How many elements ``out`` has.
        body: What it does.
    """

    name: str
    comment: tuple[str, ...]
    reads: tuple[str, ...]
    size: int
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Call:
    """``target := function(reads)``, or only another name for the same array where there is no function."""

    target: str
    function: str | None
    reads: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Table:
    """Named numbers: floats or integers.

    Attributes:
        name: Its name.
        values: The numbers, one axis.
        comment: What they are.
    """

    name: str
    values: Array
    comment: str


@dataclass(frozen=True)
class Unit:
    """A whole source file.

    Attributes:
        header: What it is, in lines.
        functions: The layers.
        calls: How the layers follow each other.
        tables: Weights, offsets, index lists.
        inputs: How many numbers go in.
        outputs: How many come out.
        result: The array that comes out.
        decision: "arg max", "arg min", "sign", or None without a label.
    """

    header: tuple[str, ...]
    functions: tuple[Function, ...]
    calls: tuple[Call, ...]
    tables: tuple[Table, ...]
    inputs: int
    outputs: int
    result: str
    decision: str | None
