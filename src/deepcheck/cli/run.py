"""``deepcheck run``: the same questions about every image of a data set, resumable."""

from collections.abc import Iterator
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
    from deepcheck.campaign import MinimalTable

EXPORT = "minimal.json"
IMAGES = 100
"""So many images are shown where nothing else is said."""


def run(
    model: Model,
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="mnist, fashion-mnist, cifar10, digits or breast-cancer (the test part; mnist:train for the "
            "others); a folder of images or arrays; a .npz file of x and, for their true labels, y.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder: what is in it is not asked again.")],
    minimal: Annotated[
        bool, typer.Option("--minimal", help="The smallest number of features that overturn each prediction.")
    ] = False,
    images: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help=f"Only the first N images: {IMAGES} by default, with --minimal all."),
    ] = None,
    sizes: Annotated[int | None, typer.Option(metavar="T", min=1, help="Only sets of up to T features.")] = None,
    limit_seconds: Annotated[
        float,
        typer.Option(
            "--limit-seconds",
            "--timeout",
            metavar="S",
            help="Time limit of one image and question; 0 for none. A longer one goes on with open ones.",
        ),
    ] = 60.0,
    paths: Annotated[
        str | None,
        typer.Option(
            metavar="WHICH",
            help="all: along any path; same: along each input's own; by default both without --minimal.",
        ),
    ] = None,
    certificates: Annotated[
        bool, typer.Option("--certificates", help="Write a certificate of each answer about single features, too.")
    ] = False,
    shown: Annotated[
        int, typer.Option("--exhibits", metavar="N", min=0, help="With --minimal: keep N images for the report.")
    ] = IMAGES,
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
    """Ask the same questions about the images of a data set, and keep each answer as it comes.

    Which single features, changed, overturn each prediction, along its path and along any: of the first images,
    labelled rightly or wrongly. With --minimal: how few features do, of every rightly labelled image, proved from below
    and witnessed from above. A run that was stopped goes on where it was. DIR holds the answers (run.sqlite), which
    deepcheck report shows as a page, and the table of the last minimal call (minimal.json).
    """
    import deepcheck
    from deepcheck.cli import collections, inputs, run_exhibits, run_watching, showing, values
    from deepcheck.reproduce.storage import write_json
    from deepcheck.verbs.running_exhibits import Wanted, keeper
    from deepcheck.verbs.running_exhibits import run_exhibits as keep_exhibits

    if minimal and paths == "both":
        raise OptionError("expected --paths all or same with --minimal, got both")
    if sizes is not None and not minimal:
        raise OptionError("expected --sizes with --minimal only: without it, single features are asked about")
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain, channels = values.domain(bounds, False, levels, program), values.layout(layout)
    chosen = collections.read_collection(
        dataset, program, domain=domain, layout=channels, data=data, count=images if minimal else images or IMAGES
    )
    domain = chosen.domain or domain
    wanted = Wanted(
        out=out,
        name=chosen.name,
        paths="both" if minimal else paths or "both",
        limit_seconds=limit_seconds or None,
        certificates=certificates,
        domain=domain,
        features_as=values.grouping(features_as),
        layout=channels,
        labelled=run_exhibits.labelled(
            model,
            chosen,
            program,
            out=out,
            data=data,
            limit_seconds=limit_seconds,
            given={
                "--bounds": bounds, "--mean": mean, "--std": std, "--levels": levels, "--features-as": features_as,
                "--layout": None if layout == "nchw" else layout, "--decision": decision, "--output": output_tensor,
                "--input-shape": input_shape, "--no-batch-axis": no_batch_axis or None, "--budget": budget,
                "--data": data,
            },
        ),
    )  # fmt: skip
    if not minimal:
        with run_watching.watched() as report:
            kept = keep_exhibits(program, chosen.pixels, chosen.labels, wanted, report=report)
        raise typer.Exit(run_exhibits.tell(kept, wanted, as_json=as_json))
    keep_one, left = keeper(program, chosen.pixels, chosen.labels, wanted), _first_asked(program, chosen, shown)
    with run_watching.watched() as report:
        table = deepcheck.run_minimal(
            program,
            chosen.pixels,
            chosen.labels,
            out=out,
            name=chosen.name,
            paths=paths or "all",
            most=sizes,
            limit_seconds=limit_seconds or None,
            domain=domain,
            features_as=values.grouping(features_as),
            layout=channels,
            report=report,
            seen=lambda item, result: keep_one(item, result) if item in left else None,
        )
        stopped = table.interrupted
        if left and not stopped:
            stopped = keep_exhibits(program, chosen.pixels, chosen.labels, wanted, items=left).interrupted
    found = table.as_json()
    write_json(out / EXPORT, found)
    for line in _remarks(table, out):
        showing.say(line)
    showing.print_json(found) if as_json else _print(table, domain.describe())
    if stopped:
        raise KeyboardInterrupt
    raise typer.Exit(1 if table.counts["open"] else 0)


def _first_asked(program: Any, chosen: Any, count: int) -> list[int]:
    """The places of the first images that a minimal run asks about: those that are labelled rightly."""
    from deepcheck.verbs.running import wrongly_labelled

    wrong = set(wrongly_labelled(program, chosen.pixels, chosen.labels).tolist())
    return [item for item in range(len(chosen.pixels)) if item not in wrong][:count]


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
