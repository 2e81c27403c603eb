"""``deepcheck attack``: the few features that, changed, overturn the prediction; or a proof that none do."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.options import (
    TABLE_ROWS,
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
    Limit,
    Mask,
    Mean,
    Model,
    NoBatch,
    Output,
    Plot,
    Std,
    Unbounded,
)
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.attacks import Attack, Result

SOLVERS = "auto, interval, polygon, lp, milp or smt"


def attack(
    model: Model,
    x: Input,
    size: Annotated[
        str,
        typer.Option(
            metavar="T|all|smallest",
            help="Sets of so many features; all: those of --features, or the shortlist; smallest: the least that work.",
        ),
    ] = "1",
    features: Annotated[str | None, typer.Option(metavar="I,J,...", help="Try only these features.")] = None,
    exclude: Exclude = None,
    mask: Mask = None,
    order: Annotated[
        str, typer.Option(metavar="METRIC", help="Try by falling coi, co, abs or reach; none: in index order.")
    ] = "none",
    shortlist: Annotated[
        str | None, typer.Option(metavar="5%|N", help="Try only the top of the order: a percentage or a number.")
    ] = None,
    first: Annotated[bool, typer.Option("--first/--all", help="Stop at the first attackable set.")] = False,
    target: Annotated[int | None, typer.Option(metavar="LABEL", help="Only this new label counts.")] = None,
    bounds: Bounds = None,
    unbounded: Unbounded = False,
    mean: Mean = None,
    std: Std = None,
    levels: Levels = None,
    objective: Annotated[
        str, typer.Option(metavar="GOAL", help="The witness shown: largest 'margin', or smallest change 'l1', 'linf'.")
    ] = "margin",
    solver: Annotated[str, typer.Option(metavar="NAME", help=f"{SOLVERS}.")] = "auto",
    paths: Annotated[str, typer.Option(metavar="same|all", help="The path that the input takes, or any.")] = "same",
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Leave the rest untried then.")] = None,
    memory: Annotated[
        float | None, typer.Option(metavar="MIB", help="Memory for the columns of one pass; by default 256 MiB.")
    ] = None,
    limit: Limit = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each listed witness: .npy, and .png of an image.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what 'deepcheck check' can check; compressed if FILE ends in .gz."),
    ] = None,
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
    """Find the features, or sets of a few, that, changed, overturn the prediction; or prove that there are none.

    The answer is exact, for the path that the input takes; each witness is replayed on the untouched model.
    """
    import deepcheck
    from deepcheck.cli import attack_files, inputs, showing, values

    values.picture(plot)
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain = values.domain(bounds, unbounded, levels, program)
    channels = values.layout(layout)
    grouping = values.grouping(features_as)
    question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
    metric = None if order == "none" else order
    count = values.size(size)
    common: dict[str, Any] = {
        "features": values.features(features, mask),
        "exclude": values.indices(exclude, "--exclude"),
        "target": target,
        "domain": domain,
        "timeout": timeout,
        "features_as": grouping,
        "layout": channels,
    }
    result: Result
    if count == "smallest":
        _only_for_sets(order, shortlist, first, objective, solver)
        with showing.working("looking for the smallest set") as advance:
            report = showing.bounds(advance)
            result = deepcheck.smallest(program, question.pixels, **common, paths=paths, report=report)
    else:
        with showing.working(f"trying {'every feature' if count == 1 else f'sets of {count} features'}") as advance:
            found = deepcheck.attack(
                program,
                question.pixels,
                **common,
                size=count,
                order=metric,
                shortlist=shortlist,
                first=first,
                objective=objective,
                solver=solver,
                paths=paths,
                memory_bytes=None if memory is None else int(memory * 2**20),
                progress=showing.shares(advance),
            )
            assert isinstance(found, deepcheck.Result)
            result = found
    listed = result.attacks[: limit if as_json or limit is not None else TABLE_ROWS]
    if certificate is not None:
        with showing.working("writing the evidence down") as advance:
            made = deepcheck.certificate(result, timeout=timeout, progress=showing.shares(advance))
        deepcheck.save_certificate(made, certificate)
        showing.say(f"wrote {certificate}: {made}")
    if plot is not None:
        attack_files.draw(plot, result, question, order=metric, layout=channels)
    if save is not None:
        attack_files.save(save, listed, result, question, layout=channels)
    if as_json:
        showing.print_json(deepcheck.as_json(result, limit))
    else:
        _print(result, listed, given=bounds is not None or unbounded)
    raise typer.Exit(1 if result.verdict == "undecided" else 0)


def _only_for_sets(order: str, shortlist: str | None, first: bool, objective: str, solver: str) -> None:
    """Refuse options that the search for the smallest set would not heed."""
    asked = (order, shortlist, first, objective, solver)
    names = ("--order", "--shortlist", "--first", "--objective", "--solver")
    usual = ("none", None, False, "margin", "auto")
    for name, given, default in zip(names, asked, usual, strict=True):
        if given != default:
            raise OptionError(f"expected no {name} with --size smallest, which looks at all sets itself")


def _print(result: "Result", listed: "Sequence[Attack]", given: bool) -> None:
    from deepcheck.cli.showing import position
    from deepcheck.display.tables import print_table

    print(result)
    if result.comparison is not None:
        print(result.comparison)
    if result.first_features is not None and result.size > 1:
        print(_summary(result))
    if result.counts["proved"]:
        print(_proofs(result))
    if not given:
        print(f"bounds: {result.domain.describe()} (the default; --bounds A:B or FILE.npz, or --unbounded, change it)")
    if not listed:
        return
    shape = result.study.features.shape
    with_levels = result.domain.levels is not None
    single = bool(listed[0].intervals) and len(listed[0].witness.values) == 1
    extra = ["attacking values", *(["levels"] if with_levels else [])] if single else []
    columns = ["feature" if result.size == 1 else "features", "position" if result.size == 1 else "positions", *extra]
    rows = [
        [
            ", ".join(str(feature) for feature in attack.features),
            " ".join(position(feature, shape) for feature in attack.features),
            *([_values(attack)] if single else []),
            *([_levels(attack)] if single and with_levels else []),
            " ".join(f"{value:.6g}" for value in attack.witness.values),
            *(attack.witness.label, f"{attack.witness.margin:.4g}"),
            *(_answer(held) for held in (attack.witness.real, attack.witness.float32, attack.witness.eight_bit)),
        ]
        for attack in listed
    ]
    more = len(result.attacks) - len(listed)
    print_table(
        [*columns, "witness", "label", "margin", "real", str(result.study.program.dtype), "8-bit"],
        rows,
        caption=f"and {more} more: --limit {len(result.attacks)} lists them all" if more else "",
    )


def _answer(held: bool | None) -> str:
    return "-" if held is None else "yes" if held else "no"


def _proofs(result: "Result") -> str:
    """Which proofs hold for the deployed network too."""
    proved, count = result.counts["proved"], result.proved_float32
    kind = result.study.program.dtype
    if count == proved:
        return f"proved (real and {kind}): all {proved:,}, in any order of summation"
    also = f"{count:,} of them proved (real and {kind}), in any order of summation"
    return f"proved (real): {proved:,}; {also}; else {result.deployed.reason}"


def _summary(result: "Result") -> str:
    labels = ", ".join(f"{label} by {count:,}" for label, count in result.labels_reached.items())
    first = f"the first at try {result.first:,}, within the first {result.first_features} features"
    new = "" if result.new is None else f"; {result.new:,} contain no smaller attackable set"
    return f"{first}{new}; labels reached: {labels}"


def _values(attack: "Attack") -> str:
    parts = attack.intervals.items()
    return "; ".join(f"{label}: " + " ".join(f"[{a:.4g}, {b:.4g}]" for a, b in pieces) for label, pieces in parts)


def _levels(attack: "Attack") -> str:
    return "; ".join(f"{label}: " + " ".join(f"{a}..{b}" for a, b in pairs) for label, pairs in attack.levels.items())
