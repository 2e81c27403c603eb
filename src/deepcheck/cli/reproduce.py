"""``deepcheck reproduce``: the paper's tables and figures, on our own network."""

from pathlib import Path
from typing import Annotated

import typer

from deepcheck.cli.options import Data


def reproduce(
    parts: Annotated[
        list[str],
        typer.Argument(
            metavar="PART...",
            help="all: the paper's own part and a page of it. Or some of it: table1, table2, table3, table4, figure1, "
            "figure3, figure4 (figures: the three), tracing, gradients, census, rq1, rq2, rq3, rq4, rq5, page. "
            "more: what goes beyond it: pairs, reviews, networks; then page again to see it there.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go.")],
    data: Data = None,
    models: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of other trained networks (ONNX), for the part networks."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer images and reviews.")] = False,
) -> None:
    """Reproduce the paper's tables, figures and research questions, each claim beside what we measure.

    Measurements are kept in DIR/run.sqlite: a run that was stopped goes on where it was. The page is
    DIR/reproduction.md, and with pictures DIR/reproduction.html.
    """
    from deepcheck import reproduce

    for file in reproduce.run(tuple(parts), data=data, out=out, quick=quick, models=models):
        typer.echo(file)
