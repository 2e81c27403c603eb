"""``deepcheck explore``: all paths that the values of a few features can take, and the attacks along them."""

from typing import TYPE_CHECKING, Annotated

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
    Mask,
    Mean,
    Model,
    NoBatch,
    Output,
    Std,
    Unbounded,
)
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.explore.exploration_result import Exploration


def explore(
    model: Model,
    x: Input,
    features: Annotated[
        str | None, typer.Option(metavar="I,J,...", help="The features that change, all at once.")
    ] = None,
    mask: Mask = None,
    order: Annotated[
        str, typer.Option(metavar="ORDER", help="nearest: fewest flipped activations first; or depth.")
    ] = "nearest",
    limit: Annotated[int | None, typer.Option(metavar="PATHS", min=1, help="Visit at most so many paths.")] = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Stop then.")] = None,
    target: Annotated[int | None, typer.Option(metavar="LABEL", help="Only this new label counts.")] = None,
    bounds: Bounds = None,
    unbounded: Unbounded = False,
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
    """Visit every path that some features, changed together, can take; list the attacks, or prove that there are none.

    The answer is for all paths when none is left to visit; each witness is replayed on the untouched model.
    """
    import deepcheck
    from deepcheck.cli import inputs, showing, values

    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain = values.domain(bounds, unbounded, levels, program)
    channels = values.layout(layout)
    chosen = values.features(features, mask)
    if chosen is None:
        raise OptionError("expected the features that change: --features I,J,... or --mask FILE")
    question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
    with showing.working("exploring") as advance:
        found = deepcheck.explore_paths(
            program,
            question.pixels,
            features=chosen,
            order=order,
            limit=limit,
            timeout=timeout,
            domain=question.domain,
            target=target,
            features_as=values.grouping(features_as),
            layout=channels,
            progress=showing.paths(advance),
        )
    if as_json:
        showing.print_json(deepcheck.exploration_as_json(found))
    else:
        _print(found, given=bounds is not None or unbounded)
    raise typer.Exit(1 if found.verdict == "undecided" else 0)


def _print(found: "Exploration", given: bool) -> None:
    from deepcheck.display.tables import print_table

    print(found)
    if not given:
        print(f"bounds: {found.domain.describe()} (the default; --bounds A:B or FILE.npz, or --unbounded, change it)")
    listed = found.attacks[:TABLE_ROWS]
    if not listed:
        return
    rows = [
        [
            str(attack.flips),
            ", ".join(str(feature) for feature in attack.features),
            " ".join(f"{value:.6g}" for value in attack.witness.values),
            *(attack.label, f"{attack.witness.margin:.4g}"),
            "yes" if attack.witness.replayed else "no",
        ]
        for attack in listed
    ]
    more = len(found.attacks) - len(listed)
    caption = f"and {more} more: --json lists them all" if more else ""
    print_table(["flips", "features", "witness", "label", "margin", "replayed"], rows, caption=caption)
