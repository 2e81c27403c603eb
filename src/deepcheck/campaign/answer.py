"""What is known of the smallest set of one input, as it is kept between runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, final

from deepcheck.attacks import SmallestResult
from deepcheck.errors import DataError

TIME = "time limit"
"""The one reason that more time can take away."""


@final
@dataclass(frozen=True)
class Answer:
    """How few features overturn one prediction: a proved bound from below, a replayed set from above.

    Attributes:
        digest: Of the input, in hexadecimal: an answer about another input is none.
        label: The input's label.
        bound: No set of fewer features works: proved.
        features: The smallest set found whose witness survives replay, increasing, or None.
        new_label: The label that its witness gets, or None.
        values: The witness: the values of its elements, in the user's units.
        flips: How many activations differ from the input's path there; None without a witness.
        most: Sets of more features were of no interest.
        reason: Why the bound and the set do not meet, or "".
        along_bound: The bound along the input's path; None where only that path was asked about.
        along_size: The size of the smallest set found along it, or None.
        limit_seconds: The time limit that the search had; None for none.
        seconds: How long it took.
    """

    digest: str
    label: int
    bound: int
    features: tuple[int, ...] | None
    new_label: int | None
    values: tuple[float, ...]
    flips: int | None
    most: int
    reason: str
    along_bound: int | None
    along_size: int | None
    limit_seconds: float | None
    seconds: float

    @property
    def size(self) -> int | None:
        """How many features the set has."""
        return None if self.features is None else len(self.features)

    def settled(self, most: int) -> bool:
        """Is the smallest size known, or proved to be above ``most``?"""
        return self.bound > most or (self.size is not None and self.size <= self.bound)

    def stands(self, most: int, limit_seconds: float | None) -> bool:
        """Would asking again, for sizes up to ``most`` and with this time limit, be asking twice?"""
        if self.settled(most):
            return True
        if self.most < most:
            return False
        longer = self.limit_seconds is not None and (limit_seconds is None or limit_seconds > self.limit_seconds)
        return self.reason != TIME or not longer

    def with_earlier(self, earlier: "Answer") -> "Answer":
        """The better of two answers about one input: the larger bound, the smaller set.

        Raises:
            DataError: If they contradict each other: one of them is wrong.
        """
        sizes = [answer.size for answer in (self, earlier) if answer.size is not None]
        if sizes and min(sizes) < max(self.bound, earlier.bound):
            raise DataError(
                f"two runs contradict each other: one proved that fewer than {max(self.bound, earlier.bound)} features "
                f"do nothing, the other overturned the label with {min(sizes)}: please report it"
            )
        smaller = earlier if self.size is None or (earlier.size or self.size) < self.size else self
        return replace(
            smaller,
            bound=max(self.bound, earlier.bound),
            most=max(self.most, earlier.most),
            reason=self.reason,
            along_bound=_largest(self.along_bound, earlier.along_bound),
            along_size=_least(self.along_size, earlier.along_size),
            limit_seconds=self.limit_seconds,
            seconds=self.seconds + earlier.seconds,
        )

    def as_json(self) -> dict[str, Any]:
        """What is kept."""
        return asdict(self)

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> "Answer":
        """What was kept.

        Raises:
            DataError: If it is something else.
        """
        if set(kept) != {field.name for field in fields(Answer)}:
            raise DataError("expected the answer of a minimal run in the store, got something else: use another --out")
        lists = {name: None if kept[name] is None else tuple(kept[name]) for name in ("features", "values")}
        return Answer(**(dict(kept) | lists))

    @staticmethod
    def of(result: SmallestResult, digest: str, most: int, limit_seconds: float | None) -> "Answer":
        """The answer that a result gives; a set that does not survive replay is none."""
        witness = result.attacks[0].witness if len(result.attacks) else None
        kept = witness if witness is not None and witness.replayed else None
        reason = "does not replay" if witness is not kept else "" if result.optimal else result.found.reason
        along = result.along
        return Answer(
            digest=digest,
            label=result.label,
            bound=result.bound,
            features=None if kept is None else result.features,
            new_label=None if kept is None else kept.label,
            values=() if kept is None else kept.values,
            flips=None if kept is None else kept.flips,
            most=most,
            reason=reason,
            along_bound=None if along is None else along.bound,
            along_size=None if along is None else along.size,
            limit_seconds=limit_seconds,
            seconds=result.seconds,
        )


def _largest(*numbers: int | None) -> int | None:
    return max((number for number in numbers if number is not None), default=None)


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)
