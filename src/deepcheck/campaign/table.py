"""The table of a minimal run: how many inputs need how many features, and which are open within which bounds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

from deepcheck.campaign.answer import Answer

SCHEMA = 1


@final
@dataclass(frozen=True)
class SizeRow:
    """What is known of changes of at most so many features; the three counts add up to the inputs with an answer.

    Attributes:
        size: At most so many features change.
        smallest: Inputs whose smallest set has exactly so many: no set of fewer works.
        proved: Inputs that no set of at most so many overturns: proved.
        overturned: Inputs that some set of at most so many overturns: replayed.
        undecided: The others.
        along: Inputs that some set of at most so many overturns along their own path; None where only that was asked.
    """

    size: int
    smallest: int
    proved: int
    overturned: int
    undecided: int
    along: int | None


@final
@dataclass(frozen=True)
class MinimalTable:
    """The smallest number of features that overturn each prediction of a data set, as far as it is known.

    Attributes:
        images: How many inputs there are.
        wrong: Those that the network labels wrongly; they are not asked about.
        answers: What is known of the others, by their place in the data set.
        most: Sets of more features are of no interest.
        features: How many features an input has.
        paths: "same" or "all".
        about: What the run was about (model, data set, question), for export.
        repeated: How many of the answers were there before this call.
        elsewhere: How many answers the store has about something else: another model, data set or question.
        interrupted: Did somebody stop it?
    """

    images: int
    wrong: tuple[int, ...]
    answers: Mapping[int, Answer]
    most: int
    features: int
    paths: str
    about: Mapping[str, Any]
    repeated: int
    elsewhere: int
    interrupted: bool

    @property
    def counts(self) -> dict[str, int]:
        """Decided, open, wrongly labelled and unasked: they add up to the images."""
        decided = sum(answer.settled(self.most) for answer in self.answers.values())
        found = {
            "decided": decided,
            "open": len(self.answers) - decided,
            "wrongly_labelled": len(self.wrong),
            "unasked": self.images - len(self.wrong) - len(self.answers),
        }
        assert sum(found.values()) == self.images
        return found

    @property
    def histogram(self) -> dict[int, int]:
        """How many images have a smallest set of so many features; under 0 those where none up to ``most`` works."""
        settled = (answer for answer in self.answers.values() if answer.settled(self.most))
        found = Counter(0 if answer.bound > self.most else answer.size or 0 for answer in settled)
        return dict(sorted(found.items(), key=lambda pair: (pair[0] == 0, pair[0])))

    @property
    def open_bounds(self) -> dict[tuple[int, int | None], int]:
        """How many open images need at least and at most so many features (None: no set is known)."""
        left = (answer for answer in self.answers.values() if not answer.settled(self.most))
        found = Counter((answer.bound, answer.size) for answer in left)
        return dict(sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][1] is None, pair[0][1] or 0)))

    @property
    def rows(self) -> tuple[SizeRow, ...]:
        """One row for each size from 1 to the last that tells something new."""
        last = max((max(answer.bound, answer.size or 1) for answer in self.answers.values()), default=1)
        return tuple(self._row(size) for size in range(1, min(last, self.most) + 1))

    def _row(self, size: int) -> SizeRow:
        answers = self.answers.values()
        proved = sum(answer.bound > size for answer in answers)
        overturned = sum(answer.size is not None and answer.size <= size for answer in answers)
        along = sum(answer.along_size is not None and answer.along_size <= size for answer in answers)
        return SizeRow(
            size,
            sum(answer.size == answer.bound == size for answer in answers),
            proved,
            overturned,
            len(answers) - proved - overturned,
            None if self.paths == "same" else along,
        )

    def as_json(self) -> dict[str, Any]:
        """The table and every answer as one JSON object."""
        return {
            "schema": SCHEMA,
            "kind": "minimal",
            **self.about,
            "features": self.features,
            "sizes_up_to": self.most,
            "images": self.images,
            "counts": self.counts,
            "smallest": [{"features": size or None, "images": count} for size, count in self.histogram.items()],
            "open": [
                {"at_least": least, "at_most": most, "images": count}
                for (least, most), count in self.open_bounds.items()
            ],
            "sizes": [asdict(row) for row in self.rows],
            "wrongly_labelled": list(self.wrong),
            "answers": [{"image": item} | answer.as_json() for item, answer in sorted(self.answers.items())],
        }

    def _repr_html_(self) -> str:
        from deepcheck.campaign.markup import minimal_html

        return minimal_html(self)
