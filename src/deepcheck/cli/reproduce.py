"""``deepcheck reproduce``: the paper's tables and figures, on our own network."""

from pathlib import Path
from typing import Annotated

import typer

from deepcheck.cli.options import Data


def reproduce(
    parts: Annotated[
        list[str],
        typer.Argument(metavar="PART...", help="table1, table2, table3, census, pairs, figure3, table4, or all."),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go.")],
    data: Data = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer images and reviews.")] = False,
) -> None:
    """Reproduce the paper's tables and figures: on MNIST for one pixel and for two, and on reviews for words."""
    from deepcheck import reproduce

    for file in reproduce.run(tuple(parts), data=data, out=out, quick=quick):
        typer.echo(file)
