"""``deepcheck labels``: which labels can be reached with one, two, three features."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.options import (
    Bounds,
    Budget,
    Data,
    Decision,
    Exclude,
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

if TYPE_CHECKING:
    from deepcheck.verbs import LabelReach


def labels(
    model: Model,
    x: Input,
    most: Annotated[int, typer.Option("--size", metavar="T", min=1, help="Sets of up to so many features.")] = 3,
    features: Annotated[str | None, typer.Option(metavar="I,J,...", help="Change only these features.")] = None,
    exclude: Exclude = None,
    mask: Mask = None,
    bounds: Bounds = None,
    unbounded: Unbounded = False,
    mean: Mean = None,
    std: Std = None,
    levels: Levels = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="For each question.")] = None,
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
    """Say for each other label with how few features it can be reached, along the path that the input takes."""
    import deepcheck
    from deepcheck.cli import inputs, showing, values
    from deepcheck.display.tables import print_table

    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain = values.domain(bounds, unbounded, levels, program)
    channels = values.layout(layout)
    question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
    with showing.working("looking for sets that reach each label") as advance:
        found = deepcheck.labels_within(
            program,
            question.pixels,
            most=most,
            features=values.features(features, mask),
            exclude=values.indices(exclude, "--exclude"),
            domain=question.domain,
            timeout=timeout,
            features_as=values.grouping(features_as),
            layout=channels,
            progress=showing.shares(advance),
        )
    sizes = range(1, most + 1)
    if as_json:
        showing.print_json({"schema": 1, "labels": [_entry(entry, most) for entry in found]})
    elif found:
        least = found[0].smallest
        print(f"label {least.label} ({least.scope}, {least.domain.describe()}): reached along the path by")
        names = [f"{size} feature{'s' * (size > 1)}" for size in sizes]
        rows = [[str(entry.label), *(_cell(entry, size) for size in sizes), *_example(entry)] for entry in found]
        print_table(["label", *names, "smallest set", "margin"], rows, caption="")
    is_open = any(entry.within(size) is None for entry in found for size in sizes)
    raise typer.Exit(1 if is_open else 0)


def _cell(entry: "LabelReach", size: int) -> str:
    counted = entry.sets[size - 1] if size <= len(entry.sets) else None
    if counted is not None and (counted or entry.within(size) is False):
        return f"{counted:,}"
    return {True: "yes", False: "no (proved)", None: "open"}[entry.within(size)]


def _example(entry: "LabelReach") -> tuple[str, str]:
    found = entry.smallest
    if found.features is None:
        return "", ""
    return ", ".join(str(feature) for feature in found.features), f"{found.attacks[0].witness.margin:.4g}"


def _entry(entry: "LabelReach", most: int) -> dict[str, Any]:
    import deepcheck

    return {
        "label": entry.label,
        "sets": list(entry.sets),
        "within": {str(size): entry.within(size) for size in range(1, most + 1)},
        "smallest": deepcheck.as_json(entry.smallest),
    }
