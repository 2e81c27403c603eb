"""What a table holds about one image: the same for the paper's images and for ours."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, final


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
    """

    digit: int
    image: int | None
    attackable: int
    within: Mapping[str, Mapping[str, int]]
    first: Mapping[str, int | None]
    reached: tuple[int, ...] | None = None
    places: Mapping[str, int] | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self)


Rows = Sequence[Row]
