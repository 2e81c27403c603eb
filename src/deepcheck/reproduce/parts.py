"""The entry: which parts there are, and what each one writes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from deepcheck.errors import OptionError
from deepcheck.reproduce.census import census
from deepcheck.reproduce.drawings import draw_figure3, draw_table1
from deepcheck.reproduce.markdown import census_text, table2_text, table3_text
from deepcheck.reproduce.pair_census import pair_census
from deepcheck.reproduce.pair_markdown import pairs_text
from deepcheck.reproduce.storage import write_json, write_text
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.tables import table2, table3
from deepcheck.reproduce.text_markdown import table4_text
from deepcheck.reproduce.text_study import TextStudy
from deepcheck.reproduce.text_table import table4

Content = dict[str, Any]
S = TypeVar("S", Study, TextStudy)


def run(parts: Sequence[str], data: Path | None, out: Path, quick: bool = False, progress: bool = True) -> list[Path]:
    """Reproduce parts of the paper; what an earlier run into the same folder measured is read, not measured again.

    Args:
        parts: Names of `PARTS`; "all" stands for all others.
        data: The folder of data sets, of which a part needs its own: MNIST, or for table IV the IMDB reviews; None for
            ``DEEPCHECK_DATA`` or, without that, the user's cache.
        out: Where the results go; measurements go to ``runs`` in it.
        quick: Take the first 500 test images for the census, few for that of pairs, and 50 reviews; the tables of
            pixels are whole, but for the count of all unbounded pairs.
        progress: Show progress on standard error.

    Returns:
        The files written, in the order of `PARTS`.

    Raises:
        OptionError: If there is no such part, or a file cannot be written.
        DataError: If a data set that is needed is missing or damaged.
    """
    unknown = [part for part in parts if part not in PARTS]
    if unknown or not parts:
        got = ", ".join(f"'{part}'" for part in unknown) or "none"
        raise OptionError(f"expected parts of {', '.join(PARTS)}, got {got}")
    images = [make for part, make in MAKERS.items() if part in parts or "all" in parts]
    texts = [make for part, make in TEXT_MAKERS.items() if part in parts or "all" in parts]
    study = Study.of(data, out, quick, progress) if images else None
    words = TextStudy.of(data, out, quick, progress) if texts else None
    written = [path for make in images if study is not None for path in make(study)]
    return [*written, *(path for make in texts if words is not None for path in make(words))]


def _written(name: str, make: Callable[[S], Content], text: Callable[[Content], str]) -> Callable[[S], list[Path]]:
    def written(study: S) -> list[Path]:
        content = make(study)
        return [
            write_text(study.out / f"{name}.md", text(content)),
            write_json(study.out / f"{name}.json", content),
        ]

    return written


MAKERS: dict[str, Callable[[Study], list[Path]]] = {
    "table1": lambda study: [draw_table1(study, study.out / "table1.png")],
    "table2": _written("table2", table2, table2_text),
    "table3": _written("table3", table3, table3_text),
    "census": _written("census", census, census_text),
    "pairs": _written("pairs", pair_census, pairs_text),
    "figure3": lambda study: [draw_figure3(study, study.out / "figure3.png")],
}
TEXT_MAKERS: dict[str, Callable[[TextStudy], list[Path]]] = {"table4": _written("table4", table4, table4_text)}
PARTS = (*MAKERS, *TEXT_MAKERS, "all")
