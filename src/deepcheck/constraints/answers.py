"""What a solver answers about a system of inequalities."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Witness:
    """A point that satisfies every inequality.

    Attributes:
        point: One exact value per unknown.
    """

    point: tuple[Fraction, ...]


@dataclass(frozen=True)
class Refutation:
    """No point satisfies every inequality.

    Attributes:
        multipliers: Farkas multipliers by row, where the solver gives them: the rows so weighted add up to a
            false statement.
    """

    multipliers: tuple[tuple[int, Fraction], ...] = ()


@dataclass(frozen=True)
class Undecided:
    """The solver did not settle the question.

    Attributes:
        reason: Why, in a few words.
    """

    reason: str


Answer = Witness | Refutation | Undecided
