"""``deepcheck run``: one question about every image of a data set, resumable."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.options import (
    Bounds,
    Budget,
    Data,
    Decision,
    FeaturesAs,
    InputShape,
    Json,
    Layout,
    Levels,
    Mean,
    Model,
    NoBatch,
    Output,
    Std,
)
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.campaign import MinimalTable, Progress, Report

EXPORT = "minimal.json"


def run(
    model: Model,
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="mnist, fashion-mnist, cifar10 or digits (the test images; mnist:train for the others); a folder of "
            "images or arrays; a .npz file of x and, for their true labels, y.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder: what is in it is not asked again.")],
    minimal: Annotated[
        bool, typer.Option("--minimal", help="The smallest number of features that overturn each prediction.")
    ] = False,
    images: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only the first N images.")] = None,
    sizes: Annotated[int | None, typer.Option(metavar="T", min=1, help="Only sets of up to T features.")] = None,
    limit_seconds: Annotated[
        float,
        typer.Option(metavar="S", help="Time limit of one image; 0 for none. A longer one goes on with open ones."),
    ] = 60.0,
    paths: Annotated[
        str, typer.Option(metavar="WHICH", help="all: along any path; same: along each input's own.")
    ] = "all",
    bounds: Bounds = None,
    mean: Mean = None,
    std: Std = None,
    levels: Levels = None,
    features_as: FeaturesAs = None,
    layout: Layout = "nchw",
    decision: Decision = None,
    output_tensor: Output = None,
    input_shape: InputShape = None,
    no_batch_axis: NoBatch = False,
    budget: Budget = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ask one question about every rightly labelled image of a data set, and keep each answer as it comes.

    With --minimal: how few features overturn each prediction, proved from below and witnessed from above. A run that
    was stopped goes on where it was. DIR holds the answers (run.sqlite) and the table of the last call (minimal.json).
    """
    import deepcheck
    from deepcheck.cli import collections, inputs, showing, values
    from deepcheck.reproduce.storage import write_json

    if not minimal:
        raise OptionError("expected --minimal, the one question that a run can ask so far")
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain, channels = values.domain(bounds, False, levels, program), values.layout(layout)
    chosen = collections.read_collection(dataset, program, domain=domain, layout=channels, data=data, count=images)
    with _watched() as report:
        table = deepcheck.run_minimal(
            program,
            chosen.pixels,
            chosen.labels,
            out=out,
            name=chosen.name,
            paths=paths,
            most=sizes,
            limit_seconds=limit_seconds or None,
            domain=domain,
            features_as=values.grouping(features_as),
            layout=channels,
            report=report,
        )
    found = table.as_json()
    write_json(out / EXPORT, found)
    for line in _remarks(table, out):
        showing.say(line)
    showing.print_json(found) if as_json else _print(table, domain.describe())
    if table.interrupted:
        raise KeyboardInterrupt
    raise typer.Exit(1 if table.counts["open"] else 0)


@contextmanager
def _watched() -> "Iterator[Report | None]":
    """A bar on standard error where a person looks at it."""
    import sys

    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns: tuple[Any, ...] = (
        BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda place: bar.update(task, total=place.total, completed=place.done, description=_words(place))


def _words(place: "Progress") -> str:
    opened = f"{place.open} open" if place.open else ""
    if place.item is None:
        return opened
    size = "" if place.size is None else f", at most {place.size}"
    return f"{opened}{'; ' if opened else ''}image {place.item}: at least {place.bound}{size}"


def _remarks(table: "MinimalTable", out: Path) -> Iterator[str]:
    if table.repeated:
        yield f"{table.repeated} of {len(table.answers)} answers were in {out} already"
    if table.elsewhere:
        yield f"{out} also holds {table.elsewhere} answers about another model, data set or question: not used here"


def _print(table: "MinimalTable", domain: str) -> None:
    from deepcheck.display.tables import print_table

    counts, where = table.counts, "any path" if table.paths == "all" else "each image's own path"
    print(
        f"{table.images} images, {domain}, along {where}: {counts['decided']} decided, {counts['open']} open, "
        f"{counts['wrongly_labelled']} labelled wrongly by the network, {counts['unasked']} not asked yet"
    )
    columns = ["features", "smallest for", "robust (proved)", "overturned (replayed)", "open"]
    along = ["overturned along its own path"] if table.paths == "all" else []
    rows = [
        [row.size, row.smallest, row.proved, row.overturned, row.undecided, *([row.along] if along else [])]
        for row in table.rows
    ]
    print_table([*columns, *along], rows, title="images by the number of features that may change at most")
    none = table.histogram.get(0, 0)
    if none:
        print(f"{none} images that no set of up to {table.most} features overturns (proved)")
    if table.open_bounds:
        opened = [[least, "?" if most is None else most, count] for (least, most), count in table.open_bounds.items()]
        print_table(["at least", "at most", "images"], opened, title="open: the smallest set has")
