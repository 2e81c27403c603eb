"""Systems that every solver is asked about: some solved by hand, some drawn."""

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from deepcheck.constraints import Inequalities


@dataclass(frozen=True)
class Case:
    """A system and whether it has a solution, worked out by hand."""

    name: str
    system: Inequalities
    solvable: bool

    @property
    def unknowns(self) -> int:
        return len(self.system.coefficients[0]) if len(self.system) else 1


def case(name: str, solvable: bool, *rows: tuple) -> Case:
    """Rows are ``(coefficients, constant, strict)``: ``coefficients . x + constant >= 0``, or ``> 0``."""
    system = Inequalities(
        tuple(tuple(Fraction(c) for c in row[0]) for row in rows),
        tuple(Fraction(row[1]) for row in rows),
        tuple(row[2] for row in rows),
    )
    return Case(name, system, solvable)


HUGE, TINY = Fraction(10) ** 40, Fraction(1, 10**40)
CASES = [
    case("no rows", True),
    case("x >= 1 and x <= 1", True, ([1], -1, False), ([-1], 1, False)),
    case("x > 1 and x <= 1", False, ([1], -1, True), ([-1], 1, False)),
    case("x >= 2 and x <= 1", False, ([1], -2, False), ([-1], 1, False)),
    case("0 >= 0", True, ([0], 0, False)),
    case("0 > 0", False, ([0], 0, True)),
    case("only far to the left", True, ([-1], -HUGE, True)),
    case("between 0 and a tiny number", True, ([1], 0, True), ([-1], TINY, True)),
    case("between a tiny number and less", False, ([1], -2 * TINY, False), ([-1], TINY, False)),
    case("a point of the plane", True, ([1, 1], -1, False), ([-1, 0], 1, False), ([0, -1], 0, False)),
    case("that point, not its border", False, ([1, 1], -1, True), ([-1, 0], 1, False), ([0, -1], 0, False)),
    case("a strip, parallel rows", True, ([2, -3], 1, True), ([-4, 6], 1, True)),
    case("a strip without inside", False, ([2, -3], -1, False), ([-4, 6], 1, False)),
    case("a line of the plane", True, ([1, -1], 0, False), ([-1, 1], 0, False), ([1, 1], -100, True)),
    case(
        "a triangle, redundant rows",
        True,
        ([1, 0], 0, True),
        ([0, 1], 0, True),
        ([-1, -1], 1, True),
        ([-1, -1], 50, False),
        ([1, 1], 7, True),
    ),
    case("a quadrant, far away", True, ([1, 0], -HUGE, True), ([0, -1], -HUGE, True)),
    case("sides that meet in nothing", False, ([1, 0], 0, False), ([0, 1], 0, False), ([-1, -1], -TINY, False)),
    case("numbers of all sizes", True, ([HUGE, TINY], 0, True), ([TINY, -HUGE], 0, True), ([-1, 0], HUGE, False)),
    case(
        "a corner of a cube",
        True,
        ([1, 0, 0], 0, False),
        ([0, 1, 0], 0, False),
        ([0, 0, 1], 0, False),
        ([-1, -1, -1], 0, False),
    ),
    case(
        "that corner, strictly",
        False,
        ([1, 0, 0], 0, False),
        ([0, 1, 0], 0, False),
        ([0, 0, 1], 0, False),
        ([-1, -1, -1], 0, True),
    ),
    case(
        "a simplex of four", True, *(([int(i == j) for j in range(4)], 0, True) for i in range(4)), ([-1] * 4, 1, True)
    ),
    case(
        "no simplex of four",
        False,
        *(([int(i == j) for j in range(4)], 0, False) for i in range(4)),
        ([-1] * 4, Fraction(-1, 3), False),
    ),
]

small = st.fractions(min_value=-3, max_value=3, max_denominator=3)
large = st.builds(Fraction, st.integers(-(2**200), 2**200), st.integers(1, 2**150))


@st.composite
def drawn(draw: st.DrawFn, most: int = 4) -> Inequalities:
    """A random system of one to four unknowns; small numbers make ties, large ones break floats."""
    unknowns, rows = draw(st.integers(1, most)), draw(st.integers(1, 9))
    number = draw(st.sampled_from([small, small, large]))
    return Inequalities(
        tuple(tuple(draw(number) for _ in range(unknowns)) for _ in range(rows)),
        tuple(draw(number) for _ in range(rows)),
        tuple(draw(st.booleans()) for _ in range(rows)),
    )
