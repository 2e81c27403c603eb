"""The page of results, from the JSON files of a run.

python -m deepcheck.reproduce.page docs/reproduction docs/reproduction.md
"""

import json
import sys
from pathlib import Path
from typing import Any

from deepcheck.errors import DataError
from deepcheck.reproduce.markdown import census_text, table2_text, table3_text
from deepcheck.reproduce.storage import write_text

INTRODUCTION = """# The paper on MNIST: one pixel

<!-- Written by `python -m deepcheck.reproduce.page docs/reproduction docs/reproduction.md`: do not edit. -->

Tables I to III and figure 3(a) of Gopinath et al., *Symbolic Execution for Importance Analysis and Adversarial
Generation in Neural Networks* (their one-pixel part), on a network of the same shape, and a census of the MNIST test
set.

## How to run it

    deepcheck reproduce all --data DIR --out OUT
    deepcheck reproduce table1 --data DIR --out OUT         # or table2, table3, figure3, census; --quick for 500 images
    python -m deepcheck.reproduce.page OUT reproduction.md

`DIR` holds `mnist/`; without it `DEEPCHECK_DATA` or the user's cache is used. `OUT/runs` keeps what was measured: a run
that was stopped goes on where it was, and a second run only reads. `table1.png` and `figure3.png` are written too; they
show images of MNIST, so they are not kept here.

## Rules, fixed before the figures

"""


def page(folder: Path) -> str:
    """The page, from ``table2.json``, ``table3.json`` and ``census.json`` of a folder.

    Raises:
        DataError: If one of them is missing or is no JSON of a run.
    """
    contents = [_read(folder / f"{name}.json") for name in ("table2", "table3", "census")]
    rules = "".join(f"{number}. {rule}\n" for number, rule in enumerate(contents[0]["rules"], 1))
    texts = [text(content) for text, content in zip((table2_text, table3_text, census_text), contents, strict=True)]
    return INTRODUCTION + "\n".join([rules, remarks(*contents), *texts])


def remarks(table2: dict[str, Any], table3: dict[str, Any], census: dict[str, Any]) -> str:
    """What the figures say, in sentences whose numbers come from the JSON."""
    bounded, unbounded = (census["domains"][domain]["all"] for domain in ("bounded", "unbounded"))
    dark = 1 - (bounded["places"]["lit"] or 0)
    median = {order: found["median"] for order, found in bounded["tries"].items()}
    judged = [claim["found"]["bounded"]["holds"] for claim in table2["claims"] + table3["claims"]]
    own = [claim["found"]["paper"]["holds"] for claim in table2["claims"] + table3["claims"]]
    return f"""## In short

- {_percent(bounded["attackable_share"])} of the {census["images"]:,} test images have an attackable pixel in [0, 1],
  {_percent(unbounded["attackable_share"])} where pixels are unbounded. {_percent(bounded["replayed_share"])} and
  {_percent(unbounded["replayed_share"])} of these pixels survive replay. {bounded["undecided_pixels"]:,} and
  {unbounded["undecided_pixels"]:,} pixels are undecided; every other one is proved not to be attackable on the path
  of its image.
- Of the paper's claims below, {judged.count(True)} hold on our ten images in [0, 1] and {judged.count(False)} do not;
  on the paper's own tables {own.count(True)} hold and {own.count(False)} do not. The same code judges all tables.
- {_percent(dark)} of our attackable pixels in [0, 1] are background: {_percent(bounded["places"]["near"])} near the
  digit, {_percent(bounded["places"]["far"])} far from it. In the paper they lie on the digit or next to it.
- A background pixel has value 0, so coi scores it 0: it stands behind every pixel with a positive score, among the
  other background pixels in index order, however strongly the network reacts to it.
- In [0, 1] a background pixel can only become lighter, which lowers the label's score where its coefficient is
  negative: co, which puts large positive coefficients first, tries those pixels last.
- So the first attackable pixel has median rank {_number(median["reach"])} by reach, {_number(median["abs"])} by abs,
  {_number(median["coi"])} by coi, {_number(median["co"])} by co, {_number(median["baseline"])} in index order, and an
  expected {_number(median["random"])} (median over the images) in a random order. The more
  of a network's attackable pixels lie on the digit, as the paper's do, the better coi does.
"""


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
