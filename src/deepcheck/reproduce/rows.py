"""What a table holds about one image: the same for the paper's images and for ours."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

from deepcheck.reproduce.pairs.law import fulfilled


@final
@dataclass(frozen=True)
class Pairs:
    """The two-pixel columns of tables II and III: the pairs among the pixels at the top of an order.

    Attributes:
        pixels: How many pixels these are.
        alone: How many of them are attackable alone.
        attackable: How many pairs are attackable.
        new: How many of these have no pixel that is attackable alone.
        first_features: How many of the top pixels have an attackable pair; None where there is none.
        reached: The labels reached by pairs; None where they are not known.
        places: Where the pixels of attackable pairs lie, as in `Row`; None where it is not known.
        shortlist_lit: How many of the pixels asked about are lit; None where it is not known.
        everywhere: How many of all pairs of the image are attackable; None where it was not asked.
        everywhere_new: How many of these are new.
    """

    pixels: int
    alone: int
    attackable: int
    new: int
    first_features: int | None
    reached: tuple[int, ...] | None = None
    places: Mapping[str, int] | None = None
    shortlist_lit: int | None = None
    everywhere: int | None = None
    everywhere_new: int | None = None

    @property
    def lawful(self) -> bool:
        """Are the pairs that are not new just those that have a pixel attackable alone?"""
        return fulfilled(self.pixels, self.alone, self.attackable, self.new)


@final
@dataclass(frozen=True)
class Row:
    """One image of tables II and III.

    Attributes:
        digit: Its label.
        image: Its index in the training set; None where it is not known, or no image qualified.
        attackable: How many pixels are attackable.
        within: How many of them each shortlist has: ``within["5%"]["coi"]``.
        first: At which try, counted from 1, each order finds the first; None where there is none.
        reached: The labels reached; None where they are not known.
        places: How many attackable pixels are lit, near the digit, far from it, and never lit in any training image
            (those are counted among the near and the far ones too); None where they are not known.
        pairs: The two-pixel columns; None where no image qualified.
    """

    digit: int
    image: int | None
    attackable: int
    within: Mapping[str, Mapping[str, int]]
    first: Mapping[str, int | None]
    reached: tuple[int, ...] | None = None
    places: Mapping[str, int] | None = None
    pairs: Pairs | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self)


Rows = Sequence[Row]
