"""``deepcheck map``: the linear regions and the labels over two features."""

from typing import Annotated

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
    Limit,
    Mean,
    Model,
    NoBatch,
    Output,
    Plot,
    Std,
)


def map_(
    model: Model,
    x: Input,
    features: Annotated[str, typer.Option(metavar="I,J", help="The two features; the first one goes to the right.")],
    bounds: Bounds = None,
    mean: Mean = None,
    std: Std = None,
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
    """Map the values of two features: every region on which the network is linear, and the label on it.

    The map is exact and holds for all paths; all other features stay as they are.
    """
    import deepcheck
    from deepcheck.cli import inputs, showing, values
    from deepcheck.display.tables import print_table

    values.picture(plot)
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain = values.domain(bounds, False, None, program)
    channels = values.layout(layout)
    chosen = values.indices(features, "--features")
    question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
    found = deepcheck.region_map(
        program,
        question.pixels,
        [] if chosen is None else chosen,
        domain=question.domain,
        features_as=values.grouping(features_as),
        layout=channels,
    )
    if plot is not None:
        deepcheck.save_picture(deepcheck.picture(found), plot)
        showing.say(f"wrote {plot}")
    if as_json:
        showing.print_json(deepcheck.region_map_as_json(found))
        return
    print(found)
    if bounds is None:
        print(f"bounds: {question.domain.describe()} (the default; --bounds A:B or FILE.npz change it)")
    largest = sorted(found, key=lambda region: -region.area)[: TABLE_ROWS if limit is None else limit]
    rows = [
        [region.label, f"{region.area:.4g}", " ".join(f"({a:.4g}, {b:.4g})" for a, b in region.corners)]
        for region in largest
    ]
    more = len(found) - len(rows)
    if rows:
        print_table(
            ["label", "area", "corners"], rows, caption=f"and {more} smaller ones: --limit {len(found)}" if more else ""
        )
