"""``deepcheck demo``: the whole story on small digits and on a table of measurements, offline."""

from pathlib import Path
from typing import Annotated

import typer

from deepcheck.cli.options import Json
from deepcheck.errors import OptionError

STUDIES = ("all", "images", "table")


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pictures and results go.")] = Path(
        "deepcheck-demo"
    ),
    study: Annotated[
        str,
        typer.Option(
            metavar="images|table|all",
            help="Only the digits; only the table, with the smallest sets of all its samples; or both in short.",
        ),
    ] = "all",
    as_json: Json = False,
) -> None:
    """Find what decides ten handwritten digits, and every pixel that alone can change the answer; needs no network.

    Then, on a table of medical measurements: which single measurement flips the diagnosis, from what to what value?
    """
    from deepcheck.cli import demo_study, demo_table, demo_writing, showing

    if study not in STUDIES:
        raise OptionError(f"expected --study images, table or all, got '{study}'")
    images = table = None
    if study != "table":
        with showing.working("attacking every test image, pixel by pixel"):
            images = demo_study.study()
    if study != "images":
        with showing.working("attacking every sample of the table, measurement by measurement"):
            table = demo_table.study(smallest=study == "table")
    with showing.working("drawing"):
        files = demo_writing.write(images, table, out)
    if as_json:
        showing.print_json(demo_writing.everything(images, table))
    else:
        demo_writing.print_everything(images, table, files)
