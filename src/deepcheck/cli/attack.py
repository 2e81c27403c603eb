"""``deepcheck attack``: every feature that, changed alone, overturns the prediction; or a proof that none does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcheck.cli.options import (
    TABLE_ROWS,
    Bounds,
    Data,
    Decision,
    FeaturesAs,
    Input,
    Json,
    Layout,
    Levels,
    Limit,
    Mean,
    Model,
    Plot,
    Std,
    Unbounded,
)
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.attacks import Attack, Result
    from deepcheck.cli.inputs import Question
    from deepcheck.domains import features

SOLVERS = ("auto", "interval")


def attack(
    model: Model,
    x: Input,
    size: Annotated[int, typer.Option(metavar="T", help="How many features change at once.")] = 1,
    features: Annotated[str | None, typer.Option(metavar="I,J,...", help="Try only these features.")] = None,
    order: Annotated[
        str, typer.Option(metavar="METRIC", help="Try by falling coi, co, abs or reach; none: in index order.")
    ] = "none",
    shortlist: Annotated[
        str | None, typer.Option(metavar="5%|N", help="Try only the top of the order: a percentage or a number.")
    ] = None,
    first: Annotated[bool, typer.Option("--first/--all", help="Stop at the first attackable feature.")] = False,
    target: Annotated[int | None, typer.Option(metavar="LABEL", help="Only this new label counts.")] = None,
    bounds: Bounds = None,
    unbounded: Unbounded = False,
    mean: Mean = None,
    std: Std = None,
    levels: Levels = None,
    objective: Annotated[
        str, typer.Option(metavar="GOAL", help="The witness shown: largest 'margin', or smallest change 'l1', 'linf'.")
    ] = "margin",
    solver: Annotated[str, typer.Option(metavar="NAME", help="auto or interval.")] = "auto",
    paths: Annotated[str, typer.Option(metavar="WHICH", help="same: the path that the input takes.")] = "same",
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Leave the rest untried then.")] = None,
    limit: Limit = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each listed witness: .npy, and .png of an image.")
    ] = None,
    plot: Plot = None,
    features_as: FeaturesAs = None,
    layout: Layout = "nchw",
    decision: Decision = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Find every feature that, changed alone, overturns the prediction; or prove that none does.

    The answer is exact, for the path that the input takes; each witness is replayed on the untouched model.
    """
    import deepcheck
    from deepcheck.cli import inputs, showing, values

    if solver not in SOLVERS:
        raise OptionError(f"expected a solver of {', '.join(SOLVERS)}, got '{solver}': others are not built yet")
    values.picture(plot)
    domain = values.domain(bounds, unbounded, levels)
    program = inputs.read_program(model, mean, std, decision)
    channels = values.layout(layout)
    grouping = values.grouping(features_as)
    question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
    metric = None if order == "none" else order
    result = deepcheck.attack(
        program,
        question.pixels,
        size=size,
        features=values.indices(features),
        order=metric,
        shortlist=shortlist,
        first=first,
        target=target,
        domain=domain,
        objective=objective,
        paths=paths,
        timeout=timeout,
        features_as=grouping,
        layout=channels,
    )
    assert isinstance(result, deepcheck.Result)
    listed = result.attacks[: limit if as_json or limit is not None else TABLE_ROWS]
    if plot is not None:
        _draw(plot, result, question, metric or "coi", shortlist or "5%", channels)
    if save is not None:
        _save(save, listed, result, question, channels)
    if as_json:
        showing.print_json(deepcheck.as_json(result, limit))
    else:
        _print(result, listed, given=bounds is not None or unbounded)
    raise typer.Exit(1 if result.verdict == "undecided" else 0)


def _print(result: "Result", listed: "list[Attack]", given: bool) -> None:
    from deepcheck.cli.showing import position
    from deepcheck.report.tables import print_table

    print(result)
    if not given:
        print(f"bounds: {result.domain.describe()} (the default; --bounds A:B or --unbounded change it)")
    if not listed:
        return
    shape = result.columns.features.shape
    with_levels = result.domain.levels is not None
    columns = ["feature", "position", "attacking values", *(["levels"] if with_levels else [])]
    rows = [
        [
            *(attack.features[0], position(attack.features[0], shape), _values(attack)),
            *([_levels(attack)] if with_levels else []),
            *(f"{attack.witness.values[0]:.6g}", attack.witness.label, f"{attack.witness.margin:.4g}"),
            "yes" if attack.witness.replayed else "no",
        ]
        for attack in listed
    ]
    more = len(result.attacks) - len(listed)
    print_table(
        [*columns, "witness", "label", "margin", "replayed"],
        rows,
        caption=f"and {more} more: --limit {len(result.attacks)} lists them all" if more else "",
    )


def _values(attack: "Attack") -> str:
    parts = attack.intervals.items()
    return "; ".join(f"{label}: " + " ".join(f"[{a:.4g}, {b:.4g}]" for a, b in pieces) for label, pieces in parts)


def _levels(attack: "Attack") -> str:
    return "; ".join(f"{label}: " + " ".join(f"{a}..{b}" for a, b in pairs) for label, pairs in attack.levels.items())


def _draw(file: Path, result: "Result", question: "Question", order: str | None, layout: "Channels") -> None:
    from deepcheck.cli.showing import image_of, say
    from deepcheck.report.pictures import attack_picture, save_figure

    important, ranking = _important(result, question, order)
    place = {"domain": result.domain, "features": result.columns.features.shape, "layout": layout}
    best = next(iter(result.attacks), None)
    figure = attack_picture(
        image_of(question.pixels, **place),
        important,
        [features[0] for features in result.attackable],
        label=str(result.label),
        ranking=ranking,
        witness=None if best is None else image_of(best.witness.pixels, **place),
        changed=() if best is None else best.features,
        new_label="" if best is None else str(best.witness.label),
        caption=str(result),
    )
    save_figure(figure, file)
    say(f"wrote {file}")


def _important(result: "Result", question: "Question", order: str | None) -> tuple["Array", str]:
    """The features shown as important: those tried if they are a shortlist, else the top 5 % by the order or coi."""
    import deepcheck

    columns, metric = result.columns, order or "coi"
    tried = columns.features.owner[columns.order[result.item]]
    if order is not None and len(tried) < columns.features.count:
        return tried, f"{metric}, top {len(tried)}"
    scores = deepcheck.importance(
        columns.program, question.pixels, metric=metric, domain=result.domain, features_as="element"
    )
    count = max(1, scores.size // 20)
    return deepcheck.order_of(scores.ravel())[:count], f"{metric}, top {count}"


def _save(folder: Path, listed: "list[Attack]", result: "Result", question: "Question", layout: "Channels") -> None:
    """Write each witness as what the model receives, and as an image where levels or an image say that it is one."""
    import numpy as np

    from deepcheck.cli.showing import say
    from deepcheck.report.files import make_folder, write_atomically
    from deepcheck.report.images import save_image

    make_folder(folder)
    program, rounded = result.columns.program, 0
    as_image = question.is_image or result.domain.levels is not None
    for attack in listed:
        witness = attack.witness
        stem = folder / f"feature-{attack.features[0]:04d}-label-{witness.label}"
        array = witness.model_input
        write_atomically(stem.with_suffix(".npy"), lambda stream, array=array: np.save(stream, array))
        if as_image:
            stored = save_image(image, stem.with_suffix(".png"))
            rounded += not np.array_equal(program.model_input(stored)[0], witness.model_input)
    say(f"wrote {len(listed)} witnesses to {folder}")
    if rounded:
        say(f"{rounded} of the PNG files are rounded to 8 bits: the .npy file is the attack")
