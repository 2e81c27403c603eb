"""``deepcheck demo``: the whole story on small digits, offline."""

from pathlib import Path
from typing import Annotated

import typer

from deepcheck.cli.options import Json


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pictures and results go.")] = Path(
        "deepcheck-demo"
    ),
    as_json: Json = False,
) -> None:
    """Find what decides ten handwritten digits, and every pixel that alone can change the answer; needs no network."""
    from deepcheck.cli import demo_study, demo_writing, showing

    with showing.working("attacking every test image, pixel by pixel"):
        study = demo_study.study()
        files = demo_writing.write(study, out)
    if as_json:
        showing.print_json(demo_writing.as_json(study))
    else:
        demo_writing.print_tables(study, files)
