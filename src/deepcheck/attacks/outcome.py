"""What became of each set that was asked about."""

from enum import IntEnum


class Outcome(IntEnum):
    """One per set; the undecided ones say why."""

    UNTRIED = 0
    PROVED = 1
    ATTACKABLE = 2
    TIE = 3
    NO_VALUE = 4
    LABEL = 5
    OVERFLOW = 6
    ROUNDING = 7
    SOLVER = 8
    LARGE = 9
    NARROW = 10
    PIECES = 11

    @property
    def undecided(self) -> bool:
        """Is the question open?"""
        return self >= Outcome.TIE

    @property
    def words(self) -> str:
        """The outcome in words, as results print it."""
        return {
            Outcome.UNTRIED: "untried",
            Outcome.PROVED: "proved",
            Outcome.ATTACKABLE: "attackable",
            Outcome.TIE: "tie",
            Outcome.NO_VALUE: "no value of the model's type inside the region",
            Outcome.LABEL: "label depends on rounding",
            Outcome.OVERFLOW: "overflow",
            Outcome.ROUNDING: "path depends on rounding, and the network is too large for exact arithmetic",
            Outcome.SOLVER: "the solver gave no answer",
            Outcome.NARROW: "a lead within rounding of 0",
            Outcome.PIECES: "still open after very many pieces of its values",
            Outcome.LARGE: "floats leave it open, and the set is too large for exact arithmetic",
        }[self]
