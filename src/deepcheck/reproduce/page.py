"""The page of results, from the JSON files of a run.

python -m deepcheck.reproduce.page docs/reproduction docs/reproduction.md
"""

import json
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

from deepcheck.errors import DataError
from deepcheck.reproduce.claims import OURS
from deepcheck.reproduce.layout import TITLES
from deepcheck.reproduce.markdown import census_text, table2_text, table3_text
from deepcheck.reproduce.pair_markdown import pairs_text
from deepcheck.reproduce.pair_remarks import pair_remarks
from deepcheck.reproduce.storage import write_text
from deepcheck.reproduce.text_markdown import table4_text
from deepcheck.reproduce.text_remarks import text_remarks

INTRODUCTION = """# The paper again: one pixel, two, and words

<!-- Written by `python -m deepcheck.reproduce.page docs/reproduction docs/reproduction.md`: do not edit. -->

Tables I to IV and figure 3 of Gopinath et al., *Symbolic Execution for Importance Analysis and Adversarial Generation
in Neural Networks*, on networks of the same shapes; a census of the MNIST test set, by single pixels and by pairs; and
what table IV asks of eleven sentences, asked of 1,000 reviews.

## How to run it

    deepcheck reproduce all --data DIR --out OUT
    deepcheck reproduce table1 --data DIR --out OUT   # or table2, table3, census, pairs, figure3, table4
    deepcheck reproduce all --quick --data DIR --out OUT   # fewer images and reviews
    python -m deepcheck.reproduce.page OUT reproduction.md

`DIR` holds `mnist/` and, for table4, `imdb/`; without it `DEEPCHECK_DATA` or the user's cache is used. `OUT/runs` keeps
what was measured: a run that was stopped goes on where it was, and a second run only reads. `table1.png` and
`figure3.png` are written too; they show images of MNIST, so they are not kept here, nor is any review.

## Rules, fixed before the figures

"""

TEXTS = {
    "table2": table2_text,
    "table3": table3_text,
    "census": census_text,
    "pairs": pairs_text,
    "table4": table4_text,
}


def page(folder: Path) -> str:
    """The page, from the JSON files of `TEXTS` in a folder.

    Raises:
        DataError: If one of them is missing or is no JSON of a run.
    """
    contents = [_read(folder / f"{name}.json") for name in TEXTS]
    fixed = contents[0]["rules"] + contents[4]["rules"]
    rules = "".join(_filled(f"{number}. ", rule) for number, rule in enumerate(fixed, 1))
    texts = [text(content) for text, content in zip(TEXTS.values(), contents, strict=True)]
    more = (*pair_remarks(contents[0], contents[3]), *text_remarks(contents[4]))
    said = remarks(*contents[:3]) + "".join(_filled("- ", sentence) for sentence in more)
    return INTRODUCTION + "\n".join([rules, said, *texts])


def remarks(table2: dict[str, Any], table3: dict[str, Any], census: dict[str, Any]) -> str:
    """What the figures say, in sentences whose numbers come from the JSON."""
    bounded, unbounded = (census["domains"][domain]["all"] for domain in ("bounded", "unbounded"))
    places, median = bounded["places"], {order: found["median"] for order, found in bounded["tries"].items()}
    sentences = (
        f"{_percent(bounded['attackable_share'])} of the {census['images']:,} test images have an attackable pixel in "
        f"[0, 1], {_percent(unbounded['attackable_share'])} where pixels are unbounded. {bounded['replayed']:,} of "
        f"{bounded['attackable_pixels']:,} and {unbounded['replayed']:,} of {unbounded['attackable_pixels']:,} such "
        f"pixels survive replay. Of {bounded['pixels_asked']:,} pixels {bounded['undecided_pixels']} and "
        f"{unbounded['undecided_pixels']} are undecided; every other one is attackable, or proved not to be on "
        "the path of its image.",
        "The same code judges the paper's claims on all tables. "
        + " ".join(_score(table2["claims"] + table3["claims"], where) for where in ("paper", "bounded", "unbounded")),
        f"{_percent(places['lit'])} of our attackable pixels in [0, 1] are lit, {_percent(places['near'])} are "
        f"background near the digit, {_percent(places['far'])} background far from it. In the paper they lie on "
        "the digit or very close to it.",
        "A background pixel has value 0, so coi scores it 0: it stands behind every pixel with a positive score, among "
        "the other background pixels in index order, however strongly the network reacts to it.",
        "In [0, 1] a background pixel can only become lighter, which lowers the label's score where its coefficient is "
        "negative: co, which puts large positive coefficients first, tries those pixels last.",
        f"The first attackable pixel in [0, 1] has median rank {_number(median['reach'])} by reach, "
        f"{_number(median['abs'])} by abs, {_number(median['coi'])} by coi, {_number(median['co'])} by co, "
        f"{_number(median['baseline'])} in index order, and {_number(median['random'])} (the median of the expected "
        "tries) in a random order.",
    )
    return "## In short\n\n" + "".join(_filled("- ", sentence) for sentence in sentences)


def _filled(mark: str, text: str) -> str:
    return fill(mark + text, width=118, subsequent_indent=" " * len(mark), break_on_hyphens=False) + "\n"


def _score(claims: list[dict[str, Any]], where: str) -> str:
    found = [claim["found"][where]["holds"] for claim in claims if claim["source"] != OURS]
    return f"On {TITLES[where]} {found.count(True)} hold and {found.count(False)} do not."


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise DataError(f"expected the JSON of a run at {path}: {problem}") from problem
    if not isinstance(content, dict) or content.get("part") != path.stem:
        raise DataError(f"expected the JSON of {path.stem} at {path}: run deepcheck reproduce {path.stem}")
    return content


def _percent(share: float | None) -> str:
    return "no" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.1f}".removesuffix(".0")


if __name__ == "__main__":
    write_text(Path(sys.argv[2]), page(Path(sys.argv[1])))
