"""The page of results, from the JSON files of a run."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from deepcheck.errors import DataError
from deepcheck.reproduce.gradients.markdown import rq5_text
from deepcheck.reproduce.layout import Content, filled
from deepcheck.reproduce.markdown import census_text, table2_text, table3_text
from deepcheck.reproduce.networks.text import networks_text
from deepcheck.reproduce.pairs.markdown import pairs_text
from deepcheck.reproduce.pairs.remarks import pair_remarks
from deepcheck.reproduce.remarks import remarks
from deepcheck.reproduce.research import NEEDED, research_question
from deepcheck.reproduce.research_markdown import headlines_text, research_text, slips_text
from deepcheck.reproduce.tracing.markdown import tracing_remarks, tracing_text
from deepcheck.reproduce.words.markdown import reviews_text, table4_text
from deepcheck.reproduce.words.remarks import review_remarks, sentence_remarks

INTRODUCTION = """# The paper again: one pixel, two, and words

<!-- Written by `python -m deepcheck.reproduce docs/reproduction docs/reproduction.md`: do not edit. -->

Tables I to IV, figures 1, 3 and 4 and the five research questions of Gopinath et al., *Symbolic Execution for
Importance Analysis and Adversarial Generation in Neural Networks*, on networks of the same shapes; with the controls
that it does not have, and the same questions asked of whole test sets, of more networks, and of 1,000 reviews.

## How to run it

    deepcheck reproduce all --data DIR --out OUT            # the paper's own part, and this page
    deepcheck reproduce all --quick --data DIR --out OUT    # on fewer images
    deepcheck reproduce table3 --data DIR --out OUT         # one part: `deepcheck reproduce --help` lists them
    deepcheck reproduce more --data DIR --out OUT           # pairs on the test set, 1,000 reviews, more networks
    deepcheck reproduce page --out OUT                      # the page again, with what there is
    python -m deepcheck.reproduce OUT reproduction.md       # the same, from JSON files alone

`DIR` holds `mnist/` and, for table4 and reviews, `imdb/`; without it `DEEPCHECK_DATA` or the user's cache is used.
`OUT/run.sqlite` keeps what was measured: a run that was stopped goes on where it was, and a second run only reads.
`OUT/reproduction.html` is this page with the pictures, in one file; they show images of MNIST, so they are not kept
here, nor is any review.

Beyond the paper: [importance_benchmark.md](importance_benchmark.md) grades rankings against the exact worst margin of
every pixel ([grading.md](grading.md): grade your own), [rivals.md](rivals.md) sets few-pixel attacks of others beside
exact truth, [smallest_pixels.md](smallest_pixels.md) has the smallest number of pixels, image by image.

"""

TEXTS: dict[str, Callable[[Content], str]] = {
    "tracing": tracing_text,
    "table2": table2_text,
    "table3": table3_text,
    "census": census_text,
    "pairs": pairs_text,
    "gradients": rq5_text,
    "table4": table4_text,
    "reviews": reviews_text,
    "networks": networks_text,
}
"""The parts with a section of their own, in the order of the page."""
REQUIRED = ("tracing", "figure1", "table2", "table3", "census", "table4", "gradients")
ELSEWHERE = "importance"
"""Has a page of its own; its claims count here."""
PARTS = (*TEXTS, "figure1", ELSEWHERE)
PICTURES = {"table1": "Table I", "figure1": "Figure 1", "figure3": "Figure 3", "figure4": "Figure 4"}
"""Shown where the folder has them."""


def page(folder: Path) -> str:
    """The page, from the JSON files in a folder: those of `REQUIRED`, and any other of `PARTS`.

    Raises:
        DataError: If one of them is missing or is no JSON of a run.
    """
    contents = read_contents(folder)
    for name in REQUIRED:
        if name not in contents:
            raise DataError(f"expected {name}.json in {folder}: run deepcheck reproduce {name}")
    rules = list(
        dict.fromkeys(rule for name, content in contents.items() if name != ELSEWHERE for rule in content["rules"])
    )
    questions = (research_text(research_question(number, contents)) for number in NEEDED)
    sections = (
        headlines_text(contents),
        "## In short\n\n" + "".join(filled("- ", sentence) for sentence in _remarks(contents)),
        slips_text(),
        *questions,
        "## Rules, fixed before the figures\n\n"
        + "".join(filled(f"{number}. ", rule) for number, rule in enumerate(rules, 1)),
        *_pictures(folder),
        *(text(contents[name]) for name, text in TEXTS.items() if name in contents),
    )
    return INTRODUCTION + "\n".join(sections)


def read_contents(folder: Path) -> dict[str, Content]:
    """What a folder has of `PARTS`, in their order."""
    return {name: _read(path) for name in PARTS if (path := folder / f"{name}.json").exists()}


def _remarks(contents: Mapping[str, Content]) -> Iterator[str]:
    yield from remarks(contents["table2"], contents["table3"], contents["census"])
    yield from tracing_remarks(contents["tracing"])
    if "pairs" in contents:
        yield from pair_remarks(contents["table2"], contents["pairs"])
    yield from sentence_remarks(contents["table4"])
    if "reviews" in contents:
        yield from review_remarks(contents["reviews"])


def _pictures(folder: Path) -> Iterator[str]:
    for name, title in PICTURES.items():
        if (folder / f"{name}.png").exists():
            yield f"## {title}\n\n![{title}]({name}.png)\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise DataError(f"expected the JSON of a run at {path}: {problem}") from problem
    if not isinstance(content, dict) or content.get("part") != path.stem:
        raise DataError(f"expected the JSON of {path.stem} at {path}: run deepcheck reproduce {path.stem}")
    return content
