"""``deepcheck importance``: which features decide the prediction."""

import warnings
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.options import (
    TABLE_ROWS,
    Bounds,
    Budget,
    Data,
    Decision,
    FeaturesAs,
    Input,
    InputShape,
    Json,
    Layout,
    Levels,
    Limit,
    Mean,
    Model,
    NoBatch,
    Output,
    Plot,
    Std,
    Unbounded,
)

if TYPE_CHECKING:
    from deepcheck.program import Array, Program

SCHEMA = 1


def importance(
    model: Model,
    x: Input,
    metric: Annotated[
        str,
        typer.Option(
            metavar="METRIC",
            help="abs, co or coi, the paper's; reach, the largest margin possible; ig, integrated gradients.",
        ),
    ] = "coi",
    top: Annotated[
        str | None, typer.Option(metavar="5%|N", help="The shortlist: a percentage or a number; by default 5%.")
    ] = None,
    baseline: Annotated[
        float | None, typer.Option(metavar="PIXEL", help="Where integrated gradients start; by default 0, black.")
    ] = None,
    bounds: Bounds = None,
    unbounded: Unbounded = False,
    mean: Mean = None,
    std: Std = None,
    levels: Levels = None,
    limit: Limit = None,
    plot: Plot = None,
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
    """Rank the features of an input by how much they decide its label."""
    import deepcheck
    from deepcheck.cli import inputs, showing, values
    from deepcheck.symbolic import run

    values.picture(plot)
    domain = values.domain(bounds, unbounded, levels)
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    channels = values.layout(layout)
    question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
    pixels, domain = question.pixels, question.domain
    grouping = values.grouping(features_as)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", deepcheck.UncertifiedPath)
        scores = deepcheck.importance(
            program, pixels, metric=metric, domain=domain, features_as=grouping, layout=channels, baseline=baseline
        )
    for warning in caught:
        showing.say(f"warning: {warning.message}")
    label = int(run(program, program.model_input(pixels), borders=False).labels[0])
    order = deepcheck.order_of(scores.ravel())
    shortlist = order[: max(1, scores.size // 20) if top is None else deepcheck.shortlist_length(top, scores.size)]
    if plot is not None:
        figure = deepcheck.importance_picture(
            program, pixels, scores, shortlist=len(shortlist), domain=domain, layout=channels, title=metric
        )
        deepcheck.save_picture(figure, plot)
        showing.say(f"wrote {plot}")
    if as_json:
        showing.print_json(_as_json(program, metric, label, scores, order, shortlist) | {"certified_path": not caught})
    else:
        _print(metric, label, scores, shortlist[: TABLE_ROWS if limit is None else limit], len(shortlist))


def _as_json(
    program: "Program", metric: str, label: int, scores: "Array", order: "Array", shortlist: "Array"
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "model": {"name": program.origin.name, "sha256": program.origin.sha256},
        "metric": metric,
        "label": label,
        "shape": list(scores.shape),
        "scores": scores.tolist(),
        "order": order.tolist(),
        "shortlist": shortlist.tolist(),
    }


def _print(metric: str, label: int, scores: "Array", listed: "Array", length: int) -> None:
    from deepcheck.cli.showing import position
    from deepcheck.display.tables import print_table

    print(f"label {label}; the {length} most important of {scores.size} features, by {metric}")
    flat = scores.ravel()
    rows = [
        [rank, feature, position(feature, scores.shape), f"{flat[feature]:.6g}"]
        for rank, feature in enumerate(listed.tolist(), start=1)
    ]
    more = length - len(rows)
    if rows:
        print_table(
            ["rank", "feature", "position", metric],
            rows,
            caption=f"and {more} more: --limit {length} lists them all" if more else "",
        )
