"""``deepcheck grade``: how well a ranking of features agrees with what each feature alone can do."""

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.options import (
    Bounds,
    Budget,
    Data,
    Decision,
    InputShape,
    Json,
    Layout,
    Levels,
    Mean,
    NoBatch,
    Output,
    Std,
    Unbounded,
)
from deepcheck.errors import InputError, OptionError

if TYPE_CHECKING:
    from deepcheck.domains import Pixels
    from deepcheck.explore.worst_margins import WorstMargins
    from deepcheck.program import Array, Program
    from deepcheck.ranking.grades import Grades

REFERENCES = ("coi", "abs", "co", "reach")
IMAGES = 100
"""How many images a metric of ours is graded on, where nothing says how many."""
_OF_A_SET = re.compile(r"[\w-]+:\w+:\d+")


def grade(
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="The network; by default mnist_10x4, which comes along.")
    ] = None,
    x: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT",
            help="What was ranked: one input as in 'attack', a folder, arrays, or the first images of a data set such "
            "as fashion-mnist; by default MNIST's test images.",
        ),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A .npy or .npz file: one score a feature and input, the higher the earlier."
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="METRIC", help="Grade a metric of 'importance' instead, such as coi or ig.")
    ] = None,
    images: Annotated[
        int | None, typer.Option(metavar="N", min=1, help=f"With --metric: the first N images; by default {IMAGES}.")
    ] = None,
    paths: Annotated[str, typer.Option(metavar="all|same", help="Any path, or the one that each input takes.")] = "all",
    bounds: Bounds = None,
    unbounded: Unbounded = False,
    levels: Levels = None,
    mean: Mean = None,
    std: Std = None,
    layout: Layout = "nchw",
    decision: Decision = None,
    output_tensor: Output = None,
    input_shape: InputShape = None,
    no_batch_axis: NoBatch = False,
    budget: Budget = None,
    data: Data = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write every image's grades: a .csv file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Grade a ranking of features against the exact worst margin that each feature alone can cause.

    Beside it stand the metrics that come along, and what a random order would reach on the average.
    """
    import deepcheck
    from deepcheck.cli import inputs, showing, values

    if (scores is None) == (metric is None):
        raise OptionError("expected --scores FILE or --metric METRIC, got " + ("none" if scores is None else "both"))
    if (model is None) != (x is None):
        raise OptionError("expected MODEL and INPUT, or neither for the benchmark, got MODEL alone")
    if output is not None and output.suffix.lower() != ".csv":
        raise OptionError(f"expected --output FILE.csv, got '{output}'")
    if images is not None and metric is None:
        raise OptionError("expected --images with --metric only: a file of scores says how many there are")
    program = inputs.read_program(
        model or "mnist_10x4",
        inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget),
    )
    domain = values.domain(bounds, unbounded, levels, program)
    given = None if scores is None else _read(scores, program)
    count = len(given) if given is not None else images or IMAGES
    pixels = _inputs(x, program, domain, values.layout(layout), data, count)
    if given is not None and len(given) != len(pixels):
        raise InputError(f"expected one ranking for each of {len(pixels)} inputs, got {len(given)} in {scores}")
    name = metric or "yours"
    mine = given if given is not None else _scored(program, pixels, name, domain)
    with showing.working("working out what each feature can do") as say:
        advance = showing.shares(say)
        progress = None if advance is None else lambda done: advance(done / len(pixels))
        truth = deepcheck.worst_margins(program, pixels, paths=paths, domain=domain, progress=progress)
    graded = {name: deepcheck.grade(mine, truth=truth)}
    for other in REFERENCES:
        if other != name and not (other == "reach" and domain.unbounded):
            graded[other] = deepcheck.grade(_scored(program, pixels, other, domain), truth=truth)
    if output is not None:
        _write(output, graded, truth)
        showing.say(f"wrote {output}")
    if as_json:
        showing.print_json(_as_json(graded))
    else:
        _print(graded, truth, given=bounds is not None or unbounded)


def _read(path: Path, program: "Program") -> "Array":
    from deepcheck.cli.reading import read_arrays
    from deepcheck.verbs.grading import features_of, rankings_of

    if not path.is_file() or path.suffix.lower() not in (".npy", ".npz"):
        why = "but there is no file" if not path.is_file() else "got"
        raise InputError(f"expected --scores as a .npy or .npz file, {why} '{path}': numpy.save writes one")
    found = next(iter(read_arrays(path).values()))
    try:
        return rankings_of(found, features_of(program))
    except InputError as problem:
        raise InputError(f"{path}: {problem}") from None


def _inputs(
    text: str | None, program: "Program", domain: "Pixels", layout: Any, data: Path | None, count: int
) -> "Array":
    """The inputs that were ranked, ``(n, *input_shape)``."""
    from deepcheck.cli.collections import read_collection
    from deepcheck.cli.inputs import read_input
    from deepcheck.verbs.grading import benchmark_images

    if text is None:
        return benchmark_images(count, program, data)
    if _OF_A_SET.fullmatch(text) or (Path(text).is_file() and _holds_one(Path(text), program)):
        return read_input(text, program, domain=domain, layout=layout, data=data).pixels[None]
    return read_collection(text, program, domain=domain, layout=layout, data=data, count=count).pixels


def _holds_one(path: Path, program: "Program") -> bool:
    """Is a file one input, not a batch?"""
    from deepcheck.cli.reading import read_arrays

    if path.suffix.lower() not in (".npy", ".npz"):
        return True
    try:
        (found,) = read_arrays(path).values()
    except InputError:  # a batch with its labels, or a bad file: whoever reads it as a batch says what is wrong
        return False
    return found.ndim == len(program.input_shape)


def _scored(program: "Program", pixels: "Array", metric: str, domain: "Pixels") -> "Array":
    import deepcheck

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", deepcheck.UncertifiedPath)
        return deepcheck.importance(program, pixels, metric=metric, domain=domain)


def _as_json(graded: "dict[str, Grades]") -> dict[str, Any]:
    name, mine = next(iter(graded.items()))
    summaries = {other: grades.summary["grades"] for other, grades in graded.items()}
    return mine.to_json() | {"ranking": name, "rankings": summaries | {"random": mine.summary["random"]}}


def _print(graded: "dict[str, Grades]", truth: "WorstMargins", given: bool) -> None:
    from deepcheck.display.tables import print_table
    from deepcheck.ranking.grades import HEADINGS, NAMES

    mine = next(iter(graded.values()))
    summary = mine.summary
    print(truth)
    if not given:
        print(f"bounds: {truth.domain.describe()} (the default; --bounds A:B or --unbounded change it)")
    rows = [(name, grades.summary["grades"]) for name, grades in graded.items()]
    rows.append(("random order", summary["random"]))
    print_table(
        ["ranking", *HEADINGS],
        [[name, *(_cell(found, grade) for grade in NAMES)] for name, found in rows],
        caption=f"means over {summary['images']} images; from 'average precision' on over the "
        f"{summary['with_attackable']} with an attackable feature",
        left=1,
    )


def _cell(summary: dict[str, Any], name: str) -> str:
    mean = summary[name]["mean"]
    if mean is None:
        return "-"
    return f"{mean:.0%}" if name.startswith("top") else f"{mean:.1f}" if name == "first" else f"{mean:.3f}"


def _write(path: Path, graded: "dict[str, Grades]", truth: "WorstMargins") -> None:
    """Every image's grades as a table, written whole: one line for each image and ranking."""
    import csv
    import io
    import math

    from deepcheck.display.files import write_atomically
    from deepcheck.ranking.grades import NAMES

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "label", "margin", "attackable", "open", "ranking", *NAMES])
    rows = [(name, grades.by_name) for name, grades in graded.items()]
    mine = next(iter(graded.values()))
    rows.append(("random", mine.random))
    for image in range(len(mine)):
        about = [image, int(truth.own_labels[image]), repr(float(truth.current[image])), int(mine.attackable[image])]
        for name, found in rows:
            numbers = [float(found[grade][image]) for grade in NAMES]
            cells = ["" if math.isnan(number) else repr(number) for number in numbers]
            writer.writerow([*about, int(mine.open[image]), name, *cells])
    write_atomically(path, lambda stream: stream.write(text.getvalue().encode()))
