"""One call of the reproduction: what its parts share."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import final

from deepcheck.reproduce.layout import Content
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.words.study import TextStudy


@final
class Session:
    """The studies of images and of words, read when a part first needs them, and what parts have found.

    Attributes:
        data: The folder of data sets, or None.
        out: Where the results go.
        quick: Fewer images and reviews.
        progress: Show progress on standard error.
        models: The folder of other networks, or None.
    """

    def __init__(self, data: Path | None, out: Path, quick: bool, progress: bool, models: Path | None = None) -> None:
        self.data, self.out, self.quick, self.progress, self.models = data, out, quick, progress, models
        self._contents: dict[str, Content] = {}

    @cached_property
    def images(self) -> Study:
        """The study of images."""
        return Study.of(self.data, self.out, self.quick, self.progress)

    @cached_property
    def words(self) -> TextStudy:
        """The study of words."""
        return TextStudy.of(self.data, self.out, self.quick, self.progress)

    def content(self, name: str, make: "Callable[[Session], Content]") -> Content:
        """What a part has found; it is made once."""
        if name not in self._contents:
            self._contents[name] = make(self)
        return self._contents[name]
